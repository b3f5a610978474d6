//! Errors as clients see them: one table of codes, one body.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue, RETRY_AFTER};
use actix_web::{HttpResponse, ResponseError};
use serde_json::{Value, json};

/// Declares every error code with its name on the wire and its status.
macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident => $name:literal, $status:ident;)*) => {
        /// What kind of error it is; the name is stable.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code { $($(#[$doc])* $variant),* }

        impl Code {
            /// The name in the `code` field.
            pub fn name(self) -> &'static str { match self { $(Self::$variant => $name),* } }
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
    /// A run holds the slot.
    RunBusy => "run_busy", BAD_REQUEST;
    /// The mode cannot be run this way, or not by this runner.
    ModeNotSupported => "mode_not_supported", BAD_REQUEST;
    /// No usable login.
    Unauthorized => "unauthorized", UNAUTHORIZED;
    /// A login that may not do this.
    Forbidden => "forbidden", FORBIDDEN;
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
    /// The disk is full or fails.
    StorageUnavailable => "storage_unavailable", SERVICE_UNAVAILABLE;
}

/// An error answer.
#[derive(Debug, Clone)]
pub struct ApiError {
    code: Code,
    message: String,
    // Boxed: errors travel in results, and rarely have either.
    detail: Option<Box<Value>>,
    extra: Box<serde_json::Map<String, Value>>,
}

impl ApiError {
    /// An error with a text for people: what is wrong and what to do.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), detail: None, extra: Box::default() }
    }

    /// A thing that is not there.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(Code::NotFound, message)
    }

    /// Our fault: the cause goes to the log, not to the client.
    pub fn internal(cause: impl fmt::Display) -> Self {
        tracing::error!(%cause, "a request failed");
        Self::new(Code::Internal, "internal error; the daemon's log has the cause")
    }

    /// A request that does not fit its shape; `loc` says where (such as `["query", "tail"]`).
    pub fn validation(kind: &str, loc: &[&str], message: impl Into<String>) -> Self {
        let message = message.into();
        let detail = json!([{ "type": kind, "loc": loc, "msg": message }]);
        Self { detail: Some(Box::new(detail)), ..Self::new(Code::InvalidRequest, message) }
    }

    /// Values that are not acceptable, each with its name below `place` and what is wrong; `message` tells all of it.
    pub fn invalid_values<'a>(
        place: &[&str],
        wrong: impl IntoIterator<Item = (&'a str, &'a str)>,
        message: impl Into<String>,
    ) -> Self {
        let item = |(name, wrong)| {
            let loc: Vec<_> = place.iter().copied().chain([name]).collect();
            json!({ "type": "value_error", "loc": loc, "msg": wrong })
        };
        let detail: Value = wrong.into_iter().map(item).collect();
        Self { detail: Some(Box::new(detail)), ..Self::new(Code::InvalidValue, message) }
    }

    /// A request with several things wrong; each is an object with `type`, `loc` and `msg`.
    pub fn invalid(problems: Vec<Value>) -> Self {
        let texts: Vec<_> = problems.iter().filter_map(|problem| problem.get("msg")?.as_str()).collect();
        let message = texts.join("; ");
        Self { detail: Some(Box::new(problems.into())), ..Self::new(Code::InvalidRequest, message) }
    }

    /// Adds a field to the body.
    pub fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.extra.insert(field.to_owned(), value.into());
        self
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
            "request_id": super::request_id::current(),
        });
        if let Some(object) = body.as_object_mut() {
            object.extend(self.extra.iter().map(|(field, value)| (field.clone(), value.clone())));
        }
        body
    }
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
        if self.code == Code::ActorUnavailable {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("2"));
        }
        response
    }
}

impl From<actix::MailboxError> for ApiError {
    fn from(error: actix::MailboxError) -> Self {
        tracing::warn!(%error, "an actor did not answer");
        Self::new(Code::ActorUnavailable, "the daemon is busy or recovering; try again in a moment")
    }
}

impl From<crate::actors::safe_path::PathError> for ApiError {
    fn from(error: crate::actors::safe_path::PathError) -> Self {
        use crate::actors::safe_path::PathError;
        match error {
            PathError::Forbidden => Self::new(Code::InvalidValue, error.to_string()),
            PathError::Missing => Self::not_found(error.to_string()),
            PathError::Io(cause) => Self::internal(cause),
        }
    }
}
