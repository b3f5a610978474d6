//! Plex Media Server.
//!
//! Listings have no labels, no folders of shows and no details of the video, so that items are asked for by their keys, many
//! at a time; episodes come with one paged listing of the library, seasons with one call a show.

mod answers;
mod media;

use std::collections::HashMap;

use futures_util::{StreamExt, TryStreamExt, stream};
use reqwest::header::{CONTENT_TYPE, HeaderName};
use reqwest::{Method, Url};

use self::answers::{Container, Metadata};
use super::find::Sought;
use super::question::{Account, Depth, EpisodeFacts, Labelled, Offered, Slot};
use crate::http::{HttpError, Request, below};
use crate::model::{Collection, Contents, Episode, Item, ItemKind, Library, Season};
use crate::service::{Client, Limits, Service, ServiceError};

const TOKEN: HeaderName = HeaderName::from_static("x-plex-token");
const START: &str = "X-Plex-Container-Start";
const SIZE: &str = "X-Plex-Container-Size";
/// Entries of a listing at a time.
const PAGE: usize = 500;
/// Items that are asked for with one call.
const AT_ONCE: usize = 40;
/// A listing in which the server never gets further is given up.
const MAX_PAGES: usize = 100_000;

/// The request with the token, in a header: addresses end up in logs.
pub(super) fn signed(request: Request, token: &str) -> Request {
    request.header(TOKEN, token).wanting_json()
}

/// A server, with its token.
pub struct Plex {
    service: Service,
    base: String,
    token: String,
    in_flight: usize,
}

impl std::fmt::Debug for Plex {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Plex").field("base", &self.base).finish_non_exhaustive()
    }
}

impl Plex {
    pub(super) fn new(client: &Client, account: &Account) -> Self {
        let in_flight = account.in_flight.max(1);
        Self {
            service: Service::new(client, "Plex", Limits { in_flight, per_second: None }),
            base: account.url.trim().trim_end_matches('/').to_owned(),
            token: account.key.trim().to_owned(),
            in_flight,
        }
    }

    fn signed(&self, request: Request) -> Request {
        signed(request, &self.token)
    }

    async fn get(&self, segments: &[&str], query: &[(&str, &str)]) -> Result<Container, ServiceError> {
        let url = below(&self.base, segments)?;
        let request = query.iter().fold(Request::get(url), |request, (name, value)| request.query(name, value));
        Ok(self.service.json::<answers::Answer>(&self.signed(request)).await?.container)
    }

    /// All entries of a listing, page by page, and whether there are as many as the server says; it may give fewer at a time
    /// than asked for.
    async fn all(&self, segments: &[&str], query: &[(&str, &str)]) -> Result<(Vec<Metadata>, bool), ServiceError> {
        let mut found: Vec<Metadata> = Vec::new();
        for _ in 0..MAX_PAGES {
            let (start, size) = (found.len().to_string(), PAGE.to_string());
            let paged: Vec<(&str, &str)> =
                query.iter().copied().chain([(START, start.as_str()), (SIZE, size.as_str())]).collect();
            let page = self.get(segments, &paged).await?;
            let (total, got) = (page.total, page.metadata.len());
            found.extend(page.metadata);
            let is_all = total.is_none_or(|total| found.len() >= total as usize);
            if got == 0 || is_all {
                return Ok((found, is_all));
            }
        }
        Ok((found, false))
    }

    pub(super) async fn libraries(&self) -> Result<Vec<Library>, ServiceError> {
        let sections = self.get(&["library", "sections"], &[]).await?;
        Ok(sections.directories.into_iter().filter_map(answers::Directory::library).collect())
    }

    pub(super) async fn items(&self, library: &Library, depth: Depth) -> Result<Contents, ServiceError> {
        let (listing, mut complete) =
            self.all(&["library", "sections", &library.id, "all"], &[("includeGuids", "1")]).await?;
        let keys: Vec<String> = listing.into_iter().filter_map(|entry| entry.rating_key).collect();
        let (described, is_all) = self.described_all(&keys).await?;
        complete &= is_all;
        let mut items: Vec<Item> = described.into_iter().filter_map(|entry| entry.item(depth.facts)).collect();
        for item in items.iter_mut().filter(|item| item.library.is_empty()) {
            item.library.clone_from(&library.id);
        }
        if library.kind == ItemKind::Show && depth.seasons {
            self.add_seasons(&mut items).await?;
            if depth.episodes {
                let section = ["library", "sections", library.id.as_str(), "all"];
                let (episodes, is_all) = self.all(&section, &[("type", "4")]).await?;
                complete &= is_all;
                complete &= self.add_episodes(&mut items, episodes, depth).await?;
            }
        }
        Ok(Contents { items, complete })
    }

