//! The content of a support archive, as upstream lays it out, and what the daemon adds.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Datelike, Local, Timelike};
use serde_json::Value;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::scrub::{self, Rule};
use crate::actors::runtime::data_dir::DataDir;

/// Databases of the old backend that go in as they are.
const DATABASES: [&str; 3] = ["media_export.db", "runtime_stats.db", "server_libraries.db"];
/// A database full of addresses, which would have to be rewritten row by row.
const UNCHECKED_DATABASE: &str = "imagechoices.db";
/// The one log whose addresses name the user's own hosts.
const ADDRESS_LIST: &str = "ImageChoices.csv";
/// Entries this long need the large format.
const LARGE: u64 = u32::MAX as u64 / 2;

struct Bundle<'a> {
    archive: ZipWriter<BufWriter<File>>,
    left_out: Vec<String>,
    /// Whether to go on, or to end with its error.
    proceed: &'a dyn Fn() -> io::Result<()>,
}

/// A file that is read; tells its own failures from those of the archive.
struct Source {
    file: io::Take<File>,
    failure: Option<String>,
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read(buffer).inspect_err(|error| self.failure = Some(error.to_string()))
    }
}

/// A file that may go in.
struct Candidate {
    path: PathBuf,
    name: String,
}

/// Writes everything to `file` and gives it back, rewound. `proceed` is asked now and then, and its error ends the writing.
pub fn write(
    file: File,
    data: &DataDir,
    records: &[(&str, Value)],
    proceed: &dyn Fn() -> io::Result<()>,
) -> io::Result<File> {
    let archive = ZipWriter::new(BufWriter::new(file));
    let mut bundle = Bundle { archive, left_out: Vec::new(), proceed };
    bundle.folder("Logs", &data.logs(), true)?;
    bundle.folder("RotatedLogs", &data.rotated_logs(), true)?;
    bundle.folder("UILogs", &data.ui_logs(), false)?;
    bundle.databases(&data.database())?;
    for (name, record) in records {
        let text = serde_json::to_string_pretty(record)?;
        bundle.text(&format!("posterizarrd/{name}"), text.as_bytes(), None, Rule::Secrets)?;
    }
    bundle.finish()
}

impl Bundle<'_> {
    fn folder(&mut self, name: &str, folder: &Path, skip_json: bool) -> io::Result<()> {
        for candidate in files_below(name, folder, &mut self.left_out) {
            let json = candidate.path.extension().is_some_and(|extension| extension == "json");
            if !(skip_json && json) {
                self.log(candidate)?;
            }
        }
        Ok(())
    }

    fn log(&mut self, Candidate { path, name }: Candidate) -> io::Result<()> {
        let mut file = match open(&path) {
            Ok(file) => file,
            Err(error) => return self.leave_out(&name, &error.to_string()),
        };
        match scrub::is_text(&mut file) {
            Ok(true) => file.seek(SeekFrom::Start(0))?,
            Ok(false) => return self.leave_out(&name, "it is not text"),
            Err(error) => return self.leave_out(&name, &error.to_string()),
        };
        let addresses = path.file_name().is_some_and(|file_name| file_name == ADDRESS_LIST);
        let rule = if addresses { Rule::SecretsAndHosts } else { Rule::Secrets };
        // A log that is being written has no end of its own.
        let metadata = file.metadata()?;
        let mut source = Source { file: file.take(metadata.len()), failure: None };
        let copied = self.text(&name, &mut source, Some(&metadata), rule);
        match source.failure {
            Some(failure) => {
                self.archive.abort_file().map_err(io::Error::other)?;
                self.leave_out(&name, &failure)
            }
            None => copied,
        }
    }

    fn databases(&mut self, folder: &Path) -> io::Result<()> {
        for database in DATABASES {
            let name = format!("database/{database}");
            match open(&folder.join(database)) {
                Ok(file) => self.database(&name, file)?,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => self.leave_out(&name, &error.to_string())?,
            }
        }
        if std::fs::symlink_metadata(folder.join(UNCHECKED_DATABASE)).is_ok() {
            let name = format!("database/{UNCHECKED_DATABASE}");
            self.leave_out(
                &name,
                "it holds addresses, which cannot be masked in a database; Logs/ImageChoices.csv has them",
            )?;
        }
        Ok(())
    }

    fn database(&mut self, name: &str, mut file: File) -> io::Result<()> {
        if scrub::holds_secrets(&mut file, self.proceed)? {
            return self.leave_out(name, "it holds secrets, which cannot be masked in a database");
        }
        file.seek(SeekFrom::Start(0))?;
        let metadata = file.metadata()?;
        self.start(name, Some(&metadata))?;
        io::copy(&mut file.take(metadata.len()), &mut self.archive)?;
        Ok(())
    }

    fn text(
        &mut self,
        name: &str,
        from: impl Read,
        metadata: Option<&std::fs::Metadata>,
        rule: Rule,
    ) -> io::Result<()> {
        self.start(name, metadata)?;
        scrub::copy(from, &mut self.archive, rule, self.proceed)
    }

    fn start(&mut self, name: &str, metadata: Option<&std::fs::Metadata>) -> io::Result<()> {
        (self.proceed)()?;
        let modified = metadata.and_then(|metadata| metadata.modified().ok()).map_or_else(Local::now, DateTime::from);
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .large_file(metadata.is_some_and(|metadata| metadata.len() > LARGE))
            .last_modified_time(timestamp(modified));
        self.archive.start_file(name, options).map_err(io::Error::other)
    }

    fn leave_out(&mut self, name: &str, reason: &str) -> io::Result<()> {
        self.left_out.push(format!("{name}: {reason}"));
        Ok(())
    }

    fn finish(mut self) -> io::Result<File> {
        self.start("README.txt", None)?;
        let version = env!("CARGO_PKG_VERSION");
        write!(
            self.archive,
            "Support archive of posterizarrd {version}, made {}.\n\n\
             Tokens, API keys, passwords and webhook addresses are masked; in {ADDRESS_LIST} so are the names of your own\n\
             servers. Titles, folder names and other lines of the logs are as they were: look through them before you\n\
             publish this.\n\nconfig.db and scheduler.json are never included. Left out of this archive:\n",
            Local::now().format("%Y-%m-%d %H:%M:%S"),
        )?;
        if self.left_out.is_empty() {
            writeln!(self.archive, "nothing")?;
        }
        for line in &self.left_out {
            writeln!(self.archive, "- {line}")?;
        }
        let buffered = self.archive.finish().map_err(io::Error::other)?;
        let mut file = buffered.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.seek(SeekFrom::Start(0))?;
        Ok(file)
    }
}

