//! The API, in-process on port 0.

mod docs;
mod harness;
mod health;
mod metrics;
mod root;
mod static_files;
mod support;
mod system;
mod ui;
