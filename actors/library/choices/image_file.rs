//! Which file a row is about.
//!
//! The script puts an image at `<library>/<folder>/poster.jpg` and the like. Upstream looks there and nowhere else. Here
//! the other layouts that the script can write count too, after that place: other extensions, a level of extra folders
//! between library and title, collections, and the flat layout, where the title's folder is part of the file's name.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use posterizarr_base::artwork::{ArtworkKind, AssetName, COLLECTIONS, collection_folder, season_number, season_stem};
use posterizarr_base::image_choices::kind_of_type;

use super::row::ChoiceRow;
use crate::library::assets::Entry;
use crate::library::assets::{Folder, Index};

/// Upstream knows the first only.
const EXTENSIONS: [&str; 4] = ["jpg", "jpeg", "png", "webp"];

/// Which image of a title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageTarget {
    /// The poster of a movie, show or collection.
    Poster,
    Background,
    /// A season's poster: its number, with two digits at least; none if the title does not tell.
    Season(Option<String>),
    /// An episode's title card, such as `S01E02`; none if the title does not tell.
    Episode(Option<String>),
}

impl ImageTarget {
    /// As upstream reads it from type and title.
    pub fn of(row: &ChoiceRow) -> Self {
        match kind_of(row) {
            ArtworkKind::Background => Self::Background,
            ArtworkKind::Season => Self::Season(season(&row.title)),
            ArtworkKind::TitleCard => Self::Episode(episode(&row.title)),
            ArtworkKind::Poster | ArtworkKind::Collection => Self::Poster,
        }
    }

    /// The file's name without extension; none if the title does not tell the number.
    pub fn stem(&self) -> Option<String> {
        match self {
            Self::Poster => Some(AssetName::Poster.stem()),
            Self::Background => Some(AssetName::Background.stem()),
            Self::Season(number) => number.as_ref().map(|number| format!("Season{number}")),
            Self::Episode(episode) => episode.clone(),
        }
    }

    /// The name of any such file, as upstream's answers tell it.
    pub fn pattern(&self) -> String {
        match self {
            Self::Season(None) => "Season*.*".to_owned(),
            Self::Episode(None) => "S[0-9][0-9]E[0-9][0-9].*".to_owned(),
            _ => format!("{}.*", self.stem().unwrap_or_default()),
        }
    }

    /// Whether a file's name fits the [`ImageTarget::pattern`].
    fn fits(&self, name: &str) -> bool {
        let Some((stem, _)) = name.split_once('.') else { return false };
        match (self, self.stem()) {
            (_, Some(wanted)) => stem == wanted,
            (Self::Season(_), None) => name.starts_with("Season"),
            (_, None) => {
                let digits =
                    |range| stem.get(range).is_some_and(|part: &str| part.bytes().all(|byte| byte.is_ascii_digit()));
                stem.len() == 6 && stem.starts_with('S') && stem.get(3..4) == Some("E") && digits(1..3) && digits(4..6)
            }
        }
    }

    /// The file's name as it is written, without extension. Where the title does not tell the number as upstream reads it, the
    /// season's name does: `Specials`, `Staffel 2`.
    fn written_stem(&self, title: &str) -> Option<String> {
        let named = || season_number(title.rsplit('|').next().unwrap_or(title)).map(season_stem);
        self.stem().or_else(|| matches!(self, Self::Season(None)).then(named)?)
    }

    /// What the flat layout puts behind the title's folder.
    fn flat_suffixes(&self, stem: &str) -> Vec<String> {
        match self {
            Self::Poster => vec![String::new(), "_poster".to_owned()],
            _ => vec![format!("_{stem}")],
        }
    }
}

/// The number behind the first `season` that has one.
fn season(title: &str) -> Option<String> {
    let lower = title.to_ascii_lowercase();
    let numbers = lower.match_indices("season").filter_map(|(at, word)| {
        let rest = lower.get(at + word.len()..)?.trim_start();
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        (!digits.is_empty()).then_some(digits)
    });
    numbers.map(|digits| format!("{digits:0>2}")).next()
}

