//! What a client asks for when it replaces a picture: which asset, of which kind, and the manual run that would make it.

use posterizarr_base::artwork::{AssetName, COLLECTIONS};

use utoipa::IntoParams;

use crate::actors::library::assets::Gallery;
use crate::actors::runs::{ManualForm, PosterType, RunRequest};
use crate::http::extract::parameters::{FromQuery, Parameters};
use crate::http::{ApiError, Code};

/// How far the ratio of the sides may be off, as a part of it.
const TOLERANCE: f64 = 0.05;

/// What is asked for. What upstream's page writes for nothing (`undefined`, `null`) is nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Replacement {
    /// The asset, such as `Movies/Heat (1995)/poster.jpg`.
    #[param(rename = "asset_path")]
    pub path: String,
    /// true: a run makes the asset of it; else the picture becomes your own asset.
    #[param(rename = "process_with_overlays", required = false)]
    pub overlays: bool,
    /// true: it waits in the queue.
    #[param(rename = "add_to_queue", required = false)]
    pub queued: bool,
    /// Printed on it; of the folder if absent, nothing if empty.
    #[param(rename = "title_text")]
    pub title: Option<String>,
    /// Of the path if absent.
    #[param(rename = "folder_name")]
    pub folder: Option<String>,
    /// Of the path if absent.
    #[param(rename = "library_name")]
    pub library: Option<String>,
    /// Of the path if absent.
    #[param(rename = "season_number")]
    pub season: Option<String>,
    /// Of the path if absent.
    #[param(rename = "episode_number")]
    pub episode: Option<String>,
    /// Of title cards.
    pub episode_title: Option<String>,
    /// poster, season, titlecard, background or collection; of the path if absent.
    pub asset_type: Option<String>,
    /// movie or show; of the library if absent.
    #[param(rename = "mediaType")]
    pub media_type: Option<String>,
}

impl FromQuery for Replacement {
    fn take(parameters: &mut Parameters<'_>) -> Self {
        let mut switch = |name| {
            let word = |text: &str| match text.to_ascii_lowercase().as_str() {
                "true" | "1" | "yes" | "on" => Some(true),
                "false" | "0" | "no" | "off" => Some(false),
                _ => None,
            };
            parameters.parsed(name, "true or false", word).unwrap_or(false)
        };
        let [overlays, queued] = ["process_with_overlays", "add_to_queue"].map(&mut switch);
        let path = parameters.required_filled("asset_path");
        let given = |name: &str| {
            let text = parameters.text(name).map(str::trim);
            text.filter(|text| !matches!(*text, "" | "undefined" | "null")).map(str::to_owned)
        };
        Self {
            path,
            overlays,
            queued,
            title: parameters.text("title_text").map(|title| title.trim().to_owned()),
            folder: given("folder_name"),
            library: given("library_name"),
            season: given("season_number"),
            episode: given("episode_number"),
            episode_title: given("episode_title"),
            asset_type: given("asset_type").map(|kind| kind.to_lowercase()),
            media_type: given("mediaType").map(|kind| kind.to_lowercase()),
        }
    }
}

impl Replacement {
    /// What is to be made.
    pub fn kind(&self) -> PosterType {
        match self.asset_type.as_deref() {
            Some("collection") => return PosterType::Collection,
            Some("titlecard" | "episodetemplate" | "episode") => return PosterType::TitleCard,
            Some("season" | "seasontemplate") => return PosterType::Season,
            Some("background") => return PosterType::Background,
            _ => {}
        }
        if self.path.starts_with(&format!("{COLLECTIONS}/")) {
            return PosterType::Collection;
        }
        match Gallery::of(self.name()) {
            Gallery::Background => PosterType::Background,
            Gallery::Season => PosterType::Season,
            Gallery::TitleCard => PosterType::TitleCard,
            Gallery::Poster | Gallery::Other => PosterType::Standard,
        }
    }

    fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    fn stem(&self) -> &str {
        self.name().rsplit_once('.').map_or(self.name(), |(stem, _)| stem)
    }

