//! `/api/assets/overview`: what needs attention, in seven categories.

use serde::Serialize;
use utoipa::ToSchema;

use super::image_file::Found;
use super::row::ChoiceRow;
use crate::config::{ConfigView, document};
use crate::library::asset_url;

/// What the user prefers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Preferred {
    /// The first of the preferred languages, as it is written.
    #[serde(rename = "primary_language")]
    pub language: Option<String>,
    /// The favourite provider, in lower case.
    #[serde(rename = "primary_provider")]
    pub provider: Option<String>,
    /// The same for other kinds than posters; none for a file of version 2, where the posters' counts for all.
    #[serde(flatten)]
    pub by_kind: Option<LanguagesByKind>,
}

/// The first language of each kind that has an order of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct LanguagesByKind {
    /// Of backgrounds.
    #[serde(rename = "primary_language_background")]
    pub background: Option<String>,
    /// Of season posters.
    #[serde(rename = "primary_language_season")]
    pub season: Option<String>,
    /// Of title cards.
    #[serde(rename = "primary_language_titlecard")]
    pub title_card: Option<String>,
}

/// What an order says before it was filled in: the posters' counts.
const NOT_FILLED: &str = "PleaseFillMe";

impl Preferred {
    /// As `config.json` says; what it does not say stays open, whatever the script's default may be.
    pub fn of(config: &ConfigView) -> Self {
        let find = |key| document::find(&config.document, "ApiPart", key);
        let first = |key| {
            let first = match find(key) {
                Some(serde_json::Value::Array(order)) => order.first().and_then(document::scalar),
                Some(serde_json::Value::String(order)) => order.split(',').next().map(|code| code.trim().to_owned()),
                _ => None,
            };
            first.filter(|code| !code.is_empty())
        };
        let language = first("PreferredLanguageOrder");
        let of_kind = |key| first(key).filter(|code| code != NOT_FILLED).or_else(|| language.clone());
        let by_kind = config.is_of_3().then(|| LanguagesByKind {
            background: of_kind("PreferredBackgroundLanguageOrder"),
            season: of_kind("PreferredSeasonLanguageOrder"),
            title_card: of_kind("PreferredTCLanguageOrder"),
        });
        let provider = find("FavProvider").and_then(document::scalar).map(|name| name.to_lowercase());
        Self { language, provider: provider.filter(|name| !name.is_empty()), by_kind }
    }

    /// The first language for an image of this kind.
    fn language_of(&self, kind: Option<&str>) -> Option<&str> {
        let kind = kind.unwrap_or_default().to_lowercase();
        let own = self.by_kind.as_ref().map(|languages| match kind.as_str() {
            "season" => &languages.season,
            "episode" => &languages.title_card,
            kind if kind.contains("background") => &languages.background,
            _ => &self.language,
        });
        own.unwrap_or(&self.language).as_deref()
    }
}

/// What may be the matter with an image. In the order of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Category {
    /// Nothing was found.
    Missing,
    /// Nothing was found at the favourite provider.
    MissingAtFavourite,
    /// In another language than the first one.
    OtherLanguage,
    /// From another provider than the favourite one.
    OtherProvider,
    /// Its text was cut off.
    Truncated,
    /// Any of these.
    Issue,
    /// The user has dealt with it.
    Resolved,
}

impl Category {
    /// All, in the order of the answer.
    pub const ALL: [Self; 7] = [
        Self::Missing,
        Self::MissingAtFavourite,
        Self::OtherLanguage,
        Self::OtherProvider,
        Self::Truncated,
        Self::Issue,
        Self::Resolved,
    ];

    /// The name in the answer.
    pub fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing_assets",
            Self::MissingAtFavourite => "missing_assets_fav_provider",
            Self::OtherLanguage => "non_primary_lang",
            Self::OtherProvider => "non_primary_provider",
            Self::Truncated => "truncated_text",
            Self::Issue => "assets_with_issues",
            Self::Resolved => "resolved",
        }
    }
}

