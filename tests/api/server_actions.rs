//! What media servers are asked to do, against servers that record it.

use serde_json::{Value, json};
use wiremock::matchers::{header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::harness::{Answer, TestApp};

const SECTIONS: &str = r#"<MediaContainer size="2"><Directory key="1" type="movie" title="Movies"/>
    <Directory key="../2" type="show" title="Odd"/></MediaContainer>"#;

fn app(config: &Value) -> TestApp {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
    TestApp::start_in(folder, |_| {})
}

fn plex_config(url: &str) -> Value {
    json!({"ApiPart": {"PlexToken": "t"}, "PlexPart": {"UsePlex": "true", "PlexUrl": url}})
}

async fn plex(app: &TestApp, body: &Value) -> Answer {
    app.post("/api/plex/action", body).await
}

fn outcome(answer: &Answer) -> (u16, String) {
    let body = answer.json();
    let text = body["message"].as_str().unwrap_or_default().to_owned();
    assert_eq!(body["success"], json!(answer.status == 200), "{body}");
    (answer.status.as_u16(), text)
}

/// What a server was asked, in its order.
async fn asked(server: &MockServer) -> Vec<String> {
    let requests = server.received_requests().await.unwrap();
    requests.iter().map(|request| format!("{} {}", request.method, request.url.path())).collect()
}

#[actix_web::test]
async fn plex_is_asked_at_its_stored_address_with_its_stored_token() {
    let server = MockServer::start().await;
    let sections = ResponseTemplate::new(200).set_body_string(SECTIONS);
    Mock::given(path("/library/sections/")).respond_with(sections).mount(&server).await;
    Mock::given(path("/library/metadata/99/refresh")).respond_with(ResponseTemplate::new(404)).mount(&server).await;
    for (item, status) in [(98, 403), (97, 400), (96, 500), (95, 429)] {
        let refused = ResponseTemplate::new(status);
        Mock::given(path(format!("/library/metadata/{item}/refresh"))).respond_with(refused).mount(&server).await;
    }
    Mock::given(header("x-plex-token", "t")).respond_with(ResponseTemplate::new(200)).mount(&server).await;
    let app = app(&plex_config(&server.uri()));
    for (body, request, message) in [
        (
            json!({"action": "refresh_item", "rating_key": "12"}),
            "PUT /library/metadata/12/refresh",
            "Refreshed metadata for item 12",
        ),
        (
            json!({"action": "analyze_item", "rating_key": "12"}),
            "PUT /library/metadata/12/analyze",
            "Started analysis for item 12",
        ),
        (
            json!({"action": "scan_library", "library_name": "Movies"}),
            "GET /library/sections/1/refresh",
            "Started scan for library 'Movies'",
        ),
        (
            json!({"action": "empty_trash", "library_name": "Movies"}),
            "PUT /library/sections/1/emptyTrash",
            "Trash emptied for library 'Movies'",
        ),
    ] {
        assert_eq!(outcome(&plex(&app, &body).await), (200, message.to_owned()));
        assert_eq!(asked(&server).await.last().unwrap(), request);
    }
    let refresh = async |item: &str| plex(&app, &json!({"action": "refresh_item", "rating_key": item})).await;
    let refused = refresh("98").await;
    assert_eq!(
        outcome(&refused),
        (422, "Plex API Error: 403".to_owned()),
        "it is the settings' mistake, and a 401 or 403 would end the user's own session"
    );
    assert!(refused.json()["hint"].as_str().unwrap().contains("token"));
    for (item, status, of_plex) in [("97", 400, 400), ("96", 502, 500), ("95", 502, 429)] {
        assert_eq!(outcome(&refresh(item).await), (status, format!("Plex API Error: {of_plex}")));
    }
    let missing = plex(&app, &json!({"action": "refresh_item", "rating_key": "99"})).await;
    assert_eq!(outcome(&missing).0, 404);
    let missing = plex(&app, &json!({"action": "scan_library", "library_name": "Nope"})).await;
    assert_eq!(outcome(&missing), (404, "Library 'Nope' not found".to_owned()));
}

#[actix_web::test]
async fn what_a_client_or_plex_names_cannot_lead_the_request_elsewhere() {
    let server = MockServer::start().await;
    let sections = ResponseTemplate::new(200).set_body_string(SECTIONS);
    Mock::given(path("/library/sections/")).respond_with(sections).mount(&server).await;
    let app = app(&plex_config(&server.uri()));
    for key in ["../../accounts", "12/../../x", "12?x=", "12#", "12%2f..", "a", "１２"] {
        let refused = plex(&app, &json!({"action": "refresh_item", "rating_key": key})).await;
        assert_eq!(refused.status, 400, "{key}: {}", refused.text());
    }
    assert_eq!(asked(&server).await, Vec::<String>::new(), "nothing was asked");
    let odd = plex(&app, &json!({"action": "empty_trash", "library_name": "Odd"})).await;
    assert_eq!(odd.status, 404, "{}", odd.text());
    assert_eq!(asked(&server).await, ["GET /library/sections/"]);
    for (body, message) in [
        (json!({"action": "refresh_item"}), "Rating Key required"),
        (json!({"action": "scan_library", "library_name": " "}), "Library Name required"),
        (json!({"action": "zzz"}), "Invalid action: zzz"),
    ] {
        assert_eq!(outcome(&plex(&app, &body).await), (400, message.to_owned()));
    }
}

#[actix_web::test]
async fn without_a_server_or_with_a_dead_one_the_answer_says_so() {
    let bare = TestApp::start();
    let refresh = json!({"action": "refresh_item", "rating_key": "1"});
    assert_eq!(outcome(&plex(&bare, &refresh).await), (400, "Plex URL or Token not configured".to_owned()));
    let item = json!({"action": "refresh_item", "media_id": "1"});
    let keyed = bare.post("/api/jellyfin-emby/action", &item).await;
    assert_eq!(outcome(&keyed), (400, "Jellyfin/Emby not enabled or missing configuration".to_owned()));
    // Nothing listens on the port that was just given back.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let app = app(&plex_config(&format!("http://127.0.0.1:{port}")));
    let dead = plex(&app, &refresh).await;
    assert_eq!(outcome(&dead), (502, "Failed to connect to Plex Server".to_owned()));
    assert!(dead.json()["cause"].as_str().unwrap().contains("nothing listens"), "{}", dead.text());
}

#[actix_web::test]
async fn the_one_of_jellyfin_and_emby_that_is_in_use_refreshes_an_item() {
    for (name, text) in [("Jellyfin", "true"), ("Emby", "false")] {
        let server = MockServer::start().await;
        let key = if name == "Jellyfin" {
            header("authorization", "MediaBrowser Token=\"k\"")
        } else {
            header("x-emby-token", "k")
        };
        Mock::given(method("POST"))
            .and(path("/base/Items/ab-12/Refresh"))
            .and(query_param("ImageRefreshMode", "Full"))
            .and(query_param("MetadataRefreshMode", "Default"))
            .and(query_param("ReplaceAllImages", "false"))
            .and(key)
            .respond_with(ResponseTemplate::new(204))
            .mount(&server)
            .await;
        // The text "false" is no yes.
        let url = format!("{}/base", server.uri());
        let app = app(&json!({
            "ApiPart": {"JellyfinAPIKey": "k", "EmbyAPIKey": "k"},
            "JellyfinPart": {"UseJellyfin": text, "JellyfinUrl": if text == "true" { &url } else { "http://127.0.0.1:1" }},
            "EmbyPart": {"UseEmby": "true", "EmbyUrl": url}}));
        let post = async |body: Value| app.post("/api/jellyfin-emby/action", &body).await;
        let done = post(json!({"action": "refresh_images", "media_id": "ab-12"})).await;
        assert_eq!(outcome(&done), (200, format!("Triggered 'refresh_images' on {name} for item ab-12")));
        let before = asked(&server).await.len();
        for id in ["../Users?x=", "", "a/b", "a%2e", "a b"] {
            assert_eq!(post(json!({"action": "refresh_item", "media_id": id})).await.status, 400, "{id}");
        }
        assert_eq!(
            outcome(&post(json!({"action": "drop", "media_id": "1"})).await),
            (400, "Invalid action".to_owned())
        );
        assert_eq!(asked(&server).await.len(), before, "nothing was asked");
        let unknown = post(json!({"action": "refresh_item", "media_id": "zz"})).await;
        assert_eq!(outcome(&unknown), (404, format!("{name} API Error")));
    }
}
