//! A manual run: one asset from a picture.

use posterizarr_base::artwork::{AssetName, COLLECTIONS, Episode, collection_folder, season_number};
use posterizarr_base::command_line::{ManualCard, ManualRun};
use posterizarr_base::items::ItemKind;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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

impl PosterType {
    const WORDS: [(&str, Self); 5] = [
        ("standard", Self::Standard),
        ("season", Self::Season),
        ("collection", Self::Collection),
        ("titlecard", Self::TitleCard),
        ("background", Self::Background),
    ];

    /// Its word in requests and answers.
    pub fn word(self) -> &'static str {
        Self::WORDS.into_iter().find(|(_, kind)| *kind == self).map_or("standard", |(word, _)| word)
    }

    /// The one with this word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::WORDS.into_iter().find(|(known, _)| *known == word).map(|(_, kind)| kind)
    }
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
    /// Whose poster it is: `movie`, or `show` or `tv`.
    #[serde(default)]
    pub media_type: Option<String>,
    /// Whether it waits in the queue of `/api/queue` instead of starting now.
    #[serde(default, rename = "add_to_queue")]
    pub add_to_queue: bool,
}

impl ManualForm {
    /// Where the run puts the asset, below the asset folder; none where a number is missing.
    pub fn asset(&self) -> Option<String> {
        let (library, folder) = (self.library_name.trim(), self.folder_name.trim());
        let season = || season_number(&self.season_poster_name);
        let name = match self.poster_type {
            PosterType::Collection => {
                return Some(format!("{COLLECTIONS}/{library}/{}/poster.jpg", collection_folder(folder)));
            }
            PosterType::Standard => AssetName::Poster,
            PosterType::Background => AssetName::Background,
            PosterType::Season => AssetName::Season(season()?),
            PosterType::TitleCard => {
                AssetName::Episode(Episode { season: season()?, episode: self.episode_number.trim().parse().ok()? })
            }
        };
        Some(format!("{library}/{folder}/{}.jpg", name.stem()))
    }
}

/// Clients send null for what does not apply.
fn text_or_null<'de, D: serde::Deserializer<'de>>(value: D) -> Result<String, D::Error> {
    Ok(Option::deserialize(value)?.unwrap_or_default())
}

/// Checks the fields, in upstream's order.
pub(super) fn parse(form: &ManualForm) -> Result<ManualRun, InvalidRequest> {
    let picture = required(&form.picture_path, "picturePath", "Picture path is required")?;
    let folder = named(required(&form.folder_name, "folderName", "Folder name is required")?, "folderName")?;
    let library = named(required(&form.library_name, "libraryName", "Library name is required")?, "libraryName")?;
    let card = card(form)?;
    let of = match form.media_type.as_deref() {
        Some("movie") => Some(ItemKind::Movie),
        Some("show" | "tv") => Some(ItemKind::Show),
        _ => None,
    };
    let of = of.filter(|_| matches!(card, ManualCard::Standard { .. } | ManualCard::Background { .. }));
    Ok(ManualRun { picture, folder, library, card, of })
}

/// The longest name of a file or folder, in bytes.
const MAX_NAME_LENGTH: usize = 255;

/// A name that the run can make a folder of below the assets. A backslash separates folders for others who read them.
fn named(value: String, key: &'static str) -> Result<String, InvalidRequest> {
    let refused = |why| {
        let value = value.chars().take(100).collect();
        Err(InvalidRequest::Name { key, value, why })
    };
    if value.contains('\\') {
        return refused("a backslash is not allowed");
    }
    if value.split('/').any(|part| part.is_empty() || part == "." || part == "..") {
        return refused("it must stay below the asset folder");
    }
    if value.split('/').any(|part| part.len() > MAX_NAME_LENGTH) {
        return refused("it is too long");
    }
    Ok(value)
}

fn card(form: &ManualForm) -> Result<ManualCard, InvalidRequest> {
    let title = || checked(&form.titletext, "titletext");
    Ok(match form.poster_type {
        PosterType::Standard => ManualCard::Standard { title: title()? },
        PosterType::Collection => ManualCard::Collection { title: title()? },
        PosterType::Background => ManualCard::Background { title: title()? },
        PosterType::Season => ManualCard::Season {
            title: title()?,
            season: required(
                &form.season_poster_name,
                "seasonPosterName",
                "Season poster name is required for season posters",
            )?,
        },
        PosterType::TitleCard => ManualCard::Episode {
            title: required(&form.ep_title_name, "epTitleName", "Episode title name is required for title cards")?,
            episode: required(&form.episode_number, "episodeNumber", "Episode number is required for title cards")?,
            season: required(&form.season_poster_name, "seasonPosterName", "Season name is required for title cards")?,
        },
    })
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
            media_type: None,
            add_to_queue: false,
        }
    }

    fn manual(poster_type: PosterType) -> Vec<String> {
        RunRequest::manual(&form(poster_type)).unwrap().arguments()
    }

    #[test]
    fn names_that_leave_the_assets_or_are_no_names_are_refused_before_a_run_starts() {
        let long = "x".repeat(256);
        let fine = ["Heat (1995)", "Kids/Heat (1995)", "...And Justice for All", "a..b"];
        let bad = ["..", ".", "../x", "x/..", "/x", "x//y", "..\\x", "F\\G", &long];
        for (names, taken) in [(&fine[..], true), (&bad[..], false)] {
            for name in names {
                for key in ["folderName", "libraryName"] {
                    let named = named((*name).to_owned(), key);
                    assert_eq!(named.is_ok(), taken, "{named:?}");
                }
            }
        }
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
    fn the_engine_is_told_whose_poster_it_is_and_the_script_is_not() {
        for (media_type, poster_type, switch) in [
            (Some("movie"), PosterType::Standard, Some("-MoviePosterCard")),
            (Some("tv"), PosterType::Standard, Some("-ShowPosterCard")),
            (Some("show"), PosterType::Standard, Some("-ShowPosterCard")),
            (Some("show"), PosterType::Background, Some("-ShowPosterCard")),
            (Some("show"), PosterType::Season, None),
            (Some("undefined"), PosterType::Standard, None),
        ] {
            let form = ManualForm { media_type: media_type.map(str::to_owned), ..form(poster_type) };
            let request = RunRequest::manual(&form).unwrap();
            let script = request.arguments();
            assert!(!script.iter().any(|argument| argument.contains("PosterCard")));
            let expected: Vec<_> = script.iter().map(String::as_str).chain(switch).collect();
            assert_eq!(request.arguments_of_engine(), expected, "{media_type:?}");
        }
    }

    #[test]
    fn it_is_known_where_the_asset_will_be() {
        for (poster_type, asset) in [
            (PosterType::Standard, "Movies/Folder (2020)/poster.jpg"),
            (PosterType::Background, "Movies/Folder (2020)/background.jpg"),
            (PosterType::Season, "Movies/Folder (2020)/Season01.jpg"),
            (PosterType::TitleCard, "Movies/Folder (2020)/S01E02.jpg"),
            (PosterType::Collection, "Collections/Movies/Folder (2020)/poster.jpg"),
        ] {
            assert_eq!(form(poster_type).asset().as_deref(), Some(asset));
        }
        let without = ManualForm { season_poster_name: "One".into(), ..form(PosterType::Season) };
        assert_eq!(without.asset(), None);
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
