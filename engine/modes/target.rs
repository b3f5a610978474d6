//! Where a picture made by hand belongs.

use std::path::{Path, PathBuf};

use posterizarr_base::artwork::{AssetName, COLLECTIONS, collection_folder};

use crate::arguments::{Card, Manual};

/// A name that would lead out of the asset folder, or nowhere.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a name of a folder; use one without .. and without empty parts between slashes")]
pub struct UnsafeName(String);

/// The file of a picture made by hand. With library folders it is `<library>/<folder>/poster.jpg`, else `<folder>.jpg`.
pub fn target(assets: &Path, library_folders: bool, manual: &Manual) -> Result<PathBuf, UnsafeName> {
    let folder = inside(&manual.folder)?;
    let library = inside(&manual.library)?;
    let own = match &manual.card {
        Card::Poster => AssetName::Poster,
        Card::Background => AssetName::Background,
        Card::Season { number, .. } => AssetName::Season(*number),
        Card::Episode(episode) => AssetName::Episode(*episode),
        Card::Collection => {
            let safe = collection_folder(&manual.folder);
            let collections = assets.join(COLLECTIONS);
            return Ok(if library_folders {
                collections.join(library).join(safe).join("poster.jpg")
            } else {
                collections.join(format!("{safe}_poster.jpg"))
            });
        }
    };
    let own = own.stem();
    Ok(if library_folders {
        assets.join(library).join(folder).join(format!("{own}.jpg"))
    } else if manual.card == Card::Poster {
        assets.join(format!("{}.jpg", manual.folder))
    } else {
        assets.join(format!("{}_{own}.jpg", manual.folder))
    })
}

/// The name as a path that stays inside of the folder it is joined to.
fn inside(name: &str) -> Result<&Path, UnsafeName> {
    let fine = |part: &str| !part.is_empty() && part != "." && part != ".." && !part.contains(['\0', '\\']);
    if name.split('/').all(fine) { Ok(Path::new(name)) } else { Err(UnsafeName(name.to_owned())) }
}

#[cfg(test)]
mod tests {
    use posterizarr_base::artwork::Episode;

    use super::*;

    fn manual(card: Card, folder: &str) -> Manual {
        Manual {
            picture: "p".into(),
            title: "t".into(),
            folder: folder.into(),
            library: "Movies".into(),
            card,
            of: None,
        }
    }

    fn path(library_folders: bool, card: Card) -> String {
        target(Path::new("/a"), library_folders, &manual(card, "Heat (1995)")).unwrap().display().to_string()
    }

    #[test]
    fn targets_have_upstreams_names() {
        let season = || Card::Season { name: "Season 1".into(), number: 1 };
        let episode = || Card::Episode(Episode { season: 1, episode: 2 });
        assert_eq!(path(true, Card::Poster), "/a/Movies/Heat (1995)/poster.jpg");
        assert_eq!(path(true, season()), "/a/Movies/Heat (1995)/Season01.jpg");
        assert_eq!(path(true, episode()), "/a/Movies/Heat (1995)/S01E02.jpg");
        assert_eq!(path(true, Card::Background), "/a/Movies/Heat (1995)/background.jpg");
        assert_eq!(path(true, Card::Collection), "/a/Collections/Movies/Heat (1995)/poster.jpg");
        assert_eq!(path(false, season()), "/a/Heat (1995)_Season01.jpg");
        assert_eq!(path(false, episode()), "/a/Heat (1995)_S01E02.jpg");
        assert_eq!(path(false, Card::Background), "/a/Heat (1995)_background.jpg");
        assert_eq!(path(false, Card::Collection), "/a/Collections/Heat (1995)_poster.jpg");
    }

    /// R-8 of the reference: in the flat layout a poster made by hand had no target and was lost.
    #[test]
    fn a_flat_poster_has_a_target() {
        assert_eq!(path(false, Card::Poster), "/a/Heat (1995).jpg");
    }

    #[test]
    fn names_cannot_lead_out_of_the_asset_folder() {
        for name in ["..", "../x", "/etc", "a/../..", "a//b", "", "a/", "x\0"] {
            assert!(target(Path::new("/a"), true, &manual(Card::Poster, name)).is_err(), "{name:?}");
            assert!(target(Path::new("/a"), false, &manual(Card::Collection, name)).is_err(), "{name:?}");
        }
        assert!(target(Path::new("/a"), true, &manual(Card::Poster, "4K/Heat")).is_ok());
    }
}
