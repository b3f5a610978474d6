//! Runs over a library as the daemon does them: the real binary, asked over its API, and the engine that it starts.

use posterizarrd::actors::runs::Outcome;
use serde_json::{Value, json};

use super::api::harness::eventually_in;
use super::daemon::{BINARY, Daemon, command};
use super::home::Home;

/// Pictures are made without much optimisation and beside other tests.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(120);
const HEAT: &str = "Movies/Heat (1995)/poster";

pub struct Api {
    daemon: Daemon,
    client: reqwest::Client,
}

impl Api {
    /// A daemon whose settings, given to it alone, have to reach the engine.
    pub fn start(home: &Home) -> Self {
        Self::with(home, &[])
    }

    /// The same with further flags.
    fn with(home: &Home, flags: &[&str]) -> Self {
        let mut command = command(BINARY, home.folder.path());
        command
            .env("POSTERIZARRD_UPDATES_ENABLED", "false")
            .env("POSTERIZARRD_PROVIDERS_TMDB_IMAGE_URL", format!("{}/t/p", home.server.uri()))
            .args(["--providers-tmdb-url", &format!("{}/3", home.server.uri())])
            .args(["--providers-tvdb-url", &format!("{}/tvdb", home.server.uri())])
            .args(["--providers-fanart-url", &format!("{}/fanart", home.server.uri())])
            .args(flags);
        Self { daemon: Daemon::start_with(command), client: reqwest::Client::new() }
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        let answer = self.client.get(format!("{}{path}", self.daemon.url)).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    pub async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let answer = self.client.post(format!("{}{path}", self.daemon.url)).json(body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// Starts a run and waits for its good end; gives its record and what became of its assets.
    pub async fn run(&self, path: &str, body: &Value) -> (Value, Value) {
        let (status, started) = self.post(path, body).await;
        assert_eq!(status, 200, "{path}: {started}");
        let run = format!("/api/runs/{}", started["run_id"]);
        let record = eventually_in(PATIENCE, "the end of the run", async || {
            let (_, record) = self.get(&run).await;
            (!record["outcome"].is_null()).then_some(record)
        })
        .await;
        assert_eq!(record["outcome"], json!(Outcome::Completed), "{record}");
        let (status, assets) = self.get(&format!("{run}/assets")).await;
        assert_eq!((status, &assets["finished"]), (200, &json!(true)), "{assets}");
        (record, assets)
    }
}

pub fn counts(created: u32, skipped: u32, missing: u32) -> Value {
    json!({"created": created, "skipped": skipped, "missing": missing, "failed": 0})
}

#[actix_web::test]
async fn a_library_is_planned_made_explained_remade_and_restyled_over_the_api() {
    let home = Home::new(json!({})).await;
    home.furnish().await;
    let api = Api::start(&home);

    let (record, planned) = api.run("/api/run/normal?dry_run=true", &Value::Null).await;
    assert_eq!((&record["dry_run"], &record["native"]), (&json!(true), &json!(true)));
    assert_eq!((&planned["dry_run"], &planned["planned"]), (&json!(true), &json!(5)), "{planned}");
    assert_eq!(planned["counts"], counts(4, 0, 1), "{planned}");
    assert_eq!(home.assets(), [""; 0], "a dry run makes nothing");

    let (record, made) = api.run("/api/run/normal", &Value::Null).await;
    let assets = format!("/api/runs/{}/assets", record["id"]);
    assert_eq!((&made["dry_run"], &made["counts"]), (&json!(false), &counts(4, 0, 1)), "{made}");
    assert_eq!(home.assets().len(), 4);
    let (_, missing) = api.get(&format!("{assets}?result=missing")).await;
    assert_eq!((&missing["total"], &missing["assets"][0]["path"]), (&json!(1), &json!("Shows/Dark (2017)/S01E02")));
    let (_, part) = api.get(&format!("{assets}?offset=1&limit=2")).await;
    assert_eq!((&part["total"], &part["assets"][1]), (&json!(5), &made["assets"][2]));
    assert_eq!(part["assets"].as_array().unwrap().len(), 2);
    assert_eq!(api.get(&format!("{assets}?result=odd")).await.0, 400);
    assert_eq!(api.get("/api/runs/99/assets").await.0, 404);

    let (status, why) = api.get(&format!("/api/assets/why?path={HEAT}.jpg")).await;
    assert_eq!((status, &why["made_here"], &why["source"]["provider"]), (200, &json!(true), &json!("TMDB")), "{why}");
    assert_eq!(why["why"], made["assets"][0]["why"], "{why}");
    assert!(why["because"][0]["code"].is_string() && why["because"] == made["assets"][0]["because"], "{why}");
    assert_eq!((&why["path"], &why["server"], &why["provisional"]), (&json!(HEAT), &json!("not_wanted"), &json!([])));
    std::fs::create_dir_all(home.path("assets/Movies/Mine")).unwrap();
    std::fs::write(home.path("assets/Movies/Mine/poster.jpg"), "mine").unwrap();
    let (_, mine) = api.get("/api/assets/why?path=Movies/Mine/poster.jpg").await;
    assert_eq!((&mine["made_here"], &mine["why"]), (&json!(false), &Value::Null), "{mine}");
    for (path, status) in [("", 400), ("?path=../config.json", 400), ("?path=Movies/Mine", 404), ("?path=a.jpg", 404)] {
        assert_eq!(api.get(&format!("/api/assets/why{path}")).await.0, status, "{path}");
    }

    let (_, again) = api.run("/api/assets/remake", &json!({"paths": [format!("{HEAT}.jpg")]})).await;
    assert_eq!((&again["counts"], &again["assets"][0]["path"]), (&counts(1, 0, 0), &json!(HEAT)), "{again}");
    for paths in [json!([]), json!(["../x"]), json!(["/etc/passwd"])] {
        let (status, refused) = api.post("/api/assets/remake", &json!({ "paths": paths })).await;
        assert_eq!((status, &refused["code"]), (400, &json!("invalid_value")), "{refused}");
    }

    let (_, same) = api.run("/api/run/restyle", &Value::Null).await;
    assert_eq!(same["counts"]["created"], 0, "nothing looks otherwise: {same}");
    home.tell("PosterOverlayPart", "fontcolor", "gold");
    home.server.reset().await;
    home.furnish().await;
    let (_, other) = api.run("/api/run/restyle?library=Shows", &Value::Null).await;
    assert_eq!(other["counts"]["created"], 1, "the show's poster: {other}");
    let (_, rest) = api.run("/api/run/restyle", &Value::Null).await;
    assert_eq!((&rest["counts"]["created"], &rest["assets"][0]["path"]), (&json!(1), &json!(HEAT)), "{rest}");
    let asked = home.asked().await;
    assert!(!asked.iter().any(|path| path.contains("/3/") || path.contains("/t/p/")), "{asked:?}");
}

#[actix_web::test]
async fn a_webhook_tells_the_engine_of_an_upgrade_and_its_job_tells_of_the_run() {
    let home = Home::new(json!({})).await;
    home.furnish().await;
    home.plex("/search", json!({"Metadata": [{"type": "movie", "ratingKey": "10"}]})).await;
    let api = Api::with(&home, &["--webhooks-arr-delay", "0s"]);
    let event = |file: u32, upgrade: bool| {
        json!({"eventType": "Download", "isUpgrade": upgrade, "movieFile": {"id": file},
            "movie": {"title": "Heat", "year": 1995, "tmdbId": 949, "folderPath": "/movies/Heat (1995)"}})
    };
    for (file, upgrade) in [(1, false), (2, true)] {
        let (status, accepted) = api.post("/api/webhook/arr", &event(file, upgrade)).await;
        assert_eq!(status, 200, "{accepted}");
        let run = eventually_in(PATIENCE, "the run of the webhook", async || {
            let (_, runs) = api.get("/api/runs").await;
            let run = runs["runs"].as_array()?.iter().find(|run| run["id"] == file)?.clone();
            (!run["outcome"].is_null()).then_some(run)
        })
        .await;
        assert_eq!(run["outcome"], json!(Outcome::Completed), "{run}");
        let told = run["arguments"].as_array().unwrap().iter().any(|argument| argument == "-arr_isupgrade");
        assert_eq!(told, upgrade, "{run}");
        let (_, assets) = api.get(&format!("/api/runs/{file}/assets")).await;
        assert_eq!(assets["assets"][0]["path"], HEAT, "the trigger's run tells of its assets: {assets}");
    }
}

#[actix_web::test]
async fn what_a_cleanup_takes_away_is_in_the_trash_and_comes_back() {
    let home = Home::new(json!({"PrerequisitePart": {"AssetCleanup": "true"}})).await;
    home.furnish().await;
    let api = Api::start(&home);
    api.run("/api/run/normal", &Value::Null).await;
    // An asset of ours whose movie the server no longer has.
    let gone = home.path("assets/Movies/Gone (2000)/poster.jpg");
    std::fs::create_dir_all(gone.parent().unwrap()).unwrap();
    std::fs::copy(home.path(&format!("assets/{HEAT}.jpg")), &gone).unwrap();
    api.run("/api/run/normal", &Value::Null).await;
    assert!(!gone.try_exists().unwrap());
    let entry = eventually_in(PATIENCE, "the trash has it", async || {
        let (_, trash) = api.get("/api/trash").await;
        trash["entries"].as_array()?.iter().find(|entry| entry["path"] == "Movies/Gone (2000)/poster.jpg").cloned()
    })
    .await;
    let restore = format!("/api/trash/{}/restore", entry["id"].as_str().unwrap());
    assert_eq!(api.post(&restore, &Value::Null).await.0, 200);
    assert!(gone.is_file());
}
