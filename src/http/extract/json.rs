//! Bodies as JSON. What is wrong with one is told field by field and all at once, with the codes and places of upstream's
//! answers. A body is held against the same schema that the API's document shows.

use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::http::ApiError;
use crate::http::extract::body::Body;

/// What a request sends as JSON, whatever it says of its content type: upstream's clients often say nothing. The macro that
/// describes the API knows a body by this name.
pub struct Json<T>(pub T);

impl<T> Deref for Json<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: DeserializeOwned + ToSchema + 'static> FromRequest for Json<T> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let text = Body::from_request(request, payload);
        async move { read(&text.await?).map(Self) }.boxed_local()
    }
}

fn read<T: DeserializeOwned + ToSchema>(text: &[u8]) -> Result<T, ApiError> {
    if text.is_empty() {
        return Err(ApiError::validation("missing", &["body"], "Field required"));
    }
    let mut body: Value = serde_json::from_slice(text).map_err(|error| not_json(text, &error))?;
    let mut check = Check::of::<T>();
    check.value(&schema_of::<T>(), &mut body, &[json!("body")]);
    if !check.problems.is_empty() {
        return Err(ApiError::invalid(check.problems));
    }
    serde_json::from_value(body).map_err(|error| ApiError::validation("value_error", &["body"], error.to_string()))
}

/// Upstream names the character at which the text is no JSON any more.
fn not_json(text: &[u8], error: &serde_json::Error) -> ApiError {
    let lines_before = text.split_inclusive(|byte| *byte == b'\n').take(error.line().saturating_sub(1));
    let column = if error.is_eof() { error.column() } else { error.column().saturating_sub(1) };
    let place = lines_before.map(<[u8]>::len).sum::<usize>() + column;
    let message = format!("the body is not valid JSON: {error}");
    ApiError::invalid(vec![json!({ "type": "json_invalid", "loc": ["body", place], "msg": message })])
}

fn schema_of<T: ToSchema>() -> Value {
    serde_json::to_value(T::schema()).unwrap_or_default()
}

/// Holds a body against a schema. What a later reader would stumble over though it is meant well is made plain: a switch
/// may be a word, and a number a text.
struct Check {
    definitions: Map<String, Value>,
    problems: Vec<Value>,
}

impl Check {
    fn of<T: ToSchema>() -> Self {
        let mut schemas = Vec::new();
        T::schemas(&mut schemas);
        let definitions = schemas.into_iter().map(|(name, schema)| (name, json!(schema))).collect();
        Self { definitions, problems: Vec::new() }
    }

    fn problem(&mut self, kind: &str, place: &[Value], message: impl Into<String>) {
        self.problems.push(json!({ "type": kind, "loc": place, "msg": message.into() }));
    }

    /// Parts of a schema that are not understood here are left to the reader.
    fn value(&mut self, schema: &Value, value: &mut Value, place: &[Value]) {
        let schema = self.resolved(schema);
        if value.is_null() && allows_null(&schema) {
            return;
        }
        match kind(&schema) {
            "string" if !value.is_string() => self.problem("string_type", place, "Input should be a valid string"),
            "string" => self.choice(&schema, value, place),
            "boolean" => self.switch(value, place),
            "integer" => self.number(value, place),
            "array" => self.list(&schema, value, place),
            "object" => self.object(&schema, value, place),
            _ => {}
        }
    }

    fn resolved(&self, schema: &Value) -> Value {
        let name = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next());
        name.and_then(|name| self.definitions.get(name)).unwrap_or(schema).clone()
    }

    fn choice(&mut self, schema: &Value, value: &Value, place: &[Value]) {
        let Some(choices) = schema.get("enum").and_then(Value::as_array) else { return };
        if !choices.contains(value) {
            let names: Vec<_> = choices.iter().filter_map(Value::as_str).map(|name| format!("'{name}'")).collect();
            self.problem("literal_error", place, format!("Input should be {}", names.join(" or ")));
        }
    }

    fn switch(&mut self, value: &mut Value, place: &[Value]) {
        let word = match &*value {
            Value::Bool(_) => return,
            Value::String(word) => word.to_lowercase(),
            Value::Number(number) => number.to_string(),
            _ => return self.problem("bool_type", place, "Input should be a valid boolean"),
        };
        match word.as_str() {
            "true" | "t" | "yes" | "y" | "on" | "1" => *value = true.into(),
            "false" | "f" | "no" | "n" | "off" | "0" => *value = false.into(),
            _ => self.problem("bool_parsing", place, "Input should be a valid boolean, unable to interpret input"),
        }
    }

    fn number(&mut self, value: &mut Value, place: &[Value]) {
        match &*value {
            Value::Number(number) if number.is_i64() || number.is_u64() => {}
            Value::String(text) => match text.trim().parse::<i64>() {
                Ok(number) => *value = number.into(),
                Err(_) => self.problem("int_parsing", place, "Input should be a valid integer, unable to parse string"),
            },
            _ => self.problem("int_type", place, "Input should be a valid integer"),
        }
    }

    fn list(&mut self, schema: &Value, value: &mut Value, place: &[Value]) {
        let Some(items) = value.as_array_mut() else {
            return self.problem("list_type", place, "Input should be a valid list");
        };
        let Some(schema) = schema.get("items") else { return };
        for (position, item) in items.iter_mut().enumerate() {
            self.value(schema, item, &[place, &[json!(position)]].concat());
        }
    }

    fn object(&mut self, schema: &Value, value: &mut Value, place: &[Value]) {
        let fields = schema.get("properties").and_then(Value::as_object);
        let Some(members) = value.as_object_mut() else {
            let (kind, message) = match fields {
                Some(_) => {
                    ("model_attributes_type", "Input should be a valid dictionary or object to extract fields from")
                }
                None => ("dict_type", "Input should be a valid dictionary"),
            };
            return self.problem(kind, place, message);
        };
        let required = schema.get("required").and_then(Value::as_array);
        for (name, schema) in fields.into_iter().flatten() {
            let place = [place, &[json!(name)]].concat();
            let required = required.is_some_and(|names| names.contains(&json!(name)));
            match members.get_mut(name) {
                Some(value) => self.value(schema, value, &place),
                None if required => self.problem("missing", &place, "Field required"),
                None => {}
            }
        }
    }
}

