//! The queue, driven by a clock of the test's.

use std::time::Instant;

use chrono::TimeDelta;

use super::*;
use crate::runs::{Mode, Outcome, Trigger};

const PAUSE: Duration = Duration::from_secs(30);

struct Fixture {
    _folder: tempfile::TempDir,
    store: Store,
    queue: Queue,
    now: Moment,
}

fn fixture() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let now = Moment { wall: DateTime::from_timestamp(1_000_000, 0).unwrap(), steady: Instant::now() };
    let queue = Queue::load(store.clone(), now);
    Fixture { _folder: folder, store, queue, now }
}

fn job(id: &str) -> NewJob {
    NewJob {
        id: id.into(),
        request: RunRequest::scheduled(),
        trigger: Trigger::Webhook,
        priority: 0,
        not_before: None,
        max_attempts: 3,
        dedupe: None,
    }
}

fn told(text: &str) -> Reason {
    Reason { text: text.to_owned(), because: Vec::new() }
}

impl Fixture {
    fn submit(&mut self, new: NewJob) -> Submitted {
        // Each a little later, as in life.
        self.pass(Duration::from_millis(1));
        let submitted = self.admit(new).submitted.remove(0);
        if let Submitted::Queued { id } = &submitted {
            self.queue.write_finished(id, true, self.now);
        }
        submitted
    }

    /// Both clocks go on.
    fn pass(&mut self, time: Duration) {
        self.now = Moment { wall: self.now.wall + time, steady: self.now.steady + time };
    }

    /// Somebody sets the wall clock.
    fn set_clock_by(&mut self, step: TimeDelta) {
        self.now.wall += step;
    }

    /// Submits a job and leaves it on its way to the disk.
    fn admit(&mut self, new: NewJob) -> Submission {
        self.queue.submit(vec![new], false, self.now).unwrap()
    }

    fn next(&self) -> Option<String> {
        self.queue.next_due(self.now).map(|job| job.id.clone())
    }

    fn run(&mut self, id: &str, run: u64, outcome: Outcome) -> Job {
        self.queue.begin(id, RunId(run), self.now).unwrap();
        let begun = RunRecord::new(RunId(run), Mode::Scheduled, Trigger::Webhook, self.now.wall);
        let record = RunRecord { job: Some(id.into()), ..begun }.ended(self.now.wall, outcome);
        self.queue.settle(&record, self.now, PAUSE).unwrap();
        self.queue.jobs[id].clone()
    }
}

#[test]
fn the_next_job_is_due_then_most_urgent_then_oldest() {
    let mut f = fixture();
    f.submit(job("old"));
    f.submit(job("new"));
    f.submit(NewJob { priority: 5, not_before: Some(f.now.wall + PAUSE), ..job("urgent but later") });
    f.submit(NewJob { priority: 1, ..job("urgent") });
    let order: Vec<_> = f.queue.waiting().map(|job| job.id.as_str()).collect();
    assert_eq!(order, ["urgent but later", "urgent", "old", "new"]);
    assert_eq!(f.next().unwrap(), "urgent");
    f.pass(PAUSE);
    assert_eq!(f.next().unwrap(), "urgent but later");
}

#[test]
fn a_job_is_taken_once() {
    let mut f = fixture();
    let keyed = |id: &str| NewJob { dedupe: Some("series 1".into()), ..job(id) };
    assert_eq!(f.submit(keyed("a")), Submitted::Queued { id: "a".into() });
    assert_eq!(f.submit(keyed("a")), Submitted::Known { id: "a".into() });
    assert_eq!(f.submit(keyed("b")), Submitted::Duplicate { of: "a".into() });
    f.run("a", 1, Outcome::Completed);
    assert_eq!(f.submit(keyed("a")), Submitted::Known { id: "a".into() }, "also when it was done");
    assert_eq!(f.submit(keyed("c")), Submitted::Queued { id: "c".into() }, "its key counts while it waits only");
}

