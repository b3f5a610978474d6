//! The API: a folder a subject. Subjects do not know each other.

pub mod config;
pub mod dashboard;
pub mod events;
pub mod history;
pub mod library;
pub mod logs;
pub mod plugin_events;
pub mod runs;
pub mod schedule;
pub mod servers;
pub mod system;
pub mod triggers;
