//! All that the providers have for one asset, for somebody to choose from.
//!
//! Unlike a run, which asks one provider after the other until it has a picture, this asks all at once, waits for none longer
//! than a user would, and finds a title by its name where its id is not known.

use std::time::Duration;

use futures_util::future::join3;
use tokio::time::timeout;

use super::fanart::{Fanart, FanartMemo};
use super::tmdb::{Tmdb, TmdbMemo};
use super::tvdb::{Tvdb, TvdbMemo};
use super::{Found, Hit, Picture, Sought, Subject, Title};
use crate::model::{Ids, ItemKind};
use crate::service::ServiceError;

/// How long somebody waits for a provider.
const PATIENCE: Duration = Duration::from_secs(25);

/// Those who are asked: each for whom there is a key.
#[derive(Debug, Default)]
pub struct Providers {
    pub tmdb: Option<Tmdb>,
    pub tvdb: Option<Tvdb>,
    pub fanart: Option<Fanart>,
}

/// How it is known which title is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// By an id that was given.
    Id,
    /// By an id that somebody has typed in the place of a name.
    TypedId,
    /// By its id at IMDb.
    Imdb,
    /// It is what a search by name has found first.
    Search,
}

/// An id, and where it is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    pub id: String,
    pub origin: Origin,
}

/// What is looked for.
#[derive(Clone, Debug)]
pub struct Wish {
    pub sought: Sought,
    /// The kinds of pictures, one after the other.
    pub subjects: Vec<Subject>,
    pub tmdb: Option<Known>,
    pub tvdb: Option<Known>,
    pub imdb: Option<Known>,
    /// By this name it is searched for where a provider's id is not known.
    pub name: Option<String>,
    pub year: Option<u32>,
}

/// A picture, and how its title was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    pub picture: Picture,
    pub origin: Origin,
}

/// What one provider has.
pub type Offered = Result<Vec<Offer>, ServiceError>;

/// What each provider has; nothing where there is no key.
#[derive(Debug)]
pub struct Offers {
    pub tmdb: Offered,
    pub tvdb: Offered,
    pub fanart: Offered,
}

impl Providers {
    /// Asks all of them.
    pub async fn offers(&self, wish: &Wish) -> Offers {
        let (tmdb, tvdb, fanart) = join3(
            within("TMDB", self.of_tmdb(wish)),
            within("TVDB", self.of_tvdb(wish)),
            within("Fanart.tv", self.of_fanart(wish)),
        )
        .await;
        Offers { tmdb, tvdb, fanart }
    }

    async fn of_tmdb(&self, wish: &Wish) -> Offered {
        let Some(tmdb) = &self.tmdb else { return Ok(Vec::new()) };
        let search = async |name: &str| tmdb.search(wish.sought, name, wish.year).await;
        let Some(known) = known(&wish.tmdb, wish, search).await? else { return Ok(Vec::new()) };
        let (memo, ids) = (TmdbMemo::default(), Ids { tmdb: Some(known.id.clone()), ..Ids::default() });
        let mut offers = Vec::new();
        for subject in &wish.subjects {
            let found = match wish.sought {
                Sought::Title(kind) => tmdb.find(Title { kind, ids: &ids }, *subject, &memo).await,
                Sought::Collection => Some(tmdb.collection(&known.id, *subject, &memo).await),
            };
            add(&mut offers, found, known.origin)?;
        }
        Ok(offers)
    }

    async fn of_tvdb(&self, wish: &Wish) -> Offered {
        let (Some(tvdb), Sought::Title(kind)) = (&self.tvdb, wish.sought) else { return Ok(Vec::new()) };
        let search = async |name: &str| tvdb.search(kind, name, wish.year).await;
        let Some(known) = known(&wish.tvdb, wish, search).await? else { return Ok(Vec::new()) };
        let (memo, ids) = (TvdbMemo::default(), Ids { tvdb: Some(known.id.clone()), ..Ids::default() });
        let mut offers = Vec::new();
        for subject in &wish.subjects {
            add(&mut offers, tvdb.find(Title { kind, ids: &ids }, *subject, &memo).await, known.origin)?;
        }
        Ok(offers)
    }

    /// Fanart.tv has no search: it knows movies by TMDB's ids or IMDb's, and shows by TVDB's.
    async fn of_fanart(&self, wish: &Wish) -> Offered {
        let (Some(fanart), Sought::Title(kind)) = (&self.fanart, wish.sought) else { return Ok(Vec::new()) };
        let by = match kind {
            ItemKind::Movie => [&wish.tmdb, &wish.imdb],
            ItemKind::Show => [&wish.tvdb, &None],
        };
        let mut offers = Vec::new();
        for known in by.into_iter().flatten() {
            let ids = match (kind, known.origin == Origin::Imdb) {
                (ItemKind::Movie, true) => Ids { imdb: Some(known.id.clone()), ..Ids::default() },
                (ItemKind::Movie, false) => Ids { tmdb: Some(known.id.clone()), ..Ids::default() },
                (ItemKind::Show, _) => Ids { tvdb: Some(known.id.clone()), ..Ids::default() },
            };
            let memo = FanartMemo::default();
            for subject in &wish.subjects {
                add(&mut offers, fanart.find(Title { kind, ids: &ids }, *subject, &memo).await, known.origin)?;
            }
        }
        Ok(offers)
    }
}

/// The id by which a provider is asked: the one that is given, or that of the first title a search finds.
async fn known(
    given: &Option<Known>,
    wish: &Wish,
    search: impl AsyncFn(&str) -> Result<Vec<Hit>, ServiceError>,
) -> Result<Option<Known>, ServiceError> {
    if given.is_some() {
        return Ok(given.clone());
    }
    let Some(name) = wish.name.as_deref().filter(|name| !name.trim().is_empty()) else { return Ok(None) };
    let hit = search(name).await?.into_iter().next();
    Ok(hit.map(|hit| Known { id: hit.id, origin: Origin::Search }))
}

/// Adds what was found and is not there yet.
fn add(
    offers: &mut Vec<Offer>,
    found: Option<Result<Found, ServiceError>>,
    origin: Origin,
) -> Result<(), ServiceError> {
    for picture in found.transpose()?.unwrap_or_default().pictures {
        if !offers.iter().any(|offer| offer.picture.url == picture.url) {
            offers.push(Offer { picture, origin });
        }
    }
    Ok(())
}

async fn within(host: &str, work: impl Future<Output = Offered>) -> Offered {
    timeout(PATIENCE, work).await.unwrap_or_else(|_| Err(ServiceError::TimedOut { host: host.to_owned() }))
}
