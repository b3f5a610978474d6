//! Who starts the actors, and gives each of them what it shows, what it reads and whom it asks: the only place that knows all.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;
use tokio::sync::watch;

use crate::actors::access::{self, AuthKeeper};
use crate::actors::config::{ConfigKeeper, ConfigSettings};
use crate::actors::exports::{self, ExportKeeper};
use crate::actors::history::Historian;
use crate::actors::library::assets::{self, AssetIndexer};
use crate::actors::library::choices::{self, ImageChoices};
use crate::actors::library::fonts::FontPreviews;
use crate::actors::library::replacing::{self, Replacer};
use crate::actors::library::thumbnails::Thumbnailer;
use crate::actors::library::trash::{self, Trash};
use crate::actors::logs::{self, LogTailer};
use crate::actors::notify::{self, Notifier};
use crate::actors::runs::{self, ScriptSupervisor, SupervisorSettings};
use crate::actors::runtime::guard::{ActorSystem, Handle, Service, exit_when_exhausted};
use crate::actors::runtime::machine_names;
use crate::actors::runtime::shared::Shared;
use crate::actors::runtime::system::Machine;
use crate::actors::schedule::{self, Scheduler, SchedulerSettings};
use crate::actors::servers::libraries::LibraryKeeper;
use crate::actors::triggers::{self, IngestSettings, WebhookIngest};
use crate::actors::updates::{RELEASE_UI_URL, VersionChecker, VersionSettings};
use crate::http::{self, AppState, Counters, Vitals};
use crate::settings::{LiveSettings, Settings};
use crate::telemetry;
use crate::views::Views;
use posterizarr_media::http::HttpClient;

/// How long a job waits after its first failed try.
const RETRY_PAUSE: Duration = Duration::from_secs(30);

/// What the actors are made from.
struct Wiring<'s> {
    settings: &'s Settings,
    live: &'s LiveSettings,
    shared: Shared,
    views: Views,
    http: HttpClient,
    /// Those that are always there.
    actor_system: ActorSystem,
    /// Those of a daemon; a run without one needs nobody who looks for work, or serves pages.
    daemon: ActorSystem,
}

/// Starts all actors. `on_network` tells whether this is a daemon, and not a single run.
pub fn start(
    settings: Settings,
    keeper: ConfigSettings,
    (shared, views): (Shared, Views),
    stopping: watch::Receiver<bool>,
    on_network: bool,
) -> AppState {
    // Before the first log is read.
    let secrets = http::middleware::masking::Secrets::default();
    secrets.follow(&views.config.get(), &settings.notify);
    let actor_system = ActorSystem::new(shared.facts.clone(), exit_when_exhausted(telemetry::flush));
    let daemon = actor_system.only_if(on_network);
    let http = HttpClient::new(&settings.fetch);
    let live = LiveSettings::new(&settings);
    let wiring = Wiring { settings: &settings, live: &live, shared, views, http, actor_system, daemon };
    let supervisor = wiring.supervisor(on_network);
    let indexer = wiring.indexer();
    let trash = wiring.trash(&indexer);
    let choices = wiring.image_choices(&trash);
    wiring.version_checker();
    AppState {
        notifier: wiring.notifier(),
        config: wiring.config_keeper(keeper),
        auth: wiring.auth_keeper(),
        exports: wiring.export_keeper(),
        historian: wiring.historian(),
        tailer: wiring.log_tailer(),
        scheduler: wiring.scheduler(&supervisor),
        ingest: wiring.webhook_ingest(&supervisor),
        replacer: wiring.replacer((&indexer, &trash, &choices, &supervisor), on_network),
        choices,
        thumbnailer: wiring.thumbnailer(),
        libraries: wiring.library_keeper(),
        indexer,
        trash,
        supervisor,
        font_previews: Arc::new(FontPreviews::new(wiring.shared.data.font_previews())),
        http: wiring.http,
        actor_system: wiring.actor_system,
        shared: wiring.shared,
        views: wiring.views,
        names: http::auth::OwnNames::new(&settings, machine_names::own_names()),
        settings,
        live,
        logins: http::auth::Logins::default(),
        machine: Machine::new(),
        vitals: Vitals::default(),
        metrics: Counters::new(),
        secrets,
        started: Instant::now(),
        stopping,
    }
}

