//! What known programs ask, word by word as they ask it, and what they make of the answers.

use std::path::Path;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::harness::{TestApp, eventually};

/// A login is needed; the runner keeps each run's arguments, one a line, and stays until there is a file `end`.
fn locked() -> TestApp {
    let folder = tempfile::tempdir().unwrap();
    let config =
        json!({"WebUI": {"basicAuthEnabled": true, "basicAuthUsername": "admin", "basicAuthPassword": "secret"}});
    std::fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
    TestApp::start_in(folder, |settings| {
        let script = r#"for a in "$@"; do printf '%s\n' "$a"; done >> argv; echo >> argv; while ! test -e end; do sleep 0.02; done"#;
        settings.runner_command = ["sh", "-c", script, "run"].map(str::to_owned).to_vec();
        settings.arr_delay = Duration::ZERO;
    })
}

async fn key(app: &TestApp, scope: &str) -> String {
    let body = json!({"name": scope, "scopes": [scope]});
    let made =
        app.send(Method::POST, "/api/auth/keys", |request| request.basic_auth("admin", Some("secret")).json(&body));
    made.await.json()["key"].as_str().unwrap().to_owned()
}

/// One line of a widget: where its value is in the answer, and how it is shown.
#[derive(Default)]
struct Mapping {
    field: String,
    number: bool,
    /// What is shown in place of which value.
    instead: Vec<(Value, Value)>,
}

/// The widget of `deploy/homepage.yaml`.
#[derive(Default)]
struct Widget {
    url: String,
    key_header: String,
    mappings: Vec<Mapping>,
}

impl Widget {
    /// Reads as much YAML as that file has.
    fn read(yaml: &str) -> Self {
        let mut widget = Self::default();
        for line in yaml.lines() {
            let Some((name, value)) = line.trim_start_matches([' ', '-']).split_once(": ") else { continue };
            let scalar = || serde_json::from_str(value).unwrap_or_else(|_| json!(value));
            match name {
                "url" => widget.url = value.to_owned(),
                "field" => widget.mappings.push(Mapping { field: value.to_owned(), ..Mapping::default() }),
                "format" => widget.mappings.last_mut().unwrap().number = value == "number",
                "value" => widget.mappings.last_mut().unwrap().instead.push((scalar(), Value::Null)),
                "to" => widget.mappings.last_mut().unwrap().instead.last_mut().unwrap().1 = scalar(),
                _ if value.contains("HOMEPAGE_VAR_POSTERIZARR_KEY") => widget.key_header = name.to_owned(),
                _ => {}
            }
        }
        widget
    }

    /// What Homepage shows: nothing for a boolean, a dash for what is missing, NaN for what is no number.
    fn shown(&self, answer: &Value) -> Vec<String> {
        let show = |mapping: &Mapping| {
            let value = mapping.field.split('.').try_fold(answer, |value, name| value.get(name));
            let value = value.cloned().unwrap_or_default();
            let value = mapping.instead.iter().find(|(from, _)| *from == value).map_or(value, |(_, to)| to.clone());
            match value {
                Value::Number(number) => number.to_string(),
                _ if mapping.number => "NaN".to_owned(),
                Value::Null => "-".to_owned(),
                Value::String(text) => text,
                other => panic!("{} is shown as nothing: {other}", mapping.field),
            }
        };
        self.mappings.iter().map(show).collect()
    }
}

#[actix_web::test]
async fn homepage_shows_each_value_of_its_widget_with_and_without_a_run() {
    let app = locked();
    let key = key(&app, "read").await;
    let widget = Widget::read(include_str!("../../deploy/homepage.yaml"));
    let address = reqwest::Url::parse(&widget.url).unwrap();
    let host = format!("{}:{}", address.host_str().unwrap(), address.port().unwrap());
    let ask = || {
        let with = |request: reqwest::RequestBuilder| request.header("Host", &host).header(&widget.key_header, &key);
        app.send(Method::GET, address.path(), with)
    };
    let idle = ask().await;
    assert_eq!(idle.status, 200, "{}", idle.text());
    assert_eq!(widget.shown(&idle.json()), ["no", "-", "0", "0"]);

    let start = app.send(Method::POST, "/api/run/testing", |request| request.basic_auth("admin", Some("secret")));
    assert_eq!(start.await.status, 200);
    let running = ask().await.json();
    assert_eq!(widget.shown(&running)[..2], ["yes", "testing"], "{running}");
    assert!(widget.shown(&running)[2..].iter().all(|value| value.parse::<u64>().is_ok()), "{running}");
    std::fs::write(app.path().join("end"), "").unwrap();
}

