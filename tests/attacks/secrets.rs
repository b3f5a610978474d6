//! Secrets leave by no door: one is planted wherever a text can come from, and everything that can be read is read.

use std::path::Path;
use std::time::Duration;

use futures_util::StreamExt;
use posterizarrd::actors::config::{MASK, keys};
use reqwest::Method;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::api::harness::eventually;
use crate::daemon::{BINARY, Daemon, command};

/// Part of every planted secret, and of nothing else.
const MARK: &str = "vq7zt2k9wb";
/// A password that looks like a word.
const PASSWORD: &str = "swordfish";
const OPERATIONS: &str = include_str!("../api/operations.txt");
/// What exists to give an admin the secrets, and streams without an end, which are read in their own way.
const FOR_ADMINS: [&str; 2] = ["/api/admin/backup", "/api/admin/records"];
const ENDLESS: [&str; 2] = ["/api/events", "/ws/logs"];
const PATIENCE: Duration = Duration::from_secs(60);

/// What stands for the poster script: it prints and logs secrets, and fails.
const SCRIPT: &str = r#"
mkdir -p "$APP_DATA/Logs"
line="[2026-11-28 10:00:00] [ERROR]   |L.1    | cannot reach http://plex:32400/?X-Plex-Token=@TOKEN@ with @TOKEN@ and swordfish: $*"
for log in Scriptlog.log Manuallog.log; do echo "$line" >> "$APP_DATA/Logs/$log"; done
echo "$line"
exit 3
"#;

fn secret(flat: &str) -> String {
    match flat {
        "basicAuthPassword" => PASSWORD.to_owned(),
        "AppriseUrl" => format!("discord://{MARK}apprise/{MARK}x"),
        "Discord" => format!("http://127.0.0.1:1/api/webhooks/1/{MARK}discord"),
        "UptimeKumaUrl" => format!("http://127.0.0.1:1/api/push/{MARK}kuma?status=up&msg=OK&ping="),
        flat => format!("{MARK}-{flat}/é"),
    }
}

fn install(folder: &Path, more_settings: &str) {
    let token = secret("PlexToken");
    let mut config = json!({"WebUI": {"basicAuthEnabled": true}, "PlexPart": {"PlexUrl": "http://127.0.0.1:1"}});
    for key in keys::all().filter(|key| key.secret) {
        config[key.section][key.name] = Value::from(secret(key.flat));
    }
    std::fs::write(folder.join("config.json"), config.to_string()).unwrap();
    std::fs::write(folder.join("script.sh"), SCRIPT.replace("@TOKEN@", &token)).unwrap();
    let script = folder.join("script.sh");
    let settings = format!(
        "{more_settings}\n[runner]\nkind = 'script'\ncommand = ['sh', '{}']\n[updates]\nenabled = false\n\
         [notify]\non_failure = ['http://127.0.0.1:1/{MARK}-hook-1']\n",
        script.display()
    );
    std::fs::write(folder.join("posterizarrd.toml"), settings).unwrap();
    std::fs::create_dir_all(folder.join("Logs")).unwrap();
    let row = format!(
        "\"Heat {token}\";\"Movie\";\"Heat (1995)\";\"Movies\";\"en\";\"false\";\"false\";\"http://p/?X-Plex-Token={token}\";\"http://p/?X-Plex-Token={token}\";\"N/A\"\n"
    );
    let head = "\"Title\";\"Type\";\"Rootfolder\";\"LibraryName\";\"Language\";\"Fallback\";\"TextTruncated\";\"Download Source\";\"Fav Provider Link\";\"Manual\"\n";
    std::fs::write(folder.join("Logs/ImageChoices.csv"), format!("{head}{row}")).unwrap();
    let long = "x".repeat(100_000);
    std::fs::write(folder.join("Logs/Long.log"), format!("{long}{token}{long} {PASSWORD}\n[INFO] {token}\n")).unwrap();
}

struct Reader {
    http: reqwest::Client,
    url: String,
    name: &'static str,
    key: Option<String>,
}

