//! The actors of posterizarrd.
//!
//! Each actor owns its state, answers messages and publishes an immutable view of what it knows. Asks go down, facts go
//! up: nobody awaits a reply from above. Pure logic lives in plain functions beside its actor. There is no HTTP here; the
//! facade in the root package translates.

pub mod asset_indexer;
pub mod asset_url;
pub mod auth_keeper;
pub mod commons;
pub mod config_keeper;
pub mod data_dir;
pub mod disk_cache;
pub mod events;
pub mod export_keeper;
pub mod file_events;
pub mod files;
pub mod font_preview;
pub mod guard;
pub mod historian;
pub mod image_choices;
pub mod library_keeper;
pub mod library_types;
pub mod log_tailer;
pub mod media_server;
pub mod notifier;
pub mod old_database;
pub mod outgoing;
pub mod overlay_files;
pub mod pictures;
pub mod records;
pub mod runs;
pub mod safe_path;
pub mod scheduler;
pub mod script_supervisor;
pub mod store;
pub mod system;
pub mod thumbnailer;
pub mod trash;
pub mod validators;
pub mod version_checker;
pub mod view;
pub mod webhook_ingest;
pub mod workbench;
