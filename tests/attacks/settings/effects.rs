//! What shows that a setting works, a function each.

use super::*;

pub fn data_dir() {
    let (before, after) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut command = command(BINARY, before.path());
    command.env_remove("APP_DATA").env("POSTERIZARRD_DATA_DIR", after.path()).env("HOME", before.path());
    let _daemon = Daemon::start_with(command);
    assert!(after.path().join("store").is_dir() && fs::read_dir(before.path()).unwrap().next().is_none());
}

pub fn app_dir() {
    let app = tempfile::tempdir().unwrap();
    script("true")(app.path());
    let there = |settings: &[(&str, &str)]| Place::with(settings).json("/api/status")["script_exists"].clone();
    assert_eq!(there(&[("runner.kind", "script")]), false);
    assert_eq!(there(&[("runner.kind", "script"), ("app_dir", app.path().to_str().unwrap())]), true);
}

pub fn config() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.toml");
    fs::write(&file, "base_url = '/mine'").unwrap();
    assert_eq!(Place::with(&[("config", file.to_str().unwrap())]).json("/mine/api/health")["ready"], true);
}

pub fn frontend_dir() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("index.html"), "<title>another one</title>").unwrap();
    let page = Place::with(&[("frontend_dir", folder.path().to_str().unwrap())]).get("/", "Accept: text/html\r\n");
    assert!(String::from_utf8_lossy(&page.body).contains("another one"));
}

pub fn disable_ui() {
    let page = Place::with(&[("disable_ui", "true")]).get("/", "Accept: text/html\r\n");
    assert!(!page.header("content-type").unwrap_or_default().starts_with("text/html"), "{}", page.head);
}

pub fn trusted_proxies() {
    let forwarded = "Origin: https://posters.example.org\r\nX-Forwarded-Host: posters.example.org\r\n";
    assert_eq!(Place::with(&[]).get("/api/status", forwarded).status, 403);
    assert_eq!(Place::with(&[("trusted_proxies", "127.0.0.1")]).get("/api/status", forwarded).status, 200);
}

pub fn trusted_hosts() {
    let asked = |settings: &[(&str, &str)]| {
        let place = Place::with(settings);
        let mut raw = crate::attacks::raw::Raw::to(&place.daemon);
        raw.send("GET /api/status HTTP/1.1\r\nHost: posters.example.org\r\n\r\n");
        raw.answer().unwrap().status
    };
    assert_eq!((asked(&[]), asked(&[("trusted_hosts", "posters.example.org")])), (403, 200));
}

pub fn cors_origins() {
    let place = Place::with(&[("cors_origins", "https://dash.example.org")]);
    let answer = place.get("/api/status", "Origin: https://dash.example.org\r\n");
    assert_eq!(answer.header("access-control-allow-origin").as_deref(), Some("https://dash.example.org"));
}

pub fn frame_ancestors() {
    let page = Place::with(&[("frame_ancestors", "https://dash.example.org")]).get("/", "Accept: text/html\r\n");
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("frame-ancestors 'self' https://dash.example.org"), "{policy}");
}

pub fn mask_secrets() {
    let config = json!({"ApiPart": {"PlexToken": "a-token-of-nobody-1"}}).to_string();
    let told = |settings: &[(&str, &str)]| {
        let place = Place::prepared(settings, |folder| fs::write(folder.join("config.json"), &config).unwrap());
        place.json("/api/config").to_string().contains("a-token-of-nobody-1")
    };
    assert_eq!((told(&[]), told(&[("mask_secrets", "true")])), (true, false));
}

pub fn umask() {
    let mode = |settings: &[(&str, &str)]| {
        let place = Place::with(settings);
        fs::metadata(place.folder.path().join("Logs")).unwrap().permissions().mode() & 0o777
    };
    assert_eq!((mode(&[]), mode(&[("umask", "0077")])), (0o775, 0o700));
}

