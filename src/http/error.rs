//! Errors as clients see them: one table of codes, one body.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use actix_web::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, HeaderValue, RETRY_AFTER};
use actix_web::http::{ConnectionType, StatusCode};
use actix_web::{HttpResponse, ResponseError};
use posterizarr_base::said::{Clause, Reason, Values, filled};
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};

/// Declares every error code with its name on the wire and its status.
macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident => $name:literal, $status:ident;)*) => {
        /// What kind of error it is; the name is stable.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code { $($(#[$doc])* $variant),* }

        impl Code {
            /// The name in the `code` field.
            pub fn name(self) -> &'static str { match self { $(Self::$variant => $name),* } }
            /// All names, some of them twice.
            pub const NAMES: &'static [&'static str] = &[$($name),*];
            /// The HTTP status.
            pub fn status(self) -> StatusCode { match self { $(Self::$variant => StatusCode::$status),* } }
        }
    };
}

codes! {
    /// The request does not fit the documented shape.
    InvalidRequest => "invalid_request", BAD_REQUEST;
    /// A value in the request is not acceptable.
    InvalidValue => "invalid_value", BAD_REQUEST;
    /// A stored key or token is not sent to another address than the one it was stored with.
    SecretElsewhere => "secret_elsewhere", BAD_REQUEST;
    /// An answer full of secrets is given on this machine only.
    LocalOnly => "local_only", FORBIDDEN;
    /// A run holds the slot.
    RunBusy => "run_busy", BAD_REQUEST;
    /// The mode cannot be run this way, or not by this runner.
    ModeNotSupported => "mode_not_supported", BAD_REQUEST;
    /// No usable login.
    Unauthorized => "unauthorized", UNAUTHORIZED;
    /// A login that may not do this.
    Forbidden => "forbidden", FORBIDDEN;
    /// A foreign page made the browser send this.
    ForeignOrigin => "foreign_origin", FORBIDDEN;
    /// Asked for under a name that is not known to be ours.
    UnknownHost => "unknown_host", FORBIDDEN;
    /// The configuration cannot be read, so no login can be right.
    ConfigUnreadable => "config_unreadable", SERVICE_UNAVAILABLE;
    /// A wrong login while the configuration cannot be read: it may be right by the file as it was meant.
    WrongWhileConfigUnreadable => "config_unreadable", UNAUTHORIZED;
    /// The login would be turned on with the password that every installation begins with.
    ShippedPassword => "shipped_password", BAD_REQUEST;
    /// Nothing here.
    NotFound => "not_found", NOT_FOUND;
    /// The path exists, the method does not.
    MethodNotAllowed => "method_not_allowed", METHOD_NOT_ALLOWED;
    /// The state does not allow it now.
    Conflict => "conflict", CONFLICT;
    /// What is to be changed is not what the client read.
    PreconditionFailed => "precondition_failed", PRECONDITION_FAILED;
    /// The body is larger than allowed.
    PayloadTooLarge => "payload_too_large", PAYLOAD_TOO_LARGE;
    /// The rest of the request did not come in time; the connection is closed.
    RequestTimeout => "request_timeout", REQUEST_TIMEOUT;
    /// The body is encoded in a way that is not taken.
    UnsupportedEncoding => "unsupported_encoding", UNSUPPORTED_MEDIA_TYPE;
    /// Well-formed, but what is needed is missing.
    Unprocessable => "unprocessable", UNPROCESSABLE_ENTITY;
    /// Too many failed logins.
    TooManyAttempts => "too_many_attempts", TOO_MANY_REQUESTS;
    /// The script or its interpreter is missing.
    RunnerUnavailable => "runner_unavailable", INTERNAL_SERVER_ERROR;
    /// Our fault; the log has the cause.
    Internal => "internal", INTERNAL_SERVER_ERROR;
    /// An actor did not answer; try again.
    ActorUnavailable => "actor_unavailable", SERVICE_UNAVAILABLE;
    /// A media server did not answer, or would not do it.
    MediaServer => "media_server", BAD_GATEWAY;
    /// The disk is full or fails.
    StorageUnavailable => "storage_unavailable", SERVICE_UNAVAILABLE;
}

/// The field with what an error says, by codes.
const BECAUSE: &str = "because";

/// The body of every error answer.
#[derive(ToSchema)]
#[allow(dead_code, reason = "tells the document what ApiError::body makes")]
pub struct ErrorBody {
    /// Always `false`.
    success: bool,
    /// The text; of requests that do not fit, a list with `type`, `loc` and `msg` for each mistake, and `because` where that
    /// has a code.
    #[schema(value_type = Object)]
    detail: Value,
    /// What is wrong and what to do.
    message: String,
    /// The same text.
    error: String,
    #[schema(schema_with = code_names)]
    code: String,
    /// The names and numbers in the text, for who says it in other words; empty where there are none.
    #[schema(value_type = Object)]
    params: Value,
    /// The text sentence by sentence, by codes of its own, for who says it in another language; absent where it has none.
    because: Option<Vec<Clause>>,
    /// What the daemon's log calls this request.
    request_id: Option<String>,
}

