//! The ImageChoices with a real AssetIndexer and a real Trash.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::answers::Answers;
use super::*;
use crate::library::assets::{AssetIndexer, IndexSettings, Refresh, Watch};
use crate::library::trash::TrashView;
use crate::library::{assets, trash};
use crate::runtime::testing;

use crate::config::{AssetPaths, ConfigView};
use crate::library::trash::{Restore, Trash, TrashSettings};
use crate::runs::{Mode, Outcome};
use crate::runtime::guard::{ActorSystem, Handle};
use crate::store::Store;

const HEADER: &str = "\"Title\";\"Type\";\"Rootfolder\";\"LibraryName\";\"Language\";\"Download Source\";\"Manual\";\"Fav Provider Link\"\n";

fn line(title: &str, language: &str) -> String {
    format!(
        "\"{title}\";\"Movie\";\"{title} (2000)\";\"Movies\";\"{language}\";\"https://a\";\"false\";\"https://b\"\n"
    )
}

struct ImageChoicesFixture {
    folder: Arc<tempfile::TempDir>,
    shared: Shared,
    views: Views,
    in_trash: View<TrashView>,
    actor_system: ActorSystem,
    indexer: Handle<AssetIndexer>,
    trash: Handle<Trash>,
    choices: Handle<ImageChoices>,
}

impl ImageChoicesFixture {
    fn new() -> Self {
        Self::on(Arc::new(tempfile::tempdir().unwrap()))
    }

    fn on(folder: Arc<tempfile::TempDir>) -> Self {
        let shared = testing::shared(&folder);
        let (views, in_trash) = (Views::default(), View::default());
        let assets = folder.path().join("assets");
        std::fs::create_dir_all(&assets).unwrap();
        let asset_paths = AssetPaths { assets, manual_assets: folder.path().join("manual"), ..AssetPaths::default() };
        views.config.publish(ConfigView { generation: 1, asset_paths, ..ConfigView::default() });
        let actor_system = ActorSystem::new(shared.facts.clone(), Arc::new(|_| {}));
        let seldom = Duration::from_secs(3600);
        let settings = IndexSettings { scan_every: seldom, watch: Watch::Off, poll_every: seldom };
        let (assets, config) = (views.assets.clone(), views.config.clone());
        let shown = assets::Views { assets, config, ..assets::Views::default() };
        let given = shared.clone();
        let indexer = actor_system.start(move || AssetIndexer::new(given.clone(), shown.clone(), settings.clone()));
        let (given, refresh) = (shared.clone(), indexer.clone().recipient());
        let shown = trash::Views { trash: in_trash.clone(), config: views.config.clone() };
        let settings = TrashSettings { enabled: true, max_size: u64::MAX, max_age: None };
        let trash = actor_system.start(move || Trash::new(given.clone(), shown.clone(), settings, refresh.clone()));
        let (given, shown, discard) = (shared.clone(), views.clone(), trash.clone().recipient());
        let choices = actor_system.start(move || ImageChoices::new(given.clone(), shown.clone(), discard.clone()));
        Self { folder, shared, views, in_trash, actor_system, indexer, trash, choices }
    }

    /// Starts anew on the same folder.
    async fn again(self) -> Self {
        let (folder, path) = (self.folder.clone(), self.shared.data.store());
        drop(self);
        // The threads of the actors hold the store until they have ended.
        let deadline = Instant::now() + Duration::from_secs(10);
        while Store::open(&path).is_err() {
            assert!(Instant::now() < deadline, "the store is not released");
            std::thread::sleep(Duration::from_millis(5));
        }
        let fixture = Self::on(folder);
        eventually("the rows are shown", || fixture.views.choices.get().needed > 0).await;
        fixture
    }

    fn csv(&self) -> PathBuf {
        self.shared.data.logs().join(FILE)
    }

