//! The actor on real files, through its messages, its view and its facts.

use std::collections::VecDeque;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::lines::{is_shown, trim};
use super::*;
use crate::runs::CurrentRun;
use crate::runs::Trigger;
use crate::runtime::events::Fact;
use crate::runtime::guard::{ActorSystem, Handle};
use crate::runtime::testing::Home;

const PATIENCE: Duration = Duration::from_secs(30);

struct LogTailerFixture {
    folder: tempfile::TempDir,
    shared: Shared,
    views: Views,
    actor_system: ActorSystem,
    tailer: Handle<LogTailer>,
}

impl Drop for LogTailerFixture {
    fn drop(&mut self) {
        self.actor_system.stop();
    }
}

impl LogTailerFixture {
    /// Starts the actor on a folder with these logs.
    fn start(logs: &[(&str, &str)]) -> Self {
        let Home { folder, shared, actor_system } = Home::make();
        let views = Views::default();
        for (name, content) in logs {
            std::fs::write(shared.data.logs().join(name), content).unwrap();
        }
        let given = (shared.clone(), views.clone());
        let tailer = actor_system.start(move || LogTailer::new(given.0.clone(), given.1.clone()));
        Self { folder, shared, views, actor_system, tailer }
    }

    fn log(&self, name: &str) -> PathBuf {
        self.shared.data.logs().join(name)
    }

    fn append(&self, name: &str, text: &str) {
        append(&self.log(name), text);
    }

    /// What the script does first: the whole folder goes away.
    fn rotate(&self, to: &str) {
        let rotated = self.shared.data.rotated_logs();
        std::fs::create_dir_all(&rotated).unwrap();
        std::fs::rename(self.shared.data.logs(), rotated.join(to)).unwrap();
    }

    async fn subscribe(&self, file: &str, history: usize) -> Subscription {
        self.tailer.send(Subscribe { file: file.to_owned(), history }).await.unwrap().unwrap()
    }

    async fn view(&self, what: &str, wanted: impl FnMut(&LogView) -> bool) -> std::sync::Arc<LogView> {
        let view = tokio::time::timeout(PATIENCE, self.views.logs.wait_for(wanted)).await;
        view.unwrap_or_else(|_| panic!("never seen: {what}; {:?}", self.views.logs.get()))
    }

    async fn last_is(&self, name: &str, expected: &[String]) {
        let view = self.view(&format!("{expected:?}"), |view| view.last(name)[..] == *expected).await;
        assert_eq!(view.last(name).len(), expected.len());
    }

    fn run(&self, mode: Option<Mode>) {
        self.run_since(mode, Utc::now());
    }

    fn run_since(&self, mode: Option<Mode>, started: DateTime<Utc>) {
        let current = mode.map(|mode| CurrentRun {
            id: RunId(7),
            mode,
            trigger: Trigger::Api,
            title: None,
            native: false,
            dry_run: false,
            pid: Some(1),
            started,
            job: None,
            memory_bytes: 0,
            cpu_percent: 0.0,
            adopted: false,
            ending: None,
        });
        self.views.runs.publish(RunView { current, ..RunView::default() });
    }

    fn facts(&self) -> Vec<Fact> {
        self.shared.facts.listen(Some(0)).missed.iter().map(|event| event.fact.clone()).collect()
    }
}

