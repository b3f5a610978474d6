//! The index on disk, so that a daemon that starts can answer at once.
//!
//! It only saves time: a missing, older or damaged one costs a scan. Layout, little-endian: [`MAGIC`], the version, the
//! root's path, device and inode, the time of the last scan, the tree in depth-first order, and a CRC-32 of all before.
//! Written to a temporary file and renamed, so a crash leaves the old one or the new one.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use posterizarr_base::bounded;

use super::index::{Files, FilesBuilder, Folder, Index};
use super::scan::Identity;
use crate::files;

const MAGIC: &[u8] = b"pzr-index";
/// Another version is ignored: everything in it can be read from disk again.
const VERSION: u32 = 1;
/// The largest snapshot that is read, in bytes: of 1.5 million images. Without one, everything is looked for anew.
const MAX_SIZE: u64 = 64 * 1024 * 1024;
/// More than a scan goes down.
const DEEPEST: usize = 128;

/// What a snapshot holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    pub folder: PathBuf,
    /// Its device and inode.
    pub identity: Identity,
    /// When it was scanned last.
    pub scanned: DateTime<Utc>,
    /// What was there.
    pub index: Arc<Index>,
}

/// Why a snapshot is of no use.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// There is none, or it cannot be read.
    #[error(transparent)]
    Disk(#[from] io::Error),
    /// Another version of the daemon wrote it.
    #[error("it is of another version")]
    Version,
    /// It is cut off, or its content is not what was written.
    #[error("it is damaged")]
    Damaged,
}

impl Snapshot {
    /// Writes it, whole or not at all.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        files::write_atomic(path, &self.encode())
    }

    /// Reads one.
    pub fn load(path: &Path) -> Result<Self, SnapshotError> {
        Self::decode(&bounded::read(path, MAX_SIZE)?)
    }

    fn encode(&self) -> Vec<u8> {
        use std::os::unix::ffi::OsStrExt;
        let totals = self.index.totals();
        let mut out = Writer(Vec::with_capacity(usize::try_from(totals.files() * 40).unwrap_or_default() + 4096));
        out.0.extend_from_slice(MAGIC);
        out.fixed(&VERSION.to_le_bytes());
        out.text(self.folder.as_os_str().as_bytes());
        out.number(self.identity.0);
        out.number(self.identity.1);
        out.fixed(&self.scanned.timestamp_millis().to_le_bytes());
        out.folder(self.index.root());
        let checksum = crc32fast::hash(&out.0);
        out.fixed(&checksum.to_le_bytes());
        out.0
    }

    fn decode(content: &[u8]) -> Result<Self, SnapshotError> {
        use std::os::unix::ffi::OsStrExt;
        let rest = content.strip_prefix(MAGIC).ok_or(SnapshotError::Damaged)?;
        let (version, _) = rest.split_first_chunk().ok_or(SnapshotError::Damaged)?;
        if u32::from_le_bytes(*version) != VERSION {
            return Err(SnapshotError::Version);
        }
        let (body, checksum) = content.split_last_chunk().ok_or(SnapshotError::Damaged)?;
        if crc32fast::hash(body) != u32::from_le_bytes(*checksum) {
            return Err(SnapshotError::Damaged);
        }
        let mut input = Reader(body.get(MAGIC.len() + version.len()..).unwrap_or_default());
        input.snapshot().filter(|_| input.0.is_empty()).ok_or(SnapshotError::Damaged).map(
            |(folder, identity, scanned, root)| Self {
                folder: std::ffi::OsStr::from_bytes(folder).into(),
                identity,
                scanned,
                index: Arc::new(Index::new(Arc::new(root))),
            },
        )
    }
}

struct Writer(Vec<u8>);

impl Writer {
    fn fixed(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// Seven bits a byte, the lowest first.
    fn number(&mut self, mut number: u64) {
        while number > 0x7f {
            self.0.push(u8::try_from(number & 0x7f).unwrap_or_default() | 0x80);
            number >>= 7;
        }
        self.0.push(u8::try_from(number).unwrap_or_default());
    }

    fn text(&mut self, text: &[u8]) {
        self.number(text.len() as u64);
        self.fixed(text);
    }

    fn folder(&mut self, folder: &Folder) {
        self.text(folder.name().as_bytes());
        self.0.push(u8::from(folder.is_link()));
        self.number(u64::from(folder.entries()));
        self.number(folder.files().len() as u64);
        for file in folder.files().iter() {
            self.text(file.name.as_bytes());
            self.number(file.size);
            self.fixed(&file.created.to_le_bytes());
            self.fixed(&file.modified.to_le_bytes());
        }
        self.number(folder.folders().len() as u64);
        folder.folders().iter().for_each(|folder| self.folder(folder));
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn snapshot(&mut self) -> Option<(&'a [u8], Identity, DateTime<Utc>, Folder)> {
        let folder = self.bytes()?;
        let identity = (self.number()?, self.number()?);
        let scanned = DateTime::from_timestamp_millis(self.time()?)?;
        Some((folder, identity, scanned, self.folder(0)?))
    }

    fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*byte)
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn time(&mut self) -> Option<i64> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(i64::from_le_bytes(*bytes))
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes()?).ok()
    }

    fn folder(&mut self, depth: usize) -> Option<Folder> {
        let (name, link, entries) = (self.text()?, self.byte()? != 0, u32::try_from(self.number()?).ok()?);
        let files = self.files()?;
        let count = self.number()?;
        if depth > DEEPEST {
            return None;
        }
        let folders = (0..count).map(|_| self.folder(depth + 1).map(Arc::new)).collect::<Option<Vec<_>>>()?;
        Some(if link { Folder::link(name, entries) } else { Folder::new(name, files, folders, entries) })
    }

    fn files(&mut self) -> Option<Files> {
        let mut files = FilesBuilder::default();
        for _ in 0..self.number()? {
            let (name, size) = (self.text()?, self.number()?);
            files.push(name, size, self.time()?, self.time()?);
        }
        Some(files.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot() -> Snapshot {
        let mut files = FilesBuilder::default();
        files.push("poster.jpg", 1_234_567, 1_700_000_000_123_456_789, -5);
        files.push("Ödd.webp", 0, i64::MAX, i64::MIN);
        let deep = Folder::new("b", files.finish(), Vec::new(), 3);
        let root = Folder::new("", Files::default(), vec![Arc::new(deep), Arc::new(Folder::link("link", 7))], 200);
        Snapshot {
            folder: "/some/where".into(),
            identity: (u64::MAX, 128),
            scanned: DateTime::from_timestamp_millis(1_700_000_000_001).unwrap(),
            index: Arc::new(Index::new(Arc::new(root))),
        }
    }

    #[test]
    fn what_was_saved_is_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cache/assets.index");
        snapshot().save(&path).unwrap();
        assert_eq!(Snapshot::load(&path).unwrap(), snapshot());
    }

    #[test]
    fn every_cut_and_every_changed_byte_is_noticed() {
        let whole = snapshot().encode();
        for end in 0..whole.len() {
            assert!(Snapshot::decode(&whole[..end]).is_err(), "cut at {end}");
            let mut changed = whole.clone();
            changed[end] ^= 0x10;
            assert!(Snapshot::decode(&changed).is_err(), "changed at {end}");
        }
    }

    #[test]
    fn another_version_is_told_apart_from_damage() {
        let mut other = snapshot().encode();
        other[MAGIC.len()] = 99;
        assert!(matches!(Snapshot::decode(&other), Err(SnapshotError::Version)));
    }
}
