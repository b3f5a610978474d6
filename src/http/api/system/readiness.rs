//! What a run over the library needs, looked at now: settings, folders, fonts, the media server, the providers' keys. Each
//! check tells how it is and, where something is missing, the way to mend it.
//!
//! Others are asked, so the answer takes as long as the slowest of them, at most twice `fetch.timeout`. Clients that ask at the
//! same time, or again within seconds, get the same answer.

use std::time::{Duration, Instant};

use actix_web::{Responder, get, web};
use futures_util::future::{join, join3};
use posterizarr_base::said::{Params, Said};
use posterizarr_engine::library::{InUse, Keys, Met, Need, Needs, name_problem, needs};
use serde::Serialize;
use tokio::sync::Mutex;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::actors::config::keys;
use crate::actors::servers::checks::{self, CheckVerdict, hint};
use crate::http::{ApiError, AppState, State};
use posterizarr_base::servers::{Dialect, ServerKind};
use posterizarr_media::servers::admin::{Library, ServerError, jellyfin, plex};

/// How long an answer holds while the configuration stays as it is.
const HOLDS: Duration = Duration::from_secs(5);
/// What servers call libraries that runs look at.
const KINDS: [&str; 4] = ["movie", "show", "movies", "tvshows"];
const PROVIDER_KEYS: [&str; 3] = ["ApiPart.tmdbtoken", "ApiPart.tvdbapi", "ApiPart.FanartTvAPIKey"];

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(readiness);
}

/// The last answer, with the configuration's generation that it is about.
#[derive(Default)]
pub struct Last(Mutex<Option<(Instant, u64, Readiness)>>);

/// Whether a run over the library can work.
#[derive(Clone, Serialize, ToSchema)]
struct Readiness {
    /// Whether no check is an `error`.
    ready: bool,
    checks: Vec<ReadinessCheck>,
}

/// One thing that a run needs.
#[derive(Clone, Serialize, ToSchema)]
struct ReadinessCheck {
    /// `configuration`, `runner`, `server`, `libraries`, `providers`, `tmdb`, `tvdb`, `fanart`, `artwork`, `assets_folder` or
    /// `fonts_and_overlays`, which may come several times.
    id: &'static str,
    /// The name for people.
    name: &'static str,
    state: CheckState,
    /// How it is.
    message: String,
    /// Names `message`, and the way out in `mend`, for those who say it in another language; null for words of others.
    code: Option<&'static str>,
    /// The values in the sentence that `code` names.
    #[schema(value_type = BTreeMap<String, String>)]
    params: Params,
    /// What to do about it; null where it is well.
    mend: Option<String>,
    /// Settings of `config.json` that it is about, such as `PlexPart.PlexUrl`.
    keys: Vec<&'static str>,
}

/// How a check came out.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum CheckState {
    Ok,
    /// Runs work, but not as somebody may want.
    Warning,
    /// No run can work.
    Error,
}

impl ReadinessCheck {
    fn new(id: &'static str, state: CheckState, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { id, name: name(id), state, message, code: None, params: Params::new(), mend: None, keys: Vec::new() }
    }

    /// With a sentence that has a code.
    fn told(id: &'static str, state: CheckState, said: Said, english: &str) -> Self {
        Self::new(id, state, said.english(english)).said(said)
    }

    fn said(self, Said { code, params }: Said) -> Self {
        Self { code: Some(code), params, ..self }
    }

    fn mended(self, mend: impl Into<String>) -> Self {
        Self { mend: Some(mend.into()), ..self }
    }

    fn of_keys(self, keys: &[&'static str]) -> Self {
        Self { keys: keys.to_vec(), ..self }
    }
}

fn name(id: &str) -> &'static str {
    match id {
        "runner" => "Who does the runs",
        "server" => "Media server",
        "libraries" => "Libraries",
        "providers" => "Providers of artwork",
        "tmdb" => "TMDB",
        "tvdb" => "TVDB",
        "fanart" => "Fanart.tv",
        "artwork" => "Kinds of artwork",
        "assets_folder" => "Folder for artwork",
        "fonts_and_overlays" => "Fonts and overlays",
        _ => "Settings",
    }
}

impl From<Need> for ReadinessCheck {
    fn from(need: Need) -> Self {
        let state = match need.met {
            Met::Yes => CheckState::Ok,
            Met::Partly => CheckState::Warning,
            Met::No => CheckState::Error,
        };
        let check = Self { mend: need.mend, ..Self::new(need.id, state, need.message).of_keys(&need.keys) };
        match need.said {
            Some(said) => check.said(said),
            None => check,
        }
    }
}

