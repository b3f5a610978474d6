//! How handlers answer.

pub mod conditional;
pub mod done;
pub mod ready;
pub mod run;
pub mod time;

use actix_web::http::header::HeaderValue;

/// Pictures may be behind a login; the generation tells whether the answer still holds.
pub const ASK_EACH_TIME: HeaderValue = HeaderValue::from_static("private, no-cache");
