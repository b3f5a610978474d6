//! Start and stop: what comes up in which order, and how it goes down.
//!
//! Up: folders → listener → store → views → actors → HTTP. The listener comes first, so that a taken port is told before
//! anything is touched, and so that port 0 works in tests. Down: streams end, the supervisor stops the run, HTTP drains,
//! actors stop, the store is flushed. Nothing needed at the next start depends on the way down.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::dev::{Server, ServerHandle};
use actix_web::{HttpServer, web};
use chrono::Utc;
use tokio::sync::watch;

use crate::actors::asset_indexer::AssetIndexer;
use crate::actors::auth_keeper::{self, AuthKeeper};
use crate::actors::commons::{Commons, Views};
use crate::actors::config_keeper::{self, ConfigKeeper, ConfigSettings};
use crate::actors::data_dir::DataDir;
use crate::actors::events::Facts;
use crate::actors::export_keeper::ExportKeeper;
use crate::actors::files;
use crate::actors::font_preview::FontPreviews;
use crate::actors::guard::{Handle, Service, Troupe, exit_when_exhausted};
use crate::actors::historian::Historian;
use crate::actors::image_choices::ImageChoices;
use crate::actors::library_keeper::LibraryKeeper;
use crate::actors::log_tailer::LogTailer;
use crate::actors::notifier::{Finish, Notifier};
use crate::actors::outgoing::Outgoing;
use crate::actors::scheduler::{self, Scheduler, SchedulerSettings};
use crate::actors::script_supervisor::{ScriptSupervisor, Shutdown, SupervisorSettings};
use crate::actors::store::{Store, StoreError};
use crate::actors::system::Machine;
use crate::actors::thumbnailer::Thumbnailer;
use crate::actors::trash::Trash;
use crate::actors::version_checker::{RELEASE_UI_URL, VersionChecker, VersionSettings};
use crate::actors::webhook_ingest::{self, IngestSettings, WebhookIngest};
use crate::bundled_files;
use crate::http::auth::LocalOwner;
use crate::http::health::{self, Vitals};
use crate::http::metrics::{self, Metrics};
use crate::http::{self, AppState, State};
use crate::local_socket;
use crate::moving_over;
use crate::service_manager;
use crate::settings::Settings;
use crate::telemetry;

/// How long HTTP connections may take to finish when the daemon stops.
const DRAIN_SECONDS: u64 = 3;
/// HTTP workers; a household's load fits two, and each costs memory.
const WORKERS: usize = 2;
/// How long a job waits after its first failed try.
const RETRY_PAUSE: Duration = Duration::from_secs(30);

/// Under this name the configuration's secrets are known to the log.
const SECRETS: &str = "config.json";

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
    /// The store is in use or broken.
    #[error("cannot open {folder}: {cause}")]
    Store {
        /// The store's folder.
        folder: PathBuf,
        /// Why.
        cause: StoreError,
    },
    /// Anything else the system refused.
    #[error("cannot start: {0}")]
    System(#[from] io::Error),
}

