//! Which picture an asset is made of. Pure: it is told what providers have answered, and says what to ask next or what to take.
//!
//! Selection goes in passes. (a) Providers in order: the first with a textless picture where textless is preferred, else the
//! first with a picture in a wanted language. (b) Where only pictures with text were found: the favourite's, else that of
//! the first provider that had one. (c) The media server's own picture. (d) A substitute: the show's poster for a season, its
//! background for a title card. Whatever is taken comes with the reason why.
//!
//! Nobody is asked in vain: [`Selection::choose`] gives the [`ProviderQuery`] that it needs next and is called again with the reply.

mod languages;

use std::collections::{HashMap, HashSet};

use posterizarr_base::artwork::Size;
use posterizarr_media::model::ItemKind;
use posterizarr_media::sources::{Found, Picture, Subject};

pub use languages::Languages;
use serde::{Deserialize, Serialize};

use super::why::Why;

/// Where pictures come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Provider {
    Tmdb,
    Tvdb,
    Fanart,
    /// The media server's own picture.
    Server,
}

impl Provider {
    pub const ALL: [Self; 4] = [Self::Tmdb, Self::Tvdb, Self::Fanart, Self::Server];

    /// By the name that `config.json` uses.
    pub fn parse(name: &str) -> Option<Self> {
        match name.trim().to_ascii_lowercase().as_str() {
            "tmdb" => Some(Self::Tmdb),
            "tvdb" => Some(Self::Tvdb),
            "fanart" => Some(Self::Fanart),
            "plex" => Some(Self::Server),
            _ => None,
        }
    }

    /// As event files name it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Tmdb => "TMDB",
            Self::Tvdb => "TVDB",
            Self::Fanart => "FANART",
            Self::Server => "PLEX",
        }
    }

    /// As it is called in texts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tmdb => "TMDB",
            Self::Tvdb => "TVDB",
            Self::Fanart => "Fanart.tv",
            Self::Server => "the media server",
        }
    }
}

/// How TMDB's pictures are put in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sorting {
    Average,
    Votes,
    /// As TMDB gives them.
    Primary,
}

/// How wide and how high a picture has to be at least, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MinSize {
    /// For posters, those of seasons too.
    pub portrait: Size,
    /// For backgrounds and stills.
    pub landscape: Size,
}

/// What the user wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    pub favourite: Provider,
    /// An order for every kind of artwork, in place of the favourite's. Nothing else is tried then.
    pub order: Option<Vec<Provider>>,
    pub poster: Languages,
    pub season: Languages,
    pub background: Languages,
    pub card: Languages,
    /// The languages of logos, two letters each, the dearest first.
    pub logo: Vec<String>,
    /// How large pictures have to be; none where every size will do. Fanart.tv does not tell sizes: all of its pictures pass.
    pub min_size: Option<MinSize>,
    pub sorting: Sorting,
    /// A season without a poster gets the show's.
    pub show_fallback: bool,
    /// A title card without a still gets the show's background.
    pub background_fallback: bool,
    /// Title cards are made of the show's background.
    pub background_as_card: bool,
}

impl Rules {
    /// The languages of a subject's pictures.
    pub fn languages(&self, subject: Subject) -> &Languages {
        match subject {
            Subject::Poster | Subject::Logo | Subject::ClearArt => &self.poster,
            Subject::Season(_) => &self.season,
            Subject::Background => &self.background,
            Subject::Episode { .. } => &self.card,
        }
    }

    /// The same for who wants a picture of this subject with text on it; none where only textless ones are wanted, or where
    /// those with text come first anyway.
    pub fn with_text(&self, subject: Subject) -> Option<Self> {
        let languages = Some(self.languages(subject)).filter(|languages| languages.prefers_textless())?.with_text()?;
        let mut rules = self.clone();
        *match subject {
            Subject::Poster | Subject::Logo | Subject::ClearArt => &mut rules.poster,
            Subject::Season(_) => &mut rules.season,
            Subject::Background => &mut rules.background,
            Subject::Episode { .. } => &mut rules.card,
        } = languages;
        Some(rules)
    }
}

