//! GitHub's list of releases, reduced to what is shown.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// Releases that are kept.
const KEPT: usize = 10;
/// The longest release note that is kept, in characters.
const MAX_BODY_LENGTH: usize = 64 * 1024;

/// One release, as stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// The tag.
    pub version: String,
    /// The title.
    pub name: Option<String>,
    /// When it was published, as GitHub writes it.
    pub published_at: String,
    /// Whether GitHub calls it a pre-release.
    pub is_prerelease: bool,
    /// Whether it is a draft.
    pub is_draft: bool,
    /// Its page.
    pub html_url: String,
    /// The notes, in Markdown.
    pub body: Option<String>,
}

/// One release, as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ShownRelease {
    /// The tag.
    pub version: String,
    /// The title.
    pub name: Option<String>,
    /// When it was published.
    pub published_at: String,
    /// Whole days since then; negative for a date to come.
    pub days_ago: i64,
    /// Whether GitHub calls it a pre-release.
    pub is_prerelease: bool,
    /// Whether it is a draft.
    pub is_draft: bool,
    /// Its page.
    pub html_url: String,
    /// The notes, in Markdown.
    pub body: Option<String>,
}

impl Release {
    /// The release as seen at `now`.
    pub fn shown(&self, now: DateTime<Utc>) -> ShownRelease {
        let age =
            DateTime::parse_from_rfc3339(&self.published_at).map(|at| now.signed_duration_since(at).num_seconds());
        ShownRelease {
            version: self.version.clone(),
            name: self.name.clone(),
            published_at: self.published_at.clone(),
            days_ago: age.unwrap_or_default().div_euclid(24 * 60 * 60),
            is_prerelease: self.is_prerelease,
            is_draft: self.is_draft,
            html_url: self.html_url.clone(),
            body: self.body.clone(),
        }
    }
}

/// Reads GitHub's answer: the first releases in its order. An entry without tag or date is passed over.
pub fn read(answer: &Value) -> Option<Vec<Release>> {
    Some(answer.as_array()?.iter().filter_map(release).take(KEPT).collect())
}

fn release(entry: &Value) -> Option<Release> {
    let text = |name: &str| entry.get(name).and_then(Value::as_str).map(str::to_owned);
    let flag = |name: &str| entry.get(name).and_then(Value::as_bool).unwrap_or_default();
    Some(Release {
        version: text("tag_name")?,
        name: text("name"),
        published_at: text("published_at").filter(|date| DateTime::parse_from_rfc3339(date).is_ok())?,
        is_prerelease: flag("prerelease"),
        is_draft: flag("draft"),
        html_url: text("html_url").unwrap_or_default(),
        body: text("body").map(|body| body.chars().take(MAX_BODY_LENGTH).collect()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn releases_keep_githubs_order_and_malformed_entries_do_not_spoil_the_rest() {
        let mut entries: Vec<_> =
            (0..12).map(|n| json!({"tag_name": format!("2.1.{n}"), "published_at": "2025-11-21T11:00:57Z"})).collect();
        entries.insert(0, json!({"tag_name": "draft", "published_at": null}));
        let releases = read(&Value::Array(entries)).unwrap();
        assert_eq!(releases.len(), 10);
        assert_eq!(releases[0].version, "2.1.0");
        assert_eq!(read(&json!({"message": "rate limited"})), None);
    }

    #[test]
    fn the_age_is_in_whole_days_rounded_down() {
        let release = read(&json!([{"tag_name": "1", "published_at": "2025-11-21T11:00:57Z"}])).unwrap().remove(0);
        let days = |now: &str| release.shown(DateTime::parse_from_rfc3339(now).unwrap().to_utc()).days_ago;
        assert_eq!(days("2025-11-25T11:00:57Z"), 4);
        assert_eq!(days("2025-11-25T11:00:56Z"), 3);
        assert_eq!(days("2025-11-21T11:00:56Z"), -1);
    }
}
