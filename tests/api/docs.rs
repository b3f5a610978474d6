use std::collections::BTreeSet;

use posterizarrd::http::auth::{Access, needed};
use reqwest::Method;
use serde_json::Value;

use super::harness::TestApp;

/// Every operation there has to be, one a line.
const OPERATIONS: &str = include_str!("operations.txt");

/// Which scope each of them needs.
const SCOPES: &str = include_str!("scopes.txt");

fn operations(document: &Value) -> BTreeSet<(String, String)> {
    let paths = document["paths"].as_object().unwrap();
    let each = paths.iter().flat_map(|(path, item)| {
        item.as_object().unwrap().keys().map(move |method| (path.clone(), method.to_uppercase()))
    });
    each.collect()
}

/// A path with something in place of its parameters.
fn filled(path: &str) -> String {
    path.split('/').map(|part| if part.starts_with('{') { "1" } else { part }).collect::<Vec<_>>().join("/")
}

#[actix_web::test]
async fn the_document_has_every_operation_and_no_other() {
    let app = TestApp::start();
    let document = app.get("/openapi.json").await.json();
    let found: Vec<_> = operations(&document).into_iter().map(|(path, method)| format!("{method} {path}")).collect();
    let expected: Vec<_> = OPERATIONS.lines().collect();
    assert_eq!(found, expected, "if this is meant, tests/api/operations.txt should be:\n{}\n", found.join("\n"));
    assert_eq!(document, serde_json::to_value(posterizarrd::http::app::document()).unwrap());
}

/// What an operation needs, in a word.
fn access(method: &str, path: &str) -> String {
    let method = actix_web::http::Method::from_bytes(method.as_bytes()).unwrap();
    match needed(&method, &filled(path)) {
        Access::Public => "public".to_owned(),
        Access::Optional => "optional".to_owned(),
        Access::Needs(scope) => scope.to_string(),
    }
}

#[test]
fn a_route_that_needs_another_scope_than_before_is_seen() {
    let document = serde_json::to_value(posterizarrd::http::app::document()).unwrap();
    let line = |(path, method): (String, String)| format!("{:<8} {method} {path}", access(&method, &path));
    let found: Vec<_> = operations(&document).into_iter().map(line).collect();
    let expected: Vec<_> = SCOPES.lines().collect();
    assert_eq!(found, expected, "if this is meant, tests/api/scopes.txt should be:\n{}\n", found.join("\n"));
}

#[actix_web::test]
async fn every_operation_of_the_document_is_reachable() {
    let app = TestApp::start();
    for (path, method) in operations(&app.get("/openapi.json").await.json()) {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let response =
            app.client.request(method.clone(), format!("{}{}", app.url, filled(&path))).send().await.unwrap();
        let status = response.status();
        assert_ne!(status, 405, "{method} {path}");
        let json = response.headers().get("content-type").is_some_and(|kind| kind == "application/json");
        if status == 404 && json {
            let body: Value = response.json().await.unwrap();
            assert!(!body["detail"].as_str().unwrap().starts_with("nothing here"), "{method} {path}: {body}");
        }
    }
}

#[actix_web::test]
async fn every_operation_is_tagged_summarised_and_told_its_answers() {
    let document = serde_json::to_value(posterizarrd::http::app::document()).unwrap();
    let mut ids = BTreeSet::new();
    for (path, method) in operations(&document) {
        let operation = &document["paths"][&path][method.to_lowercase()];
        assert!(operation["tags"][0].is_string(), "{method} {path} has no tag");
        assert!(ids.insert(operation["operationId"].to_string()), "{method} {path} has another operation's id");
        assert!(operation["summary"].is_string(), "{method} {path} has no summary");
        assert!(!operation["responses"].as_object().unwrap().is_empty(), "{method} {path} has no answers");
    }
}

#[actix_web::test]
async fn the_viewer_works_below_a_base_url_and_asks_nobody_else() {
    let app = TestApp::start_with(|settings| settings.base_url = "/posters".to_owned());
    for path in ["/posters/docs", "/posters/redoc"] {
        let answer = app.get(path).await;
        assert_eq!((answer.status.as_u16(), answer.headers["location"].to_str().unwrap()), (307, "docs/"), "{path}");
    }
    let page = app.get("/posters/docs/").await;
    assert_eq!(page.status, 200);
    assert!(page.headers["content-type"].to_str().unwrap().starts_with("text/html"));
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'self'") && !policy.contains("http"), "{policy}");
    let html = page.text();
    assert!(html.contains("./swagger-ui-bundle.js") && !html.contains("=\"/") && !html.contains("http"), "{html}");
    let start = app.get("/posters/docs/swagger-initializer.js").await.text();
    assert!(start.contains("\"../openapi.json\"") && start.contains("\"validatorUrl\": \"none\""), "{start}");
    let script = app
        .send(Method::GET, "/posters/docs/swagger-ui-bundle.js", |request| request.header("accept-encoding", "gzip"));
    let script = script.await;
    assert!(script.headers["content-type"].to_str().unwrap().starts_with("text/javascript"));
    assert_eq!(script.headers["content-encoding"], "gzip");
    assert_eq!(app.get("/posters/docs/nope.js").await.status, 404);
    assert_eq!(app.get("/posters/openapi.json").await.json()["servers"][0]["url"], ".");
}

#[test]
fn the_web_uis_copy_of_the_document_is_the_document() {
    let copy = include_str!("../../web/openapi.json");
    let document = serde_json::to_value(posterizarrd::http::app::document()).unwrap();
    assert_eq!(
        serde_json::from_str::<Value>(copy).unwrap(),
        document,
        "the API changed: `cargo run -- openapi > web/openapi.json`, then see to what `npm run check` in web/ says"
    );
}
