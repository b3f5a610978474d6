use std::time::Duration;

use posterizarrd::actors::store::Store;
use posterizarrd::actors::updates::Known;
use serde_json::json;
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::harness::{TestApp, eventually};

const PATIENCE: Duration = Duration::from_secs(120);

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
    let listening = app.state.shared.facts.listen(Some(0));
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
        .filter(|event| matches!(event.fact, posterizarrd::actors::runtime::events::Fact::NewVersion { .. }));
    let mut live = listening.live;
    let later = std::iter::from_fn(|| live.try_recv().ok());
    let later = later
        .filter(|event| matches!(event.fact, posterizarrd::actors::runtime::events::Fact::NewVersion { .. }))
        .count();
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
async fn before_the_first_answer_nothing_is_known_and_that_is_told() {
    let server = MockServer::start().await;
    Mock::given(method("GET")).respond_with(text(304, "")).mount(&server).await;
    let app = start(&server, Some("2.1.15")).await;
    asked(&server).await;
    let version = app.get("/api/version").await;
    assert_eq!(version.status, 200);
    assert_eq!((&version.json()["local"], &version.json()["remote"]), (&json!("2.1.15"), &json!(null)));
    let releases = app.get("/api/releases").await.json();
    assert_eq!(releases["error"], "Could not fetch releases from GitHub");
    assert_eq!(releases["releases"], json!([]));
}

async fn asked(server: &MockServer) {
    eventually("the server was asked", async || {
        server.received_requests().await.filter(|requests| !requests.is_empty())
    })
    .await;
}

/// A data folder whose store knows the answers of a look that is so long ago that the next one is due.
fn folder_that_knows() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("Posterizarr.ps1"), "$CurrentScriptVersion = \"2.1.15\"\n").unwrap();
    let known = json!({
        "remote": {"text": "2.1.16", "etag": "\"a\""}, "remote_ui": {"text": null, "etag": null},
        "releases_etag": "\"b\"", "checked": "2025-11-20T00:00:00Z", "announced": "2.1.16",
        "releases": [{"version": "2.1.16", "name": "n", "published_at": "2025-11-19T11:00:57Z", "is_prerelease": false,
            "is_draft": false, "html_url": "https://example.com", "body": "notes"}],
    });
    let known: Known = serde_json::from_value(known).unwrap();
    let store = Store::open(&folder.path().join("store")).unwrap();
    store.table().unwrap().put(b"known", &known).unwrap();
    folder
}

fn start_knowing(server: &MockServer, timeout: Duration) -> TestApp {
    let (release, releases) = (format!("{}/Release.txt", server.uri()), format!("{}/releases", server.uri()));
    TestApp::start_in(folder_that_knows(), |settings| {
        settings.updates = true;
        (settings.release_url, settings.releases_url) = (release, releases);
        settings.fetch.timeout = timeout;
    })
}

async fn assert_last_known(app: &TestApp, case: &str) {
    let version = app.get("/api/version").await.json();
    assert_eq!((&version["local"], &version["remote"]), (&json!("2.1.15"), &json!("2.1.16")), "{case}");
    assert_eq!(version["is_update_available"], true, "{case}");
    let releases = app.get("/api/releases").await.json();
    assert_eq!((&releases["success"], &releases["releases"][0]["version"]), (&json!(true), &json!("2.1.16")), "{case}");
}

#[actix_web::test]
async fn whatever_the_server_answers_the_last_known_stays_with_its_age() {
    let never = text(200, "2.1.99").set_delay(Duration::from_secs(600));
    let limited = text(403, "rate limit")
        .insert_header("x-ratelimit-remaining", "0")
        .insert_header("x-ratelimit-reset", "9999999999");
    for (case, answer) in [
        ("403", limited),
        ("429", text(429, "").insert_header("retry-after", "120")),
        ("500", text(500, "oops")),
        ("garbage", text(200, "<html>garbage</html>")),
        ("never", never),
    ] {
        let server = MockServer::start().await;
        Mock::given(method("GET")).respond_with(answer).mount(&server).await;
        let timeout = if case == "never" { Duration::from_millis(500) } else { PATIENCE };
        let app = start_knowing(&server, timeout);
        eventually("the script's version is known", async || {
            app.get("/api/version").await.json()["local"].is_string().then_some(())
        })
        .await;
        // Before the server has answered, and after.
        assert_last_known(&app, case).await;
        let view = &app.state.views.versions;
        tokio::time::timeout(PATIENCE, view.wait_for(|view| view.problem.is_some())).await.expect(case);
        assert_last_known(&app, case).await;
        assert_eq!(app.get("/api/version").await.json()["checked_at"], "2025-11-20T00:00:00Z", "{case}");
    }
}

#[actix_web::test]
async fn an_unchanged_answer_confirms_what_is_known() {
    let server = MockServer::start().await;
    for (place, etag) in [("/Release.txt", "\"a\""), ("/releases", "\"b\"")] {
        let unchanged = Mock::given(path(place)).and(header("if-none-match", etag));
        unchanged.respond_with(text(304, "")).expect(1).mount(&server).await;
    }
    let app = start_knowing(&server, PATIENCE);
    eventually("the look is over", async || {
        (app.get("/api/version").await.json()["checked_at"] != "2025-11-20T00:00:00Z").then_some(())
    })
    .await;
    assert_last_known(&app, "304").await;
    assert_eq!(app.state.views.versions.get().problem, None);
}

#[actix_web::test]
async fn a_good_release_number_counts_although_the_list_of_releases_fails() {
    let server = MockServer::start().await;
    Mock::given(path("/Release.txt")).respond_with(text(200, "2.1.17\n")).mount(&server).await;
    Mock::given(path("/releases")).respond_with(text(500, "oops")).mount(&server).await;
    let app = start_knowing(&server, PATIENCE);
    eventually("the new number is told", async || {
        (app.get("/api/version").await.json()["remote"] == "2.1.17").then_some(())
    })
    .await;
    assert_eq!(app.get("/api/releases").await.json()["releases"][0]["version"], "2.1.16", "the last known stays");
    assert!(app.state.views.versions.get().problem.is_some());
}

#[actix_web::test]
async fn a_good_list_of_releases_counts_although_the_release_number_fails() {
    let server = MockServer::start().await;
    let releases = json!([{"tag_name": "2.1.17", "published_at": "2025-11-21T11:00:57Z"}]);
    Mock::given(path("/Release.txt")).respond_with(text(404, "")).mount(&server).await;
    let list = ResponseTemplate::new(200).set_body_json(releases);
    Mock::given(path("/releases")).respond_with(list).mount(&server).await;
    let app = start_knowing(&server, PATIENCE);
    eventually("the new release is listed", async || {
        (app.get("/api/releases").await.json()["releases"][0]["version"] == "2.1.17").then_some(())
    })
    .await;
    assert_eq!(app.get("/api/version").await.json()["remote"], "2.1.16", "the last known stays");
}
