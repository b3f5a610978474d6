//! The ExportKeeper on its own data folder.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::export_store::Selection;
use super::*;
use crate::runtime::events::Fact;
use crate::runtime::guard::{ActorSystem, Handle};
use crate::runtime::testing::Home;
use posterizarr_base::media_exports::ExportFamily;
use posterizarr_base::media_exports::ExportKind;

struct ExportKeeperFixture {
    _folder: tempfile::TempDir,
    shared: Shared,
    views: Views,
    actor_system: ActorSystem,
    keeper: Handle<ExportKeeper>,
}

impl Drop for ExportKeeperFixture {
    fn drop(&mut self) {
        self.actor_system.stop();
    }
}

impl ExportKeeperFixture {
    fn new() -> Self {
        Self::on(tempfile::tempdir().unwrap())
    }

    fn on(folder: tempfile::TempDir) -> Self {
        let Home { folder, shared, actor_system } = Home::on(folder);
        let views = Views::default();
        let keeper = ExportKeeper::new(shared.clone(), views.clone());
        let keeper = actor_system.start(move || keeper.clone());
        Self { _folder: folder, shared, views, actor_system, keeper }
    }

    fn put(&self, kind: ExportKind, content: &str) {
        fs::write(self.shared.data.logs().join(kind.file()), content).unwrap();
    }

    async fn import(&self, server: ExportFamily) -> Imported {
        self.keeper.send(ImportExports(server)).await.unwrap().unwrap()
    }

    async fn until(&self, wanted: impl FnMut(&ExportView) -> bool) -> Arc<ExportView> {
        let wait = self.views.exports.wait_for(wanted);
        tokio::time::timeout(Duration::from_secs(30), wait).await.expect("the view never came")
    }

    fn rows(&self, kind: ExportKind, run: Option<&str>) -> Vec<Value> {
        let sums = &self.views.exports.get().sums;
        let selection = Selection { kind, run: run.map(str::to_owned), limit: None };
        let keys = export_store::select(&self.shared.store, sums, &selection).unwrap();
        let rows = export_store::rows(&self.shared.store, &keys).unwrap();
        rows.into_iter().map(|row| row.shown(kind)).collect()
    }
}

fn titles(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| row["title"].as_str().unwrap()).collect()
}

/// A file of Plex's movies: library, title and key of each.
fn movies(rows: &[[&str; 3]]) -> String {
    let lines = rows.iter().map(|[library, title, key]| format!("\"{library}\";\"movie\";\"{title}\";\"{key}\"\n"));
    lines.fold("\"Library Name\";\"Library Type\";\"title\";\"ratingKey\"\n".to_owned(), |file, line| file + &line)
}

#[actix::test]
async fn an_export_is_taken_from_logs_and_stamps_its_rows_anew_each_time() {
    let fixture = ExportKeeperFixture::new();
    fixture.put(ExportKind::PlexLibrary, &movies(&[["Movies", "Ronin", "2"], ["Movies", "Heat", "1"]]));
    let view = fixture.until(|view| view.sums.of(ExportKind::PlexLibrary).rows() == 2).await;
    assert_eq!(fixture.views.library_types.get().text("Movies"), Some("movie"));
    assert_eq!(titles(&fixture.rows(ExportKind::PlexLibrary, None)), ["Heat", "Ronin"], "by title");
    let first = view.sums.runs(ExportFamily::Plex)[0].clone();

    fixture.put(ExportKind::PlexLibrary, &movies(&[["Movies", "Heat", "1"], ["4K", "Heat", "1"]]));
    let again = fixture.import(ExportFamily::Plex).await;
    assert_eq!((again.library, again.episodes, again.problems.len()), (2, 0, 0));
    let rows = fixture.rows(ExportKind::PlexLibrary, None);
    assert_eq!(
        (titles(&rows), rows[0]["run_timestamp"].as_str().unwrap()),
        (vec!["Heat", "Heat"], again.run_timestamp.as_str())
    );
    let gone = fixture.rows(ExportKind::PlexLibrary, Some(&first));
    assert_eq!(titles(&gone), ["Ronin"], "what vanished keeps its old stamp");
    assert_eq!(fixture.rows(ExportKind::PlexLibrary, Some("1999")), [Value::Null; 0]);
    assert_eq!(fixture.views.exports.get().sums.runs(ExportFamily::Plex), [again.run_timestamp, first]);
}

#[actix::test]
async fn no_row_is_lost_to_an_empty_key_and_libraries_are_kept_apart() {
    let fixture = ExportKeeperFixture::new();
    fixture.put(
        ExportKind::PlexLibrary,
        &movies(&[
            ["Movies", "Heat", ""],
            ["Movies", "Ronin", ""],
            ["4K", "Heat", ""],
            ["4K", "", "7"],
            ["4K", "", ""],
        ]),
    );
    assert_eq!(fixture.import(ExportFamily::Plex).await.library, 4, "a row that says nothing is not a row");
    assert_eq!(fixture.rows(ExportKind::PlexLibrary, None).len(), 4);
    let season = |library: &str| format!("\"{library}\";\"Dark\";\"1\";\"1,2\"\n");
    let file =
        "\"Library Name\";\"Show Name\";\"Season Number\";\"Episodes\"\n".to_owned() + &season("A") + &season("B");
    fixture.put(ExportKind::PlexEpisodes, &file);
    assert_eq!(fixture.import(ExportFamily::Plex).await.episodes, 2);
    let statistics = fixture.views.exports.get().sums.statistics(ExportFamily::Plex);
    assert_eq!((statistics.total_episode_records, statistics.latest_run_total_episodes), (2, Some(4)));
}