fn append(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

async fn next(subscription: &mut Subscription) -> Batch {
    let batch = tokio::time::timeout(PATIENCE, subscription.lines.next()).await;
    batch.expect("a line in time").expect("the actor lives")
}

async fn lines(subscription: &mut Subscription, count: usize) -> Vec<String> {
    let mut lines = Vec::new();
    while lines.len() < count {
        let batch = next(subscription).await;
        assert_eq!(batch.skipped, 0);
        lines.extend(batch.lines().map(str::to_owned));
    }
    lines
}

/// The newest lines as upstream finds them: by reading the whole file.
fn upstream_last(content: &str) -> Vec<String> {
    let content = content.replace("\r\n", "\n").replace('\r', "\n");
    let mut last = VecDeque::new();
    for line in content.split('\n').map(trim).filter(|line| is_shown(line)) {
        last.push_back(line.to_owned());
        if last.len() > 25 {
            last.pop_front();
        }
    }
    last.into()
}

fn entry(message: &str) -> String {
    format!("[2025-11-23 03:00:02] [INFO]    |L.6959 | {message}\n")
}

#[actix::test]
async fn the_newest_lines_are_those_upstream_finds_at_the_start_and_after_every_change() {
    let mut content = "\u{feff}=====\n=====\n".to_owned();
    (0..200).for_each(|n| content.push_str(&format!("  line {n}\r\n----\n\n")));
    content.push_str("unfinished");
    let fixture = LogTailerFixture::start(&[("Scriptlog.log", &content)]);
    fixture.last_is("Scriptlog.log", &upstream_last(&content)).await;
    for piece in [" no more\n", "a\rb\r\n", "______\n", "half", " a line", "\n|\n"] {
        fixture.append("Scriptlog.log", piece);
        content.push_str(piece);
        fixture.last_is("Scriptlog.log", &upstream_last(&content)).await;
    }
}

#[actix::test]
async fn a_short_log_shows_its_byte_order_mark() {
    let content = "\u{feff}=====\nx\n";
    let fixture = LogTailerFixture::start(&[("Manuallog.log", content)]);
    fixture.last_is("Manuallog.log", &["\u{feff}=====".to_owned(), "x".to_owned()]).await;
    let view = fixture.views.logs.get();
    assert!(!view.of("Scriptlog.log").unwrap().exists);
    assert_eq!(active_log(&view, None), "Manuallog.log");
}

#[actix::test]
async fn the_view_follows_the_logs_folder_through_its_rotation() {
    let fixture = LogTailerFixture::start(&[("Scriptlog.log", "old\n")]);
    fixture.last_is("Scriptlog.log", &["old".to_owned()]).await;
    for n in 0..3 {
        fixture.rotate(&format!("Logs_{n}"));
        fixture.view("the log gone", |view| !view.of("Scriptlog.log").unwrap().exists).await;
        assert!(fixture.views.logs.get().last("Scriptlog.log").is_empty());
        fixture.append("Scriptlog.log", &format!("new {n}\n"));
        fixture.last_is("Scriptlog.log", &[format!("new {n}")]).await;
    }
}

#[actix::test]
async fn history_and_live_lines_join_without_gap_or_duplicate_while_lines_are_written() {
    const LINES: usize = 20_000;
    const SUBSCRIBERS: usize = 10;
    let fixture = LogTailerFixture::start(&[("Scriptlog.log", "")]);
    let path = fixture.log("Scriptlog.log");
    let writer = std::thread::spawn(move || {
        let mut file = std::fs::OpenOptions::new().append(true).open(path).unwrap();
        for n in 0..LINES {
            // Cut in two, so that the subscriptions meet unfinished lines.
            file.write_all(format!("{n} ").as_bytes()).unwrap();
            file.write_all(b"x\n").unwrap();
        }
    });
    let number = |line: &String| line.split(' ').next().unwrap().parse::<usize>().unwrap();
    let follow = async |from: usize| {
        fixture
            .view("the writer's way", |view| view.last("Scriptlog.log").last().is_some_and(|line| number(line) >= from))
            .await;
        let mut subscription = fixture.subscribe("Scriptlog.log", 100).await;
        let mut seen = std::mem::take(&mut subscription.history);
        while seen.last().is_none_or(|line| number(line) < LINES - 1) {
            seen.extend(lines(&mut subscription, 1).await);
        }
        let expected: Vec<_> = (LINES - seen.len()..LINES).map(|n| format!("{n} x")).collect();
        assert_eq!(seen, expected);
    };
    futures_util::future::join_all((0..SUBSCRIBERS).map(|n| follow(n * LINES / SUBSCRIBERS))).await;
    writer.join().unwrap();
}

#[actix::test]
async fn a_subscriber_gets_the_last_lines_that_are_not_blank() {
    let fixture = LogTailerFixture::start(&[("x.log", "a\n\n  \n=====\n  b  \r\n\nc")]);
    let mut subscription = fixture.subscribe("x.log", 3).await;
    let mut seen = subscription.history.clone();
    // The last line has no end: it comes once it is quiet, in the history if it is already.
    if seen.last().is_none_or(|line| line != "c") {
        seen.extend(lines(&mut subscription, 1).await);
    }
    assert_eq!(seen[seen.len() - 3..], ["=====", "b", "c"]);
    assert!(fixture.subscribe("x.log", 0).await.history.is_empty());
}

#[actix::test]
async fn a_subscriber_who_came_too_early_sees_the_file_once_it_appears_even_in_a_new_folder() {
    let fixture = LogTailerFixture::start(&[]);
    let mut subscription = fixture.subscribe("Testinglog.log", 100).await;
    assert!(subscription.history.is_empty());
    fixture.rotate("Logs_1");
    fixture.append("Testinglog.log", "first\nsecond\n");
    assert_eq!(lines(&mut subscription, 2).await, ["first", "second"]);
}

#[actix::test]
async fn rotation_finishes_the_old_file_and_begins_the_new_one() {
    let fixture = LogTailerFixture::start(&[("Scriptlog.log", "0\n")]);
    let mut subscription = fixture.subscribe("Scriptlog.log", 100).await;
    for n in 0..20 {
        fixture.append("Scriptlog.log", &format!("last of {n}\nno end"));
        fixture.rotate(&format!("Logs_{n}"));
        fixture.append("Scriptlog.log", &format!("first of {}\n", n + 1));
        let expected = [format!("last of {n}"), "no end".to_owned(), format!("first of {}", n + 1)];
        assert_eq!(lines(&mut subscription, 3).await, expected);
    }
}

#[actix::test]
async fn truncation_and_replacement_begin_the_file_anew() {
    let fixture = LogTailerFixture::start(&[("Scriptlog.log", "a long enough beginning\n")]);
    let mut subscription = fixture.subscribe("Scriptlog.log", 0).await;
    let path = fixture.log("Scriptlog.log");
    std::fs::write(&path, "short\n").unwrap();
    assert_eq!(lines(&mut subscription, 1).await, ["short"]);
    std::fs::write(&path, "longer than the one before\nand more\n").unwrap();
    assert_eq!(lines(&mut subscription, 2).await, ["longer than the one before", "and more"]);
    let other = fixture.folder.path().join("other");
    std::fs::write(&other, "renamed over it, and longer once more\nx\ny\n").unwrap();
    std::fs::rename(&other, &path).unwrap();
    assert_eq!(lines(&mut subscription, 3).await.last().unwrap(), "y");
    std::fs::remove_file(&path).unwrap();
    fixture.view("the log gone", |view| !view.of("Scriptlog.log").unwrap().exists).await;
    fixture.append("Scriptlog.log", "back\n");
    assert_eq!(lines(&mut subscription, 1).await, ["back"]);
}

#[actix::test]
async fn an_unfinished_line_comes_after_a_while_and_its_rest_as_a_line_of_its_own() {
    let fixture = LogTailerFixture::start(&[("Scriptlog.log", "")]);
    let mut subscription = fixture.subscribe("Scriptlog.log", 0).await;
    let written = Instant::now();
    fixture.append("Scriptlog.log", "one, ");
    assert_eq!(lines(&mut subscription, 1).await, ["one,"]);
    assert!(written.elapsed() >= super::tail::QUIET);
    fixture.append("Scriptlog.log", "two\n");
    assert_eq!(lines(&mut subscription, 1).await, ["two"]);
    fixture.last_is("Scriptlog.log", &["one, two".to_owned()]).await;
}

#[actix::test]
async fn a_slow_subscriber_loses_counted_lines_and_the_others_none() {
    const LINES: usize = 200_000;
    let fixture = LogTailerFixture::start(&[("Scriptlog.log", "")]);
    let mut slow = fixture.subscribe("Scriptlog.log", 0).await;
    let mut quick = fixture.subscribe("Scriptlog.log", 0).await;
    let path = fixture.log("Scriptlog.log");
    let quick_lines = async {
        let mut seen = 0;
        while seen < LINES {
            let batch = next(&mut quick).await;
            assert_eq!(batch.skipped, 0);
            seen += batch.lines().count();
        }
    };
    let writer = std::thread::spawn(move || {
        let line = "x".repeat(60) + "\n";
        (0..LINES / 100).for_each(|_| append(&path, &line.repeat(100)));
    });
    quick_lines.await;
    writer.join().unwrap();
    // Twelve megabytes were written; what waits for the slow one is bounded.
    assert!(slow.lines.waiting() <= super::subscribers::QUEUED_BYTES);
    let (mut seen, mut skipped) = (0, 0);
    while slow.lines.waiting() > 0 {
        let batch = next(&mut slow).await;
        seen += batch.lines().count();
        skipped += batch.skipped as usize;
    }
    assert!(seen < LINES);
    fixture.append("Scriptlog.log", "the end\n");
    let batch = next(&mut slow).await;
    assert_eq!(batch.skipped as usize + skipped + seen, LINES);
    assert_eq!(batch.lines().collect::<Vec<_>>(), ["the end"]);
}

#[actix::test]
async fn overlong_lines_are_cut_and_bytes_that_are_no_utf8_dropped() {
    let fixture = LogTailerFixture::start(&[("Scriptlog.log", "")]);
    let mut subscription = fixture.subscribe("Scriptlog.log", 0).await;
    fixture.append("Scriptlog.log", &format!("{}\nnext\n", "x".repeat(1_000_000)));
    let seen = lines(&mut subscription, 2).await;
    assert!(seen[0].len() < 70_000 && seen[0].ends_with("(line cut)"));
    assert_eq!(seen[1], "next");
    let mut file = std::fs::OpenOptions::new().append(true).open(fixture.log("Scriptlog.log")).unwrap();
    file.write_all(b"caf\xc3\xa9 \xff\xfe!\n").unwrap();
    assert_eq!(lines(&mut subscription, 1).await, ["café !"]);
}

#[actix::test]
async fn files_of_the_ui_logs_are_followed_and_forgotten_with_their_last_subscriber() {
    let fixture = LogTailerFixture::start(&[]);
    append(&fixture.shared.data.ui_logs().join("FrontendUI.log"), "hello\n");
    let mut subscription = fixture.subscribe("FrontendUI.log", 10).await;
    assert_eq!(subscription.history, ["hello"]);
    append(&fixture.shared.data.ui_logs().join("FrontendUI.log"), "again\n");
    assert_eq!(lines(&mut subscription, 1).await, ["again"]);
    drop(subscription);
    fixture.view("nobody follows it", |view| view.followed.is_empty()).await;
}

#[actix::test]
async fn a_path_instead_of_a_name_is_refused_and_a_link_that_leads_out_too() {
    let fixture = LogTailerFixture::start(&[]);
    std::fs::write(fixture.folder.path().join("config.json"), "secret\n").unwrap();
    std::os::unix::fs::symlink("../config.json", fixture.log("link.log")).unwrap();
    for name in ["../config.json", "/etc/passwd", "..", "", "a/b", "a\\b", "a\0b", "link.log"] {
        let answer = fixture.tailer.send(Subscribe { file: name.to_owned(), history: 10 }).await.unwrap();
        assert!(matches!(answer, Err(PathError::Forbidden)), "{name:?}");
    }
    let mut subscription = fixture.subscribe("later.log", 10).await;
    std::os::unix::fs::symlink("../config.json", fixture.log("later.log")).unwrap();
    std::fs::remove_file(fixture.log("later.log")).unwrap();
    fixture.append("later.log", "harmless\n");
    assert_eq!(lines(&mut subscription, 1).await, ["harmless"]);
}

#[actix::test]
async fn a_pipe_or_a_folder_in_place_of_a_log_blocks_nobody() {
    let fixture = LogTailerFixture::start(&[]);
    std::fs::create_dir(fixture.log("Manuallog.log")).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, fixture.log("pipe.log"), rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    assert!(fixture.subscribe("pipe.log", 10).await.history.is_empty());
    assert!(fixture.subscribe("Manuallog.log", 10).await.history.is_empty());
    fixture.append("Scriptlog.log", "alive\n");
    fixture.last_is("Scriptlog.log", &["alive".to_owned()]).await;
    assert!(!fixture.views.logs.get().of("Manuallog.log").unwrap().exists);
}

#[actix::test]
async fn progress_counts_the_runs_own_lines_and_ends_with_it() {
    let fixture = LogTailerFixture::start(&[("Scriptlog.log", &entry("Added: of the run before"))]);
    let began = Instant::now();
    // Later than the log that is there.
    fixture.run_since(Some(Mode::Normal), Utc::now() + chrono::TimeDelta::milliseconds(200));
    let progress = |view: &LogView| view.progress.clone();
    let view = fixture.view("progress", |view| view.progress.is_some()).await;
    assert_eq!(progress(&view).unwrap().done, 0);
    fixture.rotate("Logs_1");
    fixture.append(
        "Scriptlog.log",
        &(entry("Start Poster Search for: Heat") + &entry("     Added: a") + &entry("Added: b")),
    );
    let view = fixture.view("two done", |view| progress(view).is_some_and(|progress| progress.done == 2)).await;
    assert_eq!(progress(&view).unwrap().current.as_deref(), Some("Heat"));
    fixture.append("Scriptlog.log", &entry("progress: done=5 total=9"));
    fixture.run(None);
    fixture.view("no progress", |view| view.progress.is_none()).await;
    let told: Vec<_> = fixture.facts().into_iter().filter(|fact| matches!(fact, Fact::Progress { .. })).collect();
    assert!(told.len() as u64 <= 3 + began.elapsed().as_secs(), "about one a second: {told:?}");
    assert_eq!(
        told.last(),
        Some(&Fact::Progress { done: 5, total: Some(9), current: Some("Heat".to_owned()), results: None })
    );
}

#[actix::test]
async fn a_run_that_was_on_before_the_daemon_is_counted_from_its_first_line() {
    let content: String = (0..3000).map(|n| entry(&format!("Added: {n}"))).collect();
    let fixture = LogTailerFixture::start(&[("Testinglog.log", &content)]);
    if std::fs::metadata(fixture.log("Testinglog.log")).unwrap().created().is_err() {
        // This file system does not tell when a file was made; nothing is counted then.
        return;
    }
    fixture.view("the log", |view| view.of("Testinglog.log").unwrap().exists).await;
    fixture.run_since(Some(Mode::Testing), Utc::now() - chrono::TimeDelta::hours(1));
    fixture.append("Testinglog.log", &entry("Added: one more"));
    let done = |view: &LogView| view.progress.as_ref().map(|progress| progress.done);
    fixture.view("all counted", |view| done(view) == Some(3001)).await;
}

#[actix::test]
async fn lines_of_the_active_log_are_told_as_facts_and_too_many_are_counted() {
    let fixture = LogTailerFixture::start(&[("Scriptlog.log", ""), ("Testinglog.log", "")]);
    fixture.run(Some(Mode::Testing));
    fixture.view("progress", |view| view.progress.is_some()).await;
    fixture.append("Scriptlog.log", "not the run's\n");
    fixture.append("Testinglog.log", &"flood\n".repeat(500));
    fixture.view("the flood", |view| view.last("Testinglog.log").len() == 25).await;
    let mut told = 0;
    let deadline = Instant::now() + PATIENCE;
    while told < 500 {
        assert!(Instant::now() < deadline, "{told} of 500 were told");
        // The rest is told with the next line.
        fixture.append("Testinglog.log", "\n-\n");
        tokio::time::sleep(Duration::from_millis(20)).await;
        told = 0;
        for fact in fixture.facts() {
            if let Fact::LogLine { file, line, skipped } = fact {
                assert_eq!(file, "Testinglog.log");
                told += skipped + u64::from(line == "flood");
            }
        }
    }
    assert!(told >= 500);
    let facts = fixture.facts().into_iter().filter(|fact| matches!(fact, Fact::LogLine { .. })).count();
    assert!(facts < 200, "{facts} facts for 500 lines at once");
}

#[actix::test]
async fn a_new_subscriber_gets_the_last_lines_at_once_while_a_flood_is_still_being_read() {
    let line = "[2026-11-23 03:00:05] [INFO]    |L.1234 |      a line of the usual length that tells about one title\n";
    let fixture = LogTailerFixture::start(&[("Scriptlog.log", &line.repeat(200))]);
    // Somebody who does not keep up.
    let _first = fixture.subscribe("Scriptlog.log", 100).await;
    let over = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let (path, until) = (fixture.log("Scriptlog.log"), over.clone());
    let flood = std::thread::spawn(move || {
        let block = line.repeat(10_000);
        // Faster than it can be read, so that there is a backlog all the while; at most half a gigabyte.
        for _ in 0..500 {
            append(&path, &block);
            if until.load(std::sync::atomic::Ordering::Relaxed) {
                return;
            }
        }
    });
    for _ in 0..5 {
        let subscribed = tokio::time::timeout(PATIENCE, fixture.subscribe("Scriptlog.log", 100)).await;
        let mut second = subscribed.expect("it waits for the flood to be read");
        assert_eq!(second.history, vec![line.trim(); 100]);
        assert!(next(&mut second).await.lines().all(|told| told == line.trim()));
    }
    over.store(true, std::sync::atomic::Ordering::Relaxed);
    flood.join().unwrap();
}
