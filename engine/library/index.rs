//! The assets that are there, so that they are not made again.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use posterizarr_base::artwork::COLLECTIONS;
use posterizarr_base::files::is_abandoned;
use posterizarr_media::sources::Subject;

const EXTENSIONS: [&str; 4] = ["jpg", "jpeg", "png", "bmp"];

/// Files below the asset folder, by their path without extension and without regard to case.
#[derive(Debug, Default)]
pub(super) struct AssetIndex {
    files: HashMap<String, PathBuf>,
    /// What killed runs left.
    abandoned: Vec<PathBuf>,
}

impl AssetIndex {
    /// Walks the folder, and leaves collections out: where they are not asked for, they are nobody's.
    pub(super) fn read(assets: &Path, follow_links: bool) -> Self {
        let mut index = Self::default();
        index.walk(assets, assets.to_owned(), follow_links);
        index
    }

    /// The same with collections.
    #[must_use]
    pub(super) fn with_collections(mut self, assets: &Path, follow_links: bool) -> Self {
        self.walk(assets, assets.join(COLLECTIONS), follow_links);
        self
    }

    fn walk(&mut self, assets: &Path, folder: PathBuf, follow_links: bool) {
        let mut folders = vec![(folder, 0)];
        while let Some((folder, depth)) = folders.pop() {
            for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
                let (path, kind) = (entry.path(), entry.file_type());
                let is_link = kind.as_ref().is_ok_and(std::fs::FileType::is_symlink);
                if is_abandoned(&entry.file_name()) {
                    self.abandoned.push(path);
                } else if path.is_dir() {
                    let is_collections = folder == assets && entry.file_name() == COLLECTIONS;
                    // Links may lead in circles.
                    if depth < 12 && !is_collections && (follow_links || !is_link) {
                        folders.push((path, depth + 1));
                    }
                } else {
                    self.add(assets, path);
                }
            }
        }
    }

    fn add(&mut self, assets: &Path, path: PathBuf) {
        let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
        if extension.is_some_and(|extension| EXTENSIONS.contains(&extension.as_str()))
            && let Ok(relative) = path.strip_prefix(assets)
        {
            let key = relative.with_extension("").to_string_lossy().to_lowercase();
            self.files.entry(key).or_insert(path);
        }
    }

    /// Removes what killed runs left. Where that cannot be, it is in nobody's way.
    pub(super) fn sweep(&self) {
        for path in &self.abandoned {
            let _ = std::fs::remove_file(path);
        }
    }

    /// The file of an asset, by its path without extension.
    pub(super) fn get(&self, asset: &str) -> Option<&Path> {
        self.files.get(&asset.to_lowercase()).map(PathBuf::as_path)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.files.len()
    }

    /// Each path without extension in lower case, with its file.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Path)> {
        self.files.iter().map(|(key, path)| (key.as_str(), path.as_path()))
    }
}

/// A manual asset: the user's own picture, whose name counts exactly. A season or an episode without one of its own has the
/// template of its show, where there is one.
pub(super) fn manual(folder: &Path, asset: &str, subject: Subject) -> Option<PathBuf> {
    const TRIED: [&str; 6] = ["jpg", "jpeg", "png", "webp", "avif", "bmp"];
    if folder.as_os_str().is_empty() {
        return None;
    }
    let named = |name: &str| {
        TRIED.iter().map(|extension| folder.join(format!("{name}.{extension}"))).find(|path| path.is_file())
    };
    named(asset).or_else(|| named(&template(asset, subject)?))
}

/// The name of the template for an asset: the last part of its own is another one.
fn template(asset: &str, subject: Subject) -> Option<String> {
    let name = match subject {
        Subject::Season(_) => "SeasonTemplate",
        Subject::Episode { .. } => "EpisodeTemplate",
        Subject::Poster | Subject::Background | Subject::Logo | Subject::ClearArt => return None,
    };
    // Of all flat names that of the season or the episode comes last, too.
    let end = asset.rfind(['/', '_'])?;
    Some(format!("{}{name}", asset.get(..=end)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assets_are_found_in_any_case_and_collections_are_left_out() {
        let folder = tempfile::tempdir().unwrap();
        for path in
            ["Movies/HEAT/POSTER.PNG", "Collections/x/poster.jpg", "Movies/Heat/notes.txt", "Movies/M. Poirot.jpg"]
        {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        }
        let index = AssetIndex::read(folder.path(), false);
        assert_eq!(index.len(), 2);
        assert!(index.get("Movies/Heat/poster").is_some() && index.get("movies/m. poirot").is_some());
        assert_eq!(manual(folder.path(), "Movies/HEAT/POSTER", Subject::Poster), None);
        assert!(manual(folder.path(), "Collections/x/poster", Subject::Poster).is_some());
    }

    #[test]
    fn templates_stand_in_for_manual_seasons_and_episodes_and_for_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let put = |path: &str| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        };
        for path in [
            "TV/Dark/SeasonTemplate.webp",
            "TV/Dark/Season02.jpg",
            "TV/Dark/EpisodeTemplate.png",
            "My_Show_SeasonTemplate.jpg",
        ] {
            put(path);
        }
        let episode = Subject::Episode { season: 1, episode: 2 };
        for (asset, subject, found) in [
            ("TV/Dark/Season01", Subject::Season(1), Some("TV/Dark/SeasonTemplate.webp")),
            ("TV/Dark/Season02", Subject::Season(2), Some("TV/Dark/Season02.jpg")),
            ("TV/Dark/S01E02", episode, Some("TV/Dark/EpisodeTemplate.png")),
            ("TV/Dark/poster", Subject::Poster, None),
            ("TV/Other/Season01", Subject::Season(1), None),
            ("My_Show_Season01", Subject::Season(1), Some("My_Show_SeasonTemplate.jpg")),
            ("My_Show_S01E02", episode, None),
        ] {
            assert_eq!(manual(folder.path(), asset, subject), found.map(|path| folder.path().join(path)), "{asset}");
        }
    }
}
