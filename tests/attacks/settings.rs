//! No documented setting does nothing: a walk over the table of settings that shows what each one changes, with the real
//! binary. A new setting needs a row here.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex};

use posterizarrd::settings::table::SETTINGS;
use serde_json::{Value, json};

use effects::*;

use super::raw::{Answer, exchange};
use crate::daemon::{BINARY, Daemon, command, within};

mod effects;

/// Each setting, and what shows that it works.
const EFFECTS: &[(&str, fn())] = &[
    ("data_dir", data_dir),
    ("app_dir", app_dir),
    ("config", config),
    ("bind", || assert!(Place::with(&[("bind", "127.0.0.2:0")]).daemon.url.starts_with("http://127.0.0.2:"))),
    ("base_url", || assert_eq!(Place::with(&[("base_url", "/below")]).json("/below/api/health")["ready"], true)),
    ("frontend_dir", frontend_dir),
    ("disable_ui", disable_ui),
    ("trusted_proxies", trusted_proxies),
    ("trusted_hosts", trusted_hosts),
    ("cors_origins", cors_origins),
    ("frame_ancestors", frame_ancestors),
    ("mask_secrets", mask_secrets),
    ("umask", umask),
    ("log.format", log_format),
    ("log.level", log_level),
    ("log.access", log_access),
    ("runner.kind", runner_kind),
    ("runner.command", runner_command),
    ("runner.stop_grace", stop_grace),
    ("runner.max_duration", || assert_is_ended_by("runner.max_duration")),
    ("runner.silence_limit", || assert_is_ended_by("runner.silence_limit")),
    ("runner.keep_runs", keep_runs),
    ("schedule.grace", || is_shown_by(Elsewhere::SCHEDULE_GRACE)),
    ("schedule.run_time", run_time),
    ("webhooks.arr_delay", || assert_delays(("webhooks.arr_delay", "3h"))),
    ("webhooks.delays", || assert_delays(("webhooks.delays", "radarr=3h"))),
    ("webhooks.open_networks", open_networks),
    ("trash.enabled", trash_enabled),
    ("trash.max_size", || {
        assert_eq!(Place::with(&[("trash.max_size", "7KB")]).json("/api/trash")["max_size"], 7 * 1024)
    }),
    ("trash.max_age", || {
        assert_eq!(Place::with(&[("trash.max_age", "2h")]).json("/api/trash")["max_age_seconds"], 7200)
    }),
    ("thumbnails.cache_size", cache_size),
    ("assets.watch", watch),
    ("assets.poll_every", poll_every),
    ("assets.scan_every", scan_every),
    ("updates.enabled", updates),
    ("updates.release_url", release_url),
    ("updates.releases_url", releases_url),
    ("fetch.timeout", fetch_timeout),
    ("fetch.allow_private", allow_private),
    ("providers.tmdb_url", || assert_is_asked("providers.tmdb_url", "tmdb", "token")),
    ("providers.tmdb_image_url", || is_shown_by(Elsewhere::IMAGE_URL)),
    ("providers.tvdb_url", || assert_is_asked("providers.tvdb_url", "tvdb", "api_key")),
    ("providers.fanart_url", || assert_is_asked("providers.fanart_url", "fanart", "api_key")),
    ("providers.plex_tv_url", plex_tv),
    ("limits.tmdb_per_second", || is_shown_by(Elsewhere::limit("limits.tmdb_per_second"))),
    ("limits.tmdb_at_once", || is_shown_by(Elsewhere::limit("limits.tmdb_at_once"))),
    ("limits.tvdb_per_second", || is_shown_by(Elsewhere::limit("limits.tvdb_per_second"))),
    ("limits.tvdb_at_once", || is_shown_by(Elsewhere::limit("limits.tvdb_at_once"))),
    ("limits.fanart_per_second", || is_shown_by(Elsewhere::limit("limits.fanart_per_second"))),
    ("limits.fanart_at_once", || is_shown_by(Elsewhere::limit("limits.fanart_at_once"))),
    ("limits.pictures_at_once", || is_shown_by(Elsewhere::limit("limits.pictures_at_once"))),
    ("limits.server_at_once", || is_shown_by(Elsewhere::limit("limits.server_at_once"))),
    ("artwork.collections", || is_shown_by(Elsewhere::COLLECTIONS)),
    ("artwork.sets", || is_shown_by(Elsewhere::SETS)),
    ("backup.before_upload", || is_shown_by(Elsewhere::SAVE_FIRST)),
    ("drawing.legibility", || is_shown_by(Elsewhere::drawing("Legibility::On"))),
    ("drawing.seasonal_borders", || is_shown_by(Elsewhere::drawing("borders"))),
    ("drawing.balanced_lines", || is_shown_by(Elsewhere::drawing("balanced_lines"))),
    ("drawing.font_weight", || is_shown_by(Elsewhere::drawing("weight"))),
    ("drawing.system_fonts", || is_shown_by(Elsewhere::drawing("system_fonts"))),
    ("drawing.badges", || is_shown_by(Elsewhere::BADGES)),
    ("drawing.hide_unwatched", || is_shown_by(Elsewhere::UNWATCHED)),
    ("drawing.watched_by", || is_shown_by(Elsewhere::VIEWER)),
    ("plex.drop_overlay_label", || is_shown_by(Elsewhere::DROP_LABEL)),
    ("notify.heartbeat_url", heartbeats),
    ("notify.heartbeat_every", heartbeats),
    ("notify.on_start", || assert_is_called("notify.on_start", "true")),
    ("notify.on_success", || assert_is_called("notify.on_success", "true")),
    ("notify.on_failure", || assert_is_called("notify.on_failure", "false")),
    ("notify.on_missed", || is_shown_by(Elsewhere::MISSED)),
    ("notify.body", notify_body),
    ("metrics.enabled", metrics_enabled),
    ("metrics.bind", metrics_bind),
];

