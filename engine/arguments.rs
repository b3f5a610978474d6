//! The script's arguments, as far as the engine can do what they ask for.
//!
//! Names are known in any letter case. The value of a parameter is the element after it, or what follows a colon in the
//! same element: `-Titletext Heat`, `-Titletext:-30-`. An element that is no parameter is an error, where the script would
//! ignore it.

use crate::{design::Kind, naming::Episode};

/// What a run does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Samples of each kind of artwork.
    Testing,
    /// One picture from a given one.
    Manual(Manual),
}

/// The modes the engine has, by the names that requests and result files use.
pub const MODES: [&str; 2] = ["testing", "manual"];

/// What to make by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manual {
    /// A file, or an address that begins with `http`.
    pub picture: String,
    /// What is printed; may be empty.
    pub title: String,
    pub folder: String,
    pub library: String,
    pub card: Card,
    /// How the row in `ImageChoices.csv` calls it.
    pub label: &'static str,
}

/// The kinds of artwork, each with what it needs beyond a title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Card {
    Poster,
    Background,
    Collection,
    Season { name: String, number: u32 },
    Episode(Episode),
}

impl Card {
    pub fn kind(&self) -> Kind {
        match self {
            Self::Poster => Kind::Poster,
            Self::Background => Kind::Background,
            Self::Collection => Kind::Collection,
            Self::Season { .. } => Kind::Season,
            Self::Episode(_) => Kind::TitleCard,
        }
    }
}

/// Why nothing can be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArgumentError {
    #[error(
        "the engine cannot do a {0} run yet; put Posterizarr.ps1 and PowerShell 7 in place, or set runner.kind = \"script\""
    )]
    NotSupported(&'static str),
    #[error("-{0} needs a value")]
    NoValue(&'static str),
    #[error("{0:?} is no argument of a run")]
    Unknown(String),
    #[error("a manual run needs -{0}")]
    Missing(&'static str),
    #[error("{0:?} is no season; write Season 1, or Specials")]
    Season(String),
    #[error("{0:?} is no episode number")]
    Episode(String),
}

const SWITCHES: [&str; 18] = [
    "Manual",
    "Testing",
    "Tautulli",
    "ArrTrigger",
    "Backup",
    "SyncJelly",
    "SyncEmby",
    "PosterReset",
    "UISchedule",
    "ContainerSchedule",
    "GatherLogs",
    "dev",
    "SeasonPoster",
    "TitleCard",
    "CollectionCard",
    "BackgroundCard",
    "MoviePosterCard",
    "ShowPosterCard",
];
const VALUES: [&str; 7] =
    ["PicturePath", "Titletext", "FolderName", "LibraryName", "SeasonPosterName", "EPTitleName", "EpisodeNumber"];

impl Request {
    /// Reads the arguments after the program's name.
    pub fn parse(arguments: &[String]) -> Result<Self, ArgumentError> {
        // What is not supported is told before details are: its parameters are none of ours.
        if let Some(mode) = unsupported(arguments) {
            return Err(ArgumentError::NotSupported(mode));
        }
        let given = Given::read(arguments)?;
        if given.has("Manual") {
            return given.manual().map(Self::Manual);
        }
        if given.has("Testing") { Ok(Self::Testing) } else { Err(ArgumentError::NotSupported("normal")) }
    }

    /// The mode's name.
    pub fn mode(&self) -> &'static str {
        match self {
            Self::Testing => "testing",
            Self::Manual(_) => "manual",
        }
    }
}

/// The first mode in the script's order of precedence, if it is one that the engine lacks.
fn unsupported(arguments: &[String]) -> Option<&'static str> {
    const ORDER: [(&str, Option<&str>); 11] = [
        ("-GatherLogs", Some("support bundle")),
        ("-Manual", None),
        ("-Testing", None),
        ("-Tautulli", Some("tautulli")),
        ("-ArrTrigger", Some("arr")),
        ("-Backup", Some("backup")),
        ("-SyncJelly", Some("syncjelly")),
        ("-SyncEmby", Some("syncemby")),
        ("-PosterReset", Some("reset")),
        ("-UISchedule", Some("scheduled")),
        ("-ContainerSchedule", Some("scheduled")),
    ];
    let given = |switch: &str| arguments.iter().any(|argument| argument.eq_ignore_ascii_case(switch));
    ORDER.into_iter().find(|(switch, _)| given(switch)).and_then(|(_, mode)| mode)
}

/// A value as it counts: without quotes and outer blanks.
pub(crate) fn plain_value(value: &str) -> String {
    value.replace('"', "").trim().to_owned()
}

struct Given {
    switches: Vec<&'static str>,
    values: Vec<(&'static str, String)>,
}

impl Given {
    fn read(arguments: &[String]) -> Result<Self, ArgumentError> {
        let mut given = Self { switches: Vec::new(), values: Vec::new() };
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let unknown = || ArgumentError::Unknown(argument.clone());
            let body = argument.strip_prefix('-').ok_or_else(unknown)?;
            let (name, joined) = body.split_once(':').map_or((body, None), |(name, value)| (name, Some(value)));
            let is = |known: &&&str| known.eq_ignore_ascii_case(name);
            if let Some(name) = VALUES.iter().find(is) {
                let value = joined.or_else(|| rest.next().map(String::as_str)).ok_or(ArgumentError::NoValue(name))?;
                given.values.push((name, plain_value(value)));
            } else {
                given.switches.push(SWITCHES.iter().find(is).ok_or_else(unknown)?);
            }
        }
        Ok(given)
    }

