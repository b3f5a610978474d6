use serde_json::json;

use super::harness::TestApp;

#[actix_web::test]
async fn the_root_answers_with_upstreams_text_and_a_request_id() {
    let app = TestApp::start();
    let answer = app.get("/api").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json(), json!({"message": "Posterizarr Web UI API", "status": "running"}));
    assert!(answer.headers.contains_key("x-request-id"));
}

#[actix_web::test]
async fn every_get_route_answers_head_without_a_body() {
    let app = TestApp::start();
    let answer = app.send(reqwest::Method::HEAD, "/api", |request| request).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.is_empty());
}

#[actix_web::test]
async fn the_api_is_reachable_below_the_base_url_and_without_it() {
    let app = TestApp::start_with(|settings| settings.base_url = "/posters".to_owned());
    assert_eq!(app.get("/posters/api").await.status, 200);
    assert_eq!(app.get("/api").await.status, 200);
    let bare = app.get("/posters").await;
    assert_eq!(bare.status, 308);
    assert_eq!(bare.headers["location"], "/posters/");
}

#[actix_web::test]
async fn an_unknown_api_path_is_a_real_404_with_one_text_under_three_names() {
    let app = TestApp::start();
    let answer = app.get("/api/nope").await;
    assert_eq!(answer.status, 404);
    let body = answer.json();
    assert_eq!(body["detail"], body["message"]);
    assert_eq!(body["detail"], body["error"]);
    assert_eq!(body["code"], "not_found");
    assert_eq!(body["request_id"], answer.headers["x-request-id"].to_str().unwrap());
}

#[actix_web::test]
async fn the_local_socket_speaks_the_same_api() {
    let app = TestApp::start();
    let socket = app.state.shared.data.socket();
    let client = reqwest::Client::builder().unix_socket(socket).build().unwrap();
    let answer = client.get("http://localhost/api").send().await.unwrap();
    assert_eq!(answer.status(), 200);
}
