//! `import`, `export`, `backup` and `restore`: through the running daemon, or on the store itself where none runs.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use posterizarr_base::bounded;
use serde::Deserialize;
use serde_json::{Value, json};

use super::exit::fail;
use super::run::daemon_socket;
use super::serve;
use crate::actors::recovery::{Damage, Damages, records};
use crate::actors::runtime::data_dir::DataDir;
use crate::actors::store::old_database::Moved;
use crate::actors::store::{Store, StoreError};
use crate::local_socket::Address;
use crate::migration::{OldInstallation, told};
use crate::settings::{Loaded, Settings};
use crate::startup::Application;
use crate::{backup, telemetry};

/// Why it did not work.
type CliError = Box<dyn std::error::Error>;

/// Takes over an old installation, and tells what came and what did not.
pub fn import(loaded: Loaded, from: Option<PathBuf>, dry_run: bool) -> ExitCode {
    ended(moved(loaded, from, dry_run).map(|moved| {
        told(&moved, dry_run).iter().for_each(|line| say(line));
    }))
}

/// Writes every record as JSON lines, to a new file or to standard output.
pub fn export(loaded: &Loaded, to: Option<&Path>) -> ExitCode {
    let work = || -> Result<(), CliError> {
        match to {
            Some(path) => export_to(&loaded.settings, backup::create(path).map_err(|error| named(path, &error))?),
            None => export_to(&loaded.settings, io::stdout().lock()),
        }
    };
    ended(work())
}

/// Makes a backup.
pub fn backup(loaded: &Loaded, to: &Path) -> ExitCode {
    let work = || -> Result<(), CliError> {
        let file = backup::create(to).map_err(|error| named(to, &error))?;
        let made = write_backup(&loaded.settings, file);
        if made.is_err() {
            // A part of a backup must not look like one.
            let _ = std::fs::remove_file(to);
        }
        made?;
        say(&format!("{} has everything, the configuration with its secrets too", to.display()));
        Ok(())
    };
    ended(work())
}

/// Restores a backup.
pub fn restore(loaded: &Loaded, from: &Path, overwrite: bool) -> ExitCode {
    let work = || -> Result<(), CliError> {
        let (file, _) = bounded::open(from).map_err(|error| named(from, &error))?;
        let data = DataDir::new(&loaded.settings.data_dir)?;
        std::fs::create_dir_all(data.root())?;
        let restored = backup::restore(&data, file, overwrite)?;
        let manifest = &restored.manifest;
        say(&format!("restored what posterizarrd {} backed up at {}", manifest.posterizarrd, manifest.made));
        manifest.tables.iter().for_each(|(table, count)| say(&format!("{table}: {count} records")));
        restored.written.iter().for_each(|file| say(&format!("{file}: written")));
        let advice = "is there with another content and was left alone; --overwrite replaces it";
        restored.left.iter().for_each(|file| say(&format!("{file}: {advice}")));
        if let Some(before) = &restored.before {
            say(&format!("the records that were there before are in {}", before.display()));
        }
        Ok(())
    };
    ended(work())
}

/// Takes note of what was lost when the record store was found damaged, and says what that is.
pub fn acknowledge_damage(loaded: &Loaded) -> ExitCode {
    let work = || -> Result<(), CliError> {
        let damages = match daemon_socket(&loaded.settings)? {
            Some(socket) => actix_web::rt::System::new().block_on(acknowledge_through(&socket))?,
            None => Damages::acknowledge(&DataDir::new(&loaded.settings.data_dir)?.store_damage())?,
        };
        if damages.is_empty() {
            say("the record store was not found damaged since this was last asked");
        }
        damages.iter().for_each(|damage| say(&damage.in_words()));
        Ok(())
    };
    ended(work())
}

/// What the daemon says when somebody has taken note.
#[derive(Deserialize)]
struct Acknowledged {
    acknowledged: Vec<Damage>,
}

async fn acknowledge_through(socket: &Address) -> Result<Vec<Damage>, CliError> {
    let answer = client(socket)?.post("http://localhost/api/admin/store/acknowledge").send().await?;
    Ok(checked(answer).await?.json::<Acknowledged>().await?.acknowledged)
}

