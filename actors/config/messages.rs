//! What the ConfigKeeper is asked.

use actix::Message;
use serde_json::{Map, Value};

use super::WebUiSaveError;
use super::webui::WebUiSettings;

/// Looks at the file now instead of at the next second. Gives the generation that is in force afterwards.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "u64")]
pub struct Reread;

/// Merges changes into the web UI's settings, stores them and applies the log level.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<WebUiSettings, WebUiSaveError>")]
pub struct SaveWebUi {
    /// The settings to replace.
    pub changes: Map<String, Value>,
}
