//! What several crates of posterizarrd share: reading within bounds, files that are never half-written, caches on disk, masking secrets, the
//! vocabulary of `config.json`, runs and their events, and the names that assets have on disk.
//!
//! Nothing here is async, speaks to the network, or knows an actor, a run or a picture.

pub mod artwork;
pub mod avif;
pub mod bounded;
pub mod command_line;
pub mod config;
pub mod csv_cell;
pub mod disk_cache;
pub mod files;
pub mod image_choices;
pub mod items;
pub mod media_exports;
pub mod progress_line;
pub mod redact;
pub mod result_file;
pub mod run;
pub mod run_events;
pub mod said;
pub mod servers;
pub mod text;
pub mod title;
pub mod unsupported;
