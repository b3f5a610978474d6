//! `config.json` as far as the engine needs it.
//!
//! The caller gives the whole document, with defaults where the file has nothing. What a value may be is told by the table of
//! keys that saving goes by, too: what can be saved can be used. A value that cannot be used is told with section, key and the
//! way out, and stops only what needs it: each kind of artwork is read for itself.

use std::path::PathBuf;

use posterizarr_base::config::{find, keys};
use posterizarr_base::said::{Params, Values, values};
use serde_json::{Map, Value};

use crate::{
    design::{ArtworkKind, Design},
    geometry::Gravity,
    picture::Colour,
};

/// The content of `config.json`.
pub type Document = Map<String, Value>;

/// A value that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("config.json: {section}.{key} {complaint}")]
pub struct Problem {
    pub section: String,
    pub key: String,
    pub complaint: String,
}

impl Values for Problem {
    fn values(&self) -> Params {
        values([("section", &self.section), ("key", &self.key), ("complaint", &self.complaint)])
    }
}

/// What a run is told by the configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    pub asset_path: PathBuf,
    /// One folder per library and item, instead of all files in one.
    pub library_folders: bool,
    /// 1: warnings and errors; 2: what happens; 3: everything.
    pub log_level: u32,
    /// How many earlier log folders are kept.
    pub max_logs: u32,
    pub force_running_deletion: bool,
    pub look: Look,
    /// Values that cannot be used and in whose place the default is: no run has to end because of them.
    pub replaced: Vec<Problem>,
}

/// What seasons are called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeasonNames {
    /// The word before a season's number.
    pub word: String,
    /// The name of season 0.
    pub specials: String,
}

/// How artwork looks.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    /// Off: pictures are brought to their size and nothing else.
    pub processing: bool,
    /// 1 to 100.
    pub quality: u8,
    /// The words of a title card's second line.
    pub season_word: String,
    pub episode_word: String,
    /// The word on a collection.
    pub collection_word: String,
    /// What seasons are called, where that is not what the media server calls them.
    pub season_names: Option<SeasonNames>,
    /// The colour that logos get which have none of their own, where that is wanted.
    pub logo_colour: Option<Colour>,
    /// Whether logos are wanted in the place of titles: on posters and seasons, and on backgrounds.
    logos: (bool, bool),
    designs: [Result<Design, Problem>; ArtworkKind::ALL.len()],
}

impl Config {
    /// Reads what every run needs. A kind of artwork that cannot be made is told by [`Look::design`].
    ///
    /// # Errors
    /// A value without which no run can be done.
    pub fn read(document: &Document) -> Result<Self, Problem> {
        let basics = Section::new(document, "PrerequisitePart");
        let mut replaced = Vec::new();
        Ok(Self {
            asset_path: PathBuf::from(basics.text("AssetPath")?.trim_end_matches(['/', '\\'])),
            library_folders: basics.flag("LibraryFolders")?,
            log_level: basics.or_default("logLevel", &mut replaced, log_level)?,
            max_logs: basics.or_default("maxLogs", &mut replaced, Section::number::<u32>)?.max(1),
            force_running_deletion: basics
                .or_default("ForceRunningDeletion", &mut replaced, |section, key| section.flag(key))?,
            look: Look::read(document)?,
            replaced,
        })
    }
}

/// A level; whoever wants less than the least or more than the most gets those.
fn log_level(section: &Section<'_>, key: &'static str) -> Result<u32, Problem> {
    let written = section.plain_text(key)?;
    written.trim().parse::<u32>().map(|level| level.clamp(1, 3)).or_else(|_| section.number(key))
}

impl SeasonNames {
    /// None where seasons are called as the media server calls them.
    fn read(section: &Section<'_>) -> Result<Option<Self>, Problem> {
        let text = |key| section.text(key).map(|text| text.trim().to_owned());
        let names = || Ok(Self { word: text("SeasonOverrideText")?, specials: text("SpecialSeasonOverrideText")? });
        section.flag("OverrideSeasonName")?.then(names).transpose()
    }
}

/// None where logos keep their colours.
fn logo_colour(section: &Section<'_>) -> Result<Option<Colour>, Problem> {
    const KEY: &str = "LogoFlatColor";
    let is_wanted = section.flag("ConvertLogoColor")? && !section.plain_text(KEY)?.trim().is_empty();
    is_wanted.then(|| section.colour(KEY)).transpose()
}

