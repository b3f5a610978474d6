//! Where the assets of an item belong.

use posterizarr_media::model::{Item, ItemKind};
use posterizarr_media::sources::Subject;

use posterizarr_base::artwork::{AssetName, COLLECTIONS, collection_folder};

/// An item's folders, by which its assets are found: the same names as in the media library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The library's root, as the server writes it.
    pub(super) base: String,
    /// The movie's or the show's folder; a movie directly in the library's root is its own.
    pub(super) root: String,
    /// The first folder between library and item, if there is one.
    pub(super) extra: Option<String>,
}

impl Place {
    /// Of an item in a library with these roots; none for an item outside of all of them.
    pub(super) fn of(item: &Item, roots: &[String]) -> Option<Self> {
        let path = item.path.as_deref()?.replace('\\', "/");
        let path = path.trim_end_matches('/');
        let with_slash = |root: &String| format!("{}/", root.replace('\\', "/").trim_end_matches('/'));
        let base = roots.iter().map(with_slash).filter(|root| path.starts_with(root)).max_by_key(String::len)?;
        let mut parts: Vec<&str> = path.get(base.len()..)?.split('/').collect();
        if item.kind == ItemKind::Movie && parts.len() > 1 {
            parts.pop();
        }
        let safe = |part: &&str| !part.is_empty() && *part != "." && *part != ".." && !part.contains('\0');
        if !parts.iter().all(safe) {
            return None;
        }
        let root = (*parts.last()?).to_owned();
        let extra = parts.first().filter(|_| parts.len() > 1).map(|part| (*part).to_owned());
        Some(Self { base, root, extra })
    }

    /// How an item is called in reports that is in none of its library's folders and needs none.
    pub(super) fn by_title(item: &Item) -> Self {
        Self { base: String::new(), root: item.title.replace(['/', '\\'], "_"), extra: None }
    }

    /// Of a collection, by its title; none for a title of which no folder can be made.
    pub(super) fn of_collection(title: &str) -> Option<Self> {
        let root = collection_folder(title.trim());
        let is_name = !matches!(root.as_str(), "" | "." | "..") && !root.contains('\0');
        is_name.then(|| Self { base: String::new(), root, extra: None })
    }

    /// The path of an asset below the asset folder, without its extension.
    pub(super) fn asset(&self, library: &str, library_folders: bool, subject: Subject) -> String {
        let own = subject.asset_name().map_or_else(|| "logo".to_owned(), AssetName::stem);
        let parts = if library_folders {
            vec![Some(library), self.extra.as_deref(), Some(&self.root), Some(&own)]
        } else {
            vec![self.extra.as_deref()]
        };
        let mut parts: Vec<String> = parts.into_iter().flatten().map(str::to_owned).collect();
        if !library_folders {
            let flat = if subject == Subject::Poster { self.root.clone() } else { format!("{}_{own}", self.root) };
            parts.push(flat);
        }
        parts.join("/")
    }
}

/// The path of a collection's poster below the asset folder, without its extension: where one made by hand belongs, too.
pub(super) fn of_collection(library: &str, library_folders: bool, folder: &str) -> String {
    match library_folders {
        true => format!("{COLLECTIONS}/{}/{folder}/poster", collection_folder(library)),
        false => format!("{COLLECTIONS}/{folder}_poster"),
    }
}

/// The character in a library's name that no folder can have.
pub(super) fn forbidden(name: &str) -> Option<char> {
    name.chars().find(|character| "/:*?\"<>|\\}".contains(*character)).or_else(|| {
        // These would not be folders of their own.
        matches!(name, "." | ".." | "").then_some('.')
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::plan::tests::movie;

    fn place(kind: ItemKind, path: &str, roots: &[&str]) -> Option<(String, Option<String>)> {
        let item = Item { kind, path: Some(path.to_owned()), ..movie("1", "x") };
        let roots: Vec<String> = roots.iter().map(|root| (*root).to_owned()).collect();
        Place::of(&item, &roots).map(|place| (place.root, place.extra))
    }

    #[test]
    fn folders_follow_the_library() {
        use ItemKind::{Movie, Show};
        for (kind, path, roots, wanted) in [
            (Movie, "/m/Heat (1995)/a.mkv", &["/m"][..], Some(("Heat (1995)", None))),
            (Movie, "/m/A/B/Heat/a.mkv", &["/m/"], Some(("Heat", Some("A")))),
            (Movie, "/m/Lonely.mkv", &["/m"], Some(("Lonely.mkv", None))),
            (Movie, "D:\\M\\4K\\Heat\\a.mkv", &["D:\\M\\4K"], Some(("Heat", None))),
            (Movie, "\\\\nas\\m\\SciFi\\Dune\\a.mkv", &["\\\\nas\\m"], Some(("Dune", Some("SciFi")))),
            (Show, "/tv/Kids/Bluey", &["/tv"], Some(("Bluey", Some("Kids")))),
            (Show, "/tv/Doku/Planet", &["/tv", "/tv/Doku"], Some(("Planet", None))),
            (Show, "/tv-kids/Kid", &["/tv"], None),
            (Show, "/TV/Kid", &["/tv"], None),
            (Movie, "/m/../etc/a.mkv", &["/m"], None),
        ] {
            let wanted = wanted.map(|(root, extra)| (root.to_owned(), extra.map(str::to_owned)));
            assert_eq!(place(kind, path, roots), wanted, "{path}");
        }
    }

    #[test]
    fn collections_have_a_folder_of_their_own() {
        let place = Place::of_collection("V/H/S").unwrap();
        assert_eq!(of_collection("Movies", true, &place.root), "Collections/Movies/V_H_S/poster");
        assert_eq!(of_collection("Movies", false, &place.root), "Collections/V_H_S_poster");
        assert_eq!([" ", ".", ".."].map(Place::of_collection), [None, None, None]);
    }

    #[test]
    fn assets_have_the_scripts_names() {
        let place = Place { base: "/m/".into(), root: "Dark".into(), extra: Some("A".into()) };
        let episode = Subject::Episode { season: 2019, episode: 1 };
        assert_eq!(place.asset("TV", true, Subject::Season(0)), "TV/A/Dark/Season00");
        assert_eq!(place.asset("TV", true, episode), "TV/A/Dark/S2019E01");
        assert_eq!(place.asset("TV", false, Subject::Poster), "A/Dark");
        assert_eq!(place.asset("TV", false, Subject::Background), "A/Dark_background");
    }
}