    /// The names of library and folder: those that are given, or those of the path.
    fn place(&self) -> Option<(String, String)> {
        let path = self.path.strip_prefix(&format!("{COLLECTIONS}/")).unwrap_or(&self.path);
        let of_path = path.rsplit_once('/').and_then(|(folders, _)| folders.split_once('/'));
        let library = self.library.clone().or_else(|| of_path.map(|(library, _)| library.to_owned()))?;
        let folder = self.folder.clone().or_else(|| of_path.map(|(_, folder)| folder.to_owned()))?;
        Some((library, folder))
    }

    /// The manual run that makes the asset, but for its picture; or why there can be none, in upstream's words.
    pub fn form(&self) -> Result<ManualForm, NoRun> {
        let (library_name, folder_name) = self.place().ok_or(NoRun::Structure)?;
        let kind = self.kind();
        let code = self.stem().rsplit('_').next().unwrap_or_default();
        let (of_season, of_episode) = AssetName::of_stem(code).map_or((None, None), AssetName::numbers);
        let number = |given: &Option<String>, of_name: Option<u32>| {
            let given = given.as_deref().map(plain);
            given.or_else(|| of_name.map(|number| number.to_string())).unwrap_or_default()
        };
        let last = folder_name.rsplit('/').next().unwrap_or_default();
        let title = self.title.clone().unwrap_or_else(|| title_of(last).to_owned());
        let form = ManualForm {
            // Looked at here, and given later.
            picture_path: "picture".to_owned(),
            titletext: title,
            folder_name,
            library_name,
            poster_type: kind,
            season_poster_name: number(&self.season, of_season),
            ep_title_name: self.episode_title.clone().unwrap_or_default(),
            episode_number: number(&self.episode, of_episode),
            media_type: self.media_type.clone(),
            add_to_queue: false,
        };
        if kind == PosterType::TitleCard && form.ep_title_name.is_empty() {
            return Err(NoRun::Because("Episode title is required for title card processing".to_owned()));
        }
        RunRequest::manual(&form).map_err(|error| NoRun::Because(error.to_string()))?;
        Ok(form)
    }

    /// Refuses a picture whose sides have another ratio than the asset has.
    pub fn check_ratio(&self, width: u32, height: u32) -> Result<(), ApiError> {
        let (sides, wanted) = match self.kind() {
            PosterType::Background | PosterType::TitleCard => ("16:9", 16.0 / 9.0),
            PosterType::Standard | PosterType::Season | PosterType::Collection => ("2:3", 2.0 / 3.0),
        };
        if height == 0 {
            return Err(ApiError::new(Code::InvalidValue, "Image height cannot be zero."));
        }
        let ratio = f64::from(width) / f64::from(height);
        if (ratio - wanted).abs() <= wanted * TOLERANCE {
            return Ok(());
        }
        Err(ApiError::told(
            Code::InvalidValue,
            "Invalid aspect ratio ({ratio}). Expected approximately {sides} ({wanted} ± 5%).",
            [
                ("ratio", format!("{ratio:.3}").into()),
                ("sides", sides.into()),
                ("wanted", format!("{wanted:.3}").into()),
            ],
        ))
    }
}

/// Why no run can make the asset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoRun {
    /// The path does not tell library and folder.
    Structure,
    /// Something is missing, or no name.
    Because(String),
}

/// A number as upstream writes it: without leading zeros.
fn plain(number: &str) -> String {
    number.parse::<u32>().map_or_else(|_| number.to_owned(), |number| number.to_string())
}

