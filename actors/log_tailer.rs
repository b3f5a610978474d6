//! LogTailer: owner of the followed logs, of their newest lines, and of those who want to see new ones.
//!
//! Theory of operation. Files are the truth; nothing is kept. The three main logs are followed always, any other file of
//! `Logs` and `UILogs` while somebody subscribes to it. A turn reads what is new in every followed file ([`tail`]), hands
//! it to the subscribers, and publishes a new [`LogView`] where it changed. Turns are caused by file events ([`FileEvents`])
//! and, because events get lost, by a timer. One turn reads at most [`TURN_READS`] buffers of a file, so that a busy file
//! starves neither the others nor the mailbox.
//!
//! Progress: the main logs are counted all the time ([`progress`]); which of them belongs to a run is told by the
//! ScriptSupervisor's view. It is shown while a run is on.

mod backward;
mod feed;
mod followed;
mod lines;
pub mod page;
pub mod parse;
mod progress;
mod subscribers;
mod tail;
#[cfg(test)]
mod tail_model;
#[cfg(test)]
mod tests;
mod view;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use actix::{AsyncContext, Message};
use chrono::{DateTime, Utc};
use tokio::task::JoinHandle;

use crate::commons::Commons;
use crate::file_events::FileEvents;
use crate::guard::{Answer, Ctx, Reply, Service, Timers};
use crate::runs::{Mode, RunId};
use crate::safe_path::{self, PathError};
use crate::script_supervisor::{Holder, RunView};
use feed::Feed;
use followed::{Counted, Followed};

pub use subscribers::{Batch, Lines};
pub use view::{LAST_LINES, LogView, MAIN_LOGS, MainLog, Progress, active_log};

/// What is read of a file at once, in bytes.
const BUFFER: usize = 64 * 1024;
/// How many buffers of one file are read in a turn.
const TURN_READS: usize = 16;
/// The pause between turns while events come one after the other.
const PAUSE: Duration = Duration::from_millis(5);
/// The pause between polls while a run is on or somebody subscribes.
const POLL_BUSY: Duration = Duration::from_millis(300);
/// The pause between polls otherwise.
const POLL_IDLE: Duration = Duration::from_secs(2);

/// Follows a file of `Logs` (or, where it is not there, of `UILogs`), whether it exists yet or not. Ends when the
/// subscription is dropped.
#[derive(Debug, Message)]
#[rtype(result = "Result<Subscription, PathError>")]
pub struct Subscribe {
    /// The file's name; a path is refused.
    pub file: String,
    /// How many of the lines that are there already are wanted.
    pub history: usize,
}

/// What a subscriber gets: the lines that were there, then those to come, without gap or duplicate.
#[derive(Debug)]
pub struct Subscription {
    /// The last lines, oldest first: trimmed, none blank.
    pub history: Vec<String>,
    /// Lines as they are written. A subscriber that does not keep up loses lines; they are counted.
    pub lines: Lines,
}

/// Something happened to a log folder.
#[derive(Message)]
#[rtype(result = "()")]
struct Wake;

/// Another run holds the slot, or none does.
#[derive(Message)]
#[rtype(result = "()")]
struct RunChanged(Option<Run>);

/// The earlier lines of a run's log were counted.
#[derive(Message)]
#[rtype(result = "()")]
struct EarlierCounted {
    file: &'static str,
    counted: Counted,
}

/// The run whose progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    id: Option<RunId>,
    mode: Mode,
    since: DateTime<Utc>,
}

impl Run {
    fn of(runs: &RunView) -> Option<Self> {
        runs.holder().map(|Holder { run: id, mode, started: since, .. }| Self { id, mode, since })
    }
}

/// The actor.
pub struct LogTailer {
    commons: Commons,
    files: BTreeMap<String, Followed>,
    shown: LogView,
    run: Option<Run>,
    feed: Feed,
    watch: Option<FileEvents>,
    listener: Option<JoinHandle<()>>,
    buffer: Vec<u8>,
    last_turn: Option<Instant>,
    /// When the next turn is due; later timers are void.
    armed: Option<Instant>,
}

