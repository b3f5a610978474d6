//! Reading trigger files, off the actor's thread: a network folder may take its time.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use posterizarr_base::{bounded, text};

use super::intake::request;
use super::media_event::MediaEvent;
use super::reason::IngestReason;
use super::trigger_file::{self, MAX_FILE_SIZE};
use super::watch_folder::{Found, Version};
use crate::runs::RunRequest;

/// How long a file has to be still that can be used, but may lack its end.
const PATIENCE: Duration = Duration::from_secs(10);
/// When a file is read again that could not be read.
const AGAIN: Duration = Duration::from_secs(30);

/// A file that was read: which version, and what tells its content from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    pub version: Version,
    content: u64,
}

impl Taken {
    /// Whether the file is another one now, or has another content.
    pub fn is_outdated(&self, path: &Path) -> bool {
        match std::fs::symlink_metadata(path) {
            Ok(now) if Version::of(&now) != self.version => {
                bounded::read(path, MAX_FILE_SIZE).map_or(true, |content| digest(&content) != self.content)
            }
            _ => false,
        }
    }
}

/// What was read of files that somebody else wrote, by name. Shared with those who write files of jobs, which are no such
/// files any more then.
#[derive(Debug, Clone, Default)]
pub struct TakenFiles(Arc<Mutex<HashMap<String, Taken>>>);

impl TakenFiles {
    /// Remembers what was read.
    pub fn insert(&self, name: String, taken: Taken) {
        self.lock().insert(name, taken);
    }

    /// Remembers what was read, unless it is known.
    pub fn insert_new(&self, name: String, taken: Taken) {
        self.lock().entry(name).or_insert(taken);
    }

    /// Forgets a file, and gives what was read.
    pub fn remove(&self, name: &str) -> Option<Taken> {
        self.lock().remove(name)
    }