impl Look {
    /// Reads how artwork looks.
    ///
    /// # Errors
    /// A value that all kinds of artwork need.
    pub fn read(document: &Document) -> Result<Self, Problem> {
        let section = |name| Section::new(document, name);
        let output = section("OverlayPart");
        let (card, collection) = (section("TitleCardEPTextPart"), section("CollectionTitlePosterPart"));
        let words = [card.text("SeasonTCText"), card.text("EpisodeTCText"), collection.text("CollectionTitle")];
        let (season, basics) = (section("SeasonPosterOverlayPart"), section("PrerequisitePart"));
        let season_names = SeasonNames::read(&season);
        let logo_colour = logo_colour(&basics);
        // Whether a run looks for logos is its own affair; here it is about samples, which a strange value must not stop.
        let logos = ["UseLogo", "UseBGLogo"].map(|key| basics.flag(key).unwrap_or_default()).into();
        let designs = ArtworkKind::ALL.map(|kind| {
            let design = Design::read(kind, section)?;
            // A word that is none stops only the kind on which it stands, and only where it is wanted there.
            let its_words = match kind {
                ArtworkKind::TitleCard => words.get(..2),
                ArtworkKind::Collection => words.get(2..),
                _ => None,
            };
            let is_wanted = design.second.is_some_and(|second| second.enabled);
            let word = its_words.into_iter().flatten().find_map(|word| word.as_ref().err()).filter(|_| is_wanted);
            let name = season_names.as_ref().err().filter(|_| kind == ArtworkKind::Season);
            let colour = logo_colour.as_ref().err().filter(|_| kind.has_logos());
            word.or(name).or(colour).map_or(Ok(design), |problem| Err(problem.clone()))
        });
        let [season_word, episode_word, collection_word] = words.map(Result::unwrap_or_default);
        Ok(Self {
            season_names: season_names.unwrap_or_default(),
            logo_colour: logo_colour.unwrap_or_default(),
            logos,
            processing: output.flag("ImageProcessing")?,
            quality: output.percentage("outputQuality")?,
            season_word,
            episode_word,
            collection_word,
            designs,
        })
    }

    /// The design of a kind.
    ///
    /// # Errors
    /// A value that this kind needs and that cannot be used.
    pub fn design(&self, kind: ArtworkKind) -> Result<&Design, Problem> {
        // Kinds stand in the order of `ArtworkKind::ALL`.
        match self.designs.get(kind as usize) {
            Some(Ok(design)) => Ok(design),
            Some(Err(problem)) => Err(problem.clone()),
            None => Err(Problem { section: String::new(), key: String::new(), complaint: "is missing".to_owned() }),
        }
    }

    /// Whether a logo is wanted in the place of the title on this kind.
    pub fn wants_logo(&self, kind: ArtworkKind) -> bool {
        let (posters, backgrounds) = self.logos;
        match kind {
            ArtworkKind::Poster | ArtworkKind::Season => posters,
            ArtworkKind::Background => backgrounds,
            ArtworkKind::TitleCard | ArtworkKind::Collection => false,
        }
    }

    /// The designs of the kinds that can be made.
    pub(crate) fn designs_mut(&mut self) -> impl Iterator<Item = &mut Design> {
        self.designs.iter_mut().filter_map(|design| design.as_mut().ok())
    }

    /// What keeps kinds of artwork from being made, each with its kind.
    pub fn problems(&self) -> impl Iterator<Item = (ArtworkKind, &Problem)> {
        ArtworkKind::ALL
            .into_iter()
            .zip(&self.designs)
            .filter_map(|(kind, design)| Some((kind, design.as_ref().err()?)))
    }

    /// What is printed for a season that the media server calls by a name.
    pub fn season_name(&self, number: u32, on_server: &str) -> String {
        match &self.season_names {
            None => on_server.to_owned(),
            Some(names) if number == 0 => names.specials.clone(),
            Some(names) => format!("{} {number}", names.word).trim().to_owned(),
        }
    }

    /// The second line of a title card.
    pub fn episode_line(&self, season: u32, episode: u32) -> String {
        format!("{} {season} \u{2022} {} {episode}", self.season_word, self.episode_word)
    }
}

/// A section of the document; section and keys are found in any letter case.
#[derive(Clone, Copy)]
pub(crate) struct Section<'a> {
    document: &'a Document,
    name: &'static str,
    /// Whether a value that cannot be used has its default in its place, because nothing depends on it.
    forgiving: bool,
}

impl<'a> Section<'a> {
    pub(crate) fn new(document: &'a Document, name: &'static str) -> Self {
        Self { document, name, forgiving: false }
    }

    /// The same, for values that nothing depends on as long as a switch is off.
    pub(crate) fn forgiving(self, forgiving: bool) -> Self {
        Self { forgiving, ..self }
    }

