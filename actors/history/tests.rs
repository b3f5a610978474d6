//! The Historian on its own data folder.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use serde_json::json;

use super::index::{Filter, Sort};
use super::row::HistoryRow;
use super::*;

use crate::runs::{Mode, Outcome, RunEnd, RunId, RunRecord, RunState, Trigger};
use crate::runtime::events::Fact;
use crate::runtime::guard::{ActorSystem, Handle};
use crate::runtime::testing;

struct HistorianFixture {
    folder: tempfile::TempDir,
    shared: Shared,
    shown: View<HistoryView>,
}

/// A Historian. Ends with [`Working::end`], where another one follows.
struct Working {
    actor_system: ActorSystem,
    historian: Handle<Historian>,
}

impl Working {
    /// Stops it once it has done what it was asked for: two of them must not write one history.
    async fn end(self) {
        self.historian.send(ReformatRuntimes).await.unwrap().unwrap();
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        self.actor_system.stop();
    }
}

impl HistorianFixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let shared = testing::shared(&folder);
        Self { folder, shared, shown: View::default() }
    }

    /// Starts a Historian, as the daemon's start does.
    fn start(&self) -> Working {
        self.shown.publish(HistoryView::default());
        let actor_system = ActorSystem::new(self.shared.facts.clone(), Arc::new(|_| {}));
        let historian = Historian::new(self.shared.clone(), self.shown.clone());
        let historian = actor_system.start(move || historian.clone());
        Working { actor_system, historian }
    }

    async fn until(&self, wanted: impl FnMut(&HistoryView) -> bool) -> Vec<HistoryRow> {
        let wait = self.shown.wait_for(wanted);
        let view = tokio::time::timeout(Duration::from_secs(30), wait).await.expect("the view never came");
        query::page(&view, &self.shared.store, &Filter::default(), Sort::NEWEST, 0, 100).unwrap().rows
    }

    async fn loaded(&self) -> Vec<HistoryRow> {
        self.until(|view| view.loaded).await
    }

    fn path(&self, path: &str) -> std::path::PathBuf {
        self.folder.path().join(path)
    }

    fn put_run(&self, id: u64, outcome: Outcome) {
        let now = Utc::now();
        let end =
            RunEnd { at: now, outcome, reason: Some("why".into()), because: Vec::new(), exit: None, ending: None };
        let begun = RunRecord::new(RunId(id), Mode::Normal, Trigger::Api, now);
        let record = RunRecord { state: RunState::Ended(end), ..begun };
        self.shared.store.table::<RunRecord>().unwrap().put(&id.to_be_bytes(), &record).unwrap();
    }
}

fn put(path: &Path, day: u32) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let dates = [format!("{day}.11.2025 03:00:02"), format!("{day}.11.2025 03:12:09")];
    let result = json!({"Posters": 1, "Runtime": "0:12:7", "Start time": dates[0], "End Time": dates[1]});
    fs::write(path, result.to_string()).unwrap();
}

fn days(rows: &[HistoryRow]) -> Vec<&str> {
    rows.iter().map(|row| row.timestamp.get(8..10).unwrap()).collect()
}

#[actix::test]
async fn results_that_appeared_while_the_daemon_was_down_are_taken_also_where_logs_was_moved_away() {
    let fixture = HistorianFixture::new();
    fixture.start().end().await;
    put(&fixture.path("RotatedLogs/Logs_20251110_030000/normal.json"), 10);
    put(&fixture.path("RotatedLogs/Logs_20251111_030000/normal.json"), 11);
    put(&fixture.path("Logs/Normal.JSON"), 12);
    let working = fixture.start();
    assert_eq!(days(&fixture.until(|view| view.index.len() == 3).await), ["12", "11", "10"]);
    working.end().await;
    // A restart takes nothing twice, nor what the user removed.
    let _working = fixture.start();
    assert_eq!(fixture.loaded().await.len(), 3);
}

