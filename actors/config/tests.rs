//! The actor on real files, through its messages, its view and its facts.

use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::json;

use super::*;
use crate::runtime::events::Facts;
use crate::runtime::guard::{ActorSystem, Handle};

const PATIENCE: Duration = Duration::from_secs(10);
const LOCKED_FILE: &str = r#"{"WebUI": {"basicAuthEnabled": true, "basicAuthPassword": "secret"}}"#;

struct ConfigKeeperFixture {
    shared: Shared,
    shown: View<ConfigView>,
    actor_system: ActorSystem,
    keeper: Handle<ConfigKeeper>,
    levels: Arc<Mutex<Vec<&'static str>>>,
    _folder: tempfile::TempDir,
}

impl Drop for ConfigKeeperFixture {
    fn drop(&mut self) {
        self.actor_system.stop();
    }
}

fn settings(levels: &Arc<Mutex<Vec<&'static str>>>) -> ConfigSettings {
    let levels = levels.clone();
    ConfigSettings {
        container: false,
        fallback_level: None,
        set_level: Arc::new(move |level| levels.lock().unwrap().push(level)),
    }
}

/// A data folder with this `config.json`, and its store.
fn folder(config: Option<&str>) -> (tempfile::TempDir, DataDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let data = DataDir::new(folder.path()).unwrap();
    std::fs::create_dir_all(data.ui_logs()).unwrap();
    if let Some(config) = config {
        std::fs::write(data.config(), config).unwrap();
    }
    let store = Store::open(&data.store()).unwrap();
    (folder, data, store)
}

/// The view a daemon starts with.
fn start_on(data: &DataDir, store: &Store) -> ConfigView {
    first_view(data, store, &settings(&Arc::default()))
}

impl ConfigKeeperFixture {
    fn start(config: &str) -> Self {
        let (folder, data, store) = folder(Some(config));
        let levels = Arc::default();
        let settings = settings(&levels);
        let shared = Shared { data, store, facts: Facts::new() };
        let shown = View::new(first_view(&shared.data, &shared.store, &settings));
        let actor_system = ActorSystem::new(shared.facts.clone(), Arc::new(|name| panic!("{name} crashed too often")));
        let (for_actor, view) = (shared.clone(), shown.clone());
        let keeper = actor_system.start(move || ConfigKeeper::new(for_actor.clone(), view.clone(), settings.clone()));
        Self { shared, shown, actor_system, keeper, levels, _folder: folder }
    }

    fn write(&self, config: &str) {
        std::fs::write(self.shared.data.config(), config).unwrap();
    }

    async fn reread(&self) -> Arc<ConfigView> {
        self.keeper.send(Reread).await.unwrap();
        self.shown.get()
    }

    async fn save(&self, changes: Value) -> Result<WebUiSettings, WebUiSaveError> {
        let changes = changes.as_object().unwrap().clone();
        self.keeper.send(SaveWebUi { changes }).await.unwrap()
    }
}

fn is_closed(view: &ConfigView) -> bool {
    view.web_auth.enabled && view.web_auth.accepts("admin", "secret") && !view.web_auth.accepts("admin", "posterizarr")
}

#[test]
fn a_first_start_makes_the_default_file_or_copies_the_example() {
    let (_folder, data, store) = folder(None);
    let view = start_on(&data, &store);
    assert_eq!(view.problem, None);
    assert!(!view.web_auth.enabled);
    // This machine has no /assets.
    let own = |name: &str| data.root().join(name);
    assert_eq!(view.asset_paths.assets, own("assets"));
    let text = std::fs::read_to_string(data.config()).unwrap();
    let mut expected = keys::defaults();
    for (key, name) in [("AssetPath", "assets"), ("ManualAssetPath", "manualassets"), ("BackupPath", "assetsbackup")] {
        assert!(own(name).is_dir(), "{name}");
        expected["PrerequisitePart"][key] = json!(own(name));
    }
    assert_eq!(text, document::write(&expected).unwrap());

    let (_folder, data, store) = folder(None);
    std::fs::write(data.root().join("config.example.json"), LOCKED_FILE).unwrap();
    assert!(is_closed(&start_on(&data, &store)));
    assert_eq!(std::fs::read_to_string(data.config()).unwrap(), LOCKED_FILE);
}