/// A test that drives time or many files to show what a setting does: its file, its name, and the word by which it sets it.
struct Elsewhere(&'static str, &'static str, &'static str);

impl Elsewhere {
    const SCHEDULE_GRACE: Self =
        Self("actors/schedule/tests.rs", "how_late_a_fire_is_made_up_for_is_a_setting", "grace");
    const IMAGE_URL: Self = Self(
        "tests/library_engine.rs",
        "a_run_makes_what_the_library_lacks_and_the_next_one_nothing",
        "/t/p/original/heat.jpg",
    );
    const MISSED: Self = Self("actors/notify/tests.rs", "a_missed_run_calls_its_hook", "on_missed");
    const COLLECTIONS: Self = Self(
        "tests/library_collections.rs",
        "collections_of_plex_get_posters_and_the_next_run_makes_nothing",
        "POSTERIZARRD_ARTWORK_COLLECTIONS",
    );
    const SETS: Self =
        Self("tests/library_sets.rs", "what_was_picked_by_hand_comes_before_providers", "POSTERIZARRD_ARTWORK_SETS");
    const SAVE_FIRST: Self = Self(
        "tests/library_modes/logos.rs",
        "what_is_replaced_for_the_first_time_is_saved",
        "POSTERIZARRD_BACKUP_BEFORE_UPLOAD",
    );
    const DROP_LABEL: Self = Self(
        "tests/library_delivery.rs",
        "kometas_label_is_dropped_from_what_gets_a_new_picture_where_that_is_set",
        "POSTERIZARRD_PLEX_DROP_OVERLAY_LABEL",
    );

    const fn drawing(word: &'static str) -> Self {
        Self("engine/drawing.rs", "what_is_set_reaches_the_designs", word)
    }

    const UNWATCHED: Self =
        Self("tests/library_badges.rs", "a_title_card_is_grey_until_its_episode_was_watched", "hide_unwatched");
    const VIEWER: Self =
        Self("tests/library_badges.rs", "on_jellyfin_it_goes_by_a_user_and_the_listing_tells_the_rest", "watched_by");
    const BADGES: Self = Self(
        "tests/library_badges.rs",
        "a_poster_tells_what_plex_knows_and_is_made_again_from_the_same_picture_when_that_changes",
        "badges = [",
    );

    const fn limit(key: &'static str) -> Self {
        Self("src/cli/engine.rs", "what_a_host_may_be_asked_is_what_the_settings_say", key)
    }
}

fn is_shown_by(Elsewhere(file, name, word): Elsewhere) {
    let code = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
    assert!(code.contains(&format!("fn {name}(")), "{file} has no test {name}");
    assert!(code.contains(word), "{file} does not set {word}");
}

#[test]
fn every_documented_setting_does_what_it_says() {
    let documented: BTreeSet<_> = SETTINGS.iter().map(|setting| setting.key).collect();
    let shown: BTreeSet<_> = EFFECTS.iter().map(|(key, _)| *key).collect();
    assert_eq!(documented, shown, "a setting needs a row in this table that shows what it does");
    let fails = |(key, effect): &(&'static str, fn())| std::panic::catch_unwind(effect).is_err().then_some(*key);
    let without_effect: Vec<_> = EFFECTS.iter().filter_map(fails).collect();
    assert!(without_effect.is_empty(), "{without_effect:?}; the reasons are above");
}

/// A daemon with some settings.
struct Place {
    folder: tempfile::TempDir,
    daemon: Daemon,
}

impl Place {
    fn with(settings: &[(&str, &str)]) -> Self {
        Self::prepared(settings, |_| {})
    }

    /// With something in its folder, and the shell in the place of PowerShell.
    fn prepared(settings: &[(&str, &str)], prepare: impl FnOnce(&Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        prepare(folder.path());
        let mut command = command(BINARY, folder.path());
        command.env("POSTERIZARRD_RUNNER_COMMAND", "sh {script}").env("POSTERIZARRD_UPDATES_ENABLED", "false");
        for (key, value) in settings {
            command.env(variable(key), value);
        }
        let daemon = Daemon::start_with(command);
        let mut place = Self { folder, daemon };
        // Without the path below which a proxy shows it.
        let (origin, below) = origin_and_path(&place.daemon.url);
        place.daemon.url = origin;
        // Doors open before all that they lead to is there.
        let ready = format!("{below}/api/health/ready");
        within("the daemon is ready", || (place.get(&ready, "").status == 200).then_some(()));
        place
    }

    fn get(&self, path: &str, head: &str) -> Answer {
        exchange(&self.daemon, "GET", path, &format!("Connection: close\r\n{head}"), b"")
    }

    fn json(&self, path: &str) -> Value {
        parsed(&self.get(path, ""))
    }

    fn post(&self, path: &str, body: &Value) -> Answer {
        let head = "Connection: close\r\nContent-Type: application/json\r\n";
        exchange(&self.daemon, "POST", path, head, body.to_string().as_bytes())
    }

    /// A run from its start to its end.
    fn run(&self) -> Value {
        let started = parsed(&self.post("/api/run/testing", &Value::Null));
        assert_eq!(started["success"], true, "{started}");
        let run = format!("/api/runs/{}", started["run_id"]);
        within("the run ends", || Some(self.json(&run)).filter(|run| !run["outcome"].is_null()))
    }
}

/// `http://host:port` and what follows.
fn origin_and_path(url: &str) -> (String, String) {
    let path = url.splitn(4, '/').nth(3).map(|path| format!("/{path}")).unwrap_or_default();
    (url[..url.len() - path.len()].to_owned(), path.trim_end_matches('/').to_owned())
}

fn variable(key: &str) -> String {
    format!("POSTERIZARRD_{}", key.replace('.', "_").to_uppercase())
}

fn parsed(answer: &Answer) -> Value {
    let text = String::from_utf8_lossy(&answer.body);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {}{text}", answer.head))
}

fn script(content: &'static str) -> impl Fn(&Path) {
    move |folder| fs::write(folder.join("Posterizarr.ps1"), content).unwrap()
}

/// Somebody who is asked: answers everything with the same text, and keeps the requests.
struct Other {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Other {
    fn answering(body: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (url, asked) = (format!("http://{}", listener.local_addr().unwrap()), Arc::<Mutex<Vec<String>>>::default());
        let requests = asked.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let requests = requests.clone();
                std::thread::spawn(move || Self::answer(stream, body, &requests));
            }
        });
        Self { url, asked }
    }

    fn answer(mut stream: std::net::TcpStream, body: &str, requests: &Mutex<Vec<String>>) {
        let mut request = Vec::new();
        let mut piece = [0; 4096];
        while !is_whole(&request) {
            match stream.read(&mut piece) {
                Ok(read @ 1..) => request.extend_from_slice(&piece[..read]),
                _ => return,
            }
        }
        requests.lock().unwrap().push(String::from_utf8_lossy(&request).into_owned());
        let length = body.len();
        let _ = write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
    }

    fn is_asked(&self, what: &str) -> String {
        within(what, || self.asked.lock().unwrap().iter().find(|request| request.contains(what)).cloned())
    }
}

/// Whether a request has come to its end.
fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    body.len() >= length.map_or(0, |length| length.parse().unwrap())
}