#[actix::test]
async fn a_folder_that_is_moved_away_and_made_anew_is_still_looked_at() {
    let fixture = HistorianFixture::new();
    let working = fixture.start();
    fixture.loaded().await;
    put(&fixture.path("Logs/normal.json"), 10);
    working.historian.send(TakeResults).await.unwrap().unwrap();
    fs::create_dir_all(fixture.path("RotatedLogs")).unwrap();
    fs::rename(fixture.path("Logs"), fixture.path("RotatedLogs/Logs_1")).unwrap();
    working.historian.send(TakeResults).await.unwrap().unwrap();
    put(&fixture.path("Logs/normal.json"), 11);
    assert_eq!(days(&fixture.until(|view| view.index.len() == 2).await), ["11", "10"], "found by the look alone");
}

#[actix::test]
async fn rows_that_were_removed_do_not_come_back_with_the_next_start() {
    let fixture = HistorianFixture::new();
    put(&fixture.path("Logs/normal.json"), 10);
    put(&fixture.path("RotatedLogs/Logs_1/arr.json"), 9);
    let working = fixture.start();
    assert_eq!(fixture.loaded().await.len(), 2);
    let before = row::parse_iso("2026-01-01T00:00:00").unwrap();
    assert_eq!(working.historian.send(CleanUp { before }).await.unwrap().unwrap(), 2);
    working.end().await;
    let _working = fixture.start();
    assert_eq!(fixture.loaded().await, []);
}

#[actix::test]
async fn without_results_the_first_start_reads_the_logs() {
    let fixture = HistorianFixture::new();
    let log = "Show/Movie Posters created: 7| Season images created: 3| Background images created: 2| TitleCards created: 1\n\
               Script execution time: 0h 4m 14s \n";
    fs::write(fixture.path("Logs/Scriptlog.log"), log).unwrap();
    fs::create_dir_all(fixture.path("RotatedLogs/Logs_1")).unwrap();
    fs::write(fixture.path("RotatedLogs/Logs_1/Testinglog.log"), log).unwrap();
    fs::write(fixture.path("RotatedLogs/Logs_1/Manuallog.log"), "nothing\n").unwrap();
    let working = fixture.start();
    let rows = fixture.loaded().await;
    let mut modes: Vec<_> = rows.iter().filter_map(|row| row.mode.clone()).collect();
    modes.sort();
    assert_eq!(modes, ["normal", "testing"]);
    assert_eq!((rows[0].total_images, rows[0].runtime_seconds), (13, Some(254)));
    assert_eq!(working.historian.send(MigrateLogs).await.unwrap().unwrap(), None, "it was done");
    assert_eq!(fixture.shown.get().markers["migrated_entries"].value, "2");
}

#[actix::test]
async fn runs_that_ended_while_nobody_listened_get_their_rows() {
    let fixture = HistorianFixture::new();
    fixture.put_run(1, Outcome::Failed);
    put(&fixture.path("runs/2/normal.json"), 10);
    fixture.put_run(2, Outcome::Completed);
    let working = fixture.start();
    let rows = fixture.until(|view| view.index.len() == 2).await;
    let links: Vec<_> = rows.iter().map(|row| (row.run, row.status.as_deref().unwrap())).collect();
    assert_eq!(links, [(Some(RunId(1)), "failed"), (Some(RunId(2)), "completed")]);
    assert_eq!(rows[0].notes.as_deref(), Some("why"));

    fixture.put_run(3, Outcome::Stopped);
    let finished = Fact::RunFinished { run: RunId(3), mode: Mode::Normal, outcome: Outcome::Stopped, seconds: 1.0 };
    fixture.shared.facts.publish(finished);
    fixture.until(|view| view.index.len() == 3).await;
    working.end().await;
    let _working = fixture.start();
    assert_eq!(fixture.loaded().await.len(), 3, "each run has one row");
}

#[actix::test]
async fn a_row_is_told_once_it_is_shown() {
    let fixture = HistorianFixture::new();
    let runs = 1..=20;
    runs.clone().for_each(|run| fixture.put_run(run, Outcome::Failed));
    let mut news = fixture.shared.facts.listen(None).live;
    let working = fixture.start();
    for run in runs.map(RunId) {
        let told = tokio::time::timeout(Duration::from_secs(30), news.recv()).await.expect("nothing was told");
        let fact = &told.unwrap().fact;
        assert!(matches!(fact, Fact::RunRecorded { run: Some(of), .. } if *of == run), "{fact:?}");
        assert_eq!(fixture.shown.get().index.len(), 20, "who hears of run {run} must find it");
    }
    working.end().await;
}
