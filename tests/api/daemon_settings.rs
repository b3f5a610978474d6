//! The daemon's own settings, and where each is set.

use std::fs;

use posterizarrd::settings::{Environment, Flags, load, table::SETTINGS};
use reqwest::Method;
use serde_json::{Value, json};

use super::harness::{Answer, TestApp, eventually};

/// A daemon whose settings' origins are those of these layers.
fn app(file: &str, variables: &[(&str, &str)], flags: &[(&'static str, &str)]) -> (TestApp, tempfile::TempDir) {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("own.toml");
    fs::write(&path, file).unwrap();
    let mut given: Flags = flags.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
    given.insert("config", path.to_str().unwrap().to_owned());
    let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into()));
    let loaded = load(&given, &Environment::new(variables, root.path())).unwrap();
    (TestApp::start_with(|settings| settings.origins = loaded.settings.origins), root)
}

async fn told(app: &TestApp) -> Value {
    app.get("/api/settings").await.json()
}

fn of<'a>(told: &'a Value, key: &str) -> &'a Value {
    let all = told["settings"].as_array().unwrap();
    all.iter().find(|setting| setting["key"] == key).unwrap_or_else(|| panic!("no {key}"))
}

#[actix_web::test]
async fn each_setting_is_told_with_what_set_it() {
    let variables =
        [("POSTERIZARRD_TRASH_MAX_SIZE", "7GB"), ("ARR_WAIT_TIME", "60"), ("POSTERIZARRD_RUNNER_KIND", "script")];
    let (app, root) = app(
        "trash.max_size = '3GB'\ntrusted_hosts = ['a.example', 'b.example']\n",
        &variables,
        &[("runner.kind", "native")],
    );
    let told = told(&app).await;
    assert_eq!(told["settings"].as_array().unwrap().len(), SETTINGS.len());
    assert_eq!(told["file"], root.path().join("own.toml").to_str().unwrap());
    assert_eq!(told["file_read"], true);
    let given = |key: &str| {
        let setting = of(&told, key);
        [&setting["value"], &setting["source"], &setting["set_by"]].map(Value::clone)
    };
    assert_eq!(given("trash.max_size"), [json!("7GB"), json!("environment"), json!("POSTERIZARRD_TRASH_MAX_SIZE")]);
    assert_eq!(given("webhooks.arr_delay"), [json!("60"), json!("environment"), json!("ARR_WAIT_TIME")]);
    assert_eq!(given("runner.kind"), [json!("native"), json!("command_line"), json!("--runner-kind")]);
    assert_eq!(given("trusted_hosts"), [json!("a.example, b.example"), json!("file"), Value::Null]);
    assert_eq!(given("trash.max_age"), [Value::Null, json!("default"), Value::Null]);
    let age = of(&told, "trash.max_age");
    assert_eq!((&age["default"], &age["form"]), (&json!("30d"), &json!("TIME")));
    assert_eq!((&age["variable"], &age["flag"]), (&json!("POSTERIZARRD_TRASH_MAX_AGE"), &json!("--trash-max-age")));
}

#[actix_web::test]
async fn addresses_that_let_one_send_are_masked() {
    let keys = ["heartbeat_url", "on_start", "on_success", "on_failure", "on_missed"];
    let file: String = keys.iter().map(|key| format!("notify.{key} = 'https://example.org/let-me-send'\n")).collect();
    let (app, _root) = app(&file, &[], &[]);
    let answer = app.get("/api/settings").await;
    assert!(!answer.text().contains("let-me-send"), "{}", answer.text());
    for key in keys {
        assert_eq!(of(&answer.json(), &format!("notify.{key}"))["value"], "********", "{key}");
    }
}

#[actix_web::test]
async fn without_a_file_it_is_told_where_one_would_be() {
    let app = TestApp::start();
    let told = told(&app).await;
    assert_eq!(told["file"], app.path().join("posterizarrd.toml").to_str().unwrap());
    assert_eq!(told["file_read"], false);
}

async fn put(app: &TestApp, body: Value) -> Answer {
    app.send(Method::PUT, "/api/settings", |request| request.json(&body)).await
}

fn ink(jpeg: &[u8]) -> u64 {
    let picture = image::load_from_memory(jpeg).unwrap().to_luma8();
    picture.pixels().map(|pixel| u64::from(pixel.0[0])).sum()
}