/// The title in the name of a folder: what stands before the year.
fn title_of(folder: &str) -> &str {
    let is_year = |rest: &str| {
        rest.get(..5).is_some_and(|year| year.ends_with(')') && year.bytes().take(4).all(|byte| byte.is_ascii_digit()))
    };
    let year = folder.match_indices(" (").find(|(at, found)| folder.get(at + found.len()..).is_some_and(is_year));
    year.and_then(|(at, _)| folder.get(..at)).unwrap_or(folder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::extract::parameters::Query;

    fn asked(path: &str) -> Replacement {
        Replacement { path: path.to_owned(), ..Replacement::default() }
    }

    #[test]
    fn the_path_tells_the_run() {
        for (path, kind, library, folder, season, title) in [
            (
                "Movies/Heat (1995) {tmdb-949}/poster.jpg",
                PosterType::Standard,
                "Movies",
                "Heat (1995) {tmdb-949}",
                "",
                "Heat",
            ),
            ("TV/Kids/Dark (2017)/Season01.png", PosterType::Season, "TV", "Kids/Dark (2017)", "1", "Dark"),
            ("TV/Dark/Season00.jpg", PosterType::Season, "TV", "Dark", "0", "Dark"),
            (
                "Movies/What (is) it/background.jpg",
                PosterType::Background,
                "Movies",
                "What (is) it",
                "",
                "What (is) it",
            ),
            ("Collections/Movies/Alien/poster.jpg", PosterType::Collection, "Movies", "Alien", "", "Alien"),
            (
                "Poster Movies/Season of (2001)/poster.jpg",
                PosterType::Standard,
                "Poster Movies",
                "Season of (2001)",
                "",
                "Season of",
            ),
        ] {
            let form = asked(path).form().unwrap();
            let found = (form.poster_type, form.library_name.as_str(), form.folder_name.as_str());
            assert_eq!(found, (kind, library, folder), "{path}");
            assert_eq!((form.season_poster_name.as_str(), form.titletext.as_str()), (season, title), "{path}");
        }
        let card = Replacement { episode_title: Some("Lies".into()), ..asked("TV/Dark/S01E02.jpg") };
        let form = card.form().unwrap();
        assert_eq!((form.season_poster_name.as_str(), form.episode_number.as_str()), ("1", "2"));
        let given = Replacement { season: Some("03".into()), episode: Some("4".into()), ..card };
        let form = given.form().unwrap();
        assert_eq!((form.season_poster_name.as_str(), form.episode_number.as_str()), ("3", "4"));
    }

    #[test]
    fn what_no_run_can_make_is_told() {
        let because = |asked: Replacement| match asked.form() {
            Err(NoRun::Because(why)) => why,
            other => panic!("{other:?}"),
        };
        assert_eq!(because(asked("TV/Dark/S01E02.jpg")), "Episode title is required for title card processing");
        let leaves = Replacement { folder: Some("..".into()), ..asked("TV/Dark/poster.jpg") };
        assert!(because(leaves).contains("must stay below"));
        assert!(matches!(asked("Movies/poster.jpg").form(), Err(NoRun::Structure)));
        assert!(matches!(asked("Heat (1995).jpg").form(), Err(NoRun::Structure)));
        let given = Replacement { library: Some("Movies".into()), folder: Some("Heat".into()), ..asked("Heat.jpg") };
        assert_eq!(given.form().unwrap().folder_name, "Heat");
    }

    #[test]
    fn titles_may_be_empty_and_what_the_page_writes_for_nothing_is_nothing() {
        let query = "asset_path=M%2FHeat%2Fposter.jpg&title_text=&mediaType=undefined&season_number=null&folder_name=\
                     &process_with_overlays=true&add_to_queue=1";
        let asked = Query::<Replacement>::read(query).unwrap().0;
        assert_eq!(
            (asked.title.as_deref(), &asked.media_type, &asked.season, &asked.folder),
            (Some(""), &None, &None, &None)
        );
        assert!(asked.overlays && asked.queued);
        assert!(Query::<Replacement>::read("asset_path=").is_err());
        assert!(Query::<Replacement>::read("asset_path=x&add_to_queue=maybe").is_err());
    }

    #[test]
    fn the_ratio_is_that_of_the_kind_whatever_the_library_is_called() {
        assert_eq!(
            asked("M/Heat/poster.jpg").check_ratio(1600, 900).unwrap_err().to_string(),
            "Invalid aspect ratio (1.778). Expected approximately 2:3 (0.667 ± 5%)."
        );
        assert!(asked("M/Heat/poster.jpg").check_ratio(1000, 1500).is_ok());
        assert!(asked("M/Heat/poster.jpg").check_ratio(680, 1000).is_ok());
        assert_eq!(
            asked("Poster/Heat/background.jpg").check_ratio(1000, 1500).unwrap_err().to_string(),
            "Invalid aspect ratio (0.667). Expected approximately 16:9 (1.778 ± 5%)."
        );
        assert!(asked("Poster/Dark/S01E02.jpg").check_ratio(1920, 1080).is_ok());
    }
}