/// Starts an actor that is made of what is given, now and after each crash.
fn begin<S: Service, G: Clone + Send + 'static>(
    actor_system: &ActorSystem,
    given: G,
    make: impl Fn(G) -> S + Send + 'static,
) -> Handle<S> {
    actor_system.start(move || make(given.clone()))
}

impl Wiring<'_> {
    fn supervisor(&self, starts_jobs: bool) -> Handle<ScriptSupervisor> {
        let views = runs::Views {
            runs: self.views.runs.clone(),
            config: self.views.config.clone(),
            engine_flags: self.live.engine_flags(),
        };
        let given = (self.shared.clone(), views, supervisor_settings(self.settings, starts_jobs));
        begin(&self.actor_system, given, |(shared, views, settings)| ScriptSupervisor::new(shared, views, settings))
    }

    fn scheduler(&self, supervisor: &Handle<ScriptSupervisor>) -> Handle<Scheduler> {
        let recipients = schedule::SupervisorRecipients {
            submit: supervisor.clone().recipient(),
            start: supervisor.clone().recipient(),
            runs: supervisor.clone().recipient(),
        };
        let views = schedule::Views { scheduler: self.views.scheduler.clone(), runs: self.views.runs.clone() };
        let given = (self.shared.clone(), views, scheduler_settings(self.settings), recipients);
        begin(&self.daemon, given, |(shared, views, settings, supervisor)| {
            Scheduler::new(shared, views, settings, supervisor)
        })
    }

    fn webhook_ingest(&self, supervisor: &Handle<ScriptSupervisor>) -> Handle<WebhookIngest> {
        let queue = triggers::QueueRecipients {
            submit: supervisor.clone().recipient(),
            remove: supervisor.clone().recipient(),
            remove_failed: supervisor.clone().recipient(),
            list: supervisor.clone().recipient(),
        };
        let given = (self.shared.clone(), self.views.ingest.clone(), ingest_settings(self.settings), queue);
        begin(&self.daemon, given, |(shared, shown, settings, queue)| {
            WebhookIngest::new(shared, shown, settings, queue)
        })
    }

    fn indexer(&self) -> Handle<AssetIndexer> {
        let views = assets::Views {
            assets: self.views.assets.clone(),
            config: self.views.config.clone(),
            library_types: self.views.library_types.clone(),
        };
        let given = (self.shared.clone(), views, self.settings.assets.clone());
        begin(&self.daemon, given, |(shared, views, settings)| AssetIndexer::new(shared, views, settings))
    }

    fn trash(&self, indexer: &Handle<AssetIndexer>) -> Handle<Trash> {
        let views = trash::Views { trash: self.views.trash.clone(), config: self.views.config.clone() };
        let given = (self.shared.clone(), views, self.settings.trash, indexer.clone().recipient());
        begin(&self.daemon, given, |(shared, views, settings, refresh)| Trash::new(shared, views, settings, refresh))
    }

    fn thumbnailer(&self) -> Handle<Thumbnailer> {
        let given = (self.shared.clone(), self.views.thumbnails.clone(), self.settings.thumbnail_cache);
        begin(&self.daemon, given, |(shared, view, most)| Thumbnailer::new(shared, view, most))
    }

    fn image_choices(&self, trash: &Handle<Trash>) -> Handle<ImageChoices> {
        let views = choices::Views {
            choices: self.views.choices.clone(),
            assets: self.views.assets.clone(),
            config: self.views.config.clone(),
            runs: self.views.runs.clone(),
        };
        let given = (self.shared.clone(), views, trash.clone().recipient());
        begin(&self.actor_system, given, |(shared, views, trash)| ImageChoices::new(shared, views, trash))
    }

    fn replacer(
        &self,
        (indexer, trash, choices, supervisor): (
            &Handle<AssetIndexer>,
            &Handle<Trash>,
            &Handle<ImageChoices>,
            &Handle<ScriptSupervisor>,
        ),
        does_items: bool,
    ) -> Handle<Replacer> {
        let views = replacing::Views {
            replacing: self.views.replacing.clone(),
            runs: self.views.runs.clone(),
            assets: self.views.assets.clone(),
            config: self.views.config.clone(),
        };
        let others = replacing::Others {
            discard: trash.clone().recipient(),
            preserve: trash.clone().recipient(),
            remove_stand_in: trash.clone().recipient(),
            restore: trash.clone().recipient(),
            refresh: indexer.clone().recipient(),
            removed: choices.clone().recipient(),
            returned: choices.clone().recipient(),
            submit: supervisor.clone().recipient(),
            list: supervisor.clone().recipient(),
        };
        let given = (self.shared.clone(), views, self.settings.trash, others);
        begin(&self.actor_system, given, move |(shared, views, trash, others)| {
            Replacer::new(shared, views, trash, others, does_items)
        })
    }

    fn historian(&self) -> Handle<Historian> {
        let given = Historian::new(self.shared.clone(), self.views.history.clone());
        begin(&self.actor_system, given, |historian| historian)
    }

    fn export_keeper(&self) -> Handle<ExportKeeper> {
        let (exports, library_types) = (self.views.exports.clone(), self.views.library_types.clone());
        let given = ExportKeeper::new(self.shared.clone(), exports::Views { exports, library_types });
        begin(&self.actor_system, given, |keeper| keeper)
    }

    fn library_keeper(&self) -> Handle<LibraryKeeper> {
        let given = (self.shared.clone(), self.views.libraries.clone());
        begin(&self.actor_system, given, |(shared, shown)| LibraryKeeper::new(shared, shown))
    }

    fn log_tailer(&self) -> Handle<LogTailer> {
        let views = logs::Views { logs: self.views.logs.clone(), runs: self.views.runs.clone() };
        begin(&self.daemon, (self.shared.clone(), views), |(shared, views)| LogTailer::new(shared, views))
    }

    fn config_keeper(&self, settings: ConfigSettings) -> Handle<ConfigKeeper> {
        let given = (self.shared.clone(), self.views.config.clone(), settings);
        begin(&self.actor_system, given, |(shared, shown, settings)| ConfigKeeper::new(shared, shown, settings))
    }

    fn auth_keeper(&self) -> Handle<AuthKeeper> {
        let views = access::Views { auth: self.views.auth.clone(), config: self.views.config.clone() };
        begin(&self.actor_system, (self.shared.clone(), views), |(shared, views)| AuthKeeper::new(shared, views))
    }

    fn notifier(&self) -> Handle<Notifier> {
        let views = notify::Views { runs: self.views.runs.clone(), config: self.views.config.clone() };
        let given = (self.shared.clone(), views, self.settings.notify.clone(), self.http.clone());
        begin(&self.actor_system, given, |(shared, views, settings, http)| Notifier::new(shared, views, settings, http))
    }

    fn version_checker(&self) -> Handle<VersionChecker> {
        let shown = self.views.versions.clone();
        let given = (self.shared.clone(), shown, version_settings(self.settings), self.http.clone());
        begin(&self.daemon, given, |(shared, shown, settings, http)| VersionChecker::new(shared, shown, settings, http))
    }
}

/// What the ConfigKeeper is to know of the settings.
pub fn config_settings(settings: &Settings) -> ConfigSettings {
    ConfigSettings {
        container: settings.container,
        fallback_level: std::env::var("WEBUI_LOG_LEVEL").ok(),
        set_level: Arc::new(|level| {
            telemetry::set_level(level);
        }),
    }
}

fn scheduler_settings(settings: &Settings) -> SchedulerSettings {
    SchedulerSettings {
        container_tz: settings.container_tz.clone(),
        host_tz: settings.host_tz.clone(),
        system_zone: iana_time_zone::get_timezone().ok(),
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
        stop_grace: settings.stop_grace,
        max_duration: settings.max_duration,
        silence_limit: settings.silence_limit,
        keep_runs: settings.keep_runs,
        retry_pause: RETRY_PAUSE,
        starts_jobs,
    }
}
