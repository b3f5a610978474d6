//! What says on a picture what it is of: the printed title, a logo in its place, or nothing.
//!
//! Where logos are wanted, the best is a textless picture with one. Where nobody has a logo, a picture that has its title on
//! itself comes next, and a textless one with the printed title, or without any, is the last.

use std::collections::HashSet;

use posterizarr_media::sources::Found;

use super::heading::{Heading, Logo, LogoRules, without_logo};
use super::judge::Judge;
use super::lookups::ItemMemo;
use super::plan::PlannedAsset;
use super::why::Why;
use crate::library::select::{Choice, Fallback, Provider, ProviderQuery, Reply, Rules, Sorting, Text, best_logo};

/// What is known of an asset's logo before its picture is chosen.
#[derive(Debug)]
pub(super) enum Titling {
    /// There are none on such artwork.
    Printed,
    Logo {
        logo: Logo,
        provider: Provider,
        unanswered: Vec<ProviderQuery>,
    },
    Missing {
        unanswered: Vec<ProviderQuery>,
        /// By which a picture with its title on itself is found; none where nobody has one.
        with_text: Option<Box<Rules>>,
    },
}

impl Titling {
    /// The rules by which the picture is chosen.
    pub(super) fn rules<'a>(&'a self, asset: &'a PlannedAsset) -> &'a Rules {
        match self {
            Self::Missing { with_text: Some(rules), .. } => rules,
            _ => &asset.entry.home.rules,
        }
    }

    /// What stands where the title belongs, on a picture with this text; none where there are no logos.
    pub(super) fn heading(&self, rules: LogoRules, text: Text) -> Option<Heading> {
        match self {
            Self::Printed => None,
            Self::Logo { logo, .. } => Some(Heading::Logo(logo.clone())),
            Self::Missing { .. } => Some(without_logo(rules, text)),
        }
    }

    /// Whether a picture with text was to stand in for a logo, and turned out to be none.
    pub(super) fn is_let_down(&self, choice: &Choice) -> bool {
        let has_text = choice.picture.as_ref().is_some_and(|picture| picture.text == Text::With);
        matches!(self, Self::Missing { with_text: Some(_), .. }) && !has_text
    }

    /// The choice of the picture with what the logo has to do with it.
    pub(super) fn applied(&self, mut choice: Choice, favourite: Provider) -> Choice {
        let (unanswered, is_favoured, why) = match self {
            Self::Printed => return choice,
            Self::Logo { logo, provider, unanswered } => {
                let why = Why::Logo { provider: provider.name(), language: logo.language.clone() };
                (unanswered, *provider == favourite, why)
            }
            Self::Missing { unanswered, .. } => (unanswered, false, Why::NobodyLogo),
        };
        if choice.picture.is_none() {
            return choice;
        }
        choice.why.push(why);
        choice.unanswered.extend(unanswered.iter().copied());
        if choice.fallback == Fallback::No && !is_favoured {
            choice.fallback = Fallback::Yes;
        }
        choice
    }
}

/// Who is asked for logos: the favourite first, or who is in the order of providers.
fn order(rules: &Rules) -> Vec<Provider> {
    let standard = || [rules.favourite, Provider::Tmdb, Provider::Fanart, Provider::Tvdb].to_vec();
    let mut seen = HashSet::new();
    let all = rules.order.clone().unwrap_or_else(standard).into_iter();
    all.filter(|provider| *provider != Provider::Server && seen.insert(*provider)).collect()
}

impl Judge<'_> {
    /// Looks for the logo of an asset, and where nobody has one for a picture that does without.
    pub(super) async fn titling(&self, asset: &PlannedAsset, memo: &ItemMemo) -> Titling {
        if !self.looks.wants_logo(asset) {
            return Titling::Printed;
        }
        let (rules, mut unanswered) = (&asset.entry.home.rules, Vec::new());
        for provider in order(rules) {
            let Some(subject) = self.settings.logos.subject(provider) else { continue };
            match self.lookups.logos(provider, subject, &asset.entry, memo).await {
                Reply::Found(found) => {
                    let chosen = chosen(provider, found, rules, |url| !memo.is_broken(url));
                    if let Some(logo) = chosen {
                        return Titling::Logo { logo, provider, unanswered };
                    }
                }
                Reply::NoAnswer => unanswered.push(ProviderQuery { provider, subject }),
                Reply::NotAsked | Reply::Own(_) => {}
            }
        }
        let with_text = rules.with_text(asset.subject);
        let with_text = match with_text {
            Some(rules) => {
                let choice = self.lookups.select_only(asset, memo, &rules).await;
                Some(rules).filter(|_| choice.picture.is_some_and(|picture| picture.text == Text::With))
            }
            None => None,
        };
        Titling::Missing { unanswered, with_text: with_text.map(Box::new) }
    }
}

