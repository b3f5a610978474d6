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
    pub config: View<ConfigView>,
    /// Keys, sessions and old keys; the ConfigKeeper knows the login.
    pub auth: View<AuthView>,
    /// The run slot and the queue of jobs.
    pub runs: View<RunView>,
    pub assets: View<AssetsView>,
    /// What was chosen for each image, from `ImageChoices.csv`.
    pub choices: View<ChoicesView>,
    /// Rows that the media servers exported.
    pub exports: View<ExportView>,
    pub history: View<HistoryView>,
    /// Which libraries hold movies and which shows, from the exports.
    pub library_types: View<LibraryTypes>,
    /// Libraries of the media servers as last fetched.
    pub libraries: View<LibrariesView>,
    pub logs: View<LogView>,
    /// Pictures that wait to replace others.
    pub replacing: View<ReplacingView>,
    pub scheduler: View<SchedulerView>,
    /// Webhooks and trigger files that were received.
    pub ingest: View<IngestView>,
    pub thumbnails: View<ThumbnailView>,
    pub trash: View<TrashView>,
    /// Installed and newest versions of script and web UI.
    pub versions: View<VersionView>,
}