/// What a provider said.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// It cannot be asked: no id, or it has no such pictures.
    NotAsked,
    /// It did not answer.
    NoAnswer,
    Found(Found),
    /// The media server has a picture that may be taken.
    Own(String),
}

/// Replies by provider and subject.
pub type Replies = HashMap<(Provider, Subject), Reply>;

/// What a provider has to be asked before there can be a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProviderQuery {
    /// Who is asked.
    pub provider: Provider,
    /// What its pictures are to show.
    pub subject: Subject,
}

/// Whether the picture itself has text on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Text {
    Without,
    With,
    Unknown,
}

/// The picture that is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    pub provider: Provider,
    /// Its address; for the media server's own, what the listing has for it.
    pub url: String,
    pub language: Option<String>,
    pub text: Text,
}

/// How far the choice is from what the user wants most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fallback {
    No,
    Yes,
    /// The show's background for a title card.
    Background,
}

/// What became of the selection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// None: nobody has a picture.
    pub picture: Option<Chosen>,
    pub fallback: Fallback,
    /// The favourite's page of this asset.
    pub link: Option<String>,
    /// What the picture shows: the subject itself, or its substitute.
    pub shows: Subject,
    /// Who could have had a better one and did not answer. Then the choice is provisional.
    pub unanswered: Vec<ProviderQuery>,
    /// Sentence by sentence, for a user who wonders.
    pub why: Vec<Why>,
}

#[derive(Clone, Copy)]
pub struct Selection<'a> {
    pub rules: &'a Rules,
    pub kind: ItemKind,
    /// Whether TVDB can be asked about the item.
    pub has_tvdb_id: bool,
    pub replies: &'a Replies,
    /// Addresses that turned out to hold no whole picture.
    pub broken: &'a HashSet<String>,
}

