//! What stands on a picture where its title belongs, and on which artwork that may be a logo.

use posterizarr_media::sources::Subject;
use posterizarr_render::design::ArtworkKind;
use serde::{Deserialize, Serialize};

use crate::library::select::{Provider, Text};

/// On which artwork there are logos, and which ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct LogoRules {
    pub(super) posters: bool,
    pub(super) backgrounds: bool,
    /// Clear art, where a provider has such.
    pub(super) art: bool,
    pub(super) clear: bool,
    /// The title is printed where nobody has a logo.
    pub(super) or_title: bool,
}

impl LogoRules {
    /// Whether this kind of artwork has logos.
    pub(super) fn covers(self, kind: ArtworkKind) -> bool {
        let is_on = match kind {
            ArtworkKind::Poster | ArtworkKind::Season => self.posters,
            ArtworkKind::Background => self.backgrounds,
            ArtworkKind::TitleCard | ArtworkKind::Collection => false,
        };
        is_on && (self.art || self.clear)
    }

    /// Whether any artwork has logos.
    pub(super) fn are_used(self) -> bool {
        [ArtworkKind::Poster, ArtworkKind::Background].into_iter().any(|kind| self.covers(kind))
    }

    /// What a provider is asked for; none for one that has nothing of it.
    pub(super) fn subject(self, provider: Provider) -> Option<Subject> {
        match provider {
            Provider::Tmdb => self.clear.then_some(Subject::Logo),
            Provider::Tvdb | Provider::Fanart if self.art => Some(Subject::ClearArt),
            Provider::Tvdb | Provider::Fanart => self.clear.then_some(Subject::Logo),
            Provider::Server => None,
        }
    }
}

/// A logo that a provider has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Logo {
    pub(super) url: String,
    pub(super) language: String,
}

/// What stands where the title belongs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Heading {
    /// The title in letters, since nobody has a logo.
    Printed,
    Logo(Logo),
    /// Nothing, since nobody has a logo.
    Nothing,
}

/// What stands in the place of a missing logo. A picture with text says itself what it is of.
pub(super) fn without_logo(rules: LogoRules, text: Text) -> Heading {
    if rules.or_title && text != Text::With { Heading::Printed } else { Heading::Nothing }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: LogoRules = LogoRules { posters: true, backgrounds: false, art: false, clear: true, or_title: true };

    #[test]
    fn artwork_has_logos_where_a_switch_and_a_sort_are_on() {
        assert!(ALL.covers(ArtworkKind::Poster) && ALL.covers(ArtworkKind::Season));
        assert!(
            !ALL.covers(ArtworkKind::Background)
                && !ALL.covers(ArtworkKind::TitleCard)
                && !ALL.covers(ArtworkKind::Collection)
        );
        assert!(!LogoRules { clear: false, ..ALL }.covers(ArtworkKind::Poster), "neither logos nor art");
        assert!(LogoRules { clear: false, art: true, ..ALL }.covers(ArtworkKind::Poster));
    }

    #[test]
    fn clear_art_wins_where_there_is_any() {
        let asked = |art, clear| {
            let rules = LogoRules { art, clear, ..ALL };
            [Provider::Tmdb, Provider::Tvdb, Provider::Fanart].map(|provider| rules.subject(provider))
        };
        let (logo, art) = (Some(Subject::Logo), Some(Subject::ClearArt));
        assert_eq!(asked(false, true), [logo, logo, logo]);
        assert_eq!(asked(true, true), [logo, art, art]);
        assert_eq!(asked(true, false), [None, art, art]);
    }

    #[test]
    fn without_a_logo_the_title_is_printed_where_that_is_wanted_and_the_picture_does_not_say_it() {
        assert_eq!(without_logo(ALL, Text::Without), Heading::Printed);
        assert_eq!(without_logo(ALL, Text::Unknown), Heading::Printed);
        assert_eq!(without_logo(ALL, Text::With), Heading::Nothing);
        assert_eq!(without_logo(LogoRules { or_title: false, ..ALL }, Text::Without), Heading::Nothing);
    }
}
