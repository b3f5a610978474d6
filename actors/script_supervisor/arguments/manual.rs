//! A manual run: one asset from a picture.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::vector::Arguments;
use super::{InvalidRequest, checked, required};

/// The kinds of artwork a manual run can make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PosterType {
    /// A movie's or show's poster.
    #[default]
    Standard,
    /// A season's poster.
    Season,
    /// A collection's poster.
    Collection,
    /// An episode's title card.
    TitleCard,
    /// A background.
    Background,
}

/// A manual run as a client asks for it: every field text, nothing checked.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ManualForm {
    /// The picture: a path on the server, or a URL.
    pub picture_path: String,
    /// The text on the picture; may be empty.
    pub titletext: String,
    /// The folder of the asset.
    pub folder_name: String,
    /// The library of the asset.
    pub library_name: String,
    /// What to make of it.
    #[serde(default)]
    pub poster_type: PosterType,
    /// The season's name, for seasons and title cards.
    #[serde(default, deserialize_with = "text_or_null")]
    #[schema(nullable)]
    pub season_poster_name: String,
    /// The episode's title, for title cards.
    #[serde(default, deserialize_with = "text_or_null")]
    #[schema(nullable)]
    pub ep_title_name: String,
    /// The episode's number, for title cards.
    #[serde(default, deserialize_with = "text_or_null")]
    #[schema(nullable)]
    pub episode_number: String,
}

/// Clients send null for what does not apply.
fn text_or_null<'de, D: serde::Deserializer<'de>>(value: D) -> Result<String, D::Error> {
    Ok(Option::deserialize(value)?.unwrap_or_default())
}

/// A manual run whose fields were checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manual {
    picture: String,
    folder: String,
    library: String,
    card: Card,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "card", rename_all = "snake_case")]
enum Card {
    Standard { title: String },
    Season { title: String, season: String },
    Collection { title: String },
    Background { title: String },
    Episode { title: String, season: String, episode: String },
}

impl Manual {
    /// Checked in upstream's order.
    pub fn parse(form: &ManualForm) -> Result<Self, InvalidRequest> {
        let picture = required(&form.picture_path, "picturePath", "Picture path is required")?;
        let folder = required(&form.folder_name, "folderName", "Folder name is required")?;
        let library = required(&form.library_name, "libraryName", "Library name is required")?;
        let card = Card::parse(form)?;
        Ok(Self { picture, folder, library, card })
    }

    /// Adds its arguments, in upstream's order.
    pub fn write(&self, arguments: &mut Arguments) {
        arguments.switch("-Manual");
        arguments.value("PicturePath", &self.picture);
        let title = match &self.card {
            Card::Standard { title } => title,
            Card::Season { title, .. } => {
                arguments.switch("-SeasonPoster");
                title
            }
            Card::Collection { title } => {
                arguments.switch("-CollectionCard");
                title
            }
            Card::Background { title } => {
                arguments.switch("-BackgroundCard");
                title
            }
            Card::Episode { title, .. } => {
                arguments.switch("-TitleCard");
                title
            }
        };
        arguments.value("Titletext", title);
        arguments.value("FolderName", &self.folder);
        arguments.value("LibraryName", &self.library);
        match &self.card {
            Card::Season { season, .. } => arguments.value("SeasonPosterName", season),
            Card::Episode { title, season, episode } => {
                arguments.value("EPTitleName", title);
                arguments.value("SeasonPosterName", season);
                arguments.value("EpisodeNumber", episode);
            }
            Card::Standard { .. } | Card::Collection { .. } | Card::Background { .. } => {}
        }
    }
}