    pub(super) async fn collections(&self, library: &Library) -> Result<Vec<Collection>, ServiceError> {
        let (listing, _) = self.all(&["library", "sections", &library.id, "collections"], &[]).await?;
        let keys: Vec<String> = listing.into_iter().filter_map(|entry| entry.rating_key).collect();
        // Listings have no labels.
        let (described, _) = self.described_all(&keys).await?;
        Ok(described.into_iter().filter_map(Metadata::collection).collect())
    }

    pub(super) async fn item(&self, id: &str, depth: Depth) -> Result<Item, ServiceError> {
        let found = self.get(&["library", "metadata", id], &[]).await?.metadata;
        let missing = || ServiceError::NotFound { host: "Plex".to_owned() };
        let item = found.into_iter().find_map(|entry| entry.item(depth.facts)).ok_or_else(missing)?;
        let mut items = [item];
        if depth.seasons && items.iter().any(|item| item.kind == ItemKind::Show) {
            self.add_seasons(&mut items).await?;
            if depth.episodes {
                let episodes = self.get(&["library", "metadata", id, "allLeaves"], &[]).await?.metadata;
                self.add_episodes(&mut items, episodes, depth).await?;
            }
        }
        let [item] = items;
        Ok(item)
    }

    /// Items by their keys, many with one call, and whether each of them is told of or is gone.
    async fn described_all(&self, keys: &[String]) -> Result<(Vec<Metadata>, bool), ServiceError> {
        let batches = stream::iter(keys.chunks(AT_ONCE)).map(|keys| self.described(keys));
        let described: Vec<(Vec<Metadata>, bool)> = batches.buffered(self.in_flight).try_collect().await?;
        let complete = described.iter().all(|(_, complete)| *complete);
        Ok((described.into_iter().flat_map(|(entries, _)| entries).collect(), complete))
    }

    /// Sorts episodes into their seasons; says whether these are all. Listings have no streams: where these are wanted, episodes
    /// are asked for by their keys.
    async fn add_episodes(
        &self,
        items: &mut [Item],
        listed: Vec<Metadata>,
        depth: Depth,
    ) -> Result<bool, ServiceError> {
        let (episodes, complete) = match depth.episode_facts {
            EpisodeFacts::Streams => {
                let keys: Vec<String> = listed.into_iter().filter_map(|entry| entry.rating_key).collect();
                self.described_all(&keys).await?
            }
            EpisodeFacts::None | EpisodeFacts::Listed => (listed, true),
        };
        let with_facts = depth.episode_facts != EpisodeFacts::None;
        let mut by_season: HashMap<String, Vec<Episode>> = HashMap::new();
        for (season, episode) in episodes.into_iter().filter_map(|entry| entry.episode(with_facts)) {
            by_season.entry(season).or_default().push(episode);
        }
        let seasons = items.iter_mut().flat_map(|item| item.seasons.iter_mut());
        for Season { id, episodes, .. } in seasons {
            *episodes = by_season.remove(id.as_str()).unwrap_or_default();
        }
        Ok(complete)
    }

    /// Items by their keys, and whether each of them is told of or is gone. One that has gone in the meantime takes none of
    /// the others with it.
    async fn described(&self, keys: &[String]) -> Result<(Vec<Metadata>, bool), ServiceError> {
        match self.get(&["library", "metadata", &keys.join(",")], &[]).await {
            Err(ServiceError::NotFound { .. }) if keys.len() > 1 => {
                let (mut found, mut complete) = (Vec::new(), true);
                for key in keys {
                    match self.get(&["library", "metadata", key], &[]).await {
                        Err(ServiceError::NotFound { .. }) => {}
                        other => {
                            let told = other?.metadata;
                            complete &= !told.is_empty();
                            found.extend(told);
                        }
                    }
                }
                Ok((found, complete))
            }
            Err(ServiceError::NotFound { .. }) => Ok((Vec::new(), true)),
            other => {
                let found = other?.metadata;
                let complete = found.len() >= keys.len();
                Ok((found, complete))
            }
        }
    }

    async fn add_seasons(&self, items: &mut [Item]) -> Result<(), ServiceError> {
        let children = stream::iter(items.iter_mut()).map(|item| async move {
            let found = match self.get(&["library", "metadata", &item.id, "children"], &[]).await {
                Err(ServiceError::NotFound { .. }) => Vec::new(),
                other => other?.metadata,
            };
            item.seasons = found.into_iter().filter_map(Metadata::season).collect();
            Ok::<_, ServiceError>(())
        });
        children.buffer_unordered(self.in_flight).try_collect::<Vec<()>>().await?;
        Ok(())
    }

