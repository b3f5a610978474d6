//! The API, in-process on port 0.

mod docs;
mod events;
mod harness;
mod health;
mod logs;
mod logs_socket;
mod metrics;
mod root;
mod runs;
mod scheduler;
mod static_files;
mod support;
mod system;
mod ui;
mod version;
mod webhooks;
