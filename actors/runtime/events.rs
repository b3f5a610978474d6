//! Facts: what happened, told to everybody who listens.
//!
//! One bounded broadcast channel. The last [`REMEMBERED`] facts are kept so that a client of the event stream resumes after
//! a short break. Those that are more than a snapshot of what goes on ([`Fact::is_fleeting`]) are kept apart as well, so that
//! a run that logs a thousand lines does not push its own end out of what an actor that fell behind can still be told.
//! Actors listen by `follow`, which requires an answer to what is to be done when even those do not reach back.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;
use utoipa::ToSchema;

use posterizarr_base::artwork::Root;
use posterizarr_base::media_exports::ExportFamily;
use posterizarr_base::run::{Mode, Outcome, RunId, Trigger};
use posterizarr_base::run_events::Results;
use posterizarr_base::said::Clause;

/// Facts kept for clients that resume.
pub const REMEMBERED: usize = 512;

/// What was made of a webhook or a trigger file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Handling {
    /// The sender tried out its settings.
    Test,
    /// Nothing to do.
    Ignored,
    /// Jobs were queued, or joined.
    Queued,
    /// All of it was known already.
    Duplicate,
    /// It could not be used.
    Refused,
}

/// Something that happened.
#[derive(Debug, Clone, Serialize, PartialEq, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Fact {
    /// A run holds the slot.
    RunStarted {
        /// The run.
        run: RunId,
        /// Its mode, as in `current_mode` of the status.
        mode: Mode,
        /// What asked for it.
        trigger: Trigger,
    },
    /// A run released the slot.
    RunFinished {
        /// The run.
        run: RunId,
        /// Its mode.
        mode: Mode,
        /// How it ended.
        outcome: Outcome,
        /// How long it took, in seconds.
        seconds: f64,
    },
    /// A run that was due could not be started.
    RunNotStarted {
        /// Its mode.
        mode: Mode,
        /// What asked for it.
        trigger: Trigger,
        /// Why.
        reason: String,
        /// The same sentence by sentence.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        because: Vec<Clause>,
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
        /// What became of the assets, in fields of their own; only told of runs of the engine.
        #[serde(flatten)]
        results: Option<Results>,
    },
    /// The running engine printed a title that is not whole: no font has some of its characters.
    CharactersMissing {
        /// The title.
        title: String,
        /// The characters that stay blank.
        characters: String,
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
        root: Root,
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
    /// The queue is held: nothing that waits in it starts until it is released.
    QueueHeld {
        /// Since when.
        since: DateTime<Utc>,
        /// Who holds it; null where whoever asked has no name.
        by: Option<String>,
    },
    /// The queue is not held any more.
    QueueReleased,
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
        /// Names it: `busy`, `too_late` or `joined`.
        #[schema(value_type = String)]
        code: &'static str,
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
        verdict: Handling,
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
        #[schema(value_type = String)]
        server: ExportFamily,
        /// Movies and shows.
        library: usize,
        /// Seasons.
        episodes: usize,
    },
    /// A newer release of the script is out; told once per release.
    NewVersion {
        /// Such as `2.1.4`.
        version: String,
    },
    /// An actor crashed and was restarted.
    ActorRestarted {
        /// As in the health answer, such as `Trash`.
        #[schema(value_type = String)]
        actor: &'static str,
    },
}

/// A [`Fact`] with its place in the stream.
#[derive(Debug, Clone, Serialize, ToSchema)]
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
    shared: Arc<Channel>,
}

#[derive(Debug)]
struct Channel {
    sender: broadcast::Sender<Arc<Event>>,
    recent: Mutex<Recent>,
}

impl Fact {
    /// Whether the next one of its type replaces it: there are many of these while a run is on.
    pub fn is_fleeting(&self) -> bool {
        matches!(self, Self::LogLine { .. } | Self::Progress { .. })
    }
}

