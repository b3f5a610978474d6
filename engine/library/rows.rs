//! `Logs/ImageChoices.csv`: which picture each asset was made of.

use posterizarr_base::artwork::Episode;
use posterizarr_base::image_choices::{ImageChoice, NOTHING, flag, or_nothing, type_word};
use posterizarr_media::sources::Subject;

use super::heading::{Heading, Logo};
use super::plan::PlannedAsset;
use super::render::Job;
use super::texts::{episode_title, printed_title};
use crate::library::select::{Choice, Fallback};

/// How titles are written.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Titles {
    /// Those of episodes in capitals.
    pub(super) capitals: bool,
    /// Those of movies and shows as they were first called.
    pub(super) original: bool,
}

/// A row of `ImageChoices.csv`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) title: String,
    pub(super) kind: &'static str,
    pub(super) folder: String,
    pub(super) library: String,
    /// Two letters, or `Textless`; none where there is no picture, or it is the user's own.
    pub(super) language: Option<String>,
    pub(super) logo: Option<Logo>,
    /// Nobody has a logo, and the title is printed.
    pub(super) title_for_logo: bool,
    pub(super) fallback: Fallback,
    pub(super) truncated: bool,
    /// The picture's address or path.
    pub(super) source: Option<String>,
    pub(super) manual: bool,
    pub(super) tmdb: Option<String>,
    pub(super) tvdb: Option<String>,
    pub(super) imdb: Option<String>,
    pub(super) link: Option<String>,
}

impl Row {
    /// The row of an asset; `choice` is none for a manual asset.
    pub(super) fn new(asset: &PlannedAsset, choice: Option<&Choice>, source: Option<String>, titles: &Titles) -> Self {
        let (item, home) = (&asset.entry.item, &asset.entry.home);
        let picture = choice.and_then(|choice| choice.picture.as_ref());
        Self {
            title: title(asset, titles),
            kind: type_word(asset.kind, Some(item.kind)),
            folder: asset.entry.place.as_ref().map(|place| place.root.clone()).unwrap_or_default(),
            library: home.library.name.clone(),
            language: picture.map(|picture| picture.language.clone().unwrap_or_else(|| "Textless".to_owned())),
            logo: None,
            title_for_logo: false,
            fallback: choice.map_or(Fallback::No, |choice| choice.fallback),
            truncated: false,
            source,
            manual: choice.is_none(),
            tmdb: item.ids.tmdb.clone(),
            tvdb: item.ids.tvdb.clone(),
            imdb: item.ids.imdb.clone(),
            link: choice.and_then(|choice| choice.link.clone()),
        }
    }

    /// The same with what stands where the title belongs.
    pub(super) fn headed(self, job: &Job) -> Self {
        let heading = job.heading.as_ref().filter(|_| job.with_text);
        let logo = match heading {
            Some(Heading::Logo(logo)) => Some(logo.clone()),
            _ => None,
        };
        Self { logo, title_for_logo: heading == Some(&Heading::Printed), ..self }
    }

    /// As the table has it.
    pub(super) fn fallback_word(&self) -> &'static str {
        match self.fallback {
            Fallback::No => NOTHING,
            Fallback::Yes => "true",
            Fallback::Background => "True-Background",
        }
    }

    /// As the table has it.
    pub(super) fn line(&self) -> ImageChoice {
        let logo = self.logo.as_ref();
        ImageChoice {
            title: self.title.clone(),
            kind: self.kind.to_owned(),
            folder: self.folder.clone(),
            library: self.library.clone(),
            language: or_nothing(self.language.as_deref()),
            logo_source: logo.map(|logo| logo.url.clone()),
            logo_language: logo.map(|logo| logo.language.clone()),
            logo_text_fallback: Some(flag(self.title_for_logo)),
            fallback: self.fallback_word().to_owned(),
            truncated: flag(self.truncated),
            source: or_nothing(self.source.as_deref()),
            manual: flag(self.manual),
            tmdb: self.tmdb.clone(),
            tvdb: self.tvdb.clone(),
            imdb: self.imdb.clone(),
            link: or_nothing(self.link.as_deref()),
        }
    }
}

fn title(asset: &PlannedAsset, titles: &Titles) -> String {
    let title = printed_title(&asset.entry.item, titles.original);
    match (asset.subject, asset.episode()) {
        (Subject::Season(number), _) => format!("{title} | Season {number}"),
        (Subject::Episode { season, episode }, Some(found)) => {
            episode_title(&Episode { season, episode }.code(), &found.title, titles.capitals)
        }
        _ => title.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use posterizarr_render::design::ArtworkKind;

    use super::*;
    use crate::library::plan::{
        assets,
        tests::{entry, movie},
    };

    #[test]
    fn what_a_row_has_not_is_told_as_false() {
        let asset = assets(&entry(movie("1", "Heat")), &[ArtworkKind::Poster], true, None).remove(0);
        let line = Row::new(&asset, None, Some("/p.jpg".into()), &Titles::default()).line();
        assert_eq!(
            (line.kind.as_str(), line.folder.as_str(), line.library.as_str()),
            ("Movie", "Film (2000)", "Library")
        );
        assert_eq!((line.source.as_str(), line.manual.as_str()), ("/p.jpg", "true"));
        assert_eq!([line.language, line.fallback, line.truncated, line.link], [NOTHING; 4]);
    }
}