/// Returns what is missing before a run over the library can work, each with the way to fix it.
#[utoipa::path(tag = "system", responses((status = 200, body = Readiness)))]
#[get("/api/readiness")]
async fn readiness(state: State, last: web::Data<Last>) -> Result<impl Responder, ApiError> {
    let mut last = last.0.lock().await;
    let generation = state.views.config.get().generation;
    if let Some((at, of, answer)) = &*last
        && *of == generation
        && at.elapsed() < HOLDS
    {
        return Ok(web::Json(answer.clone()));
    }
    let answer = look(&state).await?;
    *last = Some((Instant::now(), generation, answer.clone()));
    Ok(web::Json(answer))
}

async fn look(state: &AppState) -> Result<Readiness, ApiError> {
    let config = state.views.config.get();
    let folder = state.shared.data.root().to_owned();
    let found =
        web::block(move || needs(&keys::completed(&config.document), &folder)).await.map_err(ApiError::internal)?;
    let Needs { found, server, keys: provider_keys, online } = found;
    let mut checks = vec![runner(state)];
    let (of_server, of_providers) = join(
        async {
            match &server {
                Some(server) => ask_server(state, server).await,
                None => Vec::new(),
            }
        },
        ask_providers(state, &provider_keys, online),
    )
    .await;
    checks.extend(found.into_iter().map(ReadinessCheck::from));
    checks.extend(of_server);
    checks.extend(of_providers);
    Ok(Readiness { ready: checks.iter().all(|check| check.state != CheckState::Error), checks })
}

fn runner(state: &AppState) -> ReadinessCheck {
    let runner = &state.views.runs.get().runner;
    match &runner.reason {
        Some(reason) if !runner.available => {
            let (what, mend) = reason.split_once("; ").unwrap_or((reason, "set runner.kind to native"));
            ReadinessCheck::new("runner", CheckState::Error, what).mended(mend).said(Said::new("runner_missing", []))
        }
        _ => {
            let said = Said { code: runner.why_code, params: runner.why_params.clone() };
            ReadinessCheck::new("runner", CheckState::Ok, runner.why.clone()).said(said)
        }
    }
}

async fn ask_server(state: &AppState, server: &InUse) -> Vec<ReadinessCheck> {
    let InUse { url, key, .. } = server;
    let http = &state.http;
    let (name, libraries, keys) = match server.kind {
        ServerKind::Jellyfin => (
            "Jellyfin",
            jellyfin::libraries(http, Dialect::Jellyfin, url, key).await,
            ["JellyfinPart.JellyfinUrl", "ApiPart.JellyfinAPIKey", "JellyfinPart.LibstoExclude"],
        ),
        ServerKind::Emby => (
            "Emby",
            jellyfin::libraries(http, Dialect::Emby, url, key).await,
            ["EmbyPart.EmbyUrl", "ApiPart.EmbyAPIKey", "EmbyPart.LibstoExclude"],
        ),
        ServerKind::Plex => (
            "Plex",
            plex::sections(http, url, key).await.map(|sections| sections.libraries),
            ["PlexPart.PlexUrl", "ApiPart.PlexToken", "PlexPart.LibstoExclude"],
        ),
    };
    let [url_key, secret_key, excluded_key] = keys;
    match libraries {
        Ok(libraries) => vec![
            ReadinessCheck::told(
                "server",
                CheckState::Ok,
                Said::new("server_ok", [("server", &name), ("address", url)]),
                "{server} answers at {address}",
            )
            .of_keys(&[url_key, secret_key]),
            counted(&libraries, server).of_keys(&[excluded_key]),
        ],
        Err(error) => vec![refused(name, url, &error).of_keys(&[url_key, secret_key])],
    }
}

fn refused(name: &str, url: &str, error: &ServerError) -> ReadinessCheck {
    let mend = match error {
        ServerError::Status(status) => hint(*status),
        ServerError::Http(_) => None,
    };
    let code = match error {
        ServerError::Status(401 | 403) => "server_refuses",
        ServerError::Status(_) => "server_status",
        ServerError::Http(_) => "server_unreachable",
    };
    let said = Said::new(code, [("server", &name), ("address", &url), ("error", error)]);
    ReadinessCheck::told("server", CheckState::Error, said, "{server} at {address}: {error}").mended(
        mend.unwrap_or("check that the server runs, and that its address is the one that this machine reaches it by"),
    )
}

