//! A sample that is made of a picture in the folder of sets.

use std::path::{Path, PathBuf};

use posterizarr_base::artwork::AssetName;
use posterizarr_base::title::without_ids;
use posterizarr_render::config::Look;
use posterizarr_render::{ManualArtwork, overlays, picture};

use super::turns::BYTES_PER_PIXEL;
use crate::actors::runtime::safe_path;
use crate::http::{ApiError, Code};

const NO_PICTURE: &str = "{picture:?} is not a picture of a set: name one such as Heat (1995)/poster.jpg, with poster, background, Season01 or \
                          S01E02";

/// What came, checked.
pub(super) struct Order {
    picture: PathBuf,
    wanted: ManualArtwork,
    /// In bytes of memory.
    pub(super) cost: u64,
}

impl Order {
    /// Finds the picture, and what it is for by its name. Blocks for the disk.
    pub(super) fn checked(sets: Option<&Path>, name: &str, title: Option<String>) -> Result<Self, ApiError> {
        let no_sets =
            || ApiError::new(Code::Conflict, "there is no folder of sets; name one in the setting artwork.sets");
        let picture = safe_path::existing(sets.ok_or_else(no_sets)?, name)?;
        let wanted = wanted(Path::new(name), title)
            .ok_or_else(|| ApiError::told(Code::InvalidValue, NO_PICTURE, [("picture", name.into())]))?;
        if !picture.is_file() {
            return Err(ApiError::told(Code::NotFound, "{picture:?} is not a file", [("picture", name.into())]));
        }
        let cost = picture::head_of_file(&picture)?.pixels().saturating_mul(BYTES_PER_PIXEL);
        Ok(Self { picture, wanted, cost })
    }

    pub(super) fn carry_out(self, look: Look, folder: &Path) -> Result<(Vec<u8>, Vec<String>), ApiError> {
        overlays::put_missing(folder).map_err(ApiError::internal)?;
        let made = self.wanted.make(picture::open(&self.picture)?, None, &look, folder)?;
        Ok((made.file, made.warnings))
    }
}

fn wanted(name: &Path, title: Option<String>) -> Option<ManualArtwork> {
    let asset = AssetName::of_stem(name.file_stem()?.to_str()?)?;
    let folder = without_ids(name.parent()?.to_str()?);
    let title = title.unwrap_or_else(|| folder.split(" (").next().unwrap_or_default().trim().to_owned());
    let (season, episode) = match asset {
        AssetName::Season(number) => (format!("Season {number}"), None),
        AssetName::Episode(episode) => (String::new(), Some(episode)),
        AssetName::Poster | AssetName::Background => (String::new(), None),
    };
    Some(ManualArtwork { episode, ..ManualArtwork::new(asset.kind(), &title, &season, "") })
}

#[cfg(test)]
mod tests {
    use posterizarr_base::artwork::{ArtworkKind, Episode};

    use super::*;

    #[test]
    fn a_picture_is_for_what_its_name_says() {
        let of = |name: &str| wanted(Path::new(name), None).map(|it| (it.kind, it.title, it.season, it.episode));
        let text = str::to_owned;
        assert_eq!(of("Heat (1995)/poster.jpg"), Some((ArtworkKind::Poster, text("Heat"), text(""), None)));
        assert_eq!(
            of("Dark (2017) {tmdb-70523}/season02.png"),
            Some((ArtworkKind::Season, text("Dark"), text("Season 2"), None))
        );
        let card = of("Dark/S01E02.webp").unwrap();
        assert_eq!((card.0, card.3), (ArtworkKind::TitleCard, Some(Episode { season: 1, episode: 2 })));
        assert_eq!(of("Heat (1995)/fanart.jpg"), None);
        let titled = wanted(Path::new("Heat/background.jpg"), Some(text("Other"))).unwrap();
        assert_eq!((titled.kind, titled.title), (ArtworkKind::Background, text("Other")));
    }
}
