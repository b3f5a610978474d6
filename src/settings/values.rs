//! Every setting with its value.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use posterizarr_engine::Drawing;
use posterizarr_engine::library::SaveFirst;
use posterizarr_media::service::HostLimits;

use super::origin::Origins;
use crate::actors::library::assets::IndexSettings;
use crate::actors::library::trash::TrashSettings;
use crate::actors::notify::NotifierSettings;
use crate::actors::runs::RunnerChoice;
use crate::actors::servers::checks::Providers;
use posterizarr_media::http::HttpSettings;

/// The TOML file's name in the data folder.
pub const FILE_NAME: &str = "posterizarrd.toml";

/// Everything the daemon is told at its start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The data folder.
    pub data_dir: PathBuf,
    /// Where `Posterizarr.ps1` and `Release.txt` are.
    pub app_dir: PathBuf,
    /// The address to listen on.
    pub bind: SocketAddr,
    /// The path under which a reverse proxy shows us: empty, or `/name` without a slash at its end.
    pub base_url: String,
    /// The origin (`https://posters.example.org`) that `base_url` named with the path, where it did.
    pub public_origin: Option<String>,
    /// A built web UI to serve instead of the built-in page.
    pub frontend_dir: Option<PathBuf>,
    /// Whether no web UI is served at all.
    pub disable_ui: bool,
    /// Whether we run in a container.
    pub container: bool,
    /// The bits that are taken off the mode of every new file; the script inherits them.
    pub umask: u32,
    /// How the console log looks.
    pub log_format: LogFormat,
    /// The console log's filter, in the syntax of `RUST_LOG`.
    pub log_level: String,
    /// Whether every request is logged.
    pub access_log: bool,
    /// This program's own file, which is started again to watch over each run.
    pub executable: PathBuf,
    /// Who does the runs.
    pub runner: RunnerChoice,
    /// The program that is run, with its leading arguments; `{script}` stands for the script's path.
    pub runner_command: Vec<String>,
    /// How long a run may take to end after a stop, before it is killed.
    pub stop_grace: Duration,
    /// How long a run may take; none means no limit.
    pub max_duration: Option<Duration>,
    /// How long a run may be silent (no output, no log line); none means no limit.
    pub silence_limit: Option<Duration>,
    /// How many runs keep their folder (output, collected results).
    pub keep_runs: usize,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<ipnet::IpNet>,
    /// Names under which we may be asked besides those that nobody else can have; `*.` in front takes every name below.
    pub trusted_hosts: Vec<String>,
    /// Origins that may read our answers from a browser; empty means no CORS headers.
    pub cors_origins: Vec<String>,
    /// Origins whose pages may show ours in a frame, besides our own; `*` alone means all.
    pub frame_ancestors: Vec<String>,
    /// `TZ`, in a container: the timetable's zone there.
    pub container_tz: Option<String>,
    /// `TZ`, wherever: the zone of a new timetable.
    pub host_tz: Option<String>,
    /// Times of day at which a container runs while its timetable is empty.
    pub run_time: Option<String>,
    /// How late a scheduled run is still made up for.
    pub schedule_grace: Duration,
    /// How long a trigger of Sonarr or Radarr waits.
    pub arr_delay: Duration,
    /// Delays by source, or source and event.
    pub webhook_delays: BTreeMap<String, Duration>,
    /// Networks whose webhooks need no key.
    pub webhook_networks: Vec<ipnet::IpNet>,
    /// What is kept of deleted images.
    pub trash: TrashSettings,
    /// Whether the secrets of `config.json` are hidden from everybody.
    pub mask_secrets: bool,
    /// How many bytes the thumbnails may take.
    pub thumbnail_cache: u64,
    /// How the index of assets is kept.
    pub assets: IndexSettings,
    /// Whether new versions are looked for.
    pub updates: bool,
    /// Where the newest release number is.
    pub release_url: String,
    /// Where the list of releases is.
    pub releases_url: String,
    /// How the daemon asks others.
    pub fetch: HttpSettings,
    /// Where the providers of artwork are.
    pub providers: Providers,
    /// How much media servers and providers are asked.
    pub limits: HostLimits,
    /// Whether what the media server shows is saved before it is replaced for the first time.
    pub save_first: SaveFirst,
    /// Whether collections get posters, too.
    pub collections: bool,
    /// The folder with pictures that somebody has picked by hand.
    pub sets: Option<PathBuf>,
    /// What is drawn beyond what `config.json` tells.
    pub drawing: Drawing,
    /// Whether items on Plex lose Kometa's label when they get a picture from us.
    pub drop_overlay_label: bool,
    /// Who is told of runs.
    pub notify: NotifierSettings,
    /// Whether `/metrics` answers on the main address (a login with the `metrics` scope is needed there).
    pub metrics: bool,
    /// A separate address where `/metrics` answers without a login.
    pub metrics_bind: Option<SocketAddr>,
    /// Where all of this came from.
    pub origins: Origins,
}

impl Settings {
    /// The script of upstream.
    pub fn script(&self) -> PathBuf {
        self.app_dir.join("Posterizarr.ps1")
    }

    /// The TOML file that was read, or the one that would be.
    pub fn file(&self) -> PathBuf {
        self.origins.file.clone().unwrap_or_else(|| self.data_dir.join(FILE_NAME))
    }
}

/// How the console log looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people; without timestamps under systemd, which has its own.
    Human,
    /// One JSON object a line.
    Json,
}
