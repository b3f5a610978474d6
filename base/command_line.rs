//! The command line of a run, in the script's notation: what the daemon writes and the engine reads.
//!
//! Names are known in any letter case. The value of a parameter is the element after it, or what follows a colon in the
//! same element: `-Titletext Heat`, `-Titletext:-30-`. What Sonarr and Radarr tell goes by their own names.

mod manual;

use std::fmt;

pub use manual::{ManualCard, ManualRun};

macro_rules! names {
    ($(#[$meta:meta])* $name:ident { $($(#[$note:meta])* $variant:ident => $text:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs, reason = "the names are the script's")]
        pub enum $name { $($(#[$note])* $variant),* }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name without its dash.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            fn of_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.name().eq_ignore_ascii_case(name))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(self.name())
            }
        }
    };
}

names! {
    /// A name without a value.
    Switch {
        Manual => "Manual",
        Testing => "Testing",
        Tautulli => "Tautulli",
        ArrTrigger => "ArrTrigger",
        Backup => "Backup",
        SyncJelly => "SyncJelly",
        SyncEmby => "SyncEmby",
        PosterReset => "PosterReset",
        Restore => "Restore",
        LogoUpdater => "LogoUpdater",
        LogoRevert => "LogoRevert",
        ForceReplace => "ForceReplace",
        UiSchedule => "UISchedule",
        ContainerSchedule => "ContainerSchedule",
        Dev => "dev",
        SeasonPoster => "SeasonPoster",
        TitleCard => "TitleCard",
        CollectionCard => "CollectionCard",
        BackgroundCard => "BackgroundCard",
        MoviePosterCard => "MoviePosterCard",
        ShowPosterCard => "ShowPosterCard",
        /// Ours; the script does not know it, nor the next two.
        DryRun => "DryRun",
        Fresh => "Fresh",
        Restyle => "Restyle",
    }
}

names! {
    /// A name with a value.
    Parameter {
        PicturePath => "PicturePath",
        TitleText => "Titletext",
        FolderName => "FolderName",
        LibraryName => "LibraryName",
        SeasonPosterName => "SeasonPosterName",
        EpisodeTitle => "EPTitleName",
        EpisodeNumber => "EpisodeNumber",
        RatingKey => "RatingKey",
        ParentRatingKey => "parentratingkey",
        GrandparentRatingKey => "grandparentratingkey",
        MediaType => "mediatype",
        /// What Tautulli tells that was done with an item, other than adding it.
        Action => "action",
        LibraryToReset => "LibraryToReset",
        RestoreLibrary => "RestoreLibrary",
        RestoreItem => "RestoreItem",
        RestoreType => "RestoreType",
        LibraryToRestyle => "LibraryToRestyle",
        /// May be given for each asset.
        Remake => "Remake",
    }
}

/// The word in the place of a library's name that means every one.
pub const EVERY_LIBRARY: &str = "all";

/// What Sonarr and Radarr tell, beside names that begin with [`ARR_PREFIX`].
const EVENT: &str = "event";
const ARR_PREFIX: &str = "arr_";

/// Whether Sonarr or Radarr tell something by this name; in any letter case.
pub fn is_told(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with(ARR_PREFIX) || name == EVENT
}

/// Whether PowerShell takes this for a parameter: it also knows the typographic dashes.
pub fn begins_with_dash(value: &str) -> bool {
    value.starts_with(['-', '\u{2013}', '\u{2014}', '\u{2015}'])
}

/// An argument vector in the making.
#[derive(Debug, Default)]
pub struct CommandLine {
    elements: Vec<String>,
}

impl CommandLine {
    /// Adds a name without a value.
    pub fn switch(&mut self, switch: Switch) {
        self.elements.push(format!("-{switch}"));
    }

    /// Adds a name with its value.
    pub fn value(&mut self, parameter: Parameter, value: &str) {
        self.named(parameter.name(), value);
    }

    /// Adds a name as somebody else gave it, with its value.
    pub fn named(&mut self, name: &str, value: &str) {
        if begins_with_dash(value) {
            self.elements.push(format!("-{name}:{value}"));
        } else {
            self.elements.extend([format!("-{name}"), value.to_owned()]);
        }
    }

    /// Adds a name with its value in the same element, which may then hold anything.
    pub fn joined(&mut self, parameter: Parameter, value: &str) {
        self.elements.push(format!("-{parameter}:{value}"));
    }

    /// The elements, as a program is started with them.
    pub fn into_vec(self) -> Vec<String> {
        self.elements
    }
}

/// Why a command line cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// The last element is the name of a parameter.
    NoValue(Parameter),
    /// An element that is no name, where the script would ignore it.
    Unknown(String),
}

/// What a command line says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given {
    switches: Vec<Switch>,
    /// In their order; a parameter may be given more than once.
    values: Vec<(Parameter, String)>,
    /// What Sonarr and Radarr tell, by names in lower case.
    told: Vec<(String, String)>,
}