    pub(crate) fn problem(&self, key: &str, complaint: impl Into<String>) -> Problem {
        Problem { section: self.name.to_owned(), key: key.to_owned(), complaint: complaint.into() }
    }

    /// The value in the form that saving gives it.
    fn value(&self, key: &str) -> Result<Value, Problem> {
        let known = keys::find(self.name, key);
        let default = || known.filter(|_| self.forgiving).map(|key| key.default.value());
        let Some(written) = find(self.document, self.name, key) else {
            // A file of version 2 of the script means what it meant before the keys of version 3.
            let as_before = known.filter(|key| key.is_3x).map(|key| key.default.value());
            return default().or(as_before).ok_or_else(|| self.problem(key, "is missing"));
        };
        let Some(known) = known else { return Ok(written.clone()) };
        known.kind.accept(written).or_else(|wrong| {
            default().ok_or_else(|| self.problem(key, format!("is {}; it {wrong}", shortened(&written.to_string()))))
        })
    }

    /// Reads a value, or its default where it cannot be used; then it is told.
    fn or_default<T>(
        self,
        key: &'static str,
        replaced: &mut Vec<Problem>,
        read: impl Fn(&Self, &'static str) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        read(&self, key).or_else(|problem| {
            replaced.push(problem);
            read(&self.forgiving(true), key)
        })
    }

    /// A text, number or boolean as it is written.
    fn plain_text(&self, key: &str) -> Result<String, Problem> {
        match find(self.document, self.name, key) {
            Some(Value::String(text)) => Ok(text.clone()),
            Some(value @ (Value::Bool(_) | Value::Number(_))) => Ok(value.to_string()),
            Some(_) => Err(self.problem(key, "is not text")),
            None => self.text(key),
        }
    }

    pub(crate) fn text(&self, key: &str) -> Result<String, Problem> {
        match self.value(key)? {
            Value::String(text) => Ok(text),
            value @ (Value::Bool(_) | Value::Number(_)) => Ok(value.to_string()),
            _ => Err(self.problem(key, "is not text")),
        }
    }

    pub(crate) fn list(&self, key: &str) -> Result<Vec<String>, Problem> {
        match self.value(key)? {
            Value::Array(items) => Ok(items.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
            _ => Err(self.problem(key, "is not a list of texts")),
        }
    }

    /// Texts and what is printed in their place.
    pub(crate) fn replacements(&self, key: &str) -> Result<Vec<(String, String)>, Problem> {
        match self.value(key)? {
            Value::Object(members) => {
                let text = |value: Value| value.as_str().map(str::to_owned).unwrap_or_default();
                Ok(members.into_iter().map(|(word, instead)| (word, text(instead))).collect())
            }
            _ => Err(self.problem(key, "is not an object of texts")),
        }
    }

    pub(crate) fn flag(&self, key: &str) -> Result<bool, Problem> {
        // An empty switch is off, in the script too.
        if self.plain_text(key).is_ok_and(|text| text.trim().is_empty()) {
            return Ok(false);
        }
        Ok(self.text(key)?.trim().eq_ignore_ascii_case("true"))
    }

    /// A number of the type that holds all that the table allows for the key.
    pub(crate) fn number<N: TryFrom<i64>>(&self, key: &'static str) -> Result<N, Problem> {
        let number = self.text(key)?.trim().parse::<i64>().ok().and_then(|number| N::try_from(number).ok());
        number.ok_or_else(|| self.problem(key, "is not a number in the allowed range"))
    }

    /// From `1%` to `100%`.
    fn percentage(&self, key: &'static str) -> Result<u8, Problem> {
        let number = self.text(key)?.trim().trim_end_matches('%').parse().ok();
        number.ok_or_else(|| self.problem(key, "is not a percentage from 1% to 100%"))
    }

    pub(crate) fn colour(&self, key: &str) -> Result<Colour, Problem> {
        Colour::parse(&self.text(key)?).map_err(|error| self.problem(key, error.to_string()))
    }

    pub(crate) fn gravity(&self, key: &str) -> Result<Gravity, Problem> {
        Gravity::parse(self.text(key)?.trim()).ok_or_else(|| self.problem(key, "is not a place of a text in its box"))
    }

    /// The name of a file in the folder with overlays and fonts, which cannot lead out of it; none for an empty one.
    pub(crate) fn file_name(&self, key: &str) -> Result<Option<String>, Problem> {
        Ok(Some(self.text(key)?).filter(|name| !name.is_empty()))
    }
}

