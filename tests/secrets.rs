//! No secret in a log or an answer over a busy session, with everything logged that can be.

use std::collections::BTreeSet;
use std::io::{Cursor, Read};
use std::path::Path;

use base64::Engine;
use posterizarrd::actors::config::keys::{self, Key};
use reqwest::{Method, RequestBuilder, Response};
use rustix::process::Signal;
use serde_json::{Map, Value, json};
use wiremock::MockServer;
use zip::ZipArchive;

use super::api::harness::eventually;
use super::daemon::{BINARY, Daemon, command, within};

/// Part of every secret here, and of nothing else.
const MARK: &str = "zq9xk7";
/// Nothing listens there: what is sent fails, and failures are told.
const NOBODY: &str = "http://127.0.0.1:1";
/// The list that the API is held to.
const OPERATIONS: &str = include_str!("api/operations.txt");
/// These exist to give secrets to an admin: a backup, all records, and events without an end.
const NOT_ASKED: [&str; 4] = ["/api/admin/backup", "/api/admin/records", "/api/events", "/ws/logs"];

/// A secret value for a key, of a form that the key may have.
fn secret(key: &Key, generation: &str) -> String {
    match key.flat {
        "AppriseUrl" => format!("discord://{MARK}{generation}/{MARK}"),
        "Discord" => format!("{NOBODY}/api/webhooks/1/{MARK}{generation}"),
        "UptimeKumaUrl" => format!("{NOBODY}/api/push/{MARK}{generation}?status=up&msg=OK&ping="),
        flat => format!("{MARK}#{generation}-{flat}"),
    }
}

/// A secret for every key that the table marks as one.
fn secrets(generation: &str) -> Map<String, Value> {
    let secret_keys = keys::all().filter(|key| key.secret);
    secret_keys.map(|key| (key.flat.to_owned(), Value::from(secret(key, generation)))).collect()
}

/// A configuration with every secret there can be; hooks go to `receiver`.
fn write_settings(folder: &Path, receiver: &str) {
    let mut config = json!({"WebUI": {"basicAuthEnabled": true}, "Notification": {"UseUptimeKuma": "true", "SendNotification": "true"}});
    for key in keys::all().filter(|key| key.secret) {
        config[key.section][key.name] = Value::from(secret(key, "first"));
    }
    std::fs::write(folder.join("config.json"), config.to_string()).unwrap();
    let hook = |name: &str| format!("['{receiver}/{name}/{MARK}-{name}?token={MARK}']");
    let settings = format!(
        "mask_secrets = true\n[log]\nlevel = 'debug'\naccess = true\n[runner]\ncommand = ['sh', '-c', 'exit 3']\n\
         [providers]\ntmdb_url = '{NOBODY}'\ntvdb_url = '{NOBODY}'\nfanart_url = '{NOBODY}'\n\
         [updates]\nenabled = false\n\
         [notify]\nheartbeat_url = '{NOBODY}/api/push/{MARK}-heart'\nheartbeat_every = '1s'\non_start = {}\non_failure = {}\n",
        hook("start"),
        hook("failure"),
    );
    std::fs::write(folder.join("posterizarrd.toml"), settings).unwrap();
}

/// An admin's client that looks at every answer.
struct Client {
    http: reqwest::Client,
    url: String,
    password: String,
    /// Further secrets: what was made during the session.
    made: BTreeSet<String>,
}

impl Client {
    fn new(url: &str) -> Self {
        let password = secret(keys::find("WebUI", "basicAuthPassword").unwrap(), "first");
        let login = base64::engine::general_purpose::STANDARD.encode(format!("admin:{password}"));
        Self { http: reqwest::Client::new(), url: url.to_owned(), password, made: BTreeSet::from([login]) }
    }

    fn assert_clean(&self, what: &str, text: &str) {
        for secret in self.made.iter().map(String::as_str).chain([MARK]) {
            if let Some(at) = text.find(secret) {
                let around: String =
                    text.chars().skip(text[..at].chars().count().saturating_sub(300)).take(400).collect();
                panic!("{what} tells a secret: …{around}…");
            }
        }
    }