/// The first `S<digits>E<digits>`, in capitals.
fn episode(title: &str) -> Option<String> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let upper = title.to_ascii_uppercase();
    upper.match_indices('S').find_map(|(at, _)| {
        let rest = upper.get(at + 1..)?;
        let season = digits(rest);
        let number = digits(rest.get(season..)?.strip_prefix('E')?);
        (season > 0 && number > 0).then(|| upper.get(at..at + season + number + 2).map(str::to_owned))?
    })
}

fn kind_of(row: &ChoiceRow) -> ArtworkKind {
    kind_of_type(row.kind.as_deref().unwrap_or_default())
}

/// The names that the folder of a row's title may have on disk. That of a collection is written with other characters where
/// file systems would stumble over its own.
fn folders_of(row: &ChoiceRow) -> impl Iterator<Item = String> {
    let name = row.rootfolder.clone().filter(|folder| !folder.is_empty());
    let written = name.as_deref().filter(|_| kind_of(row) == ArtworkKind::Collection).map(collection_folder);
    let written = written.filter(|written| Some(written) != name.as_ref());
    name.into_iter().chain(written)
}

/// A file of the index.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Its path below the asset folder.
    pub path: String,
    /// What is known of it.
    pub entry: Entry,
}

/// Folders two levels below a library, by library and then by own name: the path of the level between.
type Between<'a> = HashMap<&'a str, HashMap<&'a str, String>>;

/// An index with what makes looking for many rows cheap.
pub struct Finder<'a> {
    index: &'a Index,
    /// Gathered when a row is not where upstream would look.
    between: OnceCell<Between<'a>>,
    /// First-level folders with pictures right in them: extra folders of the flat layout.
    top: Vec<&'a str>,
}

impl<'a> Finder<'a> {
    /// Over an index.
    pub fn new(index: &'a Index) -> Self {
        let libraries = index.root().folders();
        let top = libraries.iter().filter(|folder| !folder.files().is_empty()).map(|folder| folder.name()).collect();
        Self { index, between: OnceCell::new(), top }
    }

    fn between(&self, library: &str, folder: &str) -> Option<&str> {
        let index = self.index;
        self.between.get_or_init(|| between(index)).get(library)?.get(folder).map(String::as_str)
    }

    /// The file of a row, if it is there.
    pub fn find(&self, row: &ChoiceRow) -> Option<Found> {
        let library = row.library.as_deref()?;
        let target = ImageTarget::of(row);
        let stem = target.written_stem(&row.title)?;
        folders_of(row)
            .find_map(|folder| self.in_folder(library, &folder, &stem).or_else(|| self.flat(&folder, &target, &stem)))
    }

    fn in_folder(&self, library: &str, folder: &str, stem: &str) -> Option<Found> {
        let below = |parent: &str| self.any_extension(&format!("{parent}/{folder}/{stem}"));
        below(library).or_else(|| below(self.between(library, folder)?))
    }

    fn flat(&self, folder: &str, target: &ImageTarget, stem: &str) -> Option<Found> {
        let suffixes = target.flat_suffixes(stem);
        let places = std::iter::once(None).chain(self.top.iter().copied().map(Some));
        let mut names = places.flat_map(|place| suffixes.iter().map(move |suffix| (place, suffix)));
        names.find_map(|(place, suffix)| {
            self.any_extension(
                &place.map_or_else(|| format!("{folder}{suffix}"), |place| format!("{place}/{folder}{suffix}")),
            )
        })
    }

    fn any_extension(&self, stem: &str) -> Option<Found> {
        EXTENSIONS.iter().find_map(|extension| {
            let path = format!("{stem}.{extension}");
            self.index.get(&path).map(|entry| Found { path, entry })
        })
    }