/// The categories a row is in; none for an image that is as it should be.
pub fn categories(row: &ChoiceRow, preferred: &Preferred) -> Vec<Category> {
    if is_resolved(row) {
        return vec![Category::Resolved];
    }
    let (no_source, no_link) = (is_missing(&row.download_source), is_missing(&row.fav_provider_link));
    let language = row.language.as_deref().filter(|language| !language.is_empty());
    let checks = [
        (Category::Missing, no_source),
        (Category::MissingAtFavourite, no_link),
        (
            Category::OtherLanguage,
            language.is_some_and(|language| is_other_language(language, preferred.language_of(row.kind.as_deref()))),
        ),
        (Category::OtherProvider, !no_source && !no_link && is_other_provider(row, preferred)),
        (Category::Truncated, row.text_truncated.as_deref().is_some_and(|text| text.eq_ignore_ascii_case("true"))),
    ];
    let mut found: Vec<_> = checks.into_iter().filter(|(_, holds)| *holds).map(|(category, _)| category).collect();
    if !found.is_empty() {
        found.push(Category::Issue);
    }
    found
}

/// Whether the user, or the script in a manual run, has dealt with it.
pub fn is_resolved(row: &ChoiceRow) -> bool {
    row.manual.as_deref().is_some_and(|text| text.eq_ignore_ascii_case("yes") || text.eq_ignore_ascii_case("true"))
}

/// As upstream has it: `False` is not missing.
fn is_missing(value: &Option<String>) -> bool {
    matches!(value.as_deref(), None | Some("" | "false"))
}

fn is_other_language(language: &str, preferred: Option<&str>) -> bool {
    let normal = |code: &str| match code.to_lowercase() {
        code if code == "textless" => "xx".to_owned(),
        code => code,
    };
    match preferred {
        Some(first) => normal(language) != normal(first),
        None => normal(language) != "xx",
    }
}

fn is_other_provider(row: &ChoiceRow, preferred: &Preferred) -> bool {
    let Some(provider) = preferred.provider.as_deref() else { return false };
    let patterns: &[&str] = match provider {
        "tmdb" => &["tmdb", "themoviedb"],
        "tvdb" => &["tvdb", "thetvdb"],
        "fanart" => &["fanart"],
        "plex" => &["plex"],
        _ => &[provider],
    };
    let names_it = |value: &Option<String>| {
        let value = value.as_deref().unwrap_or_default().to_lowercase();
        patterns.iter().any(|pattern| value.contains(pattern))
    };
    !names_it(&row.download_source) || !names_it(&row.fav_provider_link)
}

/// A row with its file.
#[derive(Serialize)]
struct Record<'a> {
    #[serde(flatten)]
    row: &'a ChoiceRow,
    poster_url: Option<String>,
    has_poster: bool,
    created: Option<f64>,
    modified: Option<f64>,
}

/// The answer while it is put together, row by row, newest first.
#[derive(Default)]
pub struct Overview {
    lists: [Vec<u8>; Category::ALL.len()],
    counts: Counts,
}

/// How many rows are in each category, by its place in [`Category::ALL`].
pub type Counts = [usize; Category::ALL.len()];

impl Overview {
    /// Adds a row to its categories.
    pub fn add(&mut self, row: &ChoiceRow, found: Option<&Found>, preferred: &Preferred) -> serde_json::Result<()> {
        let categories = categories(row, preferred);
        if categories.is_empty() {
            return Ok(());
        }
        let record = serde_json::to_vec(&Record {
            row,
            poster_url: found.map(|found| asset_url::of(asset_url::ASSETS, &found.path)),
            has_poster: found.is_some(),
            created: found.map(|found| found.entry.created),
            modified: found.map(|found| found.entry.modified),
        })?;
        for category in categories {
            let place = category as usize;
            let (Some(list), Some(count)) = (self.lists.get_mut(place), self.counts.get_mut(place)) else { continue };
            if !list.is_empty() {
                list.push(b',');
            }
            list.extend_from_slice(&record);
            *count += 1;
        }
        Ok(())
    }

    /// The whole answer, and the count of each category.
    pub fn finish(self, preferred: &Preferred) -> serde_json::Result<(Vec<u8>, Counts)> {
        let mut body = Vec::with_capacity(self.lists.iter().map(Vec::len).sum::<usize>() + 1024);
        let mut before = "{\"categories\":{";
        for ((category, list), count) in Category::ALL.into_iter().zip(self.lists).zip(self.counts) {
            body.extend_from_slice(
                format!("{before}\"{}\":{{\"count\":{count},\"assets\":[", category.name()).as_bytes(),
            );
            body.extend_from_slice(&list);
            body.extend_from_slice(b"]}");
            before = ",";
        }
        body.extend_from_slice(b"},\"config\":");
        serde_json::to_writer(&mut body, preferred)?;
        body.push(b'}');
        Ok((body, self.counts))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};