impl Selection<'_> {
    /// The choice for a subject, or what has to be asked first.
    ///
    /// # Errors
    /// [`ProviderQuery`], until there are enough replies.
    pub fn choose(&self, subject: Subject) -> Result<Choice, ProviderQuery> {
        match subject {
            Subject::Poster | Subject::Background | Subject::Logo | Subject::ClearArt => {
                self.passes(&self.standard_order(subject), subject)
            }
            Subject::Season(_) => {
                let own = self.passes(&self.standard_order(subject), subject)?;
                if own.picture.is_some() || !self.rules.show_fallback {
                    return Ok(own);
                }
                let instead = self.choose(Subject::Poster)?;
                Ok(substituted(own, instead, Fallback::Yes, Why::ShowsPoster))
            }
            Subject::Episode { .. } if self.rules.background_as_card => {
                let favoured = || {
                    let mut order = self.card_order();
                    order.push(Provider::Fanart);
                    order
                };
                self.passes(&self.rules.order.clone().unwrap_or_else(favoured), Subject::Background)
            }
            Subject::Episode { .. } => {
                let own = self.passes(&self.card_order(), subject)?;
                if own.picture.is_some() || !self.rules.background_fallback {
                    return Ok(own);
                }
                let instead = self.choose(Subject::Background)?;
                Ok(substituted(own, instead, Fallback::Background, Why::ShowsBackground))
            }
        }
    }

    fn standard_order(&self, subject: Subject) -> Vec<Provider> {
        use Provider::{Fanart, Server, Tmdb, Tvdb};
        if let Some(order) = &self.rules.order {
            return order.clone();
        }
        match self.rules.favourite {
            Tmdb => vec![Tmdb, Fanart, Tvdb],
            Fanart => vec![Fanart, Tmdb, Tvdb],
            Tvdb if !self.has_tvdb_id && !matches!(subject, Subject::Season(_)) => vec![Fanart, Tmdb],
            Tvdb => vec![Tvdb, Tmdb, Fanart],
            Server => vec![Server, Tmdb, Fanart, Tvdb],
        }
    }

    fn card_order(&self) -> Vec<Provider> {
        use Provider::{Fanart, Tmdb, Tvdb};
        match (&self.rules.order, self.rules.favourite) {
            (Some(order), _) => order.iter().copied().filter(|provider| *provider != Fanart).collect(),
            (None, Tmdb) => vec![Tmdb, Tvdb],
            (None, _) => vec![Tvdb, Tmdb],
        }
    }

    fn languages(&self, subject: Subject) -> &Languages {
        self.rules.languages(subject)
    }

    fn reply(&self, provider: Provider, subject: Subject) -> Result<&Reply, ProviderQuery> {
        self.replies.get(&(provider, subject)).ok_or(ProviderQuery { provider, subject })
    }

    /// The media server's own picture, unless only textless ones are wanted: nobody knows whether it is.
    fn own(&self, subject: Subject) -> Result<Option<Chosen>, ProviderQuery> {
        if self.languages(subject).only_textless() {
            return Ok(None);
        }
        Ok(match self.reply(Provider::Server, subject)? {
            Reply::Own(mark) if !self.broken.contains(mark) => {
                Some(Chosen { provider: Provider::Server, url: mark.clone(), language: None, text: Text::Unknown })
            }
            _ => None,
        })
    }

    /// Passes (a) to (c).
    fn passes(&self, order: &[Provider], subject: Subject) -> Result<Choice, ProviderQuery> {
        let (languages, favourite) = (self.languages(subject), self.rules.favourite);
        let mut made = Choice {
            picture: None,
            fallback: Fallback::No,
            link: None,
            shows: subject,
            unanswered: Vec::new(),
            why: Vec::new(),
        };
        let mut with_text: Vec<Chosen> = Vec::new();
        let fallback = |provider: Provider| if provider == favourite { Fallback::No } else { Fallback::Yes };
        for provider in order.iter().copied() {
            if provider == Provider::Server {
                if let Some(own) = self.own(subject)? {
                    made.why = vec![Why::OwnFirst];
                    return Ok(Choice { fallback: fallback(provider), picture: Some(own), ..made });
                }
                continue;
            }
            let found = match self.reply(provider, subject)? {
                Reply::Found(found) => found,
                Reply::NoAnswer => {
                    made.unanswered.push(ProviderQuery { provider, subject });
                    continue;
                }
                Reply::NotAsked | Reply::Own(_) => continue,
            };
            if provider == favourite {
                made.link.clone_from(&found.page);
            }
            match self.best(provider, subject, found) {
                Some(hit) if hit.text == Text::Without || !languages.prefers_textless() => {
                    made.why = reason(&hit, favourite);
                    return Ok(Choice { fallback: fallback(provider), picture: Some(hit), ..made });
                }
                Some(hit) => with_text.push(hit),
                None => {}
            }
        }
        if !with_text.is_empty() && !languages.only_textless() {
            let preferred = with_text.iter().position(|hit| hit.provider == favourite).unwrap_or(0);
            let hit = with_text.swap_remove(preferred);
            made.why = reason(&hit, favourite);
            made.why.insert(0, Why::NobodyTextless);
            return Ok(Choice { fallback: Fallback::Yes, picture: Some(hit), ..made });
        }
        if self.rules.order.is_none()
            && !order.contains(&Provider::Server)
            && let Some(own) = self.own(subject)?
        {
            made.why = vec![Why::OwnLast];
            return Ok(Choice { fallback: Fallback::Yes, picture: Some(own), ..made });
        }
        made.why = vec![Why::Nobody];
        Ok(made)
    }

    /// The best picture of one provider, by the language order.
    fn best(&self, provider: Provider, subject: Subject, found: &Found) -> Option<Chosen> {
        let languages = self.languages(subject);
        let pictures = self.candidates(provider, subject, found);
        let textless = || pictures.iter().find(|picture| picture.language.is_none());
        // Fanart.tv hardly has backgrounds with text: they are always taken as if textless were preferred.
        let prefers_textless =
            languages.prefers_textless() || (provider == Provider::Fanart && subject == Subject::Background);
        let picture = if prefers_textless {
            textless().or_else(|| match languages.prefers_textless() {
                true if languages.only_textless() => None,
                _ => pictures.first(),
            })
        } else {
            languages.order().iter().find_map(|wanted| match wanted.as_str() {
                "xx" => textless(),
                wanted => pictures.iter().find(|picture| picture.language.as_deref() == Some(wanted)),
            })
        }?;
        let text = if picture.language.is_none() { Text::Without } else { Text::With };
        Some(Chosen { provider, url: picture.url.clone(), language: picture.language.clone(), text })
    }

    /// What may be taken, best first.
    fn candidates<'f>(&self, provider: Provider, subject: Subject, found: &'f Found) -> Vec<&'f Picture> {
        let languages = self.languages(subject);
        let is_large = |picture: &&Picture| {
            let Some(min) = self.rules.min_size.filter(|_| provider != Provider::Fanart) else {
                return true;
            };
            let is_portrait = matches!(subject, Subject::Poster | Subject::Season(_));
            let min = if is_portrait { min.portrait } else { min.landscape };
            picture.width >= min.width && picture.height >= min.height
        };
        // TMDB has pictures in every language of the world; only those of the order are wanted.
        let is_wanted = |picture: &&Picture| {
            let language = picture.language.as_ref();
            provider != Provider::Tmdb || language.is_none_or(|language| languages.order().contains(language))
        };
        let mut pictures: Vec<&Picture> = found
            .pictures
            .iter()
            .filter(|picture| !self.broken.contains(&picture.url))
            .filter(is_large)
            .filter(is_wanted)
            .collect();
        match (provider, self.rules.sorting) {
            (Provider::Tmdb, Sorting::Primary) => {}
            (Provider::Tmdb, Sorting::Votes) => pictures.sort_by_key(|picture| std::cmp::Reverse(picture.votes)),
            _ => pictures.sort_by(|one, other| other.rating.total_cmp(&one.rating)),
        }
        pictures
    }
}