#[actix::test]
async fn a_job_counts_once_it_is_on_disk_and_whoever_joins_it_waits_for_that_too() {
    let mut f = fixture();
    let keyed = |id: &str| NewJob { dedupe: Some("series 1".into()), ..job(id) };
    let first = f.admit(keyed("a"));
    let joined = f.admit(keyed("b"));
    assert_eq!(joined.submitted[0], Submitted::Duplicate { of: "a".into() });
    assert_eq!((f.next(), f.queue.waiting_count()), (None, 0));
    joined.write.expect("it is not on disk yet").await.unwrap();
    first.write.unwrap().await.unwrap();
    f.queue.write_finished("a", true, f.now);
    assert_eq!(f.next().unwrap(), "a");
    assert!(f.admit(keyed("c")).write.is_none());
    f.admit(job("lost"));
    f.queue.write_finished("lost", false, f.now);
    assert_eq!(f.queue.waiting_count(), 1, "what could not be stored is not in the queue");
    let keyed = |id: &str| NewJob { dedupe: Some("series 2".into()), ..job(id) };
    f.admit(keyed("d"));
    f.admit(keyed("e")).write.unwrap().await.unwrap();
    f.queue.write_finished("d", false, f.now);
    f.queue.write_finished("d", true, f.now);
    assert_eq!(f.queue.waiting_count(), 2, "it is in the queue if the write of one who joined it went well");
    f.admit(job("f"));
    f.admit(job("f")).write.unwrap().await.unwrap();
    f.queue.write_finished("f", false, f.now);
    f.queue.write_finished("f", true, f.now);
    assert_eq!(f.queue.waiting_count(), 3, "and if that of the same one, submitted again, did");
}

#[actix::test]
async fn a_job_that_waits_does_what_was_asked_for_last() {
    let mut f = fixture();
    let asks = |id: &str, mode: &str| NewJob {
        dedupe: Some("series 1".into()),
        request: RunRequest::plain(mode).unwrap(),
        ..job(id)
    };
    let first = f.admit(asks("a", "normal"));
    let joined = f.admit(asks("b", "testing"));
    first.write.unwrap().await.unwrap();
    joined.write.unwrap().await.unwrap();
    f.queue.write_finished("a", true, f.now);
    assert_eq!(f.queue.jobs["a"].request, asks("a", "testing").request);
    let again = f.admit(asks("c", "backup"));
    again.write.expect("it is written before it is acknowledged").await.unwrap();
    assert_eq!(f.queue.jobs.len(), 1);
    let read = Queue::load(f.store.clone(), f.now);
    assert_eq!(read.jobs["a"].request, asks("a", "backup").request);
}

#[test]
fn a_failed_try_is_repeated_after_growing_pauses_and_then_parked() {
    let mut f = fixture();
    f.submit(job("a"));
    for (run, pause) in [(1, PAUSE), (2, PAUSE * 4)] {
        let tried = f.run("a", run, if run == 1 { Outcome::Failed } else { Outcome::Busy });
        assert_eq!((tried.state, tried.not_before), (JobState::Waiting, f.now.wall + pause));
        assert_eq!(f.next(), None);
        f.pass(pause);
    }
    assert_eq!(f.run("a", 3, Outcome::TimedOut).state, JobState::Failed);
    assert_eq!((f.queue.parked(), f.queue.waiting_count()), (1, 0));
    f.queue.retry("a", f.now).unwrap();
    assert_eq!(f.next().unwrap(), "a");
    assert!(matches!(f.queue.retry("none", f.now), Err(JobError::Missing)));
}

#[test]
fn an_interrupted_try_does_not_count_and_a_stopped_one_is_not_repeated() {
    let mut f = fixture();
    f.submit(job("a"));
    let interrupted = f.run("a", 1, Outcome::Interrupted);
    assert_eq!((interrupted.state, interrupted.attempts), (JobState::Waiting, 0));
    assert_eq!(f.next().unwrap(), "a");
    let stopped = f.run("a", 2, Outcome::Stopped);
    assert_eq!((stopped.state, stopped.last_error.as_deref()), (JobState::Failed, Some("the run was stopped")));
}

#[test]
fn a_job_that_cannot_start_is_tried_as_often_as_one_that_fails() {
    let mut f = fixture();
    f.submit(NewJob { max_attempts: 2, ..job("a") });
    f.queue.could_not_start("a", told("no script"), f.now, PAUSE).unwrap();
    assert_eq!(f.queue.jobs["a"].state, JobState::Waiting);
    f.queue.could_not_start("a", told("no script"), f.now, PAUSE).unwrap();
    assert_eq!(f.queue.jobs["a"].state, JobState::Failed);
}

