//! The one integration executable: the API in-process, actors with real processes, the real binary.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod api;
mod browser;
mod config_file;
mod daemon;
mod engine;
mod library;
mod records;
mod secrets;
mod supervisor;
mod triggers;