/// A value as it may stand in a sentence.
fn shortened(text: &str) -> String {
    const MAX_LENGTH: usize = 60;
    match text.char_indices().nth(MAX_LENGTH) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A fresh configuration, as far as the engine reads it.
    pub(crate) fn fresh() -> Document {
        serde_json::from_str(include_str!("fixtures/config.json")).unwrap()
    }

    pub(crate) fn with(section: &str, key: &str, value: impl Into<Value>) -> Document {
        let mut document = fresh();
        document.get_mut(section).unwrap().as_object_mut().unwrap().insert(key.to_owned(), value.into());
        document
    }

    #[test]
    fn a_fresh_configuration_is_understood() {
        let config = Config::read(&fresh()).unwrap();
        assert_eq!((config.log_level, config.max_logs, config.look.quality), (2, 5, 92));
        let poster = config.look.design(ArtworkKind::Poster).unwrap();
        assert_eq!(poster.title.offset, 430);
        assert_eq!(poster.overlay.as_deref(), Some("overlay-innerglow.png"));
        assert_eq!(poster.title.place(PORTRAIT), crate::geometry::Point::new(50, 3000 - 500 - 430));
        assert!(!config.look.design(ArtworkKind::Season).unwrap().second.unwrap().enabled);
    }

    use crate::design::PORTRAIT;

    /// R-30 of the reference: without its sign the offset threw the text off the canvas.
    #[test]
    fn an_offset_needs_no_sign() {
        let offset = |text: &str| {
            let look = Look::read(&with("PosterOverlayPart", "text_offset", text)).unwrap();
            look.design(ArtworkKind::Poster).map(|design| design.title.offset)
        };
        assert_eq!(offset("430"), Ok(430));
        assert_eq!(offset("-20"), Ok(-20));
        assert_eq!(offset("+430"), Ok(430));
        let problem = offset("low").unwrap_err().to_string();
        assert_eq!(
            problem,
            "config.json: PosterOverlayPart.text_offset is \"low\"; it must be a whole number from -30000 to +30000, such as +300"
        );
    }

    #[test]
    fn a_font_cannot_be_named_outside_of_its_folder() {
        let look = Look::read(&with("PrerequisitePart", "font", "../../etc/passwd")).unwrap();
        let problem = look.design(ArtworkKind::Poster).unwrap_err();
        assert_eq!((problem.section.as_str(), problem.key.as_str()), ("PrerequisitePart", "font"));
    }

    #[test]
    fn seasons_are_called_as_the_server_calls_them_unless_they_are_renamed() {
        let plain = Look::read(&fresh()).unwrap();
        assert_eq!(
            (plain.season_name(1, "Book One"), plain.season_name(0, "Extras")),
            ("Book One".into(), "Extras".into())
        );
        let renamed = Look::read(&with("SeasonPosterOverlayPart", "OverrideSeasonName", "true")).unwrap();
        assert_eq!(
            (renamed.season_name(12, "x"), renamed.season_name(0, "x")),
            ("Staffel 12".into(), "Spezial".into())
        );
    }

    #[test]
    fn shows_have_an_overlay_of_their_own_where_one_is_set_and_overlays_are_on() {
        let mut document = with("PrerequisitePart", "showoverlayfile", "show.png");
        let overlays = |document: &Document, kind| {
            let design = Look::read(document).unwrap().design(kind).unwrap().clone();
            (design.overlay.clone(), design.of_show().overlay)
        };
        let normal = Some("overlay-innerglow.png".to_owned());
        assert_eq!(overlays(&document, ArtworkKind::Poster), (normal.clone(), Some("show.png".to_owned())));
        assert_eq!(overlays(&document, ArtworkKind::Season), (normal.clone(), normal));
        document["PosterOverlayPart"]["AddOverlay"] = "false".into();
        assert_eq!(overlays(&document, ArtworkKind::Poster), (None, None));
    }

    #[test]
    fn words_break_titles_with_and_without_symbols() {
        let mut document = with("PrerequisitePart", "NewLineOnSpecificWords", "true");
        let breaks = |document: &Document| {
            Look::read(document)
                .unwrap()
                .design(ArtworkKind::Poster)
                .unwrap()
                .breaks
                .clone()
                .map(|breaks| breaks.apply("A - AHNUNGSLOSIGKEIT"))
        };
        assert_eq!(breaks(&document).as_deref(), Some("A - AHNUNGS-\nLOSIGKEIT"));
        document["PrerequisitePart"]["NewLineOnSpecificSymbols"] = "true".into();
        assert_eq!(breaks(&document).as_deref(), Some("A\nAHNUNGS-\nLOSIGKEIT"));
        assert_eq!(breaks(&fresh()), None);
    }

    #[test]
    fn booleans_and_numbers_may_be_json_ones_and_keys_of_any_case() {
        let mut document = with("PosterOverlayPart", "AddText", false);
        let part = document.remove("PosterOverlayPart").unwrap();
        document.insert("posteroverlaypart".to_owned(), part);
        assert!(!Look::read(&document).unwrap().design(ArtworkKind::Poster).unwrap().title.enabled);
    }

    #[test]
    fn a_bad_value_stops_only_the_kind_that_uses_it() {
        for (section, key, value, stopped) in [
            ("CollectionPosterOverlayPart", "fontcolor", Value::from("nope"), &[ArtworkKind::Collection][..]),
            ("SeasonPosterOverlayPart", "MaxWidth", "wide".into(), &[ArtworkKind::Season]),
            ("TitleCardEPTextPart", "SeasonTCText", vec!["x"].into(), &[ArtworkKind::TitleCard]),
            ("PrerequisitePart", "font", "../x.ttf".into(), &[ArtworkKind::Poster, ArtworkKind::Season]),
            ("BackgroundOverlayPart", "AddText", "maybe".into(), &[ArtworkKind::Background]),
            // These are off in a fresh configuration, so nothing uses them.
            ("PosterOverlayPart", "strokecolor", "nope".into(), &[]),
            ("PosterOverlayPart", "strokewidth", "thick".into(), &[]),
            ("ShowTitleOnSeasonPosterPart", "fontcolor", "nope".into(), &[]),
            ("ShowTitleOnSeasonPosterPart", "minPointSize", "5000".into(), &[]),
            ("PrerequisitePart", "NewLineSymbols", 5.into(), &[]),
            ("PrerequisitePart", "LogoFlatColor", "nope".into(), &[]),
            // And these are switched on here.
            ("SeasonPosterOverlayPart", "SeasonOverrideText", vec!["x"].into(), &[ArtworkKind::Season]),
            (
                "PrerequisitePart",
                "ConvertLogoColor",
                "perhaps".into(),
                &[ArtworkKind::Poster, ArtworkKind::Season, ArtworkKind::Background],
            ),
        ] {
            let mut document = with(section, key, value.clone());
            document["SeasonPosterOverlayPart"]["OverrideSeasonName"] = "true".into();
            let look = Look::read(&document).unwrap();
            let found: Vec<ArtworkKind> = look.problems().map(|(kind, _)| kind).collect();
            assert_eq!(found, stopped, "{section}.{key} {value}");
            for kind in ArtworkKind::ALL {
                assert_eq!(look.design(kind).is_err(), stopped.contains(&kind), "{section}.{key} {value}");
            }
        }
    }

    #[test]
    fn a_bad_value_that_has_a_sensible_default_stops_nothing_and_is_told() {
        for (key, value) in [("logLevel", "loud"), ("maxLogs", "-5"), ("ForceRunningDeletion", "perhaps")] {
            let config = Config::read(&with("PrerequisitePart", key, value)).unwrap();
            assert_eq!((config.log_level, config.max_logs, config.force_running_deletion), (2, 5, false), "{key}");
            assert_eq!(config.replaced.iter().map(|problem| problem.key.as_str()).collect::<Vec<_>>(), [key]);
        }
        let levels =
            ["0", "3", "9"].map(|level| Config::read(&with("PrerequisitePart", "logLevel", level)).unwrap().log_level);
        assert_eq!(levels, [1, 3, 3]);
    }

    #[test]
    fn whatever_saving_accepts_is_accepted() {
        for (section, key, values) in posterizarr_base::config::keys::samples() {
            for value in values {
                let look = Look::read(&with_all(section, key, value.clone())).unwrap();
                let problems: Vec<_> = look.problems().collect();
                assert!(problems.is_empty(), "{section}.{key} {value}: {problems:?}");
            }
        }
    }

    /// A fresh configuration of all keys with every switch on.
    fn with_all(section: &str, key: &str, value: Value) -> Document {
        let mut document = posterizarr_base::config::keys::defaults();
        for (_, keys) in document.iter_mut() {
            for (_, value) in keys.as_object_mut().unwrap().iter_mut().filter(|(_, value)| **value == "false") {
                *value = "true".into();
            }
        }
        // Sizes of text are a range.
        let other = match key.to_ascii_lowercase().as_str() {
            "minpointsize" => Some(("maxPointSize", "5000")),
            "maxpointsize" => Some(("minPointSize", "1")),
            _ => None,
        };
        let keys = document.get_mut(section).unwrap().as_object_mut().unwrap();
        keys.insert(key.to_owned(), value);
        if let Some((other, value)) = other {
            keys.insert(other.to_owned(), value.into());
        }
        document
    }
}
