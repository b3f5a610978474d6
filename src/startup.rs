//! Start and stop: what comes up in which order, and how it goes down.
//!
//! Up: folders → listener → store → views → actors → HTTP. The listener comes first, so that a taken port is told before
//! anything is touched, and so that port 0 works in tests. Down: streams end, the supervisor stops the run, HTTP drains,
//! actors stop, the store is flushed. Nothing needed at the next start depends on the way down.

mod actors;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};
use tokio::sync::watch;

use crate::actors::notify::Finish;
use crate::actors::recovery::records::RecordsError;
use crate::actors::runs::Shutdown;
use crate::actors::runtime::data_dir::DataDir;
use crate::actors::runtime::events::Facts;
use crate::actors::runtime::shared::Shared;
use crate::actors::store::{Store, StoreError};
use crate::actors::{access, config, recovery};
use crate::http::api::system::{health, metrics};
use crate::http::middleware::{connections, normalize, request_id};
use crate::http::{self, State};
use crate::settings::Settings;
use crate::views::Views;
use crate::{bundled_files, local_socket, migration, service_manager};

/// How long HTTP connections may take to finish when the daemon stops.
const DRAIN_SECONDS: u64 = 3;
/// HTTP workers; a household's load fits two, and each costs memory.
const WORKERS: usize = 2;

/// How often is looked whether the day's backup is there.
const BACKUP_CHECK: Duration = Duration::from_secs(600);

/// Why the daemon cannot start. Each text is one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder, or a folder in it, cannot be made or written.
    #[error(
        "cannot write to {folder}: {cause}; give the user that runs posterizarrd write access, or choose another --data-dir"
    )]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {cause}; stop what uses it, or choose another --bind")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        cause: io::Error,
    },
    /// The address for metrics cannot be listened on.
    #[error(
        "cannot listen on {address} for metrics: {cause}; stop what uses it, choose another --metrics-bind, or leave it out"
    )]
    BindMetrics {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        cause: io::Error,
    },
    /// The store is in use or broken.
    #[error("cannot open {folder}: {cause}")]
    Store {
        /// The store's folder.
        folder: PathBuf,
        /// Why.
        cause: StoreError,
    },
    /// Something else is where the store should be. The text has the way out.
    #[error("{0}")]
    Misplaced(String),
    /// Anything else the system refused.
    #[error("cannot start: {0}")]
    System(#[from] io::Error),
}

/// The daemon, ready to run.
pub struct Application {
    address: SocketAddr,
    server: Server,
    metrics: Option<Server>,
    state: State,
    stop: watch::Sender<bool>,
}

impl Application {
    /// Brings everything up; when this returns, requests are accepted as soon as the server is polled.
    pub fn build(settings: Settings) -> Result<Self, StartError> {
        Self::assemble(settings, true)
    }

    /// Like [`Application::build`], but reachable over the local socket only, and without starting what waits in the queue:
    /// for a run without a daemon.
    pub fn build_for_one_run(settings: Settings) -> Result<Self, StartError> {
        Self::assemble(settings, false)
    }

    fn assemble(settings: Settings, on_network: bool) -> Result<Self, StartError> {
        let data = DataDir::new(&settings.data_dir)?;
        data.create().map_err(|(folder, cause)| StartError::Folder { folder, cause })?;
        let listener = if on_network { Some(listen(settings.bind)?) } else { None };
        let address = listener.as_ref().map_or(Ok(settings.bind), TcpListener::local_addr)?;
        let store = open_store(&data)?;
        data.sweep();
        let shared = Shared { data, store, facts: Facts::new() };
        let views = Views::default();
        put_bundled_files(&settings.app_dir, &shared.data);
        let config = actors::config_settings(&settings);
        // Before anything is served: there is no moment without a login where one is needed.
        views.config.publish(config::first_view(&shared.data, &shared.store, &config));
        views.auth.publish(access::first_view(&shared.store));
        let (stop, stopping) = watch::channel(false);
        let for_metrics = settings.clone();
        let state = web::Data::new(actors::start(settings, config, (shared, views), stopping, on_network));
        let server = serve(listener, local_socket::listen(&state.shared.data)?, state.clone())?;
        let metrics = if on_network { serve_metrics(&for_metrics, &state)? } else { None };
        Ok(Self { address, server, metrics, state, stop })
    }

    /// The address that is listened on, with the real port; the configured one where the network is left alone.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What the handlers share; tests look at the actors through it.
    pub fn state(&self) -> State {
        self.state.clone()
    }