    /// Begins a new file, as a run does: the old one is moved away.
    fn new_csv(&self, text: &str) {
        let moved = self.folder.path().join(format!("moved-{}", fastrand::u64(..)));
        if std::fs::exists(self.csv()).unwrap() {
            std::fs::rename(self.csv(), moved).unwrap();
        }
        std::fs::write(self.csv(), text).unwrap();
    }

    async fn import(&self) -> ImportStats {
        self.choices.send(ImportFile).await.unwrap().unwrap()
    }

    async fn add_file(&self, path: &str) {
        let file = self.views.config.get().asset_paths.assets.join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, path).unwrap();
        self.indexer.send(Refresh { root: Root::Assets, paths: vec![path.to_owned()] }).await.unwrap();
    }

    async fn notify_removed(&self, path: &str) {
        let before = self.views.assets.get().assets.clone();
        self.choices.send(FilesRemoved { paths: vec![path.to_owned()], before }).await.unwrap();
    }

    fn titles(&self) -> Vec<(u64, String)> {
        let rows = self.views.choices.get().rows.clone();
        rows.values().map(|kept| (kept.row.id, kept.row.title.clone())).collect()
    }

    async fn answers(&self) -> Arc<Answers> {
        self.choices.send(MakeAnswers).await.unwrap().unwrap()
    }

    async fn issues(&self) -> Vec<Value> {
        let overview: Value = serde_json::from_slice(&self.answers().await.overview.plain().unwrap()).unwrap();
        overview["categories"]["assets_with_issues"]["assets"].as_array().unwrap().clone()
    }

    fn run_finished(&self, run: u64) {
        let (mode, outcome) = (Mode::Normal, Outcome::Completed);
        self.shared.facts.publish(Fact::RunFinished { run: RunId(run), mode, outcome, seconds: 1.0 });
    }
}

impl Drop for ImageChoicesFixture {
    fn drop(&mut self) {
        self.actor_system.stop();
    }
}

fn fields(value: Value) -> row::ChoiceFields {
    serde_json::from_value(value).unwrap()
}

async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !holds() {
        assert!(Instant::now() < deadline, "never happened: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn owned(titles: &[(u64, &str)]) -> Vec<(u64, String)> {
    titles.iter().map(|(id, title)| (*id, (*title).to_owned())).collect()
}

#[actix::test]
async fn a_file_that_is_there_at_the_first_start_is_imported_once() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("Logs")).unwrap();
    std::fs::write(
        folder.path().join("Logs").join(FILE),
        format!("{HEADER}{}{}", line("Heat", "en"), line("Ran", "ja")),
    )
    .unwrap();
    let fixture = ImageChoicesFixture::on(Arc::new(folder));
    assert_eq!(fixture.issues().await.len(), 2, "answers wait for the first import");
    assert_eq!(fixture.titles(), owned(&[(1, "Heat"), (2, "Ran")]));
    fixture.choices.send(DeleteChoice { id: 1 }).await.unwrap().unwrap();
    fixture
        .choices
        .send(UpdateChoice { id: 2, fields: fields(json!({"Title": "Ran", "Manual": "Yes"})) })
        .await
        .unwrap()
        .unwrap();
    let fixture = fixture.again().await;
    let stats = fixture.import().await;
    assert_eq!((stats.added, stats.updated, stats.skipped), (0, 0, 2));
    assert_eq!(fixture.titles(), owned(&[(2, "Ran")]), "what the user deleted stays so");
    assert_eq!(fixture.views.choices.get().rows[&2].row.manual.as_deref(), Some("Yes"));
}

