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

use super::raw::{Answer, exchange};
use crate::daemon::{BINARY, Daemon, command, within};

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

fn data_dir() {
    let (before, after) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut command = command(BINARY, before.path());
    command.env_remove("APP_DATA").env("POSTERIZARRD_DATA_DIR", after.path()).env("HOME", before.path());
    let _daemon = Daemon::start_with(command);
    assert!(after.path().join("store").is_dir() && fs::read_dir(before.path()).unwrap().next().is_none());
}

fn app_dir() {
    let app = tempfile::tempdir().unwrap();
    script("true")(app.path());
    let there = |settings: &[(&str, &str)]| Place::with(settings).json("/api/status")["script_exists"].clone();
    assert_eq!(there(&[("runner.kind", "script")]), false);
    assert_eq!(there(&[("runner.kind", "script"), ("app_dir", app.path().to_str().unwrap())]), true);
}

fn config() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.toml");
    fs::write(&file, "base_url = '/mine'").unwrap();
    assert_eq!(Place::with(&[("config", file.to_str().unwrap())]).json("/mine/api/health")["ready"], true);
}

fn frontend_dir() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("index.html"), "<title>another one</title>").unwrap();
    let page = Place::with(&[("frontend_dir", folder.path().to_str().unwrap())]).get("/", "Accept: text/html\r\n");
    assert!(String::from_utf8_lossy(&page.body).contains("another one"));
}

fn disable_ui() {
    let page = Place::with(&[("disable_ui", "true")]).get("/", "Accept: text/html\r\n");
    assert!(!page.header("content-type").unwrap_or_default().starts_with("text/html"), "{}", page.head);
}

fn trusted_proxies() {
    let forwarded = "Origin: https://posters.example.org\r\nX-Forwarded-Host: posters.example.org\r\n";
    assert_eq!(Place::with(&[]).get("/api/status", forwarded).status, 403);
    assert_eq!(Place::with(&[("trusted_proxies", "127.0.0.1")]).get("/api/status", forwarded).status, 200);
}

fn trusted_hosts() {
    let asked = |settings: &[(&str, &str)]| {
        let place = Place::with(settings);
        let mut raw = super::raw::Raw::to(&place.daemon);
        raw.send("GET /api/status HTTP/1.1\r\nHost: posters.example.org\r\n\r\n");
        raw.answer().unwrap().status
    };
    assert_eq!((asked(&[]), asked(&[("trusted_hosts", "posters.example.org")])), (403, 200));
}

fn cors_origins() {
    let place = Place::with(&[("cors_origins", "https://dash.example.org")]);
    let answer = place.get("/api/status", "Origin: https://dash.example.org\r\n");
    assert_eq!(answer.header("access-control-allow-origin").as_deref(), Some("https://dash.example.org"));
}

fn frame_ancestors() {
    let page = Place::with(&[("frame_ancestors", "https://dash.example.org")]).get("/", "Accept: text/html\r\n");
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("frame-ancestors 'self' https://dash.example.org"), "{policy}");
}

fn mask_secrets() {
    let config = json!({"ApiPart": {"PlexToken": "a-token-of-nobody-1"}}).to_string();
    let told = |settings: &[(&str, &str)]| {
        let place = Place::prepared(settings, |folder| fs::write(folder.join("config.json"), &config).unwrap());
        place.json("/api/config").to_string().contains("a-token-of-nobody-1")
    };
    assert_eq!((told(&[]), told(&[("mask_secrets", "true")])), (true, false));
}

fn umask() {
    let mode = |settings: &[(&str, &str)]| {
        let place = Place::with(settings);
        fs::metadata(place.folder.path().join("Logs")).unwrap().permissions().mode() & 0o777
    };
    assert_eq!((mode(&[]), mode(&[("umask", "0077")])), (0o775, 0o700));
}

