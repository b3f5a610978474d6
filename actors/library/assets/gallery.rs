//! What a picture is, as its name tells: the lists it belongs to and the media type that clients show.
//!
//! The rules, oddities included, are upstream's: whatever is nothing else is a poster.

use posterizarr_base::artwork::AssetName;
use posterizarr_base::items::ItemKind;

use crate::servers::library_types::LibraryTypes;

/// The list a picture is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Gallery {
    /// Everything that is nothing else.
    Poster,
    /// `background.*` and `*_background.*`.
    Background,
    /// `Season01.*` and `*_Season01.*`.
    Season,
    /// `S01E02.*` and `*_S01E02.*`.
    TitleCard,
    /// Counted in its folder, in no list: `background.old.jpg` and the like.
    Other,
}

impl Gallery {
    /// All, in the order of [`Gallery::index`].
    pub const ALL: [Self; 5] = [Self::Poster, Self::Background, Self::Season, Self::TitleCard, Self::Other];

    /// The list of a picture with this file name, in any letter case.
    pub fn of(name: &str) -> Self {
        let stem = stem(name);
        let head = name.split('.').next().unwrap_or_default();
        let of_tail = stem.rsplit_once('_').and_then(|(_, tail)| special(tail));
        if special(head).is_none() && of_tail.is_none() {
            return Self::Poster;
        }
        match special(stem).or(of_tail) {
            Some(AssetName::Background) => Self::Background,
            Some(AssetName::Season(_)) => Self::Season,
            Some(AssetName::Episode(_)) => Self::TitleCard,
            Some(AssetName::Poster) | None => Self::Other,
        }
    }

    /// Its place in [`Gallery::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }
}

/// Whether files with this name are pictures for the index (`.tbn` is not, as upstream).
pub fn is_picture(name: &[u8]) -> bool {
    let Some(dot) = name.iter().rposition(|byte| *byte == b'.').filter(|dot| *dot > 0) else { return false };
    let extension = name.get(dot + 1..).unwrap_or_default();
    [b"jpg".as_slice(), b"jpeg", b"png", b"webp"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}

fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// What is called so, if it is more than a poster.
fn special(part: &str) -> Option<AssetName> {
    AssetName::of_stem(part).filter(|name| *name != AssetName::Poster)
}

fn is_episode(part: &str) -> bool {
    matches!(AssetName::of_stem(part), Some(AssetName::Episode(_)))
}

/// What a library holds, for the media type of its pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Movies.
    Movies,
    /// Shows.
    Shows,
    /// Nobody knows.
    Unknown,
}

impl Family {
    /// As the exports tell; where they do not know the library, as its name suggests.
    pub fn of(library: &str, types: &LibraryTypes) -> Self {
        match types.kind(library) {
            Some(ItemKind::Show) => Self::Shows,
            Some(ItemKind::Movie) => Self::Movies,
            None => Self::guess(library),
        }
    }

    fn guess(library: &str) -> Self {
        let library = library.to_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| library.contains(word));
        if has(&["show", "series", "tv", "serien", "anime"]) {
            Self::Shows
        } else if has(&["movie", "film", "kino", "4k"]) {
            Self::Movies
        } else {
            Self::Unknown
        }
    }
}

/// The media type of a picture in a library of this family: `Movie`, `Show Background`, `Season` and so on.
pub fn media_type(name: &str, family: Family) -> &'static str {
    let stem = stem(name);
    let tail = stem.rsplit_once('_').map_or(stem, |(_, tail)| tail);
    if is_episode(tail) {
        return "Episode";
    }
    match (AssetName::of_stem(stem), family) {
        (Some(AssetName::Season(_)), _) => "Season",
        (Some(AssetName::Background), Family::Shows) => "Show Background",
        (Some(AssetName::Background), Family::Movies) => "Movie Background",
        (Some(AssetName::Background), Family::Unknown) => "Background",
        (Some(AssetName::Poster), Family::Shows) => "Show",
        _ => "Movie",
    }
}

/// The kind of asset that the folder view derives from a media type.
pub fn asset_type(media_type: &str) -> &'static str {
    match media_type {
        "Episode" => "titlecard",
        "Season" => "season",
        background if background.ends_with("Background") => "background",
        _ => "poster",
    }
}

/// The title that a flat file name stands for: `Dark (2017)` for `Dark (2017)_S01E02.jpg`.
pub fn title_of_flat(name: &str) -> &str {
    let stem = stem(name);
    stem.rsplit_once('_').filter(|(_, tail)| AssetName::of_stem(tail).is_some()).map_or(stem, |(title, _)| title)
}

