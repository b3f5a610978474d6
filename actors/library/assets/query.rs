//! Which pictures a listing shows, in which order.
//!
//! A listing in path order comes straight from a [`Walk`]: it holds no more than where it is, however long it gets. One
//! that is filtered or sorted otherwise picks first, eight bytes and a key a picture, and then shows a part of that.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use posterizarr_base::artwork::AssetName;
use posterizarr_base::title::{self, Words};

use super::gallery::{Family, Gallery, media_type};
use super::index::{File, Folder, Image, Index, Walk};
use crate::servers::library_types::LibraryTypes;

/// What a listing is sorted by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SortBy {
    /// The path, by code point.
    #[default]
    Path,
    /// The file's name, then the path.
    Name,
    /// The title that it shows, as people look for it over all libraries, then the path.
    Title,
    /// Bytes.
    Size,
    /// See [`File::created`].
    Created,
    /// See [`File::modified`].
    Modified,
}

/// A wish for pictures.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// The folder (or the one picture) that is listed; empty for the root.
    pub under: String,
    /// The list; none for pictures of any kind.
    pub kind: Option<Gallery>,
    /// Words that the path has.
    pub text: Option<Words>,
    /// The media type, in any letter case.
    pub media_type: Option<String>,
    pub sort: SortBy,
    /// Whether the order is turned around.
    pub descending: bool,
    /// How many to pass over.
    pub offset: u64,
    /// How many to show at most; none for all.
    pub limit: Option<u64>,
}

impl Query {
    /// Whether it is answered without looking at every picture.
    pub fn is_plain(&self) -> bool {
        self.text.is_none() && self.media_type.is_none() && self.sort == SortBy::Path && !self.descending
    }
}

/// One picture of a listing.
#[derive(Debug, Clone, Copy)]
pub struct Listed<'a> {
    pub image: Image<'a>,
    /// Its media type.
    pub media_type: &'static str,
}

/// The answer to a [`Query`], to be taken one by one.
#[derive(Debug)]
pub struct Listing {
    source: Source,
    families: Families,
    left: u64,
    total: u64,
}

#[derive(Debug)]
enum Source {
    Walk(Walk),
    Picked(Picked),
}

impl Listing {
    /// Begins a listing of `index`; may take long where the query is not plain.
    pub fn new(index: &Index, types: Arc<LibraryTypes>, query: &Query) -> Self {
        let mut walk = Walk::over(index, &query.under, query.kind);
        let mut families = Families { types, last: None };
        let left = query.limit.unwrap_or(u64::MAX);
        if query.is_plain() {
            let total = walk.remaining();
            walk.skip(query.offset);
            return Self { source: Source::Walk(walk), families, left, total };
        }
        let picked = Picked::new(walk, query, &mut families);
        let total = picked.places.len() as u64;
        Self { source: Source::Picked(picked), families, left, total }
    }

    /// How many pictures fit, shown or not.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Where each letter begins; none where the order is not that of titles.
    pub fn letters(&self) -> Option<&BTreeMap<char, u64>> {
        match &self.source {
            Source::Walk(_) => None,
            Source::Picked(picked) => picked.letters.as_ref(),
        }
    }

    #[expect(clippy::should_implement_trait, reason = "what it gives borrows from the listing")]
    pub fn next(&mut self) -> Option<Listed<'_>> {
        self.left = self.left.checked_sub(1)?;
        let image = match &mut self.source {
            Source::Walk(walk) => walk.next()?,
            Source::Picked(picked) => picked.next()?,
        };
        Some(Listed { media_type: self.families.media_type(&image), image })
    }
}

/// Remembers the family of the library it saw last: neighbours share it.
#[derive(Debug)]
struct Families {
    types: Arc<LibraryTypes>,
    last: Option<(String, Family)>,
}

impl Families {
    fn media_type(&mut self, image: &Image<'_>) -> &'static str {
        let library = image.path.split('/').next().unwrap_or_default();
        let family = match &self.last {
            Some((last, family)) if last == library => *family,
            _ => {
                let family = Family::of(library, &self.types);
                self.last = Some((library.to_owned(), family));
                family
            }
        };
        media_type(image.name, family)
    }
}

/// Pictures in an order of their own.
#[derive(Debug)]
struct Picked {
    folders: Vec<(Arc<Folder>, String)>,
    places: Vec<Place>,
    letters: Option<BTreeMap<char, u64>>,
    next: usize,
    path: String,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    key: u64,
    folder: u32,
    file: u32,
}

impl Picked {
    fn new(mut walk: Walk, query: &Query, families: &mut Families) -> Self {
        let mut picked = Self { folders: Vec::new(), places: Vec::new(), letters: None, next: 0, path: String::new() };
        while let Some(image) = walk.next() {
            let fits = query.text.as_ref().is_none_or(|words| words.fit(image.path))
                && query
                    .media_type
                    .as_ref()
                    .is_none_or(|wanted| families.media_type(&image).eq_ignore_ascii_case(wanted));
            if fits {
                let key = match query.sort {
                    SortBy::Path | SortBy::Name | SortBy::Title => 0,
                    SortBy::Size => image.size,
                    SortBy::Created => ordered(image.created),
                    SortBy::Modified => ordered(image.modified),
                };
                picked.add(&walk, key);
            }
        }
        picked.sort(query);
        picked.next = usize::try_from(query.offset).unwrap_or(usize::MAX);
        picked
    }

