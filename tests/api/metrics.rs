use chrono::{Duration, Utc};
use posterizarrd::actors::runs::{Mode, Outcome, RunId, RunRecord, RunView, Trigger};
use posterizarrd::actors::runtime::events::Fact;
use reqwest::Method;

use super::harness::{TestApp, eventually};

/// The value of a sample, given its name and labels exactly.
fn sample(text: &str, name: &str) -> Option<f64> {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
}

async fn scrape(app: &TestApp) -> String {
    let answer = app.get("/metrics").await;
    assert_eq!(answer.status, 200);
    answer.text()
}

#[actix_web::test]
async fn metrics_tell_build_process_queue_and_checks() {
    let app = TestApp::start();
    eventually("a look at the actors", async || {
        scrape(&app).await.contains("posterizarr_actor_restarts_total{actor=\"LogTailer\"} 0").then_some(())
    })
    .await;
    let text = scrape(&app).await;
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(sample(&text, &format!("posterizarr_build_info{{version=\"{version}\"}}")), Some(1.0));
    assert_eq!(sample(&text, "posterizarr_run_active{mode=\"normal\"}"), Some(0.0));
    assert_eq!(sample(&text, "posterizarr_queue_jobs{state=\"waiting\"}"), Some(0.0));
    assert_eq!(sample(&text, "posterizarr_queue_oldest_age_seconds"), Some(0.0));
    assert_eq!(sample(&text, "posterizarr_check_status{check=\"database\"}"), Some(0.0));
    let now = Utc::now().timestamp() as f64;
    assert!(now - sample(&text, "posterizarr_up_since_timestamp_seconds").unwrap() < 60.0);
    assert!(sample(&text, "process_resident_memory_bytes").unwrap() > 1e6);
    assert!(sample(&text, "process_open_fds").unwrap() > 3.0);
    assert!(sample(&text, "process_cpu_seconds_total").is_some());
    assert!(now - sample(&text, "process_start_time_seconds").unwrap() < 3600.0);
    assert!(text.ends_with("# EOF\n"));
    for line in text.lines().filter(|line| line.starts_with("# TYPE")) {
        assert_eq!(text.matches(line).count(), 1, "{line} twice");
    }
}

#[actix_web::test]
async fn requests_are_counted_under_their_routes_pattern() {
    let app = TestApp::start();
    app.get("/test/one.jpg").await;
    app.get("/test/two.jpg").await;
    app.get("/assets/none.js").await;
    app.send(Method::from_bytes(b"BREW").unwrap(), "/api", |request| request).await;
    app.send(Method::HEAD, "/api", |request| request).await;
    let text = scrape(&app).await;
    let requests = |labels: &str| sample(&text, &format!("posterizarr_http_requests_total{{{labels}}}"));
    assert_eq!(requests(r#"route="/test/{path}",method="GET",code="404""#), Some(2.0));
    assert_eq!(requests(r#"route="other",method="GET",code="404""#), Some(1.0));
    assert_eq!(requests(r#"route="/api",method="other",code="405""#), Some(1.0));
    assert_eq!(requests(r#"route="/api",method="GET",code="200""#), Some(1.0));
    assert_eq!(sample(&text, "posterizarr_http_request_duration_seconds_count{route=\"/test/{path}\"}"), Some(2.0));
    assert!(!text.contains("one.jpg") && !text.contains("/no/such"), "no paths");
}

#[actix_web::test]
async fn runs_are_counted_when_they_end_and_an_earlier_one_is_known() {
    let app = TestApp::start();
    let ended = Utc::now() - Duration::hours(3);
    let last = RunRecord::new(RunId(1), Mode::Backup, Trigger::Api, ended).ended(ended, Outcome::Failed);
    eventually("the supervisor has shown itself", async || {
        (!app.state.views.runs.get().runner.command.is_empty()).then_some(())
    })
    .await;
    app.state.views.runs.publish(RunView { last: Some(last.into()), parked: 2, ..RunView::default() });
    let finished = |outcome| Fact::RunFinished { run: RunId(2), mode: Mode::Normal, outcome, seconds: 42.0 };
    app.state.shared.facts.publish(finished(Outcome::Completed));
    app.state.shared.facts.publish(finished(Outcome::Completed));
    let text = eventually("both are counted", async || {
        let text = scrape(&app).await;
        let runs = sample(&text, r#"posterizarr_runs_total{mode="normal",status="completed"}"#);
        (runs == Some(2.0)).then_some(text)
    })
    .await;
    let last = |labels: &str| sample(&text, &format!("posterizarr_last_run_timestamp_seconds{{{labels}}}"));
    assert_eq!(last(r#"mode="backup",status="failed""#), Some(ended.timestamp() as f64));
    assert!(last(r#"mode="normal",status="completed""#).unwrap() > ended.timestamp() as f64);
    assert_eq!(sample(&text, r#"posterizarr_run_duration_seconds_sum{mode="normal"}"#), Some(84.0));
    assert_eq!(sample(&text, r#"posterizarr_run_duration_seconds_bucket{le="60.0",mode="normal"}"#), Some(2.0));
    assert_eq!(sample(&text, r#"posterizarr_queue_jobs{state="failed"}"#), Some(2.0));
}

#[actix_web::test]
async fn the_text_is_open_metrics_for_those_who_ask() {
    let app = TestApp::start();
    assert!(
        app.get("/metrics").await.headers["content-type"].to_str().unwrap().starts_with("text/plain; version=0.0.4")
    );
    let accept = "application/openmetrics-text;version=1.0.0,text/plain;q=0.5";
    let asked = app.send(Method::GET, "/metrics", |request| request.header("accept", accept)).await;
    assert!(asked.headers["content-type"].to_str().unwrap().starts_with("application/openmetrics-text; version=1.0.0"));
}

#[actix_web::test]
async fn metrics_can_be_off_here_and_on_elsewhere() {
    let app = TestApp::start_with(|settings| settings.metrics = false);
    let answer = app.get("/metrics").await;
    assert_eq!((answer.status.as_u16(), answer.json()["code"].as_str().unwrap()), (404, "not_found"));
    let state = app.state.clone();
    let separate = actix_web::App::new().app_data(state).configure(posterizarrd::http::api::system::metrics::separate);
    let separate = actix_web::test::init_service(separate).await;
    let request = actix_web::test::TestRequest::get().uri("/metrics").to_request();
    let answer = actix_web::test::call_service(&separate, request).await;
    assert!(answer.status().is_success());
}

#[actix_web::test]
async fn all_waiting_jobs_are_counted_and_the_oldest_is_found_wherever_it_stands() {
    let app = TestApp::start_with(|settings| settings.arr_delay = std::time::Duration::from_secs(3600));
    let episodes: Vec<_> = (1..=150).map(|n| serde_json::json!({"seasonNumber": 1, "episodeNumber": n})).collect();
    let event =
        serde_json::json!({"eventType": "Download", "series": {"title": "Long", "tvdbId": 7}, "episodes": episodes});
    assert_eq!(app.post("/api/webhook/arr", &event).await.json()["queued"], 150);
    let text = scrape(&app).await;
    assert_eq!(sample(&text, "posterizarr_queue_jobs{state=\"waiting\"}"), Some(150.0));
    let view = app.state.views.runs.get();
    assert!(
        view.first_waiting.len() < 150 && view.oldest_waiting.is_some(),
        "the list is cut off, the figures are not"
    );
    assert!(sample(&text, "posterizarr_queue_oldest_age_seconds").is_some());
}
