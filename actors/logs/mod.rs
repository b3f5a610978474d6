//! LogTailer: owner of the followed logs, of their newest lines, and of those who want to see new ones.
//!
//! Theory of operation. Files are the truth; nothing is kept. The three main logs are followed always, any other file of
//! `Logs` and `UILogs` while somebody subscribes to it. A turn reads what is new in every followed file ([`tail`]), hands
//! it to the subscribers, and publishes a new [`LogView`] where it changed. Turns are caused by file events ([`FileEvents`])
//! and, because events get lost, by a timer. One turn reads at most [`TURN_READS`] buffers of a file, so that a busy file
//! starves neither the others nor the mailbox.
//!
//! Progress: of a run of the engine its event file tells ([`events`]). Of others their log: the main logs are counted all the time ([`progress`]); which of them belongs to a run is told by the
//! ScriptSupervisor's view. It is shown while a run is on.

mod backward;
mod events;
mod feed;
mod followed;
mod lines;
mod messages;
mod page;
pub mod parse;
mod progress;
mod subscribers;
mod tail;
#[cfg(test)]
mod tail_model;
#[cfg(test)]
mod tests;
mod view;

pub use page::{Filter, Page, Part, Step};

pub use messages::Subscribe;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use actix::{AsyncContext, Message};
use chrono::{DateTime, Utc};
use events::EventTail;
use feed::Feed;
use followed::{Counted, Followed};
use posterizarr_base::run_events::EVENTS_FILE;

use crate::runs::{Holder, Mode, RunFolder, RunId, RunView};
use crate::runtime::file_events::FileEvents;
use crate::runtime::follow::follow_view;
use crate::runtime::guard::{Ctx, Handler, Reply, Service, Timers};
use crate::runtime::offload::attempt;
use crate::runtime::safe_path::{self, PathError};
use crate::runtime::shared::Shared;
use crate::runtime::view::View;

pub use subscribers::{Batch, Lines};
pub use view::{LAST_LINES, LogView, MAIN_LOGS, MainLog, Progress, Results, active_log};

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
    native: bool,
    dry_run: bool,
}

impl Run {
    fn of(runs: &RunView) -> Option<Self> {
        let (native, dry_run) = runs.current.as_ref().map_or((false, false), |run| (run.native, run.dry_run));
        runs.holder().map(|Holder { run: id, mode, started: since, .. }| Self { id, mode, since, native, dry_run })
    }
}

/// What the actor shows and what it reads.
#[derive(Debug, Clone, Default)]
pub struct Views {
    /// Published by the actor; the others are only read.
    pub logs: View<LogView>,
    /// What runs, and what waits.
    pub runs: View<RunView>,
}

/// Owns the followed logs, their newest lines and the subscriptions to them.
pub struct LogTailer {
    shared: Shared,
    views: Views,
    files: BTreeMap<String, Followed>,
    shown: LogView,
    run: Option<Run>,
    /// The event file of a run of the engine.
    events: Option<EventTail>,
    feed: Feed,
    watch: Option<FileEvents>,
    buffer: Vec<u8>,
    last_turn: Option<Instant>,
    /// When the next turn is due; later timers are void.
    armed: Option<Instant>,
}

impl LogTailer {
    /// Begins with the files as they are.
    pub fn new(shared: Shared, views: Views) -> Self {
        let feed = Feed::new(shared.facts.clone());
        Self {
            shared,
            views,
            files: BTreeMap::new(),
            shown: LogView::default(),
            run: None,
            events: None,
            feed,
            watch: None,
            buffer: vec![0; BUFFER],
            last_turn: None,
            armed: None,
        }
    }

