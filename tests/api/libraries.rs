use serde_json::{Value, json};
use wiremock::matchers::{header, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::harness::TestApp;

const SECTIONS: &str = r#"<MediaContainer size="3"><Directory key="1" type="movie" title="Movies"/>
    <Directory key="2" type="show" title="Anime"/><Directory key="3" type="artist"/></MediaContainer>"#;

async fn cached(app: &TestApp, server: &str) -> Value {
    app.get(&format!("/api/libraries/{server}/cached")).await.json()
}

fn names(list: &Value) -> Vec<&str> {
    list["libraries"].as_array().unwrap().iter().map(|library| library["name"].as_str().unwrap()).collect()
}

async fn plex(body: &str) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(path("/library/sections/"))
        .and(header("x-plex-token", "t"))
        .respond_with(ResponseTemplate::new(200).set_body_string(body))
        .mount(&server)
        .await;
    server
}

#[actix_web::test]
async fn libraries_of_plex_are_fetched_and_kept_over_a_restart() {
    let server = plex(SECTIONS).await;
    let app = TestApp::start();
    assert_eq!(cached(&app, "plex").await, json!({ "success": true, "libraries": [], "excluded": [] }));
    let fetched = app.post("/api/libraries/plex", &json!({ "url": server.uri(), "token": "t" })).await.json();
    let expected = json!({ "success": true, "excluded": [], "libraries": [
        { "name": "Movies", "type": "movie", "key": "1" },
        { "name": "Anime", "type": "show", "key": "2" },
        { "name": "", "type": "artist", "key": "3" },
    ]});
    assert_eq!(fetched, expected);
    let kept = cached(&app, "plex").await;
    assert_eq!(names(&kept), ["", "Anime", "Movies"]);
    let entry = kept["libraries"][1].as_object().unwrap();
    assert_eq!(entry.keys().collect::<Vec<_>>(), ["name", "type", "last_fetched"]);
    let time = entry["last_fetched"].as_str().unwrap();
    assert!(chrono::NaiveDateTime::parse_from_str(time, "%Y-%m-%d %H:%M:%S").is_ok(), "{time}");
    assert_eq!(cached(&app, "jellyfin").await["libraries"], json!([]), "each server has its own");

    let folder = tempfile::tempdir().unwrap();
    let store = app.path().join("store");
    let copy = folder.path().join("store");
    // As after a kill: what was acknowledged is on disk while the daemon still runs.
    std::fs::create_dir(&copy).unwrap();
    for entry in std::fs::read_dir(&store).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            std::fs::copy(entry.path(), copy.join(entry.file_name())).unwrap();
        }
    }
    let again = TestApp::start_in(folder, |_| {});
    assert_eq!(cached(&again, "plex").await, kept);
}

#[actix_web::test]
async fn exclusions_survive_a_refresh() {
    let server = plex(SECTIONS).await;
    let app = TestApp::start();
    let refresh = async || app.post("/api/libraries/plex", &json!({ "url": server.uri(), "token": "t" })).await.json();
    refresh().await;
    let exclude = json!({ "excluded_libraries": ["Anime", "Unknown"] });
    assert_eq!(app.post("/api/libraries/plex/exclusions", &exclude).await.json(), json!({ "success": true }));
    assert_eq!(cached(&app, "plex").await["excluded"], json!(["Anime"]));
    assert_eq!(refresh().await["excluded"], json!(["Anime"]));
    assert_eq!(cached(&app, "plex").await["excluded"], json!(["Anime"]));
    app.post("/api/libraries/plex/exclusions", &json!({ "excluded_libraries": [] })).await;
    assert_eq!(refresh().await["excluded"], json!([]));
}

#[actix_web::test]
async fn jellyfin_and_emby_are_asked_with_a_header_each_of_its_own() {
    let server = MockServer::start().await;
    let folders = json!([{ "Name": "Filme", "CollectionType": "movies", "ItemId": "abc" }, { "Name": "Filme", "ItemId": "d" },
        { "Name": "N", "CollectionType": null }]);
    let ok = ResponseTemplate::new(200).set_body_json(folders);
    Mock::given(path("/jf/Library/VirtualFolders"))
        .and(header("authorization", "MediaBrowser Token=\"k\""))
        .respond_with(ok.clone())
        .mount(&server)
        .await;
    Mock::given(path("/Library/VirtualFolders")).and(header("x-emby-token", "k")).respond_with(ok).mount(&server).await;
    let app = TestApp::start();
    let expected = json!([
        { "name": "Filme", "type": "movies", "id": "abc" },
        { "name": "Filme", "type": "mixed", "id": "d" },
        { "name": "N", "type": null, "id": "" },
    ]);
    for (kind, url) in [("jellyfin", format!("{}/jf/", server.uri())), ("emby", server.uri())] {
        let fetched = app.post(&format!("/api/libraries/{kind}"), &json!({ "url": url, "api_key": "k" })).await.json();
        assert_eq!((&fetched["success"], &fetched["libraries"]), (&json!(true), &expected), "{kind}");
        let kept = cached(&app, kind).await;
        assert_eq!(names(&kept), ["Filme", "Filme", "N"], "two libraries of one name are both kept");
        assert_eq!(kept["libraries"][2]["type"], Value::Null);
    }
    for request in server.received_requests().await.unwrap() {
        assert_eq!(request.url.query(), None, "no key is in an address, which ends up in logs");
    }
}