fn log_format() {
    for line in Place::with(&[("log.format", "json")]).daemon.log() {
        serde_json::from_str::<Value>(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
    }
}

fn log_level() {
    let is_told = |settings: &[(&str, &str)]| {
        Place::with(settings).daemon.log().iter().any(|line| line.contains("config.json is new"))
    };
    assert_eq!((is_told(&[]), is_told(&[("log.level", "warn,posterizarrd::cli::serve=info")])), (true, false));
}

fn log_access() {
    let mut place = Place::with(&[("log.access", "true")]);
    place.get("/api/status?a-request-of-mine", "");
    place.daemon.wait_for_line("/api/status");
}

fn runner_kind() {
    let kind = |kind: &str| {
        Place::prepared(&[("runner.kind", kind)], script("true")).json("/api/status")["runner"]["kind"].clone()
    };
    assert_eq!((kind("native"), kind("script")), (json!("native"), json!("script")));
}

fn runner_command() {
    let place =
        Place::prepared(&[("runner.command", "sh -u {script}")], script("case $- in *u*) touch by-my-command;; esac"));
    place.run();
    assert!(place.folder.path().join("by-my-command").is_file());
}

fn stop_grace() {
    let stubborn = script("trap '' TERM; touch started; while :; do sleep 0.05; done");
    let place = Place::prepared(&[("runner.stop_grace", "100ms")], stubborn);
    place.post("/api/run/testing", &Value::Null);
    within("the script runs", || place.folder.path().join("started").is_file().then_some(()));
    assert_eq!(place.post("/api/stop", &Value::Null).status, 200);
    let run = within("the run ends", || Some(place.json("/api/runs/1")).filter(|run| !run["outcome"].is_null()));
    // With the grace of the default the answer would have told that it is still ending.
    let order: Value = serde_json::from_slice(&fs::read(place.folder.path().join("runs/1/run.json")).unwrap()).unwrap();
    assert_eq!(order["stop_grace"], json!({"secs": 0, "nanos": 100_000_000}), "{run}");
}

/// A run that says nothing and does not end by itself is ended by the limit.
fn assert_is_ended_by(limit: &str) {
    let run = Place::prepared(&[(limit, "1s")], script("sleep 600")).run();
    assert_eq!(run["outcome"], "timed_out", "{run}");
}

fn keep_runs() {
    let place = Place::prepared(&[("runner.keep_runs", "1")], script("true"));
    place.run();
    place.run();
    let kept = || fs::read_dir(place.folder.path().join("runs")).unwrap().flatten().map(|entry| entry.file_name());
    within("one folder is left", || kept().eq(["2"]).then_some(()));
}

fn run_time() {
    let next = Place::with(&[("schedule.run_time", "03:17")]).json("/api/scheduler/status")["next_run"].clone();
    assert!(next.as_str().is_some_and(|next| next.contains("03:17")), "{next}");
}

fn radarr() -> Value {
    json!({"eventType": "Download", "movie": {"title": "Heat", "tmdbId": 949, "folderPath": "/movies/Heat"}, "movieFile": {"id": 1}})
}

fn assert_delays(setting: (&str, &str)) {
    let place = Place::prepared(&[setting], script("true"));
    assert_eq!(place.post("/api/webhook/arr", &radarr()).status, 200);
    let trigger = place.json("/api/triggers")["triggers"][0].clone();
    let at = |key: &str| chrono::DateTime::parse_from_rfc3339(trigger[key].as_str().unwrap()).unwrap();
    let delay = at("not_before") - at("created");
    assert!((10_000..=10_800).contains(&delay.num_seconds()), "{trigger}");
}

fn open_networks() {
    let login = json!({"WebUI": {"basicAuthEnabled": true, "basicAuthPassword": "not-the-shipped-one"}}).to_string();
    let status = |settings: &[(&str, &str)]| {
        let place = Place::prepared(settings, |folder| fs::write(folder.join("config.json"), &login).unwrap());
        place.post("/api/webhook/arr", &radarr()).status
    };
    assert_eq!((status(&[]), status(&[("webhooks.open_networks", "127.0.0.0/8")])), (401, 200));
}

/// An installation with one poster.
fn library(folder: &Path) {
    let assets = folder.join("assets/Movies/Heat (1995)");
    fs::create_dir_all(&assets).unwrap();
    image::RgbImage::new(20, 30).save(assets.join("poster.jpg")).unwrap();
    let config = json!({"PrerequisitePart": {"AssetPath": "assets"}});
    fs::write(folder.join("config.json"), config.to_string()).unwrap();
}

fn trash_enabled() {
    let kept = |settings: &[(&str, &str)]| {
        let place = Place::prepared(settings, library);
        within("it is listed", || (place.json("/api/assets/stats")["stats"]["posters"] == 1).then_some(()));
        let deleted = exchange(&place.daemon, "DELETE", "/api/gallery/Movies/Heat%20(1995)/poster.jpg", "", b"");
        assert_eq!(deleted.status, 200, "{}", String::from_utf8_lossy(&deleted.body));
        place.json("/api/trash")["entries"].as_array().unwrap().len()
    };
    assert_eq!((kept(&[]), kept(&[("trash.enabled", "false")])), (1, 0));
}

fn cache_size() {
    let kept = |settings: &[(&str, &str)]| {
        let place = Place::prepared(settings, library);
        within("it is listed", || (place.json("/api/assets/stats")["stats"]["posters"] == 1).then_some(()));
        for width in [160, 640] {
            let thumbnail = format!("/api/thumbnail?path=Movies/Heat%20(1995)/poster.jpg&w={width}");
            assert_eq!(place.get(&thumbnail, "").status, 200);
        }
        fs::read_dir(place.folder.path().join("cache/thumbnails")).unwrap().count()
    };
    assert_eq!((kept(&[]), kept(&[("thumbnails.cache_size", "1KB")])), (2, 1));
}

fn watch() {
    for (way, noticed) in [("off", "nothing"), ("poll", "polling")] {
        let status = Place::with(&[("assets.watch", way)]).json("/api/cache/status");
        assert_eq!(status["assets"]["noticed_by"], noticed, "{status}");
    }
}

fn poll_every() {
    let place = Place::prepared(&[("assets.watch", "poll"), ("assets.poll_every", "1s")], library);
    within("it is listed", || (place.json("/api/assets/stats")["stats"]["posters"] == 1).then_some(()));
    let movie = place.folder.path().join("assets/Movies/Ronin (1998)");
    fs::create_dir_all(&movie).unwrap();
    image::RgbImage::new(20, 30).save(movie.join("poster.jpg")).unwrap();
    // Long before the regular scan.
    within("it is noticed", || (place.json("/api/assets/stats")["stats"]["posters"] == 2).then_some(()));
}

fn scan_every() {
    let status = Place::with(&[("assets.scan_every", "7m")]).json("/api/cache/status");
    assert_eq!(status["cache"]["refresh_interval"], 7 * 60, "{status}");
}

fn release_url() {
    let other = Other::answering("9.8.7");
    let settings = [("updates.enabled", "true"), ("updates.release_url", &*format!("{}/Release.txt", other.url))];
    let place = Place::with(&settings);
    within("the version is known", || (place.json("/api/version")["remote"] == "9.8.7").then_some(()));
}

fn updates() {
    let other = Other::answering("9.8.7");
    let url = format!("{}/Release.txt", other.url);
    let place = Place::with(&[("updates.enabled", "false"), ("updates.release_url", &url)]);
    assert_eq!(place.json("/api/version")["remote"], Value::Null);
    assert!(other.asked.lock().unwrap().is_empty());
}

fn releases_url() {
    let other = Other::answering("[]");
    let url = format!("{}/releases", other.url);
    let place = Place::with(&[("updates.enabled", "true"), ("updates.releases_url", &url)]);
    place.get("/api/releases", "");
    other.is_asked("GET /releases");
}

fn fetch_timeout() {
    // Takes the connection and says nothing.
    let deaf = TcpListener::bind("127.0.0.1:0").unwrap();
    let form = json!({"url": format!("http://{}", deaf.local_addr().unwrap()), "token": "x"});
    let ask = |timeout: &str| parsed(&Place::with(&[("fetch.timeout", timeout)]).post("/api/validate/plex", &form));
    std::thread::scope(|scope| {
        let patient = scope.spawn(|| ask("8s"));
        assert_eq!(ask("100ms")["details"]["error"], "timeout");
        assert!(!patient.is_finished(), "the patient one waits");
    });
}

fn allow_private() {
    let asked = |allowed: &str| {
        let other = Other::answering("no picture");
        let settings = [("runner.kind", "native"), ("fetch.allow_private", allowed)];
        let place = Place::prepared(&settings, library);
        let manual = json!({"picturePath": format!("{}/a.jpg", other.url), "titletext": "T", "folderName": "F", "libraryName": "L"});
        assert_eq!(place.post("/api/run-manual", &manual).status, 200);
        within("the run ends", || Some(place.json("/api/runs/1")).filter(|run| !run["outcome"].is_null()));
        !other.asked.lock().unwrap().is_empty()
    };
    assert_eq!((asked("false"), asked("true")), (false, true));
}

fn assert_is_asked(setting: &str, service: &str, key: &str) {
    let other = Other::answering("{}");
    let url = format!("{}/base", other.url);
    Place::with(&[(setting, &url)]).post(&format!("/api/validate/{service}"), &json!({key: "some-key-of-mine"}));
    other.is_asked(" /base/");
}

fn plex_tv() {
    let other = Other::answering(r#"{"id": 1, "code": "abcd", "authToken": null, "expiresIn": 900}"#);
    let url = format!("{}/base", other.url);
    Place::with(&[("providers.plex_tv_url", &url)]).post("/api/plex/pin", &json!({"url": "http://127.0.0.1:1"}));
    other.is_asked("POST /base/pins?strong=true ");
}

fn heartbeats() {
    let other = Other::answering("ok");
    let url = format!("{}/beat", other.url);
    let _place = Place::with(&[("notify.heartbeat_url", &url), ("notify.heartbeat_every", "1s")]);
    // The default is a minute.
    within("three heartbeats", || (other.asked.lock().unwrap().len() >= 3).then_some(()));
    other.is_asked("GET /beat");
}

/// A run of this script calls the hook.
fn assert_is_called(hook: &str, content: &'static str) {
    let other = Other::answering("ok");
    let url = format!("{}/hook", other.url);
    let script = match content {
        "true" => script("mkdir -p Logs; echo '{}' > Logs/testing.json"),
        _ => script("exit 3"),
    };
    let place = Place::prepared(&[(hook, &url)], script);
    place.run();
    other.is_asked("POST /hook");
}

fn notify_body() {
    let other = Other::answering("ok");
    let url = format!("{}/hook", other.url);
    let settings = [("notify.on_failure", &*url), ("notify.body", "{\"mine\": \"{event}\"}")];
    Place::prepared(&settings, script("exit 3")).run();
    assert!(other.is_asked("POST /hook").contains("{\"mine\": \""));
}

fn metrics_enabled() {
    let status = |settings: &[(&str, &str)]| Place::with(settings).get("/metrics", "").status;
    assert_eq!((status(&[]), status(&[("metrics.enabled", "false")])), (200, 404));
}

fn metrics_bind() {
    // A port that was free a moment ago.
    let address = TcpListener::bind("127.0.0.3:0").unwrap().local_addr().unwrap().to_string();
    let _place = Place::with(&[("metrics.bind", &address)]);
    let mut stream = std::net::TcpStream::connect(&address).unwrap();
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("posterizarr_"), "{answer}");
}