    /// The versions of all.
    pub fn versions(&self) -> HashMap<String, Version> {
        self.lock().iter().map(|(name, taken)| (name.clone(), taken.version)).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Taken>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What came of reading a file.
#[derive(Debug)]
pub enum Reading {
    /// It asks for this.
    Asks(Box<FileRequest>),
    /// It may be written on: it is to be read again then, if it does not change before.
    NotBefore(Instant),
    /// It changed while it was read.
    Changed,
    /// It is of no use, and why.
    Refused(IngestReason),
    /// It cannot be read now, and why.
    Unreadable(IngestReason, Instant),
}

/// What a file asks for.
#[derive(Debug)]
pub struct FileRequest {
    /// The event that it tells of.
    pub media_event: MediaEvent,
    /// The run that it asks for.
    pub request: RunRequest,
    /// What was read.
    pub taken: Taken,
}

/// Reads a file that has been still.
pub fn read(file: &Found) -> Reading {
    let content = match bounded::read(&file.path, MAX_FILE_SIZE) {
        Ok(content) => content,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Reading::Changed,
        Err(error) if error.kind() == std::io::ErrorKind::FileTooLarge => {
            return Reading::Refused(error.to_string().into());
        }
        Err(error) => return Reading::Unreadable(error.to_string().into(), Instant::now() + AGAIN),
    };
    if std::fs::symlink_metadata(&file.path).map_or(true, |now| Version::of(&now) != file.version) {
        return Reading::Changed;
    }
    let written = text::decode(&content);
    if written.trim().is_empty() {
        // As good as empty: what a program writes first is a byte order mark.
        return Reading::NotBefore(Instant::now() + AGAIN);
    }
    let asked = trigger_file::parse(&written)
        .and_then(|media_event| Ok((request(&media_event).map_err(|error| error.to_string())?, media_event)));
    match asked {
        Ok((_, media_event))
            if !trigger_file::seems_whole(&written, &media_event) && file.since.elapsed() < PATIENCE =>
        {
            Reading::NotBefore(file.since + PATIENCE)
        }
        Ok((request, media_event)) => {
            let taken = Taken { version: file.version, content: digest(&content) };
            Reading::Asks(Box::new(FileRequest { media_event, request, taken }))
        }
        Err(reason) => Reading::Refused(reason),
    }
}

/// What a job's file is when it is compared with the job.
#[derive(Debug, PartialEq, Eq)]
pub enum Standing {
    /// It asks for what the job does.
    Same(Taken),
    /// It is not there, or has no content.
    Missing,
    /// It asks for something else, and is to be read.
    Differs,
}

/// Compares a job's file with the names and values that the job has.
pub fn compare(path: &Path, pairs: &[(String, String)]) -> Standing {
    let Ok(metadata) = std::fs::symlink_metadata(path) else { return Standing::Missing };
    if metadata.len() == 0 {
        return Standing::Missing;
    }
    let Ok(content) = bounded::read(path, MAX_FILE_SIZE) else { return Standing::Differs };
    let written = text::decode(&content);
    let is_same = written == trigger_file::write(pairs)
        || trigger_file::parse(&written).is_ok_and(|media_event| media_event.pairs == pairs);
    let taken = Taken { version: Version::of(&metadata), content: digest(&content) };
    if is_same { Standing::Same(taken) } else { Standing::Differs }
}

fn digest(content: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &Path, still: Duration) -> Found {
        let metadata = std::fs::metadata(path).unwrap();
        Found {
            name: "a.posterizarr".to_owned(),
            path: path.to_owned(),
            modified: metadata.modified().unwrap(),
            version: Version::of(&metadata),
            since: Instant::now().checked_sub(still).unwrap(),
        }
    }

    #[test]
    fn each_kind_of_file_gets_its_verdict() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.posterizarr");
        let whole = "[arr_movie_title]: Heat\r\n[arr_movie_tmdb]: 949\r\n";
        let wide: Vec<u8> = [0xff, 0xfe].into_iter().chain(whole.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        for good in [whole.as_bytes(), format!("\u{feff}{whole}").as_bytes(), &wide] {
            std::fs::write(&path, good).unwrap();
            let Reading::Asks(asked) = read(&found(&path, Duration::ZERO)) else { panic!("{good:?}") };
            assert_eq!(asked.request.arguments()[..3], ["-ArrTrigger", "-arr_platform", "Radarr"]);
            assert!(!asked.taken.is_outdated(&path));
        }
        std::fs::write(&path, "\u{feff}\r\n").unwrap();
        assert!(matches!(read(&found(&path, Duration::ZERO)), Reading::NotBefore(_)));
        let half = "[arr_movie_title]: Heat\n";
        std::fs::write(&path, half).unwrap();
        assert!(matches!(read(&found(&path, Duration::ZERO)), Reading::NotBefore(_)), "its identifier may come yet");
        assert!(matches!(read(&found(&path, PATIENCE)), Reading::Asks(_)));
        let before = found(&path, PATIENCE);
        std::fs::write(&path, "[arr_movie_title]: Heat, the longer cut\n").unwrap();
        assert!(matches!(read(&before), Reading::Changed));
        std::fs::write(&path, "nonsense").unwrap();
        assert!(matches!(read(&found(&path, Duration::ZERO)), Reading::Refused(_)));
        std::fs::File::options().write(true).open(&path).unwrap().set_len(6 << 30).unwrap();
        assert!(matches!(read(&found(&path, Duration::ZERO)), Reading::Refused(_)));
    }

    #[test]
    fn a_file_is_outdated_by_another_content_and_not_by_another_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.posterizarr");
        let pairs =
            [("RatingKey", "1"), ("mediatype", "movie")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        std::fs::write(&path, "[RatingKey]: 1\r\n[mediatype]: movie\r\n").unwrap();
        let Standing::Same(taken) = compare(&path, &pairs) else { panic!("it is the same") };
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
        assert!(!taken.is_outdated(&path));
        std::fs::write(&path, "[RatingKey]: 2\n[mediatype]: movie\n").unwrap();
        assert!(taken.is_outdated(&path));
        assert_eq!(compare(&path, &pairs), Standing::Differs);
        std::fs::write(&path, "").unwrap();
        assert_eq!(compare(&path, &pairs), Standing::Missing);
        std::fs::remove_file(&path).unwrap();
        assert!(!taken.is_outdated(&path), "what is gone needs no second look");
    }
}