    fn turn(&mut self, ctx: &mut Ctx<Self>) {
        let now = Instant::now();
        self.watch_folders();
        let mut due = now + self.poll_pause();
        let mut shown = LogView { main: self.shown.main.clone(), progress: None, followed: BTreeSet::new() };
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
        if let Some(events) = &mut self.events {
            for reads_left in (0..TURN_READS).rev() {
                let turn = events.turn(now, &mut self.buffer);
                if !turn.more {
                    break;
                }
                if reads_left == 0 {
                    due = now;
                }
            }
        }
        self.files.retain(|_, followed| followed.main.is_some() || !followed.subscribers.is_empty());
        shown.followed = self.followed();
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
            self.views.logs.publish(shown);
        }
    }

    fn followed(&self) -> BTreeSet<String> {
        let wanted = self.files.iter().filter(|(_, followed)| !followed.subscribers.is_empty());
        wanted.map(|(name, _)| name.clone()).collect()
    }

    fn progress(&self) -> Option<Progress> {
        let run = self.run?;
        let (log, now) = (run.mode.log_file(), Utc::now());
        let main = self.files.get(log)?.main.as_ref()?;
        let logged = main.tracker.progress(log, run.since, now);
        let Some(told) = self.events.as_ref().map(|events| &events.told).filter(|told| told.any) else {
            // Its log tells of the run before, for a dry run writes none.
            return (!run.dry_run).then_some(logged);
        };
        let told = Progress {
            log: EVENTS_FILE.to_owned(),
            done: told.done(),
            total: told.total,
            current: told.current.clone(),
            errors: if run.dry_run { told.results.failed } else { logged.errors },
            warnings: if run.dry_run { told.warnings } else { logged.warnings },
            results: Some(told.results),
            dry_run: run.dry_run,
            ..logged
        };
        Some(told.with_pace(now))
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
        let data = &self.shared.data;
        // The data folder tells when `Logs` is moved away and made anew.
        let mut folders = vec![data.root().to_owned(), data.logs()];
        if self.files.len() > MAIN_LOGS.len() {
            folders.push(data.ui_logs());
        }
        watch.looked();
        watch.keep(&folders);
    }

    fn subscribe(&mut self, file: String, history: usize) -> Result<Subscription, PathError> {
        let folders = vec![self.shared.data.logs(), self.shared.data.ui_logs()];
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

    /// Takes over which run holds the slot, if that changed.
    fn follow_run(&mut self, ctx: &mut Ctx<Self>) {
        let run = Run::of(&self.views.runs.get());
        if run != self.run {
            self.run_changed(run, ctx);
        }
    }

    fn run_changed(&mut self, run: Option<Run>, ctx: &mut Ctx<Self>) {
        // The ended run's last lines count.
        self.turn(ctx);
        self.feed.run_changed(self.progress().as_ref());
        self.run = run;
        let native = run.filter(|run| run.native).and_then(|run| run.id);
        self.events = native.map(|id| EventTail::new(RunFolder::of(&self.shared.data.runs(), id).path()));
        if let Some(run) = run {
            let file = run.mode.log_file();
            // A foreign run is noticed by its running file, which it makes after its log.
            let not_before = run.id.map(|_| run.since);
            if let Some(earlier) = self.files.get_mut(file).and_then(|followed| followed.run_began(not_before)) {
                let tailer = ctx.address();
                actix::spawn(async move {
                    if let Ok(counted) = attempt(move || earlier.count()).await {
                        // One message per run at most.
                        tailer.do_send(EarlierCounted { file, counted });
                    }
                });
            }
        }
        self.turn(ctx);
    }
}

impl Service for LogTailer {
    const NAME: &'static str = "LogTailer";

    fn started(&mut self, ctx: &mut Ctx<Self>) {
        let now = Instant::now();
        for name in MAIN_LOGS {
            self.files.insert(name.to_owned(), Followed::main(self.shared.data.logs(), name, now));
        }
        let tailer = ctx.address();
        self.watch = Some(FileEvents::new("the logs", move || tailer.try_send(Wake).is_ok()));
        let runs = self.views.runs.clone();
        follow_view(ctx, &runs, Self::follow_run);
        self.follow_run(ctx);
        self.turn(ctx);
    }
}

impl Handler<Subscribe> for LogTailer {
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

impl Handler<Wake> for LogTailer {
    fn answer(&mut self, _: Wake, ctx: &mut Ctx<Self>) -> Reply<()> {
        match self.last_turn.map(|last| last + PAUSE).filter(|due| *due > Instant::now()) {
            Some(due) => self.arm(due, ctx),
            None => self.turn(ctx),
        }
        ().into()
    }
}

impl Handler<EarlierCounted> for LogTailer {
    fn answer(&mut self, EarlierCounted { file, counted }: EarlierCounted, ctx: &mut Ctx<Self>) -> Reply<()> {
        if let Some(followed) = self.files.get_mut(file) {
            followed.add_earlier(counted);
        }
        self.turn(ctx);
        ().into()
    }
}