    fn has(&self, switch: &str) -> bool {
        self.switches.contains(&switch)
    }

    fn value(&self, name: &'static str) -> Result<String, ArgumentError> {
        let found = self.values.iter().rev().find(|(known, value)| *known == name && !value.is_empty());
        found.map(|(_, value)| value.clone()).ok_or(ArgumentError::Missing(name))
    }

    fn manual(&self) -> Result<Manual, ArgumentError> {
        let (card, label) = self.card()?;
        let title = match &card {
            Card::Episode(_) => self.value("EPTitleName").or_else(|_| self.value("Titletext")),
            _ => self.value("Titletext"),
        };
        Ok(Manual {
            picture: self.value("PicturePath")?,
            title: title.unwrap_or_default(),
            folder: self.value("FolderName")?,
            library: self.value("LibraryName")?,
            card,
            label,
        })
    }

    fn card(&self) -> Result<(Card, &'static str), ArgumentError> {
        let (movie, show) = (self.has("MoviePosterCard"), self.has("ShowPosterCard"));
        Ok(if self.has("SeasonPoster") {
            let (name, number) = self.season()?;
            (Card::Season { name, number }, "Season")
        } else if self.has("TitleCard") {
            let (_, season) = self.season()?;
            let number = self.value("EpisodeNumber")?;
            let episode = number.parse().map_err(|_| ArgumentError::Episode(number))?;
            (Card::Episode(Episode { season, episode }), "Episode")
        } else if self.has("CollectionCard") {
            (Card::Collection, "Collection")
        } else if self.has("BackgroundCard") {
            (
                Card::Background,
                if movie {
                    "Movie Background"
                } else if show {
                    "Show Background"
                } else {
                    "Background"
                },
            )
        } else {
            (
                Card::Poster,
                if movie {
                    "Movie"
                } else if show {
                    "Show"
                } else {
                    "Poster"
                },
            )
        })
    }

    fn season(&self) -> Result<(String, u32), ArgumentError> {
        let name = self.value("SeasonPosterName")?;
        let number = crate::naming::season_number(&name).ok_or_else(|| ArgumentError::Season(name.clone()))?;
        Ok((name, number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Request, ArgumentError> {
        Request::parse(&line.split('|').filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn what_the_daemon_sends_is_understood() {
        assert_eq!(parse("-Testing"), Ok(Request::Testing));
        let line = "-Manual|-PicturePath|/p.jpg|-TitleCard|-Titletext|Lies|-FolderName|Dark (2017)|-LibraryName|TV|-EPTitleName|Lies|-SeasonPosterName|Season 1|-EpisodeNumber|2";
        let Ok(Request::Manual(manual)) = parse(line) else { panic!("{:?}", parse(line)) };
        assert_eq!(manual.card, Card::Episode(Episode { season: 1, episode: 2 }));
        assert_eq!((manual.title.as_str(), manual.label), ("Lies", "Episode"));
    }

    #[test]
    fn names_have_any_case_and_values_may_begin_with_a_dash() {
        let line = "-manual|-picturepath:http://a/b:c.jpg|-TITLETEXT:-30-|-FolderName|\"F\"|-LibraryName|L|-backgroundcard|-MoviePosterCard";
        let Ok(Request::Manual(manual)) = parse(line) else { panic!("{:?}", parse(line)) };
        assert_eq!(
            (manual.picture.as_str(), manual.title.as_str(), manual.folder.as_str()),
            ("http://a/b:c.jpg", "-30-", "F")
        );
        assert_eq!(manual.label, "Movie Background");
    }

    #[test]
    fn other_modes_are_refused_with_the_way_out() {
        for (line, mode) in [
            ("", "normal"),
            ("-UISchedule", "scheduled"),
            ("-Tautulli|-RatingKey|1", "tautulli"),
            ("-ArrTrigger|-arr_platform|Radarr", "arr"),
            ("-Backup", "backup"),
            ("-PosterReset|-LibraryToReset|A", "reset"),
        ] {
            let error = parse(line).unwrap_err();
            assert_eq!(error, ArgumentError::NotSupported(mode), "{line}");
            assert!(error.to_string().contains("Posterizarr.ps1"));
        }
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        assert_eq!(parse("-Manual|-PicturePath"), Err(ArgumentError::NoValue("PicturePath")));
        assert_eq!(parse("-Manual|-PicturePath|a|-Titletext|"), Err(ArgumentError::NoValue("Titletext")));
        assert_eq!(parse("-Manual|-PicturePath|a"), Err(ArgumentError::Missing("FolderName")));
        assert_eq!(parse("-Testing|now"), Err(ArgumentError::Unknown("now".into())));
        let season = "-Manual|-SeasonPoster|-PicturePath|a|-FolderName|f|-LibraryName|l|-SeasonPosterName|first";
        assert_eq!(parse(season), Err(ArgumentError::Season("first".into())));
    }
}
