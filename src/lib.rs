//! posterizarrd: supervises Posterizarr and answers its API.
//!
//! This package is the thin facade: command line, settings, HTTP. The work is done by the actors of `posterizarr-actors`.

pub mod backup;
pub mod bundled_files;
pub mod cli;
mod display_font;
pub mod http;
mod limits;
pub mod local_socket;
pub mod migration;
pub mod service_manager;
pub mod settings;
pub mod startup;
pub mod telemetry;
pub mod views;

pub use posterizarr_actors as actors;
