//! What a client gave for a sample, as far as it is used.

use posterizarr_render::config::Document;
use serde_json::Value;

use crate::actors::config::keys;

/// More is no title, and takes time to measure.
const MAX_TITLE_LENGTH: usize = 500;

/// The beginning of a text, as far as it may be a title.
pub fn short(text: &str) -> &str {
    text.char_indices().nth(MAX_TITLE_LENGTH).and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

/// The saved configuration with the posted values in their places.
pub fn merged(saved: &Document, posted: Document) -> Document {
    let mut document = keys::completed(saved);
    for (section, values) in posted {
        let known = document.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case(&section));
        let (Some((_, Value::Object(known))), Value::Object(values)) = (known, values) else { continue };
        for (key, value) in values {
            if let Some((_, place)) = known.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case(&key)) {
                *place = value;
            }
        }
    }
    document
}