    use super::Category::*;
    use super::*;
    use crate::library::assets::Entry;

    fn row(value: Value) -> ChoiceRow {
        let mut row = json!({"id": 1, "Title": "Heat", "created_at": "", "updated_at": ""});
        row.as_object_mut().unwrap().extend(value.as_object().unwrap().clone());
        serde_json::from_value(row).unwrap()
    }

    fn preferred(language: Option<&str>, provider: Option<&str>) -> Preferred {
        Preferred { language: language.map(str::to_owned), provider: provider.map(str::to_owned), by_kind: None }
    }

    #[test]
    fn each_category_has_its_rule() {
        let tmdb = "https://image.tmdb.org/a.jpg";
        let link = "https://www.TheMovieDB.org/movie/1";
        let good = json!({"DownloadSource": tmdb, "FavProviderLink": link, "Language": "xx", "TextTruncated": "false"});
        let cases: Vec<(Value, &[Category])> = vec![
            (json!({}), &[]),
            (json!({"Manual": "No"}), &[]),
            (json!({"Manual": "Yes", "DownloadSource": "false"}), &[Resolved]),
            (json!({"Manual": "TRUE", "TextTruncated": "true"}), &[Resolved]),
            (json!({"DownloadSource": "false"}), &[Missing, Issue]),
            (json!({"DownloadSource": ""}), &[Missing, Issue]),
            (json!({"DownloadSource": null, "FavProviderLink": null}), &[Missing, MissingAtFavourite, Issue]),
            (json!({"FavProviderLink": "false"}), &[MissingAtFavourite, Issue]),
            (json!({"FavProviderLink": "False"}), &[OtherProvider, Issue]),
            (json!({"Language": "Textless"}), &[]),
            (json!({"Language": "XX"}), &[]),
            (json!({"Language": "de"}), &[OtherLanguage, Issue]),
            (json!({"Language": "false"}), &[OtherLanguage, Issue]),
            (json!({"Language": ""}), &[]),
            (json!({"Language": null}), &[]),
            (json!({"DownloadSource": "https://fanart.tv/a.jpg"}), &[OtherProvider, Issue]),
            (json!({"FavProviderLink": "https://fanart.tv/a"}), &[OtherProvider, Issue]),
            (json!({"TextTruncated": "True"}), &[Truncated, Issue]),
            (
                json!({"DownloadSource": "/config/uploads/x.jpg", "Language": "de", "TextTruncated": "true"}),
                &[OtherLanguage, OtherProvider, Truncated, Issue],
            ),
        ];
        for (change, expected) in cases {
            let mut value = good.clone();
            value.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            assert_eq!(categories(&row(value), &preferred(Some("xx"), Some("tmdb"))), expected, "{change}");
        }
    }

    #[test]
    fn what_the_user_prefers_decides() {
        let of = |source: &str, language: &str, preferred: &Preferred| {
            let value = json!({"DownloadSource": source, "FavProviderLink": source, "Language": language});
            categories(&row(value), preferred)
        };
        for (provider, source, other) in [
            ("tvdb", "https://artworks.thetvdb.com/a", false),
            ("tvdb", "https://image.tmdb.org/a", true),
            ("fanart", "https://assets.FANART.tv/a", false),
            ("plex", "http://plex:32400/a", false),
            ("imdb", "https://imdb.com/a", false),
            ("imdb", "https://image.tmdb.org/a", true),
        ] {
            let found = of(source, "", &preferred(None, Some(provider)));
            assert_eq!(found.contains(&OtherProvider), other, "{provider} {source}");
        }
        assert_eq!(of("x", "de", &preferred(Some("DE"), None)), []);
        assert_eq!(of("x", "xx", &preferred(Some("Textless"), None)), []);
        assert_eq!(of("x", "xx", &preferred(Some("de"), None)), [OtherLanguage, Issue]);
        assert_eq!(of("x", "de", &preferred(None, None)), [OtherLanguage, Issue]);
        assert_eq!(of("x", "Textless", &preferred(None, None)), []);
    }

