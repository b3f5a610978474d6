//! The daemon's own settings, and where each is set.

use std::fs;

use posterizarrd::settings::{Environment, Flags, load, table::SETTINGS};
use serde_json::{Value, json};

use super::harness::TestApp;

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