impl LogTailer {
    /// Begins with the files as they are.
    pub fn new(commons: Commons) -> Self {
        let feed = Feed::new(commons.facts.clone());
        Self {
            commons,
            files: BTreeMap::new(),
            shown: LogView::default(),
            run: None,
            feed,
            watch: None,
            listener: None,
            buffer: vec![0; BUFFER],
            last_turn: None,
            armed: None,
        }
    }

    fn turn(&mut self, ctx: &mut Ctx<Self>) {
        let now = Instant::now();
        self.watch_folders();
        let mut due = now + self.poll_pause();
        let mut shown = LogView { main: self.shown.main.clone(), progress: None };
        let active = active_log(&self.shown, self.run.map(|run| run.mode));
        for (name, followed) in &mut self.files {
            for reads_left in (0..TURN_READS).rev() {
                let (turn, text) = followed.turn(now, &mut self.buffer);
                if name == active {
                    subscribers::lines(&text).for_each(|line| self.feed.line(now, name, line));
                }
                followed.subscribers.send(text);
                if turn.more && reads_left > 0 {
                    continue;
                }
                if let Some(log) = view::index(name).and_then(|index| shown.main.get_mut(index)) {
                    *log = followed.shown(&turn);
                }
                due = due.min(if turn.more { now } else { turn.settles.unwrap_or(due) });
                break;
            }
            followed.subscribers.sweep();
        }
        self.files.retain(|_, followed| followed.main.is_some() || !followed.subscribers.is_empty());
        shown.progress = self.progress();
        if let Some(at) = shown.progress.as_ref().and_then(|progress| self.feed.progress(now, progress)) {
            due = due.min(at);
        }
        self.show(shown);
        self.last_turn = Some(now);
        self.arm(due, ctx);
    }

    /// Publishes the view if it says anything new.
    fn show(&mut self, shown: LogView) {
        if shown != self.shown {
            self.shown = shown.clone();
            self.commons.views.logs.publish(shown);
        }
    }

    fn progress(&self) -> Option<Progress> {
        let run = self.run?;
        let log = run.mode.log_file();
        let main = self.files.get(log)?.main.as_ref()?;
        Some(main.tracker.progress(log, run.since, Utc::now()))
    }

    /// Makes sure that a turn happens at `due`, or before.
    fn arm(&mut self, due: Instant, ctx: &mut Ctx<Self>) {
        if self.armed.is_some_and(|armed| armed <= due) {
            return;
        }
        self.armed = Some(due);
        ctx.later(due.saturating_duration_since(Instant::now()), move |tailer, ctx| {
            if tailer.armed == Some(due) {
                tailer.armed = None;
                tailer.turn(ctx);
            }
        });
    }

    fn poll_pause(&self) -> Duration {
        let watched_by_people = self.files.values().any(|followed| !followed.subscribers.is_empty());
        if self.run.is_some() || watched_by_people { POLL_BUSY } else { POLL_IDLE }
    }

    fn watch_folders(&mut self) {
        let Some(watch) = &mut self.watch else { return };
        let data = &self.commons.data;
        // The data folder tells when `Logs` is moved away and made anew.
        let mut folders = vec![data.root().to_owned(), data.logs()];
        if self.files.len() > MAIN_LOGS.len() {
            folders.push(data.ui_logs());
        }
        watch.looked();
        watch.keep(&folders);
    }

    fn subscribe(&mut self, file: String, history: usize) -> Result<Subscription, PathError> {
        let folders = vec![self.commons.data.logs(), self.commons.data.ui_logs()];
        for folder in &folders {
            safe_path::file_name(folder, &file)?;
        }
        let now = Instant::now();
        let followed = match self.files.entry(file) {
            std::collections::btree_map::Entry::Occupied(followed) => followed.into_mut(),
            std::collections::btree_map::Entry::Vacant(place) => {
                let mut followed = Followed::new(folders, place.key(), now);
                // An unfinished last line that has been quiet for a while belongs to what is there already.
                followed.turn(now, &mut self.buffer);
                place.insert(followed)
            }
        };
        Ok(Subscription { history: followed.history(history), lines: followed.subscribers.add() })
    }

