//! A picture that waited in the queue of Posterizarr 3.x, put into ours as its clients would have put it.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::replace::{self, Picture};
use super::target::{NoRun, Replacement};
use crate::actors::library::replacing::SourceKind;
use crate::http::extract::staging;
use crate::http::{ApiError, AppState, Code};

/// The picture as that queue has it.
pub struct OldItem {
    /// What it replaces.
    pub path: String,
    /// Where the picture came from.
    pub source: SourceKind,
    /// The address, or the file on this machine.
    pub given: String,
    /// How it is to be made.
    pub parameters: Map<String, Value>,
    /// Since when it waits.
    pub created: DateTime<Utc>,
}

/// Fetches or copies the picture and puts it into our queue, where it waits as it did there.
pub async fn add(state: &AppState, old: OldItem) -> Result<(), ApiError> {
    let asked = asked(&old)?;
    let staged = match old.source {
        SourceKind::Url => staging::of_address(state, &old.given).await?,
        SourceKind::Upload | SourceKind::LocalPath => staging::of_file(state, old.given.clone().into()).await?,
    };
    let form = asked.form().map(|form| replace::with_media_type(state, form));
    let given = match old.source {
        SourceKind::Url | SourceKind::LocalPath => old.given,
        SourceKind::Upload => staged.path.display().to_string(),
    };
    let picture = Picture { staged, source: old.source, given, created: old.created };
    replace::queue(state, &asked, picture, form).await.map(drop)
}

/// The asset that it is for, by its path as our queue has it.
pub fn asset(old: &OldItem) -> Option<String> {
    asked(old).ok().map(|asked| asked.path)
}

fn asked(old: &OldItem) -> Result<Replacement, ApiError> {
    let text = |name: &str| match old.parameters.get(name)? {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let given = |name: &str| text(name).filter(|text| !matches!(text.as_str(), "" | "undefined" | "null"));
    let asked = Replacement {
        path: old.path.clone(),
        overlays: old.parameters.get("process_with_overlays").and_then(Value::as_bool).unwrap_or(false),
        queued: true,
        title: text("title_text"),
        folder: given("folder_name"),
        library: given("library_name"),
        season: given("season_number"),
        episode: given("episode_number"),
        episode_title: given("episode_title"),
        asset_type: given("asset_type").or_else(|| given("poster_type")).map(|kind| kind.to_lowercase()),
        media_type: given("mediaType").map(|kind| kind.to_lowercase()),
    };
    // A manual run that was to wait: there the path ends with the name of its picture, not of the asset.
    if old.parameters.contains_key("poster_type") { of_manual_run(asked) } else { Ok(asked) }
}

fn of_manual_run(asked: Replacement) -> Result<Replacement, ApiError> {
    let folders = asked.path.rsplit_once('/').map_or("", |(folders, _)| folders);
    let asked = Replacement { path: format!("{folders}/poster.jpg"), ..asked };
    let form = asked.form().map_err(|why| match why {
        NoRun::Structure => unnamed("library and folder are not told"),
        NoRun::Because(why) => unnamed(&why),
    })?;
    let path = form.asset().ok_or_else(|| unnamed("the season or the episode has no number"))?;
    Ok(Replacement { path, ..asked })
}

fn unnamed(why: &str) -> ApiError {
    ApiError::told(Code::InvalidValue, "no run can make it: {cause}", [("cause", why.into())])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn old(path: &str, parameters: Value) -> OldItem {
        let parameters = parameters.as_object().unwrap().clone();
        let (source, given) = (SourceKind::Upload, "x.jpg".to_owned());
        OldItem { path: path.to_owned(), source, given, parameters, created: Utc::now() }
    }

    #[test]
    fn what_was_asked_there_is_asked_here() {
        let replaced = asked(&old(
            "TV/Dark/S01E02.jpg",
            json!({"title_text": "", "season_number": 1, "episode_number": "2", "episode_title": "Lies", "mediaType": "undefined",
                "asset_type": "titlecard", "process_with_overlays": true}),
        ))
        .unwrap();
        assert_eq!((replaced.path.as_str(), replaced.title.as_deref()), ("TV/Dark/S01E02.jpg", Some("")));
        assert_eq!((replaced.season.as_deref(), replaced.episode.as_deref()), (Some("1"), Some("2")));
        assert_eq!((replaced.media_type, replaced.overlays), (None, true));
        assert!(!asked(&old("Movies/F/poster.jpg", json!({}))).unwrap().overlays);
    }

    #[test]
    fn a_manual_run_names_its_asset_and_not_its_picture() {
        let run = |kind: &str, season: Value| {
            json!({"library_name": "TV", "folder_name": "F", "title_text": "T", "poster_type": kind, "season_number": season,
                "episode_number": null, "episode_title": null, "process_with_overlays": true, "asset_type": kind})
        };
        for (kind, season, path) in [
            ("standard", Value::Null, "TV/F/poster.jpg"),
            ("background", Value::Null, "TV/F/background.jpg"),
            ("season", json!("Season 2"), "TV/F/Season02.jpg"),
            ("collection", Value::Null, "Collections/TV/F/poster.jpg"),
        ] {
            assert_eq!(asked(&old("TV/F/y.jpg", run(kind, season))).unwrap().path, path, "{kind}");
        }
        let error = asked(&old("TV/F/y.jpg", run("season", Value::Null))).unwrap_err();
        assert!(error.to_string().starts_with("no run can make it: "), "{error}");
    }
}