pub fn log_format() {
    for line in Place::with(&[("log.format", "json")]).daemon.log() {
        serde_json::from_str::<Value>(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
    }
}

pub fn log_level() {
    let is_told = |settings: &[(&str, &str)]| {
        Place::with(settings).daemon.log().iter().any(|line| line.contains("config.json is new"))
    };
    assert_eq!((is_told(&[]), is_told(&[("log.level", "warn,posterizarrd::cli::serve=info")])), (true, false));
}

pub fn log_access() {
    let mut place = Place::with(&[("log.access", "true")]);
    place.get("/api/status?a-request-of-mine", "");
    place.daemon.wait_for_line("/api/status");
}

pub fn runner_kind() {
    let kind = |kind: &str| {
        Place::prepared(&[("runner.kind", kind)], script("true")).json("/api/status")["runner"]["kind"].clone()
    };
    assert_eq!((kind("native"), kind("script")), (json!("native"), json!("script")));
}

pub fn runner_command() {
    let place =
        Place::prepared(&[("runner.command", "sh -u {script}")], script("case $- in *u*) touch by-my-command;; esac"));
    place.run();
    assert!(place.folder.path().join("by-my-command").is_file());
}

pub fn stop_grace() {
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
pub fn assert_is_ended_by(limit: &str) {
    let run = Place::prepared(&[(limit, "1s")], script("sleep 600")).run();
    assert_eq!(run["outcome"], "timed_out", "{run}");
}

pub fn keep_runs() {
    let place = Place::prepared(&[("runner.keep_runs", "1")], script("true"));
    place.run();
    place.run();
    let kept = || fs::read_dir(place.folder.path().join("runs")).unwrap().flatten().map(|entry| entry.file_name());
    within("one folder is left", || kept().eq(["2"]).then_some(()));
}

pub fn run_time() {
    let next = Place::with(&[("schedule.run_time", "03:17")]).json("/api/scheduler/status")["next_run"].clone();
    assert!(next.as_str().is_some_and(|next| next.contains("03:17")), "{next}");
}

pub fn radarr() -> Value {
    json!({"eventType": "Download", "movie": {"title": "Heat", "tmdbId": 949, "folderPath": "/movies/Heat"}, "movieFile": {"id": 1}})
}

pub fn assert_delays(setting: (&str, &str)) {
    let place = Place::prepared(&[setting], script("true"));
    assert_eq!(place.post("/api/webhook/arr", &radarr()).status, 200);
    let trigger = place.json("/api/triggers")["triggers"][0].clone();
    let at = |key: &str| chrono::DateTime::parse_from_rfc3339(trigger[key].as_str().unwrap()).unwrap();
    let delay = at("not_before") - at("created");
    assert!((10_000..=10_800).contains(&delay.num_seconds()), "{trigger}");
}

pub fn open_networks() {
    let login = json!({"WebUI": {"basicAuthEnabled": true, "basicAuthPassword": "not-the-shipped-one"}}).to_string();
    let status = |settings: &[(&str, &str)]| {
        let place = Place::prepared(settings, |folder| fs::write(folder.join("config.json"), &login).unwrap());
        place.post("/api/webhook/arr", &radarr()).status
    };
    assert_eq!((status(&[]), status(&[("webhooks.open_networks", "127.0.0.0/8")])), (401, 200));
}

/// An installation with one poster.
pub fn library(folder: &Path) {
    let assets = folder.join("assets/Movies/Heat (1995)");
    fs::create_dir_all(&assets).unwrap();
    image::RgbImage::new(20, 30).save(assets.join("poster.jpg")).unwrap();
    let config = json!({"PrerequisitePart": {"AssetPath": "assets"}});
    fs::write(folder.join("config.json"), config.to_string()).unwrap();
}

pub fn trash_enabled() {
    let kept = |settings: &[(&str, &str)]| {
        let place = Place::prepared(settings, library);
        within("it is listed", || (place.json("/api/assets/stats")["stats"]["posters"] == 1).then_some(()));
        let deleted = exchange(&place.daemon, "DELETE", "/api/gallery/Movies/Heat%20(1995)/poster.jpg", "", b"");
        assert_eq!(deleted.status, 200, "{}", String::from_utf8_lossy(&deleted.body));
        place.json("/api/trash")["entries"].as_array().unwrap().len()
    };
    assert_eq!((kept(&[]), kept(&[("trash.enabled", "false")])), (1, 0));
}

pub fn cache_size() {
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

pub fn watch() {
    for (way, noticed) in [("off", "nothing"), ("poll", "polling")] {
        let status = Place::with(&[("assets.watch", way)]).json("/api/cache/status");
        assert_eq!(status["assets"]["noticed_by"], noticed, "{status}");
    }
}

pub fn poll_every() {
    let place = Place::prepared(&[("assets.watch", "poll"), ("assets.poll_every", "1s")], library);
    within("it is listed", || (place.json("/api/assets/stats")["stats"]["posters"] == 1).then_some(()));
    let movie = place.folder.path().join("assets/Movies/Ronin (1998)");
    fs::create_dir_all(&movie).unwrap();
    image::RgbImage::new(20, 30).save(movie.join("poster.jpg")).unwrap();
    // Long before the regular scan.
    within("it is noticed", || (place.json("/api/assets/stats")["stats"]["posters"] == 2).then_some(()));
}

pub fn scan_every() {
    let status = Place::with(&[("assets.scan_every", "7m")]).json("/api/cache/status");
    assert_eq!(status["cache"]["refresh_interval"], 7 * 60, "{status}");
}

pub fn release_url() {
    let other = Other::answering("9.8.7");
    let settings = [("updates.enabled", "true"), ("updates.release_url", &*format!("{}/Release.txt", other.url))];
    let place = Place::with(&settings);
    within("the version is known", || (place.json("/api/version")["remote"] == "9.8.7").then_some(()));
}

pub fn updates() {
    let other = Other::answering("9.8.7");
    let url = format!("{}/Release.txt", other.url);
    let place = Place::with(&[("updates.enabled", "false"), ("updates.release_url", &url)]);
    assert_eq!(place.json("/api/version")["remote"], Value::Null);
    assert!(other.asked.lock().unwrap().is_empty());
}

pub fn releases_url() {
    let other = Other::answering("[]");
    let url = format!("{}/releases", other.url);
    let place = Place::with(&[("updates.enabled", "true"), ("updates.releases_url", &url)]);
    place.get("/api/releases", "");
    other.is_asked("GET /releases");
}

pub fn fetch_timeout() {
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

pub fn allow_private() {
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

pub fn assert_is_asked(setting: &str, service: &str, key: &str) {
    let other = Other::answering("{}");
    let url = format!("{}/base", other.url);
    Place::with(&[(setting, &url)]).post(&format!("/api/validate/{service}"), &json!({key: "some-key-of-mine"}));
    other.is_asked(" /base/");
}

pub fn plex_tv() {
    let other = Other::answering(r#"{"id": 1, "code": "abcd", "authToken": null, "expiresIn": 900}"#);
    let url = format!("{}/base", other.url);
    Place::with(&[("providers.plex_tv_url", &url)]).post("/api/plex/pin", &json!({"url": "http://127.0.0.1:1"}));
    other.is_asked("POST /base/pins?strong=true ");
}

pub fn heartbeats() {
    let other = Other::answering("ok");
    let url = format!("{}/beat", other.url);
    let _place = Place::with(&[("notify.heartbeat_url", &url), ("notify.heartbeat_every", "1s")]);
    // The default is a minute.
    within("three heartbeats", || (other.asked.lock().unwrap().len() >= 3).then_some(()));
    other.is_asked("GET /beat");
}

/// A run of this script calls the hook.
pub fn assert_is_called(hook: &str, content: &'static str) {
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

pub fn notify_body() {
    let other = Other::answering("ok");
    let url = format!("{}/hook", other.url);
    let settings = [("notify.on_failure", &*url), ("notify.body", "{\"mine\": \"{event}\"}")];
    Place::prepared(&settings, script("exit 3")).run();
    assert!(other.is_asked("POST /hook").contains("{\"mine\": \""));
}

pub fn metrics_enabled() {
    let status = |settings: &[(&str, &str)]| Place::with(settings).get("/metrics", "").status;
    assert_eq!((status(&[]), status(&[("metrics.enabled", "false")])), (200, 404));
}

pub fn metrics_bind() {
    // A port that was free a moment ago.
    let address = TcpListener::bind("127.0.0.3:0").unwrap().local_addr().unwrap().to_string();
    let _place = Place::with(&[("metrics.bind", &address)]);
    let mut stream = std::net::TcpStream::connect(&address).unwrap();
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("posterizarr_"), "{answer}");
}