    fn add(&mut self, walk: &Walk, key: u64) {
        let Some((folder, prefix, file)) = walk.place() else { return };
        if self.folders.last().is_none_or(|(last, _)| !Arc::ptr_eq(last, folder)) {
            self.folders.push((folder.clone(), prefix.to_owned()));
        }
        if let (Ok(folder), Ok(file)) = (u32::try_from(self.folders.len() - 1), u32::try_from(file)) {
            self.places.push(Place { key, folder, file });
        }
    }

    /// Sorts; what is equal stays in the order of paths.
    fn sort(&mut self, query: &Query) {
        let mut places = std::mem::take(&mut self.places);
        match query.sort {
            SortBy::Path => {}
            SortBy::Name => places.sort_by(|a, b| self.name(a).cmp(self.name(b))),
            SortBy::Title => return self.sort_by_title(places, query.descending),
            SortBy::Size | SortBy::Created | SortBy::Modified => places.sort_by_key(|place| place.key),
        }
        if query.descending {
            places.reverse();
        }
        self.places = places;
    }

    fn sort_by_title(&mut self, places: Vec<Place>, descending: bool) {
        let mut keyed: Vec<_> = places.into_iter().map(|place| (title::order_key(self.title(&place)), place)).collect();
        keyed.sort_by(|(one, _), (other, _)| one.cmp(other));
        if descending {
            keyed.reverse();
        }
        let mut letters = BTreeMap::new();
        for (at, (key, _)) in (0..).zip(&keyed) {
            letters.entry(title::letter(key)).or_insert(at);
        }
        self.letters = Some(letters);
        self.places = keyed.into_iter().map(|(_, place)| place).collect();
    }

    /// The name of the folder; of files that stand beside each other, what their names begin with.
    fn title(&self, place: &Place) -> &str {
        let Some((file, prefix)) = self.file(place) else { return "" };
        let stem = file.name.rsplit_once('.').map_or(file.name, |(stem, _)| stem);
        match stem.rsplit_once('_') {
            Some((title, part)) if is_part(part) => title,
            _ => prefix.trim_end_matches('/').rsplit('/').next().filter(|folder| !folder.is_empty()).unwrap_or(stem),
        }
    }

    fn file(&self, place: &Place) -> Option<(File<'_>, &str)> {
        let (folder, prefix) = self.folders.get(place.folder as usize)?;
        Some((folder.files().at(place.file as usize)?, prefix))
    }

    fn name(&self, place: &Place) -> &str {
        self.file(place).map_or("", |(file, _)| file.name)
    }

    fn next(&mut self) -> Option<Image<'_>> {
        let place = *self.places.get(self.next)?;
        self.next += 1;
        let mut path = std::mem::take(&mut self.path);
        path.clear();
        let (File { name, size, created, modified, kind }, prefix) = self.file(&place)?;
        path.push_str(prefix);
        path.push_str(name);
        let start = prefix.len();
        self.path = path;
        Some(Image { path: &self.path, name: self.path.get(start..)?, size, created, modified, kind })
    }
}

/// Whether a file is called so for the part of a title that it shows.
fn is_part(name: &str) -> bool {
    AssetName::of_stem(name).is_some()
}