    pub(super) async fn search(&self, sought: &Sought) -> Result<Vec<Item>, ServiceError> {
        let wanted = if sought.kind == ItemKind::Movie { "movie" } else { "show" };
        let hits = self.get(&["search"], &[("query", &sought.title)]).await?.metadata;
        let keys = hits.into_iter().filter(|hit| hit.kind == wanted).filter_map(|hit| hit.rating_key);
        let keys: Vec<String> = keys.take(AT_ONCE).collect();
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self.described(&keys).await?.0.into_iter().filter_map(|entry| entry.item(false)).collect())
    }

    /// The server's own pictures begin so; everything else in their place would be an address of somebody else.
    fn picture_url(&self, mark: &str) -> Result<Url, ServiceError> {
        let wrong = || HttpError::NotUrl(mark.to_owned());
        let path = mark.strip_prefix("/library/").ok_or_else(wrong)?;
        let segments: Vec<&str> =
            ["library"].into_iter().chain(path.split(['?', '#']).next().unwrap_or_default().split('/')).collect();
        if segments.iter().any(|segment| matches!(*segment, "" | "." | "..")) {
            Err(wrong().into())
        } else {
            Ok(below(&self.base, &segments)?)
        }
    }

    pub(super) async fn picture(&self, mark: &str) -> Result<Vec<u8>, ServiceError> {
        let request = Request::get(self.picture_url(mark)?).header(TOKEN, &self.token);
        self.service.own_picture(&request).await
    }

    pub(super) fn picture_address(&self, mark: &str) -> String {
        self.picture_url(mark).map(String::from).unwrap_or_default()
    }

    pub(super) async fn upload(&self, id: &str, slot: Slot, file: &[u8]) -> Result<(), ServiceError> {
        let url = below(&self.base, &["library", "metadata", id, names(slot).0])?;
        let request =
            Request::new(Method::POST, url).header(CONTENT_TYPE, "application/octet-stream").body(file.to_vec());
        self.service.send(&self.signed(request)).await
    }
}

/// The list of a place, and the place, as addresses have them.
fn names(slot: Slot) -> (&'static str, &'static str) {
    match slot {
        Slot::Poster | Slot::Thumb => ("posters", "poster"),
        Slot::Background => ("arts", "art"),
        Slot::Logo => ("clearLogos", "clearLogo"),
    }
}

impl Plex {
    pub(super) async fn choices(&self, id: &str, slot: Slot) -> Result<Vec<Offered>, ServiceError> {
        match self.get(&["library", "metadata", id, names(slot).0], &[]).await {
            Err(ServiceError::NotFound { .. }) => Ok(Vec::new()),
            other => Ok(other?.metadata.into_iter().filter_map(|entry| entry.rating_key.map(Offered)).collect()),
        }
    }

    pub(super) async fn offered(&self, id: &str, Offered(key): &Offered) -> Result<Vec<u8>, ServiceError> {
        let request = Request::get(below(&self.base, &["library", "metadata", id, "file"])?).query("url", key);
        self.service.own_picture(&request.header(TOKEN, &self.token)).await
    }

    pub(super) async fn choose(&self, id: &str, slot: Slot, Offered(key): &Offered) -> Result<(), ServiceError> {
        let url = below(&self.base, &["library", "metadata", id, names(slot).1])?;
        // As the script does it: a poster of the agent goes by its bare name.
        let key = key.strip_prefix("metadata://posters/").unwrap_or(key);
        self.service.send(&self.signed(Request::new(Method::PUT, url).query("url", key))).await
    }

    pub(super) async fn withdraw(&self, id: &str, slot: Slot, Offered(key): &Offered) -> Result<(), ServiceError> {
        let url = below(&self.base, &["library", "metadata", id, names(slot).0, key])?;
        match self.service.send(&self.signed(Request::new(Method::DELETE, url))).await {
            Err(ServiceError::NotFound { .. }) => Ok(()),
            other => other,
        }
    }
}

/// The numbers that Plex has for kinds of items.
const MOVIE: &str = "1";
const SHOW: &str = "2";
const SEASON: &str = "3";
const EPISODE: &str = "4";

impl Plex {
    /// Takes a label off an item, season or episode of a library; one that has none stays as it is.
    pub(super) async fn unlabel(
        &self,
        library: &str,
        what: Labelled,
        id: &str,
        label: &str,
    ) -> Result<(), ServiceError> {
        let kind = match what {
            Labelled::Item(ItemKind::Movie) => MOVIE,
            Labelled::Item(ItemKind::Show) => SHOW,
            Labelled::Season => SEASON,
            Labelled::Episode => EPISODE,
        };
        let url = below(&self.base, &["library", "sections", library, "all"])?;
        // Locked, as the labels of everybody are who sets any: else the server's next refresh may bring it back.
        let request = Request::new(Method::PUT, url)
            .query("type", kind)
            .query("id", id)
            .query("label.locked", "1")
            .query("label[].tag.tag-", label);
        self.service.send(&self.signed(request)).await
    }
}

#[cfg(test)]
#[path = "plex/tests.rs"]
mod tests;
