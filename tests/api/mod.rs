//! The API, in-process on port 0.

mod auth;
mod config;
mod deletes;
mod docs;
mod events;
pub mod harness;
mod health;
mod libraries;
mod history;
mod logs;
mod logs_socket;
mod metrics;
mod notifications;
mod overlays;
mod preview;
mod root;
mod runs;
mod scheduler;
mod static_files;
mod support;
mod system;
mod thumbnails;
mod ui;
mod validate;
mod version;
mod webhooks;