    async fn look(&self, what: &str, answer: Response) -> (u16, Vec<u8>) {
        let mut headers = answer.headers().clone();
        headers.remove("set-cookie");
        self.assert_clean(what, &format!("{headers:?}"));
        let status = answer.status().as_u16();
        let body = answer.bytes().await.unwrap().to_vec();
        if let Ok(mut archive) = ZipArchive::new(Cursor::new(&body)) {
            for entry in 0..archive.len() {
                let mut content = Vec::new();
                archive.by_index(entry).unwrap().read_to_end(&mut content).unwrap();
                self.assert_clean(what, &String::from_utf8_lossy(&content));
            }
        }
        self.assert_clean(what, &String::from_utf8_lossy(&body));
        (status, body)
    }

    async fn send(&self, method: Method, path: &str, with: impl FnOnce(RequestBuilder) -> RequestBuilder) -> u16 {
        let request = self.http.request(method.clone(), format!("{}{path}", self.url));
        let answer = with(request).send().await.unwrap();
        self.look(&format!("{method} {path}"), answer).await.0
    }

    async fn admin(&self, method: Method, path: &str, body: Value) -> u16 {
        self.send(method, path, |request| request.basic_auth("admin", Some(&self.password)).json(&body)).await
    }

    /// Makes an API key; the answer that gives it is the only one that may.
    async fn make_key(&mut self, scope: &str) -> String {
        let request = self.http.post(format!("{}/api/auth/keys", self.url)).basic_auth("admin", Some(&self.password));
        let answer = request.json(&json!({"name": scope, "scopes": [scope]})).send().await.unwrap();
        let key = answer.json::<Value>().await.unwrap()["key"].as_str().unwrap().to_owned();
        // Its first characters are shown, so that it can be told from others.
        self.made.insert(key[12..].to_owned());
        key
    }

    /// Logs in, and keeps the session.
    async fn log_in(&mut self) -> String {
        let request = self.http.get(format!("{}/api/auth/check", self.url)).basic_auth("admin", Some(&self.password));
        let answer = request.send().await.unwrap();
        let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        self.made.insert(cookie.split_once('=').unwrap().1.to_owned());
        cookie
    }
}

/// Every path that the API can be asked for, with something in the place of each variable.
fn readable_paths() -> Vec<String> {
    let paths = OPERATIONS.lines().filter_map(|line| line.strip_prefix("GET "));
    let values = [
        ("{log_name}", "BackendServer.log"),
        ("{server_type}", "plex"),
        ("{section}", "ApiPart"),
        ("{key}", "PlexToken"),
    ];
    let filled = paths.filter(|path| !NOT_ASKED.contains(path)).map(|path| {
        let path = values.iter().fold(path.to_owned(), |path, (name, value)| path.replace(name, value));
        path.split('/').map(|part| if part.starts_with('{') { "1" } else { part }).collect::<Vec<_>>().join("/")
    });
    filled.collect()
}

/// The facts that were told until a run had ended.
async fn events(client: &Client) -> String {
    let request = client.http.get(format!("{}/api/events?last_event_id=1", client.url));
    let mut answer = request.basic_auth("admin", Some(&client.password)).send().await.unwrap();
    let mut told = String::new();
    while !told.contains("event: run_finished\n") {
        let piece = tokio::time::timeout(std::time::Duration::from_secs(20), answer.chunk()).await;
        told += &String::from_utf8_lossy(&piece.expect("the end of the run is told").unwrap().unwrap());
    }
    told
}

