//! Asking providers and fetching pictures, as selection needs it.

mod own;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use posterizarr_base::bounded;
use posterizarr_base::disk_cache::SealedCache;
use posterizarr_media::ServiceError;
use posterizarr_media::answers::{self, Answers};
use posterizarr_media::http::HttpClient;
use posterizarr_media::memo::Memo;
use posterizarr_media::servers::ReadOnly;
use posterizarr_media::service::{Client, Service};
use posterizarr_media::sources::fanart::{Fanart, FanartMemo};
use posterizarr_media::sources::tmdb::{Tmdb, TmdbMemo};
use posterizarr_media::sources::tvdb::{Tvdb, TvdbMemo};
use posterizarr_media::sources::{Found, Sought, Subject, Title};
use posterizarr_render::picture::MAX_FILE_BYTES;
use tokio::sync::SemaphorePermit;

use super::collections;
use super::heading::Logo;
use super::marker::is_marked;
use super::network::Network;
use super::picture::{Bytes, Source};
use super::plan::{Entry, PlannedAsset};
use super::render::Renderer;
use super::settings::LibrarySettings;
use crate::Work;
use crate::journal::Journal;
use crate::library::select::{Choice, Chosen, Provider, ProviderQuery, Replies, Reply, Rules, Selection};
use crate::request::LibraryRun;

/// Pictures as they were fetched, kept for making assets again.
const MAX_ORIGINALS: u64 = 4 << 30;
/// The folder of what can be had again, in the data folder.
const CACHE: &str = "cache";

/// A picture, and the place in which it is worked on.
pub(super) type Fetched<'r> = (Bytes, Option<SemaphorePermit<'r>>);

/// Everybody who may have a picture.
pub(super) struct Lookups<'a> {
    server: ReadOnly<'a>,
    /// Tells the server from others.
    server_id: &'a str,
    client: Client,
    /// For addresses that users name: it does not go everywhere.
    guarded: HttpClient,
    tmdb: Option<Tmdb>,
    tvdb: Option<Tvdb>,
    fanart: Option<Fanart>,
    /// Hosts with pictures, by name.
    hosts: Mutex<HashMap<String, Arc<Service>>>,
    /// None for those who fetch nothing.
    originals: Option<Arc<SealedCache>>,
    /// Whether kept pictures are not looked for.
    fresh: bool,
    settings: &'a LibrarySettings,
    journal: &'a Journal,
    told: Mutex<HashSet<String>>,
}

/// What lookups are made from.
pub(super) struct LookupParts<'a> {
    pub(super) run: &'a LibraryRun,
    pub(super) settings: &'a LibrarySettings,
    pub(super) network: &'a Network,
    pub(super) client: &'a Client,
    pub(super) work: &'a Work<'a>,
    pub(super) server: ReadOnly<'a>,
    /// Tells the server from others.
    pub(super) server_id: &'a str,
}

/// What is known of an item while its assets are made.
#[derive(Default)]
pub(super) struct ItemMemo {
    tmdb: TmdbMemo,
    tvdb: TvdbMemo,
    fanart: FanartMemo,
    replies: Mutex<Replies>,
    broken: Mutex<HashSet<String>>,
    /// Pictures that several title cards are made of.
    shared: Memo<String, Result<Bytes, ServiceError>>,
}

impl ItemMemo {
    /// Whether an address turned out to hold no picture.
    pub(super) fn is_broken(&self, url: &str) -> bool {
        lock(&self.broken).contains(url)
    }
}