fn moved(loaded: Loaded, from: Option<PathBuf>, dry_run: bool) -> Result<Vec<Moved>, CliError> {
    let folder = std::path::absolute(from.as_ref().unwrap_or(&loaded.settings.data_dir))?;
    let old = OldInstallation::in_folder(&folder)?;
    if dry_run {
        return Ok(old.survey());
    }
    match daemon_socket(&loaded.settings)? {
        Some(socket) => actix_web::rt::System::new().block_on(import_through(&socket, &folder)),
        None => {
            let settings = serve::prepare(loaded)?;
            // Before anything is up: a start without config.json makes one.
            let copied = old.copy_files(&DataDir::new(&settings.data_dir)?);
            actix_web::rt::System::new().block_on(async move {
                let app = Application::build_for_one_run(settings)?;
                let taken = old.take(&app.state()).await;
                app.run_until_stopped(async {}).await?;
                Ok([taken?, copied].concat())
            })
        }
    }
}

/// What the daemon says when it has taken over.
#[derive(Deserialize)]
struct Answer {
    moved: Vec<Moved>,
}

async fn import_through(socket: &Address, folder: &Path) -> Result<Vec<Moved>, CliError> {
    let asked = json!({ "from": folder, "dry_run": false });
    let answer = client(socket)?.post("http://localhost/api/admin/import").json(&asked).send().await?;
    Ok(checked(answer).await?.json::<Answer>().await?.moved)
}

fn export_to(settings: &Settings, mut to: impl Write) -> Result<(), CliError> {
    match daemon_socket(settings)? {
        Some(socket) => fetch(&socket, "/api/admin/records", &mut to)?,
        None => {
            let mut lines = BufWriter::new(to);
            records::write(&open_store(settings)?, &mut lines)?;
            lines.flush()?;
        }
    }
    Ok(())
}

fn write_backup(settings: &Settings, mut to: File) -> Result<(), CliError> {
    match daemon_socket(settings)? {
        Some(socket) => fetch(&socket, "/api/admin/backup", &mut to)?,
        None => {
            (_, to) = backup::write(&open_store(settings)?, &DataDir::new(&settings.data_dir)?, to)?;
        }
    }
    Ok(to.sync_all()?)
}

/// The store of a data folder that no daemon uses.
fn open_store(settings: &Settings) -> Result<Store, CliError> {
    let data = DataDir::new(&settings.data_dir)?;
    if !data.store().is_dir() {
        let text =
            format!("{} has no records of posterizarrd; name the data folder with --data-dir", data.root().display());
        return Err(text.into());
    }
    Store::open(&data.store()).map_err(|error| match error {
        StoreError::Damaged(_) => {
            let remedy = "start posterizarrd, which makes a new one of what can be read and of the newest backup";
            format!("{error}; {remedy}").into()
        }
        error => error.into(),
    })
}

/// Writes what the daemon answers as it comes.
fn fetch(socket: &Address, path: &str, to: &mut impl Write) -> Result<(), CliError> {
    actix_web::rt::System::new().block_on(async move {
        let answer = client(socket)?.get(format!("http://localhost{path}")).send().await?;
        let mut answer = checked(answer).await?;
        while let Some(piece) = answer.chunk().await? {
            to.write_all(&piece)?;
        }
        Ok(to.flush()?)
    })
}

fn client(socket: &Address) -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder().unix_socket(socket.path()).no_proxy().build()
}

async fn checked(answer: reqwest::Response) -> Result<reqwest::Response, CliError> {
    if answer.status().is_success() {
        return Ok(answer);
    }
    let body: Value = answer.json().await?;
    Err(body.get("message").and_then(Value::as_str).unwrap_or("the daemon refused").into())
}

fn named(path: &Path, error: &io::Error) -> String {
    format!("{}: {error}", path.display())
}

/// Whoever reads it may have read enough.
fn say(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}

fn ended(outcome: Result<(), CliError>) -> ExitCode {
    telemetry::flush();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}
