use serde_json::{Value, json};

use super::harness::{TestApp, eventually};

#[actix_web::test]
async fn a_fresh_timetable_has_upstreams_answers() {
    let app = TestApp::start_with(|settings| settings.host_tz = Some("Europe/Berlin".to_owned()));
    let status = app.get("/api/scheduler/status").await.json();
    for (key, value) in [
        ("success", json!(true)),
        ("enabled", json!(false)),
        ("running", json!(false)),
        ("is_executing", json!(false)),
        ("schedules", json!([])),
        ("timezone", json!("Europe/Berlin")),
        ("last_run", Value::Null),
        ("next_run", Value::Null),
        ("active_jobs", json!([])),
    ] {
        assert_eq!(status[key], value, "{key}");
    }
    let config = app.get("/api/scheduler/config").await.json()["config"].clone();
    let keys: Vec<_> = config.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["enabled", "schedules", "timezone", "skip_if_running", "last_run", "next_run"]);
}

#[actix_web::test]
async fn schedules_are_added_listed_and_removed_with_upstreams_texts() {
    let app = TestApp::start();
    let path = "/api/scheduler/schedule";
    let added = app.post(path, &json!({"time": "03:00", "description": "n"})).await;
    assert_eq!(added.json()["message"], "Schedule added: 03:00");
    let again = app.post(path, &json!({"time": "03:00"})).await;
    assert_eq!((again.status.as_u16(), again.json()["detail"].clone()), (400, json!("Schedule 03:00 already exists")));
    let bad = app.post(path, &json!({"time": "25:00"})).await;
    assert_eq!(bad.json()["detail"], "Invalid time format '25:00'. Must be HH:MM (00:00-23:59)");
    assert_eq!(app.post(path, &json!({})).await.json()["detail"][0]["loc"], json!(["body", "time"]));
    app.post("/api/scheduler/enable", &Value::Null).await;
    let status = app.get("/api/scheduler/status").await.json();
    assert_eq!(status["running"], true);
    assert_eq!(status["active_jobs"][0]["id"], "posterizarr_normal_0");
    assert_eq!(status["active_jobs"][0]["entry"], 0);
    assert_eq!(status["active_jobs"][0]["name"], "Posterizarr Normal Mode @ 03:00");
    assert_eq!(status["next_run"], status["active_jobs"][0]["next_run"]);
    let written: Value = serde_json::from_slice(&std::fs::read(app.path().join("scheduler.json")).unwrap()).unwrap();
    assert_eq!(written["schedules"], json!([{"time": "03:00", "description": "n"}]));
    for path in ["/api/scheduler/schedule/03%3A00", "/api/scheduler/schedule/03:00"] {
        let removed = app.delete(path).await;
        assert_eq!(removed.status.as_u16(), if path.contains('%') { 200 } else { 404 });
    }
    let cleared = app.delete("/api/scheduler/schedules").await.json();
    assert_eq!((&cleared["message"], &cleared["schedules"]), (&json!("All schedules cleared"), &json!([])));
}

#[actix_web::test]
async fn a_restart_and_a_change_of_settings_leave_the_timers_running() {
    let app = TestApp::start();
    app.post("/api/scheduler/schedule", &json!({"time": "03:00"})).await;
    app.post("/api/scheduler/enable", &Value::Null).await;
    for (path, body) in [
        ("/api/scheduler/restart", Value::Null),
        ("/api/scheduler/enable", Value::Null),
        ("/api/scheduler/config", json!({"skip_if_running": false})),
        ("/api/scheduler/config", json!({"timezone": "America/New_York"})),
    ] {
        assert_eq!(app.post(path, &body).await.status, 200, "{path} {body}");
        assert_eq!(app.get("/api/scheduler/status").await.json()["running"], true, "{path} {body}");
    }
    let unknown = app.post("/api/scheduler/config", &json!({"timezone": "America/Honolulu", "enabled": false})).await;
    assert_eq!(unknown.status, 400);
    let status = app.get("/api/scheduler/status").await.json();
    assert_eq!((&status["timezone"], &status["enabled"]), (&json!("America/New_York"), &json!(true)));
    let disabled = app.post("/api/scheduler/disable", &Value::Null).await.json();
    assert_eq!(disabled["message"], "Scheduler disabled");
    assert_eq!(app.get("/api/scheduler/status").await.json()["active_jobs"], json!([]));
}

