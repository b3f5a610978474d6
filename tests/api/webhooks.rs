use std::sync::Arc;
use std::time::Duration;

use posterizarrd::actors::runtime::events::{Event, Fact};
use serde_json::{Value, json};
use tokio::sync::broadcast::Receiver;

use super::harness::{Answer, TestApp, eventually};

fn movie(title: &str, tmdb: u64) -> Value {
    json!({"eventType": "Download", "movie": {"title": title, "tmdbId": tmdb, "year": 2024}, "movieFile": {"id": tmdb}})
}

/// A runner that writes each argument on its own line, NUL-separated runs.
fn recording(settings: &mut posterizarrd::settings::Settings) {
    let script = "for a in \"$@\"; do printf '%s\\n' \"$a\"; done >> argv; printf 'end\\n' >> argv";
    settings.runner_command = ["sh", "-c", script, "run"].map(str::to_owned).to_vec();
    settings.arr_delay = Duration::ZERO;
}

async fn arguments(app: &TestApp, runs: usize) -> Vec<String> {
    let path = app.path().join("argv");
    let text = eventually("the runs end", async || {
        std::fs::read_to_string(&path).ok().filter(|text| text.matches("\nend\n").count() >= runs)
    });
    text.await.lines().map(str::to_owned).collect()
}

async fn put(app: &TestApp, path: &str, body: &Value) -> Answer {
    app.send(reqwest::Method::PUT, path, |request| request.json(body)).await
}

#[actix_web::test]
async fn a_webhook_runs_the_script_with_its_values_as_arguments_and_its_file_goes() {
    let app = TestApp::start_with(recording);
    let hostile = "Dune $(touch pwned) `id`; \"q\" 'q' ]: x";
    let answer = put(&app, "/api/webhook/arr", &movie(hostile, 5)).await;
    let body = answer.json();
    assert_eq!(
        (&body["success"], &body["message"], &body["queued"]),
        (&json!(true), &json!("Trigger queued for Radarr"), &json!(1))
    );
    assert_eq!(body["file"], body["files"][0]);
    let lines = arguments(&app, 1).await;
    assert_eq!(
        lines[..7],
        ["-ArrTrigger", "-arr_platform", "Radarr", "-event", "Download", "-arr_movie_title", hostile]
    );
    assert!(!app.path().join("pwned").try_exists().unwrap());
    let file = body["file"].as_str().unwrap();
    eventually("the trigger file goes", async || (!std::fs::exists(file).unwrap()).then_some(())).await;
    let received = app.get("/api/webhooks").await.json()["webhooks"][0].clone();
    assert_eq!((&received["source"], &received["verdict"]), (&json!("radarr"), &json!("queued")));
    assert_eq!(received["outcome"], "completed");
    assert!(received["payload"].as_str().unwrap().contains("movieFile"), "{received}");
    let short = app.get("/api/webhooks?payloads=false&limit=1").await.json()["webhooks"].clone();
    assert_eq!(
        (short[0]["id"].clone(), &short[0]["payload"], &short[1]),
        (received["id"].clone(), &Value::Null, &Value::Null)
    );
    assert_eq!(app.get("/api/webhooks?limit=0").await.json()["webhooks"], json!([]));
}

#[actix_web::test]
async fn a_trigger_is_called_by_its_title_wherever_it_is_told_of() {
    let app = TestApp::start_with(recording);
    app.post("/api/webhook/arr", &json!({"eventType": "Grab", "series": {"title": "Dark"}})).await;
    let mut heat = movie("Heat", 949);
    heat["movie"]["year"] = json!(1995);
    app.post("/api/webhook/arr", &heat).await;
    arguments(&app, 1).await;
    let title = json!("Heat (1995)");
    let run = eventually("the run ends", async || {
        let runs = app.get("/api/runs").await.json()["runs"].clone();
        runs[0]["ended"].is_string().then(|| runs[0].clone())
    });
    assert_eq!(run.await["title"], title);
    let received = app.get("/api/webhooks?payloads=false").await.json()["webhooks"].clone();
    assert_eq!((&received[0]["title"], &received[1]["title"]), (&title, &json!("Dark")));
    assert_eq!(app.get("/api/triggers?state=done").await.json()["triggers"][0]["title"], title);
    let row = eventually("the history has it", async || {
        let rows = app.get("/api/runtime-history").await.json()["history"].clone();
        rows[0]["run"].is_u64().then(|| rows[0].clone())
    });
    let row = row.await;
    assert_eq!(row["title"], title);
    let at = chrono::DateTime::parse_from_rfc3339(row["at"].as_str().unwrap()).unwrap();
    assert_eq!(
        at.with_timezone(&chrono::Local).format("%Y-%m-%dT%H:%M").to_string(),
        row["timestamp"].as_str().unwrap()[..16]
    );
}

