//! What handlers share.

use std::sync::Arc;
use std::time::Instant;

use actix_web::web;
use tokio::sync::watch;

use crate::actors::access::AuthKeeper;
use crate::actors::config::ConfigKeeper;
use crate::actors::exports::ExportKeeper;
use crate::actors::history::Historian;
use crate::actors::library::assets::AssetIndexer;
use crate::actors::library::choices::ImageChoices;
use crate::actors::library::fonts::FontPreviews;
use crate::actors::library::replacing::Replacer;
use crate::actors::library::thumbnails::Thumbnailer;
use crate::actors::library::trash::Trash;
use crate::actors::logs::LogTailer;
use crate::actors::notify::Notifier;
use crate::actors::runs::ScriptSupervisor;
use crate::actors::runtime::guard::{ActorSystem, Handle};
use crate::actors::runtime::shared::Shared;
use crate::actors::runtime::system::Machine;
use crate::actors::schedule::Scheduler;
use crate::actors::servers::libraries::LibraryKeeper;
use crate::actors::triggers::WebhookIngest;
use crate::http::auth::logins::Logins;
use crate::http::auth::names::OwnNames;
use crate::http::counters::Counters;
use crate::http::middleware::masking::secrets::Secrets;
use crate::http::vitals::Vitals;
use crate::settings::{LiveSettings, Settings};
use crate::views::Views;
use posterizarr_media::http::HttpClient;

/// What handlers share.
pub struct AppState {
    /// The daemon's settings as they were at its start.
    pub settings: Settings,
    /// The same as they are now.
    pub live: LiveSettings,
    /// Data folder, store and facts.
    pub shared: Shared,
    /// What each actor shows.
    pub views: Views,
    /// All actors, for health.
    pub actor_system: ActorSystem,
    /// Owner of the configuration.
    pub config: Handle<ConfigKeeper>,
    /// Owner of keys and sessions.
    pub auth: Handle<AuthKeeper>,
    /// Owner of the run slot.
    pub supervisor: Handle<ScriptSupervisor>,
    /// Owner of the index of assets.
    pub indexer: Handle<AssetIndexer>,
    /// Owner of the followed logs.
    pub tailer: Handle<LogTailer>,
    /// Owner of the media servers' libraries.
    pub libraries: Handle<LibraryKeeper>,
    /// How others are asked.
    pub http: HttpClient,
    /// What is remembered of logins between requests.
    pub logins: Logins,
    /// The names under which we are asked.
    pub names: OwnNames,
    /// The machine we run on.
    pub machine: Machine,
    /// What was seen of actors and disks when it was last looked.
    pub vitals: Vitals,
    /// What is counted as it happens.
    pub metrics: Counters,
    /// Owner of the timetable.
    pub scheduler: Handle<Scheduler>,
    /// Owner of the trigger files and received webhooks.
    pub ingest: Handle<WebhookIngest>,
    /// Who tells others how runs went.
    pub notifier: Handle<Notifier>,
    /// Owner of the image choices.
    pub choices: Handle<ImageChoices>,
    /// Owner of deleted images.
    pub trash: Handle<Trash>,
    /// Owner of the pictures that are to replace others.
    pub replacer: Handle<Replacer>,
    /// Maker of thumbnails.
    pub thumbnailer: Handle<Thumbnailer>,
    /// Samples of fonts.
    pub font_previews: Arc<FontPreviews>,
    /// Owner of what the media servers exported.
    pub exports: Handle<ExportKeeper>,
    /// Owner of the run history.
    pub historian: Handle<Historian>,
    /// What is masked in every answer.
    pub secrets: Secrets,
    /// When the daemon started.
    pub started: Instant,
    /// True once the daemon stops: streams end.
    pub stopping: watch::Receiver<bool>,
}

/// The state as handlers take it.
pub type State = web::Data<AppState>;
