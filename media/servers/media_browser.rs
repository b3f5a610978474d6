//! Jellyfin and Emby: one interface of old, in two dialects.

mod answers;
mod streams;

use std::collections::{HashMap, HashSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use posterizarr_base::servers::Dialect;
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName};

use self::answers::{Entry, Folder, Listing, User, Users};
use super::find::Sought;
use super::question::{Account, Depth, EpisodeFacts, Slot, content_type};
use crate::http::{Request, below};
use crate::model::{Collection, Contents, Episode, Item, ItemKind, Library, Season};
use crate::service::{Client, Limits, Service, ServiceError};

const EMBY_TOKEN: HeaderName = HeaderName::from_static("x-emby-token");
const FIELDS: &str = "ProviderIds,OriginalTitle,Path,ProductionYear,Tags,Width,Height";
/// What badges tell.
const FACTS: &str = "MediaStreams,DateCreated,CommunityRating,CriticRating,OfficialRating,Status";
/// Entries of a listing at a time.
const PAGE: usize = 500;

/// The request with the key, in a header: addresses end up in logs. Jellyfin refuses the older form from version 12 on; Emby
/// knows no other.
pub(super) fn signed(request: Request, dialect: Dialect, key: &str) -> Request {
    match dialect {
        Dialect::Jellyfin => request.header(AUTHORIZATION, &authorization(key)),
        Dialect::Emby => request.header(EMBY_TOKEN, key),
    }
}

/// What `Authorization` says to Jellyfin, which undoes percent-encoding in the value.
fn authorization(key: &str) -> String {
    let key = key.replace('%', "%25").replace('"', "%22").replace('+', "%2B");
    format!("MediaBrowser Token=\"{key}\"")
}

/// A server, with its key.
pub struct MediaBrowser {
    service: Service,
    base: String,
    key: String,
    viewer: Option<String>,
    dialect: Dialect,
}

impl std::fmt::Debug for MediaBrowser {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct(self.dialect.name()).field("base", &self.base).finish_non_exhaustive()
    }
}

impl MediaBrowser {
    pub(super) fn new(client: &Client, account: &Account, dialect: Dialect) -> Self {
        let limits = Limits { in_flight: account.in_flight, per_second: None };
        Self {
            service: Service::new(client, dialect.name(), limits),
            base: account.url.trim().trim_end_matches('/').to_owned(),
            key: account.key.trim().to_owned(),
            viewer: account.viewer.clone(),
            dialect,
        }
    }