#[derive(Debug)]
struct Recent {
    next: u64,
    /// The last facts of all types.
    events: Memory,
    /// The last facts that are not fleeting.
    lasting: Memory,
    /// How far each actor has listened.
    positions: HashMap<&'static str, ListenPosition>,
}

/// The last facts, oldest first.
#[derive(Debug)]
struct Memory {
    events: VecDeque<Arc<Event>>,
    /// The id of the newest fact that was forgotten.
    forgotten: Option<u64>,
}

impl Memory {
    fn new() -> Self {
        Self { events: VecDeque::with_capacity(REMEMBERED), forgotten: None }
    }

    fn add(&mut self, event: Arc<Event>) {
        if self.events.len() == REMEMBERED {
            self.forgotten = self.events.pop_front().map(|event| event.id);
        }
        self.events.push_back(event);
    }

    /// The facts after this id.
    fn after(&self, id: u64) -> Vec<Arc<Event>> {
        self.events.iter().filter(|event| event.id > id).cloned().collect()
    }
}

/// How far an actor has listened, which outlives its crashes.
#[derive(Debug, Clone, Default)]
pub struct ListenPosition(Arc<Mutex<ListenProgress>>);

#[derive(Debug, Default)]
struct ListenProgress {
    heard: u64,
    handling: Option<u64>,
    crashed: Vec<u64>,
}

impl ListenPosition {
    fn at(heard: u64) -> Self {
        Self(Arc::new(Mutex::new(ListenProgress { heard, ..ListenProgress::default() })))
    }

    /// The id of the fact that the actor heard last, or that was the newest when it began.
    pub fn get(&self) -> u64 {
        self.lock().heard
    }

    /// Notes that the actor has heard this fact, and passes it over.
    pub fn set(&self, id: u64) {
        self.lock().heard = id;
    }

    /// Notes that the actor handles this fact. If it crashes meanwhile, that fact is not told to it again.
    pub fn begin(&self, id: u64) {
        let mut progress = self.lock();
        (progress.heard, progress.handling) = (id, Some(id));
    }

    /// Notes that the actor has handled a fact.
    pub fn done(&self) {
        self.lock().handling = None;
    }

    /// A new life begins: tells the facts at which earlier ones crashed.
    pub fn new_life(&self) -> Vec<u64> {
        let mut progress = self.lock();
        let crashed = progress.handling.take();
        progress.crashed.extend(crashed);
        progress.crashed.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, ListenProgress> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
        let (events, lasting) = (Memory::new(), Memory::new());
        let recent = Mutex::new(Recent { next, events, lasting, positions: HashMap::new() });
        Self { shared: Arc::new(Channel { sender: broadcast::Sender::new(REMEMBERED), recent }) }
    }

    /// Tells a fact to all who listen.
    pub fn publish(&self, fact: Fact) {
        let mut recent = self.recent();
        let event = Arc::new(Event { id: recent.next, at: Utc::now(), fact });
        recent.next += 1;
        recent.events.add(event.clone());
        if !event.fact.is_fleeting() {
            recent.lasting.add(event.clone());
        }
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
        let oldest = recent.events.events.front().map_or(recent.next, |event| event.id);
        Listening { missed: recent.events.after(after), gap: after.saturating_add(1) < oldest, live }
    }

    /// Listens from now on; the facts since that id come first, without the fleeting ones. There is a gap only if one of
    /// the others was forgotten.
    pub fn resume(&self, after: u64) -> Listening {
        let recent = self.recent();
        let live = self.shared.sender.subscribe();
        let gap = recent.lasting.forgotten.is_some_and(|forgotten| forgotten > after);
        Listening { missed: recent.lasting.after(after), gap, live }
    }

    /// How far the actor of this name has listened; for one that begins, up to now.
    pub fn position_of(&self, actor: &'static str) -> ListenPosition {
        let mut recent = self.recent();
        let newest = recent.next - 1;
        recent.positions.entry(actor).or_insert_with(|| ListenPosition::at(newest)).clone()
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
