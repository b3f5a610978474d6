//! Signing in to Plex by a PIN.

use reqwest::Method;
use serde_json::{Value, json};
use wiremock::matchers::{header, header_exists, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::harness::{Answer, TestApp};

const SERVER: &str = "http://10.0.0.9:32400";

fn pin(token: Option<&str>) -> Value {
    json!({"id": 7, "code": "abc/d", "authToken": token, "expiresIn": 1800})
}

fn app(plex: &MockServer) -> TestApp {
    TestApp::start_with(|settings| settings.providers.plex_tv_url = format!("{}/api/v2", plex.uri()))
}

/// Plex, which gives a PIN to whoever says who they are.
async fn plex() -> MockServer {
    let plex = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/api/v2/pins"))
        .and(query_param("strong", "true"))
        .and(header("x-plex-product", "posterizarrd"))
        .and(header_exists("x-plex-client-identifier"))
        .respond_with(ResponseTemplate::new(201).set_body_json(pin(None)))
        .mount(&plex)
        .await;
    plex
}

async fn answers(plex: &MockServer, answer: ResponseTemplate) {
    Mock::given(method("GET")).and(path("/api/v2/pins/7")).respond_with(answer).up_to_n_times(1).mount(plex).await;
}

async fn go_on(app: &TestApp, id: u64) -> Answer {
    app.send(Method::POST, &format!("/api/plex/pin/{id}"), |request| request).await
}

fn stored(app: &TestApp, section: &str, key: &str) -> Value {
    let file = std::fs::read(app.path().join("config.json")).unwrap();
    serde_json::from_slice::<Value>(&file).unwrap()[section][key].clone()
}

#[actix_web::test]
async fn the_token_of_a_sign_in_is_stored_with_its_address_and_never_told() {
    let plex = plex().await;
    let app = app(&plex);
    let begun = app.post("/api/plex/pin", &json!({"url": SERVER})).await;
    assert_eq!(begun.status, 200, "{}", begun.text());
    assert_eq!((&begun.json()["id"], &begun.json()["expires_in"]), (&json!(7), &json!(1800)));
    let client = plex.received_requests().await.unwrap()[0].headers["x-plex-client-identifier"].clone();
    let client = client.to_str().unwrap();
    let page = begun.json()["page"].as_str().unwrap().to_owned();
    assert!(page.starts_with(&format!("https://app.plex.tv/auth#?clientID={client}&code=abc%2Fd&")), "{page}");

    answers(&plex, ResponseTemplate::new(200).set_body_json(pin(None))).await;
    assert_eq!(go_on(&app, 7).await.json(), json!({"state": "waiting"}));
    assert_ne!(stored(&app, "PlexPart", "PlexUrl"), SERVER);

    answers(&plex, ResponseTemplate::new(200).set_body_json(pin(Some("token-of-mine-1234")))).await;
    let done = go_on(&app, 7).await;
    assert_eq!(done.json(), json!({"state": "signed_in"}));
    assert_eq!(stored(&app, "ApiPart", "PlexToken"), "token-of-mine-1234");
    assert_eq!(stored(&app, "PlexPart", "PlexUrl"), SERVER);
    let asked = plex.received_requests().await.unwrap();
    assert!(
        asked.iter().all(|request| request.headers["x-plex-client-identifier"] == client),
        "always the same client"
    );
    assert_eq!(go_on(&app, 7).await.status, 404, "it is done with");
}

#[actix_web::test]
async fn looking_stores_nothing() {
    let plex = plex().await;
    let app = app(&plex);
    app.post("/api/plex/pin", &json!({"url": SERVER})).await;
    let asked = plex.received_requests().await.unwrap().len();
    let looked = app.get("/api/plex/pin/7").await;
    assert!([404, 405].contains(&looked.status.as_u16()), "{}", looked.text());
    assert_eq!(plex.received_requests().await.unwrap().len(), asked, "nobody was asked for the token");
}

#[actix_web::test]
async fn two_sign_ins_are_two_clients() {
    let plex = plex().await;
    let app = app(&plex);
    for _ in 0..2 {
        assert_eq!(app.post("/api/plex/pin", &json!({"url": SERVER})).await.status, 200);
    }
    let asked = plex.received_requests().await.unwrap();
    assert_ne!(asked[0].headers["x-plex-client-identifier"], asked[1].headers["x-plex-client-identifier"]);
}

#[actix_web::test]
async fn a_sign_in_that_ran_out_is_told() {
    let plex = plex().await;
    let app = app(&plex);
    app.post("/api/plex/pin", &json!({"url": SERVER})).await;
    answers(&plex, ResponseTemplate::new(404)).await;
    assert_eq!(go_on(&app, 7).await.json(), json!({"state": "expired"}));
}

#[actix_web::test]
async fn nobody_asks_for_a_sign_in_that_was_not_begun_here() {
    let plex = plex().await;
    let app = app(&plex);
    let answer = go_on(&app, 8).await;
    assert_eq!((answer.status.as_u16(), answer.json()["code"].clone()), (404, json!("not_found")));
    assert_eq!(plex.received_requests().await.unwrap().len(), 0);
}

#[actix_web::test]
async fn a_wrong_address_is_told_before_plex_is_asked() {
    let plex = plex().await;
    let app = app(&plex);
    let answer = app.post("/api/plex/pin", &json!({"url": "not an address"})).await;
    assert_eq!(answer.status, 400, "{}", answer.text());
    assert!(answer.text().contains("PlexUrl"), "{}", answer.text());
    assert_eq!(plex.received_requests().await.unwrap().len(), 0);
}

#[actix_web::test]
async fn where_plex_refuses_the_user_is_told_of_the_other_way() {
    let plex = MockServer::start().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(503)).mount(&plex).await;
    let answer = app(&plex).post("/api/plex/pin", &json!({"url": SERVER})).await;
    assert_eq!(answer.status, 422);
    assert!(answer.text().contains("503") && answer.text().contains("enter the token by hand"), "{}", answer.text());
}
