//! Refusals tell the values in their texts apart from the words, so that pages can say them in another language.

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::harness::TestApp;

/// What is in no text by itself.
const MARK: &str = "zq4711";
/// These have no end.
const STREAMS: [&str; 1] = ["/api/events"];
/// The mark is what these say that they do not understand; their params name the fields.
const BY_FIELD: &str = "invalid_request";

/// The schema itself, where it is only named.
fn resolved<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
    let named = schema["$ref"].as_str().and_then(|path| document.pointer(path.trim_start_matches('#')));
    named.map_or(schema, |schema| resolved(document, schema))
}

/// Something that fits a schema, with the mark in every free text.
fn sample(document: &Value, schema: &Value) -> Value {
    let schema = resolved(document, schema);
    let choices = ["oneOf", "anyOf", "allOf"].iter().filter_map(|of| schema[of].as_array());
    if let Some(choice) = choices.flatten().find(|choice| choice["type"] != "null") {
        return sample(document, choice);
    }
    if let Some(word) = schema["enum"].as_array().and_then(|words| words.first()) {
        return word.clone();
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.first().and_then(Value::as_str),
        kind => kind.as_str(),
    };
    match kind {
        Some("integer" | "number") => json!(1),
        Some("boolean") => json!(false),
        Some("array") => json!([sample(document, &schema["items"])]),
        Some("object") => {
            let fields = schema["properties"].as_object().into_iter().flatten();
            fields.map(|(name, schema)| (name.clone(), sample(document, schema))).collect::<Map<_, _>>().into()
        }
        _ => json!(MARK),
    }
}

/// The path with something in place of its parameters, and a query with all of them.
fn filled(document: &Value, path: &str, operation: &Value, number: bool) -> String {
    let fill = |part: &str| if part.starts_with('{') { if number { "4711" } else { MARK } } else { part }.to_owned();
    let path = path.split('/').map(fill).collect::<Vec<_>>().join("/");
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let query = parameters.filter(|parameter| parameter["in"] == "query").map(|parameter| {
        let value = sample(document, &parameter["schema"]);
        format!("{}={}", parameter["name"].as_str().unwrap(), value.as_str().map_or(value.to_string(), str::to_owned))
    });
    format!("{path}?{}", query.collect::<Vec<_>>().join("&"))
}

/// What is wrong with a refusal; nothing if all is well.
fn fault(refusal: &Value) -> Option<String> {
    let (text, params) = (refusal["message"].as_str()?, refusal["params"].as_object());
    let Some(params) = params else { return Some(format!("it has no params: {refusal}")) };
    let is_told = |value: &str| params.values().any(|param| param.to_string().contains(value));
    let untold = [MARK, "4711"].into_iter().find(|value| text.contains(value) && !is_told(value));
    untold.filter(|_| refusal["code"] != BY_FIELD).map(|value| format!("{value} is in its text only: {refusal}"))
}

#[actix_web::test]
async fn every_value_in_the_text_of_a_refusal_is_among_its_params() {
    let app = TestApp::start();
    let document = app.get("/openapi.json").await.json();
    let (mut faults, mut with_values) = (Vec::new(), 0);
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if STREAMS.contains(&path.as_str()) {
                continue;
            }
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let body = &operation["requestBody"]["content"]["application/json"]["schema"];
            let body = (!body.is_null()).then(|| sample(&document, body));
            for number in [false, true] {
                let address = filled(&document, path, operation, number);
                let with = |request: reqwest::RequestBuilder| match &body {
                    Some(body) => request.json(body),
                    None => request,
                };
                let answer = app.send(method.clone(), &address, with).await;
                let Some(refusal) = serde_json::from_slice::<Value>(&answer.body)
                    .ok()
                    .filter(|refusal| answer.status.as_u16() >= 400 && refusal["code"].is_string())
                else {
                    continue;
                };
                with_values += usize::from(refusal["params"].as_object().is_some_and(|params| !params.is_empty()));
                faults.extend(fault(&refusal).map(|fault| format!("{method} {address}: {fault}")));
            }
        }
    }
    assert_eq!(faults, [""; 0]);
    assert!(with_values > 40, "only {with_values} refusals have values; is everything asked?");
}

#[test]
fn a_value_that_is_only_in_the_text_is_found() {
    let refusal = |params: Value| json!({ "code": "not_found", "message": "there is no run 4711", "params": params });
    assert!(fault(&refusal(json!({}))).is_some() && fault(&refusal(Value::Null)).is_some());
    assert_eq!(fault(&refusal(json!({ "id": 4711 }))), None);
}
