//! Query parameters as upstream takes them: numbers leniently, every mistake in one answer.

use std::future::{Ready, ready};
use std::str::FromStr;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use serde_json::{Value, json};

use crate::http::ApiError;

/// Query parameters as they came.
type RawQuery = web::Query<Vec<(String, String)>>;

/// What a route asks in its query. Its [`utoipa::IntoParams`] tells the API's document what [`FromQuery::take`] reads.
pub trait FromQuery: Sized {
    /// Takes what is asked; mistakes are noted in `parameters`.
    fn take(parameters: &mut Parameters<'_>) -> Self;
}

/// Several things that a route asks; each has its own documentation.
impl<A: FromQuery, B: FromQuery> FromQuery for (A, B) {
    fn take(parameters: &mut Parameters<'_>) -> Self {
        (A::take(parameters), B::take(parameters))
    }
}

/// The query of a request, without mistakes: with any, the request is refused and told all of them.
pub struct Query<T>(pub T);

impl<T: FromQuery> FromRequest for Query<T> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::read(request.query_string()))
    }
}

impl<T: FromQuery> Query<T> {
    /// Reads a query, which is percent-encoded.
    pub fn read(query: &str) -> Result<Self, ApiError> {
        let unreadable = |error| ApiError::validation("value_error", &["query"], format!("{error}"));
        let given = RawQuery::from_query(query).map_err(unreadable)?;
        let mut parameters = Parameters::of(&given);
        let taken = T::take(&mut parameters);
        parameters.checked().map(|()| Self(taken))
    }
}

/// Takes parameters out of a query, and notes what is wrong with them.
pub struct Parameters<'a> {
    given: &'a RawQuery,
    problems: Vec<Value>,
}

impl<'a> Parameters<'a> {
    fn of(given: &'a RawQuery) -> Self {
        Self { given, problems: Vec::new() }
    }

    /// A parameter as it came; of repeated ones the last counts.
    pub fn text(&self, name: &str) -> Option<&'a str> {
        self.given.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A text that must be there; it may be empty.
    pub fn required(&mut self, name: &str) -> String {
        self.text(name).map_or_else(|| self.missing(name), str::to_owned)
    }

    /// A text that must be there and not be empty.
    pub fn required_filled(&mut self, name: &str) -> String {
        self.filled(name).unwrap_or_else(|| self.missing(name))
    }

    /// A text, where it is there and not empty.
    pub fn filled(&self, name: &str) -> Option<String> {
        self.text(name).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// Whether a switch is on; off where it is absent.
    pub fn switch(&mut self, name: &str) -> bool {
        self.optional_switch(name).unwrap_or(false)
    }

    /// A switch, where it is there: `true` or `1`, `false` or `0`, in any letter case.
    pub fn optional_switch(&mut self, name: &str) -> Option<bool> {
        let word = |text: &str| match text.to_ascii_lowercase().as_str() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        };
        self.parsed(name, "true or false", word)
    }

    /// A whole number between `least` and `most`; `default` where it is absent.
    pub fn number(&mut self, name: &str, default: i64, least: i64, most: i64) -> i64 {
        self.optional_number(name, least, most).unwrap_or(default)
    }

    /// A whole number between `least` and `most`, where it is there.
    pub fn optional_number(&mut self, name: &str, least: i64, most: i64) -> Option<i64> {
        let text = self.text(name)?;
        let Some(number) = whole(text) else {
            let message = "Input should be a valid integer, unable to parse string as an integer";
            self.note("int_parsing", name, message.to_owned(), text, None);
            return None;
        };
        if number < least {
            let message = format!("Input should be greater than or equal to {least}");
            self.note("greater_than_equal", name, message, text, Some(json!({ "ge": least })));
        } else if number > most {
            let message = format!("Input should be less than or equal to {most}");
            self.note("less_than_equal", name, message, text, Some(json!({ "le": most })));
        }
        Some(number)
    }

    /// How many of something, where it is there and not empty.
    pub fn count(&mut self, name: &str) -> Option<u64> {
        let wrong = format!("{name} is a whole number, 0 or more");
        self.understood(name, "int_parsing", wrong, |text| text.parse().ok())
    }