impl Given {
    /// Reads the arguments after the program's name. What Sonarr and Radarr tell counts with `-ArrTrigger` alone.
    pub fn read(arguments: &[String]) -> Result<Self, Unreadable> {
        let mut given = Self::default();
        let names = || arguments.iter().filter_map(|argument| argument.strip_prefix('-'));
        let is_trigger = names().any(|name| Switch::of_name(name) == Some(Switch::ArrTrigger));
        let mut rest = arguments.iter().peekable();
        while let Some(argument) = rest.next() {
            let unknown = || Unreadable::Unknown(argument.clone());
            let body = argument.strip_prefix('-').ok_or_else(unknown)?;
            let (name, joined) = body.split_once(':').map_or((body, None), |(name, value)| (name, Some(value)));
            if let Some(parameter) = Parameter::of_name(name) {
                let value = joined.or_else(|| rest.next().map(String::as_str));
                given.values.push((parameter, value.ok_or(Unreadable::NoValue(parameter))?.to_owned()));
            } else if is_trigger && is_told(name) {
                // A name without a value, as the sender had none; a value may begin with a dash, too.
                let value = joined.or_else(|| rest.next_if(|next| !is_name(next)).map(String::as_str));
                given.told.push((name.to_lowercase(), value.unwrap_or_default().trim().to_owned()));
            } else {
                given.switches.push(Switch::of_name(name).ok_or_else(unknown)?);
            }
        }
        Ok(given)
    }

    /// Whether a switch is given.
    pub fn has(&self, switch: Switch) -> bool {
        self.switches.contains(&switch)
    }

    /// The values of a parameter, in the order in which they are given.
    pub fn values(&self, parameter: Parameter) -> impl DoubleEndedIterator<Item = &str> {
        self.values.iter().filter(move |(known, _)| *known == parameter).map(|(_, value)| value.as_str())
    }

    /// What Sonarr or Radarr tell by a name in lower case; `None` where that is nothing.
    pub fn told(&self, name: &str) -> Option<&str> {
        self.told.iter().find(|(known, value)| known == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }
}

/// Whether an argument is a name, and not the value of the one before.
fn is_name(argument: &str) -> bool {
    let Some(name) = argument.strip_prefix('-') else { return false };
    is_told(name) || Switch::of_name(name).is_some() || Parameter::of_name(name).is_some()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_known_in_any_case_and_a_missing_value_and_a_lost_element_are_told() {
        let read = |line: &str| Given::read(&line.split('|').map(str::to_owned).collect::<Vec<_>>());
        let given = read("-MANUAL|-picturepath:http://a/b:c|-Titletext|-30-").unwrap();
        assert!(given.has(Switch::Manual) && !given.has(Switch::Testing));
        assert_eq!(given.values(Parameter::PicturePath).collect::<Vec<_>>(), ["http://a/b:c"]);
        assert_eq!(given.values(Parameter::TitleText).collect::<Vec<_>>(), ["-30-"]);
        assert_eq!(read("-Remake"), Err(Unreadable::NoValue(Parameter::Remake)));
        for lost in ["Heat", "-nonsense", "-arr_movie_title"] {
            assert_eq!(read(lost), Err(Unreadable::Unknown(lost.to_owned())));
        }
    }

    #[derive(Clone, Debug)]
    enum Element {
        Switch(Switch),
        Value(Parameter, String),
        Joined(Parameter, String),
        Told(String, String),
    }

    fn elements() -> impl Strategy<Value = Element> {
        let parameters = || prop::sample::select(Parameter::ALL);
        prop_oneof![
            prop::sample::select(Switch::ALL).prop_map(Element::Switch),
            (parameters(), any::<String>()).prop_map(|(name, value)| Element::Value(name, value)),
            (parameters(), any::<String>()).prop_map(|(name, value)| Element::Joined(name, value)),
            // The daemon trims what it is told, and refuses what begins with a dash.
            ("arr_[a-z_]{1,9}|event", "[^-\\s\u{2013}-\u{2015}][a-z: -]{0,9}[a-z]")
                .prop_map(|(name, value)| Element::Told(name, value)),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(elements in prop::collection::vec(elements(), 0..8)) {
            let (mut line, mut wanted) = (CommandLine::default(), Given::default());
            line.switch(Switch::ArrTrigger);
            wanted.switches.push(Switch::ArrTrigger);
            for element in elements {
                match element {
                    Element::Switch(switch) => {
                        line.switch(switch);
                        wanted.switches.push(switch);
                    }
                    Element::Value(parameter, value) => {
                        line.value(parameter, &value);
                        wanted.values.push((parameter, value));
                    }
                    Element::Joined(parameter, value) => {
                        line.joined(parameter, &value);
                        wanted.values.push((parameter, value));
                    }
                    Element::Told(name, value) => {
                        line.named(&name, &value);
                        wanted.told.push((name, value));
                    }
                }
            }
            prop_assert_eq!(Given::read(&line.into_vec()), Ok(wanted));
        }
    }
}