    #[test]
    fn preferences_come_from_the_file_and_not_from_defaults() {
        let of = |part: Value| {
            let document = json!({"ApiPart": part}).as_object().unwrap().clone();
            Preferred::of(&ConfigView { document: Arc::new(document), ..ConfigView::default() })
        };
        assert_eq!(of(json!({})), Preferred::default());
        let part = json!({"PreferredLanguageOrder": ["Textless", "en"], "FavProvider": "TMDB"});
        assert_eq!(of(part), preferred(Some("Textless"), Some("tmdb")));
        // Upstream takes the first letter of a text: `PreferredLanguageOrder` as one text is a list here.
        assert_eq!(of(json!({"PreferredLanguageOrder": "de, en"})), preferred(Some("de"), None));
        assert_eq!(of(json!({"PreferredLanguageOrder": [], "FavProvider": ""})), Preferred::default());
    }

    #[test]
    fn in_a_file_of_version_3_each_kind_has_its_own_first_language() {
        let document = json!({"PrerequisitePart": {"UseLogo": "false"}, "ApiPart": {
            "PreferredLanguageOrder": ["xx"], "PreferredSeasonLanguageOrder": ["de", "xx"],
            "PreferredBackgroundLanguageOrder": ["PleaseFillMe"], "PreferredTCLanguageOrder": ["en"]}});
        let document = Arc::new(document.as_object().unwrap().clone());
        let preferred = Preferred::of(&ConfigView { document, ..ConfigView::default() });
        let told = serde_json::to_value(&preferred).unwrap();
        let expected = json!({"primary_language": "xx", "primary_provider": null, "primary_language_background": "xx",
            "primary_language_season": "de", "primary_language_titlecard": "en"});
        assert_eq!(told, expected);
        for (kind, language, other) in [
            ("Movie", "xx", false),
            ("Season", "xx", true),
            ("Season", "de", false),
            ("Episode", "en", false),
            ("Show Background", "de", true),
            ("Movie Background", "xx", false),
        ] {
            let row = row(json!({"Type": kind, "Language": language, "DownloadSource": "x", "FavProviderLink": "x"}));
            assert_eq!(categories(&row, &preferred).contains(&OtherLanguage), other, "{kind} {language}");
        }
    }

    #[test]
    fn the_answer_has_all_categories_and_each_row_in_its_lists() {
        let preferred = preferred(Some("xx"), None);
        let found = Found {
            path: "Movies/Ödd #1/poster.jpg".to_owned(),
            entry: Entry { size: 1, created: 1795425716.792379, modified: 1730000107.0 },
        };
        let mut overview = Overview::default();
        let missing = row(json!({"id": 2, "DownloadSource": "false", "FavProviderLink": "x"}));
        overview.add(&missing, Some(&found), &preferred).unwrap();
        overview.add(&row(json!({"Manual": "Yes"})), None, &preferred).unwrap();
        overview.add(&row(json!({"DownloadSource": "false", "FavProviderLink": "false"})), None, &preferred).unwrap();
        overview.add(&row(json!({"DownloadSource": "x", "FavProviderLink": "x"})), None, &preferred).unwrap();
        let (body, counts) = overview.finish(&preferred).unwrap();
        assert_eq!(counts, [2, 1, 0, 0, 0, 2, 1]);
        let text = String::from_utf8(body).unwrap();
        assert!(text.contains(r#""has_poster":true,"created":1795425716.792379,"modified":1730000107.0}"#), "{text}");
        let answer: Value = serde_json::from_str(&text).unwrap();
        let names: Vec<_> = answer["categories"].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, Category::ALL.map(Category::name));
        let first = &answer["categories"]["assets_with_issues"]["assets"][0];
        assert_eq!((&first["id"], &first["Title"], &first["tmdbid"]), (&json!(2), &json!("Heat"), &json!(null)));
        assert_eq!(first["poster_url"], "/poster_assets/Movies/%C3%96dd%20%231/poster.jpg");
        let resolved = &answer["categories"]["resolved"];
        assert_eq!((&resolved["count"], &resolved["assets"][0]["poster_url"]), (&json!(1), &json!(null)));
        assert_eq!(answer["config"], json!({"primary_language": "xx", "primary_provider": null}));
    }
}
