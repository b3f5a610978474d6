//! The API, in-process on port 0.

pub mod harness;
mod root;
mod scheduler;
mod version;
mod webhooks;
