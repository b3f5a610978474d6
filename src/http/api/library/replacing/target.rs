//! What a client asks for when it replaces a picture: which asset, of which kind, and the manual run that would make it.

use posterizarr_base::artwork::{COLLECTIONS, Episode, season_of_stem};

use utoipa::IntoParams;

use crate::actors::library::assets::kind::Gallery;
use crate::actors::runs::{ManualForm, PosterType, RunRequest};
use crate::http::ApiError;
use crate::http::extract::parameters::{Given, Parameters};

/// How far the ratio of the sides may be off, as a part of it.
const TOLERANCE: f64 = 0.05;

/// What is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// The asset below its folder.
    pub path: String,
    /// Whether an asset is made of the picture, with texts and overlays.
    pub overlays: bool,
    /// Whether it waits in the queue.
    pub queued: bool,
    /// May be empty: then nothing is printed.
    pub title: Option<String>,
    pub folder: Option<String>,
    pub library: Option<String>,
    pub season: Option<String>,
    pub episode: Option<String>,
    pub episode_title: Option<String>,
    pub asset_type: Option<String>,
    pub media_type: Option<String>,
}

/// The same as a query, for the API's document.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "read by hand, since upstream's page writes `undefined` for nothing")]
pub struct AskedQuery {
    /// The asset, such as `Movies/Heat (1995)/poster.jpg`.
    asset_path: String,
    /// true: a run makes the asset of it; else the picture becomes your own asset.
    process_with_overlays: Option<bool>,
    /// true: it waits in the queue.
    add_to_queue: Option<bool>,
    /// Printed on it; of the folder if absent, nothing if empty.
    title_text: Option<String>,
    /// Of the path if absent.
    folder_name: Option<String>,
    /// Of the path if absent.
    library_name: Option<String>,
    /// Of the path if absent.
    season_number: Option<String>,
    /// Of the path if absent.
    episode_number: Option<String>,
    /// Of title cards.
    episode_title: Option<String>,
    /// poster, season, titlecard, background or collection; of the path if absent.
    asset_type: Option<String>,
    /// movie or show; of the library if absent.
    #[param(rename = "mediaType")]
    media_type: Option<String>,
}

impl Asked {
    /// From a query. What upstream's page writes for nothing (`undefined`, `null`) is nothing.
    pub fn of(given: &Given) -> Result<Self, ApiError> {
        let mut parameters = Parameters::of(given);
        let word = |text: &str| match text.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Some(true),
            "false" | "0" | "no" | "off" => Some(false),
            _ => None,
        };
        let overlays = parameters.parsed("process_with_overlays", "true or false", word).unwrap_or(false);
        let queued = parameters.parsed("add_to_queue", "true or false", word).unwrap_or(false);
        let given = |name: &str| {
            let text = parameters.text(name).map(str::trim);
            text.filter(|text| !matches!(*text, "" | "undefined" | "null")).map(str::to_owned)
        };
        let asked = Self {
            path: parameters.text("asset_path").unwrap_or_default().to_owned(),
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
        };
        parameters.checked()?;
        if asked.path.is_empty() {
            return Err(ApiError::validation("missing", &["query", "asset_path"], "Field required"));
        }
        Ok(asked)
    }

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
        let numbers = Episode::of_code(code);
        let number = |given: &Option<String>, of_name: Option<u32>| {
            let given = given.as_deref().map(plain);
            given.or_else(|| of_name.map(|number| number.to_string())).unwrap_or_default()
        };
        let of_season = numbers.map(|place| place.season).or_else(|| season_of_stem(code));
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
            episode_number: number(&self.episode, numbers.map(|place| place.episode)),
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
    pub fn check_ratio(&self, width: u32, height: u32) -> Result<(), String> {
        let (sides, wanted) = match self.kind() {
            PosterType::Background | PosterType::TitleCard => ("16:9", 16.0 / 9.0),
            PosterType::Standard | PosterType::Season | PosterType::Collection => ("2:3", 2.0 / 3.0),
        };
        if height == 0 {
            return Err("Image height cannot be zero.".to_owned());
        }
        let ratio = f64::from(width) / f64::from(height);
        if (ratio - wanted).abs() <= wanted * TOLERANCE {
            return Ok(());
        }
        Err(format!("Invalid aspect ratio ({ratio:.3}). Expected approximately {sides} ({wanted:.3} ± 5%)."))
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

    fn asked(path: &str) -> Asked {
        Asked { path: path.to_owned(), ..Asked::default() }
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
        let card = Asked { episode_title: Some("Lies".into()), ..asked("TV/Dark/S01E02.jpg") };
        let form = card.form().unwrap();
        assert_eq!((form.season_poster_name.as_str(), form.episode_number.as_str()), ("1", "2"));
        let given = Asked { season: Some("03".into()), episode: Some("4".into()), ..card };
        let form = given.form().unwrap();
        assert_eq!((form.season_poster_name.as_str(), form.episode_number.as_str()), ("3", "4"));
    }

    #[test]
    fn what_no_run_can_make_is_told() {
        let because = |asked: Asked| match asked.form() {
            Err(NoRun::Because(why)) => why,
            other => panic!("{other:?}"),
        };
        assert_eq!(because(asked("TV/Dark/S01E02.jpg")), "Episode title is required for title card processing");
        let leaves = Asked { folder: Some("..".into()), ..asked("TV/Dark/poster.jpg") };
        assert!(because(leaves).contains("must stay below"));
        assert!(matches!(asked("Movies/poster.jpg").form(), Err(NoRun::Structure)));
        assert!(matches!(asked("Heat (1995).jpg").form(), Err(NoRun::Structure)));
        let given = Asked { library: Some("Movies".into()), folder: Some("Heat".into()), ..asked("Heat.jpg") };
        assert_eq!(given.form().unwrap().folder_name, "Heat");
    }

    #[test]
    fn titles_may_be_empty_and_what_the_page_writes_for_nothing_is_nothing() {
        let query = "asset_path=M%2FHeat%2Fposter.jpg&title_text=&mediaType=undefined&season_number=null&folder_name=\
                     &process_with_overlays=true&add_to_queue=1";
        let asked = Asked::of(&Given::from_query(query).unwrap()).unwrap();
        assert_eq!(
            (asked.title.as_deref(), &asked.media_type, &asked.season, &asked.folder),
            (Some(""), &None, &None, &None)
        );
        assert!(asked.overlays && asked.queued);
        assert!(Asked::of(&Given::from_query("asset_path=").unwrap()).is_err());
        assert!(Asked::of(&Given::from_query("asset_path=x&add_to_queue=maybe").unwrap()).is_err());
    }

    #[test]
    fn the_ratio_is_that_of_the_kind_whatever_the_library_is_called() {
        assert_eq!(
            asked("M/Heat/poster.jpg").check_ratio(1600, 900).unwrap_err(),
            "Invalid aspect ratio (1.778). Expected approximately 2:3 (0.667 ± 5%)."
        );
        assert!(asked("M/Heat/poster.jpg").check_ratio(1000, 1500).is_ok());
        assert!(asked("M/Heat/poster.jpg").check_ratio(680, 1000).is_ok());
        assert_eq!(
            asked("Poster/Heat/background.jpg").check_ratio(1000, 1500).unwrap_err(),
            "Invalid aspect ratio (0.667). Expected approximately 16:9 (1.778 ± 5%)."
        );
        assert!(asked("Poster/Dark/S01E02.jpg").check_ratio(1920, 1080).is_ok());
    }
}
