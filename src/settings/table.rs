//! The one list of settings.

use super::Settings;
use super::parse::{self, Parsed, RawValue};
pub use super::setting::{PREFIX, Setting, Store, TakesEffect};

/// The key of the setting that names the TOML file; it cannot be in that file.
pub const CONFIG_FILE: &str = "config";

/// The key of the data folder, which decides where the TOML file is looked for.
pub const DATA_DIR: &str = "data_dir";

/// A number that bounds how much others are asked.
const fn limit(key: &'static str, default: &'static str, help: &'static str, store: Store) -> Setting {
    Setting { key, also: &[], value: "NUMBER", default, note: "", help, store }
}

/// Every setting, in the order of the help.
pub const SETTINGS: &[Setting] = &[
    Setting {
        key: DATA_DIR,
        also: &[("APP_DATA", data_dir)],
        value: "FOLDER",
        default: "",
        note: "$STATE_DIRECTORY, else /config in a container, else ~/.local/share/posterizarrd",
        help: "The data folder: config.json, Logs, watcher and the daemon's own records",
        store: data_dir,
    },
    Setting {
        key: "app_dir",
        also: &[("APP_ROOT", app_dir)],
        value: "FOLDER",
        default: "",
        note: "the data folder; /app in a container that has /app/Posterizarr.ps1",
        help: "Where Posterizarr.ps1 and Release.txt are",
        store: app_dir,
    },
    Setting {
        key: CONFIG_FILE,
        also: &[],
        value: "FILE",
        default: "",
        note: "posterizarrd.toml in the data folder, else /etc/posterizarrd/posterizarrd.toml, where there is one",
        help: "The TOML file with these settings",
        store: |_, given| parse::text(given).map(drop),
    },
    Setting {
        key: "bind",
        also: &[("APP_HOST", bind_host), ("APP_PORT", bind_port), ("PORT", bind_port)],
        value: "ADDRESS:PORT",
        default: "127.0.0.1:8000",
        note: "(in a container 0.0.0.0:8000)",
        help: "The address to listen on; APP_HOST and PORT or APP_PORT set one part each",
        store: |settings, given| parse::address(given).map(|address| settings.bind = address),
    },
    Setting {
        key: "base_url",
        also: &[],
        value: "PATH",
        default: "",
        note: "none",
        help: "The path below which a reverse proxy shows the daemon, such as /posterizarr, or the whole address, such as https://home.example.org/posterizarr",
        store: base_url,
    },
    Setting {
        key: "frontend_dir",
        also: &[],
        value: "FOLDER",
        default: "",
        note: "frontend/dist or webui/frontend/dist beside the script, where it is there",
        help: "A built web UI to serve instead of the built-in page",
        store: |settings, given| parse::text(given).map(|folder| settings.frontend_dir = Some(folder.into())),
    },
    Setting {
        key: "disable_ui",
        also: &[("DISABLE_UI", disable_ui)],
        value: "",
        default: "false",
        note: "",
        help: "Serve the API only, without a web UI",
        store: disable_ui,
    },
    Setting {
        key: "trusted_proxies",
        also: &[],
        value: "NETWORKS",
        default: "",
        note: "none",
        help: "Proxies whose X-Forwarded-For, -Proto and -Host are believed: addresses or networks, separated by commas",
        store: |settings, given| parse::networks(given).map(|networks| settings.trusted_proxies = networks),
    },
    Setting {
        key: "trusted_hosts",
        also: &[],
        value: "NAMES",
        default: "",
        note: "none",
        help: "Names under which the daemon is asked, such as posters.example.org or *.example.org, separated by commas; not needed for IP addresses, localhost, this machine's own name, names without a dot, and those below .local, .lan, .home.arpa and .internal",
        store: |settings, given| parse::host_names(given).map(|names| settings.trusted_hosts = names),
    },
    Setting {
        key: "cors_origins",
        also: &[],
        value: "ORIGINS",
        default: "",
        note: "none",
        help: "Origins whose pages may read the answers and send requests, separated by commas",
        store: |settings, given| parse::origins(given).map(|origins| settings.cors_origins = origins),
    },
    Setting {
        key: "frame_ancestors",
        also: &[],
        value: "ORIGINS",
        default: "",
        note: "none",
        help: "Origins whose pages may show the web UI in a frame, such as a dashboard's, separated by commas, or * for all",
        store: |settings, given| parse::ancestors(given).map(|origins| settings.frame_ancestors = origins),
    },
    Setting {
        key: "mask_secrets",
        also: &[],
        value: "",
        default: "false",
        note: "",
        help: "Hide the passwords, tokens and keys of config.json from everybody, also from the admin",
        store: |settings, given| parse::switch(given).map(|masked| settings.mask_secrets = masked),
    },
    Setting {
        key: "umask",
        also: &[("UMASK", umask)],
        value: "OCTAL",
        default: "0002",
        note: "",
        help: "The mode bits that new files do not get; the script inherits it",
        store: umask,
    },
    Setting {
        key: "log.format",
        also: &[],
        value: "human|json",
        default: "human",
        note: "",
        help: "How the console log looks",
        store: |settings, given| parse::log_format(given).map(|format| settings.log_format = format),
    },
    Setting {
        key: "log.level",
        also: &[],
        value: "FILTER",
        default: "info",
        note: "",
        help: "What the console log shows: error, warn, info, debug or trace; warn,sled=debug and the like for libraries",
        store: |settings, given| parse::log_filter(given).map(|filter| settings.log_level = filter),
    },
    Setting {
        key: "log.access",
        also: &[],
        value: "",
        default: "false",
        note: "",
        help: "Log every request",
        store: |settings, given| parse::switch(given).map(|access| settings.access_log = access),
    },
    Setting {
        key: "runner.kind",
        also: &[],
        value: "auto|script|native",
        default: "auto",
        note: "",
        help: "Who does the runs: the poster script, the built-in (native) engine, or the script where it can run and else the engine",
        store: |settings, given| parse::runner(given).map(|runner| settings.runner = runner),
    },
    Setting {
        key: "runner.command",
        also: &[],
        value: "COMMAND",
        default: "pwsh -File {script}",
        note: "",
        help: "The program that a run starts, with its leading arguments; {script} stands for the script's path",
        store: |settings, given| parse::command(given).map(|command| settings.runner_command = command),
    },
    Setting {
        key: "runner.stop_grace",
        also: &[],
        value: "TIME",
        default: "10s",
        note: "",
        help: "How long a run may take to end after a stop before it is killed",
        store: |settings, given| parse::duration(given).map(|grace| settings.stop_grace = grace),
    },
    Setting {
        key: "runner.max_duration",
        also: &[],
        value: "TIME",
        default: "off",
        note: "",
        help: "How long a run may take before it is stopped",
        store: |settings, given| parse::limit(given).map(|limit| settings.max_duration = limit),
    },
    Setting {
        key: "runner.silence_limit",
        also: &[],
        value: "TIME",
        default: "off",
        note: "",
        help: "How long a run may go without output or a log line before it is stopped",
        store: |settings, given| parse::limit(given).map(|limit| settings.silence_limit = limit),
    },
    Setting {
        key: "runner.keep_runs",
        also: &[],
        value: "COUNT",
        default: "20",
        note: "",
        help: "How many runs keep their folder with output and results",
        store: |settings, given| parse::count(given).map(|runs| settings.keep_runs = runs),
    },
    Setting {
        key: "schedule.grace",
        also: &[],
        value: "TIME",
        default: "1h",
        note: "",
        help: "How late a scheduled run is still made up for, after a downtime or a sleep",
        store: |settings, given| parse::duration(given).map(|grace| settings.schedule_grace = grace),
    },
    Setting {
        key: "schedule.run_time",
        also: &[("RUN_TIME", run_time)],
        value: "TIMES",
        default: "",
        note: "none",
        help: "Times of day, such as 03:00,15:00, at which to run while the timetable is empty",
        store: run_time,
    },
    Setting {
        key: "webhooks.arr_delay",
        also: &[("ARR_WAIT_TIME", arr_delay)],
        value: "TIME",
        default: "5m",
        note: "",
        help: "How long a trigger of Sonarr or Radarr waits, so that the media server has found the file",
        store: arr_delay,
    },
    Setting {
        key: "webhooks.delays",
        also: &[],
        value: "NAME=TIME",
        default: "",
        note: "none",
        help: "Other delays by source or source.event, such as sonarr=10m or radarr.download=0s, separated by commas",
        store: |settings, given| parse::delays(given).map(|delays| settings.webhook_delays = delays),
    },
    Setting {
        key: "webhooks.open_networks",
        also: &[],
        value: "NETWORKS",
        default: "",
        note: "none",
        help: "Addresses or networks whose webhooks need no key, separated by commas",
        store: |settings, given| parse::networks(given).map(|networks| settings.webhook_networks = networks),
    },
    Setting {
        key: "trash.enabled",
        also: &[],
        value: "",
        default: "true",
        note: "",
        help: "Keep deleted images in the trash folder; without it deleting is for good",
        store: |settings, given| parse::switch(given).map(|enabled| settings.trash.enabled = enabled),
    },
    Setting {
        key: "trash.max_size",
        also: &[],
        value: "SIZE",
        default: "2GB",
        note: "",
        help: "How much the trash keeps; the oldest go first",
        store: |settings, given| parse::size(given).map(|size| settings.trash.max_size = size),
    },
    Setting {
        key: "trash.max_age",
        also: &[],
        value: "TIME",
        default: "30d",
        note: "",
        help: "How long the trash keeps an image, or off",
        store: |settings, given| parse::limit(given).map(|age| settings.trash.max_age = age),
    },
    Setting {
        key: "thumbnails.cache_size",
        also: &[],
        value: "SIZE",
        default: "512MB",
        note: "",
        help: "How much disk the small versions of images may take; the longest unused go first",
        store: |settings, given| parse::size(given).map(|size| settings.thumbnail_cache = size),
    },
    Setting {
        key: "assets.watch",
        also: &[],
        value: "auto|poll|off",
        default: "auto",
        note: "",
        help: "How changes of the asset folders are noticed: auto is by events, and by polling where other machines write; off leaves it to the regular scans",
        store: |settings, given| parse::watch(given).map(|watch| settings.assets.watch = watch),
    },
    Setting {
        key: "assets.poll_every",
        also: &[],
        value: "TIME",
        default: "1m",
        note: "",
        help: "How often an asset folder is scanned that is polled",
        store: |settings, given| parse::patience(given).map(|every| settings.assets.poll_every = every),
    },
    Setting {
        key: "assets.scan_every",
        also: &[],
        value: "TIME",
        default: "10m",
        note: "",
        help: "How often the asset folders are scanned, whatever was heard of them in between",
        store: |settings, given| parse::patience(given).map(|every| settings.assets.scan_every = every),
    },
    Setting {
        key: "updates.enabled",
        also: &[],
        value: "",
        default: "true",
        note: "",
        help: "Look for new versions of Posterizarr",
        store: |settings, given| parse::switch(given).map(|enabled| settings.updates = enabled),
    },
    Setting {
        key: "updates.release_url",
        also: &[],
        value: "URL",
        default: "",
        note: "upstream's Release.txt",
        help: "Where the newest version number is",
        store: |settings, given| parse::url(given).map(|url| settings.release_url = url),
    },
    Setting {
        key: "updates.releases_url",
        also: &[],
        value: "URL",
        default: "",
        note: "upstream's releases at GitHub",
        help: "Where the list of releases is",
        store: |settings, given| parse::url(given).map(|url| settings.releases_url = url),
    },
    Setting {
        key: "fetch.timeout",
        also: &[],
        value: "TIME",
        default: "10s",
        note: "",
        help: "How long a media server, provider or hook may take to answer",
        store: |settings, given| parse::patience(given).map(|timeout| settings.fetch.timeout = timeout),
    },
    Setting {
        key: "fetch.allow_private",
        also: &[],
        value: "",
        default: "false",
        note: "",
        help: "Let clients of the API name pictures on private addresses, such as another machine at home",
        store: |settings, given| parse::switch(given).map(|allow| settings.fetch.allow_private = allow),
    },
    Setting {
        key: "providers.tmdb_url",
        also: &[],
        value: "URL",
        default: "",
        note: "https://api.themoviedb.org/3",
        help: "Where TMDB's API is; another address for a mirror or proxy of it",
        store: |settings, given| parse::url(given).map(|url| settings.providers.tmdb_url = url),
    },
    Setting {
        key: "providers.tmdb_image_url",
        also: &[],
        value: "URL",
        default: "",
        note: "https://image.tmdb.org/t/p",
        help: "Where TMDB's pictures are",
        store: |settings, given| parse::url(given).map(|url| settings.providers.tmdb_image_url = url),
    },
    Setting {
        key: "providers.tvdb_url",
        also: &[],
        value: "URL",
        default: "",
        note: "https://api4.thetvdb.com/v4",
        help: "Where TVDB's API is",
        store: |settings, given| parse::url(given).map(|url| settings.providers.tvdb_url = url),
    },
    Setting {
        key: "providers.fanart_url",
        also: &[],
        value: "URL",
        default: "",
        note: "https://webservice.fanart.tv/v3",
        help: "Where Fanart.tv's API is",
        store: |settings, given| parse::url(given).map(|url| settings.providers.fanart_url = url),
    },
    Setting {
        key: "providers.plex_tv_url",
        also: &[],
        value: "URL",
        default: "",
        note: "https://plex.tv/api/v2",
        help: "Where plex.tv's API is, by which the web UI signs in to Plex",
        store: |settings, given| parse::url(given).map(|url| settings.providers.plex_tv_url = url),
    },
    limit("limits.tmdb_per_second", "20", "How many requests a run sends TMDB in a second", |settings, given| {
        parse::per_second(given).map(|rate| settings.limits.tmdb = settings.limits.tmdb.with_rate(rate))
    }),
    limit("limits.tmdb_at_once", "8", "How many requests a run sends TMDB at the same time", |settings, given| {
        parse::in_flight(given).map(|most| settings.limits.tmdb.in_flight = most)
    }),
    limit("limits.tvdb_per_second", "5", "How many requests a run sends TVDB in a second", |settings, given| {
        parse::per_second(given).map(|rate| settings.limits.tvdb = settings.limits.tvdb.with_rate(rate))
    }),
    limit("limits.tvdb_at_once", "4", "How many requests a run sends TVDB at the same time", |settings, given| {
        parse::in_flight(given).map(|most| settings.limits.tvdb.in_flight = most)
    }),
    limit("limits.fanart_per_second", "2", "How many requests a run sends Fanart.tv in a second", |settings, given| {
        parse::per_second(given).map(|rate| settings.limits.fanart = settings.limits.fanart.with_rate(rate))
    }),
    limit(
        "limits.fanart_at_once",
        "2",
        "How many requests a run sends Fanart.tv at the same time",
        |settings, given| parse::in_flight(given).map(|most| settings.limits.fanart.in_flight = most),
    ),
    limit(
        "limits.pictures_at_once",
        "6",
        "How many pictures a run fetches from a host at the same time",
        |settings, given| parse::in_flight(given).map(|most| settings.limits.pictures.in_flight = most),
    ),
    limit(
        "limits.server_at_once",
        "8",
        "How many requests a run sends the media server at the same time",
        |settings, given| parse::in_flight(given).map(|most| settings.limits.server.in_flight = most),
    ),
    Setting {
        key: "artwork.collections",
        also: &[],
        value: "",
        default: "false",
        note: "",
        help: "Make posters for collections, too: those of libraries on Plex, and box sets on Jellyfin and Emby",
        store: |settings, given| parse::switch(given).map(|on| settings.collections = on),
    },
    Setting {
        key: "artwork.sets",
        also: &[],
        value: "DIR",
        default: "",
        note: "none",
        help: "A folder with pictures that you have picked by hand, such as Heat (1995)/poster.jpg, and sets.csv with addresses of others; they are taken before providers are asked",
        store: |settings, given| parse::text(given).map(|folder| settings.sets = Some(folder.into())),
    },
    Setting {
        key: "backup.before_upload",
        also: &[],
        value: "auto|on|off",
        default: "auto",
        note: "",
        help: "Save what the media server shows to the backup folder before a picture of ours takes its place for the first time; auto does so in installations that began without artwork",
        store: |settings, given| parse::save_first(given).map(|policy| settings.save_first = policy),
    },
    Setting {
        key: "drawing.legibility",
        also: &[],
        value: "auto|on|off",
        default: "auto",
        note: "",
        help: "Darken the picture behind a title that can hardly be read there, or make it lighter, until the contrast is 4.5 : 1; auto does so in installations that began without artwork",
        store: |settings, given| parse::legibility(given).map(|legibility| settings.drawing.legibility = legibility),
    },
    Setting {
        key: "drawing.seasonal_borders",
        also: &[],
        value: "DAYS COLOUR",
        default: "",
        note: "none",
        help: "Colours that borders have at times of the year, such as 10-24..10-31 darkorange; 12-01..01-06 #b3001b",
        store: |settings, given| parse::borders(given).map(|borders| settings.drawing.finish.borders = borders),
    },
    Setting {
        key: "drawing.balanced_lines",
        also: &[],
        value: "",
        default: "false",
        note: "",
        help: "Break titles into lines of lengths as even as can be, in place of filling the first ones",
        store: |settings, given| parse::switch(given).map(|on| settings.drawing.finish.typography.balanced_lines = on),
    },
    Setting {
        key: "drawing.font_weight",
        also: &[],
        value: "100..900",
        default: "",
        note: "the font's own",
        help: "The weight of fonts that have several in one file (variable fonts), such as 700 for bold",
        store: |settings, given| {
            parse::weight(given).map(|weight| settings.drawing.finish.typography.weight = Some(weight))
        },
    },
    Setting {
        key: "drawing.system_fonts",
        also: &[],
        value: "",
        default: "true",
        note: "",
        help: "Take characters that neither the chosen font nor those in Overlayfiles/fallback have from the system's fonts",
        store: |settings, given| parse::switch(given).map(|on| settings.drawing.finish.typography.system_fonts = on),
    },
    Setting {
        key: "drawing.badges",
        also: &[],
        value: "RULES",
        default: "",
        note: "none",
        help: "What the media server knows, told in words on pictures: the fact with its condition, the place, the style, such as resolution northwest; audience_rating>=7.5 northeast plate ground=#15803d; see docs/drawing.md",
        store: |settings, given| parse::badges(given).map(|badges| settings.drawing.badges = badges),
    },
    Setting {
        key: "drawing.hide_unwatched",
        also: &[],
        value: "off|blur|grey",
        default: "off",
        note: "",
        help: "Blur the pictures of title cards until the episode was watched, or take their colours away; with a strength as in blur 40%",
        store: |settings, given| parse::hiding(given).map(|hiding| settings.drawing.unwatched = hiding),
    },
    Setting {
        key: "drawing.watched_by",
        also: &[],
        value: "NAME",
        default: "",
        note: "the first administrator; on Plex always the token's user",
        help: "The user of Jellyfin or Emby by whose playing it is known what was watched",
        store: |settings, given| parse::text(given).map(|name| settings.drawing.viewer = Some(name.to_owned())),
    },
    Setting {
        key: "plex.drop_overlay_label",
        also: &[],
        value: "",
        default: "false",
        note: "",
        help: "Take Kometa's label Overlay off an item on Plex that gets a poster from us, so that Kometa puts its overlay on the new one",
        store: |settings, given| parse::switch(given).map(|drop| settings.drop_overlay_label = drop),
    },
    Setting {
        key: "notify.heartbeat_url",
        also: &[],
        value: "URL",
        default: "",
        note: "none",
        help: "An Uptime Kuma push address that is called while the daemon is healthy",
        store: |settings, given| parse::url(given).map(|url| settings.notify.heartbeat_url = Some(url)),
    },
    Setting {
        key: "notify.heartbeat_every",
        also: &[],
        value: "TIME",
        default: "1m",
        note: "",
        help: "How often the heartbeat address is called",
        store: |settings, given| parse::patience(given).map(|every| settings.notify.heartbeat_every = every),
    },
    Setting {
        key: "notify.on_start",
        also: &[],
        value: "URLS",
        default: "",
        note: "none",
        help: "Addresses that are posted to when a run starts, separated by commas; see notify.body for placeholders",
        store: |settings, given| parse::urls(given).map(|urls| settings.notify.hooks.on_start = urls),
    },
    Setting {
        key: "notify.on_success",
        also: &[],
        value: "URLS",
        default: "",
        note: "none",
        help: "Addresses that are posted to when a run completed, separated by commas; see notify.body for placeholders",
        store: |settings, given| parse::urls(given).map(|urls| settings.notify.hooks.on_success = urls),
    },
    Setting {
        key: "notify.on_failure",
        also: &[],
        value: "URLS",
        default: "",
        note: "none",
        help: "Addresses that are posted to when a run ended otherwise or could not start, separated by commas; see notify.body for placeholders",
        store: |settings, given| parse::urls(given).map(|urls| settings.notify.hooks.on_failure = urls),
    },
    Setting {
        key: "notify.on_missed",
        also: &[],
        value: "URLS",
        default: "",
        note: "none",
        help: "Addresses that are posted to when a scheduled run did not take place, separated by commas; see notify.body for placeholders",
        store: |settings, given| parse::urls(given).map(|urls| settings.notify.hooks.on_missed = urls),
    },
    Setting {
        key: "notify.body",
        also: &[],
        value: "TEXT",
        default: "",
        note: "the event as JSON",
        help: "What is posted, with the placeholders {event}, {mode}, {run}, {outcome}, {seconds} and {message}",
        store: |settings, given| parse::text(given).map(|body| settings.notify.hooks.body = Some(body.to_owned())),
    },
    Setting {
        key: "metrics.enabled",
        also: &[],
        value: "",
        default: "true",
        note: "",
        help: "Answer /metrics on the main address, to a login or key with the metrics scope",
        store: |settings, given| parse::switch(given).map(|enabled| settings.metrics = enabled),
    },
    Setting {
        key: "metrics.bind",
        also: &[],
        value: "ADDRESS:PORT",
        default: "",
        note: "none",
        help: "A separate address where /metrics answers without a login",
        store: |settings, given| parse::address(given).map(|address| settings.metrics_bind = Some(address)),
    },
];

