//! The event file of a run of the engine: one JSON object a line, in the order things happened.
//!
//! The engine writes `events.jsonl` into the folder of its run; the daemon follows it while the run lives and reads it
//! afterwards. A line is written whole; the last one of a killed run may be cut, and is left out by the reader. Lines of
//! kinds that a reader does not know are left out, too.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Write};
use std::path::Path;
use std::sync::Mutex;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::bounded;
use crate::said::Clause;

/// The environment variable that holds the path of the event file.
pub const EVENTS_VARIABLE: &str = "POSTERIZARRD_RUN_EVENTS";
/// The environment variable that holds the folder in which a run that works beside another one leaves its logs and results.
pub const LOGS_VARIABLE: &str = "POSTERIZARRD_RUN_LOGS";
/// The file's name in the folder of a run.
pub const EVENTS_FILE: &str = "events.jsonl";
/// The longest line that is read.
const MAX_LINE_LENGTH: u64 = 64 * 1024;

/// Something that happened in a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "nearly all events are about an asset")]
pub enum RunEvent {
    /// Discovery is over.
    Planned {
        /// How many assets are looked at.
        total: u64,
        /// Whether this is a rehearsal that changes nothing.
        dry_run: bool,
    },
    /// An asset is being made.
    Started {
        /// Its path below the asset folder, without extension.
        path: String,
        /// The title of the item that it belongs to.
        title: String,
    },
    /// An asset had its turn.
    Asset(AssetEvent),
    /// Something that somebody should look at and that belongs to no asset.
    Warning {
        /// What.
        text: String,
    },
    /// All assets had their turn.
    Finished {
        /// How many were made (in a rehearsal: would be made).
        created: u64,
        /// How many errors there were.
        errors: u64,
    },
}

/// Assets that had their turn, by what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Results {
    /// Made.
    pub created: u64,
    /// There already, or left out by their rules.
    pub skipped: u64,
    /// Nobody has a picture.
    pub missing: u64,
    /// They could not be made.
    pub failed: u64,
}

/// What became of an asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssetResult {
    /// It was made (in a rehearsal: would be made).
    Created,
    /// It is there already, or its rules leave it out.
    Skipped,
    /// Nobody has a picture.
    Missing,
    /// It could not be made.
    Failed,
}

/// An asset after its turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AssetEvent {
    /// Its path below the asset folder, without extension, with `/` between folders: `Movies/Heat (1995)/poster`.
    pub path: String,
    /// The title of the item that it belongs to.
    pub title: String,
    /// The library's name.
    pub library: String,
    /// `poster`, `season`, `background`, `title_card` or `collection`.
    pub kind: String,
    pub result: AssetResult,
    /// Why: the rule by which the picture was chosen, or the reason why there is none.
    pub why: String,
    /// The same sentence by sentence, for those who say it in another language; empty in events of versions that did not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<Clause>,
    /// Where the picture is from; `None` where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<AssetSource>,
    /// Whether the media server got it.
    #[serde(default)]
    pub uploaded: bool,
    /// Providers that did not answer when the picture was chosen; it is chosen again when they do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub provisional: Vec<String>,
}

/// Where the picture of an asset is from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssetSource {
    /// `TMDB`, `TVDB`, `FANART`, `PLEX`, `manual`.
    pub provider: String,
    /// The picture's address, or the path of a manual picture.
    pub address: String,
    /// Its language as two letters; `None` where it has none or it is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Whether it is without text.
    pub textless: bool,
}

/// Writes the event file; to nowhere where nobody asked for one.
#[derive(Debug, Default)]
pub struct EventWriter(Option<Mutex<File>>);

impl EventWriter {
    /// The file that the environment names.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn of_environment() -> io::Result<Self> {
        match std::env::var_os(EVENTS_VARIABLE) {
            Some(path) => Self::append(Path::new(&path)),
            None => Ok(Self::default()),
        }
    }

    /// A file to whose end events are written.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn append(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self(Some(Mutex::new(file))))
    }

    /// Writes an event. A disk that is full must not end a run: what cannot be written is left out.
    pub fn write(&self, event: &RunEvent) {
        let Some(file) = &self.0 else { return };
        let Ok(mut line) = serde_json::to_vec(event) else { return };
        line.push(b'\n');
        if let Ok(mut file) = file.lock() {
            let _ = file.write_all(&line);
        }
    }
}

/// The event of a line, where it is one that is known.
pub fn parsed(line: &str) -> Option<RunEvent> {
    serde_json::from_str(line).ok()
}

/// The events of a file, in order, each read when it is asked for, up to a line that is no text or too long.
///
/// # Errors
/// It cannot be opened, or is no regular file.
pub fn read(path: &Path) -> io::Result<impl Iterator<Item = RunEvent>> {
    let (file, _) = bounded::open(path)?;
    let lines = bounded::lines(BufReader::new(file), MAX_LINE_LENGTH);
    Ok(lines.map_while(Result::ok).filter_map(|line| parsed(&line)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asset() -> RunEvent {
        RunEvent::Asset(AssetEvent {
            path: "Movies/Heat (1995)/poster".to_owned(),
            title: "Heat".to_owned(),
            library: "Movies".to_owned(),
            kind: "poster".to_owned(),
            result: AssetResult::Created,
            why: "textless, the first of TMDB".to_owned(),
            because: vec![Clause {
                code: "textless".to_owned(),
                params: [("provider".to_owned(), "TMDB".to_owned())].into(),
            }],
            source: Some(AssetSource {
                provider: "TMDB".to_owned(),
                address: "https://image.tmdb.org/t/p/original/heat.jpg".to_owned(),
                language: None,
                textless: true,
            }),
            uploaded: true,
            provisional: Vec::new(),
        })
    }

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(EVENTS_FILE);
        let events = [
            RunEvent::Planned { total: 1, dry_run: false },
            RunEvent::Started { path: "Movies/Heat (1995)/poster".to_owned(), title: "Heat".to_owned() },
            asset(),
            RunEvent::Warning { text: "a line\nof two".to_owned() },
            RunEvent::Finished { created: 1, errors: 0 },
        ];
        let writer = EventWriter::append(&path).unwrap();
        events.iter().for_each(|event| writer.write(event));
        assert_eq!(read(&path).unwrap().collect::<Vec<_>>(), events);
    }

    #[test]
    fn strange_and_cut_lines_are_left_out_and_an_endless_one_is_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(EVENTS_FILE);
        let whole = serde_json::to_string(&asset()).unwrap();
        let endless = "x".repeat(usize::try_from(MAX_LINE_LENGTH).unwrap() * 3);
        let known = |content: String| {
            std::fs::write(&path, content).unwrap();
            read(&path).unwrap().collect::<Vec<_>>()
        };
        assert_eq!(known(format!("{{\"type\":\"new\"}}\n{whole}\nnonsense\n{}", &whole[..20])), [asset()]);
        assert_eq!(known(format!("{whole}\n{endless}\n{whole}\n")), [asset()]);
    }

    #[test]
    fn who_asks_for_no_file_gets_none() {
        EventWriter::default().write(&asset());
    }
}
