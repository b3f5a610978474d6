//! One image choice: what the script chose for one image, as `ImageChoices.csv` tells it and the user amends it.

use chrono::{DateTime, Local};
use posterizarr_base::image_choices::ImageChoice;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::store::Record;

/// A row as clients see it: the columns of upstream's table `imagechoices`, in its order, all text or null. Those of version 3
/// are absent in rows that version 2 wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChoiceRow {
    /// Counts up, never reused.
    pub id: u64,
    /// `T`, `T | Season N` or `SxxExx | episode title`.
    #[serde(rename = "Title")]
    pub title: String,
    /// `Movie`, `Movie Background`, `Show`, `Show Background`, `Season`, `Episode`; of manual runs also `Poster` and others.
    #[serde(rename = "Type")]
    pub kind: Option<String>,
    /// The folder of the title.
    #[serde(rename = "Rootfolder")]
    pub rootfolder: Option<String>,
    /// The library the title is in.
    #[serde(rename = "LibraryName")]
    pub library: Option<String>,
    /// A language code, `Textless`, or `false`.
    #[serde(rename = "Language")]
    pub language: Option<String>,
    /// `true`, `false` in any letter case, or free text.
    #[serde(rename = "Fallback")]
    pub fallback: Option<String>,
    /// Where the logo in the title's place is from, or `false`.
    #[serde(rename = "LogoSource", default, skip_serializing_if = "Option::is_none")]
    pub logo_source: Option<String>,
    /// The logo's language code, or `false`.
    #[serde(rename = "LogoLanguage", default, skip_serializing_if = "Option::is_none")]
    pub logo_language: Option<String>,
    /// `true` where no logo was found and the title is printed; else `false`.
    #[serde(rename = "LogoTextFallback", default, skip_serializing_if = "Option::is_none")]
    pub logo_text_fallback: Option<String>,
    /// `true` or `false` in any letter case.
    #[serde(rename = "TextTruncated")]
    pub text_truncated: Option<String>,
    /// An address, a local path, or `false` where nothing was found.
    #[serde(rename = "DownloadSource")]
    pub download_source: Option<String>,
    /// An address at the favourite provider, or `false`.
    #[serde(rename = "FavProviderLink")]
    pub fav_provider_link: Option<String>,
    /// `Yes` or `true` for what is resolved, `No` or `false` for what is not.
    #[serde(rename = "Manual")]
    pub manual: Option<String>,
    /// The title's number at TMDB.
    pub tmdbid: Option<String>,
    /// The title's number at TVDB.
    pub tvdbid: Option<String>,
    /// The title's number at IMDb.
    pub imdbid: Option<String>,
    /// Local time, `YYYY-MM-DD HH:MM:SS`.
    pub created_at: String,
    /// Local time, `YYYY-MM-DD HH:MM:SS`.
    pub updated_at: String,
}

impl From<ImageChoice> for ChoiceRow {
    /// Without id and times.
    fn from(row: ImageChoice) -> Self {
        Self {
            title: row.title,
            kind: Some(row.kind),
            rootfolder: Some(row.folder),
            library: Some(row.library),
            language: Some(row.language),
            fallback: Some(row.fallback),
            logo_source: row.logo_source,
            logo_language: row.logo_language,
            logo_text_fallback: row.logo_text_fallback,
            text_truncated: Some(row.truncated),
            download_source: Some(row.source),
            fav_provider_link: Some(row.link),
            manual: Some(row.manual),
            tmdbid: row.tmdb,
            tvdbid: row.tvdb,
            imdbid: row.imdb,
            ..Self::default()
        }
    }
}

/// What a client may set. Null and absent leave a column as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, ToSchema)]
pub struct ChoiceFields {
    /// Always needed, as upstream has it.
    #[serde(rename = "Title")]
    pub title: String,
    #[serde(rename = "Type")]
    kind: Option<String>,
    #[serde(rename = "Rootfolder")]
    rootfolder: Option<String>,
    #[serde(rename = "LibraryName")]
    library: Option<String>,
    #[serde(rename = "Language")]
    language: Option<String>,
    #[serde(rename = "Fallback")]
    fallback: Option<String>,
    #[serde(rename = "LogoSource")]
    logo_source: Option<String>,
    #[serde(rename = "LogoLanguage")]
    logo_language: Option<String>,
    #[serde(rename = "LogoTextFallback")]
    logo_text_fallback: Option<String>,
    #[serde(rename = "TextTruncated")]
    text_truncated: Option<String>,
    #[serde(rename = "DownloadSource")]
    download_source: Option<String>,
    #[serde(rename = "FavProviderLink")]
    fav_provider_link: Option<String>,
    #[serde(rename = "Manual")]
    manual: Option<String>,
}

