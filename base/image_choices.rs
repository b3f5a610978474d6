//! `Logs/ImageChoices.csv`, which tells of each picture where it is from: fields in quotes, between semicolons.

mod reader;
mod writer;

pub use reader::{Line, Table, read};
pub use writer::Writer;

use crate::artwork::ArtworkKind;
use crate::items::ItemKind;

/// The file's name in the folder of logs.
pub const FILE: &str = "ImageChoices.csv";

/// The columns, as version 3 of the script has them; version 2 has no `Logo` columns. Readers go by the names.
pub const COLUMNS: [&str; 16] = [
    "Title",
    "Type",
    "Rootfolder",
    "LibraryName",
    "Language",
    "Logo Source",
    "Logo Language",
    "Logo TextFallback",
    "Fallback",
    "TextTruncated",
    "Download Source",
    "Manual",
    "tmdbid",
    "tvdbid",
    "imdbid",
    "Fav Provider Link",
];

/// What the column `Type` says of a movie's or a show's artwork; `None` where nobody told which of them it is.
pub fn type_word(kind: ArtworkKind, of: Option<ItemKind>) -> &'static str {
    match (kind, of) {
        (ArtworkKind::Season, _) => "Season",
        (ArtworkKind::TitleCard, _) => "Episode",
        (ArtworkKind::Collection, _) => "Collection",
        (ArtworkKind::Background, Some(ItemKind::Movie)) => "Movie Background",
        (ArtworkKind::Background, Some(ItemKind::Show)) => "Show Background",
        (ArtworkKind::Background, None) => "Background",
        (ArtworkKind::Poster, Some(ItemKind::Movie)) => "Movie",
        (ArtworkKind::Poster, Some(ItemKind::Show)) => "Show",
        (ArtworkKind::Poster, None) => "Poster",
    }
}

/// The kind of artwork that a `Type` means, in any letter case; as upstream has it, what is nothing else is a poster.
pub fn kind_of_type(word: &str) -> ArtworkKind {
    let word = word.to_lowercase();
    let words: [(&[&str], ArtworkKind); 4] = [
        (&["background"], ArtworkKind::Background),
        (&["season"], ArtworkKind::Season),
        (&["titlecard", "episode"], ArtworkKind::TitleCard),
        (&["collection"], ArtworkKind::Collection),
    ];
    let known = words.into_iter().find(|(words, _)| words.iter().any(|known| word.contains(known)));
    known.map_or(ArtworkKind::Poster, |(_, kind)| kind)
}

/// What a cell says that has nothing to say; also "no".
pub const NOTHING: &str = "false";

/// A row as it is in the file. Texts may be [`NOTHING`]; those of a column that the file lacks are empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImageChoice {
    pub title: String,
    /// `Movie`, `Movie Background`, `Show`, `Show Background`, `Season`, `Episode`; of manual runs also others.
    pub kind: String,
    /// The folder of the title.
    pub folder: String,
    pub library: String,
    /// A language code, `Textless`, or [`NOTHING`].
    pub language: String,
    /// The address or the file of the logo in the title's place; `None` in a file of version 2, like the next two.
    pub logo_source: Option<String>,
    /// A language code.
    pub logo_language: Option<String>,
    /// `true` where no logo was found and the title is printed.
    pub logo_text_fallback: Option<String>,
    /// `true`, `false` in any letter case, or free text.
    pub fallback: String,
    /// `true` or `false`.
    pub truncated: String,
    /// An address or a path.
    pub source: String,
    /// `true` or `false`.
    pub manual: String,
    /// The title's number at TMDB; `None` where it is not known, like the next two.
    pub tmdb: Option<String>,
    /// The title's number at TVDB.
    pub tvdb: Option<String>,
    /// The title's number at IMDb.
    pub imdb: Option<String>,
    /// An address at the favourite provider.
    pub link: String,
}

/// The cell of a yes or no.
pub fn flag(on: bool) -> String {
    if on { "true" } else { NOTHING }.to_owned()
}

/// The cell of what may not be there.
pub fn or_nothing(value: Option<&str>) -> String {
    value.unwrap_or(NOTHING).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_as_they_are_written() {
        for kind in ArtworkKind::ALL {
            for of in [None, Some(ItemKind::Movie), Some(ItemKind::Show)] {
                assert_eq!(kind_of_type(type_word(kind, of)), kind);
            }
        }
        assert_eq!(kind_of_type("TitleCard"), ArtworkKind::TitleCard);
        assert_eq!(kind_of_type(""), ArtworkKind::Poster);
    }
}
