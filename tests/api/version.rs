use serde_json::json;
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::harness::{TestApp, eventually};

async fn start(server: &MockServer, script: Option<&str>) -> TestApp {
    let folder = tempfile::tempdir().unwrap();
    if let Some(version) = script {
        std::fs::write(folder.path().join("Posterizarr.ps1"), format!("$CurrentScriptVersion = \"{version}\"\n"))
            .unwrap();
    }
    let (release, releases) = (format!("{}/Release.txt", server.uri()), format!("{}/releases", server.uri()));
    TestApp::start_in(folder, |settings| {
        settings.updates = true;
        settings.release_url = release;
        settings.releases_url = releases;
    })
}

fn text(status: u16, body: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_string(body)
}

#[actix_web::test]
async fn a_newer_release_is_told_once_with_its_notes() {
    let server = MockServer::start().await;
    Mock::given(path("/Release.txt"))
        .respond_with(text(200, "2.1.16\n").insert_header("etag", "\"a\""))
        .mount(&server)
        .await;
    let releases = json!([{"tag_name": "2.1.16", "name": "n", "published_at": "2025-11-21T11:00:57Z", "prerelease": false,
        "draft": false, "html_url": "https://example.com", "body": "notes"}]);
    Mock::given(path("/releases"))
        .respond_with(ResponseTemplate::new(200).set_body_json(releases))
        .mount(&server)
        .await;
    let app = start(&server, Some("2.1.15")).await;
    let listening = app.state.commons.facts.listen(Some(0));
    let version = eventually("the newest version is known", async || {
        Some(app.get("/api/version").await.json()).filter(|version| version["remote"].is_string())
    })
    .await;
    assert_eq!((&version["local"], &version["is_update_available"]), (&json!("2.1.15"), &json!(true)));
    let releases = app.get("/api/releases").await.json();
    assert_eq!((&releases["success"], &releases["releases"][0]["version"]), (&json!(true), &json!("2.1.16")));
    assert!(releases["releases"][0]["days_ago"].as_i64().unwrap() > 300);
    let announced = listening
        .missed
        .iter()
        .filter(|event| matches!(event.fact, posterizarrd::actors::events::Fact::NewVersion { .. }));
    let mut live = listening.live;
    let later = std::iter::from_fn(|| live.try_recv().ok());
    let later =
        later.filter(|event| matches!(event.fact, posterizarrd::actors::events::Fact::NewVersion { .. })).count();
    assert_eq!(announced.count() + later, 1);
}

#[actix_web::test]
async fn without_a_script_there_is_no_local_version_and_no_update() {
    let server = MockServer::start().await;
    Mock::given(path("/Release.txt")).respond_with(text(200, "9.9.9")).mount(&server).await;
    Mock::given(path("/releases")).respond_with(text(200, "[]")).mount(&server).await;
    let app = start(&server, None).await;
    let version = eventually("the newest version is known", async || {
        Some(app.get("/api/version").await.json()).filter(|version| version["remote"].is_string())
    })
    .await;
    assert_eq!((&version["local"], &version["is_update_available"]), (&json!(null), &json!(false)));
}

#[actix_web::test]
async fn whatever_the_server_answers_the_last_known_stays() {
    for answer in [
        text(304, ""),
        text(403, "rate limit")
            .insert_header("x-ratelimit-remaining", "0")
            .insert_header("x-ratelimit-reset", "9999999999"),
        text(429, "").insert_header("retry-after", "120"),
        text(500, "oops"),
        text(200, "<html>garbage</html>"),
    ] {
        let server = MockServer::start().await;
        Mock::given(method("GET")).respond_with(answer).mount(&server).await;
        let app = start(&server, Some("2.1.15")).await;
        eventually("the server was asked", async || {
            server.received_requests().await.filter(|requests| !requests.is_empty())
        })
        .await;
        let version = app.get("/api/version").await;
        assert_eq!(version.status, 200);
        assert_eq!((&version.json()["local"], &version.json()["remote"]), (&json!("2.1.15"), &json!(null)));
        let releases = app.get("/api/releases").await.json();
        assert_eq!(releases["error"], "Could not fetch releases from GitHub");
        assert_eq!(releases["releases"], json!([]));
    }
}

#[actix_web::test]
async fn a_server_that_never_answers_delays_nothing() {
    let server = MockServer::start().await;
    let never = text(200, "2.1.16").set_delay(std::time::Duration::from_secs(600));
    Mock::given(method("GET"))
        .and(header("accept", "application/vnd.github+json, text/plain"))
        .respond_with(never)
        .mount(&server)
        .await;
    let app = start(&server, Some("2.1.15")).await;
    let version = eventually("the script's version is known", async || {
        Some(app.get("/api/version").await.json()).filter(|version| version["local"].is_string())
    });
    assert_eq!(version.await["remote"], json!(null));
}
