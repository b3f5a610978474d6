//! The actors of posterizarrd: a folder a subject.
//!
//! Each actor owns its state, answers messages and publishes an immutable view of what it knows. Asks go down, facts go
//! up: nobody awaits a reply from above. Pure logic lives in plain functions beside its actor. There is no HTTP here; the
//! facade in the root package translates.

pub mod access;
pub mod config;
pub mod exports;
pub mod history;
pub mod library;
pub mod logs;
pub mod notify;
pub mod recovery;
pub mod runs;
pub mod runtime;
pub mod schedule;
pub mod servers;
pub mod store;
pub mod triggers;
pub mod updates;

pub use posterizarr_base::{bounded, files};