#[actix::test]
async fn lines_are_taken_as_they_are_written_and_a_later_runs_file_tells_new_facts() {
    let fixture = ImageChoicesFixture::new();
    fixture.new_csv(&format!("{HEADER}{}", line("Heat", "en")));
    eventually("the file is seen", || fixture.titles() == owned(&[(1, "Heat")])).await;
    fixture.choices.send(DeleteChoice { id: 1 }).await.unwrap().unwrap();
    let appended = format!("{}\"too\";\"few\"\n", line("Ran", "ja"));
    let mut text = std::fs::read_to_string(fixture.csv()).unwrap();
    text.push_str(&appended);
    std::fs::write(fixture.csv(), &text).unwrap();
    eventually("the new line is seen", || fixture.titles() == owned(&[(2, "Ran")])).await;
    let stats = fixture.import().await;
    assert_eq!((stats.skipped, stats.errors), (2, 1));
    assert_eq!(stats.error_details, ["Row 3: it has 2 fields, the header has 8"]);
    fixture.new_csv(&text);
    eventually("a later run made the image again", || fixture.titles() == owned(&[(2, "Ran"), (3, "Heat")])).await;
}

#[actix::test]
async fn what_a_run_left_is_taken_from_its_folder_once() {
    let fixture = ImageChoicesFixture::new();
    let kept = |run: u64| {
        let folder = fixture.shared.data.runs().join(run.to_string());
        std::fs::create_dir_all(&folder).unwrap();
        folder.join(FILE)
    };
    std::fs::write(kept(7), format!("{HEADER}{}", line("Heat", "en").trim_end())).unwrap();
    fixture.run_finished(7);
    eventually("the run's file is seen", || fixture.titles() == owned(&[(1, "Heat")])).await;
    fixture.choices.send(DeleteChoice { id: 1 }).await.unwrap().unwrap();
    std::fs::write(kept(7), format!("{HEADER}{}", line("Older", "en"))).unwrap();
    std::fs::write(kept(8), format!("{HEADER}{}", line("Ran", "ja"))).unwrap();
    fixture.run_finished(7);
    fixture.run_finished(8);
    eventually("the next run's file is seen", || fixture.titles() == owned(&[(2, "Ran")])).await;
}

#[actix::test]
async fn a_deleted_asset_takes_its_rows_along_and_a_restored_one_brings_them_back() {
    let fixture = ImageChoicesFixture::new();
    fixture.add_file("Movies/Heat (2000)/poster.jpg").await;
    fixture.new_csv(&format!("{HEADER}{}{}", line("Heat", "de"), line("Ran", "ja")));
    fixture.import().await;
    let twin = json!({"Title": "Heat twin", "Type": "Poster", "Rootfolder": "Heat (2000)", "LibraryName": "Movies"});
    assert_eq!(fixture.choices.send(CreateChoice(fields(twin))).await.unwrap().unwrap(), (3, true));
    let heat = fixture.issues().await.into_iter().find(|asset| asset["id"] == 1).unwrap();
    assert_eq!(
        (&heat["has_poster"], &heat["poster_url"]),
        (&json!(true), &json!("/poster_assets/Movies/Heat%20%282000%29/poster.jpg"))
    );

    let outcomes = fixture.choices.send(DeleteAssets { ids: vec![1, 1, 2, 99] }).await.unwrap();
    let entry = fixture.in_trash.get().entries[0].id.clone();
    let deleted = |title: &str, trash_id: Option<&String>| {
        let info = format!("Movies/{title} (2000) ({title})");
        Ok(AssetDeleted { info, file_deleted: trash_id.is_some(), trash_id: trash_id.cloned() })
    };
    let unknown = Err(DeleteAssetError::Unknown);
    assert_eq!(outcomes, [deleted("Heat", Some(&entry)), unknown.clone(), deleted("Ran", None), unknown]);
    assert!(fixture.titles().is_empty(), "the other row about the file went too");
    assert!(fixture.issues().await.is_empty());

    fixture.trash.send(Restore { id: entry }).await.unwrap().unwrap();
    eventually("the rows are back", || fixture.titles() == owned(&[(1, "Heat"), (3, "Heat twin")])).await;
    assert_eq!(fixture.again().await.titles(), owned(&[(1, "Heat"), (3, "Heat twin")]));
}