/// The type of a manual asset, which has rules of its own.
pub fn manual_type(name: &str) -> &'static str {
    let name = name.to_ascii_lowercase();
    let holds = |word: &str| name.contains(&format!("{word}.jpg")) || name.contains(&format!("{word}.png"));
    if holds("poster") {
        "poster"
    } else if holds("background") {
        "background"
    } else if name.starts_with("season") {
        "season"
    } else if is_episode(name.split('.').next().unwrap_or_default()) {
        "titlecard"
    } else {
        "other"
    }
}

/// The type of a saved picture, in upstream's words.
pub fn saved_type(name: &str) -> &'static str {
    let name = name.to_ascii_lowercase();
    if name.contains("poster") {
        "poster"
    } else if name.contains("background") {
        "background"
    } else if name.starts_with("season") {
        "season"
    } else if name.starts_with("episodetemplate") || is_episode(name.split('.').next().unwrap_or_default()) {
        "titlecard"
    } else {
        "other"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_into_upstreams_lists() {
        for (kind, names) in [
            (
                Gallery::Poster,
                &[
                    "poster.jpg",
                    "Season 01.jpg",
                    "Specials.jpg",
                    "S01E01-thumb.jpg",
                    "link.jpg",
                    "x.backup.jpg",
                    "Foo_Season01_old.jpg",
                    "Season_unknown.jpg",
                    "Foo (2001).webp",
                    "Foo_poster.jpg",
                    "backgrounds.png",
                    "season.jpg",
                    "se1.jpg",
                    "s1e.jpg",
                ][..],
            ),
            (Gallery::Background, &["background.jpg", "Background.PNG", "Foo (2001) [tmdb-3]_background.jpeg"]),
            (Gallery::Season, &["Season01.jpg", "season1.jpeg", "Season100.webp", "Season00.jpg", "Foo_Season01.jpg"]),
            (Gallery::TitleCard, &["S01E01.jpg", "s1e1.jpg", "S01E100.jpg", "Foo_S01E01.png"]),
            (Gallery::Other, &["background.foo.jpg", "Season01.foo.jpg", "s1e1.old.jpg"]),
        ] {
            for name in names {
                assert_eq!(Gallery::of(name), kind, "{name}");
            }
        }
    }

    #[test]
    fn only_four_extensions_are_pictures() {
        for good in ["a.jpg", "a.JPEG", "a.b.Png", "a.webp"] {
            assert!(is_picture(good.as_bytes()), "{good}");
        }
        for bad in ["a.tbn", "jpg", ".jpg", "a.jpg.tmp", "a.", ""] {
            assert!(!is_picture(bad.as_bytes()), "{bad}");
        }
    }

    #[test]
    fn media_types_follow_the_exports_and_then_the_librarys_name() {
        let mut types = LibraryTypes::default();
        types.0.insert("Kids".to_owned(), "series".to_owned());
        types.0.insert("TV Movies".to_owned(), "movie".to_owned());
        assert_eq!(Family::of("Kids", &types), Family::Shows, "Jellyfin's word for shows counts");
        assert_eq!(Family::of("TV Movies", &types), Family::Movies);
        assert_eq!(Family::of("Anime Movies", &types), Family::Shows, "the first word that fits decides");
        assert_eq!(Family::of("Concerts", &types), Family::Unknown);
        for (name, family, expected) in [
            ("S01E02.jpg", Family::Movies, "Episode"),
            ("X_s1e2.png", Family::Unknown, "Episode"),
            ("Season01.jpg", Family::Movies, "Season"),
            ("X_Season01.jpg", Family::Shows, "Movie"),
            ("background.jpg", Family::Shows, "Show Background"),
            ("background.webp", Family::Movies, "Movie Background"),
            ("background.png", Family::Unknown, "Background"),
            ("X_background.jpg", Family::Shows, "Movie"),
            ("Poster.JPG", Family::Shows, "Show"),
            ("poster.jpg", Family::Unknown, "Movie"),
            ("else.jpg", Family::Shows, "Movie"),
        ] {
            assert_eq!(media_type(name, family), expected, "{name}");
        }
        assert_eq!(
            ["Episode", "Season", "Show Background", "Show"].map(asset_type),
            ["titlecard", "season", "background", "poster"]
        );
    }

    #[test]
    fn manual_assets_have_types_of_their_own() {
        for (name, expected) in [
            ("poster.jpg", "poster"),
            ("My Poster.PNG", "poster"),
            ("poster.webp", "other"),
            ("background.png", "background"),
            ("Season01.jpg", "season"),
            ("Season poster.jpg", "poster"),
            ("S01E02.png", "titlecard"),
            ("S01E02-x.png", "other"),
        ] {
            assert_eq!(manual_type(name), expected, "{name}");
        }
    }
}