#[actix_web::test]
async fn a_preview_tells_the_next_five_fires_and_stores_nothing() {
    let app = TestApp::start();
    let cron = json!({"cron": "30 2 * * MON", "timezone": "UTC"});
    let preview = app.post("/api/scheduler/preview", &cron).await.json();
    assert_eq!(preview["next"].as_array().unwrap().len(), 5);
    assert!(preview["next"][0].as_str().unwrap().contains("T02:30:00+00:00"));
    assert_eq!(app.post("/api/scheduler/preview", &json!({"cron": "0 0 31 2 *"})).await.status, 400);
    assert_eq!(app.get("/api/scheduler/status").await.json()["schedules"], json!([]));
}

#[actix_web::test]
async fn run_now_starts_a_scheduled_run_even_while_disabled() {
    let app = TestApp::start_with(|settings| {
        settings.runner_command = ["sh", "-c", "echo \"$@\" > argv; exec sleep 30", "run"].map(str::to_owned).to_vec();
    });
    let started = app.post("/api/scheduler/run-now", &Value::Null).await;
    assert_eq!(started.json()["message"], "Manual run triggered successfully", "{}", started.text());
    let status = app.get("/api/status").await.json();
    assert_eq!((&status["scheduler_running"], &status["current_mode"]), (&json!(true), &json!("scheduled")));
    assert_eq!(app.get("/api/scheduler/status").await.json()["is_executing"], true);
    let argv = eventually("the run writes its arguments", async || {
        std::fs::read_to_string(app.path().join("argv")).ok().filter(|text| text.ends_with('\n'))
    });
    assert_eq!(argv.await, "-UISchedule\n");
    let busy = app.post("/api/scheduler/run-now", &Value::Null).await;
    assert_eq!((busy.status.as_u16(), &busy.json()["code"]), (400, &json!("run_busy")));
    assert_eq!(app.post("/api/stop", &Value::Null).await.json()["message"], "Stopped: scheduled");
}

#[actix_web::test]
async fn each_timer_names_its_entry_whatever_their_times_and_their_order() {
    let app = TestApp::start();
    for time in ["13:00", "3:00"] {
        app.post("/api/scheduler/schedule", &json!({ "time": time })).await;
    }
    app.post("/api/scheduler/schedule", &json!({"cron": "0 3 * * *", "time": "03:00"})).await;
    app.post("/api/scheduler/enable", &Value::Null).await;
    let status = app.get("/api/scheduler/status").await.json();
    for timer in status["active_jobs"].as_array().unwrap() {
        let entry = &status["schedules"][usize::try_from(timer["entry"].as_u64().unwrap()).unwrap()];
        let name = format!("Posterizarr Normal Mode @ {}", entry["time"].as_str().unwrap());
        assert_eq!(timer["name"], name, "{timer}");
    }
    assert_eq!(status["active_jobs"].as_array().unwrap().len(), 3);
}

