//! VersionChecker: what is installed, what is newest, and the release notes.
//!
//! Theory of operation: the network is asked in the background only, about every six hours, with the ETag of the last
//! answer; what came is kept in the store. Requests read the published view and never wait. A failure keeps the last known
//! answers, tells their age, and is tried again after a growing pause that honours GitHub's rate limit.

mod releases;
pub mod version;
mod view;

pub use releases::ShownRelease;

use std::path::PathBuf;
use std::time::{Duration, SystemTime};
pub use view::VersionView;

use actix::{AsyncContext, Message};
use chrono::{DateTime, TimeDelta, Utc};
use posterizarr_base::bounded;
use reqwest::StatusCode;
use reqwest::header::{ACCEPT, ETAG, HeaderMap, IF_NONE_MATCH, RETRY_AFTER};
use serde::{Deserialize, Serialize};

use crate::runtime::events::Fact;
use crate::runtime::guard::{Ctx, Handler, Reply, Service, Timers};
use crate::runtime::shared::Shared;
use crate::runtime::view::View;
use crate::store::{Record, Table};
use posterizarr_media::http::{HttpClient, HttpError, Request, parse};
use releases::Release;
use version::compare;

/// Upstream's release number.
pub const RELEASE_URL: &str = "https://raw.githubusercontent.com/fscorrupt/posterizarr/refs/heads/main/Release.txt";
/// The release number of upstream's web UI.
pub const RELEASE_UI_URL: &str =
    "https://raw.githubusercontent.com/fscorrupt/posterizarr/refs/heads/main/ReleaseUI.txt";
/// Upstream's releases.
pub const RELEASES_URL: &str = "https://api.github.com/repos/fscorrupt/posterizarr/releases";

const PAUSE: Duration = Duration::from_secs(6 * 60 * 60);
const FIRST_RETRY: Duration = Duration::from_secs(5 * 60);
/// How soon a changed script is noticed.
const LOOK_AT_SCRIPT: Duration = Duration::from_secs(5);
/// The largest script that is looked through for its version, in bytes; that of 3.1.3 has a tenth of it.
const MAX_SCRIPT_SIZE: u64 = 16 * 1024 * 1024;
/// The largest file that holds nothing but a version, in bytes.
const MAX_VERSION_FILE_SIZE: u64 = 4 * 1024;
/// A release number is a short line; a list of releases is some hundred kilobytes.
const MAX_ANSWER_SIZE: usize = 4 * 1024 * 1024;
/// Longest back-off by powers of two from [`FIRST_RETRY`].
const MAX_DOUBLINGS: u32 = 6;

/// Where to look.
#[derive(Debug, Clone)]
pub struct VersionSettings {
    /// Whether the network is asked at all.
    pub enabled: bool,
    pub script: PathBuf,
    /// The installed web UI's release number.
    pub release_ui: PathBuf,
    /// Where the newest release number is.
    pub release_url: String,
    /// Where the newest release number of upstream's web UI is; none outside of containers, as upstream.
    pub release_ui_url: Option<String>,
    /// Where the list of releases is.
    pub releases_url: String,
}

/// What the network answered last; kept in the store.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Known {
    /// The newest release number.
    pub remote: Fetched,
    /// The newest release number of upstream's web UI.
    pub remote_ui: Fetched,
    /// The ETag of the list of releases.
    pub releases_etag: Option<String>,
    /// The releases; none until they were fetched once.
    pub releases: Option<Vec<Release>>,
    /// When the network last answered everything.
    pub checked: Option<DateTime<Utc>>,
    /// The version that was announced last.
    pub announced: Option<String>,
}

/// A short text and its ETag.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fetched {
    /// The text, trimmed.
    pub text: Option<String>,
    etag: Option<String>,
}

impl Record for Known {
    const TABLE: &'static str = "versions";
    const VERSION: u8 = 1;
}

const KEY: &[u8] = b"known";

/// Owns what is known of versions and releases.
pub struct VersionChecker {
    shared: Shared,
    shown: View<VersionView>,
    settings: VersionSettings,
    http: HttpClient,
    table: Option<Table<Known>>,
    script_seen: Option<(SystemTime, u64)>,
    view: VersionView,
    failures: u32,
}

/// What a look at the network brought: what is known now, and what went wrong.
#[derive(Debug, Message)]
#[rtype(result = "()")]
struct Looked {
    known: Known,
    result: Result<(), LookError>,
}