#[actix::test]
async fn an_export_without_rows_leaves_the_last_good_one_as_it_is() {
    let fixture = ExportKeeperFixture::new();
    fixture.put(ExportKind::PlexLibrary, &movies(&[["Movies", "Heat", "1"]]));
    let good = fixture.import(ExportFamily::Plex).await.run_timestamp;
    for empty in ["", "\"title\";\"ratingKey\"\n\"\";\"\"\n"] {
        fixture.put(ExportKind::PlexLibrary, empty);
        let imported = fixture.import(ExportFamily::Plex).await;
        assert_eq!((imported.library, imported.problems.len()), (0, 0));
        assert_eq!(titles(&fixture.rows(ExportKind::PlexLibrary, None)), ["Heat"]);
        assert_eq!(fixture.views.exports.get().sums.runs(ExportFamily::Plex), [good.as_str()]);
    }
}

#[actix::test]
async fn an_export_that_is_in_logs_is_not_taken_again_at_the_next_start() {
    let fixture = ExportKeeperFixture::new();
    fixture.put(
        ExportKind::OtherLibrary,
        "\"Library Name\";\"Library Type\";\"Id\";\"title\"\n\"Filme\";\"Movie\";\"a1\";\"Heat\"\n",
    );
    let run = fixture.import(ExportFamily::Other).await.run_timestamp;
    fixture.actor_system.stop();
    let mut worker = ExportWorker::open(&fixture.shared.data, &fixture.shared.store).unwrap();
    // A file is taken at the second look that finds it unchanged.
    for _ in 0..3 {
        worker.take_all().unwrap();
    }
    assert_eq!(worker.sums().runs(ExportFamily::Other), [run]);
    let rows = fixture.rows(ExportKind::OtherLibrary, None);
    assert_eq!((&rows[0]["media_id"], &rows[0]["library_type"]), (&json!("a1"), &json!("Movie")));
    assert_eq!(worker.sums().library_types().text("Filme"), Some("movie"));
}

#[actix::test]
async fn a_large_file_streams_through() {
    let fixture = ExportKeeperFixture::new();
    let many: Vec<_> = (0..5_000).map(|n| (format!("Title {n:05}"), n.to_string())).collect();
    let rows: Vec<_> = many.iter().map(|(title, key)| ["Movies", title.as_str(), key.as_str()]).collect();
    fixture.put(ExportKind::PlexLibrary, &movies(&rows));
    assert_eq!(fixture.import(ExportFamily::Plex).await.library, 5_000);
    assert_eq!(fixture.import(ExportFamily::Plex).await.library, 5_000);
    assert_eq!(fixture.views.exports.get().sums.statistics(ExportFamily::Plex).total_library_records, 5_000);
}

#[actix::test]
async fn the_oldest_schema_whose_migration_upstream_never_finished_gives_its_newest_rows() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("database")).unwrap();
    let file = folder.path().join("database/media_export.db");
    let columns = "library_name, library_type, title, rating_key";
    rusqlite::Connection::open(&file)
        .unwrap()
        .execute_batch(&format!(
            "CREATE TABLE plex_library_export (id INTEGER PRIMARY KEY AUTOINCREMENT, run_timestamp TEXT NOT NULL,
                 library_name TEXT, library_type TEXT, title TEXT NOT NULL, rating_key TEXT, created_at TIMESTAMP,
                 UNIQUE(run_timestamp, rating_key));
             CREATE TABLE plex_library_export_new (id INTEGER PRIMARY KEY, rating_key TEXT UNIQUE);
             INSERT INTO plex_library_export (run_timestamp, {columns}) VALUES
                 ('2025-11-02T00:00:00.000000', 'Movies', 'movie', 'Heat (new)', '1'),
                 ('2025-11-01T00:00:00.000000', 'Movies', 'movie', 'Heat (old)', '1'),
                 ('2025-11-01T00:00:00.000000', 'Movies', 'movie', 'Ronin', '2');"
        ))
        .unwrap();
    let fixture = ExportKeeperFixture::on(folder);
    fixture.until(|view| view.loaded).await;
    assert_eq!(titles(&fixture.rows(ExportKind::PlexLibrary, None)), ["Heat (new)"], "taken over at the first start");
    assert_eq!(titles(&fixture.rows(ExportKind::PlexLibrary, Some("2025-11-01T00:00:00.000000"))), ["Ronin"]);
    let moved = fixture.keeper.send(TakeOldExports { file }).await.unwrap().unwrap();
    assert_eq!((moved[0].found, moved[0].imported, moved[0].problem.as_deref()), (3, 0, None), "nothing comes twice");
    assert!(moved[1].problem.as_deref().unwrap().ends_with("has no table plex_episode_export"));
}

#[actix::test]
async fn an_export_is_told_once_it_is_shown() {
    let fixture = ExportKeeperFixture::new();
    let mut news = fixture.shared.facts.listen(None).live;
    let many: Vec<_> = (0..500).map(|n| (format!("Title {n}"), n.to_string())).collect();
    let rows: Vec<_> = many.iter().map(|(title, key)| ["Movies", title.as_str(), key.as_str()]).collect();
    fixture.put(ExportKind::PlexLibrary, &movies(&rows));
    let told = tokio::time::timeout(Duration::from_secs(30), news.recv()).await.expect("nothing was told");
    assert!(matches!(told.unwrap().fact, Fact::ExportImported { library: 500, .. }));
    assert_eq!(fixture.views.exports.get().sums.of(ExportKind::PlexLibrary).rows(), 500);
}