#[actix::test]
async fn rows_come_and_go_with_their_file_also_before_anybody_asked_for_answers() {
    let fixture = ImageChoicesFixture::new();
    fixture.add_file("Movies/Heat (2000)/poster.jpg").await;
    fixture.new_csv(&format!("{HEADER}{}", line("Heat", "de")));
    fixture.import().await;
    fixture.notify_removed("Movies/Heat (2000)/poster.jpg").await;
    assert!(fixture.titles().is_empty());
    fixture.choices.send(FilesReturned { paths: vec!["Movies/Heat (2000)/poster.jpg".to_owned()] }).await.unwrap();
    assert_eq!(fixture.titles(), owned(&[(1, "Heat")]));
    fixture.choices.send(FilesReturned { paths: vec!["Movies/Ran (2000)/poster.jpg".to_owned()] }).await.unwrap();
    assert_eq!(fixture.titles().len(), 1, "nothing is known of that one");
}

#[actix::test]
async fn another_file_at_the_place_of_a_deleted_one_is_another_image() {
    let fixture = ImageChoicesFixture::new();
    fixture.add_file("Movies/Heat (2000)/poster.jpg").await;
    fixture.new_csv(&format!("{HEADER}{}", line("Heat", "de")));
    fixture.import().await;
    fixture.answers().await;
    fixture.notify_removed("Movies/Heat (2000)/poster.jpg").await;
    assert!(fixture.titles().is_empty());
    fixture.answers().await;
    // The very file is still there: it is back with the next answers.
    eventually("the row is back", || fixture.titles() == owned(&[(1, "Heat")])).await;
    fixture.answers().await;
    fixture.notify_removed("Movies/Heat (2000)/poster.jpg").await;
    let file = fixture.views.config.get().asset_paths.assets.join("Movies/Heat (2000)/poster.jpg");
    std::fs::write(&file, "another").unwrap();
    fixture.indexer.send(Refresh { root: Root::Assets, paths: vec!["Movies".to_owned()] }).await.unwrap();
    fixture.answers().await;
    fixture.answers().await;
    assert!(fixture.titles().is_empty());
    fixture.new_csv(&format!("{HEADER}{}", line("Heat", "de")));
    fixture.import().await;
    assert_eq!(fixture.titles(), owned(&[(2, "Heat")]), "the run that made it tells of it");
}

#[actix::test]
async fn a_file_deleted_behind_our_back_only_changes_has_poster() {
    let fixture = ImageChoicesFixture::new();
    fixture.add_file("Movies/Heat (2000)/poster.jpg").await;
    fixture.new_csv(&format!("{HEADER}{}", line("Heat", "de")));
    fixture.import().await;
    assert_eq!(fixture.issues().await[0]["has_poster"], true);
    std::fs::remove_dir_all(fixture.views.config.get().asset_paths.assets.join("Movies")).unwrap();
    fixture.indexer.send(Refresh { root: Root::Assets, paths: vec!["Movies".to_owned()] }).await.unwrap();
    eventually("the answers follow by themselves", || {
        let view = fixture.views.choices.get();
        view.answers.as_ref().is_some_and(|answers| {
            String::from_utf8(answers.overview.plain().unwrap()).unwrap().contains("\"has_poster\":false")
        })
    })
    .await;
    assert_eq!((fixture.issues().await[0]["has_poster"].clone(), fixture.titles().len()), (json!(false), 1));
}

#[actix::test]
async fn a_burst_of_changes_makes_answers_a_few_times_only() {
    let fixture = ImageChoicesFixture::new();
    fixture.answers().await;
    let mut seen = fixture.views.choices.subscribe();
    let mut made = HashSet::new();
    for n in 0..200 {
        let fields = fields(json!({"Title": n.to_string(), "DownloadSource": "false"}));
        fixture.choices.send(CreateChoice(fields)).await.unwrap().unwrap();
        made.insert(seen.borrow_and_update().answers.as_ref().map(|answers| answers.basis.revision));
    }
    let view = fixture.views.choices.get();
    assert!(view.current(1).is_none(), "older answers are not given out to one who knows of the change");
    assert_eq!(fixture.issues().await.len(), 200);
    assert!(fixture.views.choices.get().current(1).is_some());
    assert!(made.len() < 50, "{} answers for 200 changes", made.len());
}