fn reason(hit: &Chosen, favourite: Provider) -> Vec<Why> {
    let provider = hit.provider.name();
    let what = match (&hit.text, &hit.language) {
        (Text::Without, _) => Why::Textless { provider },
        (_, Some(language)) => Why::WithText { provider, language: language.clone() },
        _ => Why::Best { provider },
    };
    let favoured = (hit.provider == favourite).then_some(Why::Favourite);
    [what].into_iter().chain(favoured).collect()
}

/// A choice that shows something else, with the page that helps to find the thing itself.
fn substituted(own: Choice, instead: Choice, fallback: Fallback, why: Why) -> Choice {
    let found = instead.picture.is_some();
    Choice {
        fallback: if found { fallback } else { Fallback::No },
        link: own.link.or(instead.link),
        unanswered: own.unanswered.into_iter().chain(instead.unanswered).collect(),
        why: found.then_some(why).into_iter().chain(instead.why).collect(),
        shows: instead.shows,
        picture: instead.picture,
    }
}

/// The best logo in the dearest language.
pub(super) fn best_logo(
    provider: Provider,
    mut logos: Vec<Picture>,
    languages: &[String],
    sorting: Sorting,
) -> Option<Picture> {
    match (provider, sorting) {
        (Provider::Fanart, _) | (Provider::Tmdb, Sorting::Primary) => {}
        (Provider::Tmdb, Sorting::Votes) => logos.sort_by_key(|logo| std::cmp::Reverse(logo.votes)),
        _ => logos.sort_by(|one, other| other.rating.total_cmp(&one.rating)),
    }
    languages.iter().find_map(|language| logos.iter().find(|logo| logo.language.as_ref() == Some(language))).cloned()
}

#[cfg(test)]
#[path = "select/tests.rs"]
mod tests;