/// The widgets that Posterizarr's own documentation has, with the key in the address.
#[actix_web::test]
async fn homepage_finds_the_values_of_the_old_widgets_where_they_were() {
    let app = locked();
    let key = key(&app, "read").await;
    let overview = app.get(&format!("/api/assets/overview?api_key={key}")).await.json();
    assert!(overview["categories"]["missing_assets"]["count"].is_u64(), "{overview}");

    std::fs::create_dir_all(app.path().join("assets/Movies/Heat (1995)")).unwrap();
    std::fs::write(app.path().join("assets/Movies/Heat (1995)/poster.jpg"), "picture").unwrap();
    eventually("the folder is counted", async || {
        let stats = app.get(&format!("/api/assets/stats?api_key={key}")).await.json()["stats"].clone();
        let totals = ["posters", "seasons", "backgrounds", "titlecards", "total_size"];
        assert!(totals.iter().all(|name| stats[name].is_u64()), "{stats}");
        let folder = stats["folders"].get(0)?;
        let counts = ["poster_count", "season_count", "titlecard_count"].map(|name| folder[name].as_u64().unwrap());
        (counts == [1, 0, 0]).then_some(())
    })
    .await;
}

/// Bodies that Sonarr and Radarr sent, and beside each the arguments of the runs that it asks for.
#[actix_web::test]
async fn recorded_bodies_of_sonarr_and_radarr_with_their_headers_start_their_runs() {
    let app = locked();
    std::fs::write(app.path().join("end"), "").unwrap();
    let key = key(&app, "webhook").await;
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("actors/triggers/samples");
    let mut expected = String::new();
    let bodies = [
        "sonarr_test",
        "sonarr_download",
        "sonarr_upgrade_double",
        "sonarr_import_complete",
        "radarr_test",
        "radarr_download",
    ];
    for name in bodies {
        let body = std::fs::read(samples.join(name).with_extension("json")).unwrap();
        let sonarr = name.starts_with("sonarr");
        let answer = app
            .send(Method::POST, "/api/webhook/arr", |request| {
                let request = request.header("Content-Type", "application/json").header("Accept", "application/json");
                // Sonarr by user name and password, of which the password is the key; Radarr by a header of its own.
                let request = if sonarr {
                    request.header("User-Agent", "Sonarr/4.0.19.2979 (debian 12)").basic_auth("sonarr", Some(&key))
                } else {
                    request.header("User-Agent", "Radarr/6.1.0.10293 (debian 12)").header("X-API-Key", &key)
                };
                request.body(body)
            })
            .await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["success"]),
            (200, &json!(true)),
            "{name}: {}",
            answer.text()
        );
        if name.ends_with("_test") {
            assert_eq!(answer.json()["message"], "Test successful", "{name}");
            continue;
        }
        expected += &std::fs::read_to_string(samples.join(name).with_extension("arguments")).unwrap();
        expected += "\n";
        eventually(name, async || {
            let told = std::fs::read_to_string(app.path().join("argv")).unwrap_or_default();
            (told == expected).then_some(()).or_else(|| {
                assert!(told.len() <= expected.len(), "{name}: {told}");
                None
            })
        })
        .await;
    }
    let list = app.send(Method::GET, "/api/webhooks", |request| request.basic_auth("admin", Some("secret")));
    let received = list.await.json()["webhooks"].clone();
    let verdicts: Vec<_> =
        received.as_array().unwrap().iter().rev().map(|one| [&one["source"], &one["verdict"]]).collect();
    assert_eq!(verdicts.len(), bodies.len(), "{received}");
    assert!(
        verdicts.iter().all(|[_, verdict]| ["queued", "test"].contains(&verdict.as_str().unwrap())),
        "{verdicts:?}"
    );
}
