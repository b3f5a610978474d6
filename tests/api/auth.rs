//! Who may do what: see the module of the same name.

mod login;
mod matrix;
mod pictures;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::harness::TestApp;

const COOKIE: &str = "posterizarrd_session";
const BASIC: (&str, &str) = ("authorization", "Basic YWRtaW46c2VjcmV0");

/// A data folder whose web UI asks for `admin` and `secret`, with a picture in every mount.
fn locked_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    set_password(folder.path(), true, "secret");
    for (sub, name) in [("assets", "a.jpg"), ("own", "a.webp"), ("test", "x.png"), ("images", "logo.svg")] {
        std::fs::create_dir_all(folder.path().join(sub)).unwrap();
        std::fs::write(folder.path().join(sub).join(name), "picture").unwrap();
    }
    folder
}

fn set_password(folder: &std::path::Path, enabled: bool, password: &str) {
    let config = json!({
        "WebUI": {"basicAuthEnabled": enabled, "basicAuthUsername": "admin", "basicAuthPassword": password},
        "PrerequisitePart": {"AssetPath": "assets", "ManualAssetPath": "own"},
    });
    std::fs::write(folder.join("config.json"), config.to_string()).unwrap();
}

fn locked() -> TestApp {
    TestApp::start_in(locked_folder(), |_| {})
}

/// Sends a request as it is written: clients tidy up what is tried here. Gives the status and everything that follows.
async fn raw(app: &TestApp, method: &str, target: &str, headers: &[(&str, &str)]) -> (u16, String) {
    let mut request = format!("{method} {target} HTTP/1.1\r\nhost: {}\r\n", &app.url["http://".len()..]);
    for (name, value) in headers {
        request += &format!("{name}: {value}\r\n");
    }
    let mut stream = TcpStream::connect(&app.url["http://".len()..]).await.unwrap();
    stream.write_all(format!("{request}\r\n").as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.windows(4).any(|end| end == b"\r\n\r\n") {
        let mut part = [0; 4096];
        let read = stream.read(&mut part).await.unwrap();
        assert!(read > 0, "no answer to {method} {target}: {}", String::from_utf8_lossy(&answer));
        answer.extend_from_slice(&part[..read]);
    }
    let answer = String::from_utf8_lossy(&answer).into_owned();
    (answer[9..12].parse().unwrap(), answer)
}

/// Makes an API key, as the admin.
async fn key(app: &TestApp, scopes: &[&str]) -> Value {
    let body = json!({"name": scopes.join(" "), "scopes": scopes});
    let request = |request: reqwest::RequestBuilder| request.header(BASIC.0, BASIC.1).json(&body);
    let answer = app.send(reqwest::Method::POST, "/api/auth/keys", request).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()
}

/// Logs in and gives the value of the `Cookie` header.
async fn cookie(app: &TestApp) -> String {
    let answer = app.send(reqwest::Method::GET, "/api/status", |request| request.header(BASIC.0, BASIC.1)).await;
    assert_eq!(answer.status, 200);
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.contains("; Path=/; ") && cookie.contains("; HttpOnly; SameSite=Strict"), "{cookie}");
    assert!(!cookie.contains("Secure"), "{cookie}");
    cookie.split(';').next().unwrap().to_owned()
}
