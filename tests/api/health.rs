use std::sync::{Arc, Mutex, mpsc};

use posterizarrd::actors::runtime::guard::{Ctx, Service};
use serde_json::json;

use super::harness::{TestApp, eventually};

async fn ready(app: &TestApp) {
    eventually("ready", async || (app.get("/api/health/ready").await.status == 200).then_some(())).await;
}

#[actix_web::test]
async fn health_tells_flat_facts_and_nothing_about_the_host() {
    let app = TestApp::start();
    ready(&app).await;
    let answer = app.get("/api/health").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["cache-control"], "no-store");
    let health = answer.json();
    assert!(["ok", "degraded"].contains(&health["status"].as_str().unwrap()));
    assert_eq!(health["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(health["ready"], true);
    assert!(health["uptime_seconds"].is_u64());
    for check in ["database", "actors", "logs"] {
        assert_eq!(health["checks"][check], "ok", "{check}");
    }
    assert_eq!(health["queue"], json!({"pending": 0, "failed": 0, "held": false}));
    assert_eq!(health["run"], json!({"active": false, "last_status": "none", "last_age_seconds": null}));
    assert!(!answer.text().contains(app.path().to_str().unwrap()), "no path");
    assert_eq!(app.send(reqwest::Method::HEAD, "/api/health?cachebuster=1", |request| request).await.status, 200);
}

#[actix_web::test]
async fn a_broken_configuration_degrades_but_does_not_fail() {
    let app = TestApp::start();
    ready(&app).await;
    std::fs::write(app.path().join("config.json"), "{ broken").unwrap();
    let health = eventually("degraded", async || {
        let answer = app.get("/api/health").await;
        (answer.json()["checks"]["config"] == "degraded").then_some(answer)
    })
    .await;
    assert_eq!(health.status, 200);
    assert_ne!(health.json()["status"], "ok");
}

#[actix_web::test]
async fn a_held_queue_is_a_warning_and_no_failure() {
    let app = TestApp::start();
    ready(&app).await;
    let status = async || app.get("/api/health").await;
    assert_eq!(status().await.json()["checks"]["queue"], "ok");
    app.post("/api/triggers/hold", &json!({})).await;
    let held = status().await;
    assert_eq!((held.status.as_u16(), &held.json()["checks"]["queue"]), (200, &json!("degraded")));
    let health = held.json();
    assert_eq!((&health["queue"]["held"], &health["reason_codes"]["queue"]), (&json!(true), &json!("queue_held")));
    assert!(health["reasons"]["queue"].as_str().unwrap().starts_with("the queue is on hold"), "{health}");
    app.post("/api/triggers/release", &json!({})).await;
    assert_eq!(status().await.json()["checks"]["queue"], "ok");
}

/// An actor that hangs until the test is over.
struct Stuck(Arc<Mutex<mpsc::Receiver<()>>>);

impl Service for Stuck {
    const NAME: &'static str = "Stuck";

    fn started(&mut self, _: &mut Ctx<Self>) {
        let _ = self.0.lock().unwrap().recv();
    }
}

#[actix_web::test]
async fn an_actor_that_hangs_is_an_error_and_does_not_slow_the_answer() {
    let app = TestApp::start();
    let (over, hanging) = mpsc::channel();
    let hanging = Arc::new(Mutex::new(hanging));
    app.state.actor_system.start(move || Stuck(hanging.clone()));
    assert_eq!(app.get("/api/health/ready").await.status, 503, "nobody has looked yet");
    let early = app.get("/api/health").await;
    assert_eq!((early.status.as_u16(), &early.json()["ready"]), (200, &json!(false)));
    let health = eventually("an error", async || {
        let answer = app.get("/api/health").await;
        (answer.status == 503).then_some(answer.json())
    })
    .await;
    assert_eq!(health["status"], "error");
    assert_eq!(health["checks"]["actors"], "error");
    assert_eq!(health["checks"]["database"], "ok");
    assert_eq!(app.get("/api/health/live").await.status, 200, "the process itself lives");
    drop(over);
}

#[actix_web::test]
async fn the_short_forms_say_ok() {
    let app = TestApp::start();
    for path in ["/ping", "/healthz"] {
        let answer = app.get(path).await;
        assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({"status": "OK"})), "{path}");
    }
    assert_eq!(app.get("/api/health/live").await.status, 200);
}

#[actix_web::test]
async fn a_folder_for_artwork_that_is_not_there_is_told_and_once_it_is_there_all_is_well() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.json"), r#"{"PrerequisitePart": {"AssetPath": "mounted/later"}}"#)
        .unwrap();
    let app = TestApp::start_in(folder, |_| {});
    ready(&app).await;
    let told = eventually("degraded", async || {
        let health = app.get("/api/health").await.json().clone();
        (health["checks"]["assets"] == "degraded").then_some(health)
    })
    .await;
    assert_eq!(told["reason_codes"]["assets"], "assets_missing");
    assert!(!told["reasons"].to_string().contains("mounted/later"), "the answer is public: {told}");
    std::fs::create_dir_all(app.path().join("mounted/later")).unwrap();
    app.post("/api/refresh-cache", &json!({})).await;
    eventually("well again", async || (app.get("/api/health").await.json()["checks"]["assets"] == "ok").then_some(()))
        .await;
}
