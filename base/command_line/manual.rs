//! A manual run, one asset from a picture: how it is kept, written and read.

use serde::{Deserialize, Serialize};

use super::{CommandLine, Parameter, Switch};
use crate::items::ItemKind;

/// What a manual run is asked for. Texts are as they were given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManualRun {
    /// A path, or an address that begins with `http`.
    pub picture: String,
    pub folder: String,
    pub library: String,
    pub card: ManualCard,
    /// Whose poster or background it is, where that is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<ItemKind>,
}

/// The kinds of artwork, each with the texts that it needs. Titles may be empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "card", rename_all = "snake_case")]
pub enum ManualCard {
    /// A movie's or a show's poster.
    Standard {
        title: String,
    },
    Season {
        title: String,
        /// Its name, such as `Season 1`.
        season: String,
    },
    Collection {
        title: String,
    },
    Background {
        title: String,
    },
    /// A title card.
    Episode {
        title: String,
        /// Its season's name, such as `Season 1`.
        season: String,
        /// A number.
        episode: String,
    },
}

impl ManualCard {
    /// What is printed.
    pub fn title(&self) -> &str {
        match self {
            Self::Standard { title }
            | Self::Season { title, .. }
            | Self::Collection { title }
            | Self::Background { title }
            | Self::Episode { title, .. } => title,
        }
    }

    fn switch(&self) -> Option<Switch> {
        match self {
            Self::Standard { .. } => None,
            Self::Season { .. } => Some(Switch::SeasonPoster),
            Self::Collection { .. } => Some(Switch::CollectionCard),
            Self::Background { .. } => Some(Switch::BackgroundCard),
            Self::Episode { .. } => Some(Switch::TitleCard),
        }
    }
}

/// By which the engine is told whose poster it is; version 2 of the script does not know them.
const OF: [(Switch, ItemKind); 2] =
    [(Switch::MoviePosterCard, ItemKind::Movie), (Switch::ShowPosterCard, ItemKind::Show)];

impl ManualRun {
    /// What the engine is told besides what [`ManualRun::write`] writes.
    pub fn switch_of_engine(&self) -> Option<Switch> {
        OF.into_iter().find(|(_, of)| Some(*of) == self.of).map(|(switch, _)| switch)
    }

    /// Adds its arguments, in upstream's order.
    pub fn write(&self, line: &mut CommandLine) {
        line.switch(Switch::Manual);
        line.value(Parameter::PicturePath, &self.picture);
        if let Some(switch) = self.card.switch() {
            line.switch(switch);
        }
        line.value(Parameter::TitleText, self.card.title());
        line.value(Parameter::FolderName, &self.folder);
        line.value(Parameter::LibraryName, &self.library);
        match &self.card {
            ManualCard::Season { season, .. } => line.value(Parameter::SeasonPosterName, season),
            ManualCard::Episode { title, season, episode } => {
                line.value(Parameter::EpisodeTitle, title);
                line.value(Parameter::SeasonPosterName, season);
                line.value(Parameter::EpisodeNumber, episode);
            }
            ManualCard::Standard { .. } | ManualCard::Collection { .. } | ManualCard::Background { .. } => {}
        }
    }

    /// Reads what is given: whether a switch is, and the value of a parameter.
    ///
    /// # Errors
    /// A parameter that has no value and needs one.
    pub fn read(has: impl Fn(Switch) -> bool, value: impl Fn(Parameter) -> Option<String>) -> Result<Self, Parameter> {
        let needed = |parameter| value(parameter).ok_or(parameter);
        let title = || value(Parameter::TitleText).unwrap_or_default();
        let card = if has(Switch::SeasonPoster) {
            ManualCard::Season { title: title(), season: needed(Parameter::SeasonPosterName)? }
        } else if has(Switch::TitleCard) {
            ManualCard::Episode {
                title: value(Parameter::EpisodeTitle).unwrap_or_else(title),
                season: needed(Parameter::SeasonPosterName)?,
                episode: needed(Parameter::EpisodeNumber)?,
            }
        } else if has(Switch::CollectionCard) {
            ManualCard::Collection { title: title() }
        } else if has(Switch::BackgroundCard) {
            ManualCard::Background { title: title() }
        } else {
            ManualCard::Standard { title: title() }
        };
        Ok(Self {
            picture: needed(Parameter::PicturePath)?,
            folder: needed(Parameter::FolderName)?,
            library: needed(Parameter::LibraryName)?,
            card,
            of: OF.into_iter().find(|(switch, _)| has(*switch)).map(|(_, of)| of),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::command_line::Given;

    fn cards() -> impl Strategy<Value = ManualCard> {
        let texts = ("\\PC{0,9}", "\\PC{1,9}", "\\PC{1,9}");
        (0..5, texts).prop_map(|(kind, (title, season, episode))| match kind {
            0 => ManualCard::Standard { title },
            1 => ManualCard::Season { title, season },
            2 => ManualCard::Collection { title },
            3 => ManualCard::Background { title },
            _ => ManualCard::Episode { title, season, episode },
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            card in cards(),
            texts in prop::array::uniform3("\\PC{1,9}"),
            of in prop::sample::select(vec![None, Some(ItemKind::Movie), Some(ItemKind::Show)]),
        ) {
            let [picture, folder, library] = texts;
            let run = ManualRun { picture, folder, library, card, of };
            let mut line = CommandLine::default();
            run.write(&mut line);
            run.switch_of_engine().into_iter().for_each(|switch| line.switch(switch));
            let given = Given::read(&line.into_vec()).unwrap();
            let value = |parameter| given.values(parameter).next_back().map(str::to_owned);
            prop_assert_eq!(ManualRun::read(|switch| given.has(switch), value), Ok(run));
        }
    }
}
