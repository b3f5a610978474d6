//! Backups: everything of ours in one archive, and back.
//!
//! An archive holds `manifest.json`, all records as `records.jsonl` (see [`records`]), and under `files/` what is edited by
//! hand or by the web UI. It is for the owner's eyes: it has the configuration with its secrets. A restore makes a new store
//! beside the one that is there and then puts it in its place; the one before stays in the data folder under another
//! name. Files that are there are left alone unless told otherwise.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Local, Utc};
use posterizarr_base::bounded;
use serde::{Deserialize, Serialize};
use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::actors::files::{write_atomic, write_private};
use crate::actors::recovery::records::{self, RecordsError};
use crate::actors::runtime::data_dir::DataDir;
use crate::actors::store::{Store, StoreError, swap};
use crate::settings::saved;

/// The form of the archive; a higher number is one that this version does not know.
const FORMAT: u32 = 1;

const MANIFEST: &str = "manifest.json";
const RECORDS: &str = "records.jsonl";
const FILES: &str = "files/";

/// What is edited by hand or by the web UI, below the data folder.
const EDITED: [&str; 5] =
    ["config.json", "scheduler.json", "UILogs/webui_settings.json", "posterizarrd.toml", saved::FILE_NAME];
/// The largest file of those that is kept and read back, in bytes.
const MAX_FILE_SIZE: u64 = 4 * 1024 * 1024;

/// The largest archive, and the most that all its records may have, in bytes: a million rows have a tenth of it.
const MAX_ARCHIVE_SIZE: u64 = 1024 * 1024 * 1024;
const MAX_RECORDS_SIZE: u64 = 4 * 1024 * 1024 * 1024;

/// What an archive is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The archive's form.
    pub format: u32,
    /// The version of the daemon that made it.
    pub posterizarrd: String,
    /// When it was made.
    pub made: DateTime<Utc>,
    /// How many records each table has.
    pub tables: BTreeMap<String, usize>,
    /// The files that are in it.
    pub files: Vec<String>,
}

/// What a restore did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// What the archive was.
    pub manifest: Manifest,
    /// Files that were written.
    pub written: Vec<String>,
    /// Files that are there with another content, and were left alone.
    pub left: Vec<String>,
    /// Where the store is that was there before.
    pub before: Option<PathBuf>,
}

