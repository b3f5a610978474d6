//! The password of the login, where the file is one of version 3: that compares bcrypt hashes alone, and a password in
//! plain text would lock its owner out after moving back.

use actix_web::web;
use serde_json::{Map, Value};

use crate::actors::config::Password;
use crate::actors::config::Refusal;
use crate::actors::config::{ConfigError, ConfigFault, ConfigView, MASK, keys};
use crate::http::ApiError;

const KEY: &str = "basicAuthPassword";

/// Puts the hash of a posted password in its place. What is none, what is one already and what stays as it is are left
/// alone; so is the shipped password, which is refused by the rules under its own name.
pub async fn hashed(config: &ConfigView, mut posted: Map<String, Value>) -> Result<Map<String, Value>, ApiError> {
    let Some(slot) = posted.get_mut(KEY).filter(|_| config.is_of_3()) else { return Ok(posted) };
    let Some(text) = slot.as_str().map(str::to_owned) else { return Ok(posted) };
    let shipped = keys::by_flat_name(KEY).map(|key| key.default.value());
    let stored = config.text("WebUI", KEY).unwrap_or_default();
    let is_left = [MASK, "", &stored].contains(&text.as_str()) || shipped.is_some_and(|shipped| *slot == shipped);
    if is_left || Password::of(&text) != Password::Plain(text.clone()) {
        return Ok(posted);
    }
    let work = web::block(move || {
        let is_stored = Password::of(&stored).is_slow() && Password::of(&stored).matches(&text);
        if is_stored { Some(stored) } else { Password::hash(&text) }
    });
    let hash = work
        .await
        .map_err(ApiError::internal)?
        .ok_or_else(|| ConfigError::Refused(vec![Refusal::new(KEY, ConfigFault::LongPassword)]))?;
    *slot = Value::from(hash);
    Ok(posted)
}