/// The daemon, ready to run.
pub struct Application {
    address: SocketAddr,
    server: Server,
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
        let commons = Commons { data, store, facts: Facts::new(), views: Views::default() };
        put_bundled_files(&settings.app_dir, &commons.data);
        let config = config_settings(&settings);
        // Before anything is served: there is no moment without a login where one is needed.
        commons.views.config.publish(config_keeper::first_view(&commons.data, &commons.store, &config));
        commons.views.auth.publish(auth_keeper::first_view(&commons.store));
        telemetry::redact::set_secrets(SECRETS, commons.views.config.get().secrets());
        let (stop, stopping) = watch::channel(false);
        let state = web::Data::new(start_actors(settings, config, commons, stopping, on_network));
        let server = serve(listener, local_socket::listen(&state.commons.data)?, state.clone())?;
        Ok(Self { address, server, state, stop })
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
        actix_web::rt::spawn(moving_over::first_start(self.state.clone()));
        let handle = self.server.handle();
        let mut server = tokio::spawn(self.server);
        let attending = tokio::spawn(service_manager::attend(self.state.clone()));
        let following = tokio::spawn(follow_secrets(self.state.clone()));
        let outcome = tokio::select! {
            ended = &mut server => ended.map_err(io::Error::other).and_then(|result| result),
            () = signal => {
                take_down(&self.state, &self.stop, &handle).await;
                server.await.map_err(io::Error::other).and_then(|result| result)
            }
        };
        attending.abort();
        following.abort();
        self.state.troupe.stop();
        self.state.commons.store.flush().map_err(io::Error::other)?;
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

/// A damaged store does not keep the daemon from starting: the script, its settings and trigger files need none of it.
fn open_store(data: &DataDir) -> Result<Store, StartError> {
    let opened = Store::open_or_set_aside(&data.store());
    let (store, aside) = opened.map_err(|cause| StartError::Store { folder: data.store(), cause })?;
    if let Some(aside) = aside {
        tracing::error!(
            aside = %aside.display(),
            "the damaged record store was set aside and a new one begun: API keys, run records and waiting jobs are gone from \
             it; trigger files in the watcher folder are taken up again; put back a backup of the store if there is one"
        );
    }
    Ok(store)
}

fn put_bundled_files(app_dir: &Path, data: &DataDir) {
    if let Err(error) = files::remove_unfinished(&data.overlay_files()) {
        tracing::warn!(%error, "what an interrupted upload left in Overlayfiles cannot be removed");
    }
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
    let mut config = state.commons.views.config.subscribe();
    while config.changed().await.is_ok() {
        telemetry::redact::set_secrets(SECRETS, config.borrow_and_update().secrets());
    }
}

fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address)
        .and_then(|listener| listener.set_nonblocking(true).map(|()| listener))
        .map_err(|cause| StartError::Bind { address, cause })
}

fn start_actors(
    settings: Settings,
    keeper: ConfigSettings,
    commons: Commons,
    stopping: watch::Receiver<bool>,
    on_network: bool,
) -> AppState {
    let troupe = Troupe::new(commons.facts.clone(), exit_when_exhausted(telemetry::flush));
    let supervisor = start(&troupe, &commons, supervisor_settings(&settings, on_network), ScriptSupervisor::new);
    let queue = scheduler::Queue { submit: supervisor.clone().recipient(), start: supervisor.clone().recipient() };
    let timetable = (scheduler_settings(&settings), queue);
    let queue = webhook_ingest::Queue {
        submit: supervisor.clone().recipient(),
        remove: supervisor.clone().recipient(),
        list: supervisor.clone().recipient(),
    };
    let triggers = (ingest_settings(&settings), queue);
    // A run without a daemon needs nobody who looks for work, or serves pages.
    let daemon = troupe.only_if(on_network);
    let indexer = start(&daemon, &commons, settings.assets.clone(), AssetIndexer::new);
    let trash = (settings.trash, indexer.clone().recipient());
    let outgoing = Outgoing::new(&settings.fetch);
    start(&daemon, &commons, (version_settings(&settings), outgoing.clone()), |commons, (settings, outgoing)| {
        VersionChecker::new(commons, settings, outgoing)
    });
    let notices = (settings.notify.clone(), outgoing.clone());
    let trash = start(&daemon, &commons, trash, |commons, (settings, refresh)| Trash::new(commons, settings, refresh));
    AppState {
        notifier: start(&troupe, &commons, notices, |commons, (settings, outgoing)| {
            Notifier::new(commons, settings, outgoing)
        }),
        config: start(&troupe, &commons, keeper, ConfigKeeper::new),
        auth: start(&troupe, &commons, (), |commons, ()| AuthKeeper::new(commons)),
        indexer,
        exports: start(&troupe, &commons, ExportKeeper::new(commons.clone()), |_, keeper| keeper),
        historian: start(&troupe, &commons, Historian::new(commons.clone()), |_, historian| historian),
        tailer: start(&daemon, &commons, (), |commons, ()| LogTailer::new(commons)),
        scheduler: start(&daemon, &commons, timetable, |commons, (settings, queue)| {
            Scheduler::new(commons, settings, queue)
        }),
        ingest: start(&daemon, &commons, triggers, |commons, (settings, queue)| {
            WebhookIngest::new(commons, settings, queue)
        }),
        choices: start(&troupe, &commons, trash.clone().recipient(), ImageChoices::new),
        trash,
        thumbnailer: start(&daemon, &commons, settings.thumbnail_cache, Thumbnailer::new),
        font_previews: Arc::new(FontPreviews::new(commons.data.font_previews())),
        libraries: start(&troupe, &commons, (), |commons, ()| LibraryKeeper::new(commons)),
        outgoing,
        supervisor,
        troupe,
        commons,
        settings,
        logins: http::auth::Logins::default(),
        machine: Machine::new(),
        vitals: Vitals::default(),
        last_stats: http::assets::LastStats::default(),
        metrics: Metrics::new(),
        started: Instant::now(),
        stopping,
    }
}