impl Reader {
    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.url));
        match &self.key {
            Some(key) => request.header("x-api-key", key),
            None => request.basic_auth("admin", Some(PASSWORD)),
        }
    }

    async fn send(&self, method: Method, path: &str, body: &Value) -> (u16, String) {
        let answer = self.request(method.clone(), path).json(body).send().await.unwrap();
        let status = answer.status().as_u16();
        let text = String::from_utf8_lossy(&answer.bytes().await.unwrap()).into_owned();
        assert_clean(&format!("{} {method} {path}", self.name), &text);
        (status, text)
    }

    async fn get(&self, path: &str) -> (u16, String) {
        self.send(Method::GET, path, &Value::Null).await
    }
}

fn assert_clean(what: &str, text: &str) {
    for secret in [MARK, PASSWORD] {
        if let Some(at) = text.find(secret) {
            let from = text[..at].char_indices().rev().nth(200).map_or(0, |(at, _)| at);
            let around: String = text[from..].chars().take(400).collect();
            panic!("{what} tells a secret: …{around}…");
        }
    }
}

/// Every path that can be read, with something real in the place of each variable.
fn readable_paths() -> Vec<String> {
    let mut all = Vec::new();
    for path in OPERATIONS.lines().filter_map(|line| line.strip_prefix("GET ")) {
        if FOR_ADMINS.contains(&path) || ENDLESS.contains(&path) {
            continue;
        }
        let path = path.replace("{server_type}", "plex").replace("{section}", "ApiPart").replace("{key}", "PlexToken");
        if path.contains("{log_name}") {
            all.extend(["Scriptlog.log", "Long.log", "BackendServer.log"].map(|log| path.replace("{log_name}", log)));
        } else {
            let path: Vec<_> = path.split('/').map(|part| if part.starts_with('{') { "1" } else { part }).collect();
            all.push(path.join("/"));
        }
    }
    for log in ["/api/logs/Scriptlog.log", "/api/logs/Long.log", "/api/runs/1/log", "/api/runs/2/log"] {
        all.extend(
            ["tail=0", "tail=-1", "structured=true", "min_level=ERROR", "q=plex", "q=heat"]
                .map(|q| format!("{log}?{q}")),
        );
    }
    all.extend(
        ["/api/runs/2", "/api/webhooks?payloads=true", "/api/imagechoices/1", "/a/path/of/tomorrow"].map(str::to_owned),
    );
    all
}

async fn be_busy(admin: &Reader) {
    let token = secret("PlexToken");
    let webhook = json!({"eventType": "Download", "movie": {"title": format!("Heat {token}"), "tmdbId": 949, "year": 1995,
        "folderPath": format!("/movies/{token}")}, "movieFile": {"id": 1}, "url": format!("http://x/?apikey={token}")});
    admin.send(Method::POST, "/api/webhook/arr", &webhook).await;
    admin
        .send(Method::POST, "/api/webhook/tautulli", &json!({"event": token, "RatingKey": "1", "mediatype": token}))
        .await;
    admin.send(Method::POST, "/api/webhook/arr", &json!({"eventType": token, "secret": token})).await;
    let line = json!({"level": "ERROR", "message": format!("in the browser: {token}"), "source": "ui"});
    admin.send(Method::POST, "/api/logs/ui", &line).await;
    // A request of which every part is told in some log or error.
    admin.send(Method::GET, &format!("/api/logs/{MARK}.log?token={MARK}"), &Value::Null).await;
    run(admin, "/api/run/normal", &Value::Null).await;
    let manual = json!({"picturePath": format!("http://p/?X-Plex-Token={token}"), "titletext": format!("Heat {token}"),
        "folderName": format!("Heat {token}").replace('/', "-"), "libraryName": "Movies"});
    run(admin, "/api/run-manual", &manual).await;
}

/// Starts a run and waits for its end.
async fn run(admin: &Reader, path: &str, body: &Value) {
    let id = eventually("the run starts", async || {
        let (status, text) = admin.send(Method::POST, path, body).await;
        let answer: Value = serde_json::from_str(&text).unwrap();
        (status == 200).then(|| answer["run_id"].clone())
    })
    .await;
    eventually("the run ends", async || {
        let (_, text) = admin.get(&format!("/api/runs/{id}")).await;
        let run: Value = serde_json::from_str(&text).unwrap();
        (!run["outcome"].is_null()).then_some(())
    })
    .await;
}