    /// Which of the two it is.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    fn signed(&self, request: Request) -> Request {
        signed(request, self.dialect, &self.key)
    }

    pub(super) async fn libraries(&self) -> Result<Vec<Library>, ServiceError> {
        let request = self.signed(Request::get(below(&self.base, &["Library", "VirtualFolders"])?));
        let folders: Vec<Folder> = self.service.json(&request).await?;
        Ok(folders.into_iter().filter_map(|folder| folder.library(self.dialect)).collect())
    }

    /// All entries of these kinds, page by page, and whether there are as many as the server says.
    async fn all(&self, kinds: &str, fields: &str, more: &[(&str, &str)]) -> Result<(Vec<Entry>, bool), ServiceError> {
        let mut found = Vec::new();
        loop {
            let (start, limit) = (found.len().to_string(), PAGE.to_string());
            let query = [
                ("Recursive", "true"),
                ("IncludeItemTypes", kinds),
                ("Fields", fields),
                ("StartIndex", start.as_str()),
                ("Limit", limit.as_str()),
            ];
            let url = below(&self.base, &["Items"])?;
            let all = query.iter().chain(more);
            let request = all.fold(Request::get(url), |request, (name, value)| request.query(name, value));
            let page: Listing = self.service.json(&self.signed(request)).await?;
            let got = page.items.len();
            found.extend(page.items);
            let is_all = found.len() >= page.total;
            if got == 0 || is_all {
                return Ok((found, is_all));
            }
        }
    }

    pub(super) async fn items(&self, library: &Library, depth: Depth) -> Result<Contents, ServiceError> {
        let kinds = if library.kind == ItemKind::Movie { "Movie" } else { "Series" };
        let (entries, mut complete) = self.all(kinds, &fields(depth), &[("ParentId", &library.id)]).await?;
        let mut items: Vec<Item> = entries.into_iter().filter_map(|entry| entry.item(depth.facts)).collect();
        for item in &mut items {
            item.library.clone_from(&library.id);
        }
        if library.kind == ItemKind::Show {
            complete &= self.add_seasons(&mut items, &library.id, depth).await?;
        }
        Ok(Contents { items, complete })
    }

    /// The library of all collections, if there is one.
    pub(super) async fn collections(&self) -> Result<Option<(Library, Vec<Collection>)>, ServiceError> {
        let request = self.signed(Request::get(below(&self.base, &["Library", "VirtualFolders"])?));
        let folders: Vec<Folder> = self.service.json(&request).await?;
        let (entries, _) = self.all("BoxSet", FIELDS, &[]).await?;
        let found: Vec<Collection> = entries.into_iter().filter_map(Entry::collection).collect();
        let library = folders.into_iter().find_map(Folder::of_collections);
        Ok((!found.is_empty()).then(|| (library.unwrap_or_else(answers::unnamed_collections), found)))
    }

    /// Adds the seasons and episodes below a library or a show; says whether these are all.
    async fn add_seasons(&self, items: &mut [Item], parent: &str, depth: Depth) -> Result<bool, ServiceError> {
        if !depth.seasons {
            return Ok(true);
        }
        let mut seasons: HashMap<String, Vec<Season>> = HashMap::new();
        let fields = if depth.facts { "DateCreated" } else { "" };
        let (found, mut complete) = self.all("Season", fields, &[("ParentId", parent)]).await?;
        for (show, season) in found.into_iter().filter_map(Entry::season) {
            seasons.entry(show).or_default().push(season);
        }
        let mut episodes: HashMap<String, Vec<Episode>> = HashMap::new();
        if depth.episodes {
            let with_facts = depth.episode_facts != EpisodeFacts::None;
            let fields = match (with_facts, depth.streams) {
                (true, _) => format!("Width,Path,{FACTS}"),
                (false, true) => "Width,MediaStreams".to_owned(),
                (false, false) => "Width".to_owned(),
            };
            let (found, is_all) = self.all("Episode", &fields, &[("ParentId", parent)]).await?;
            complete &= is_all;
            let watched = if depth.watched { self.watched(parent).await? } else { HashSet::new() };
            for (season, mut episode) in found.into_iter().filter_map(|entry| entry.episode(with_facts)) {
                episode.watched = watched.contains(&episode.id);
                episodes.entry(season).or_default().push(episode);
            }
        }
        for item in items {
            item.seasons = seasons.remove(&item.id).unwrap_or_default();
            item.seasons.sort_by_key(|season| season.number);
            for season in &mut item.seasons {
                season.episodes = episodes.remove(&season.id).unwrap_or_default();
                season.episodes.sort_by_key(|episode| episode.number);
            }
        }
        Ok(complete)
    }

    /// Ids of the episodes below a library or a show that the viewer has watched. They are asked for by themselves: a user may
    /// see less than there is.
    async fn watched(&self, parent: &str) -> Result<HashSet<String>, ServiceError> {
        let viewer = self.viewer().await?.id;
        let query =
            [("ParentId", parent), ("UserId", viewer.as_str()), ("IsPlayed", "true"), ("EnableUserData", "true")];
        let (found, _) = self.all("Episode", "", &query).await?;
        Ok(found.into_iter().filter_map(Entry::watched).collect())
    }

    /// The user that is set, else the first administrator: a key belongs to nobody.
    async fn viewer(&self) -> Result<User, ServiceError> {
        let path: &[&str] = match self.dialect {
            Dialect::Jellyfin => &["Users"],
            Dialect::Emby => &["Users", "Query"],
        };
        let request = self.signed(Request::get(below(&self.base, path)?));
        let users = self.service.json::<Users>(&request).await?.into_vec();
        let names: Vec<&str> = users.iter().map(|user| user.name.as_str()).collect();
        let (host, names) = (self.dialect.name().to_owned(), names.join(", "));
        let name = self.viewer.clone();
        let is_meant = |user: &User| match &name {
            Some(name) => user.name.to_lowercase() == name.to_lowercase(),
            None => user.is_administrator(),
        };
        let found = users.into_iter().find(is_meant);
        let wanted = || name.as_ref().map_or_else(|| "who is an administrator".to_owned(), |name| format!("{name:?}"));
        found.ok_or_else(|| ServiceError::NoUser { host, wanted: wanted(), names })
    }

    pub(super) async fn item(&self, id: &str, depth: Depth) -> Result<Item, ServiceError> {
        let (found, _) = self.all("Movie,Series", &fields(depth), &[("Ids", id)]).await?;
        let missing = || ServiceError::NotFound { host: self.dialect.name().to_owned() };
        let mut items = [found.into_iter().find_map(|entry| entry.item(depth.facts)).ok_or_else(missing)?];
        if items.iter().any(|item| item.kind == ItemKind::Show) {
            self.add_seasons(&mut items, id, depth).await?;
        }
        let [item] = items;
        Ok(item)
    }

    pub(super) async fn search(&self, sought: &Sought) -> Result<Vec<Item>, ServiceError> {
        let kinds = if sought.kind == ItemKind::Movie { "Movie" } else { "Series" };
        let (found, _) = self.all(kinds, FIELDS, &[("SearchTerm", &sought.title)]).await?;
        Ok(found.into_iter().filter_map(|entry| entry.item(false)).collect())
    }

    fn image(&self, id: &str, slot: Slot) -> Vec<String> {
        let name = match slot {
            Slot::Poster => "Primary",
            Slot::Background => "Backdrop",
            Slot::Thumb => "Thumb",
            Slot::Logo => "Logo",
        };
        ["Items", id, "Images", name].map(str::to_owned).to_vec()
    }

    fn image_request(
        &self,
        method: Method,
        id: &str,
        slot: Slot,
        index: Option<&str>,
    ) -> Result<Request, ServiceError> {
        let path = self.image(id, slot);
        let segments: Vec<&str> = path.iter().map(String::as_str).chain(index).collect();
        Ok(self.signed(Request::new(method, below(&self.base, &segments)?)))
    }

    /// The file as it was stored: asked for in another size it would be a new one.
    pub(super) async fn picture(&self, id: &str, slot: Slot) -> Result<Vec<u8>, ServiceError> {
        self.service.own_picture(&self.image_request(Method::GET, id, slot, None)?).await
    }

    pub(super) fn picture_address(&self, id: &str, slot: Slot) -> String {
        let path = self.image(id, slot);
        let segments: Vec<&str> = path.iter().map(String::as_str).collect();
        below(&self.base, &segments).map(String::from).unwrap_or_default()
    }

    pub(super) async fn upload(&self, id: &str, slot: Slot, file: &[u8], replaces: bool) -> Result<(), ServiceError> {
        if slot == Slot::Background && replaces {
            // A second backdrop would only be added behind the first.
            match self.service.send(&self.image_request(Method::DELETE, id, slot, Some("0"))?).await {
                Ok(()) | Err(ServiceError::NotFound { .. }) => {}
                Err(trouble) => return Err(trouble),
            }
        }
        let request = self
            .image_request(Method::POST, id, slot, None)?
            .header(CONTENT_TYPE, content_type(file))
            .body(STANDARD.encode(file).into_bytes());
        self.service.send(&request).await
    }
}

fn fields(depth: Depth) -> String {
    match (depth.facts, depth.streams) {
        (true, _) => format!("{FIELDS},{FACTS}"),
        (false, true) => format!("{FIELDS},MediaStreams"),
        (false, false) => FIELDS.to_owned(),
    }
}

#[cfg(test)]
#[path = "media_browser/tests.rs"]
mod tests;
