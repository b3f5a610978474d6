//! How far a run of the engine is, read from its event file.
//!
//! The file is followed from its start, so that a daemon that adopts a run knows all of it. An engine that writes none (an
//! older one, started by the daemon before this one) leaves its log to tell.

use std::path::Path;
use std::time::Instant;

use posterizarr_base::run_events::{self, AssetResult, EVENTS_FILE, RunEvent};

use super::tail::{Found, Tail, Turn};
use super::view::Results;

/// What the events of a run tell so far.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EventSummary {
    /// Assets that had their turn, by what became of them.
    pub results: Results,
    /// How many assets are looked at.
    pub total: Option<u64>,
    /// The title in work.
    pub current: Option<String>,
    /// Warnings that belong to no asset.
    pub warnings: u64,
    /// Whether anything was told at all.
    pub any: bool,
}

impl EventSummary {
    /// Takes an event.
    pub fn event(&mut self, event: RunEvent) {
        self.any = true;
        match event {
            RunEvent::Planned { total, .. } => self.total = Some(total),
            RunEvent::Started { title, .. } => self.current = Some(title),
            RunEvent::Asset(asset) => {
                *match asset.result {
                    AssetResult::Created => &mut self.results.created,
                    AssetResult::Skipped => &mut self.results.skipped,
                    AssetResult::Missing => &mut self.results.missing,
                    AssetResult::Failed => &mut self.results.failed,
                } += 1;
                self.current = Some(asset.title);
            }
            RunEvent::Warning { .. } => self.warnings += 1,
            RunEvent::Finished { .. } => self.current = None,
        }
    }

    /// How many assets had their turn.
    pub fn done(&self) -> u64 {
        let Results { created, skipped, missing, failed } = self.results;
        created + skipped + missing + failed
    }
}

/// Follows the event file of one run.
#[derive(Debug)]
pub struct EventTail {
    tail: Tail,
    /// What was told up to now.
    pub told: EventSummary,
}

impl EventTail {
    /// Of the run in this folder.
    pub fn new(folder: &Path) -> Self {
        Self { tail: Tail::new(vec![folder.to_owned()], EVENTS_FILE), told: EventSummary::default() }
    }

    /// Reads what is new, at most one `buffer`.
    pub fn turn(&mut self, now: Instant, buffer: &mut [u8]) -> Turn {
        let told = &mut self.told;
        self.tail.turn(now, buffer, &mut |found| match found {
            Found::Line { whole, .. } => run_events::parsed(whole).into_iter().for_each(|event| told.event(event)),
            // The rest of a line that is being written comes with the whole line.
            Found::Part(_) => {}
            Found::Restart => *told = EventSummary::default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use posterizarr_base::run_events::{AssetEvent, EventWriter};

    use super::*;

    fn asset(result: AssetResult) -> RunEvent {
        RunEvent::Asset(AssetEvent {
            path: "Movies/Heat (1995)/poster".to_owned(),
            title: "Heat".to_owned(),
            library: "Movies".to_owned(),
            kind: "poster".to_owned(),
            result,
            why: "why".to_owned(),
            because: Vec::new(),
            source: None,
            uploaded: false,
            provisional: Vec::new(),
        })
    }

    #[test]
    fn events_are_counted_as_they_come_and_a_cut_line_waits_for_its_rest() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(EVENTS_FILE);
        let mut followed = EventTail::new(folder.path());
        let mut buffer = [0; 64 * 1024];
        let mut read = |followed: &mut EventTail| while followed.turn(Instant::now(), &mut buffer).more {};
        read(&mut followed);
        assert!(!followed.told.any);
        let writer = EventWriter::append(&path).unwrap();
        writer.write(&RunEvent::Planned { total: 5, dry_run: false });
        let results = [AssetResult::Created, AssetResult::Created, AssetResult::Skipped, AssetResult::Missing];
        results.into_iter().for_each(|result| writer.write(&asset(result)));
        read(&mut followed);
        assert_eq!(followed.told.results, Results { created: 2, skipped: 1, missing: 1, failed: 0 });
        assert_eq!((followed.told.done(), followed.told.total), (4, Some(5)));
        assert_eq!(followed.told.current.as_deref(), Some("Heat"));

        let line = serde_json::to_string(&asset(AssetResult::Failed)).unwrap();
        let (first, rest) = line.split_at(30);
        let append = |text: &str| {
            let mut file = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
            std::io::Write::write_all(&mut file, text.as_bytes()).unwrap();
        };
        append(first);
        read(&mut followed);
        assert_eq!(followed.told.done(), 4);
        append(&format!("{rest}\n"));
        writer.write(&RunEvent::Finished { created: 2, errors: 1 });
        read(&mut followed);
        assert_eq!((followed.told.done(), &followed.told.current), (5, &None));

        // A daemon that comes later reads all of it.
        let mut adopted = EventTail::new(folder.path());
        read(&mut adopted);
        assert_eq!(adopted.told, followed.told);
    }
}