#[actix_web::test]
async fn a_hostile_value_reaches_the_child_as_one_argument_or_is_refused() {
    let app = TestApp::start_with(recording);
    let long = "x".repeat(1024 * 1024);
    // What is sent as a title, and the one argument the child sees; none where there is no run.
    let table: [(&str, Option<&str>); 10] = [
        ("a\nb\r\n[event]: Grab", Some("a b  [event]: Grab")),
        ("a]: b", Some("a]: b")),
        ("\"double\" 'single' `back`", Some("\"double\" 'single' `back`")),
        ("$(touch pwned) ${IFS} %PATH%", Some("$(touch pwned) ${IFS} %PATH%")),
        ("a; touch pwned & touch pwned | cat", Some("a; touch pwned & touch pwned | cat")),
        ("a\u{0}b", Some("a b")),
        ("\u{1b}[31mred\u{7}", Some("[31mred")),
        ("-Testing", None),
        ("\u{0} --Backup", None),
        (&long, None),
    ];
    let mut runs = 0;
    for (tmdb, (title, argument)) in (1..).zip(table) {
        let answer = app.post("/api/webhook/arr", &movie(title, tmdb)).await;
        let Some(argument) = argument else {
            // Radarr cannot help a title that looks like a switch, and is not to count that as a failure.
            assert_eq!(answer.status, if title.len() < 20 { 200 } else { 422 }, "{:.40}", title);
            assert!(answer.json().get("queued").is_none_or(|queued| queued == 0), "{:.40}", title);
            continue;
        };
        assert_eq!(answer.json()["queued"], 1, "{title}");
        let file = std::fs::read_to_string(answer.json()["file"].as_str().unwrap()).unwrap_or_default();
        assert!(file.lines().count() <= 6, "a value adds no line to the trigger file: {file}");
        runs += 1;
        let lines = arguments(&app, runs).await;
        let run: Vec<_> = lines.split(|line| line == "end").nth(runs - 1).unwrap().iter().map(String::as_str).collect();
        let id = tmdb.to_string();
        let expected = ["-ArrTrigger", "-arr_platform", "Radarr", "-event", "Download", "-arr_movie_title", argument];
        let rest = ["-arr_movie_tmdb", &id, "-arr_movie_year", "2024", "-arr_moviefile_id", &id];
        assert_eq!(run, [&expected[..], &rest].concat());
    }
    assert!(!app.path().join("pwned").try_exists().unwrap());
    assert_eq!(app.get("/api/runs").await.json()["runs"].as_array().unwrap().len(), runs);
}

#[actix_web::test]
async fn a_waiting_trigger_is_listed_joined_retried_and_removed() {
    let app = TestApp::start_with(|settings| {
        recording(settings);
        settings.arr_delay = Duration::from_secs(3600);
    });
    let first = app.post("/api/webhook/arr", &movie("Heat", 949)).await.json();
    let mut again = movie("Heat", 949);
    again["movieFile"]["id"] = json!(1);
    again["movie"]["title"] = json!("Heat, the longer cut");
    let joined = app.post("/api/webhook/arr", &again).await.json();
    assert_eq!((&joined["queued"], &joined["job_ids"]), (&json!(0), &first["job_ids"]));
    let file = std::fs::read_to_string(first["file"].as_str().unwrap()).unwrap();
    assert!(file.contains("[arr_movie_title]: Heat, the longer cut\n"), "{file}");
    let other = app.post("/api/webhook/arr", &movie("Ran", 11645)).await.json();
    let triggers = app.get("/api/triggers").await.json()["triggers"].clone();
    assert_eq!(triggers.as_array().unwrap().len(), 2);
    assert_eq!((&triggers[0]["position"], &triggers[0]["state"]), (&json!(1), &json!("waiting")));
    assert!(triggers[0]["not_before"].is_string());
    let id = other["job_ids"][0].as_str().unwrap();
    assert_eq!(app.delete(&format!("/api/triggers/{id}")).await.status, 200);
    assert_eq!(app.delete(&format!("/api/triggers/{id}")).await.status, 404);
    assert!(!std::fs::exists(other["file"].as_str().unwrap()).unwrap());
    let id = first["job_ids"][0].as_str().unwrap();
    assert_eq!(app.post(&format!("/api/triggers/{id}/retry"), &Value::Null).await.status, 200);
    let arguments = arguments(&app, 1).await;
    assert!(arguments.contains(&"Heat, the longer cut".to_owned()), "what came last counts: {arguments:?}");
}