#[test]
fn a_job_that_cannot_be_done_is_parked_at_once_and_can_be_retried() {
    let mut f = fixture();
    f.submit(job("a"));
    f.queue.park("a", told("no such mode"), f.now).unwrap();
    let parked = &f.queue.jobs["a"];
    assert_eq!((parked.state, parked.last_error.as_deref()), (JobState::Failed, Some("no such mode")));
    assert_eq!((f.queue.parked(), f.next()), (1, None));
    f.queue.retry("a", f.now).unwrap();
    assert_eq!((f.queue.parked(), f.next().as_deref()), (0, Some("a")));
}

#[test]
fn the_queue_comes_back_from_the_store_as_it_was() {
    let mut f = fixture();
    for id in ["a", "b", "c", "d", "e", "f"] {
        f.submit(NewJob { dedupe: Some(id.to_uppercase()), ..job(id) });
    }
    f.run("e", 5, Outcome::Stopped);
    f.run("f", 6, Outcome::Failed);
    f.queue.begin("a", RunId(7), f.now).unwrap();
    f.queue.remove("b").unwrap();
    assert!(matches!(f.queue.remove("a"), Err(JobError::Running)));
    let again = Queue::load(f.store.clone(), f.now);
    assert_eq!((&again.jobs, &again.index), (&f.queue.jobs, &f.queue.index));
    assert_eq!(again.running(), [("a".to_owned(), RunId(7))]);
    f.queue.release("a", f.now).unwrap();
    assert_eq!(f.next().unwrap(), "a", "it was first and is first again");
    assert_eq!(f.queue.jobs["a"].attempts, 0);
}

#[test]
fn old_done_jobs_are_forgotten() {
    let mut f = fixture();
    for n in 0..DONE_REMEMBERED + 2 {
        let id = n.to_string();
        f.submit(job(&id));
        f.run(&id, n as u64, Outcome::Completed);
    }
    assert_eq!(f.queue.jobs.len(), DONE_REMEMBERED);
    assert!(!f.queue.jobs.contains_key("0"));
    assert_eq!(Queue::load(f.store.clone(), f.now).jobs.len(), DONE_REMEMBERED);
}

#[test]
fn a_clock_that_is_set_holds_no_job_longer_than_its_delay_also_after_a_restart() {
    let years = TimeDelta::days(14 * 365);
    for step in [TimeDelta::seconds(-3600), TimeDelta::days(-1), -years, TimeDelta::seconds(-1)] {
        let mut f = fixture();
        f.set_clock_by(years);
        f.submit(NewJob { not_before: Some(f.now.wall + PAUSE), ..job("a") });
        f.set_clock_by(step);
        f.pass(PAUSE / 2);
        assert_eq!(f.next(), None, "{step}");
        f.pass(PAUSE / 2);
        assert_eq!(f.next().as_deref(), Some("a"), "{step}");
        // A restart does not know how long it has waited, but does not let it wait longer than once more.
        f.queue = Queue::load(f.store.clone(), f.now);
        f.pass(PAUSE);
        assert_eq!(f.next().as_deref(), Some("a"), "{step} and a restart");
        // The pause after a failed try is held to the same.
        f.run("a", 1, Outcome::Failed);
        f.set_clock_by(step);
        assert_eq!(f.next(), None, "{step}");
        f.pass(PAUSE);
        assert_eq!(f.next().as_deref(), Some("a"), "{step} after a try");
    }
}

#[test]
fn a_clock_that_is_set_ahead_makes_jobs_due_by_what_it_shows() {
    let mut f = fixture();
    f.submit(NewJob { not_before: Some(f.now.wall + PAUSE), ..job("a") });
    f.set_clock_by(TimeDelta::seconds(60));
    assert_eq!(f.next().as_deref(), Some("a"));
}

