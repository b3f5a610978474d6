//! What is told to be missing before a run over the library can work.

use serde_json::{Value, json};
use wiremock::matchers::{header, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::harness::{TestApp, eventually};

/// Plex with these libraries for whoever has the token, and TMDB for whoever has its own.
async fn world(sections: &str) -> MockServer {
    let world = MockServer::start().await;
    let of_plex = Mock::given(path("/library/sections/")).and(header("x-plex-token", "right"));
    of_plex.respond_with(ResponseTemplate::new(200).set_body_string(sections)).mount(&world).await;
    let of_tmdb = Mock::given(path("/3/configuration")).and(header("authorization", "Bearer right"));
    of_tmdb.respond_with(ResponseTemplate::new(200).set_body_string("{}")).mount(&world).await;
    Mock::given(path("/library/sections/"))
        .respond_with(ResponseTemplate::new(401))
        .with_priority(9)
        .mount(&world)
        .await;
    Mock::given(path("/3/configuration")).respond_with(ResponseTemplate::new(401)).with_priority(9).mount(&world).await;
    world
}

fn app(world: &MockServer, config: &Value) -> TestApp {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("assets")).unwrap();
    let mut config = config.clone();
    config["PrerequisitePart"]["AssetPath"] = folder.path().join("assets").to_str().unwrap().into();
    config["PlexPart"]["PlexUrl"] = world.uri().into();
    std::fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
    TestApp::start_in(folder, |settings| settings.providers.tmdb_url = format!("{}/3", world.uri()))
}

async fn checks(app: &TestApp) -> (bool, Vec<Value>) {
    let told = app.get("/api/readiness").await.json();
    (told["ready"].as_bool().unwrap(), told["checks"].as_array().unwrap().clone())
}

fn state<'a>(checks: &'a [Value], id: &str) -> (&'a str, &'a Value) {
    let check = checks.iter().find(|check| check["id"] == id).unwrap_or_else(|| panic!("no {id}: {checks:?}"));
    (check["state"].as_str().unwrap(), check)
}

const SECTIONS: &str = r#"<MediaContainer><Directory key="1" type="movie" title="Films"/><Directory key="2" type="artist" title="Music"/></MediaContainer>"#;

#[actix_web::test]
async fn with_a_server_and_one_key_that_work_all_is_ready() {
    let world = world(SECTIONS).await;
    let config = json!({"ApiPart": {"PlexToken": "right", "tmdbtoken": "right"},
        "PlexPart": {"UsePlex": "true"}, "PrerequisitePart": {"Posters": "true"}});
    let app = app(&world, &config);
    let (ready, checks) = checks(&app).await;
    assert!(ready, "{checks:?}");
    for id in ["runner", "server", "libraries", "providers", "tmdb", "artwork", "assets_folder"] {
        assert_eq!(state(&checks, id).0, "ok", "{checks:?}");
    }
    assert_eq!(state(&checks, "libraries").1["message"], "runs look at Films");
    // The same for those who say it in another language.
    let said = |id| (state(&checks, id).1["code"].clone(), state(&checks, id).1["params"].clone());
    assert_eq!(said("libraries"), (json!("libraries_ok"), json!({"libraries": "Films"})));
    assert_eq!(said("server").0, "server_ok");
    assert_eq!(said("tvdb").0, "tvdb_no_key");
    // What is not entered is no error, but is told with the way to have it.
    let (tvdb, told) = state(&checks, "tvdb");
    assert_eq!((tvdb, &told["keys"]), ("warning", &json!(["ApiPart.tvdbapi"])));
    assert!(told["mend"].as_str().unwrap().contains("thetvdb.com"));
}

#[actix_web::test]
async fn each_thing_that_is_missing_is_told_with_the_way_to_mend_it() {
    let world = world(SECTIONS).await;
    let config = json!({"ApiPart": {"PlexToken": "wrong", "tmdbtoken": "wrong"},
        "PlexPart": {"UsePlex": "true"}, "PrerequisitePart": {"Posters": "true"}});
    let app = app(&world, &config);
    let (ready, found) = checks(&app).await;
    assert!(!ready);
    for (id, wanted, mend) in [
        ("server", "error", "make a new one there and enter it here"),
        ("providers", "error", "TMDB's read access token"),
        ("tmdb", "warning", "make a new one there and enter it here"),
    ] {
        let (state, check) = state(&found, id);
        assert_eq!(state, wanted, "{check}");
        assert!(check["mend"].as_str().unwrap().contains(mend), "{check}");
        assert!(
            ["server_refuses", "providers_none", "key_refused"].contains(&check["code"].as_str().unwrap()),
            "{check}"
        );
        assert!(!check["keys"].as_array().unwrap().is_empty(), "{check}");
    }
    std::fs::remove_dir(app.path().join("assets")).unwrap();
    let config = std::fs::read_to_string(app.path().join("config.json")).unwrap();
    let mended =
        config.replace("\"wrong\"", "\"right\"").replace("\"UsePlex\"", "\"LibstoExclude\":[\"films\"],\"UsePlex\"");
    std::fs::write(app.path().join("config.json"), mended).unwrap();
    eventually("the mended configuration", async || {
        let (_, checks) = checks(&app).await;
        (state(&checks, "server").0 == "ok").then_some(())
    })
    .await;
    let (ready, found) = checks(&app).await;
    assert!(!ready);
    assert_eq!(state(&found, "providers").0, "ok");
    let (libraries, told) = state(&found, "libraries");
    assert_eq!((libraries, &told["mend"]), ("error", &json!("take one off the list LibstoExclude")));
    let (folder, told) = state(&found, "assets_folder");
    assert_eq!(folder, "error");
    assert!(told["mend"].as_str().unwrap().contains("AssetPath"), "{told}");
}

#[actix_web::test]
async fn a_library_that_no_folder_can_be_named_after_is_told_before_a_run_fails_for_it() {
    let world =
        world(r#"<MediaContainer><Directory key="1" type="movie" title="Kids: Stuff?"/></MediaContainer>"#).await;
    let config = json!({"ApiPart": {"PlexToken": "right", "tmdbtoken": "right"}, "PlexPart": {"UsePlex": "true"}});
    let (ready, checks) = checks(&app(&world, &config)).await;
    let (libraries, told) = state(&checks, "libraries");
    assert_eq!((ready, libraries), (false, "error"), "{told}");
    assert!(told["message"].as_str().unwrap().contains("\"Kids: Stuff?\" has ':'"), "{told}");
    assert!(told["mend"].as_str().unwrap().contains("LibstoExclude"), "{told}");
}

#[actix_web::test]
async fn a_new_installation_is_told_where_to_begin() {
    let app = TestApp::start();
    let (ready, checks) = checks(&app).await;
    assert!(!ready);
    let (server, told) = state(&checks, "server");
    assert_eq!(server, "error", "{told}");
    // Nobody is asked there: the address of a new configuration may be somebody's.
    assert!(told["message"].as_str().unwrap().contains("is still the example"), "{told}");
    assert!(told["mend"].as_str().unwrap().contains("enter your server's address"), "{told}");
    assert!(told["keys"].as_array().unwrap().contains(&json!("PlexPart.PlexUrl")), "{told}");
    assert_eq!(state(&checks, "providers").0, "error");
}
