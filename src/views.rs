//! The published view of each actor. Whoever starts the actors gives each of them those it shows and those it reads.

use crate::actors::access::AuthView;
use crate::actors::config::ConfigView;
use crate::actors::exports::ExportView;
use crate::actors::history::HistoryView;
use crate::actors::library::assets::AssetsView;
use crate::actors::library::choices::ChoicesView;
use crate::actors::library::replacing::ReplacingView;
use crate::actors::library::thumbnails::ThumbnailView;
use crate::actors::library::trash::TrashView;
use crate::actors::logs::LogView;
use crate::actors::runs::RunView;
use crate::actors::runtime::view::View;
use crate::actors::schedule::SchedulerView;
use crate::actors::servers::libraries::LibrariesView;
use crate::actors::servers::library_types::LibraryTypes;
use crate::actors::triggers::IngestView;
use crate::actors::updates::VersionView;

/// All views; clones show the same.
#[derive(Debug, Clone, Default)]
pub struct Views {
    /// Of the ConfigKeeper.
    pub config: View<ConfigView>,
    /// Of the AuthKeeper.
    pub auth: View<AuthView>,
    /// Of the ScriptSupervisor.
    pub runs: View<RunView>,
    /// Of the AssetIndexer.
    pub assets: View<AssetsView>,
    /// Of the ImageChoices.
    pub choices: View<ChoicesView>,
    /// Of the ExportKeeper.
    pub exports: View<ExportView>,
    /// Of the Historian.
    pub history: View<HistoryView>,
    /// Which libraries hold movies and which shows, from the exports.
    pub library_types: View<LibraryTypes>,
    /// Of the LibraryKeeper.
    pub libraries: View<LibrariesView>,
    /// Of the LogTailer.
    pub logs: View<LogView>,
    /// Of the Replacer.
    pub replacing: View<ReplacingView>,
    /// Of the Scheduler.
    pub scheduler: View<SchedulerView>,
    /// Of the WebhookIngest.
    pub ingest: View<IngestView>,
    /// Of the Thumbnailer.
    pub thumbnails: View<ThumbnailView>,
    /// Of the Trash.
    pub trash: View<TrashView>,
    /// Of the VersionChecker.
    pub versions: View<VersionView>,
}
