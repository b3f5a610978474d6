//! Facts: what happened, told to everybody who listens.
//!
//! One bounded broadcast channel. A receiver that lags re-reads state; the last [`REMEMBERED`] facts are kept so that a
//! client of the event stream resumes after a short break.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use serde::Serialize;
use tokio::sync::broadcast;

use crate::runs::{Outcome, RunId};

/// Facts kept for clients that resume.
pub const REMEMBERED: usize = 512;

/// Something that happened.
#[derive(Debug, Clone, Serialize, PartialEq)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Fact {
    /// A run holds the slot.
    RunStarted {
        /// The run.
        run: RunId,
        /// Its mode, as in `current_mode` of the status.
        mode: String,
        /// What asked for it.
        trigger: String,
    },
    /// A run released the slot.
    RunFinished {
        /// The run.
        run: RunId,
        /// Its mode.
        mode: String,
        /// How it ended.
        outcome: Outcome,
        /// How long it took, in seconds.
        seconds: f64,
    },
    /// A run that was due could not be started.
    RunNotStarted {
        /// Its mode.
        mode: String,
        /// What asked for it.
        trigger: String,
        /// Why.
        reason: String,
        /// The run, if it got as far as having a number; then it is told as finished too.
        run: Option<RunId>,
    },
    /// The run of a job ended.
    JobEnded {
        /// The job.
        job: String,
        /// The run.
        run: RunId,
        /// How it ended.
        outcome: Outcome,
    },
    /// The running script got further.
    Progress {
        /// Items done since the run started.
        done: u64,
        /// Of how many, where the log tells.
        total: Option<u64>,
        /// The title it works on, where the log tells.
        current: Option<String>,
    },
    /// Lines were added to the active log.
    LogLine {
        /// The file's name.
        file: String,
        /// The line, without its end.
        line: String,
        /// Lines that were left out before this one, because they came too fast.
        skipped: u64,
    },
    /// config.json changed, by the API or by hand.
    ConfigChanged {
        /// Counts up with each change.
        generation: u64,
    },
    /// Pictures were added, changed or removed on disk.
    AssetsChanged {
        /// Which folder they are in.
        root: crate::asset_indexer::Root,
        /// Pictures that were not there before.
        added: u64,
        /// Pictures of another size or time.
        changed: u64,
        /// Pictures that are gone.
        removed: u64,
        /// The index's generation that shows it.
        generation: u64,
    },
    /// The queue of waiting jobs changed.
    QueueChanged {
        /// Jobs that wait.
        waiting: usize,
    },
    /// The timetable queued a run.
    ScheduleFired {
        /// The schedule's time.
        schedule: String,
        /// The instant it was meant for, with offset.
        due: String,
        /// Whether it was made up for.
        late: bool,
    },
    /// The timetable queued no run at an instant it was meant to.
    ScheduleMissed {
        /// The schedule's time.
        schedule: String,
        /// The instant it was meant for, with offset.
        due: String,
        /// Why.
        reason: String,
    },
    /// A webhook or trigger file was handled.
    WebhookAccepted {
        /// Its number among the kept ones.
        id: u64,
        /// Who sent it.
        source: String,
        /// The event, as the sender names it.
        event: String,
        /// What was made of it.
        verdict: crate::webhook_ingest::journal::Kind,
    },
    /// A run came into the history.
    RunRecorded {
        /// The number of its row.
        row: u64,
        /// Its mode.
        mode: Option<String>,
        /// The daemon's own record of it, where there is one.
        run: Option<RunId>,
    },
    /// An export of a media server was taken in.
    ExportImported {
        /// `plex` or `other`.
        server: &'static str,
        /// Movies and shows.
        library: usize,
        /// Seasons.
        episodes: usize,
    },
    /// A newer release of the script is out; told once per release.
    NewVersion {
        /// Its number.
        version: String,
    },
    /// An actor crashed and was restarted.
    ActorRestarted {
        /// Its name.
        actor: &'static str,
    },
}

/// A [`Fact`] with its place in the stream.
#[derive(Debug, Clone, Serialize)]
pub struct Event {
    /// Strictly increasing, also across restarts of the daemon (it starts at the wall clock's microseconds).
    pub id: u64,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// What happened.
    #[serde(flatten)]
    pub fact: Fact,
}

/// The broadcast channel of facts.
#[derive(Debug, Clone)]
pub struct Facts {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    sender: broadcast::Sender<Arc<Event>>,
    recent: Mutex<Recent>,
}

#[derive(Debug)]
struct Recent {
    next: u64,
    events: VecDeque<Arc<Event>>,
}

/// What a listener gets: the remembered facts it missed, then a receiver for those to come.
#[derive(Debug)]
pub struct Listening {
    /// Facts after the id the listener named, oldest first.
    pub missed: Vec<Arc<Event>>,
    /// Whether older facts were forgotten in between: the listener must re-read state.
    pub gap: bool,
    /// Facts from now on.
    pub live: broadcast::Receiver<Arc<Event>>,
}

impl Default for Facts {
    fn default() -> Self {
        Self::new()
    }
}

impl Facts {
    /// An empty channel.
    pub fn new() -> Self {
        let next = u64::try_from(Utc::now().timestamp_micros()).unwrap_or(1);
        let recent = Mutex::new(Recent { next, events: VecDeque::with_capacity(REMEMBERED) });
        Self { shared: Arc::new(Shared { sender: broadcast::Sender::new(REMEMBERED), recent }) }
    }

    /// Tells a fact to all who listen.
    pub fn publish(&self, fact: Fact) {
        let mut recent = self.recent();
        let event = Arc::new(Event { id: recent.next, at: Utc::now(), fact });
        recent.next += 1;
        if recent.events.len() == REMEMBERED {
            recent.events.pop_front();
        }
        recent.events.push_back(event.clone());
        // Sent under the lock, so that ids arrive in order. No receiver is not an error.
        let _ = self.shared.sender.send(event);
    }

    /// Listens from now on; with `after`, the facts since that id come first.
    pub fn listen(&self, after: Option<u64>) -> Listening {
        let recent = self.recent();
        let live = self.shared.sender.subscribe();
        let Some(after) = after else {
            return Listening { missed: Vec::new(), gap: false, live };
        };
        let missed: Vec<_> = recent.events.iter().filter(|event| event.id > after).cloned().collect();
        let oldest = recent.events.front().map_or(recent.next, |event| event.id);
        Listening { missed, gap: after.saturating_add(1) < oldest, live }
    }

    fn recent(&self) -> std::sync::MutexGuard<'_, Recent> {
        self.shared.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(generation: u64) -> Fact {
        Fact::ConfigChanged { generation }
    }

    #[test]
    fn a_listener_resumes_after_the_id_it_saw_last() {
        let facts = Facts::new();
        (0..3).for_each(|n| facts.publish(changed(n)));
        let all = facts.listen(Some(0));
        assert!(all.gap, "an id from long ago means something was missed");
        let resumed = facts.listen(Some(all.missed[1].id));
        assert!(!resumed.gap);
        assert_eq!(resumed.missed.len(), 1);
        assert_eq!(resumed.missed[0].fact, changed(2));
    }

    #[test]
    fn forgotten_facts_are_a_gap() {
        let facts = Facts::new();
        facts.publish(changed(0));
        let first = facts.listen(Some(0)).missed[0].id;
        (0..REMEMBERED as u64 + 1).for_each(|n| facts.publish(changed(n)));
        let resumed = facts.listen(Some(first));
        assert!(resumed.gap);
        assert_eq!(resumed.missed.len(), REMEMBERED);
    }
}
