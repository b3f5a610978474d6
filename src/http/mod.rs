//! The HTTP facade.
//!
//! A handler ([`api`], a folder a subject) extracts ([`extract`]), sends one message or reads one view ([`mod@ask`]), and maps the
//! reply ([`respond`], [`error`]). Reads come from views and never wait. [`app`](mod@app) is the table of routes and the order of
//! the [`middleware`]; [`auth`] decides who may do what.

pub mod api;
pub mod app;
mod ask;
pub mod auth;
mod counters;
pub mod error;
pub mod extract;
pub mod middleware;
pub mod respond;
mod socket;
mod state;
pub mod ui;
mod vitals;

pub use app::{Memos, app};
pub use ask::{ask, ask_within, read_store, to_the_end};
pub use counters::Counters;
pub use error::{ApiError, Code, Refusal};
pub use state::{AppState, State};
pub use vitals::Vitals;