    /// The folder of a row's title in its library, with its path.
    pub fn folder(&self, row: &ChoiceRow) -> Option<(String, &'a Folder)> {
        let library = row.library.as_deref()?;
        folders_of(row).find_map(|folder| {
            let nested = format!("{library}/{folder}");
            if let Some(found) = self.index.folder(&nested) {
                return Some((nested, &**found));
            }
            let path = format!("{}/{folder}", self.between(library, &folder)?);
            self.index.folder(&path).map(|found| (path, &**found))
        })
    }

    /// The first file of a title's folder that fits the target.
    pub fn fitting(path: &str, folder: &Folder, target: &ImageTarget) -> Option<Found> {
        let found = folder.files().iter().find(|file| target.fits(file.name))?;
        Some(Found { path: format!("{path}/{}", found.name), entry: found.entry() })
    }
}

fn between(index: &Index) -> Between<'_> {
    let mut between = Between::new();
    for library in index.root().folders() {
        for middle in library.folders() {
            // In `Collections` the level between is the library.
            let owner = if library.name() == COLLECTIONS { middle.name() } else { library.name() };
            for folder in middle.folders() {
                let path = || format!("{}/{}", library.name(), middle.name());
                between.entry(owner).or_default().entry(folder.name()).or_insert_with(path);
            }
        }
    }
    between
}

/// Files that were deleted, for finding the rows that were about them.
///
/// The rule is upstream's intention: folder and file name tell the title and the image. Its library counts too, so that the
/// same folder in another library is left alone.
#[derive(Debug, Default)]
pub struct Removed<'a> {
    /// The folders above, by the title's folder and the file's name without extension.
    nested: HashMap<(&'a str, &'a str), Vec<&'a str>>,
    /// Names without extension of files at the root, or one level below.
    flat: HashSet<&'a str>,
}

impl<'a> Removed<'a> {
    /// Of paths below the asset folder.
    pub fn new(paths: impl IntoIterator<Item = &'a str>) -> Self {
        let mut removed = Self::default();
        for path in paths {
            let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
            let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
            match folders.rsplit_once('/') {
                Some((above, folder)) => removed.nested.entry((folder, stem)).or_default().push(above),
                None => {
                    removed.flat.insert(stem);
                }
            }
        }
        removed
    }

    /// Whether a row was about one of them.
    pub fn has(&self, row: &ChoiceRow) -> bool {
        let Some(library) = row.library.as_deref() else { return false };
        let target = ImageTarget::of(row);
        let Some(stem) = target.written_stem(&row.title) else { return false };
        folders_of(row).any(|folder| {
            let above = self.nested.get(&(folder.as_str(), stem.as_str()));
            let in_library =
                above.is_some_and(|above| above.iter().any(|path| path.split('/').any(|name| name == library)));
            let flat = || target.flat_suffixes(&stem).iter().any(|suffix| self.has_flat(&folder, suffix));
            in_library || (!self.flat.is_empty() && flat())
        })
    }

