//! Media servers and artwork providers, as posterizarrd speaks to them.
//!
//! [`http`] is the one HTTP client, with an open and a guarded door. [`service`] asks one host with it: within limits, with a
//! breaker, and again where that may help. [`servers`] has Plex, Jellyfin and Emby behind one interface, [`sources`] has TMDB,
//! TVDB and Fanart.tv. Both give plain data ([`model`]); what to make of it is decided elsewhere. Nothing here knows an actor, a run or a picture's content.

pub mod agregarr;
pub mod answers;
pub mod facts;
pub mod http;
pub mod memo;
pub mod model;
pub mod notify;
pub mod plex_tv;
pub mod servers;
pub mod service;
pub mod sources;

pub use service::{Client, ServiceError};