/// Why a look at the network failed.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
struct LookError {
    reason: String,
    /// How long the server wants to be left alone.
    pause: Option<Duration>,
}

impl VersionChecker {
    /// Made with what the store knows.
    pub fn new(shared: Shared, shown: View<VersionView>, settings: VersionSettings, http: HttpClient) -> Self {
        let table =
            shared.store.table::<Known>().inspect_err(|error| tracing::warn!(%error, "versions are not kept")).ok();
        let known = table.as_ref().and_then(|table| table.get(KEY).ok().flatten()).unwrap_or_default();
        Self {
            shared,
            shown,
            settings,
            http,
            table,
            script_seen: None,
            view: VersionView { known, ..VersionView::default() },
            failures: 0,
        }
    }

    /// Reads the installed versions where their files changed, and comes back.
    fn look_at_files(&mut self, ctx: &mut Ctx<Self>) {
        let seen =
            std::fs::metadata(&self.settings.script).ok().and_then(|file| Some((file.modified().ok()?, file.len())));
        let ui = bounded::read_text(&self.settings.release_ui, MAX_VERSION_FILE_SIZE).ok();
        let ui = ui.map(|text| text.trim().to_owned());
        if seen != self.script_seen || ui != self.view.ui {
            let script = bounded::read(&self.settings.script, MAX_SCRIPT_SIZE).ok();
            self.view.script =
                script.and_then(|script| version::of_script(&String::from_utf8_lossy(&script)).map(str::to_owned));
            self.script_seen = seen;
            self.view.ui = ui;
            self.publish();
        }
        ctx.later(LOOK_AT_SCRIPT, Self::look_at_files);
    }

    fn look_at_network(&mut self, ctx: &mut Ctx<Self>) {
        let (http, settings) = (self.http.clone(), self.settings.clone());
        let (known, this) = (self.view.known.clone(), ctx.address());
        actix::spawn(async move {
            this.do_send(look(&http, &settings, known).await);
        });
    }

    fn publish(&mut self) {
        let news = self.announcement();
        self.shown.publish(self.view.clone());
        // Told last: who hears of it and looks must find it.
        news.into_iter().for_each(|fact| self.shared.facts.publish(fact));
    }

    /// What to tell of a new version, once.
    fn announcement(&mut self) -> Option<Fact> {
        let known = &mut self.view.known;
        let update = compare(self.view.script.as_deref(), known.remote.text.as_deref()).update_available;
        if !update || known.announced == known.remote.text {
            return None;
        }
        known.announced.clone_from(&known.remote.text);
        let version = known.remote.text.clone().unwrap_or_default();
        tracing::info!(version, "a new version of Posterizarr is available");
        self.keep();
        Some(Fact::NewVersion { version })
    }

    fn keep(&self) {
        let Some(table) = &self.table else { return };
        if let Err(error) = table.put(KEY, &self.view.known) {
            tracing::warn!(%error, "what is known of versions was not kept");
        }
    }
}

impl Service for VersionChecker {
    const NAME: &'static str = "VersionChecker";

    fn started(&mut self, ctx: &mut Ctx<Self>) {
        self.look_at_files(ctx);
        if self.settings.enabled {
            let since = self.view.known.checked.map(|checked| Utc::now().signed_duration_since(checked));
            let wait = since.and_then(|since| TimeDelta::from_std(PAUSE).ok()?.checked_sub(&since)?.to_std().ok());
            ctx.later(wait.unwrap_or_default().min(PAUSE), Self::look_at_network);
        }
    }
}

impl Handler<Looked> for VersionChecker {
    fn answer(&mut self, Looked { known, result }: Looked, ctx: &mut Ctx<Self>) -> Reply<()> {
        // Something may have been announced since the look began.
        let known = Known { announced: self.view.known.announced.clone(), ..known };
        if known != self.view.known {
            self.view.known = known;
            self.keep();
        }
        let pause = match result {
            Ok(()) => {
                self.failures = 0;
                self.view.problem = None;
                // Spread over half an hour, so that daemons started together do not ask together.
                PAUSE + Duration::from_secs(fastrand::u64(0..30 * 60))
            }
            Err(error) => {
                tracing::info!(%error, "the newest version is not known at the moment");
                let doubled = FIRST_RETRY * 2_u32.pow(self.failures.min(MAX_DOUBLINGS));
                self.failures += 1;
                self.view.problem = Some(error.to_string());
                doubled.max(error.pause.unwrap_or_default())
            }
        };
        self.publish();
        ctx.later(pause, Self::look_at_network);
        ().into()
    }
}