#[actix_web::test]
async fn what_only_decides_what_is_made_is_saved_and_counts_at_once() {
    let (app, _root) = app("# mine\ndrawing.legibility = 'off'\n", &[], &[]);
    assert_eq!(of(&told(&app).await, "drawing.badges")["takes_effect"], "next_run");
    let order = json!({ "kind": "poster" });
    let sample = || app.post("/api/preview", &order);
    let before = sample().await;
    let badges = json!(["resolution northwest ground=white height=200"]);
    let tried = json!({ "kind": "poster", "daemon": { "drawing.badges": badges } });
    let tried = app.post("/api/preview", &tried).await;
    assert_eq!(of(&told(&app).await, "drawing.badges")["source"], "default", "a sample saves nothing");
    let saved = put(&app, json!({ "settings": { "drawing.badges": badges } })).await;
    assert_eq!(saved.status, 200, "{}", saved.text());
    let badges = of(&saved.json(), "drawing.badges").clone();
    assert_eq!([&badges["source"], &badges["waits"]], [&json!("saved"), &json!(false)]);
    assert_eq!(badges["value"], "resolution northwest ground=white height=200");
    assert_ne!(ink(&before.body), ink(&tried.body), "a sample has the badge");
    assert_eq!(ink(&tried.body), ink(&sample().await.body));
    let odd = app.post("/api/preview", &json!({ "daemon": { "drawing.badges": "nonsense" } })).await;
    assert_eq!(odd.status, 400, "{}", odd.text());
    eventually("runs are told", async || {
        let command = app.get("/api/status").await.json()["runner"]["command"].to_string();
        command.contains("--drawing-badges").then_some(())
    })
    .await;

    put(&app, json!({ "settings": { "drawing.badges": null, "drawing.legibility": "on" } })).await;
    let now = told(&app).await;
    assert_eq!(of(&now, "drawing.badges")["source"], "default");
    assert_eq!(of(&now, "drawing.legibility")["value"], "on", "what is saved counts more than the file");
    put(&app, json!({ "settings": { "drawing.legibility": null } })).await;
    assert_eq!(of(&told(&app).await, "drawing.legibility")["value"], "off", "and the file counts again");
    assert_eq!(ink(&before.body), ink(&sample().await.body));
}

#[actix_web::test]
async fn what_the_daemon_does_by_itself_is_saved_for_its_next_start() {
    let (app, root) = app("trash.max_age = '3d'\n", &[], &[]);
    let saved = put(&app, json!({ "settings": { "trash.max_age": "9d", "trash.enabled": false } })).await;
    let age = of(&saved.json(), "trash.max_age").clone();
    assert_eq!([&age["value"], &age["next"], &age["takes_effect"]], [&json!("3d"), &json!("9d"), &json!("next_start")]);
    let environment = [("STATE_DIRECTORY".into(), app.path().into())];
    let flags = Flags::from([("config", root.path().join("own.toml").to_str().unwrap().to_owned())]);
    let next = load(&flags, &Environment::new(environment, root.path())).unwrap().settings;
    assert!(!next.trash.enabled);
    assert_eq!(next.trash.max_age.unwrap().as_secs(), 9 * 24 * 60 * 60);
}

#[actix_web::test]
async fn what_is_refused_is_told_key_by_key_and_nothing_is_saved() {
    let (app, _root) = app("", &[("POSTERIZARRD_TRASH_MAX_SIZE", "7GB")], &[]);
    let wrong = json!({ "settings": {
        "bind": "0.0.0.0:1", "runner.command": "sh", "drawing.legibility": "loud", "trash.max_size": "1GB",
        "drawing.nonsense": 1, "artwork.collections": true, "artwork.sets": "/etc", "trash.enabled": {},
    } });
    let refused = put(&app, wrong).await;
    assert_eq!(refused.status, 400);
    let answer = refused.json();
    assert_eq!(answer["code"], "invalid_value");
    let about = |key: &str| {
        let all = answer["detail"].as_array().unwrap().iter();
        all.filter(|one| one["loc"][2] == key).map(|one| one["msg"].as_str().unwrap().to_owned()).collect::<String>()
    };
    assert!(about("bind").contains("own.toml") && about("runner.command").contains("own.toml"), "{answer}");
    assert!(about("trash.max_size").contains("POSTERIZARRD_TRASH_MAX_SIZE"), "{answer}");
    assert!(
        about("drawing.legibility").contains("auto") && about("drawing.nonsense").contains("no such setting"),
        "{answer}"
    );
    assert_eq!(about("artwork.collections"), "", "{answer}");
    let code = |key: &str| {
        let mut all = answer["detail"].as_array().unwrap().iter();
        all.find(|one| one["loc"][2] == key).unwrap()["because"][0]["code"].as_str().unwrap().to_owned()
    };
    let keys = ["bind", "trash.max_size", "drawing.nonsense", "drawing.legibility", "trash.enabled"];
    assert_eq!(
        keys.map(code),
        ["set_by_hand", "set_by_variable", "unknown_setting", "not_legibility", "odd_json"],
        "{answer}"
    );
    assert!(about("artwork.sets").contains("own.toml") && about("trash.enabled").contains("list of texts"), "{answer}");
    assert_eq!(of(&told(&app).await, "artwork.collections")["source"], "default");
}