#[actix_web::test]
async fn an_older_jellyfin_that_knows_only_the_older_header_is_asked_once_more_with_that() {
    let server = MockServer::start().await;
    let folders = ResponseTemplate::new(200).set_body_json(json!([{ "Name": "Filme", "ItemId": "a" }]));
    Mock::given(header("x-emby-token", "k")).respond_with(folders).mount(&server).await;
    Mock::given(path("/Library/VirtualFolders")).respond_with(ResponseTemplate::new(401)).mount(&server).await;
    let app = TestApp::start();
    let fetched = app.post("/api/libraries/jellyfin", &json!({ "url": server.uri(), "api_key": "k" })).await.json();
    assert_eq!(fetched["success"], true, "{fetched}");
    let asked = server.received_requests().await.unwrap();
    assert_eq!(asked.len(), 2, "the form of today comes first");
    assert_eq!(asked[0].headers["authorization"], "MediaBrowser Token=\"k\"");
    assert!(!asked[0].headers.contains_key("x-emby-token"));
}

#[actix_web::test]
async fn a_failed_fetch_says_why_and_leaves_what_was_kept() {
    let server = plex(SECTIONS).await;
    let app = TestApp::start();
    app.post("/api/libraries/plex", &json!({ "url": server.uri(), "token": "t" })).await;
    let kept = cached(&app, "plex").await;
    let fetch = async |url: &str, token: &str| {
        let answer = app.post("/api/libraries/plex", &json!({ "url": url, "token": token })).await;
        assert_eq!(answer.status, 200);
        answer.json()
    };
    let refused = fetch(&server.uri(), "wrong").await;
    assert_eq!(
        (&refused["success"], &refused["error"]),
        (&json!(false), &json!("Failed to fetch libraries (Status: 404)"))
    );
    assert!(refused["hint"].is_string());
    let nobody = fetch("http://127.0.0.1:1", "t").await;
    assert_eq!(
        nobody,
        json!({ "success": false, "error": "nothing listens at 127.0.0.1:1; check the port, and whether the server runs" })
    );
    let strange = fetch(&plex("<html/>").await.uri(), "t").await;
    assert_eq!(strange["error"], "the answer is not what a Plex server sends; check the URL");
    assert_eq!(cached(&app, "plex").await, kept);
}

#[actix_web::test]
async fn an_unknown_kind_of_server_is_told_as_upstream_does() {
    let app = TestApp::start();
    let expected = json!({ "success": false, "error": "Invalid server type" });
    assert_eq!(cached(&app, "kodi").await, expected);
    let answer = app.post("/api/libraries/kodi/exclusions", &json!({ "excluded_libraries": [] })).await;
    assert_eq!((answer.status.as_u16(), answer.json()), (200, expected));
    assert!(app.post("/api/libraries/kodi", &json!({})).await.status.is_client_error());
    assert_eq!(app.post("/api/libraries/plex/exclusions", &json!({ "excluded_libraries": "x" })).await.status, 400);
    assert_eq!(app.post("/api/libraries/plex", &json!({ "url": "http://h" })).await.status, 400);
}

#[actix_web::test]
async fn the_items_of_a_plex_library_have_names_for_their_folders() {
    let server = MockServer::start().await;
    let items = json!({ "MediaContainer": { "Metadata": [
        { "ratingKey": "10", "type": "movie", "title": "Dune", "year": 2021, "Guid": [{ "id": "tmdb://438631" }] },
        { "ratingKey": "11", "type": "movie", "title": "No year", "Guid": [{ "id": "tmdb://5" }] },
    ]}});
    Mock::given(path("/library/sections/1/all"))
        .and(header("accept", "application/json"))
        .respond_with(ResponseTemplate::new(200).set_body_json(items))
        .mount(&server)
        .await;
    let app = TestApp::start();
    let ask = |library: &str| json!({ "url": server.uri(), "token": "t", "library_key": library });
    let listed = app.post("/api/libraries/plex/items", &ask("1")).await.json();
    assert_eq!(
        listed["items"],
        json!([
            { "title": "Dune", "year": "2021", "folderName": "Dune (2021) {tmdb-438631}", "type": "movie", "ratingKey": "10" },
            { "title": "No year", "year": "", "folderName": "No year {tmdb-5}", "type": "movie", "ratingKey": "11" },
        ])
    );
    let outside = app.post("/api/libraries/plex/items", &ask("../../1")).await.json();
    assert_eq!(outside["error"], "Failed to fetch items (Status: 404)");
}