/// The facts that were told until the second run had ended.
async fn events(reader: &Reader) -> String {
    let mut answer = reader.request(Method::GET, "/api/events?last_event_id=1").send().await.unwrap();
    let mut told = String::new();
    while told.matches("event: run_finished\n").count() < 2 {
        let piece = tokio::time::timeout(PATIENCE, answer.chunk()).await.expect("the end of the runs is told");
        told += &String::from_utf8_lossy(&piece.unwrap().expect("the stream goes on"));
    }
    told
}

/// What a WebSocket tells of a log: the lines that are there, and one that comes.
async fn socket(reader: &Reader, folder: &Path) -> String {
    let url = format!("{}/ws/logs?log_file=Scriptlog.log", reader.url.replace("http://", "ws://"));
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("x-api-key", reader.key.as_deref().unwrap().parse().unwrap());
    let (mut socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
    let mut told = String::new();
    let mut written = false;
    while !told.contains("the last line") {
        let frame = tokio::time::timeout(PATIENCE, socket.next()).await.expect("a frame in time");
        told += &frame.expect("an open socket").unwrap().into_text().unwrap_or_default();
        if !std::mem::replace(&mut written, true) {
            let log = std::fs::OpenOptions::new().append(true).open(folder.join("Logs/Scriptlog.log"));
            let line = format!("sent {} and {PASSWORD}\nthe last line\n", secret("PlexToken"));
            std::io::Write::write_all(&mut log.unwrap(), line.as_bytes()).unwrap();
        }
    }
    told
}

async fn key(admin: &Reader, scope: &str) -> String {
    let request = admin.request(Method::POST, "/api/auth/keys").json(&json!({"name": scope, "scopes": [scope]}));
    request.send().await.unwrap().json::<Value>().await.unwrap()["key"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn a_secret_is_told_by_no_answer_and_no_stream_to_readers_or_admins() {
    let folder = tempfile::tempdir().unwrap();
    install(folder.path(), "");
    let daemon = Daemon::start_with(command(BINARY, folder.path()));
    let reader = |name, key| Reader { http: reqwest::Client::new(), url: daemon.url.clone(), name, key };
    let admin = reader("admin", None);
    let read = reader("read key", Some(key(&admin, "read").await));
    be_busy(&admin).await;
    let asked_for = |path: &str| path == "/api/config" || path.starts_with("/api/config-db/");
    let (mut answered, mut told) = (0, false);
    for path in readable_paths() {
        for who in [&admin, &read] {
            if who.key.is_none() && asked_for(&path) {
                continue;
            }
            let (status, text) = who.get(&path).await;
            assert!(status < 500, "{path}: {status} {text}");
            answered += u32::from(status == 200);
            told |= text.contains("[MASKED]");
        }
    }
    assert!(answered > 100 && told, "{answered} answers prove little");
    for who in [&admin, &read] {
        let (_, text) = who.get(&format!("/api/logs/Scriptlog.log?q={MARK}")).await;
        assert_eq!(text, r#"{"content":[]}"#, "a search must not tell whether a guess is right");
        assert_clean("the event stream", &events(who).await);
    }
    assert_clean("the socket", &socket(&read, folder.path()).await);
    let (status, download) = read.get("/api/logs/Long.log/download").await;
    assert_eq!(status, 200);
    assert!(download.len() > 200_000 && download.contains("x[MASKED]x"), "the rest of the log is there");
    let orders: Vec<_> = std::fs::read_dir(folder.path().join("runs")).unwrap().collect();
    assert!(orders.len() >= 2);
    for run in orders {
        let path = run.unwrap().path().join("run.json");
        let order = std::fs::read_to_string(&path).unwrap();
        assert_clean("the order of a run", &order);
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
        assert_eq!(mode & 0o077, 0, "{mode:o}");
    }
    // The one who asks for the configuration, and may, gets it.
    let config = admin.request(Method::GET, "/api/config").send().await.unwrap().text().await.unwrap();
    assert!(config.contains(MARK));
}

#[actix_web::test]
async fn with_mask_secrets_the_network_gets_them_in_no_way_and_a_key_does_not_follow_an_address() {
    let folder = tempfile::tempdir().unwrap();
    install(folder.path(), "mask_secrets = true");
    let daemon = Daemon::start_with(command(BINARY, folder.path()));
    let admin = Reader { http: reqwest::Client::new(), url: daemon.url.clone(), name: "admin", key: None };
    for path in FOR_ADMINS {
        let (status, text) = admin.get(path).await;
        assert_eq!(status, 403, "{path}: {text}");
        assert!(text.contains("\"code\":\"local_only\""), "{text}");
    }
    for path in readable_paths() {
        admin.get(&path).await;
    }
    let elsewhere = json!({"config": {"PlexUrl": "http://127.0.0.1:2", "PlexToken": MASK}});
    let section = json!({"config": {"PlexPart": {"PlexUrl": "http://127.0.0.1:2"}}});
    for body in [elsewhere, json!({"config": {"PlexUrl": "http://127.0.0.1:2"}}), section] {
        let (status, text) = admin.send(Method::POST, "/api/config?mode=merge", &body).await;
        assert_eq!(status, 400, "{text}");
        assert!(text.contains("secret_elsewhere") && text.contains("PlexToken"), "{text}");
    }
    let elsewhere = json!({"config": {"AgregarrUrl": "http://127.0.0.1:2"}});
    let (status, text) = admin.send(Method::POST, "/api/config?mode=merge", &elsewhere).await;
    assert!(status == 400 && text.contains("secret_elsewhere") && text.contains("AgregarrApiKey"), "{text}");
    let same = json!({"config": {"PlexUrl": "http://127.0.0.1:1/", "PlexToken": MASK}});
    assert_eq!(admin.send(Method::POST, "/api/config?mode=merge", &same).await.0, 200);
}

#[actix_web::test]
async fn a_stored_key_goes_only_to_the_address_it_was_stored_with() {
    let (stored, other) = (MockServer::start().await, MockServer::start().await);
    for server in [&stored, &other] {
        Mock::given(any()).respond_with(ResponseTemplate::new(500)).mount(server).await;
    }
    let folder = tempfile::tempdir().unwrap();
    install(folder.path(), "mask_secrets = true");
    let path = folder.path().join("config.json");
    let mut config: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    for server in ["Plex", "Jellyfin", "Emby"] {
        config[format!("{server}Part")][format!("{server}Url")] = json!(format!("{}/", stored.uri()));
        config["ApiPart"][if server == "Plex" { "PlexToken".to_owned() } else { format!("{server}APIKey") }] =
            json!(MARK);
    }
    std::fs::write(&path, config.to_string()).unwrap();
    let daemon = Daemon::start_with(command(BINARY, folder.path()));
    let admin = Reader { http: reqwest::Client::new(), url: daemon.url.clone(), name: "admin", key: None };
    let routes = OPERATIONS.lines().filter_map(|line| line.strip_prefix("POST "));
    let asks_servers = |path: &&str| {
        let servers = ["plex", "jellyfin", "emby"].iter().any(|server| path.contains(server));
        servers && (path.starts_with("/api/validate/") || path.starts_with("/api/libraries/"))
    };
    let routes: Vec<_> = routes.filter(asks_servers).collect();
    assert_eq!(routes.len(), 7, "{routes:?}");
    let form = |url: &str| json!({"url": url, "token": MASK, "api_key": MASK, "library_key": "1"});
    for route in &routes {
        let with_user = other.uri().replace("http://", &format!("{}@", stored.uri()));
        for url in [other.uri(), with_user, other.uri().replace("127.0.0.1", "localhost")] {
            let (status, text) = admin.send(Method::POST, route, &form(&url)).await;
            assert_eq!(status, 400, "{route} {url}: {text}");
            assert!(text.contains("\"code\":\"secret_elsewhere\""), "{text}");
        }
        let (status, text) = admin.send(Method::POST, route, &form(&stored.uri())).await;
        assert_eq!(status, 200, "{route}: {text}");
    }
    assert!(other.received_requests().await.unwrap().is_empty());
    let asked = stored.received_requests().await.unwrap();
    assert!(asked.len() >= routes.len());
    for request in asked {
        assert!(!request.url.as_str().contains(MARK), "{}", request.url);
        assert!(request.headers.values().any(|value| value.to_str().unwrap_or_default().contains(MARK)));
    }
}
