//! The answer to what was done and has nothing to show.

use std::borrow::Cow;

use serde::Serialize;
use utoipa::ToSchema;

/// Something that was done, or need not be done.
#[derive(Debug, Serialize, ToSchema)]
pub struct Done {
    /// `false`: there was nothing to do.
    pub success: bool,
    /// What was done, in a sentence.
    #[schema(value_type = String)]
    pub message: Cow<'static, str>,
}

impl Done {
    /// It is done.
    pub fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self { success: true, message: message.into() }
    }

    /// There was nothing to do.
    pub fn nothing(message: impl Into<Cow<'static, str>>) -> Self {
        Self { success: false, message: message.into() }
    }
}