impl ChoiceFields {
    /// Writes what is set into a row.
    pub fn write_to(self, row: &mut ChoiceRow) {
        row.title = self.title;
        let given = [
            (&mut row.kind, self.kind),
            (&mut row.rootfolder, self.rootfolder),
            (&mut row.library, self.library),
            (&mut row.language, self.language),
            (&mut row.fallback, self.fallback),
            (&mut row.logo_source, self.logo_source),
            (&mut row.logo_language, self.logo_language),
            (&mut row.logo_text_fallback, self.logo_text_fallback),
            (&mut row.text_truncated, self.text_truncated),
            (&mut row.download_source, self.download_source),
            (&mut row.fav_provider_link, self.fav_provider_link),
            (&mut row.manual, self.manual),
        ];
        given.into_iter().filter(|(_, value)| value.is_some()).for_each(|(column, value)| *column = value);
    }
}

/// What no two rows share; a row that lacks one of the four parts is like no other (as SQLite has it).
pub type Key<'a> = (&'a str, &'a str, &'a str, &'a str);

impl ChoiceRow {
    /// Title, Rootfolder, Type and LibraryName.
    pub fn key(&self) -> Option<Key<'_>> {
        Some((&self.title, self.rootfolder.as_deref()?, self.kind.as_deref()?, self.library.as_deref()?))
    }

    /// Whether both have the same parts of a key, where it is none.
    pub fn is_called_like(&self, other: &Self) -> bool {
        self.title == other.title
            && self.rootfolder == other.rootfolder
            && self.kind == other.kind
            && self.library == other.library
    }

    /// What the script decided, apart from whether a person had a hand in it.
    fn decision(&self) -> [&Option<String>; 5] {
        [&self.language, &self.fallback, &self.text_truncated, &self.download_source, &self.fav_provider_link]
    }

    /// What version 3 tells beside that.
    fn logo(&self) -> [&Option<String>; 3] {
        [&self.logo_source, &self.logo_language, &self.logo_text_fallback]
    }

    /// Whether both tell of the same image.
    pub fn decides_like(&self, other: &Self) -> bool {
        self.decision() == other.decision() && self.logo() == other.logo()
    }

    /// Takes over everything a line of the CSV tells, except the title's numbers where it has none.
    pub fn take_decision(&mut self, line: &Self) {
        self.language.clone_from(&line.language);
        self.fallback.clone_from(&line.fallback);
        self.logo_source.clone_from(&line.logo_source);
        self.logo_language.clone_from(&line.logo_language);
        self.logo_text_fallback.clone_from(&line.logo_text_fallback);
        self.text_truncated.clone_from(&line.text_truncated);
        self.download_source.clone_from(&line.download_source);
        self.fav_provider_link.clone_from(&line.fav_provider_link);
        self.manual.clone_from(&line.manual);
        self.take_numbers(line);
    }

    /// Takes over the title's numbers that the other knows.
    pub fn take_numbers(&mut self, other: &Self) {
        let known =
            [(&mut self.tmdbid, &other.tmdbid), (&mut self.tvdbid, &other.tvdbid), (&mut self.imdbid, &other.imdbid)];
        known.into_iter().filter(|(_, number)| number.is_some()).for_each(|(ours, number)| ours.clone_from(number));
    }

    /// Short for everything that a line of the CSV tells beside its key.
    pub fn digest(&self) -> u64 {
        let mut hash = Sha256::new();
        let others = [&self.manual, &self.tmdbid, &self.tvdbid, &self.imdbid];
        // The columns of version 3 come last and only where they are, so that lines without them are known as before.
        let logo = self.logo().into_iter().filter(|value| value.is_some());
        for value in self.decision().into_iter().chain(others).chain(logo) {
            hash.update(value.as_deref().unwrap_or_default());
            hash.update([0]);
        }
        hash.finalize().iter().take(8).fold(0, |number, byte| (number << 8) | u64::from(*byte))
    }
}

/// The clock as the table has it.
pub fn timestamp(now: DateTime<Local>) -> String {
    now.format("%Y-%m-%d %H:%M:%S").to_string()
}