/// Asks for everything once. Each answer counts by itself: what could not be learnt, or has not changed, is taken over from
/// `known`.
async fn look(http: &HttpClient, settings: &VersionSettings, mut known: Known) -> Looked {
    let remote = look_at_text(http, &settings.release_url, &mut known.remote).await;
    if let Some(url) = &settings.release_ui_url {
        // Upstream's tree has no such file today; its absence is not a failure.
        let _ = look_at_text(http, url, &mut known.remote_ui).await;
    }
    let releases = look_at_releases(http, &settings.releases_url, &mut known).await;
    let result = match (remote, releases) {
        (Ok(()), Ok(())) => Ok(()),
        (Err(error), Ok(())) | (Ok(()), Err(error)) => Err(error),
        (Err(one), Err(other)) => Err(LookError { pause: one.pause.max(other.pause), ..one }),
    };
    if result.is_ok() {
        known.checked = Some(Utc::now());
    }
    Looked { known, result }
}

async fn look_at_text(http: &HttpClient, url: &str, known: &mut Fetched) -> Result<(), LookError> {
    let Some((etag, body)) = fetch(http, url, known.etag.as_deref()).await? else { return Ok(()) };
    let text = String::from_utf8_lossy(&body).trim().to_owned();
    if version::Version::parse(text.split('-').next().unwrap_or_default()).is_none() || text.is_empty() {
        return Err(LookError { reason: "the newest version is not a version number".to_owned(), pause: None });
    }
    *known = Fetched { text: Some(text), etag };
    Ok(())
}

async fn look_at_releases(http: &HttpClient, url: &str, known: &mut Known) -> Result<(), LookError> {
    let Some((etag, body)) = fetch(http, url, known.releases_etag.as_deref()).await? else { return Ok(()) };
    let unreadable =
        |what: String| LookError { reason: format!("the list of releases is unreadable: {what}"), pause: None };
    let json = serde_json::from_slice(&body).map_err(|error| unreadable(error.to_string()))?;
    known.releases = Some(releases::read(&json).ok_or_else(|| unreadable("it is not a list".to_owned()))?);
    known.releases_etag = etag;
    Ok(())
}

/// The body and its ETag; none when it has not changed.
async fn fetch(
    http: &HttpClient,
    url: &str,
    etag: Option<&str>,
) -> Result<Option<(Option<String>, Vec<u8>)>, LookError> {
    let answer = http.fetch(request(url, etag)?).await?;
    match answer.status {
        StatusCode::NOT_MODIFIED => Ok(None),
        status if status.is_success() => {
            let etag = answer.headers.get(ETAG).and_then(|etag| etag.to_str().ok()).map(str::to_owned);
            Ok(Some((etag, answer.body)))
        }
        status => {
            let reason = format!("the server answered {status}");
            Err(LookError { reason, pause: wanted_pause(&answer.headers) })
        }
    }
}

fn request(url: &str, etag: Option<&str>) -> Result<Request, HttpError> {
    let request = Request::get(parse(url)?).at_most(MAX_ANSWER_SIZE).without_secret();
    let request = request.header(ACCEPT, "application/vnd.github+json, text/plain");
    Ok(match etag {
        Some(etag) => request.header(IF_NONE_MATCH, etag),
        None => request,
    })
}

impl From<HttpError> for LookError {
    fn from(trouble: HttpError) -> Self {
        Self { reason: trouble.to_string(), pause: None }
    }
}

/// How long the server wants to be left alone: `Retry-After`, or GitHub's rate limit when it is used up. At most a day.
fn wanted_pause(headers: &HeaderMap) -> Option<Duration> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<i64>().ok();
    let seconds = number(RETRY_AFTER.as_str()).or_else(|| {
        let reset = number("x-ratelimit-reset").filter(|_| number("x-ratelimit-remaining") == Some(0))?;
        Some(reset - Utc::now().timestamp())
    })?;
    Some(Duration::from_secs(seconds.clamp(0, 24 * 60 * 60).unsigned_abs()))
}
