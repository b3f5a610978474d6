//! Reading request fields one by one, so that an error names the field as upstream's do.

use serde_json::{Map, Value};

use crate::actors::script_supervisor::{ManualForm, PosterType};
use crate::http::ApiError;

/// The fields of a manual run.
pub fn manual_form(body: &Map<String, Value>) -> Result<ManualForm, ApiError> {
    Ok(ManualForm {
        picture_path: text(body, "picturePath")?,
        titletext: text(body, "titletext")?,
        folder_name: text(body, "folderName")?,
        library_name: text(body, "libraryName")?,
        poster_type: poster_type(body)?,
        season_poster_name: text_or_empty(body, "seasonPosterName")?,
        ep_title_name: text_or_empty(body, "epTitleName")?,
        episode_number: text_or_empty(body, "episodeNumber")?,
    })
}

/// A text that must be there.
pub fn text(body: &Map<String, Value>, field: &str) -> Result<String, ApiError> {
    match body.get(field) {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(_) => Err(ApiError::validation("string_type", &["body", field], "Input should be a valid string")),
        None => Err(ApiError::validation("missing", &["body", field], "Field required")),
    }
}

fn text_or_empty(body: &Map<String, Value>, field: &str) -> Result<String, ApiError> {
    if matches!(body.get(field), None | Some(Value::Null)) { Ok(String::new()) } else { text(body, field) }
}

fn poster_type(body: &Map<String, Value>) -> Result<PosterType, ApiError> {
    let Some(value) = body.get("posterType") else { return Ok(PosterType::default()) };
    serde_json::from_value(value.clone()).map_err(|_| {
        let message = "Input should be 'standard', 'season', 'collection', 'titlecard' or 'background'";
        ApiError::validation("literal_error", &["body", "posterType"], message)
    })
}

/// A whole number of the query, within bounds.
pub fn number(field: &str, text: Option<&str>, least: u64, most: u64) -> Result<Option<u64>, ApiError> {
    let Some(text) = text else { return Ok(None) };
    let invalid = |kind, message: String| Err(ApiError::validation(kind, &["query", field], message));
    match text.trim().parse::<u64>() {
        Ok(number) if number < least => {
            invalid("greater_than_equal", format!("Input should be greater than or equal to {least}"))
        }
        Ok(number) if number > most => {
            invalid("less_than_equal", format!("Input should be less than or equal to {most}"))
        }
        Ok(number) => Ok(Some(number)),
        Err(_) => {
            invalid("int_parsing", "Input should be a valid integer, unable to parse string as an integer".to_owned())
        }
    }
}
