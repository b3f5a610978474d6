//! The HTTP facade: the route table, what handlers share, and the order of the middleware.
//!
//! A handler extracts, sends one message (or reads one view) and maps the reply. Reads come from views and never wait.

pub mod access_log;
pub mod admin;
pub mod assets;
pub mod auth;
pub mod body;
pub mod config;
pub mod config_db;
pub mod dashboard;
pub mod deletes;
pub mod docs;
pub mod error;
pub mod events;
pub mod exports;
pub mod files;
pub mod footprint;
pub mod headers;
pub mod health;
pub mod history;
pub mod image_choices;
pub mod libraries;
pub mod licences;
pub mod logs;
pub mod logs_socket;
pub mod metrics;
mod multipart;
pub mod overlays;
pub mod parameters;
mod picture_form;
pub mod preview;
mod representation;
pub mod request_id;
pub mod rewrite;
pub mod root;
pub mod runs;
pub mod scheduler;
pub mod status;
pub mod support;
pub mod system;
pub mod thumbnails;
pub mod trash;
pub mod ui;
pub mod ui_logs;
pub mod validate;
pub mod version;
pub mod webhooks;
pub mod webui_settings;

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App, web};
use tokio::sync::watch;
use utoipa_actix_web::AppExt;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::actors::asset_indexer::AssetIndexer;
use crate::actors::auth_keeper::AuthKeeper;
use crate::actors::commons::Commons;
use crate::actors::config_keeper::ConfigKeeper;
use crate::actors::export_keeper::ExportKeeper;
use crate::actors::font_preview::FontPreviews;
use crate::actors::guard::{Answer, Handle, Troupe};
use crate::actors::historian::Historian;
use crate::actors::image_choices::ImageChoices;
use crate::actors::library_keeper::LibraryKeeper;
use crate::actors::log_tailer::LogTailer;
use crate::actors::notifier::Notifier;
use crate::actors::outgoing::Outgoing;
use crate::actors::scheduler::Scheduler;
use crate::actors::script_supervisor::ScriptSupervisor;
use crate::actors::store::{Store, StoreError};
use crate::actors::system::Machine;
use crate::actors::thumbnailer::Thumbnailer;
use crate::actors::trash::Trash;
use crate::actors::webhook_ingest::WebhookIngest;
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
    /// Owner of the index of assets.
    pub indexer: Handle<AssetIndexer>,
    /// Owner of the followed logs.
    pub tailer: Handle<LogTailer>,
    /// Owner of the media servers' libraries.
    pub libraries: Handle<LibraryKeeper>,
    /// How others are asked.
    pub outgoing: Outgoing,
    /// What is remembered of logins between requests.
    pub logins: auth::Logins,
    /// The machine we run on.
    pub machine: Machine,
    /// What was seen of actors and disks when it was last looked.
    pub vitals: health::Vitals,
    /// What is counted as it happens.
    pub metrics: metrics::Metrics,
    /// Owner of the timetable.
    pub scheduler: Handle<Scheduler>,
    /// Owner of the trigger files and received webhooks.
    pub ingest: Handle<WebhookIngest>,
    /// Who tells others how runs went.
    pub notifier: Handle<Notifier>,
    /// Owner of the image choices.
    pub choices: Handle<ImageChoices>,
    /// Owner of deleted images.
    pub trash: Handle<Trash>,
    /// Maker of thumbnails.
    pub thumbnailer: Handle<Thumbnailer>,
    /// Samples of fonts.
    pub font_previews: Arc<FontPreviews>,
    /// The statistics of assets, written down.
    pub last_stats: assets::LastStats,
    /// Owner of what the media servers exported.
    pub exports: Handle<ExportKeeper>,
    /// Owner of the run history.
    pub historian: Handle<Historian>,
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
    ask_within(PATIENCE, actor, message).await
}

/// Reads from the store on the blocking pool.
async fn read_store<T: Send + 'static>(
    state: &AppState,
    work: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, ApiError> {
    let store = state.commons.store.clone();
    Ok(web::block(move || work(&store)).await.map_err(ApiError::internal)??)
}

