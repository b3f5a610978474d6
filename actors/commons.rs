//! What every actor is given when it is made.

use crate::asset_indexer::AssetsView;
use crate::auth_keeper::AuthView;
use crate::config_keeper::ConfigView;
use crate::data_dir::DataDir;
use crate::events::Facts;
use crate::export_keeper::ExportView;
use crate::historian::HistoryView;
use crate::image_choices::view::ChoicesView;
use crate::library_keeper::LibrariesView;
use crate::library_types::LibraryTypes;
use crate::log_tailer::LogView;
use crate::scheduler::SchedulerView;
use crate::script_supervisor::RunView;
use crate::store::Store;
use crate::thumbnailer::ThumbnailView;
use crate::trash::TrashView;
use crate::version_checker::VersionView;
use crate::view::View;
use crate::webhook_ingest::IngestView;

/// Shared by all actors; cheap to clone.
#[derive(Debug, Clone)]
pub struct Commons {
    /// Where the files are.
    pub data: DataDir,
    /// The record store.
    pub store: Store,
    /// Where facts are told.
    pub facts: Facts,
    /// What each actor shows.
    pub views: Views,
}

/// The published view of each actor.
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