    fn has_flat(&self, folder: &str, suffix: &str) -> bool {
        self.flat.contains(format!("{folder}{suffix}").as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::library::assets::FilesBuilder;

    /// The index of these files.
    pub(crate) fn index(paths: &[&str]) -> Index {
        fn folder(name: &str, paths: &[&str]) -> Folder {
            let mut files = FilesBuilder::default();
            paths
                .iter()
                .filter(|path| !path.contains('/'))
                .for_each(|file| files.push(file, 1, 2_000_000_000, 3_000_000_000));
            let mut names: Vec<_> =
                paths.iter().filter_map(|path| path.split_once('/')).map(|(name, _)| name).collect();
            names.sort_unstable();
            names.dedup();
            let below = |name: &str| -> Vec<&str> {
                paths
                    .iter()
                    .filter_map(|path| path.split_once('/'))
                    .filter(|(top, _)| *top == name)
                    .map(|(_, rest)| rest)
                    .collect()
            };
            let folders = names.iter().map(|name| Arc::new(folder(name, &below(name)))).collect();
            Folder::new(name, files.finish(), folders, 0)
        }
        Index::new(Arc::new(folder("", paths)))
    }

    fn row(kind: &str, title: &str, library: &str, rootfolder: &str) -> ChoiceRow {
        ChoiceRow {
            title: title.to_owned(),
            kind: Some(kind.to_owned()),
            library: Some(library.to_owned()),
            rootfolder: Some(rootfolder.to_owned()),
            ..ChoiceRow::default()
        }
    }

    #[test]
    fn type_and_title_tell_the_file_as_upstream_reads_them() {
        for (kind, title, stem) in [
            ("Movie", "Heat", Some("poster")),
            ("Show", "Dark", Some("poster")),
            ("Poster", "x", Some("poster")),
            ("Collection", "x", Some("poster")),
            ("", "x", Some("poster")),
            ("Movie Background", "x", Some("background")),
            ("show BACKGROUND", "Season 1", Some("background")),
            ("Season", "Dark | Season 1", Some("Season01")),
            ("Season", "Dark | SEASON12", Some("Season12")),
            ("Season", "Open Season | Season 100", Some("Season100")),
            ("Season", "Dark | Season 0", Some("Season00")),
            ("Season", "Dark | Specials", None),
            ("Episode", "S01E02 | Lies", Some("S01E02")),
            ("Episode", "s1e123 | s2e2", Some("S1E123")),
            ("TitleCard", "Boss S | S01E02", Some("S01E02")),
            ("Episode", "Lies", None),
            ("Episode", "Größe SE S1E S01E", None),
        ] {
            assert_eq!(ImageTarget::of(&row(kind, title, "", "")).stem().as_deref(), stem, "{kind}: {title}");
        }
    }

    #[test]
    fn a_file_is_found_where_the_script_puts_it_in_every_layout() {
        let index = index(&[
            "Movies/Heat (1995)/poster.jpg",
            "Movies/Heat (1995)/poster.png",
            "Movies/Ran (1985)/background.webp",
            "TV/Anime/Dark (2017)/Season01.jpg",
            "Collections/Movies/Alien/poster.jpg",
            "Flat (2000).jpg",
            "Flat (2000)_background.jpg",
            "Flat (2000)_Season01.jpg",
            "Extra/Deep (2001)_S01E02.jpg",
            "Collections/Saga_poster.jpg",
            "Collections/Movies/Mission_ Impossible/poster.jpg",
            "Collections/Movies/V_H_S/poster.jpg",
            "Collections/REC _2__poster.jpg",
            "TV/Dark (2017)/Season00.jpg",
            "TV/Dark (2017)/Season02.jpg",
            "Movies/What_/poster.jpg",
        ]);
        let finder = Finder::new(&index);
        for (kind, title, library, folder, path) in [
            ("Movie", "Heat", "Movies", "Heat (1995)", Some("Movies/Heat (1995)/poster.jpg")),
            ("Movie Background", "Ran", "Movies", "Ran (1985)", Some("Movies/Ran (1985)/background.webp")),
            ("Season", "Dark | Season 1", "TV", "Dark (2017)", Some("TV/Anime/Dark (2017)/Season01.jpg")),
            ("Collection", "Alien", "Movies", "Alien", Some("Collections/Movies/Alien/poster.jpg")),
            ("Movie", "Flat", "Movies", "Flat (2000)", Some("Flat (2000).jpg")),
            ("Movie Background", "Flat", "Movies", "Flat (2000)", Some("Flat (2000)_background.jpg")),
            ("Season", "Season 1", "Movies", "Flat (2000)", Some("Flat (2000)_Season01.jpg")),
            ("Episode", "S01E02", "TV", "Deep (2001)", Some("Extra/Deep (2001)_S01E02.jpg")),
            ("Collection", "Saga", "Movies", "Saga", Some("Collections/Saga_poster.jpg")),
            (
                "Collection",
                "x",
                "Movies",
                "Mission: Impossible",
                Some("Collections/Movies/Mission_ Impossible/poster.jpg"),
            ),
            ("Collection", "x", "Movies", "V/H/S", Some("Collections/Movies/V_H_S/poster.jpg")),
            ("Collection", "x", "Movies", "REC [2]", Some("Collections/REC _2__poster.jpg")),
            ("Season", "Dark | Specials", "TV", "Dark (2017)", Some("TV/Dark (2017)/Season00.jpg")),
            ("Season", "Dark | Staffel 2", "TV", "Dark (2017)", Some("TV/Dark (2017)/Season02.jpg")),
            ("Season", "Dark | Book", "TV", "Dark (2017)", None),
            ("Movie", "x", "Movies", "What?", None),
            ("Movie", "Heat", "Other", "Heat (1995)", None),
            ("Movie", "heat", "movies", "Heat (1995)", None),
            ("Movie", "x", "Movies", "", None),
            ("Movie", "x", "..", "Movies/Heat (1995)", None),
            ("Movie", "x", "Movies/../Movies", "Heat (1995)", None),
        ] {
            let found = finder.find(&row(kind, title, library, folder)).map(|found| found.path);
            assert_eq!(found.as_deref(), path, "{kind} {library}/{folder}");
        }
        assert_eq!(finder.find(&row("Movie", "Heat", "Movies", "Heat (1995)")).unwrap().entry.modified, 3.0);
    }

    #[test]
    fn a_pattern_finds_the_first_file_that_fits() {
        let index = index(&["TV/Dark/Season02.png", "TV/Dark/S01E1.jpg", "TV/Dark/S01E03.jpg", "TV/Dark/poster.webp"]);
        let finder = Finder::new(&index);
        let (path, folder) = finder.folder(&row("Show", "x", "TV", "Dark")).unwrap();
        for (kind, title, pattern, file) in [
            ("Season", "Specials", "Season*.*", Some("TV/Dark/Season02.png")),
            ("Season", "Season 1", "Season01.*", None),
            ("Episode", "x", "S[0-9][0-9]E[0-9][0-9].*", Some("TV/Dark/S01E03.jpg")),
            ("Show", "x", "poster.*", Some("TV/Dark/poster.webp")),
        ] {
            let target = ImageTarget::of(&row(kind, title, "TV", "Dark"));
            assert_eq!(target.pattern(), pattern);
            assert_eq!(Finder::fitting(&path, folder, &target).map(|found| found.path).as_deref(), file);
        }
        assert!(finder.folder(&row("Show", "x", "TV", "..")).is_none());
    }

    #[test]
    fn a_deleted_file_is_that_of_its_rows_and_of_no_others() {
        let removed = Removed::new([
            "Movies/Heat (1995)/poster.jpg",
            "TV/Anime/Dark (2017)/Season01.png",
            "Collections/Movies/Alien/poster.jpg",
            "Flat (2000)_background.jpg",
            "Collections/Movies/What_/poster.jpg",
        ]);
        for (kind, title, library, folder, expected) in [
            ("Collection", "What?", "Movies", "What?", true),
            ("Movie", "What?", "Movies", "What?", false),
            ("Movie", "Heat", "Movies", "Heat (1995)", true),
            ("Poster", "Heat", "Movies", "Heat (1995)", true),
            ("Movie Background", "Heat", "Movies", "Heat (1995)", false),
            ("Movie", "Heat", "4K Movies", "Heat (1995)", false),
            ("Season", "Season 1", "TV", "Dark (2017)", true),
            ("Season", "Season 10", "TV", "Dark (2017)", false),
            ("Season", "Specials", "TV", "Dark (2017)", false),
            ("Collection", "Alien", "Movies", "Alien", true),
            ("Movie Background", "Flat", "Movies", "Flat (2000)", true),
            ("Movie", "Flat", "Movies", "Flat (2000)", false),
        ] {
            assert_eq!(removed.has(&row(kind, title, library, folder)), expected, "{kind} {title} {library}/{folder}");
        }
    }
}