/// A row as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    #[serde(flatten)]
    pub row: ChoiceRow,
    /// The [`ChoiceRow::digest`] of the line that was imported last; none for a row that came another way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<u64>,
    /// For a row that was hidden with its file: what tells the file when it comes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone: Option<FileMark>,
}

impl Kept {
    /// A row that came another way than by the CSV.
    pub fn new(row: ChoiceRow) -> Self {
        Self { row, imported: None, gone: None }
    }

    /// Whether the file with which it was hidden is in its place again.
    pub fn is_back(&self, finder: &super::image_file::Finder<'_>) -> bool {
        self.gone.zip(finder.find(&self.row)).is_some_and(|(mark, found)| mark.is_of(&found.entry))
    }
}

/// Tells a file from another at the same place. Moving it away and back changes neither part.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct FileMark {
    /// Bytes.
    pub size: u64,
    /// Seconds since 1970.
    pub modified: f64,
}

impl FileMark {
    /// Of a file of the index.
    pub fn of(entry: &crate::library::assets::Entry) -> Self {
        Self { size: entry.size, modified: entry.modified }
    }

    /// Whether this is that file; a copy to another disk and back may cost a fraction of the time.
    pub fn is_of(&self, entry: &crate::library::assets::Entry) -> bool {
        self.size == entry.size && (self.modified - entry.modified).abs() < 0.001
    }
}

/// What the table holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// A row, under its id.
    Row(Box<Kept>),
    /// How far the import is, under id 0.
    Progress(super::source::Progress),
}

impl Record for Entry {
    const TABLE: &'static str = "choices";
    const VERSION: u8 = 1;
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_row_has_the_sixteen_columns_in_the_tables_order() {
        let row = serde_json::to_value(ChoiceRow { id: 7, title: "Heat".to_owned(), ..ChoiceRow::default() }).unwrap();
        let names: Vec<_> = row.as_object().unwrap().keys().map(String::as_str).collect();
        let columns = "id Title Type Rootfolder LibraryName Language Fallback TextTruncated DownloadSource FavProviderLink \
                       Manual tmdbid tvdbid imdbid created_at updated_at";
        assert_eq!(names.join(" "), columns);
        assert_eq!(row["Type"], json!(null));
        let of_3 = ChoiceRow { logo_source: Some("false".to_owned()), ..ChoiceRow::default() };
        assert_eq!(serde_json::to_value(&of_3).unwrap()["LogoSource"], "false");
        assert_ne!(of_3.digest(), ChoiceRow::default().digest());
        assert!(!of_3.decides_like(&ChoiceRow::default()));
    }

    #[test]
    fn null_and_absent_leave_a_column_and_an_empty_text_is_written() {
        let mut row =
            ChoiceRow { language: Some("de".to_owned()), fallback: Some("true".to_owned()), ..ChoiceRow::default() };
        let fields = json!({"Title": "Heat", "Language": null, "Fallback": "", "Manual": "Yes", "unknown": 1});
        serde_json::from_value::<ChoiceFields>(fields).unwrap().write_to(&mut row);
        assert_eq!((row.title.as_str(), row.language.as_deref()), ("Heat", Some("de")));
        assert_eq!((row.fallback.as_deref(), row.manual.as_deref()), (Some(""), Some("Yes")));
        assert!(serde_json::from_value::<ChoiceFields>(json!({"Title": "x", "Manual": true})).is_err());
        assert!(serde_json::from_value::<ChoiceFields>(json!({"Manual": "Yes"})).is_err());
    }

    #[test]
    fn what_is_kept_comes_back() {
        let row = ChoiceRow { id: 7, title: "Heat".to_owned(), kind: Some(String::new()), ..ChoiceRow::default() };
        let gone = Some(FileMark { size: 3, modified: 1_730_000_107.25 });
        for kept in [Kept::new(row.clone()), Kept { row: row.clone(), imported: Some(u64::MAX), gone }] {
            let text = serde_json::to_vec(&Entry::Row(Box::new(kept.clone()))).unwrap();
            assert_eq!(serde_json::from_slice::<Entry>(&text).unwrap(), Entry::Row(Box::new(kept)));
        }
    }

    #[test]
    fn the_digest_tells_where_one_value_ends() {
        let of = |language: &str, fallback: &str| {
            ChoiceRow {
                language: Some(language.to_owned()),
                fallback: Some(fallback.to_owned()),
                ..ChoiceRow::default()
            }
            .digest()
        };
        assert_ne!(of("ab", "c"), of("a", "bc"));
        assert_eq!(of("ab", "c"), of("ab", "c"));
    }
}