/// The type of a schema, besides null; empty for anything.
fn kind(schema: &Value) -> &str {
    match schema.get("type") {
        Some(Value::String(kind)) => kind,
        Some(Value::Array(kinds)) => {
            kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or_default()
        }
        _ => "",
    }
}

fn allows_null(schema: &Value) -> bool {
    match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == "null"),
        Some(_) => false,
        // A choice among schemas, as for what may be null or an object, is left to the reader.
        None => schema.get("$ref").is_none(),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, ToSchema, PartialEq)]
    #[serde(rename_all = "lowercase")]
    enum Kind {
        Poster,
        Season,
    }

    #[derive(Debug, Deserialize, ToSchema, PartialEq)]
    struct Order {
        title: String,
        names: Vec<String>,
        on: Option<bool>,
        #[serde(default)]
        note: String,
        kind: Option<Kind>,
        size: Option<u32>,
        #[schema(value_type = Option<Vec<Object>>)]
        entries: Option<Vec<Map<String, Value>>>,
    }

    fn problems(body: &str) -> Vec<Value> {
        let error = read::<Order>(body.as_bytes()).unwrap_err();
        let detail = error.body().get("detail").cloned().unwrap();
        let items = detail.as_array().unwrap();
        items.iter().map(|item| json!([item["type"], item["loc"]])).collect()
    }

    #[test]
    fn every_problem_is_told_with_its_place() {
        let table = [
            ("", json!([["missing", ["body"]]])),
            ("[]", json!([["model_attributes_type", ["body"]]])),
            (r#"{"a":}"#, json!([["json_invalid", ["body", 5]]])),
            ("{\n\"a\":\n", json!([["json_invalid", ["body", 7]]])),
            ("{}", json!([["missing", ["body", "title"]], ["missing", ["body", "names"]]])),
            (
                r#"{"title":3,"names":["a",1],"on":"perhaps","size":"x","entries":["x"]}"#,
                json!([
                    ["string_type", ["body", "title"]],
                    ["string_type", ["body", "names", 1]],
                    ["bool_parsing", ["body", "on"]],
                    ["int_parsing", ["body", "size"]],
                    ["dict_type", ["body", "entries", 0]]
                ]),
            ),
            (
                r#"{"title":null,"names":"a","on":[],"note":null}"#,
                json!([
                    ["string_type", ["body", "title"]],
                    ["list_type", ["body", "names"]],
                    ["bool_type", ["body", "on"]],
                    ["string_type", ["body", "note"]]
                ]),
            ),
        ];
        for (body, expected) in table {
            assert_eq!(json!(problems(body)), expected, "{body}");
        }
    }

    #[test]
    fn switches_may_be_words_numbers_texts_and_options_null() {
        let body = r#"{"title":"Heat","names":[],"on":"Yes","kind":"season","size":"7","entries":[{"a":1}],"more":1}"#;
        let order: Order = read(body.as_bytes()).unwrap();
        assert_eq!(
            (order.on, order.note.as_str(), order.kind, order.size),
            (Some(true), "", Some(Kind::Season), Some(7))
        );
        for (word, on) in [("0", false), ("1", true), ("\"off\"", false), ("null", true)] {
            let order: Order = read(format!(r#"{{"title":"","names":[],"on":{word}}}"#).as_bytes()).unwrap();
            assert_eq!(order.on.unwrap_or(true), on, "{word}");
        }
    }
}