    fn run_changed(&mut self, run: Option<Run>, ctx: &mut Ctx<Self>) {
        // The ended run's last lines count.
        self.turn(ctx);
        self.feed.run_changed(self.progress().as_ref());
        self.run = run;
        if let Some(run) = run {
            let file = run.mode.log_file();
            // A foreign run is noticed by its running file, which it makes after its log.
            let not_before = run.id.map(|_| run.since);
            if let Some(earlier) = self.files.get_mut(file).and_then(|followed| followed.run_began(not_before)) {
                let tailer = ctx.address();
                actix::spawn(async move {
                    if let Ok(counted) = tokio::task::spawn_blocking(move || earlier.count()).await {
                        // One message per run at most.
                        tailer.do_send(EarlierCounted { file, counted });
                    }
                });
            }
        }
        self.turn(ctx);
    }
}

impl Drop for LogTailer {
    fn drop(&mut self) {
        if let Some(listener) = &self.listener {
            listener.abort();
        }
    }
}

impl Service for LogTailer {
    const NAME: &'static str = "LogTailer";

    fn started(&mut self, ctx: &mut Ctx<Self>) {
        let now = Instant::now();
        for name in MAIN_LOGS {
            self.files.insert(name.to_owned(), Followed::main(self.commons.data.logs(), name, now));
        }
        let tailer = ctx.address();
        self.watch = Some(FileEvents::new("the logs", move || tailer.try_send(Wake).is_ok()));
        let (tailer, mut runs) = (ctx.address(), self.commons.views.runs.subscribe());
        self.listener = Some(actix::spawn(async move {
            let mut told = None;
            loop {
                let run = Run::of(&runs.borrow_and_update().clone());
                if run != told {
                    told = run;
                    if tailer.send(RunChanged(run)).await.is_err() {
                        return;
                    }
                }
                if runs.changed().await.is_err() {
                    return;
                }
            }
        }));
        self.turn(ctx);
    }

    fn observe(&self) -> serde_json::Value {
        let subscribers: serde_json::Map<_, _> =
            self.files.iter().map(|(name, followed)| (name.clone(), followed.subscribers.len().into())).collect();
        serde_json::json!({ "subscribers": subscribers, "progress": self.shown.progress })
    }
}

impl Answer<Subscribe> for LogTailer {
    fn answer(
        &mut self,
        Subscribe { file, history }: Subscribe,
        ctx: &mut Ctx<Self>,
    ) -> Reply<Result<Subscription, PathError>> {
        let subscription = self.subscribe(file, history);
        // The poll has become quicker, and another folder may be wanted.
        self.arm(Instant::now(), ctx);
        subscription.into()
    }
}

impl Answer<Wake> for LogTailer {
    fn answer(&mut self, _: Wake, ctx: &mut Ctx<Self>) -> Reply<()> {
        match self.last_turn.map(|last| last + PAUSE).filter(|due| *due > Instant::now()) {
            Some(due) => self.arm(due, ctx),
            None => self.turn(ctx),
        }
        ().into()
    }
}

impl Answer<RunChanged> for LogTailer {
    fn answer(&mut self, RunChanged(run): RunChanged, ctx: &mut Ctx<Self>) -> Reply<()> {
        self.run_changed(run, ctx);
        ().into()
    }
}

impl Answer<EarlierCounted> for LogTailer {
    fn answer(&mut self, EarlierCounted { file, counted }: EarlierCounted, ctx: &mut Ctx<Self>) -> Reply<()> {
        if let Some(followed) = self.files.get_mut(file) {
            followed.add_earlier(counted);
        }
        self.turn(ctx);
        ().into()
    }
}
