//! `posterizarrd engine [settings as flags] <arguments of the poster script>`: one run of the poster engine, in this process.
//!
//! The daemon starts it as the child of a run, exactly as it would start the script; by hand it does the same. Exit codes: 0
//! done, 1 failed, 75 another run is on, 143 stopped.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use posterizarr_engine::config::Document;
use posterizarr_engine::{End, Surroundings, run};
use tokio::runtime::{Builder, Handle};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::{FAILED, fail, report};
use crate::actors::config_keeper::{document, keys};
use crate::actors::data_dir::DataDir;
use crate::actors::outgoing::Outgoing;
use crate::settings::table::{SETTINGS, Setting};
use crate::settings::{Flags, Settings, Surroundings as Environment, load};

/// Does the run; the arguments are those after the command's name.
pub fn main(arguments: &[String]) -> ExitCode {
    let (flags, arguments) = split(arguments);
    let settings = match load(&flags, &Environment::of_process()) {
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
    let outgoing = Outgoing::new(&settings.fetch);
    let handle = Handle::current();
    let work = tokio::task::spawn_blocking(move || {
        let surroundings = Surroundings {
            folder: data.root().to_owned(),
            document: configuration(&data.config()),
            fetch: &|address| handle.block_on(fetch(&outgoing, address, stopped.clone())),
            stop: &stop,
            version: env!("CARGO_PKG_VERSION"),
        };
        run(&arguments, &surroundings)
    });
    work.await.map_err(std::io::Error::other)
}

/// Gets a picture through the guarded door, unless the run is to end first.
async fn fetch(outgoing: &Outgoing, address: &str, mut stopped: watch::Receiver<bool>) -> Result<Vec<u8>, String> {
    let mut picture = Vec::new();
    tokio::select! {
        fetched = outgoing.picture(address, &mut picture) => fetched.map(|_| ()).map_err(|trouble| trouble.to_string())?,
        _ = stopped.wait_for(|stopped| *stopped) => return Err("the run was told to stop".to_owned()),
    }
    Ok(picture)
}

/// `config.json` with the defaults of what it lacks; all defaults where it is not there.
fn configuration(path: &Path) -> Result<Document, String> {
    let content = match std::fs::read(path) {
        Ok(content) => content,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(keys::defaults()),
        Err(error) => return Err(format!("{} cannot be read: {error}", path.display())),
    };
    let document = document::parse(&content).map_err(|wrong| format!("{}: {wrong}", path.display()))?;
    Ok(keys::completed(&document))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_come_before_the_scripts_arguments_and_end_with_them() {
        let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let given = words("--data-dir /d --fetch-allow-private true -Manual -Titletext --bind");
        let (flags, rest) = split(&given);
        assert_eq!(flags, Flags::from([("data_dir", "/d".to_owned()), ("fetch.allow_private", "true".to_owned())]));
        assert_eq!(rest, words("-Manual -Titletext --bind"));
    }
}
