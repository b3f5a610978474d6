//! `config.json` as far as the engine needs it.
//!
//! The caller gives the whole document, with defaults where the file has nothing. Switches and numbers are texts in it;
//! what cannot be understood is told with section, key and the way out, before anything is done.

use std::path::PathBuf;

use serde_json::{Map, Value};

use crate::{
    design::{Design, Kind},
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

/// What a run is told by the configuration.
#[derive(Clone, Debug)]
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
}

/// How artwork looks.
#[derive(Clone, Debug)]
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
    poster: Design,
    season: Design,
    background: Design,
    title_card: Design,
    collection: Design,
}

impl Config {
    pub fn read(document: &Document) -> Result<Self, Problem> {
        let section = |name| Section { document, name };
        let basics = section("PrerequisitePart");
        Ok(Self {
            asset_path: PathBuf::from(basics.text("AssetPath")?.trim_end_matches(['/', '\\'])),
            library_folders: basics.flag("LibraryFolders")?,
            log_level: basics.number("logLevel", 0, 1000)?.clamp(1, 3),
            max_logs: basics.number("maxLogs", 0, 100_000)?.max(1),
            force_running_deletion: basics.flag("ForceRunningDeletion")?,
            look: Look::read(document)?,
        })
    }
}

impl Look {
    pub fn read(document: &Document) -> Result<Self, Problem> {
        let section = |name| Section { document, name };
        let output = section("OverlayPart");
        let quality = output.text("outputQuality")?;
        let quality =
            quality.trim().trim_end_matches('%').trim().parse().ok().filter(|quality| (1..=100).contains(quality));
        let card = section("TitleCardEPTextPart");
        Ok(Self {
            processing: output.flag("ImageProcessing")?,
            quality: quality.ok_or_else(|| output.problem("outputQuality", "is no percentage from 1% to 100%"))?,
            season_word: card.text("SeasonTCText")?,
            episode_word: card.text("EpisodeTCText")?,
            collection_word: section("CollectionTitlePosterPart").text("CollectionTitle")?,
            poster: Design::read(Kind::Poster, section)?,
            season: Design::read(Kind::Season, section)?,
            background: Design::read(Kind::Background, section)?,
            title_card: Design::read(Kind::TitleCard, section)?,
            collection: Design::read(Kind::Collection, section)?,
        })
    }

    /// The design of a kind.
    pub fn design(&self, kind: Kind) -> &Design {
        match kind {
            Kind::Poster => &self.poster,
            Kind::Season => &self.season,
            Kind::Background => &self.background,
            Kind::TitleCard => &self.title_card,
            Kind::Collection => &self.collection,
        }
    }

    /// The second line of a title card.
    pub fn episode_line(&self, season: u32, episode: u32) -> String {
        format!("{} {season} \u{2022} {} {episode}", self.season_word, self.episode_word)
    }
}

/// A section of the document; section and keys are found in any letter case.
pub(crate) struct Section<'a> {
    document: &'a Document,
    name: &'static str,
}