#[actix_web::test]
async fn triggers_are_listed_by_state_and_the_first_so_many() {
    let app = TestApp::start_with(|settings| {
        recording(settings);
        settings.arr_delay = Duration::from_secs(3600);
    });
    let mut ids = Vec::new();
    for (title, tmdb) in [("Heat", 949), ("Ran", 11645), ("Alien", 348), ("Dune", 438_631)] {
        ids.push(app.post("/api/webhook/arr", &movie(title, tmdb)).await.json()["job_ids"][0].clone());
    }
    let all = app.get("/api/triggers").await.json();
    assert_eq!((all["triggers"].as_array().unwrap().len(), &all["total"]), (4, &json!(4)));
    let first = ids[0].as_str().unwrap();
    assert_eq!(app.post(&format!("/api/triggers/{first}/retry"), &Value::Null).await.status, 200);
    eventually("the first is done", async || {
        (app.get("/api/triggers?state=done").await.json()["triggers"][0]["id"] == first).then_some(())
    })
    .await;
    for (query, expected, total) in [
        ("state=waiting&limit=2", &ids[1..3], 3),
        ("state=waiting", &ids[1..], 3),
        ("state=done,failed", &ids[..1], 1),
        ("state=running", &[], 0),
        ("state=failed,%20waiting&limit=1", &ids[1..2], 3),
        ("limit=0", &[], 4),
        ("state=&limit=3", &ids[1..], 4),
    ] {
        let answer = app.get(&format!("/api/triggers?{query}")).await.json();
        let found: Vec<_> = answer["triggers"].as_array().unwrap().iter().map(|job| &job["id"]).collect();
        assert_eq!((found, &answer["total"]), (expected.iter().collect(), &json!(total)), "{query}");
    }
    let both = app.get("/api/triggers?state=done,waiting").await.json();
    let positions: Vec<_> = both["triggers"].as_array().unwrap().iter().map(|job| &job["position"]).collect();
    assert_eq!(positions, [&json!(1), &json!(2), &json!(3), &Value::Null]);
    for (query, field) in
        [("state=late", "state"), ("state=waiting,", "state"), ("limit=-1", "limit"), ("limit=x", "limit")]
    {
        let refused = app.get(&format!("/api/triggers?{query}")).await;
        assert_eq!(
            (refused.status.as_u16(), &refused.json()["detail"][0]["loc"]),
            (400, &json!(["query", field])),
            "{query}"
        );
    }
}