/// Opens a file, but not through a link and not a pipe, which would wait for its other end.
fn open(path: &Path) -> io::Result<File> {
    use rustix::fs::OFlags;
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
    let file = OpenOptions::new().read(true).custom_flags(flags.cast_signed()).open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is not a file")) }
}

/// The files below a folder in the order of their names; links are not followed. What cannot be listed is noted.
fn files_below(name: &str, folder: &Path, left_out: &mut Vec<String>) -> Vec<Candidate> {
    let mut files = Vec::new();
    let mut folders = vec![Candidate { path: folder.to_owned(), name: name.to_owned() }];
    while let Some(Candidate { path, name }) = folders.pop() {
        let entries = match std::fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => {
                left_out.push(format!("{name}: {error}"));
                continue;
            }
        };
        for entry in entries.flatten() {
            let file_name = entry.file_name().to_string_lossy().into_owned();
            let candidate = Candidate { path: entry.path(), name: format!("{name}/{file_name}") };
            let Ok(kind) = entry.file_type() else { continue };
            if is_junk(&file_name) {
                continue;
            } else if kind.is_dir() {
                folders.push(candidate);
            } else if kind.is_file() {
                files.push(candidate);
            } else {
                left_out.push(format!("{}: it is a link or a device", candidate.name));
            }
        }
    }
    files.sort_by(|left, right| left.name.cmp(&right.name));
    files
}

fn is_junk(name: &str) -> bool {
    name == "__pycache__" || name == ".DS_Store" || name.ends_with(".pyc")
}

/// Local time as archives keep it: from 1980 on, without a zone.
fn timestamp(at: DateTime<Local>) -> zip::DateTime {
    let byte = |number: u32| u8::try_from(number).unwrap_or_default();
    let year = u16::try_from(at.year()).unwrap_or_default();
    let (month, day) = (byte(at.month()), byte(at.day()));
    zip::DateTime::from_date_and_time(year, month, day, byte(at.hour()), byte(at.minute()), byte(at.second()))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn junk_links_and_devices_are_not_collected() {
        let folder = tempfile::tempdir().unwrap();
        let logs = folder.path().join("Logs");
        std::fs::create_dir_all(logs.join("old/__pycache__")).unwrap();
        for file in ["b.log", "a.pyc", ".DS_Store", "old/a.log", "old/__pycache__/x.log"] {
            std::fs::write(logs.join(file), "x").unwrap();
        }
        std::os::unix::fs::symlink("/etc/passwd", logs.join("link.log")).unwrap();
        let mut left_out = Vec::new();
        let names: Vec<_> = files_below("Logs", &logs, &mut left_out).into_iter().map(|file| file.name).collect();
        assert_eq!(names, ["Logs/b.log", "Logs/old/a.log"]);
        assert_eq!(left_out, ["Logs/link.log: it is a link or a device"]);
        assert!(open(&logs.join("link.log")).is_err(), "a link is not opened even when it appears late");
        assert!(files_below("Logs", &folder.path().join("none"), &mut left_out).is_empty());
    }

    #[test]
    fn times_before_the_format_began_do_not_matter() {
        let time = timestamp("2026-11-23T08:55:14Z".parse::<DateTime<chrono::Utc>>().unwrap().into());
        assert_eq!((time.year(), time.second()), (2026, 14));
        assert_eq!(timestamp(DateTime::<chrono::Utc>::UNIX_EPOCH.into()), zip::DateTime::default());
    }
}
