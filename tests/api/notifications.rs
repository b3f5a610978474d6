use std::time::{Duration, Instant};

use posterizarrd::actors::runs::RunnerChoice;
use posterizarrd::settings::Settings;
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::harness::{TestApp, eventually};

fn script(settings: &mut Settings, text: &str) {
    settings.runner_command = ["sh", "-c", text, "run"].map(str::to_owned).to_vec();
}

async fn receiver() -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200).set_body_string(r#"{"ok":true}"#)).mount(&server).await;
    server
}

/// Waits for the request that this is true of.
async fn received(server: &MockServer, what: &str, wanted: impl Fn(&Request) -> bool) -> Request {
    eventually(what, async || server.received_requests().await?.into_iter().find(|request| wanted(request))).await
}

fn query(request: &Request, name: &str) -> String {
    request.url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// A folder whose config.json names this Uptime Kuma, in the form that Kuma's copy button gives.
fn with_kuma(server: &MockServer) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("{}/kuma/api/push/token?status=up&msg=OK&ping=", server.uri());
    let config = json!({"Notification": {"UseUptimeKuma": "true", "UptimeKumaUrl": url}});
    std::fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
    folder
}

#[actix_web::test]
async fn hooks_are_called_when_a_run_starts_succeeds_and_fails() {
    let server = receiver().await;
    let address = |path: &str| vec![format!("{}/{path}/{{run}}", server.uri())];
    let app = TestApp::start_with(|settings| {
        script(settings, "test ! -e fail");
        settings.notify.hooks.on_start = address("start");
        settings.notify.hooks.on_success = address("good");
        settings.notify.hooks.on_failure = address("bad");
    });
    assert_eq!(app.post("/api/run/normal", &Value::Null).await.status, 200);
    let good = received(&server, "success is told", |request| request.url.path() == "/good/1").await;
    assert_eq!(good.body_json::<Value>().unwrap()["event"], "run_succeeded");
    received(&server, "the start is told", |request| request.url.path() == "/start/1").await;
    std::fs::write(app.path().join("fail"), "").unwrap();
    assert_eq!(app.post("/api/run/normal", &Value::Null).await.status, 200);
    let bad = received(&server, "failure is told", |request| request.url.path() == "/bad/2").await;
    assert_eq!(bad.body_json::<Value>().unwrap()["outcome"], "failed");
}

#[actix_web::test]
async fn uptime_kuma_is_told_of_a_run_that_cannot_start_and_of_one_that_was_killed_but_not_of_others() {
    let server = receiver().await;
    let app = TestApp::start_in(with_kuma(&server), |settings| {
        settings.runner = RunnerChoice::Script;
        settings.runner_command = ["/nowhere/pwsh", "{script}"].map(str::to_owned).to_vec();
        std::fs::write(settings.data_dir.join("Posterizarr.ps1"), "").unwrap();
    });
    let refused = app.post("/api/run/normal", &Value::Null).await;
    assert!(refused.status.is_server_error(), "{}", refused.status);
    let push = received(&server, "the failed start is pushed", |_| true).await;
    assert_eq!(push.url.path(), "/kuma/api/push/token");
    assert_eq!(push.url.query_pairs().filter(|(name, _)| name == "status").count(), 1);
    assert_eq!(query(&push, "status"), "down");
    let why = "install PowerShell 7 (pwsh), or set runner.command to a program that is there: No such file or directory (os error 2)";
    assert_eq!(query(&push, "msg"), format!("normal run could not be started: {why}"));
    assert_eq!(server.received_requests().await.unwrap().len(), 1, "once");

    let server = receiver().await;
    let app = TestApp::start_in(with_kuma(&server), |settings| script(settings, "test -e quick || sleep 60"));
    std::fs::write(app.path().join("quick"), "").unwrap();
    app.post("/api/run/normal", &Value::Null).await;
    eventually("the first run is over", async || {
        (app.get("/api/runs").await.json()["runs"][0]["outcome"] == "completed").then_some(())
    })
    .await;
    std::fs::remove_file(app.path().join("quick")).unwrap();
    app.post("/api/run/normal", &Value::Null).await;
    app.post("/api/force-kill", &Value::Null).await;
    let push = received(&server, "the kill is pushed", |_| true).await;
    assert_eq!((query(&push, "status"), query(&push, "msg")), ("down".to_owned(), "normal run 2 killed".to_owned()));
    assert!(query(&push, "ping").parse::<u64>().is_ok(), "{}", push.url);
}

#[actix_web::test]
async fn a_due_job_that_cannot_start_is_pushed_and_calls_the_failure_hook() {
    let server = receiver().await;
    let hook = format!("{}/bad?why={{message}}", server.uri());
    let app = TestApp::start_in(with_kuma(&server), |settings| {
        settings.notify.hooks.on_failure = vec![hook];
        settings.runner = RunnerChoice::Script;
    });
    // There is no script.
    let tautulli = json!({"RatingKey": "7", "mediatype": "movie"});
    assert_eq!(app.post("/api/webhook/tautulli", &tautulli).await.status, 200);
    let push = received(&server, "it is pushed", |request| request.url.path() == "/kuma/api/push/token").await;
    let why = query(&push, "msg");
    assert!(why.starts_with("tautulli run could not be started: ") && why.contains("Posterizarr.ps1"), "{why}");
    let hook = received(&server, "the hook is called", |request| request.url.path() == "/bad").await;
    assert_eq!(query(&hook, "why"), format!("a {why}"));
    let trigger = app.get("/api/triggers").await.json()["triggers"][0].clone();
    assert_eq!(trigger["last_error"], why.strip_prefix("tautulli run could not be started: ").unwrap(), "{trigger}");
}

#[actix_web::test]
async fn the_run_that_a_stopping_daemon_cuts_short_is_still_told() {
    let server = receiver().await;
    let app = TestApp::start_in(with_kuma(&server), |settings| script(settings, "sleep 60"));
    app.post("/api/run/normal", &Value::Null).await;
    app.stop().await.unwrap();
    let requests = server.received_requests().await.unwrap();
    assert_eq!(query(&requests[0], "msg"), "normal run 1 interrupted");
}

#[actix_web::test]
async fn a_dead_receiver_delays_neither_runs_nor_the_end_of_the_daemon() {
    let server = MockServer::start().await;
    let never = ResponseTemplate::new(200).set_delay(Duration::from_secs(600));
    Mock::given(any()).respond_with(never).mount(&server).await;
    let hook = vec![server.uri()];
    let app = TestApp::start_with(|settings| {
        script(settings, "true");
        (settings.notify.hooks.on_start, settings.notify.hooks.on_success) = (hook.clone(), hook);
    });
    let begun = Instant::now();
    for run in 1..=2 {
        eventually("the slot is free", async || {
            (app.post("/api/run/normal", &Value::Null).await.status == 200).then_some(())
        })
        .await;
        eventually("the run is over", async || {
            let runs = app.get("/api/runs").await.json();
            (runs["runs"][0]["id"] == run && runs["runs"][0]["outcome"] == "completed").then_some(())
        })
        .await;
    }
    app.stop().await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
}