impl Card {
    fn parse(form: &ManualForm) -> Result<Self, InvalidRequest> {
        let title = || checked(&form.titletext, "titletext");
        Ok(match form.poster_type {
            PosterType::Standard => Self::Standard { title: title()? },
            PosterType::Collection => Self::Collection { title: title()? },
            PosterType::Background => Self::Background { title: title()? },
            PosterType::Season => Self::Season {
                title: title()?,
                season: required(
                    &form.season_poster_name,
                    "seasonPosterName",
                    "Season poster name is required for season posters",
                )?,
            },
            PosterType::TitleCard => Self::Episode {
                title: required(&form.ep_title_name, "epTitleName", "Episode title name is required for title cards")?,
                episode: required(&form.episode_number, "episodeNumber", "Episode number is required for title cards")?,
                season: required(
                    &form.season_poster_name,
                    "seasonPosterName",
                    "Season name is required for title cards",
                )?,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::RunRequest;
    use super::*;

    fn form(poster_type: PosterType) -> ManualForm {
        ManualForm {
            picture_path: " /p.jpg ".into(),
            titletext: " My Title".into(),
            folder_name: "Folder (2020) ".into(),
            library_name: "Movies".into(),
            poster_type,
            season_poster_name: "Season 1".into(),
            ep_title_name: "Lies".into(),
            episode_number: "2".into(),
        }
    }

    fn manual(poster_type: PosterType) -> Vec<String> {
        RunRequest::manual(&form(poster_type)).unwrap().arguments()
    }

    #[test]
    fn a_manual_run_has_the_arguments_upstream_gives_it_in_its_order() {
        let three = ["-Titletext", "My Title", "-FolderName", "Folder (2020)", "-LibraryName", "Movies"];
        fn with(before: &[&'static str], middle: &[&'static str], after: &[&'static str]) -> Vec<&'static str> {
            [&["-Manual", "-PicturePath", "/p.jpg"], before, middle, after].concat()
        }
        assert_eq!(manual(PosterType::Standard), with(&[], &three, &[]));
        assert_eq!(manual(PosterType::Collection), with(&["-CollectionCard"], &three, &[]));
        assert_eq!(manual(PosterType::Background), with(&["-BackgroundCard"], &three, &[]));
        assert_eq!(manual(PosterType::Season), with(&["-SeasonPoster"], &three, &["-SeasonPosterName", "Season 1"]));
        let card = ["-Titletext", "Lies", "-FolderName", "Folder (2020)", "-LibraryName", "Movies"];
        let after = ["-EPTitleName", "Lies", "-SeasonPosterName", "Season 1", "-EpisodeNumber", "2"];
        assert_eq!(manual(PosterType::TitleCard), with(&["-TitleCard"], &card, &after));
    }

    #[test]
    fn an_empty_title_is_an_empty_argument() {
        let arguments = RunRequest::manual(&ManualForm { titletext: "  ".into(), ..form(PosterType::Standard) });
        assert_eq!(arguments.unwrap().arguments()[3..5], ["-Titletext", ""]);
    }

    #[test]
    fn blank_fields_are_refused_in_upstreams_order() {
        let mut form = ManualForm { poster_type: PosterType::TitleCard, ..ManualForm::default() };
        let mut complaints = Vec::new();
        for fill in [
            |form: &mut ManualForm| form.picture_path = "p".into(),
            |form: &mut ManualForm| form.folder_name = "f".into(),
            |form: &mut ManualForm| form.library_name = "l".into(),
            |form: &mut ManualForm| form.ep_title_name = "t".into(),
            |form: &mut ManualForm| form.episode_number = "1".into(),
            |form: &mut ManualForm| form.season_poster_name = "s".into(),
        ] {
            complaints.push(RunRequest::manual(&form).unwrap_err().to_string());
            fill(&mut form);
        }
        let expected = [
            "Picture path is required",
            "Folder name is required",
            "Library name is required",
            "Episode title name is required for title cards",
            "Episode number is required for title cards",
            "Season name is required for title cards",
        ];
        assert_eq!(complaints, expected);
        assert!(RunRequest::manual(&form).is_ok());
    }

    #[test]
    fn a_title_that_begins_with_a_dash_cannot_become_a_parameter() {
        for title in ["-Testing", "\u{2013} 30 \u{2013}", "\u{2014}", "\u{2015}x"] {
            let form = ManualForm { titletext: title.into(), ..form(PosterType::Standard) };
            let arguments = RunRequest::manual(&form).unwrap().arguments();
            assert_eq!(arguments[3], format!("-Titletext:{title}"));
            assert_eq!(arguments[4], "-FolderName");
        }
    }

    #[test]
    fn a_nul_character_is_refused() {
        let form = ManualForm { folder_name: "a\0b".into(), ..form(PosterType::Standard) };
        assert_eq!(RunRequest::manual(&form), Err(InvalidRequest::Nul("folderName".to_owned())));
    }
}