/// What kind of error it is; the names are stable.
fn code_names() -> Object {
    let names: BTreeSet<_> = Code::NAMES.iter().copied().collect();
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names)).build()
}

/// An error answer.
#[derive(Debug, Clone)]
pub struct ApiError {
    code: Code,
    message: String,
    // Boxed: errors travel in results, and rarely have any of these.
    detail: Option<Box<Value>>,
    extra: Box<serde_json::Map<String, Value>>,
    params: Box<serde_json::Map<String, Value>>,
}

impl ApiError {
    /// An error with a text for people, always the same: what is wrong and what to do.
    pub fn new(code: Code, message: &'static str) -> Self {
        Self::with_text(code, message.to_owned())
    }

    /// A thing that is not there.
    pub fn not_found(message: &'static str) -> Self {
        Self::new(Code::NotFound, message)
    }

    /// An error whose text has values in it. `template` has `{name}` for each, or `{name:?}` where it stands in quotes; clients
    /// that say it in another language get them as `params`.
    pub fn told<const N: usize>(code: Code, template: &'static str, values: [(&'static str, Value); N]) -> Self {
        let message = filled(template, |name| {
            let value = values.iter().find(|(known, _)| *known == name).map(|(_, value)| value);
            debug_assert!(value.is_some(), "no value {name} for {template:?}");
            value.map(|value| value.as_str().map_or_else(|| value.to_string().into(), Cow::from))
        });
        let params = values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { params: Box::new(params), ..Self::with_text(code, message) }
    }

    /// An error of the domain, with its text and the values in it.
    pub fn of(code: Code, error: &impl Values) -> Self {
        let params = error.values().into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        let refused = Self { params: Box::new(params), ..Self::with_text(code, error.to_string()) };
        match error.said() {
            Some(said) => refused.with(BECAUSE, json!([Clause::from(said)])),
            None => refused,
        }
    }

    fn with_text(code: Code, message: String) -> Self {
        Self { code, message, detail: None, extra: Box::default(), params: Box::default() }
    }

    /// Our fault: the cause goes to the log, not to the client.
    pub fn internal(cause: impl fmt::Display) -> Self {
        tracing::error!(%cause, "a request failed");
        Self::new(Code::Internal, "internal error; the daemon's log has the cause")
    }

    /// A request that does not fit its shape; `loc` says where (such as `["query", "tail"]`).
    pub fn validation(kind: &str, loc: &[&str], message: impl Into<String>) -> Self {
        Self::invalid(vec![json!({ "type": kind, "loc": loc, "msg": message.into() })])
    }

    /// Values that are not acceptable, each with its name below `place` and what is wrong, also by its code where it has one;
    /// `message` tells all of it.
    pub fn invalid_values<'a>(
        place: &[&str],
        wrong: impl IntoIterator<Item = (&'a str, &'a Reason)>,
        message: impl Into<String>,
    ) -> Self {
        let item = |(name, wrong): (&str, &Reason)| {
            let loc: Vec<_> = place.iter().copied().chain([name]).collect();
            if wrong.because.is_empty() {
                return json!({ "type": "value_error", "loc": loc, "msg": wrong.text });
            }
            json!({ "type": "value_error", "loc": loc, "msg": wrong.text, BECAUSE: wrong.because })
        };
        let problems: Vec<Value> = wrong.into_iter().map(item).collect();
        Self { message: message.into(), ..Self::invalid(problems) }.with_code(Code::InvalidValue)
    }

    /// A request with several things wrong; each is an object with `type`, `loc` and `msg`. What they are about is told as
    /// `fields`.
    pub fn invalid(problems: Vec<Value>) -> Self {
        let texts: Vec<_> = problems.iter().filter_map(|problem| problem.get("msg")?.as_str()).collect();
        let message = texts.join("; ");
        let fields: Vec<_> = problems.iter().filter_map(|problem| problem.get("loc").map(place)).collect();
        let params = serde_json::Map::from_iter([("fields".to_owned(), fields.into())]);
        let detail = Some(Box::new(problems.into()));
        Self { detail, params: Box::new(params), ..Self::with_text(Code::InvalidRequest, message) }
    }

    /// The same error under a more telling code.
    pub fn with_code(self, code: Code) -> Self {
        Self { code, ..self }
    }

    /// Adds a field to the body.
    pub fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.extra.insert(field.to_owned(), value.into());
        self
    }

    /// What is wrong and, where it is known, why, in one sentence for a log.
    pub fn in_full(&self) -> String {
        match self.extra.get("reason").and_then(Value::as_str) {
            Some(reason) => format!("{}: {reason}", self.message),
            None => self.message.clone(),
        }
    }

    /// The error's code.
    pub fn code(&self) -> Code {
        self.code
    }

    /// The answer's body; `request_id` ties it to the log.
    pub(super) fn body(&self) -> Value {
        let mut body = json!({
            "success": false,
            "detail": self.detail.as_deref().cloned().unwrap_or_else(|| Value::from(self.message.clone())),
            "message": self.message,
            "error": self.message,
            "code": self.code.name(),
            "params": *self.params,
            "request_id": crate::http::middleware::request_id::current(),
        });
        if let Some(object) = body.as_object_mut() {
            object.extend(self.extra.iter().map(|(field, value)| (field.clone(), value.clone())));
        }
        body
    }
}

