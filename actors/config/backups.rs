//! Earlier contents of `config.json`: kept before each write, newest ones only.
//!
//! A backup is the file byte for byte, readable by its owner only, in the data folder. Its id is its time in UTC.

use std::io;
use std::path::PathBuf;

use chrono::{DateTime, NaiveDateTime, Utc};
use posterizarr_base::bounded;

use super::document;
use crate::files;

/// Older ones than this many are removed.
pub const KEPT: usize = 30;
/// The form of an id; ids sort by time.
const ID: &str = "%Y%m%dT%H%M%S%.3fZ";

/// Where backups are.
#[derive(Debug, Clone)]
pub struct BackupFolder {
    folder: PathBuf,
}

/// One backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// Names it in the API.
    pub id: String,
    /// When the content was replaced.
    pub replaced: DateTime<Utc>,
    /// Its size in bytes.
    pub size: u64,
}

impl BackupFolder {
    /// In this folder, which need not be there yet.
    pub fn in_folder(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// All backups, newest first.
    pub fn list(&self) -> io::Result<Vec<Backup>> {
        let entries = match std::fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut backups = Vec::new();
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            let Some((id, replaced)) = name.to_str().and_then(time_of) else { continue };
            let Ok(metadata) = entry.metadata() else { continue };
            // An empty one is what a crash leaves of a backup that was begun.
            if metadata.len() > 0 {
                backups.push(Backup { id, replaced, size: metadata.len() });
            }
        }
        backups.sort_by(|left, right| right.id.cmp(&left.id));
        Ok(backups)
    }

    /// The content of a backup; `None` if there is none with this id.
    pub fn read(&self, id: &str) -> io::Result<Option<Vec<u8>>> {
        // The id is one of the list, so it names no other file.
        if !self.list()?.iter().any(|backup| backup.id == id) {
            return Ok(None);
        }
        bounded::read(&self.path(id), document::MAX_SIZE).map(Some)
    }

    /// Keeps a content that is about to be replaced, and gives its id. One that was kept last is not kept twice.
    pub fn keep(&self, content: &[u8], now: DateTime<Utc>) -> io::Result<String> {
        std::fs::create_dir_all(&self.folder)?;
        let kept = self.list()?;
        let newest = kept.first();
        if let Some(newest) = newest
            && bounded::read(&self.path(&newest.id), document::MAX_SIZE).is_ok_and(|kept| kept == content)
        {
            return Ok(newest.id.clone());
        }
        // Before the new one is there, so that a crash in between leaves no more than so many.
        for old in kept.iter().skip(KEPT - 1) {
            std::fs::remove_file(self.path(&old.id))?;
        }
        let id = free_id(now, newest);
        files::write_private(&self.path(&id), content)?;
        Ok(id)
    }

    fn path(&self, id: &str) -> PathBuf {
        self.folder.join(format!("{id}.json"))
    }
}

/// An id after the newest one, also where the clock was set back or stands.
fn free_id(now: DateTime<Utc>, newest: Option<&Backup>) -> String {
    let after = newest.map(|newest| newest.replaced + chrono::TimeDelta::milliseconds(1));
    after.map_or(now, |after| after.max(now)).format(ID).to_string()
}

fn time_of(file_name: &str) -> Option<(String, DateTime<Utc>)> {
    let id = file_name.strip_suffix(".json")?;
    let time = NaiveDateTime::parse_from_str(id, ID).ok()?.and_utc();
    (time.format(ID).to_string() == id).then(|| (id.to_owned(), time))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn backups() -> (tempfile::TempDir, BackupFolder) {
        let folder = tempfile::tempdir().unwrap();
        let backups = BackupFolder::in_folder(folder.path().join("config-backups"));
        (folder, backups)
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn contents_are_kept_newest_first_and_only_so_many() {
        let (_folder, backups) = backups();
        assert_eq!(backups.list().unwrap(), []);
        let now = at("2026-11-25T12:00:00.5Z");
        for number in 0..KEPT + 5 {
            backups.keep(number.to_string().as_bytes(), now).unwrap();
        }
        let list = backups.list().unwrap();
        assert_eq!(list.len(), KEPT);
        assert_eq!(list[KEPT - 1].id, "20261125T120000.505Z", "the first five are gone");
        assert_eq!(backups.read(&list[0].id).unwrap().unwrap(), (KEPT + 4).to_string().as_bytes());
        let earlier = backups.keep(b"clock set back", at("2020-01-01T00:00:00Z")).unwrap();
        assert_eq!(backups.list().unwrap()[0].id, earlier, "the order is the order of keeping");
    }

    #[test]
    fn the_same_content_is_kept_once_and_for_its_owner_only() {
        let (_folder, backups) = backups();
        let first = backups.keep(b"\xff same", at("2026-11-25T12:00:00Z")).unwrap();
        assert_eq!(backups.keep(b"\xff same", at("2026-11-25T12:00:01Z")).unwrap(), first);
        let mode = std::fs::metadata(backups.path(&first)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn only_backups_can_be_read() {
        let (folder, backups) = backups();
        let id = backups.keep(b"x", at("2026-11-25T12:00:00Z")).unwrap();
        std::fs::write(folder.path().join("secret.json"), "s").unwrap();
        std::fs::write(backups.path("own"), "mine").unwrap();
        for wrong in ["own", "../secret", "", "20261125T120000.000", &format!("./{id}")] {
            assert_eq!(backups.read(wrong).unwrap(), None, "{wrong}");
        }
        assert_eq!(backups.list().unwrap().len(), 1);
    }
}
