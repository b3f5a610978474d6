//! `posterizarrd engine [settings as flags] <arguments of the poster script>`: one run of the poster engine, in this process.
//!
//! The daemon starts it as the child of a run, exactly as it would start the script; by hand it does the same. Exit codes: 0
//! done, 1 failed, 66 the media server does not have the item yet that a trigger told of, 75 another run is on, 143 stopped.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use posterizarr_base::{bounded, run_events};
use posterizarr_engine::library::Network;
use posterizarr_engine::{End, RunContext, run};
use posterizarr_render::config::Document;
use tokio::runtime::{Builder, Handle};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::exit::{FAILED, fail, report};
use super::identity;
use crate::actors::config::{document, keys};
use crate::actors::runtime::data_dir::DataDir;
use crate::http::api::system::support;
use crate::settings::table::{SETTINGS, Setting};
use crate::settings::{Environment, Flags, Settings, load};
use posterizarr_media::http::HttpClient;

/// Does the run; the arguments are those after the command's name.
pub fn main(arguments: &[String]) -> ExitCode {
    let (flags, arguments) = split(arguments);
    let environment = Environment::of_process();
    identity::assume(&environment).iter().for_each(|warning| eprintln!("posterizarrd: {warning}"));
    let settings = match load(&flags, &environment) {
        Ok(loaded) => loaded.settings,
        Err(problems) => {
            report(&problems);
            return ExitCode::from(FAILED);
        }
    };
    let end = Builder::new_current_thread()
        .enable_all()
        .build()
        .and_then(|runtime| runtime.block_on(carry_out(settings, arguments.to_vec())));
    match end {
        Ok(end) => ExitCode::from(end.exit_code()),
        Err(error) => fail(&error),
    }
}

/// Our own flags, which come first and have two dashes, and the script's arguments.
fn split(arguments: &[String]) -> (Flags, &[String]) {
    let (mut flags, mut rest) = (Flags::new(), arguments);
    while let [flag, value, after @ ..] = rest {
        let named = |setting: &&Setting| flag.strip_prefix("--") == Some(setting.flag().as_str());
        let Some(setting) = SETTINGS.iter().find(named) else { break };
        flags.insert(setting.key, value.clone());
        rest = after;
    }
    (flags, rest)
}

async fn carry_out(settings: Settings, arguments: Vec<String>) -> std::io::Result<End> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let (stop, (stopping, stopped)) = (Arc::new(AtomicBool::new(false)), watch::channel(false));
    let flag = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        flag.store(true, Ordering::Relaxed);
        stopping.send_replace(true);
        // The channel stays open: a closed one would look like a stop.
        stopping.closed().await;
    });
    let data = DataDir::new(&settings.data_dir)?;
    let client = HttpClient::new(&settings.fetch);
    let network = network(&settings);
    let handle = Handle::current();
    let work = tokio::task::spawn_blocking(move || {
        let context = RunContext {
            folder: data.root().to_owned(),
            document: configuration(&data.config()),
            network,
            drawing: settings.drawing.clone(),
            gather: &|| gather(&data, &stop),
            fetch: &|address| handle.block_on(fetch(&client, address, stopped.clone())),
            beside: std::env::var_os(run_events::LOGS_VARIABLE).map(PathBuf::from),
            stop: &stop,
            version: env!("CARGO_PKG_VERSION"),
        };
        run(&arguments, &context)
    });
    work.await.map_err(std::io::Error::other)
}

/// Where media servers and providers are, and how patiently they are asked.
fn network(settings: &Settings) -> Network {
    let providers = &settings.providers;
    Network {
        http: settings.fetch.clone(),
        limits: settings.limits,
        tmdb_url: providers.tmdb_url.clone(),
        tmdb_image_url: providers.tmdb_image_url.clone(),
        tvdb_url: providers.tvdb_url.clone(),
        fanart_url: providers.fanart_url.clone(),
        save_first: settings.save_first,
        drop_overlay_label: settings.drop_overlay_label,
        collections: settings.collections,
        sets: settings.sets.clone(),
        container: settings.container,
    }
}

/// Puts all logs into an archive. A configuration that cannot be read has no part in it, but its secrets would be unknown.
fn gather(data: &DataDir, stop: &AtomicBool) -> Result<PathBuf, String> {
    let document = configuration(&data.config())?;
    let proceed = || match stop.load(Ordering::Relaxed) {
        true => Err(std::io::Error::other("it was told to stop")),
        false => Ok(()),
    };
    support::gather(data, &document, &proceed).map_err(|error| error.to_string())
}