/// Where a problem is, such as `body.name`.
fn place(loc: &Value) -> String {
    let part = |part: &Value| part.as_str().map_or_else(|| part.to_string(), str::to_owned);
    loc.as_array().into_iter().flatten().map(part).collect::<Vec<_>>().join(".")
}

impl fmt::Display for ApiError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for ApiError {}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.code.status()
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code()).json(self.body());
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, no-store, must-revalidate"));
        if self.code == Code::UnsupportedEncoding {
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip, deflate, identity"));
        }
        if self.code == Code::ActorUnavailable {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("2"));
        }
        if self.code == Code::RequestTimeout {
            response.head_mut().set_connection_type(ConnectionType::Close);
        }
        response
    }
}

/// An error of the domain that clients are told as it is.
pub trait Refusal: Values {
    /// Under which code; with [`Code::Internal`] it goes to the log, and not to the client.
    fn code(&self) -> Code;
}

impl<E: Refusal> From<E> for ApiError {
    fn from(error: E) -> Self {
        match error.code() {
            Code::Internal => Self::internal(error),
            code => Self::of(code, &error),
        }
    }
}

impl From<crate::actors::store::StoreError> for ApiError {
    fn from(error: crate::actors::store::StoreError) -> Self {
        tracing::error!(%error, "the record store failed");
        Self::new(Code::StorageUnavailable, "the record store failed; the daemon's log has the cause")
    }
}

impl From<actix::MailboxError> for ApiError {
    fn from(error: actix::MailboxError) -> Self {
        tracing::warn!(%error, "an actor did not answer");
        Self::new(Code::ActorUnavailable, "the daemon is busy or recovering; try again in a moment")
    }
}

impl From<crate::actors::runtime::safe_path::PathError> for ApiError {
    fn from(error: crate::actors::runtime::safe_path::PathError) -> Self {
        use crate::actors::runtime::safe_path::PathError;
        match error {
            PathError::Forbidden => Self::new(Code::InvalidValue, "this path is not allowed"),
            PathError::Missing => Self::not_found("no such file or folder"),
            PathError::Io(cause) => Self::internal(cause),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_its_values_in_their_places_and_tells_them_once_more() {
        let error = ApiError::told(
            Code::Conflict,
            "{name:?} has {count} of {name}",
            [("name", "a {count} \"b\"".into()), ("count", 3.into())],
        );
        assert_eq!(error.to_string(), r#""a {count} \"b\"" has 3 of a {count} "b""#);
        assert_eq!(error.body()["params"], json!({ "name": "a {count} \"b\"", "count": 3 }));
        assert_eq!(ApiError::new(Code::Conflict, "no {values").to_string(), "no {values");
    }

    #[test]
    fn what_does_not_fit_is_named_by_its_place() {
        let error = ApiError::validation("missing", &["body", "name"], "Field required");
        assert_eq!(error.body()["params"], json!({ "fields": ["body.name"] }));
        let told =
            Reason { text: "too".to_owned(), because: vec![Clause { code: "b".to_owned(), ..Clause::default() }] };
        let values = ApiError::invalid_values(
            &["body"],
            [("a", &Reason::from("is wrong".to_owned())), ("b", &told)],
            "two are wrong",
        );
        assert_eq!((values.to_string().as_str(), values.code()), ("two are wrong", Code::InvalidValue));
        assert_eq!(values.body()["params"], json!({ "fields": ["body.a", "body.b"] }));
        let because = values.body()["detail"].as_array().unwrap().iter().map(|item| item["because"].clone()).collect();
        assert_eq!(Value::Array(because), json!([null, [{ "code": "b" }]]), "where there is one");
    }
}
