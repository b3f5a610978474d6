//! The one integration executable: the API in-process, actors with real processes, the real binary.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod api;
mod architecture;
mod attacks;
mod avif;
mod browser;
mod config_file;
mod daemon;
mod engine;
mod home;
mod installing;
mod library;
mod library_badges;
mod library_collections;
mod library_daemon;
mod library_delivery;
mod library_engine;
mod library_faults;
mod library_ledger;
mod library_logos;
mod library_modes;
mod library_sets;
mod library_triggers;
mod records;
mod replacing_daemon;
mod secrets;
mod sentences;
mod supervisor;
mod triggers;
mod upgrade;