#[actix::test]
async fn a_batch_is_one_change_and_says_of_each_job_what_became_of_it() {
    let mut f = fixture();
    let keyed = |id: &str, key: &str| NewJob { dedupe: Some(key.into()), ..job(id) };
    let batch = vec![keyed("a", "1"), keyed("b", "2"), keyed("c", "1"), keyed("b", "2")];
    let Submission { submitted, write } = f.queue.submit(batch, false, f.now).unwrap();
    let queued = |id: &str| Submitted::Queued { id: id.into() };
    let expected =
        [queued("a"), queued("b"), Submitted::Duplicate { of: "a".into() }, Submitted::Known { id: "b".into() }];
    assert_eq!(submitted, expected);
    write.unwrap().await.unwrap();
    ["a", "b"].into_iter().for_each(|id| f.queue.write_finished(id, true, f.now));
    assert_eq!((f.queue.waiting_count(), f.queue.oldest_waiting()), (2, Some(f.now.wall)));
    assert_eq!(Queue::load(f.store.clone(), f.now).waiting_count(), 2);
}

#[actix::test]
async fn a_job_that_is_submitted_again_to_renew_it_does_what_is_asked_for_now_and_runs_again_when_it_has_ended() {
    let mut f = fixture();
    let asks = |mode: &str, key: &str| NewJob {
        dedupe: Some(key.into()),
        request: RunRequest::plain(mode).unwrap(),
        ..job("a")
    };
    f.submit(asks("normal", "title"));
    let again = f.queue.submit(vec![asks("testing", "id")], true, f.now).unwrap();
    assert_eq!(again.submitted, [Submitted::Known { id: "a".into() }]);
    again.write.expect("it was changed").await.unwrap();
    assert_eq!(f.queue.jobs["a"].request, asks("testing", "id").request);
    assert!(f.queue.submit(vec![asks("testing", "id")], true, f.now).unwrap().write.is_none(), "nothing to change");
    assert_eq!(
        f.admit(NewJob { dedupe: Some("id".into()), ..job("b") }).submitted,
        [Submitted::Duplicate { of: "a".into() }]
    );
    f.queue.begin("a", RunId(1), f.now).unwrap();
    let running = f.queue.submit(vec![asks("backup", "id")], true, f.now).unwrap();
    assert_eq!(running.submitted, [Submitted::Running { id: "a".into() }]);
    assert!(running.write.is_none(), "what runs is not changed");
    f.queue.release("a", f.now).unwrap();
    f.run("a", 2, Outcome::Completed);
    assert_eq!(f.admit(asks("backup", "id")).submitted, [Submitted::Known { id: "a".into() }], "exactly once");
    let anew = f.queue.submit(vec![asks("backup", "id")], true, f.now).unwrap();
    assert_eq!(anew.submitted, [Submitted::Queued { id: "a".into() }]);
    anew.write.unwrap().await.unwrap();
    f.queue.write_finished("a", true, f.now);
    assert_eq!((f.next().as_deref(), f.queue.jobs["a"].attempts), (Some("a"), 0));
}

#[test]
fn an_item_that_the_server_lacks_is_looked_for_ever_more_seldom_and_not_for_ever() {
    let mut f = fixture();
    f.submit(job("a"));
    let mut run = 0;
    for minutes in [1, 2, 5, 10, 30] {
        run += 1;
        let waiting = f.run("a", run, Outcome::NotOnServer);
        let expected = (JobState::Waiting, 0, Duration::from_secs(60 * minutes));
        assert_eq!((waiting.state, waiting.attempts, waiting.delay), expected);
        assert_eq!(f.next(), None);
        f.pass(Duration::from_secs(60 * minutes));
        assert_eq!(f.next().as_deref(), Some("a"));
    }
    let parked = f.run("a", run + 1, Outcome::NotOnServer);
    assert_eq!((parked.state, parked.absences), (JobState::Failed, 6));
    assert!(parked.last_error.unwrap().contains("it was looked for 6 times"));
    f.queue.retry("a", f.now).unwrap();
    assert_eq!(f.run("a", run + 2, Outcome::NotOnServer).state, JobState::Waiting, "by hand it begins anew");
}

#[test]
fn a_held_queue_gives_only_what_somebody_asked_for_by_hand_also_after_a_restart() {
    let mut f = fixture();
    let hold = Hold { since: f.now.wall, by: Some("ada".to_owned()) };
    assert!(f.queue.hold(hold.clone()).unwrap());
    assert!(!f.queue.hold(Hold { since: f.now.wall, by: None }).unwrap());
    f.submit(NewJob { priority: 9, ..job("told") });
    f.submit(NewJob { trigger: Trigger::Schedule, ..job("nightly") });
    assert_eq!(f.next(), None);
    f.submit(NewJob { trigger: Trigger::Api, ..job("mine") });
    assert_eq!(f.next().as_deref(), Some("mine"));
    assert_eq!(Queue::load(f.store.clone(), f.now).held(), Some(&hold));
    assert!(f.queue.let_go().unwrap() && !f.queue.let_go().unwrap());
    assert_eq!(f.next().as_deref(), Some("told"));
    assert_eq!(Queue::load(f.store.clone(), f.now).held(), None);
}