async fn be_busy(client: &mut Client) {
    let cookie = client.log_in().await;
    let (admin, webhook) = (client.make_key("admin").await, client.make_key("webhook").await);
    // Every way to present a secret, also in vain.
    for key in [admin.as_str(), "pzr_wrong", MARK] {
        for name in ["api_key", "secret"] {
            client.send(Method::GET, &format!("/api/status?{name}={key}"), |request| request).await;
        }
        client.send(Method::GET, "/api/status", |request| request.header("x-api-key", key)).await;
        client.send(Method::GET, "/api/status", |request| request.bearer_auth(key)).await;
    }
    client.send(Method::GET, "/api/status", |request| request.header("cookie", &cookie)).await;
    client.send(Method::GET, "/api/status", |request| request.basic_auth("admin", Some(format!("{MARK}-wrong")))).await;
    let import = json!({"eventType": "Download", "movie": {"title": "Heat", "tmdbId": 949, "year": 1995},
        "movieFile": {"id": 1}, "downloadUrl": format!("http://indexer/get?apikey={MARK}"), "X-Plex-Token": MARK});
    for path in [format!("/api/webhook/arr?secret={webhook}"), format!("/api/webhook/tautulli?api_key={webhook}")] {
        client.send(Method::POST, &path, |request| request.json(&import)).await;
    }
    client.send(Method::POST, "/api/webhook/arr", |request| request.basic_auth("any", Some(&webhook)).body("{")).await;
    // Checks of every service, with what is stored and with what is not.
    for value in [posterizarrd::actors::config::MASK, MARK] {
        for (service, body) in [
            ("plex", json!({"url": NOBODY, "token": value})),
            ("jellyfin", json!({"url": NOBODY, "api_key": value})),
            ("emby", json!({"url": NOBODY, "api_key": value})),
            ("tmdb", json!({"token": value})),
            ("tvdb", json!({"api_key": value, "pin": value})),
            ("fanart", json!({"api_key": value})),
            ("discord", json!({"webhook_url": format!("{NOBODY}/api/webhooks/1/{value}")})),
            ("apprise", json!({"url": format!("discord://{value}/{value}")})),
            ("uptimekuma", json!({"url": format!("{NOBODY}/api/push/{value}")})),
        ] {
            client.admin(Method::POST, &format!("/api/validate/{service}"), body).await;
        }
        let server = json!({"url": NOBODY, "token": value, "api_key": value, "library_key": "1"});
        for place in ["plex", "jellyfin", "emby", "plex/items"] {
            client.admin(Method::POST, &format!("/api/libraries/{place}"), server.clone()).await;
        }
    }
    let manual = json!({"picturePath": format!("{NOBODY}/p.jpg?X-Plex-Token={MARK}"), "titletext": "x", "folderName": "x",
        "libraryName": "x"});
    client.admin(Method::POST, "/api/run-manual", manual).await;
}

/// Changes every secret, and tries to change each to something that cannot be.
async fn change_the_configuration(client: &mut Client) {
    let wrong = secrets("wrong").into_iter().map(|(flat, value)| (flat, json!([value])));
    let wrong = json!({"config": wrong.collect::<Map<_, _>>()});
    assert_eq!(client.admin(Method::POST, "/api/config?mode=merge", wrong).await, 400);
    let next = json!({"config": secrets("next")});
    assert_eq!(client.admin(Method::POST, "/api/config?mode=merge&dry_run=true", next.clone()).await, 200);
    assert_eq!(client.admin(Method::POST, "/api/config?mode=merge", next).await, 200);
    client.password = secret(keys::find("WebUI", "basicAuthPassword").unwrap(), "next");
    let login = base64::engine::general_purpose::STANDARD.encode(format!("admin:{}", client.password));
    client.made.insert(login);
    assert_eq!(client.admin(Method::POST, "/api/config/restore/none", Value::Null).await, 404);
}

#[actix_web::test]
async fn no_secret_is_in_a_log_or_an_answer_over_a_busy_session() {
    let folder = tempfile::tempdir().unwrap();
    // Refusals are told at once, and those that cannot be reached after some tries.
    let receiver = MockServer::start().await;
    write_settings(folder.path(), &receiver.uri());
    let mut daemon = Daemon::start_with(command(BINARY, folder.path()));
    let mut client = Client::new(&daemon.url);
    be_busy(&mut client).await;
    change_the_configuration(&mut client).await;
    be_busy(&mut client).await;
    client.assert_clean("an event", &events(&client).await);
    eventually("a refused hook is told", async || {
        daemon.log().iter().any(|line| line.contains("a receiver refused a notification")).then_some(())
    })
    .await;
    for path in readable_paths() {
        assert_ne!(client.admin(Method::GET, &path, Value::Null).await, 401, "{path}");
    }
    assert_eq!(client.admin(Method::POST, "/api/admin/support-zip", Value::Null).await, 200);

    daemon.signal(Signal::TERM);
    within("its end", || Some(daemon.ended()));
    let log = daemon.log().join("\n");
    for told in ["/api/config-db/value/ApiPart/PlexToken", "config.json: tvdbapi was"] {
        assert!(log.contains(told), "the log does not tell {told}, so that it proves little");
    }
    client.assert_clean("the console log", &log);
    for file in std::fs::read_dir(folder.path().join("UILogs")).unwrap() {
        let path = file.unwrap().path();
        client.assert_clean(&path.display().to_string(), &String::from_utf8_lossy(&std::fs::read(&path).unwrap()));
    }
}