/// Gets a picture through the guarded door, unless the run is to end first.
async fn fetch(client: &HttpClient, address: &str, mut stopped: watch::Receiver<bool>) -> Result<Vec<u8>, String> {
    let mut picture = Vec::new();
    tokio::select! {
        fetched = client.picture(address, &mut picture) => fetched.map(|_| ()).map_err(|trouble| trouble.to_string())?,
        _ = stopped.wait_for(|stopped| *stopped) => return Err("the run was told to stop".to_owned()),
    }
    Ok(picture)
}

/// `config.json` with the defaults of what it lacks; all defaults where it is not there.
fn configuration(path: &Path) -> Result<Document, String> {
    let content = match bounded::read(path, document::MAX_SIZE) {
        Ok(content) => content,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(keys::defaults()),
        Err(error) => return Err(format!("{} cannot be read: {error}", path.display())),
    };
    let document = document::parse(&content).map_err(|wrong| format!("{}: {wrong}", path.display()))?;
    Ok(keys::completed(&document))
}

#[cfg(test)]
mod tests {
    use posterizarr_media::service::{HostLimits, Limits};

    use super::*;

    #[test]
    fn flags_come_before_the_scripts_arguments_and_end_with_them() {
        let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let given = words("--data-dir /d --fetch-allow-private true -Manual -Titletext --bind");
        let (flags, rest) = split(&given);
        assert_eq!(flags, Flags::from([("data_dir", "/d".to_owned()), ("fetch.allow_private", "true".to_owned())]));
        assert_eq!(rest, words("-Manual -Titletext --bind"));
    }

    #[test]
    fn what_a_host_may_be_asked_is_what_the_settings_say() {
        let folder = tempfile::tempdir().unwrap();
        let flags = [
            ("limits.tmdb_at_once", "3"),
            ("limits.tmdb_per_second", "7"),
            ("limits.tvdb_at_once", "1"),
            ("limits.tvdb_per_second", "4"),
            ("limits.fanart_at_once", "5"),
            ("limits.fanart_per_second", "6"),
            ("limits.pictures_at_once", "9"),
            ("limits.server_at_once", "2"),
        ];
        let flags: Flags = flags.into_iter().map(|(key, value)| (key, value.to_owned())).collect();
        let settings = load(&flags, &Environment::new([], folder.path())).unwrap().settings;
        let expected = HostLimits {
            tmdb: Limits::paced(3, 7),
            tvdb: Limits::paced(1, 4),
            fanart: Limits::paced(5, 6),
            pictures: Limits::at_once(9),
            server: Limits::at_once(2),
        };
        assert_eq!(network(&settings).limits, expected);
    }

    #[test]
    fn an_engine_that_the_daemon_starts_has_the_daemons_settings() {
        let folder = tempfile::tempdir().unwrap();
        let flags = [
            ("artwork.collections", "true"),
            ("artwork.sets", "/sets of mine"),
            ("backup.before_upload", "on"),
            ("drawing.badges", "resolution northwest; new=14 south label=\"Just; in\""),
            ("drawing.balanced_lines", "true"),
            ("drawing.font_weight", "650"),
            ("drawing.hide_unwatched", "blur 40%"),
            ("drawing.legibility", "on"),
            ("drawing.seasonal_borders", "10-24..10-31 darkorange; 12-01..01-06 #b3001b80"),
            ("drawing.system_fonts", "false"),
            ("drawing.watched_by", "Ann"),
            ("fetch.allow_private", "true"),
            ("fetch.timeout", "1500ms"),
            ("limits.fanart_per_second", "6"),
            ("limits.pictures_at_once", "9"),
            ("limits.server_at_once", "2"),
            ("limits.tmdb_at_once", "3"),
            ("limits.tmdb_per_second", "7"),
            ("limits.tvdb_at_once", "1"),
            ("plex.drop_overlay_label", "true"),
            ("providers.tmdb_url", "http://127.0.0.1:1/3"),
            ("providers.tmdb_image_url", "http://127.0.0.1:2/t/p"),
            ("providers.tvdb_url", "http://127.0.0.1:3/v4"),
            ("providers.fanart_url", "http://127.0.0.1:4/v3"),
        ];
        let flags: Flags = flags.into_iter().map(|(key, value)| (key, value.to_owned())).collect();
        let of = |flags: &Flags| load(flags, &Environment::new([], folder.path())).unwrap().settings;
        let daemon = of(&flags);
        let handed = daemon.engine_flags();
        let (flags, rest) = split(&handed);
        assert!(rest.is_empty(), "{rest:?}");
        // The daemon names all of them, so that they come from elsewhere here.
        assert_eq!(Settings { origins: daemon.origins.clone(), ..of(&flags) }, daemon);
    }
}
