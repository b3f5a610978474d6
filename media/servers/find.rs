//! Finding the item that somebody else means: by ids first, then by its folder, then by title and year.

use crate::model::{Ids, Item, ItemKind};

/// What is known of an item that is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sought {
    pub kind: ItemKind,
    pub title: String,
    pub year: Option<u32>,
    pub ids: Ids,
    /// The folder of the movie or of the show, on whatever machine.
    pub path: Option<String>,
}

/// The parts of a path of any system, the last one first.
fn parts(path: &str) -> impl Iterator<Item = &str> {
    path.rsplit(['/', '\\']).filter(|part| !part.is_empty())
}

impl Sought {
    /// Whether it can be recognised without its title.
    pub fn is_known_otherwise(&self) -> bool {
        self.ids != Ids::default() || self.path.is_some()
    }

    /// Whether one of the ids is the item's.
    pub fn has_id_of(&self, item: &Item) -> bool {
        let pairs =
            [(&self.ids.tvdb, &item.ids.tvdb), (&self.ids.tmdb, &item.ids.tmdb), (&self.ids.imdb, &item.ids.imdb)];
        item.kind == self.kind && pairs.iter().any(|(wanted, known)| wanted.is_some() && wanted == known)
    }

    /// How many folders from the item's own upwards have the same names: two programs may see a disk at different places. A
    /// movie in no folder of its own has none.
    fn folders_of(&self, item: &Item) -> usize {
        let (Some(sought), Some(path)) = (&self.path, &item.path) else { return 0 };
        let is_file = item.kind == ItemKind::Movie;
        let pairs = parts(sought).zip(parts(path).skip(is_file.into()));
        if item.kind == self.kind { pairs.take_while(|(one, other)| one == other).count() } else { 0 }
    }

    /// The item with one of the ids, or else the one in the folder; none where several are as likely.
    pub fn known_otherwise<'a>(&self, items: &'a [Item]) -> Option<&'a Item> {
        items.iter().find(|item| self.has_id_of(item)).or_else(|| {
            let most = items.iter().map(|item| self.folders_of(item)).max().filter(|most| *most > 0)?;
            let mut nearest = items.iter().filter(|item| self.folders_of(item) == most);
            nearest.next().filter(|_| nearest.next().is_none())
        })
    }

    /// The item that is meant. Without an equal id or folder, title and year decide; where one of them has no year, the title
    /// alone, if only one item has it.
    pub fn best_of<'a>(&self, items: &'a [Item]) -> Option<&'a Item> {
        if let Some(item) = self.known_otherwise(items) {
            return Some(item);
        }
        let title = self.title.trim().to_lowercase();
        let is_called_so = |item: &&Item| {
            let original = item.original_title.as_deref().unwrap_or_default();
            item.kind == self.kind
                && [item.title.as_str(), original].iter().any(|name| name.trim().to_lowercase() == title)
        };
        let called_so: Vec<&Item> = items.iter().filter(is_called_so).collect();
        let same_year = called_so.iter().find(|item| self.year.is_some() && item.year == self.year);
        match (same_year, called_so.as_slice()) {
            (Some(item), _) => Some(item),
            (None, [only]) if self.year.is_none() || only.year.is_none() => Some(only),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Art;

    fn movie(id: &str, title: &str, year: u32, tmdb: &str) -> Item {
        Item {
            id: id.into(),
            library: "1".into(),
            kind: ItemKind::Movie,
            title: title.into(),
            original_title: None,
            year: Some(year),
            ids: Ids { tmdb: Some(tmdb.into()), ..Ids::default() },
            path: None,
            files: 1,
            labels: Vec::new(),
            resolution: None,
            facts: None,
            art: Art::default(),
            seasons: Vec::new(),
        }
    }

    fn found(title: &str, year: Option<u32>, tmdb: Option<&str>) -> Option<String> {
        let items = [movie("a", "Heat", 1995, "949"), movie("b", "Heat", 1986, "1"), movie("c", "Ran", 1985, "2")];
        let ids = Ids { tmdb: tmdb.map(str::to_owned), ..Ids::default() };
        Sought { kind: ItemKind::Movie, title: title.into(), year, ids, path: None }
            .best_of(&items)
            .map(|item| item.id.clone())
    }

    #[test]
    fn ids_win_over_titles_and_years_over_titles_alone() {
        assert_eq!(found("Something", None, Some("1")).as_deref(), Some("b"));
        assert_eq!(found("heat", Some(1995), None).as_deref(), Some("a"));
        assert_eq!(found("Heat", None, None), None, "two are called so");
        assert_eq!(found("Ran", None, None).as_deref(), Some("c"));
        assert_eq!(found("Ran", Some(2020), None), None);
    }

    #[test]
    fn without_an_equal_id_the_folder_decides_wherever_the_disk_is_mounted() {
        let at =
            |id: &str, path: &str| Item { path: Some(path.into()), ids: Ids::default(), ..movie(id, id, 1995, "0") };
        let items =
            [at("a", "/data/m/Heat (1995)/h.mkv"), at("b", "/data/4k/Heat (1995)/h.mkv"), at("c", "D:\\m\\Ran\\r.mkv")];
        let found = |path: &str| {
            let (title, ids) = ("Another title".into(), Ids::default());
            let sought = Sought { kind: ItemKind::Movie, title, year: None, ids, path: Some(path.into()) };
            sought.best_of(&items).map(|item| item.id.clone())
        };
        assert_eq!(found("/movies/m/Heat (1995)/").as_deref(), Some("a"));
        assert_eq!(found("/movies/Heat (1995)"), None, "two are as likely");
        assert_eq!(found("/movies/Ran").as_deref(), Some("c"));
        assert_eq!(found("/movies/r.mkv"), None, "a file is not a folder");
    }
}