fn data_dir(settings: &mut Settings, given: &RawValue) -> Parsed<()> {
    parse::text(given).map(|folder| settings.data_dir = folder.into())
}

fn app_dir(settings: &mut Settings, given: &RawValue) -> Parsed<()> {
    parse::text(given).map(|folder| settings.app_dir = folder.into())
}

fn bind_host(settings: &mut Settings, given: &RawValue) -> Parsed<()> {
    parse::host(given).map(|host| settings.bind.set_ip(host))
}

fn bind_port(settings: &mut Settings, given: &RawValue) -> Parsed<()> {
    parse::port(given).map(|port| settings.bind.set_port(port))
}

fn base_url(settings: &mut Settings, given: &RawValue) -> Parsed<()> {
    let (origin, path) = parse::base_url(given)?;
    (settings.public_origin, settings.base_url) = (origin, path);
    Ok(())
}

fn disable_ui(settings: &mut Settings, given: &RawValue) -> Parsed<()> {
    parse::switch(given).map(|disabled| settings.disable_ui = disabled)
}

fn run_time(settings: &mut Settings, given: &RawValue) -> Parsed<()> {
    parse::times(given).map(|times| settings.run_time = times)
}

fn arr_delay(settings: &mut Settings, given: &RawValue) -> Parsed<()> {
    parse::duration(given).map(|delay| settings.arr_delay = delay)
}

fn umask(settings: &mut Settings, given: &RawValue) -> Parsed<()> {
    parse::umask(given).map(|bits| settings.umask = bits)
}

#[cfg(test)]
mod tests;