    /// Serves until `signal` is done, then takes everything down.
    pub async fn run_until_stopped(self, signal: impl Future<Output = ()>) -> io::Result<()> {
        actix_web::rt::spawn(health::keep(self.state.clone(), service_manager::beat));
        actix_web::rt::spawn(metrics::listen(self.state.clone()));
        actix_web::rt::spawn(migration::first_start(self.state.clone()));
        actix_web::rt::spawn(back_up_daily(self.state.clone()));
        let handle = self.server.handle();
        let mut server = tokio::spawn(self.server);
        let metrics = self.metrics.map(|server| (server.handle(), actix_web::rt::spawn(server)));
        let attending = tokio::spawn(service_manager::attend(self.state.clone()));
        let following = tokio::spawn(follow_secrets(self.state.clone()));
        let outcome = tokio::select! {
            ended = &mut server => ended.map_err(io::Error::other).and_then(|result| result),
            () = signal => {
                take_down(&self.state, &self.stop, &handle).await;
                server.await.map_err(io::Error::other).and_then(|result| result)
            }
        };
        if let Some((handle, serving)) = metrics {
            handle.stop(true).await;
            let _ = serving.await;
        }
        attending.abort();
        following.abort();
        self.state.actor_system.stop();
        self.state.shared.store.flush().map_err(io::Error::other)?;
        outcome
    }
}

async fn take_down(state: &State, stop: &watch::Sender<bool>, server: &ServerHandle) {
    stop.send_replace(true);
    service_manager::announce_stop(&state.settings);
    // Both at once: a client that is slow to go must not keep the run from being stopped in time.
    let (stopped, ()) = tokio::join!(state.supervisor.send(Shutdown), server.stop(true));
    if let Err(error) = stopped {
        tracing::error!(%error, "the supervisor did not confirm that the run is stopped");
    }
    // How the last run ended is worth telling.
    let _ = state.notifier.send(Finish).await;
}

fn open_store(data: &DataDir) -> Result<Store, StartError> {
    recovery::open(data).map_err(|cause| match cause {
        StoreError::Misplaced(text) => StartError::Misplaced(text),
        cause => StartError::Store { folder: data.store(), cause },
    })
}

/// Looks now and then whether today's backup of the records is there, and makes it if not: shortly after the start, then
/// after each midnight. One that failed is tried again, but one that is too large not before the next day.
async fn back_up_daily(state: State) {
    loop {
        let shared = state.shared.clone();
        let made = web::block(move || recovery::back_up_daily(&shared.store, &shared.data)).await;
        let pause = match made.map_err(io::Error::other).map_err(RecordsError::Io).flatten() {
            Ok(None) => BACKUP_CHECK,
            Ok(Some(backup)) => {
                tracing::info!(bytes = backup.size, "the day's backup of all records was made");
                BACKUP_CHECK
            }
            Err(error) => {
                tracing::warn!(%error, "the day's backup of all records cannot be made; it is tried again later");
                let too_large = matches!(&error, RecordsError::Io(io) if io.kind() == io::ErrorKind::FileTooLarge);
                if too_large { BACKUP_CHECK * 144 } else { BACKUP_CHECK }
            }
        };
        tokio::time::sleep(pause).await;
    }
}

fn put_bundled_files(app_dir: &Path, data: &DataDir) {
    match bundled_files::copy_missing(app_dir, data) {
        Ok(0) => {}
        Ok(copied) => tracing::info!(copied, "overlays and fonts that come with the script were put in place"),
        Err(error) => {
            tracing::warn!(%error, "the overlays and fonts that come with the script cannot be put in place");
        }
    }
}

/// Keeps the secrets of the configuration out of the log as they change.
async fn follow_secrets(state: State) {
    let mut config = state.views.config.subscribe();
    while config.changed().await.is_ok() {
        config.mark_unchanged();
        state.secrets.follow(&state.views.config.get(), &state.settings.notify);
    }
}

fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    bind(address).map_err(|cause| StartError::Bind { address, cause })
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

fn serve(listener: Option<TcpListener>, local: UnixListener, state: State) -> io::Result<Server> {
    let memos = http::Memos::default();
    let mut server = HttpServer::new(move || http::app(state.clone(), memos.clone()))
        .workers(WORKERS)
        .disable_signals()
        .shutdown_timeout(DRAIN_SECONDS)
        .client_request_timeout(Duration::from_secs(30))
        // A client that has gone away ends what it asked for, such as a check of a server that does not answer.
        .h1_allow_half_closed(false)
        .on_connect(connections::accepted)
        .listen_uds(local)?;
    if let Some(listener) = listener {
        server = server.listen(listener)?;
    }
    Ok(server.run())
}

/// The separate address for metrics, if there is to be one: no login, and nothing else.
fn serve_metrics(settings: &Settings, state: &State) -> Result<Option<Server>, StartError> {
    let Some(address) = settings.metrics_bind else { return Ok(None) };
    let failed = |cause| StartError::BindMetrics { address, cause };
    let listener = bind(address).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let state = state.clone();
    let server = HttpServer::new(move || {
        App::new()
            .app_data(state.clone())
            .configure(metrics::separate)
            .default_service(web::to(metrics::only_metrics))
            .wrap(from_fn(http::auth::refuse_foreign))
            .wrap(from_fn(normalize::head_as_get))
            .wrap(from_fn(request_id::assign))
    });
    let server = server
        .workers(1)
        .disable_signals()
        .shutdown_timeout(DRAIN_SECONDS)
        .client_request_timeout(Duration::from_secs(30))
        .on_connect(connections::accepted)
        .listen(listener)
        .map_err(failed)?;
    tracing::info!(url = format!("http://{address}/metrics"), "metrics are answered here without a login");
    Ok(Some(server.run()))
}