fn config_settings(settings: &Settings) -> ConfigSettings {
    ConfigSettings {
        container: settings.container,
        fallback_level: std::env::var("WEBUI_LOG_LEVEL").ok(),
        set_level: Arc::new(|level| {
            telemetry::set_level(level);
        }),
    }
}

/// Starts an actor that is made from what all are given and from its own settings, now and after each crash.
fn start<S: Service, C: Clone + Send + 'static>(
    troupe: &Troupe,
    commons: &Commons,
    settings: C,
    make: impl Fn(Commons, C) -> S + Send + 'static,
) -> Handle<S> {
    let commons = commons.clone();
    troupe.start(move || make(commons.clone(), settings.clone()))
}

fn scheduler_settings(settings: &Settings) -> SchedulerSettings {
    SchedulerSettings {
        container_tz: settings.container_tz.clone(),
        run_time: settings.run_time.clone(),
        grace: settings.schedule_grace,
        tick: Duration::from_secs(1),
        clock: Arc::new(Utc::now),
    }
}

fn ingest_settings(settings: &Settings) -> IngestSettings {
    IngestSettings { arr_delay: settings.arr_delay, delays: settings.webhook_delays.clone() }
}

fn version_settings(settings: &Settings) -> VersionSettings {
    VersionSettings {
        enabled: settings.updates,
        script: settings.script(),
        release_ui: settings.data_dir.join("ReleaseUI.txt"),
        release_url: settings.release_url.clone(),
        release_ui_url: settings.container.then(|| RELEASE_UI_URL.to_owned()),
        releases_url: settings.releases_url.clone(),
    }
}

fn supervisor_settings(settings: &Settings, starts_jobs: bool) -> SupervisorSettings {
    SupervisorSettings {
        script: settings.script(),
        runner: settings.runner,
        command: settings.runner_command.clone(),
        executable: settings.executable.clone(),
        engine_flags: vec!["--fetch-allow-private".to_owned(), settings.fetch.allow_private.to_string()],
        stop_grace: settings.stop_grace,
        max_duration: settings.max_duration,
        silence_limit: settings.silence_limit,
        keep_runs: settings.keep_runs,
        retry_pause: RETRY_PAUSE,
        starts_jobs,
    }
}

fn serve(listener: Option<TcpListener>, local: UnixListener, state: State) -> io::Result<Server> {
    let mut server = HttpServer::new(move || http::app(state.clone()))
        .workers(WORKERS)
        .disable_signals()
        .shutdown_timeout(DRAIN_SECONDS)
        .client_request_timeout(Duration::from_secs(30))
        // A client that has gone away ends what it asked for, such as a check of a server that does not answer.
        .h1_allow_half_closed(false)
        .on_connect(|io, extensions| {
            if io.is::<tokio::net::UnixStream>() {
                extensions.insert(LocalOwner);
            }
        })
        .listen_uds(local)?;
    if let Some(listener) = listener {
        server = server.listen(listener)?;
    }
    Ok(server.run())
}