/// The best logo that a provider has.
fn chosen(provider: Provider, found: Found, rules: &Rules, is_usable: impl Fn(&str) -> bool) -> Option<Logo> {
    let mut pictures = found.pictures;
    pictures.retain(|picture| is_usable(&picture.url));
    let sorting: Sorting = rules.sorting;
    let picture = best_logo(provider, pictures, &rules.logo, sorting)?;
    Some(Logo { url: picture.url, language: picture.language? })
}

#[cfg(test)]
mod tests {
    use posterizarr_media::sources::{Picture, Subject};
    use posterizarr_render::design::ArtworkKind;

    use super::*;
    use crate::library::plan::assets;
    use crate::library::plan::tests::{entry, movie};

    fn choice(fallback: Fallback) -> Choice {
        let picture = crate::library::select::Chosen {
            provider: Provider::Tmdb,
            url: "p".into(),
            language: None,
            text: Text::Without,
        };
        Choice {
            picture: Some(picture),
            fallback,
            link: None,
            shows: Subject::Poster,
            unanswered: Vec::new(),
            why: vec![Why::Best { provider: "TMDB" }],
        }
    }

    fn logo() -> Logo {
        Logo { url: "l".into(), language: "en".into() }
    }

    #[test]
    fn the_favourite_is_asked_first_and_an_order_wins() {
        use Provider::{Fanart, Server, Tmdb, Tvdb};
        let entry = entry(movie("1", "Heat"));
        let of = |favourite, given: Option<Vec<Provider>>| {
            order(&Rules { favourite, order: given, ..entry.home.rules.clone() })
        };
        assert_eq!(of(Tvdb, None), [Tvdb, Tmdb, Fanart]);
        assert_eq!(of(Server, None), [Tmdb, Fanart, Tvdb]);
        assert_eq!(of(Fanart, Some(vec![Fanart, Server])), [Fanart]);
    }

    #[test]
    fn a_logo_of_somebody_else_is_a_fallback_and_a_favourites_picture_with_one_of_its_own_is_none() {
        let found = |provider| Titling::Logo { logo: logo(), provider, unanswered: Vec::new() };
        let applied = |titling: &Titling, fallback| titling.applied(choice(fallback), Provider::Tmdb);
        assert_eq!(applied(&found(Provider::Tmdb), Fallback::No).fallback, Fallback::No);
        assert_eq!(applied(&found(Provider::Tmdb), Fallback::Yes).fallback, Fallback::Yes);
        let other = applied(&found(Provider::Fanart), Fallback::No);
        let logo = Why::Logo { provider: "Fanart.tv", language: "en".to_owned() };
        assert_eq!((other.fallback, other.why.last()), (Fallback::Yes, Some(&logo)));
        let query = ProviderQuery { provider: Provider::Tvdb, subject: Subject::Logo };
        let missing = Titling::Missing { unanswered: vec![query], with_text: None };
        let missing = applied(&missing, Fallback::No);
        assert_eq!((missing.fallback, missing.unanswered), (Fallback::Yes, vec![query]));
        assert_eq!(applied(&Titling::Printed, Fallback::No), choice(Fallback::No));
    }

    #[test]
    fn the_rules_are_those_of_the_library_unless_text_stands_in_for_a_logo() {
        let asset = assets(&entry(movie("1", "Heat")), &[ArtworkKind::Poster], true, None).remove(0);
        let with_text = asset.entry.home.rules.with_text(Subject::Poster).unwrap();
        let missing = |with_text| Titling::Missing { unanswered: Vec::new(), with_text };
        assert_eq!(missing(None).rules(&asset), &asset.entry.home.rules);
        assert_eq!(missing(Some(Box::new(with_text.clone()))).rules(&asset), &with_text);
        assert_eq!(with_text.poster.order(), ["en", "de"]);
        assert!(missing(Some(Box::new(with_text))).is_let_down(&choice(Fallback::No)));
        assert!(!missing(None).is_let_down(&choice(Fallback::No)));
    }

    #[test]
    fn what_turned_out_to_be_none_is_not_taken_again() {
        let picture = |url: &str| Picture {
            url: url.into(),
            language: Some("en".into()),
            width: 0,
            height: 0,
            rating: if url == "a" { 9.0 } else { 1.0 },
            votes: 0,
        };
        let rules = Rules { logo: vec!["en".into()], ..entry(movie("1", "x")).home.rules.clone() };
        let found = || Found { pictures: vec![picture("a"), picture("b.svg")], page: None };
        let url = |broken: &str| chosen(Provider::Tmdb, found(), &rules, |url| url != broken).map(|logo| logo.url);
        assert_eq!((url("").as_deref(), url("a").as_deref()), (Some("a"), Some("b.svg")));
    }
}