#[actix_web::test]
async fn entries_of_version_3_are_taken_and_those_that_never_fire_say_why() {
    let app = TestApp::start();
    let monthly = json!({"time": "04:00", "description": "", "mode": "backup", "frequency": "monthly", "day_of_week": "*",
        "day": "1", "month": "*", "interval_value": 1, "interval_unit": "hours"});
    let weekly = json!({"time": "04:00", "frequency": "weekly", "day_of_week": "mon"});
    for entry in [&monthly, &weekly] {
        assert_eq!(app.post("/api/scheduler/schedule", entry).await.status, 200, "{entry}");
    }
    let again = app.post("/api/scheduler/schedule", &weekly).await;
    assert_eq!((again.status.as_u16(), &again.json()["detail"]), (400, &json!("Schedule 04:00 already exists")));
    let odd = json!({"time": "05:00", "frequency": "yearly"});
    let refused = app.post("/api/scheduler/schedule", &odd).await;
    assert_eq!(refused.status, 400);
    assert!(refused.json()["detail"].as_str().unwrap().contains("use daily, weekly, monthly or interval"));
    assert_eq!(refused.json()["because"], json!([{ "code": "odd_frequency", "params": { "value": "yearly" } }]));
    // A file of 3.x has whatever it has: it is kept as it is, and what is not understood is told.
    let schedules = json!([monthly, odd, weekly]);
    app.post("/api/scheduler/config", &json!({"enabled": true, "schedules": schedules})).await;
    let status = app.get("/api/scheduler/status").await.json();
    assert_eq!(status["schedules"], schedules);
    let mut names: Vec<&str> =
        status["active_jobs"].as_array().unwrap().iter().map(|job| job["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["Posterizarr Backup (Monthly) @ 04:00", "Posterizarr Normal (Weekly) @ 04:00"]);
    assert_eq!((&status["not_run"][0]["entry"], &status["not_run"][0]["time"]), (&json!(1), &json!("05:00")));
    assert!(status["not_run"][0]["reason"].as_str().unwrap().contains("'yearly'"), "{status}");
    assert_eq!(status["not_run"][0]["code"], "invalid_field");
    assert_eq!(status["not_run"][0]["params"], json!({"field": "frequency", "value": "yearly"}));
    assert_eq!(status["not_run"][0]["because"], refused.json()["because"], "in full");
    assert_eq!((&status["problem"], &status["problem_because"]), (&Value::Null, &json!([])));
    let moon = app.post("/api/scheduler/config", &json!({"timezone": "Moon/Base"})).await.json();
    assert_eq!(moon["message"], "unknown time zone 'Moon/Base'; use an IANA name such as Europe/Berlin");
    assert_eq!(moon["because"], json!([{ "code": "unknown_zone", "params": { "zone": "Moon/Base" } }]));
    std::fs::write(app.path().join("scheduler.json"), "{").unwrap();
    let broken = app.post("/api/scheduler/restart", &Value::Null).await.json();
    assert_eq!(broken["problem_because"][0]["code"], "timetable_unreadable", "{broken}");
}

#[actix_web::test]
async fn the_logo_updater_is_scheduled_as_version_3_asks_for_it() {
    let app = TestApp::start();
    let entry = json!({"time": "03:00", "description": "", "mode": "logoupdater", "frequency": "weekly", "day_of_week": "mon",
        "day": "*", "month": "*", "interval_value": 1, "interval_unit": "hours", "library": "TV", "force_replace": true,
        "revert": false});
    assert_eq!(app.post("/api/scheduler/schedule", &entry).await.status, 200);
    app.post("/api/scheduler/schedule", &json!({"time": "04:00", "mode": "backup"})).await;
    app.post("/api/scheduler/enable", &Value::Null).await;
    let status = app.get("/api/scheduler/status").await.json();
    assert_eq!(status["schedules"][0], entry, "the library and the switches stay");
    let timers = status["active_jobs"].as_array().unwrap();
    let timer = timers.iter().find(|timer| timer["entry"] == 0).unwrap();
    assert_eq!(timer["id"], "posterizarr_logoupdater_0");
    assert_eq!(timer["name"], "Posterizarr Logoupdater (Weekly) @ 03:00");
    assert!(timers.iter().any(|timer| timer["name"] == "Posterizarr Backup @ 04:00"), "{timers:?}");
    let odd = json!({"time": "05:00", "mode": "logoupdater", "library": "TV", "interval_unit": "hours", "mode_": 1});
    assert_eq!(app.post("/api/scheduler/schedule", &odd).await.status, 200);
    let refused = app.post("/api/scheduler/schedule", &json!({"time": "06:00", "mode": "restore"})).await;
    assert!(refused.json()["detail"].as_str().unwrap().contains("syncemby or logoupdater"), "{}", refused.text());
}