/// The libraries that a run looks at.
fn counted(libraries: &[Library], server: &InUse) -> ReadinessCheck {
    let excluded = &server.excluded;
    let is_excluded =
        |library: &&Library| excluded.iter().any(|name| name.to_lowercase() == library.name.to_lowercase());
    let of_kind = |library: &&Library| library.kind.as_deref().is_some_and(|kind| KINDS.contains(&kind));
    let (left_out, looked_at): (Vec<_>, Vec<_>) = libraries.iter().filter(of_kind).partition(is_excluded);
    let names: Vec<&str> = looked_at.iter().map(|library| library.name.as_str()).collect();
    if let Some(problem) = names.iter().find_map(|name| name_problem(name, server.kind == ServerKind::Plex)) {
        let (what, mend) = problem.split_once("; ").unwrap_or((&problem, ""));
        return ReadinessCheck::new("libraries", CheckState::Error, what).mended(mend);
    }
    match (names.is_empty(), left_out.is_empty()) {
        (false, _) => {
            let said = Said::new("libraries_ok", [("libraries", &names.join(", "))]);
            ReadinessCheck::told("libraries", CheckState::Ok, said, "runs look at {libraries}")
        }
        (true, true) => {
            ReadinessCheck::new("libraries", CheckState::Error, "the server has no library of movies or shows")
                .mended("make one there, or give the key the right to see it")
                .said(Said::new("libraries_none", []))
        }
        (true, false) => {
            ReadinessCheck::new("libraries", CheckState::Error, "all libraries of movies and shows are left out")
                .mended("take one off the list LibstoExclude")
                .said(Said::new("libraries_left_out", []))
        }
    }
}

/// Each provider, and whether there is one at all.
async fn ask_providers(state: &AppState, keys: &Keys, online: bool) -> Vec<ReadinessCheck> {
    if !online {
        let message = "only manual artwork is used, because looking for artwork online is switched off";
        let check = ReadinessCheck::new("providers", CheckState::Ok, message);
        return vec![check.said(Said::new("providers_off", []))];
    }
    let (http, at) = (&state.http, &state.settings.providers);
    let ask = |key: Option<&String>| key.cloned();
    let (tmdb, tvdb, fanart) = join3(
        async { Some(checks::tmdb(http, at, &ask(keys.tmdb.as_ref())?).await) },
        async { Some(checks::tvdb(http, at, &ask(keys.tvdb.as_ref())?, None).await) },
        async { Some(checks::fanart(http, at, &ask(keys.fanart.as_ref())?).await) },
    )
    .await;
    let works = |verdict: &Option<CheckVerdict>| verdict.as_ref().is_some_and(|verdict| verdict.valid);
    let any = [&tmdb, &tvdb, &fanart].into_iter().any(works);
    let mut checks = vec![if any {
        ReadinessCheck::new("providers", CheckState::Ok, "artwork can be looked for")
            .said(Said::new("providers_ok", []))
    } else {
        ReadinessCheck::new("providers", CheckState::Error, "no provider of artwork can be asked")
            .mended("enter one key that works; TMDB's read access token is the best to begin with")
            .of_keys(&PROVIDER_KEYS)
            .said(Said::new("providers_none", []))
    }];
    let [of_tmdb, of_tvdb, of_fanart] = PROVIDER_KEYS;
    checks.push(provider("tmdb", tmdb, "it has the most pictures; its key is free at themoviedb.org", of_tmdb));
    checks.push(provider(
        "tvdb",
        tvdb,
        "it has artwork of shows that others lack; its key is free at thetvdb.com",
        of_tvdb,
    ));
    checks.push(provider("fanart", fanart, "it has pictures without text; its key is free at fanart.tv", of_fanart));
    checks
}

fn provider(id: &'static str, verdict: Option<CheckVerdict>, what_for: &str, key: &'static str) -> ReadinessCheck {
    let check = match verdict {
        None => ReadinessCheck::new(id, CheckState::Warning, "no key is entered")
            .mended(format!("enter one, if you want: {what_for}"))
            .said(Said::new(no_key(id), [])),
        Some(verdict) => {
            let message = verdict.message.trim().to_owned();
            let mend =
                verdict.details.get("hint").and_then(|hint| hint.as_str()).unwrap_or("try again, or enter another key");
            match verdict.valid {
                true => ReadinessCheck::new(id, CheckState::Ok, message).said(Said::new("key_ok", [])),
                false => {
                    let code = if verdict.refused() { "key_refused" } else { "key_untested" };
                    ReadinessCheck::new(id, CheckState::Warning, message).mended(mend).said(Said::new(code, []))
                }
            }
        }
    };
    check.of_keys(&[key])
}

/// What is lost without a key differs.
fn no_key(id: &str) -> &'static str {
    match id {
        "tmdb" => "tmdb_no_key",
        "tvdb" => "tvdb_no_key",
        _ => "fanart_no_key",
    }
}
