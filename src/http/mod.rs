//! The HTTP facade: the route table, what handlers share, and the order of the middleware.
//!
//! A handler extracts, sends one message (or reads one view) and maps the reply. Reads come from views and never wait.

pub mod auth;
pub mod dashboard;
pub mod docs;
pub mod error;
pub mod events;
pub mod files;
pub mod health;
pub mod logs;
pub mod logs_socket;
pub mod metrics;
pub mod request_id;
pub mod root;
pub mod runs;
pub mod status;
pub mod support;
pub mod system;
pub mod ui;
pub mod webui_settings;

use std::time::{Duration, Instant};

use actix_web::web;
use tokio::sync::watch;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::actors::auth_keeper::AuthKeeper;
use crate::actors::commons::Commons;
use crate::actors::config_keeper::ConfigKeeper;
use crate::actors::guard::{Answer, Handle, Troupe};
use crate::actors::log_tailer::LogTailer;
use crate::actors::script_supervisor::ScriptSupervisor;
use crate::settings::Settings;

pub use error::{ApiError, Code};

/// How long a handler waits for an actor.
const PATIENCE: Duration = Duration::from_secs(30);

/// What handlers share.
pub struct AppState {
    /// The daemon's settings.
    pub settings: Settings,
    /// Data folder, store, facts and views.
    pub commons: Commons,
    /// All actors, for health.
    pub troupe: Troupe,
    /// Owner of the configuration.
    pub config: Handle<ConfigKeeper>,
    /// Owner of keys and sessions.
    pub auth: Handle<AuthKeeper>,
    /// Owner of the run slot.
    pub supervisor: Handle<ScriptSupervisor>,
    /// Owner of the followed logs.
    pub tailer: Handle<LogTailer>,
    /// When the daemon started.
    pub started: Instant,
    /// True once the daemon stops: streams end.
    pub stopping: watch::Receiver<bool>,
}

/// The state as handlers take it.
pub type State = web::Data<AppState>;

/// Sends one message and waits for the reply, at most [`PATIENCE`].
pub async fn ask<S, M>(actor: &Handle<S>, message: M) -> Result<M::Result, ApiError>
where
    S: Answer<M>,
    M: actix::Message + Send + 'static,
    M::Result: Send,
{
    match tokio::time::timeout(PATIENCE, actor.send(message)).await {
        Ok(reply) => Ok(reply?),
        Err(_) => Err(actix::MailboxError::Timeout.into()),
    }
}

/// Every route of the API.
pub fn routes(config: &mut ServiceConfig<'_>) {
    for area in [
        root::routes,
        auth::routes,
        status::routes,
        dashboard::routes,
        runs::routes,
        logs::routes,
        logs_socket::routes,
        events::routes,
        system::routes,
        webui_settings::routes,
        support::routes,
        health::routes,
        metrics::routes,
        docs::routes,
    ] {
        area(config);
    }
}