/// A picture that was fetched before it was chosen, in order to look at it.
type Held = Mutex<Option<(String, Bytes)>>;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'a> Lookups<'a> {
    pub(super) fn new(parts: &LookupParts<'a>) -> Self {
        let LookupParts { run, settings, network, client, work, server, server_id } = *parts;
        let cache = work.context.folder.join(CACHE);
        let kind = match run {
            LibraryRun { dry_run: true, .. } => answers::Use::ReadOnly,
            LibraryRun { fresh: true, .. } => answers::Use::Fresh,
            _ => answers::Use::Full,
        };
        let answers = Arc::new(Answers::open(&cache.join("answers"), kind));
        let originals = || Arc::new(SealedCache::new(cache.join("originals"), MAX_ORIGINALS, MAX_FILE_BYTES));
        let mut languages: Vec<String> = Vec::new();
        let rules = [&settings.rules.poster, &settings.rules.season, &settings.rules.background, &settings.rules.card];
        for order in rules.into_iter().chain(settings.library_languages.iter().map(|(_, order)| order)) {
            languages.extend(order.order().iter().cloned());
        }
        if run.task.is_about_logos() || settings.logos.are_used() {
            let of_libraries = settings.library_languages.iter().map(|(name, _)| settings.rules_for(name).logo);
            languages.extend(settings.rules.logo.iter().cloned().chain(of_libraries.flatten()));
        }
        let tmdb = settings
            .tmdb_token
            .as_deref()
            .map(|token| Tmdb::new(client, &network.tmdb_url, &network.tmdb_image_url, token, &languages))
            .map(|tmdb| tmdb.remembering(answers.clone()));
        let tvdb = settings.tvdb_key.as_deref().map(|key| Tvdb::new(client, &network.tvdb_url, key));
        let fanart = settings.fanart_key.as_deref().map(|key| Fanart::new(client, &network.fanart_url, key));
        Self {
            server,
            server_id,
            client: client.clone(),
            guarded: HttpClient::new(&network.http),
            tmdb,
            tvdb: tvdb.map(|tvdb| tvdb.remembering(answers.clone())),
            fanart: fanart.map(|fanart| fanart.remembering(answers)),
            hosts: Mutex::default(),
            originals: (!run.dry_run).then(originals),
            fresh: run.fresh,
            settings,
            journal: work.journal,
            told: Mutex::default(),
        }
    }

    /// Tells the user once of what goes wrong again and again.
    pub(super) fn warn_once(&self, text: String) {
        if lock(&self.told).insert(text.clone()) {
            self.journal.warning(text);
        }
    }

    /// The choice for an asset, with the picture where there is one.
    ///
    /// A picture that turns out to be none counts as not there, and the selection goes on without it.
    pub(super) async fn choose<'r>(
        &self,
        asset: &PlannedAsset,
        memo: &ItemMemo,
        renderer: &'r Renderer,
        rules: &Rules,
    ) -> (Choice, Option<Fetched<'r>>) {
        loop {
            let held = Held::default();
            let choice = self.select(asset, memo, rules, &held).await;
            let Some(picture) = &choice.picture else { return (choice, None) };
            // The place comes first: whoever fetches for others has one already, and nobody waits for nobody.
            let place = renderer.place().await;
            match self.fetch(asset, &choice, picture, memo, held).await {
                Ok(bytes) => return (choice, Some((bytes, place))),
                Err(trouble) => {
                    self.journal.warning(format!(
                        "{}: a picture of {} cannot be used: {trouble}",
                        asset.path,
                        picture.provider.name()
                    ));
                    Self::reject(memo, picture);
                }
            }
        }
    }

    /// Leaves a picture out from now on.
    pub(super) fn reject(memo: &ItemMemo, picture: &Chosen) {
        lock(&memo.broken).insert(picture.url.clone());
    }

    /// Whether providers that did not answer before do now.
    pub(super) async fn answers_now(&self, asset: &PlannedAsset, memo: &ItemMemo, providers: &[Provider]) -> bool {
        let mut answered = false;
        for provider in providers {
            let (subject, held) = (asset.subject, Held::default());
            let reply = self.ask(*provider, subject, &asset.entry, memo, &held).await;
            answered |= !matches!(reply, Reply::NoAnswer);
            lock(&memo.replies).insert((*provider, subject), reply);
        }
        answered
    }

    /// The choice for an asset, as far as it can be told without fetching the picture.
    pub(super) async fn select_only(&self, asset: &PlannedAsset, memo: &ItemMemo, rules: &Rules) -> Choice {
        self.select(asset, memo, rules, &Held::default()).await
    }

    async fn select(&self, asset: &PlannedAsset, memo: &ItemMemo, rules: &Rules, held: &Held) -> Choice {
        let entry = &asset.entry;
        loop {
            let step = {
                let (replies, broken) = (lock(&memo.replies), lock(&memo.broken));
                let selection = Selection {
                    rules,
                    kind: entry.item.kind,
                    has_tvdb_id: entry.item.ids.tvdb.is_some(),
                    replies: &replies,
                    broken: &broken,
                };
                selection.choose(asset.subject)
            };
            match step {
                Ok(choice) => return choice,
                Err(ProviderQuery { provider, subject }) => {
                    let reply = self.ask(provider, subject, entry, memo, held).await;
                    lock(&memo.replies).insert((provider, subject), reply);
                }
            }
        }
    }

    /// The logos, or the clear art, that a provider has of an item.
    pub(super) async fn logos(&self, provider: Provider, subject: Subject, entry: &Entry, memo: &ItemMemo) -> Reply {
        if let Some(reply) = lock(&memo.replies).get(&(provider, subject)) {
            return reply.clone();
        }
        let reply = self.ask(provider, subject, entry, memo, &Held::default()).await;
        lock(&memo.replies).insert((provider, subject), reply.clone());
        reply
    }

    /// A logo, fetched once for all assets of its item.
    pub(super) async fn logo(&self, logo: &Logo, memo: &ItemMemo) -> Result<Bytes, ServiceError> {
        memo.shared.get_or(logo.url.clone(), self.picture(&logo.url)).await
    }

    /// Leaves a logo out from now on.
    pub(super) fn reject_logo(&self, asset: &PlannedAsset, memo: &ItemMemo, logo: &Logo, reason: &str) {
        self.journal.warning(format!("{}: the logo {} cannot be used: {reason}", asset.path, logo.url));
        lock(&memo.broken).insert(logo.url.clone());
    }

    async fn ask(&self, provider: Provider, subject: Subject, entry: &Entry, memo: &ItemMemo, held: &Held) -> Reply {
        let title = Title { kind: entry.item.kind, ids: &entry.item.ids };
        let found = match provider {
            Provider::Server => return self.own(subject, entry, held).await,
            Provider::Tmdb if entry.is_collection => self.of_collection(subject, entry, memo).await,
            // They know of none.
            Provider::Tvdb | Provider::Fanart if entry.is_collection => None,
            Provider::Tmdb => match &self.tmdb {
                Some(tmdb) => tmdb.find(title, subject, &memo.tmdb).await,
                None => None,
            },
            Provider::Tvdb => match &self.tvdb {
                Some(tvdb) => tvdb.find(title, subject, &memo.tvdb).await,
                None => None,
            },
            Provider::Fanart => match &self.fanart {
                Some(fanart) => fanart.find(title, subject, &memo.fanart).await,
                None => None,
            },
        };
        self.reply(found)
    }

    /// What TMDB has for a collection; one whose id nobody tells is known by its name.
    async fn of_collection(
        &self,
        subject: Subject,
        entry: &Entry,
        memo: &ItemMemo,
    ) -> Option<Result<Found, ServiceError>> {
        let tmdb = self.tmdb.as_ref()?;
        let id = match &entry.item.ids.tmdb {
            Some(id) => Some(id.clone()),
            None => match tmdb.search(Sought::Collection, &entry.item.title, None).await {
                Ok(hits) => {
                    hits.into_iter().find(|hit| collections::is_same(&hit.name, &entry.item.title)).map(|hit| hit.id)
                }
                Err(trouble) => return Some(Err(trouble)),
            },
        };
        match id {
            Some(id) => Some(tmdb.collection(&id, subject, &memo.tmdb).await),
            None => Some(Ok(Found::default())),
        }
    }

    fn reply(&self, found: Option<Result<Found, ServiceError>>) -> Reply {
        match found {
            None => Reply::NotAsked,
            Some(Ok(found)) => Reply::Found(found),
            Some(Err(trouble)) => {
                self.warn_once(trouble.to_string());
                Reply::NoAnswer
            }
        }
    }

    async fn fetch(
        &self,
        asset: &PlannedAsset,
        choice: &Choice,
        picture: &Chosen,
        memo: &ItemMemo,
        held: Held,
    ) -> Result<Bytes, ServiceError> {
        let held = held.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, bytes)) = held.filter(|(mark, _)| *mark == picture.url) {
            self.keep(self.kept_name(picture.provider, &picture.url), bytes.clone()).await;
            return Ok(bytes);
        }
        let get = self.bytes(picture.provider, &picture.url);
        if matches!(asset.subject, Subject::Episode { .. }) && choice.shows == Subject::Background {
            memo.shared.get_or(picture.url.clone(), get).await
        } else {
            get.await
        }
    }

    /// A picture, kept or fetched. The server's own is always fetched: by now it may show another one.
    pub(super) async fn bytes(&self, provider: Provider, url: &str) -> Result<Bytes, ServiceError> {
        let name = self.kept_name(provider, url);
        if provider != Provider::Server {
            return self.picture(url).await;
        }
        let bytes = Arc::new(self.own_picture(url).await?);
        self.keep(name, bytes.clone()).await;
        Ok(bytes)
    }

    /// A provider's picture, kept or fetched.
    async fn picture(&self, url: &str) -> Result<Bytes, ServiceError> {
        if !self.fresh
            && let Some(kept) = self.kept(url.to_owned()).await
        {
            return Ok(kept);
        }
        let bytes = Arc::new(self.download(url).await?);
        self.keep(url.to_owned(), bytes.clone()).await;
        Ok(bytes)
    }

    /// The name of a picture among the kept ones: the server's own have theirs only on that server.
    fn kept_name(&self, provider: Provider, url: &str) -> String {
        match provider {
            Provider::Server => format!("{} {url}", self.server_id),
            _ => url.to_owned(),
        }
    }

    async fn kept(&self, name: String) -> Option<Bytes> {
        let originals = self.originals.clone()?;
        tokio::task::spawn_blocking(move || originals.get(&name)).await.ok().flatten().map(Arc::new)
    }

    async fn keep(&self, name: String, bytes: Bytes) {
        let Some(originals) = self.originals.clone() else { return };
        // Without it the picture is fetched again, which is all.
        let _ = tokio::task::spawn_blocking(move || originals.put(&name, &bytes)).await;
    }

    /// The picture that an asset was made of.
    ///
    /// # Errors
    /// Why it cannot be had any more, in words.
    pub(super) async fn original(&self, source: &Source) -> Result<Bytes, String> {
        let Some(provider) = source.provider() else {
            return self.of_user(&source.url).await;
        };
        if let Some(kept) = self.kept(self.kept_name(provider, &source.url)).await {
            return Ok(kept);
        }
        let bytes = self.bytes(provider, &source.url).await.map_err(|trouble| trouble.to_string())?;
        if provider == Provider::Server && is_marked(&bytes) {
            return Err("the media server shows finished artwork now".to_owned());
        }
        Ok(bytes)
    }

    /// The user's own picture: a file, or what is at an address that the user names.
    async fn of_user(&self, place: &str) -> Result<Bytes, String> {
        if !is_address(place) {
            let read = bounded::read(place.as_ref(), MAX_FILE_BYTES).map(Arc::new);
            return read.map_err(|error| error.to_string());
        }
        if !self.fresh
            && let Some(kept) = self.kept(place.to_owned()).await
        {
            return Ok(kept);
        }
        let mut picture = Vec::new();
        self.guarded.picture(place, &mut picture).await.map_err(|trouble| trouble.to_string())?;
        let picture = Arc::new(picture);
        self.keep(place.to_owned(), picture.clone()).await;
        Ok(picture)
    }

    /// The address of what an asset was made of, without a key.
    pub(super) fn source_address(&self, source: &Source) -> String {
        match source.provider() {
            Some(Provider::Server) => self.own_address(&source.url),
            _ => source.url.clone(),
        }
    }

    async fn download(&self, url: &str) -> Result<Vec<u8>, ServiceError> {
        let url = posterizarr_media::http::below(url, &[])?;
        let name = url.host_str().unwrap_or_default().to_owned();
        let host = format!("{name}:{}", url.port_or_known_default().unwrap_or_default());
        let service = lock(&self.hosts)
            .entry(host)
            .or_insert_with(|| Arc::new(Service::new(&self.client, name, self.client.limits().pictures)))
            .clone();
        service.picture(url).await
    }

    /// The address of a picture as tables may have it.
    pub(super) fn address(&self, picture: &Chosen) -> String {
        match picture.provider {
            Provider::Server => self.own_address(&picture.url),
            _ => picture.url.clone(),
        }
    }

    /// Whether the picture that the server shows for an asset is finished artwork.
    ///
    /// # Errors
    /// If it cannot be looked at.
    pub(super) async fn shows_marked(&self, asset: &PlannedAsset) -> Result<bool, ServiceError> {
        let Some(mark) = asset.shown().filter(|_| !self.settings.take_marked) else { return Ok(false) };
        match self.server.picture(asset.id(), asset.slot(), mark).await {
            Ok(bytes) => Ok(is_marked(&bytes)),
            // What is no picture is nobody's artwork.
            Err(ServiceError::NotFound { .. } | ServiceError::Malformed { .. }) => Ok(false),
            Err(trouble) => Err(trouble),
        }
    }

    /// Providers that failed so often that they were left alone.
    pub(super) fn failed(&self) -> Vec<&'static str> {
        let services = [
            (self.tmdb.as_ref().map(Tmdb::service), Provider::Tmdb),
            (self.tvdb.as_ref().map(Tvdb::service), Provider::Tvdb),
            (self.fanart.as_ref().map(Fanart::service), Provider::Fanart),
        ];
        let down = services.into_iter().filter(|(service, _)| service.is_some_and(Service::was_down));
        down.map(|(_, provider)| provider.name()).collect()
    }
}

fn is_address(place: &str) -> bool {
    ["http://", "https://"].iter().any(|scheme| place.to_ascii_lowercase().starts_with(scheme))
}