#[test]
fn a_job_that_is_put_first_is_the_next_one_also_after_a_restart() {
    let mut it = fixture();
    for id in ["a", "b", "c"] {
        it.submit(job(id));
    }
    it.submit(NewJob { not_before: Some(it.now.wall + TimeDelta::hours(1)), ..job("d") });
    let order = |queue: &Queue| queue.waiting().map(|job| job.id.clone()).collect::<Vec<_>>().join(" ");
    it.queue.put_first("c", it.now).unwrap();
    it.queue.put_first("d", it.now).unwrap();
    it.queue.put_first("d", it.now).unwrap();
    assert_eq!(order(&it.queue), "d c a b");
    assert_eq!(it.queue.next_due(it.now).unwrap().id, "d", "it waits for nothing any more");
    let reloaded = Queue::load(it.store.clone(), it.now);
    assert_eq!(order(&reloaded), "d c a b");
    assert!(matches!(it.queue.put_first("x", it.now), Err(JobError::Missing)));
}

#[test]
fn a_queue_is_held_where_it_cannot_be_read_whether_it_is_until_somebody_lets_it_go_on() {
    use crate::store::Record;

    /// What a later version might write.
    #[derive(serde::Serialize, serde::Deserialize)]
    struct Later(bool);

    impl Record for Later {
        const TABLE: &'static str = Hold::TABLE;
        const VERSION: u8 = Hold::VERSION + 1;
    }

    let mut f = fixture();
    f.submit(job("a"));
    f.store.table::<Later>().unwrap().put(b"queue", &Later(true)).unwrap();
    f.queue = Queue::load(f.store.clone(), f.now);
    assert_eq!((f.queue.held(), f.next()), (Some(&Hold { since: f.now.wall, by: None }), None));
    assert!(f.queue.let_go().unwrap());
    assert_eq!(f.next().as_deref(), Some("a"));
    assert_eq!(Queue::load(f.store.clone(), f.now).held(), None);
}

#[actix::test]
async fn what_joins_a_job_that_waits_between_its_tries_has_all_of_them() {
    for renews in [true, false] {
        let mut f = fixture();
        let keyed = |id: &str| NewJob { dedupe: Some("series 1".into()), max_attempts: 2, ..job(id) };
        f.submit(keyed("a"));
        f.run("a", 1, Outcome::NotOnServer);
        let tried = f.run("a", 2, Outcome::Failed);
        assert_eq!((tried.state, tried.attempts, tried.absences), (JobState::Waiting, 1, 1));
        // The same fire once more, or another one about the same.
        let joins = f.queue.submit(vec![keyed(if renews { "a" } else { "b" })], renews, f.now).unwrap();
        joins.write.expect("it is written").await.unwrap();
        let stored = Queue::load(f.store.clone(), f.now).jobs["a"].clone();
        assert_eq!((stored.attempts, stored.absences, stored.not_before), (0, 0, tried.not_before), "{renews}");
        assert_eq!(f.run("a", 3, Outcome::Failed).state, JobState::Waiting, "the newer one has a second try, too");
    }
}

#[test]
fn each_job_that_comes_changes_or_goes_is_a_change() {
    let mut f = fixture();
    let mut before = f.queue.changes();
    let mut changed = |queue: &Queue| std::mem::replace(&mut before, queue.changes()) != queue.changes();
    f.submit(job("a"));
    f.submit(job("b"));
    assert!(changed(&f.queue));
    f.queue.put_first("b", f.now).unwrap();
    assert!(changed(&f.queue));
    f.run("b", 1, Outcome::Stopped);
    assert!(changed(&f.queue));
    f.queue.remove_parked().unwrap();
    assert!(changed(&f.queue));
    f.queue.remove_parked().unwrap();
    assert!(!changed(&f.queue), "there was none");
}
