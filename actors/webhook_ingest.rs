//! WebhookIngest.

pub mod arr;
pub mod payload;
pub mod tautulli;
pub mod trigger;
pub mod trigger_file;
