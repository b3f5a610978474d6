//! `/api/recent-assets`: the newest images that a row tells of.

use serde::Serialize;
use utoipa::ToSchema;

use super::image_file::Found;
use super::overview::is_resolved;
use super::row::ChoiceRow;
use crate::library::asset_url;

/// Upstream's limit.
const MAX_COUNT: usize = 100;

/// The answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecentAssets {
    success: bool,
    /// Newest first.
    assets: Vec<RecentAsset>,
    total_count: usize,
}

/// An image.
#[derive(Debug, Serialize, ToSchema)]
struct RecentAsset {
    title: String,
    r#type: Option<String>,
    rootfolder: Option<String>,
    library: Option<String>,
    language: Option<String>,
    #[serde(rename = "LogoSource", skip_serializing_if = "Option::is_none")]
    logo_source: Option<String>,
    #[serde(rename = "LogoLanguage", skip_serializing_if = "Option::is_none")]
    logo_language: Option<String>,
    #[serde(rename = "LogoTextFallback", skip_serializing_if = "Option::is_none")]
    logo_text_fallback: Option<String>,
    /// Always false, as upstream has it.
    fallback: bool,
    text_truncated: bool,
    download_source: Option<String>,
    /// Empty where there is none; may be the text `false`.
    provider_link: String,
    is_manually_created: bool,
    poster_url: String,
    /// Always true: others are left out.
    has_poster: bool,
    /// Seconds since 1970.
    created: f64,
    /// Seconds since 1970.
    modified: f64,
}

/// The answer while it is put together; rows with the same time stay in the order in which they are added.
#[derive(Default)]
pub struct Recent<'a> {
    found: Vec<(&'a ChoiceRow, Found)>,
}

impl<'a> Recent<'a> {
    /// Adds a row whose file is there.
    pub fn add(&mut self, row: &'a ChoiceRow, found: Found) {
        self.found.push((row, found));
    }

    /// The whole answer.
    pub fn finish(mut self) -> RecentAssets {
        self.found.sort_by(|(_, a), (_, b)| b.entry.modified.total_cmp(&a.entry.modified));
        let assets: Vec<_> = self.found.into_iter().take(MAX_COUNT).map(|(row, found)| asset(row, &found)).collect();
        RecentAssets { success: true, total_count: assets.len(), assets }
    }
}

fn asset(row: &ChoiceRow, found: &Found) -> RecentAsset {
    RecentAsset {
        title: row.title.clone(),
        r#type: row.kind.clone(),
        rootfolder: row.rootfolder.clone(),
        library: row.library.clone(),
        language: row.language.clone(),
        logo_source: row.logo_source.clone(),
        logo_language: row.logo_language.clone(),
        logo_text_fallback: row.logo_text_fallback.clone(),
        fallback: false,
        text_truncated: row.text_truncated.as_deref().is_some_and(|text| text.eq_ignore_ascii_case("true")),
        download_source: row.download_source.clone(),
        provider_link: row.fav_provider_link.clone().filter(|link| link != "N/A").unwrap_or_default(),
        is_manually_created: is_resolved(row) || is_local(row.download_source.as_deref().unwrap_or_default()),
        poster_url: asset_url::of(asset_url::ASSETS, &found.path),
        has_poster: true,
        created: found.entry.created,
        modified: found.entry.modified,
    }
}

/// Whether the image came from a file of the user.
fn is_local(source: &str) -> bool {
    source == "N/A" || ["C:", "/", "\\"].iter().any(|start| source.starts_with(start))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::library::assets::Entry;

    fn row(source: Option<&str>, link: Option<&str>, manual: &str) -> ChoiceRow {
        let some = |text: &str| Some(text.to_owned());
        ChoiceRow {
            title: "Heat".to_owned(),
            text_truncated: some("TRUE"),
            fallback: some("true"),
            download_source: source.map(str::to_owned),
            fav_provider_link: link.map(str::to_owned),
            manual: some(manual),
            ..ChoiceRow::default()
        }
    }

    fn found(modified: f64) -> Found {
        Found { path: "A b/poster.jpg".to_owned(), entry: Entry { size: 1, created: 1.5, modified } }
    }

    #[test]
    fn the_newest_hundred_come_first_and_equal_times_keep_their_order() {
        let rows: Vec<_> = (0..150).map(|id| ChoiceRow { title: id.to_string(), ..ChoiceRow::default() }).collect();
        let mut recent = Recent::default();
        (0..).zip(&rows).for_each(|(n, row)| recent.add(row, found(f64::from(n / 2))));
        let answer = recent.finish();
        assert_eq!((answer.assets.len(), answer.total_count), (100, 100));
        let titles: Vec<_> = answer.assets.iter().take(4).map(|asset| asset.title.as_str()).collect();
        assert_eq!(titles, ["148", "149", "146", "147"]);
    }

    #[test]
    fn an_item_is_upstreams() {
        for (source, link, manual, provider_link, manually) in [
            (Some("https://a"), Some("N/A"), "false", "", false),
            (Some("https://a"), Some("false"), "Yes", "false", true),
            (Some("/config/uploads/x"), None, "false", "", true),
            (Some("C:\\x"), None, "No", "", true),
            (Some("\\\\nas\\x"), None, "No", "", true),
            (Some("N/A"), Some("https://b"), "", "https://b", true),
            (Some(""), None, "", "", false),
            (None, None, "true", "", true),
        ] {
            let mut recent = Recent::default();
            let row = row(source, link, manual);
            recent.add(&row, found(2.0));
            let answer = serde_json::to_value(recent.finish()).unwrap();
            let expected = json!({"title": "Heat", "type": null, "rootfolder": null, "library": null, "language": null,
                "fallback": false, "text_truncated": true, "download_source": source, "provider_link": provider_link,
                "is_manually_created": manually, "poster_url": "/poster_assets/A%20b/poster.jpg", "has_poster": true,
                "created": 1.5, "modified": 2.0});
            assert_eq!(answer, json!({"success": true, "assets": [expected], "total_count": 1}));
        }
    }
}