    /// One of the words that `parse` knows, where it is there and not empty; `allowed` tells which there are.
    pub fn word<T>(&mut self, name: &str, allowed: &str, parse: impl FnOnce(&'a str) -> Option<T>) -> Option<T> {
        self.understood(name, "enum", format!("{name} is {allowed}"), parse)
    }

    /// A parameter that `parse` understands, where it is there and not empty; `expected` tells what would be.
    pub fn parsed<T>(&mut self, name: &str, expected: &str, parse: impl FnOnce(&'a str) -> Option<T>) -> Option<T> {
        self.understood(name, "value_error", format!("{name} should be {expected}"), parse)
    }

    fn understood<T>(
        &mut self,
        name: &str,
        kind: &str,
        wrong: String,
        parse: impl FnOnce(&'a str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(name).filter(|text| !text.is_empty())?;
        let value = parse(text);
        if value.is_none() {
            self.note(kind, name, wrong, text, None);
        }
        value
    }

    /// The error that tells all that is wrong, if anything is.
    fn checked(self) -> Result<(), ApiError> {
        if self.problems.is_empty() { Ok(()) } else { Err(ApiError::invalid(self.problems)) }
    }

    fn missing(&mut self, name: &str) -> String {
        self.problems.push(json!({ "type": "missing", "loc": ["query", name], "msg": "Field required" }));
        String::new()
    }

    fn note(&mut self, kind: &str, name: &str, message: String, input: &str, context: Option<Value>) {
        let mut problem = json!({ "type": kind, "loc": ["query", name], "msg": message, "input": input });
        if let (Some(fields), Some(context)) = (problem.as_object_mut(), context) {
            fields.insert("ctx".to_owned(), context);
        }
        self.problems.push(problem);
    }
}

/// A number that was checked not to be negative, as a size.
pub fn size(number: i64) -> usize {
    usize::try_from(number).unwrap_or_default()
}

/// A whole number in the forms that upstream's validation takes: `5`, ` 5 `, `+5`, `5.0`, `1_000`.
fn whole(text: &str) -> Option<i64> {
    let text = text.trim();
    let text = text
        .split_once('.')
        .filter(|(_, zeros)| !zeros.is_empty() && zeros.chars().all(|zero| zero == '0'))
        .map_or(text, |(whole, _)| whole);
    let lone = |text: &str| text.starts_with('_') || text.ends_with('_') || text.contains("__");
    if lone(text.trim_start_matches(['+', '-'])) {
        return None;
    }
    i64::from_str(&text.replace('_', "")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_taken_as_leniently_as_upstream_takes_them() {
        for (text, number) in [("5", 5), (" 5 ", 5), ("+5", 5), ("5.0", 5), ("1_000", 1000), ("-3", -3), ("007", 7)] {
            assert_eq!(whole(text), Some(number), "{text:?}");
        }
        for text in ["", "5.5", "5.", "1e3", "0x5", "true", "_1", "1_", "1__0", "--1", "abc"] {
            assert_eq!(whole(text), None, "{text:?}");
        }
    }

    #[test]
    fn every_mistake_is_told_in_the_order_in_which_parameters_are_taken() {
        let given = |query: &str| RawQuery::from_query(query).unwrap();
        let query = given("limit=0&offset=x&limit=501");
        let mut parameters = Parameters::of(&query);
        assert_eq!(parameters.number("limit", 50, 1, 500), 501, "the last of repeated ones counts");
        assert_eq!(parameters.number("offset", 0, 0, i64::MAX), 0);
        assert_eq!(parameters.number("days", 30, 1, 365), 30);
        assert_eq!(parameters.parsed("sort", "a word", |_| Some(())), None);
        let kinds: Vec<_> = parameters.problems.iter().map(|problem| problem["type"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["less_than_equal", "int_parsing"]);
        assert_eq!(parameters.problems[0]["ctx"], json!({ "le": 500 }));
        assert!(parameters.checked().is_err());
    }

    #[test]
    fn what_must_be_there_is_missed_and_words_and_counts_are_known() {
        let given = RawQuery::from_query("empty=&count=3&odd=-3&word=b&other=c").unwrap();
        let mut parameters = Parameters::of(&given);
        assert_eq!((parameters.required("empty"), parameters.count("count")), (String::new(), Some(3)));
        let is_b = |word: &str| (word == "b").then_some(1);
        assert_eq!((parameters.word("word", "b", is_b), parameters.word("empty", "b", is_b)), (Some(1), None));
        assert!(parameters.problems.is_empty());
        parameters.required("none");
        parameters.required_filled("empty");
        assert_eq!((parameters.count("odd"), parameters.word("other", "b", is_b)), (None, None));
        let told = |problem: &Value| (problem["type"].clone(), problem["loc"][1].clone());
        let told: Vec<_> = parameters.problems.iter().map(told).collect();
        let wrong = [("missing", "none"), ("missing", "empty"), ("int_parsing", "odd"), ("enum", "other")];
        assert_eq!(told, wrong.map(|(kind, name)| (json!(kind), json!(name))));
    }
}