/// Like [`ask`], for what may take longer.
pub async fn ask_within<S, M>(patience: Duration, actor: &Handle<S>, message: M) -> Result<M::Result, ApiError>
where
    S: Answer<M>,
    M: actix::Message + Send + 'static,
    M::Result: Send,
{
    match tokio::time::timeout(patience, actor.send(message)).await {
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
        scheduler::routes,
        webhooks::routes,
        logs::routes,
        logs_socket::routes,
        events::routes,
        system::routes,
        footprint::routes,
        version::routes,
        licences::routes,
        config::routes,
        config_db::routes,
        webui_settings::routes,
        validate::routes,
        libraries::routes,
        history::routes,
        exports::routes,
        admin::routes,
        support::routes,
        assets::routes,
        files::routes,
        deletes::routes,
        trash::routes,
        image_choices::routes,
        overlays::routes,
        preview::routes,
        thumbnails::routes,
        health::routes,
        metrics::routes,
        docs::routes,
    ] {
        area(config);
    }
}

/// Does work of several steps to its end, whether or not the client waits for it: a connection that closes drops its
/// handler between two steps.
pub async fn to_the_end<T: 'static>(work: impl Future<Output = Result<T, ApiError>> + 'static) -> Result<T, ApiError> {
    actix_web::rt::spawn(work).await.map_err(ApiError::internal)?
}

/// The whole application: routes, rejections, middleware. Built once per worker.
///
/// Outermost first: request id, access log, headers, base URL, HEAD, counting, compression, login.
pub fn app(
    state: State,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    App::new()
        .app_data(state)
        .into_utoipa_app()
        .configure(routes)
        .into_app()
        .configure(rejections)
        .default_service(web::to(ui::fallback))
        .wrap(from_fn(auth::guard))
        .wrap(Compress::default())
        .wrap(from_fn(metrics::measure))
        .wrap(from_fn(rewrite::head_as_get))
        .wrap(from_fn(rewrite::strip_base))
        .wrap(from_fn(headers::secure))
        .wrap(from_fn(access_log::tell))
        .wrap(from_fn(request_id::assign))
}

/// What a body may hold, in bytes: webhooks of season packs and mass renames are large.
const LARGEST_BODY: usize = 8 * 1024 * 1024;

/// Sends every rejection of the framework through our error body.
fn rejections(config: &mut web::ServiceConfig) {
    config
        .app_data(web::PayloadConfig::new(LARGEST_BODY))
        .app_data(web::QueryConfig::default().error_handler(|error, _| rejected("query", &error)))
        .app_data(web::PathConfig::default().error_handler(|error, _| not_a_number(&error)))
        .app_data(web::FormConfig::default().error_handler(|error, _| rejected("body", &error)));
}

/// Whatever is not text in a path is a whole number.
fn not_a_number(error: &dyn std::fmt::Display) -> actix_web::Error {
    ApiError::validation("int_parsing", &["path"], error.to_string()).into()
}

fn rejected(place: &str, error: &dyn std::fmt::Display) -> actix_web::Error {
    ApiError::validation("value_error", &[place], error.to_string()).into()
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::TcpStream;

    use actix_web::{HttpResponse, HttpServer};
    use tokio::sync::Notify;

    use super::*;

    /// Tells when it is dropped.
    struct Cut(Arc<Notify>);

    impl Drop for Cut {
        fn drop(&mut self) {
            self.0.notify_one();
        }
    }

    #[actix_web::test]
    async fn work_that_has_begun_is_done_although_its_client_hangs_up() {
        let [begun, cut, gate, done] = std::array::from_fn(|_| Arc::new(Notify::new()));
        let steps = [begun.clone(), cut.clone(), gate.clone(), done.clone()];
        let handler = move || {
            let [begun, cut, gate, done] = steps.clone();
            async move {
                let _cut = Cut(cut);
                to_the_end(async move {
                    begun.notify_one();
                    gate.notified().await;
                    done.notify_one();
                    Ok(HttpResponse::Ok())
                })
                .await
            }
        };
        let server = HttpServer::new(move || App::new().default_service(web::to(handler.clone())));
        let server = server.h1_allow_half_closed(false).workers(1).disable_signals().bind("127.0.0.1:0").unwrap();
        let address = server.addrs()[0];
        let server = server.run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        let within =
            async |step: &Notify| tokio::time::timeout(Duration::from_secs(20), step.notified()).await.unwrap();
        let mut client = TcpStream::connect(address).unwrap();
        client.write_all(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n").unwrap();
        within(&begun).await;
        drop(client);
        within(&cut).await;
        gate.notify_one();
        within(&done).await;
        handle.stop(false).await;
    }
}