#[test]
fn a_broken_file_keeps_the_door_closed_over_a_restart() {
    let (_folder, data, store) = folder(Some(LOCKED_FILE));
    assert!(is_closed(&start_on(&data, &store)));
    for broken in ["{", "", "[]", "\u{0}\u{0}"] {
        std::fs::write(data.config(), broken).unwrap();
        let view = start_on(&data, &store);
        assert!(is_closed(&view), "{broken:?}");
        let problem = view.problem.unwrap();
        assert!(
            problem.contains("config.json is broken") && problem.contains("last good one stays in force"),
            "{problem}"
        );
        assert_eq!(std::fs::read_to_string(data.config()).unwrap(), broken, "the user's file is left alone");
    }
    std::fs::write(data.config(), r#"{"WebUI": {"basicAuthEnabled": false}}"#).unwrap();
    assert!(!start_on(&data, &store).web_auth.enabled, "a good file is obeyed again");
}

#[test]
fn a_missing_file_is_restored_from_the_last_good_one() {
    let (_folder, data, store) = folder(Some(LOCKED_FILE));
    start_on(&data, &store);
    std::fs::remove_file(data.config()).unwrap();
    let view = start_on(&data, &store);
    assert!(is_closed(&view));
    assert_eq!(view.problem, None);
    assert!(document::parse(&std::fs::read(data.config()).unwrap()).is_ok());
}

#[test]
fn a_broken_file_without_an_earlier_one_locks_the_door() {
    let (_folder, data, store) = folder(Some("{"));
    let view = start_on(&data, &store);
    assert!(view.web_auth.enabled);
    for (user, password) in [("", ""), ("admin", "posterizarr")] {
        assert!(!view.web_auth.accepts(user, password));
    }
    assert!(view.problem.unwrap().contains("every password is refused"));
    std::fs::remove_file(data.config()).unwrap();
    std::fs::create_dir(data.config()).unwrap();
    assert!(start_on(&data, &store).problem.unwrap().contains("cannot be read"));
}

#[actix::test]
async fn an_edit_by_hand_is_noticed_within_two_seconds_and_told() {
    let fixture = ConfigKeeperFixture::start("{}");
    let mut facts = fixture.shared.facts.listen(None).live;
    let edited = std::time::Instant::now();
    fixture.write(LOCKED_FILE);
    let seen = fixture.shown.wait_for(is_closed);
    let view = tokio::time::timeout(PATIENCE, seen).await.unwrap();
    assert!(edited.elapsed() < Duration::from_secs(2), "{:?}", edited.elapsed());
    assert_eq!(view.generation, 1);
    let fact = tokio::time::timeout(PATIENCE, facts.recv()).await.unwrap().unwrap();
    assert_eq!(fact.fact, Fact::ConfigChanged { generation: 1 });
}

#[actix::test]
async fn a_file_that_breaks_changes_nothing_but_the_problem() {
    let fixture = ConfigKeeperFixture::start(LOCKED_FILE);
    fixture.write("{\"WebUI\": {\"basicAuthEnabled\": fal");
    let view = fixture.reread().await;
    assert!(is_closed(&view) && view.problem.is_some());
    assert_eq!(view.generation, 0);
    std::fs::remove_file(fixture.shared.data.config()).unwrap();
    let view = fixture.reread().await;
    assert!(is_closed(&view) && view.problem.as_ref().unwrap().contains("is missing"));
    fixture.write(LOCKED_FILE);
    let view = fixture.reread().await;
    assert!(is_closed(&view) && view.problem.is_none() && view.generation == 0, "as it was before");
    assert!(fixture.shared.facts.listen(Some(0)).missed.is_empty());
}

#[actix::test]
async fn a_change_that_keeps_size_and_time_is_noticed_and_a_touch_is_none() {
    let fixture = ConfigKeeperFixture::start(r#"{"PrerequisitePart": {"AssetPath": "/a"}}"#);
    let path = fixture.shared.data.config();
    let modified = std::fs::metadata(&path).unwrap().modified().unwrap();
    let set_time = |time| std::fs::File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
    assert_eq!(fixture.reread().await.generation, 0);
    fixture.write(r#"{"PrerequisitePart": {"AssetPath": "/b"}}"#);
    set_time(modified);
    let view = fixture.reread().await;
    assert_eq!(
        (view.generation, view.asset_paths.assets.as_path()),
        (1, Path::new("/b")),
        "followed without a restart"
    );
    set_time(modified + Duration::from_secs(5));
    assert_eq!(fixture.reread().await.generation, 1);
}

#[actix::test]
async fn a_level_is_stored_and_applied_and_a_wrong_one_changes_nothing() {
    let fixture = ConfigKeeperFixture::start("{}");
    let file = fixture.shared.data.webui_settings();
    assert!(matches!(fixture.save(json!({"log_level": 5})).await, Err(WebUiSaveError::Invalid(_))));
    assert!(!std::fs::exists(&file).unwrap());
    let saved = fixture.save(json!({"log_level": "debug", "own": {"a": 1}})).await.unwrap();
    assert_eq!(saved.level(), "DEBUG");
    assert_eq!(*fixture.levels.lock().unwrap(), ["INFO", "DEBUG"], "at the start and at the change");
    assert_eq!(fixture.shown.get().webui, saved);
    let again = start_on(&fixture.shared.data, &fixture.shared.store);
    assert_eq!(again.webui, saved, "the next start finds it");
}