/// Why there is no backup, or nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A daemon uses the data folder.
    #[error("posterizarrd is running on this data folder; stop it first, then restore")]
    Running,
    /// No archive of ours.
    #[error("this is not a backup of posterizarrd: {0}")]
    NotABackup(String),
    /// An archive of a form that this version does not know.
    #[error(
        "this backup was made by posterizarrd {made_by} in a newer form ({form}) than this version reads ({FORMAT}); use that version, or a newer one"
    )]
    Newer {
        /// The version that made it.
        made_by: String,
        /// The version of its form.
        form: u32,
    },
    /// Its records cannot be taken.
    #[error("{0}")]
    Records(#[from] RecordsError),
    /// The store failed.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// Reading or writing failed.
    #[error("{0}")]
    Io(#[from] io::Error),
}

impl From<ZipError> for BackupError {
    fn from(error: ZipError) -> Self {
        match error {
            ZipError::Io(error) => Self::Io(error),
            other => Self::NotABackup(other.to_string()),
        }
    }
}

/// Makes a new file that only its owner may read; one that is there is not overwritten.
pub fn create(path: &Path) -> io::Result<File> {
    File::options().write(true).create_new(true).mode(0o600).open(path)
}

/// Writes an archive.
pub fn write<W: Write + Seek>(store: &Store, data: &DataDir, to: W) -> Result<(Manifest, W), BackupError> {
    let mut archive = ZipWriter::new(to);
    let options = SimpleFileOptions::default().large_file(true).unix_permissions(0o600);
    archive.start_file(RECORDS, options)?;
    let mut lines = BufWriter::new(&mut archive);
    let tables = records::write(store, &mut lines)?;
    lines.flush()?;
    drop(lines);
    let mut files = Vec::new();
    for name in EDITED {
        match bounded::read(&data.root().join(name), MAX_FILE_SIZE) {
            Ok(content) => {
                archive.start_file(format!("{FILES}{name}"), options)?;
                archive.write_all(&content)?;
                files.push(name.to_owned());
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(io::Error::new(error.kind(), format!("{name}: {error}")).into()),
        }
    }
    let manifest = Manifest {
        format: FORMAT,
        posterizarrd: env!("CARGO_PKG_VERSION").to_owned(),
        made: Utc::now(),
        tables,
        files,
    };
    archive.start_file(MANIFEST, options)?;
    serde_json::to_writer_pretty(&mut archive, &manifest).map_err(io::Error::from)?;
    Ok((manifest, archive.finish()?))
}

/// Puts the records and files of an archive in place. With `overwrite`, files that are there are replaced.
pub fn restore(data: &DataDir, from: File, overwrite: bool) -> Result<Restored, BackupError> {
    // Its end is looked for from behind, which takes long in a large one.
    if from.metadata()?.len() > MAX_ARCHIVE_SIZE {
        return Err(BackupError::NotABackup(bounded::too_large(MAX_ARCHIVE_SIZE).to_string()));
    }
    let mut archive = ZipArchive::new(BufReader::new(from))?;
    let manifest = read_manifest(&mut archive)?;
    swap::finish(&data.store())?;
    // Held until the end: no daemon may start in between.
    let present = match Store::open(&data.store()) {
        Err(StoreError::Locked) => return Err(BackupError::Running),
        // A damaged one is what a backup is for.
        Err(error) => {
            tracing::warn!(%error, "the store that is there cannot be opened");
            None
        }
        Ok(store) => Some(store),
    };
    let made = swap::making(&data.store());
    swap::clear(&data.store())?;
    let restored = Store::open(&made)?;
    let taken = records::read(&restored, BufReader::new(archive.by_name(RECORDS)?.take(MAX_RECORDS_SIZE)));
    restored.flush()?;
    drop(restored);
    let taken = taken.inspect_err(|_| drop(swap::clear(&data.store())))?;
    let expected = manifest.tables.iter().filter(|(_, count)| **count > 0);
    if !expected.eq(taken.iter()) {
        swap::clear(&data.store())?;
        return Err(BackupError::NotABackup("its records are not complete".to_owned()));
    }
    let name = format!("store.before-restore-{}", Local::now().format("%Y%m%d-%H%M%S%.3f"));
    let aside = data.root().join(name);
    let before = swap::put_in_place(&data.store(), &aside)?.then_some(aside);
    drop(present);
    let (written, left) = restore_files(data, &mut archive, overwrite)?;
    Ok(Restored { manifest, written, left, before })
}

fn read_manifest<R: Read + Seek>(archive: &mut ZipArchive<R>) -> Result<Manifest, BackupError> {
    /// What tells the form, whatever else the form has.
    #[derive(Deserialize)]
    struct Form {
        format: u32,
        posterizarrd: String,
    }
    let text = read_file(archive, MANIFEST)?.ok_or_else(|| BackupError::NotABackup(format!("it has no {MANIFEST}")))?;
    let unreadable =
        |error: serde_json::Error| BackupError::NotABackup(format!("its {MANIFEST} is unreadable: {error}"));
    let Form { format, posterizarrd } = serde_json::from_slice(&text).map_err(unreadable)?;
    if format > FORMAT {
        return Err(BackupError::Newer { made_by: posterizarrd, form: format });
    }
    serde_json::from_slice(&text).map_err(unreadable)
}

fn read_file<R: Read + Seek>(archive: &mut ZipArchive<R>, name: &str) -> Result<Option<Vec<u8>>, BackupError> {
    let file = match archive.by_name(name) {
        Err(ZipError::FileNotFound) => return Ok(None),
        file => file?,
    };
    let mut content = Vec::new();
    file.take(MAX_FILE_SIZE + 1).read_to_end(&mut content)?;
    if content.len() as u64 > MAX_FILE_SIZE {
        return Err(BackupError::NotABackup(format!(
            "its {name} is too large ({})",
            bounded::too_large(MAX_FILE_SIZE)
        )));
    }
    Ok(Some(content))
}

fn restore_files<R: Read + Seek>(
    data: &DataDir,
    archive: &mut ZipArchive<R>,
    overwrite: bool,
) -> Result<(Vec<String>, Vec<String>), BackupError> {
    let (mut written, mut left) = (Vec::new(), Vec::new());
    // By their known names: an archive cannot write anywhere else.
    for name in EDITED {
        let Some(content) = read_file(archive, &format!("{FILES}{name}"))? else { continue };
        let path = data.root().join(name);
        match bounded::read(&path, MAX_FILE_SIZE) {
            Ok(present) if present == content => continue,
            Ok(_) if !overwrite => left.push(name.to_owned()),
            Ok(_) => {
                write_atomic(&path, &content)?;
                written.push(name.to_owned());
            }
            Err(_) => {
                path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
                write_private(&path, &content)?;
                written.push(name.to_owned());
            }
        }
    }
    Ok((written, left))
}