impl Section<'_> {
    pub(crate) fn problem(&self, key: &str, complaint: impl Into<String>) -> Problem {
        Problem { section: self.name.to_owned(), key: key.to_owned(), complaint: complaint.into() }
    }

    fn value(&self, key: &str) -> Result<&Value, Problem> {
        fn find<'a>(map: &'a Document, name: &str) -> Option<&'a Value> {
            map.get(name).or_else(|| map.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
        }
        let section = find(self.document, self.name).and_then(Value::as_object);
        section.and_then(|section| find(section, key)).ok_or_else(|| self.problem(key, "is missing"))
    }

    pub(crate) fn text(&self, key: &str) -> Result<String, Problem> {
        match self.value(key)? {
            Value::String(text) => Ok(text.clone()),
            Value::Bool(flag) => Ok(flag.to_string()),
            Value::Number(number) => Ok(number.to_string()),
            _ => Err(self.problem(key, "is no text")),
        }
    }

    pub(crate) fn list(&self, key: &str) -> Result<Vec<String>, Problem> {
        match self.value(key)? {
            Value::Array(items) => Ok(items.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
            Value::String(text) => Ok(vec![text.clone()]),
            _ => Err(self.problem(key, "is no list of texts")),
        }
    }

    pub(crate) fn flag(&self, key: &str) -> Result<bool, Problem> {
        let text = self.text(key)?;
        match text.trim().to_ascii_lowercase().as_str() {
            "true" => Ok(true),
            "false" | "" => Ok(false),
            _ => Err(self.problem(key, format!("is {text:?}; write true or false"))),
        }
    }

    pub(crate) fn number(&self, key: &str, least: u32, most: u32) -> Result<u32, Problem> {
        let text = self.text(key)?;
        let number = text.trim().parse().ok().filter(|number| (least..=most).contains(number));
        number.ok_or_else(|| self.problem(key, format!("is {text:?}; write a number from {least} to {most}")))
    }

    /// A number with an optional sign, no further from zero than `most`.
    pub(crate) fn signed(&self, key: &str, most: i32) -> Result<i32, Problem> {
        let text = self.text(key)?;
        let number = text.trim().parse().ok().filter(|number| (-most..=most).contains(number));
        number.ok_or_else(|| self.problem(key, format!("is {text:?}; write a number such as +430 or -20")))
    }

    pub(crate) fn colour(&self, key: &str) -> Result<Colour, Problem> {
        Colour::parse(&self.text(key)?).map_err(|error| self.problem(key, error.to_string()))
    }

    pub(crate) fn gravity(&self, key: &str) -> Result<Gravity, Problem> {
        let text = self.text(key)?;
        Gravity::parse(text.trim()).ok_or_else(|| {
            self.problem(
                key,
                format!(
                    "is {text:?}; write one of northwest north northeast west center east southwest south southeast"
                ),
            )
        })
    }

    /// The name of a file in the folder with overlays and fonts; it cannot lead out of it.
    pub(crate) fn file_name(&self, key: &str) -> Result<String, Problem> {
        let name = self.text(key)?;
        if name.contains(['/', '\\', '\0']) || name == ".." || name == "." {
            return Err(self.problem(key, "is no plain file name; put the file into Overlayfiles and name it alone"));
        }
        Ok(name)
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
        let poster = config.look.design(Kind::Poster);
        assert_eq!(poster.title.offset, 430);
        assert_eq!(poster.overlay.as_deref(), Some("overlay-innerglow.png"));
        assert_eq!(poster.title.place(PORTRAIT), (50, 3000 - 500 - 430));
        assert!(!config.look.design(Kind::Season).second.unwrap().enabled);
    }

    use crate::design::PORTRAIT;

    /// R-30 of the reference: without its sign the offset threw the text off the canvas.
    #[test]
    fn an_offset_needs_no_sign() {
        let offset = |text: &str| {
            Look::read(&with("PosterOverlayPart", "text_offset", text))
                .map(|look| look.design(Kind::Poster).title.offset)
        };
        assert_eq!(offset("430"), Ok(430));
        assert_eq!(offset("-20"), Ok(-20));
        assert_eq!(offset("+430"), Ok(430));
        let problem = offset("low").unwrap_err().to_string();
        assert_eq!(
            problem,
            "config.json: PosterOverlayPart.text_offset is \"low\"; write a number such as +430 or -20"
        );
    }

    #[test]
    fn a_font_cannot_be_named_outside_of_its_folder() {
        let problem = Look::read(&with("PrerequisitePart", "font", "../../etc/passwd")).unwrap_err();
        assert_eq!((problem.section.as_str(), problem.key.as_str()), ("PrerequisitePart", "font"));
    }

    #[test]
    fn booleans_and_numbers_may_be_json_ones_and_keys_of_any_case() {
        let mut document = with("PosterOverlayPart", "AddText", false);
        let part = document.remove("PosterOverlayPart").unwrap();
        document.insert("posteroverlaypart".to_owned(), part);
        assert!(!Look::read(&document).unwrap().design(Kind::Poster).title.enabled);
    }
}