#[actix_web::test]
async fn bad_bodies_get_4xx_and_nothing_is_queued() {
    let app = TestApp::start_with(recording);
    let post =
        async |path: &str, body: Vec<u8>| app.send(reqwest::Method::POST, path, |request| request.body(body)).await;
    for (path, body, status) in [
        ("/api/webhook/arr", b"".to_vec(), 200),
        ("/api/webhook/tautulli", b"".to_vec(), 200),
        ("/api/webhook/tautulli", b"{}".to_vec(), 200),
        ("/api/webhook/arr", b"null".to_vec(), 400),
        ("/api/webhook/arr", b"[]".to_vec(), 400),
        ("/api/webhook/arr", b"{\"a\":\xff}".to_vec(), 400),
        ("/api/webhook/arr", br#"{"eventType":"Whatever"}"#.to_vec(), 200),
        ("/api/webhook/arr", br#"{"eventType":"Download"}"#.to_vec(), 422),
        ("/api/webhook/tautulli", br#"{"RatingKey":"1;x","mediatype":"movie"}"#.to_vec(), 422),
        ("/api/webhook/arr", vec![b' '; 9 * 1024 * 1024], 413),
    ] {
        let answer = post(path, body.clone()).await;
        assert_eq!(
            answer.status.as_u16(),
            status,
            "{path} {} → {}",
            String::from_utf8_lossy(&body[..body.len().min(60)]),
            answer.text()
        );
    }
    let large =
        format!(r#"{{"eventType":"Download","movie":{{"title":"x","pad":"{}"}}}}"#, "y".repeat(5 * 1024 * 1024));
    assert_eq!(post("/api/webhook/arr", large.into_bytes()).await.json()["queued"], 1, "season packs are large");
    assert_eq!(app.get("/api/webhook/arr").await.status, 405);
}

#[actix_web::test]
async fn a_file_of_the_shipped_script_is_picked_up_and_a_failed_run_is_parked() {
    let app = TestApp::start_with(|settings| {
        recording(settings);
        settings.runner_command = ["sh", "-c", "exit 3", "run"].map(str::to_owned).to_vec();
    });
    let file = app.path().join("watcher/recently_added_20251125120000000_abc123.posterizarr");
    std::fs::write(&file, "[RatingKey]: 7\n[mediatype]: movie\n").unwrap();
    let job = eventually("the file's job has failed once", async || {
        let triggers = app.get("/api/triggers").await.json();
        triggers["triggers"].as_array()?.iter().find(|job| job["attempts"].as_u64() >= Some(1)).cloned()
    })
    .await;
    assert_eq!(job["id"], "recently_added_20251125120000000_abc123.posterizarr");
    assert!(std::fs::exists(file).unwrap(), "the file stays until its run has succeeded");
}

#[actix_web::test]
async fn a_webhook_needs_a_key_which_may_be_the_password_unless_its_network_is_open() {
    for open in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let config =
            json!({"WebUI": {"basicAuthEnabled": true, "basicAuthUsername": "admin", "basicAuthPassword": "secret"}});
        std::fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
        let app = TestApp::start_in(folder, |settings| {
            recording(settings);
            settings.webhook_networks = if open { vec!["127.0.0.0/8".parse().unwrap()] } else { Vec::new() };
        });
        let test = json!({"eventType": "Test"});
        let bare = app.post("/api/webhook/arr", &test).await;
        assert_eq!(bare.status.as_u16(), if open { 200 } else { 401 });
        assert_eq!(app.get("/api/webhooks").await.status, 401, "only the way in is open");
        let with = async |user: &str, password: &str, path: &str| {
            app.send(reqwest::Method::POST, path, |request| request.basic_auth(user, Some(password)).json(&test)).await
        };
        let made = app.send(reqwest::Method::POST, "/api/auth/keys", |request| {
            request.basic_auth("admin", Some("secret")).json(&json!({"name": "sonarr", "scopes": ["webhook"]}))
        });
        let key = made.await.json()["key"].as_str().unwrap().to_owned();
        assert_eq!(with("anything", &key, "/api/webhook/arr").await.status, 200);
        assert_eq!(
            with("anything", &key, "/api/scheduler/enable").await.status,
            403,
            "a webhook's key opens nothing else"
        );
    }
}

#[actix_web::test]
async fn an_event_of_sixty_thousand_episodes_is_refused_and_one_of_thousands_holds_up_nobody() {
    let app = TestApp::start_with(|settings| settings.arr_delay = Duration::from_secs(3600));
    let event = |count: u32| {
        let episodes: Vec<_> = (1..=count).map(|n| json!({"seasonNumber": 1, "episodeNumber": n, "id": n})).collect();
        json!({"eventType": "Download", "series": {"title": "Long", "tvdbId": 7}, "episodes": episodes})
    };
    let refused = app.post("/api/webhook/arr", &event(60_000)).await;
    assert_eq!((refused.status.as_u16(), &refused.json()["code"]), (422, &json!("unprocessable")));
    assert!(refused.text().contains("60000 episodes; at most 10000"), "{}", refused.text());
    let large = event(5_000);
    let mut large = std::pin::pin!(app.post("/api/webhook/arr", &large));
    let mut acknowledged = 0;
    let answer = loop {
        tokio::select! {
            answer = &mut large => break answer,
            other = async {
                acknowledged += 1;
                app.post("/api/webhook/arr", &movie(&format!("Movie {acknowledged}"), acknowledged)).await
            } => assert_eq!(other.json()["queued"], 1),
        }
    };
    assert_eq!(answer.json()["queued"], 5_000);
    assert!(acknowledged > 3, "{acknowledged} were acknowledged meanwhile");
    assert_eq!(app.get("/api/triggers?state=waiting&limit=0").await.json()["total"].as_u64().unwrap() / 5_000, 1);
}

#[actix_web::test]
async fn the_key_may_be_in_the_query_as_sonarr_spells_it() {
    let folder = tempfile::tempdir().unwrap();
    let config =
        json!({"WebUI": {"basicAuthEnabled": true, "basicAuthUsername": "admin", "basicAuthPassword": "secret"}});
    std::fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
    let app = TestApp::start_in(folder, |_| {});
    let made = app.send(reqwest::Method::POST, "/api/auth/keys", |request| {
        request.basic_auth("admin", Some("secret")).json(&json!({"name": "sonarr", "scopes": ["webhook"]}))
    });
    let key = made.await.json()["key"].as_str().unwrap().to_owned();
    let test = json!({"eventType": "Test"});
    for (query, status) in
        [(format!("apikey={key}"), 200), (format!("api_key={key}"), 200), ("apikey=x".to_owned(), 401)]
    {
        assert_eq!(app.post(&format!("/api/webhook/arr?{query}"), &test).await.status.as_u16(), status, "{query}");
    }
}

#[actix_web::test]
async fn failed_jobs_are_cleared_with_one_request_and_others_stay() {
    let app = TestApp::start_with(|settings| {
        let script = "if [ -e wait ]; then exec sleep 600; fi; exit 3";
        settings.runner_command = ["sh", "-c", script, "run"].map(str::to_owned).to_vec();
        settings.arr_delay = Duration::ZERO;
    });
    let tautulli = async |key: &str| {
        let told = json!({"RatingKey": key, "mediatype": "movie"});
        let answer = app.post("/api/webhook/tautulli", &told).await.json();
        let of = |name: &str| answer[name][0].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
        (of("job_ids"), of("files"))
    };
    let in_state = async |state: &str| {
        let list = app.get(&format!("/api/triggers?state={state}")).await.json();
        list["triggers"].as_array().unwrap().clone()
    };
    // What fails is tried again and waits in between.
    let (waits, its_file) = tautulli("1").await;
    let job = eventually("it was tried", async || {
        in_state("waiting").await.into_iter().find(|job| job["id"] == waits.as_str() && job["attempts"] == 1)
    })
    .await;
    let codes: Vec<_> = job["because"].as_array().unwrap().iter().map(|clause| clause["code"].clone()).collect();
    assert_eq!(codes, ["exit_code"], "{job}");
    // What somebody stops has failed for good.
    std::fs::write(app.path().join("wait"), "").unwrap();
    let (fails, file) = tautulli("2").await;
    eventually("it runs", async || in_state("running").await.into_iter().find(|job| job["id"] == fails.as_str())).await;
    assert_eq!(app.post("/api/stop?hold=true", &Value::Null).await.status, 200);
    eventually("it failed", async || in_state("failed").await.into_iter().find(|job| job["id"] == fails.as_str()))
        .await;
    assert!(std::fs::exists(&file).unwrap(), "it can be tried again");
    let mut facts = app.state.shared.facts.listen(None).live;
    assert_eq!(app.delete("/api/triggers?state=failed").await.json()["removed"], 1);
    assert!(tells_that_the_queue_changed(&mut facts), "others see that they are gone");
    eventually("its file goes", async || (!std::fs::exists(&file).unwrap()).then_some(())).await;
    let left = app.get("/api/triggers").await.json();
    assert_eq!((&left["total"], &left["triggers"][0]["id"]), (&json!(1), &json!(waits)), "what waits stays");
    assert!(std::fs::exists(&its_file).unwrap());
    assert_eq!(app.delete("/api/triggers?state=failed").await.json()["removed"], 0);
    assert!(!tells_that_the_queue_changed(&mut facts), "nothing did");
    for bad in ["/api/triggers", "/api/triggers?state=waiting"] {
        assert_eq!(app.delete(bad).await.status, 400, "{bad}");
    }
    assert!(in_state("failed").await.is_empty());
}

/// Whether that is among the facts that were told since this was last asked.
fn tells_that_the_queue_changed(facts: &mut Receiver<Arc<Event>>) -> bool {
    let told: Vec<_> = std::iter::from_fn(|| facts.try_recv().ok()).collect();
    told.iter().any(|event| matches!(event.fact, Fact::QueueChanged { .. }))
}

#[actix_web::test]
async fn a_waiting_job_is_put_before_all_others() {
    let app = TestApp::start_with(|settings| settings.arr_delay = Duration::from_secs(3600));
    assert_eq!(app.post("/api/triggers/hold", &Value::Null).await.status, 200);
    let mut ids = Vec::new();
    for (title, tmdb) in [("Heat", 949), ("Ran", 11645), ("Alien", 348)] {
        let answer = app.post("/api/webhook/arr", &movie(title, tmdb)).await.json();
        ids.push(answer["job_ids"][0].as_str().unwrap().to_owned());
    }
    let mut facts = app.state.shared.facts.listen(None).live;
    let put = app.post(&format!("/api/triggers/{}/first", ids[2]), &Value::Null).await;
    assert_eq!(put.status, 200, "{}", put.text());
    assert!(tells_that_the_queue_changed(&mut facts), "others see the new order");
    let waiting = app.get("/api/triggers?state=waiting").await.json();
    let order: Vec<_> = waiting["triggers"].as_array().unwrap().iter().map(|job| job["id"].as_str().unwrap()).collect();
    assert_eq!(order, [&ids[2], &ids[0], &ids[1]]);
    assert_eq!(app.post("/api/triggers/nothing/first", &Value::Null).await.status, 404);
}