#[actix::test]
async fn given_rows_keep_their_ids_and_the_store_has_them() {
    let fixture = ImageChoicesFixture::new();
    fixture.new_csv(&format!("{HEADER}{}", line("Heat", "en")));
    fixture.import().await;
    let some = |text: &str| Some(text.to_owned());
    let row = |id, title: &str| ChoiceRow { id, title: title.to_owned(), manual: some("Yes"), ..ChoiceRow::default() };
    assert_eq!(fixture.choices.send(ImportRows(vec![row(1, "Old"), row(500, "Older")])).await.unwrap(), Ok(2));
    let expected = owned(&[(1, "Old"), (500, "Older"), (501, "Heat")]);
    assert_eq!(fixture.titles(), expected);
    assert_eq!(fixture.again().await.titles(), expected);
}

/// SEC 7: library and folder are what clients wrote, and lead nowhere but below the asset folder.
#[actix::test]
async fn a_row_that_names_a_place_outside_deletes_nothing_there() {
    let fixture = ImageChoicesFixture::new();
    let outside = fixture.folder.path().join("outside");
    std::fs::create_dir(&outside).unwrap();
    std::fs::write(outside.join("poster.jpg"), "x").unwrap();
    std::fs::create_dir_all(fixture.folder.path().join("assets/Movies")).unwrap();
    std::os::unix::fs::symlink(&outside, fixture.folder.path().join("assets/Movies/link")).unwrap();
    let absolute = outside.to_string_lossy().into_owned();
    for (library, folder) in [
        ("..", "outside"),
        ("Movies", "../../outside"),
        (absolute.as_str(), "."),
        ("/", "etc"),
        ("Movies", "link"),
        ("Movies", "a\0b"),
    ] {
        let row = json!({"Title": "Evil", "Type": "Movie", "Rootfolder": folder, "LibraryName": library});
        let (id, _) = fixture.choices.send(CreateChoice(fields(row))).await.unwrap().unwrap();
        let outcomes = fixture.choices.send(DeleteAssets { ids: vec![i64::try_from(id).unwrap()] }).await.unwrap();
        assert!(
            matches!(&outcomes[..], [Ok(AssetDeleted { file_deleted: false, .. })]),
            "{library}/{folder}: {outcomes:?}"
        );
        assert!(fixture.titles().is_empty(), "the row can be got rid of");
    }
    assert!(std::fs::exists(outside.join("poster.jpg")).unwrap());
}

#[actix::test]
async fn an_actor_that_fell_behind_still_takes_in_what_a_run_left() {
    let line_of_log = || Fact::LogLine { file: "Scriptlog.log".into(), line: "x".into(), skipped: 0 };
    let change = || Fact::ConfigChanged { generation: 1 };
    for noise in [line_of_log as fn() -> Fact, change] {
        let fixture = ImageChoicesFixture::new();
        eventually("it listens", || fixture.views.choices.get().needed > 0).await;
        let folder = fixture.shared.data.runs().join("7");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(FILE), format!("{HEADER}{}", line("Heat", "en"))).unwrap();
        let (hold, held) = crate::runtime::guard::testing::Hold::new();
        let answer = fixture.choices.send(hold);
        let let_go = held.recv().unwrap();
        let now = chrono::Utc::now();
        let begun = crate::runs::RunRecord::new(RunId(7), Mode::Normal, crate::runs::Trigger::Api, now);
        fixture.views.runs.publish(crate::runs::RunView {
            last: Some(Arc::new(begun.ended(now, Outcome::Completed))),
            ..crate::runs::RunView::default()
        });
        fixture.run_finished(7);
        (0..2_000).for_each(|_| fixture.shared.facts.publish(noise()));
        drop(let_go);
        answer.await.unwrap();
        eventually("the run's file is seen", || fixture.titles() == owned(&[(1, "Heat")])).await;
    }
}