/// A time as a key that sorts like it.
fn ordered(time: i64) -> u64 {
    match time.cmp(&0) {
        Ordering::Less => (time.wrapping_sub(i64::MIN)).unsigned_abs(),
        _ => time.unsigned_abs() + (1 << 63),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::assets::index::FilesBuilder;

    fn folder(name: &str, files: &[(&str, u64, i64)], folders: Vec<Arc<Folder>>) -> Arc<Folder> {
        let mut builder = FilesBuilder::default();
        files.iter().for_each(|(name, size, time)| builder.push(name, *size, *time, *time));
        Arc::new(Folder::new(name, builder.finish(), folders, 0))
    }

    fn index() -> Index {
        let heat = folder("Heat (1995)", &[("poster.jpg", 5, 50), ("background.jpg", 6, 60)], Vec::new());
        let ran = folder("Ran", &[("poster.jpg", 1, -10), ("old.background.jpg", 9, 9)], Vec::new());
        let movies = folder("Movies", &[], vec![ran, heat]);
        let dark = folder("Dark", &[("S01E01.jpg", 3, 30), ("poster.jpg", 4, 40)], Vec::new());
        let shows = folder("TV Shows", &[], vec![folder("extra", &[], vec![dark])]);
        Index::new(folder("", &[("Movies too.jpg", 2, 20), ("Flat_S01E02.png", 7, 70)], vec![movies, shows]))
    }

    fn listed(query: &Query) -> Vec<String> {
        let mut listing = Listing::new(&index(), Arc::default(), query);
        std::iter::from_fn(|| listing.next().map(|listed| format!("{}={}", listed.image.path, listed.media_type)))
            .collect()
    }

    #[test]
    fn pictures_come_in_the_order_of_whole_paths_with_their_media_type() {
        let posters = Query { kind: Some(Gallery::Poster), ..Query::default() };
        let all = [
            "Movies too.jpg=Movie",
            "Movies/Heat (1995)/poster.jpg=Movie",
            "Movies/Ran/old.background.jpg=Movie",
            "Movies/Ran/poster.jpg=Movie",
            "TV Shows/extra/Dark/poster.jpg=Show",
        ];
        assert_eq!(listed(&posters), all);
        for offset in 0..6 {
            for limit in 0..6 {
                let part = Query { offset: offset as u64, limit: Some(limit as u64), ..posters.clone() };
                let end = (offset + limit).min(5);
                assert_eq!(listed(&part), all[offset.min(5)..end.max(offset.min(5))], "{offset} {limit}");
                let picked = Query { text: Some(Words::of("")), ..part };
                assert_eq!(listed(&picked), all[offset.min(5)..end.max(offset.min(5))], "picked, {offset} {limit}");
            }
        }
        assert_eq!(Listing::new(&index(), Arc::default(), &Query { limit: Some(1), ..posters }).total(), 5);
    }

    #[test]
    fn a_folder_or_a_flat_picture_is_listed_alone() {
        let of = |under: &str, kind| listed(&Query { under: under.to_owned(), kind: Some(kind), ..Query::default() });
        assert_eq!(of("TV Shows", Gallery::TitleCard), ["TV Shows/extra/Dark/S01E01.jpg=Episode"]);
        assert_eq!(
            of("Movies/Heat (1995)/", Gallery::Background),
            ["Movies/Heat (1995)/background.jpg=Movie Background"]
        );
        assert_eq!(of("Flat_S01E02.png", Gallery::TitleCard), ["Flat_S01E02.png=Episode"]);
        assert_eq!(of("Flat_S01E02.png", Gallery::Poster), [""; 0]);
        assert_eq!(of("Movies/Ran/poster.jpg", Gallery::Poster), ["Movies/Ran/poster.jpg=Movie"]);
        for missing in ["Nope", "Mov", "Movies/Heat (1995)/poster", "../Movies", "Movies/../Movies"] {
            assert_eq!(of(missing, Gallery::Poster), [""; 0], "{missing}");
        }
    }

    #[test]
    fn filters_and_orders_combine() {
        let sorted = |sort, descending| Query { sort, descending, ..Query::default() };
        let first = |query: &Query| listed(query).first().cloned().unwrap();
        assert_eq!(first(&sorted(SortBy::Size, false)), "Movies/Ran/poster.jpg=Movie");
        assert_eq!(first(&sorted(SortBy::Modified, false)), "Movies/Ran/poster.jpg=Movie", "before 1970");
        assert_eq!(first(&sorted(SortBy::Modified, true)), "Flat_S01E02.png=Episode");
        assert_eq!(first(&sorted(SortBy::Name, false)), "Flat_S01E02.png=Episode");
        assert_eq!(first(&sorted(SortBy::Path, true)), "TV Shows/extra/Dark/poster.jpg=Show");
        let query = Query { text: Some(Words::of("hEAT")), media_type: Some("movie".to_owned()), ..Query::default() };
        assert_eq!(listed(&query), ["Movies/Heat (1995)/poster.jpg=Movie"]);
    }

    #[test]
    fn titles_are_in_one_order_over_all_libraries_with_the_place_of_each_letter() {
        let titled = |descending| Query { sort: SortBy::Title, descending, ..Query::default() };
        let paths: Vec<_> =
            listed(&titled(false)).iter().map(|one| one.split('=').next().unwrap().to_owned()).collect();
        let wanted = [
            "TV Shows/extra/Dark/S01E01.jpg",
            "TV Shows/extra/Dark/poster.jpg",
            "Flat_S01E02.png",
            "Movies/Heat (1995)/background.jpg",
            "Movies/Heat (1995)/poster.jpg",
            "Movies too.jpg",
            "Movies/Ran/old.background.jpg",
            "Movies/Ran/poster.jpg",
        ];
        assert_eq!(paths, wanted);
        let letters = |query: &Query| {
            let listing = Listing::new(&index(), Arc::default(), query);
            let found =
                listing.letters().map(|letters| letters.iter().map(|(letter, at)| format!("{letter}{at}")).collect());
            found.map(|found: Vec<_>| found.join(" "))
        };
        assert_eq!(letters(&titled(false)).unwrap(), "D0 F2 H3 M5 R6");
        assert_eq!(letters(&titled(true)).unwrap(), "D6 F5 H3 M2 R0");
        assert_eq!(letters(&Query::default()), None);
    }
}
