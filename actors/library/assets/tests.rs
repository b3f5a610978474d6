use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::*;

use crate::config::{AssetPaths, ConfigView};
use crate::runtime::data_dir::DataDir;
use crate::runtime::events::Facts;
use crate::runtime::guard::{ActorSystem, Handle};
use crate::store::Store;

/// An indexer on its own folder.
pub struct AssetIndexerFixture {
    pub folder: tempfile::TempDir,
    pub shared: Shared,
    pub views: Views,
    pub actor_system: ActorSystem,
    pub indexer: Handle<AssetIndexer>,
}

impl Drop for AssetIndexerFixture {
    fn drop(&mut self) {
        self.actor_system.stop();
    }
}

pub fn write(root: &Path, name: &str, content: &str) {
    let path = root.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

impl AssetIndexerFixture {
    pub fn new(files: &[&str]) -> Self {
        Self::watching(Watch::Off, files)
    }

    pub fn watching(watch: Watch, files: &[&str]) -> Self {
        Self::on(tempfile::tempdir().unwrap(), watch, files)
    }

    pub fn on(folder: tempfile::TempDir, watch: Watch, files: &[&str]) -> Self {
        files.iter().for_each(|name| write(folder.path(), name, name));
        let data = DataDir::new(folder.path()).unwrap();
        // Not in the folder: the store of an earlier life may not be closed yet.
        let store = tempfile::tempdir().unwrap();
        let store = Store::open(store.path()).unwrap();
        let shared = Shared { data, store, facts: Facts::new() };
        let views = Views::default();
        views.config.publish(ConfigView {
            asset_paths: AssetPaths {
                assets: folder.path().join("assets"),
                manual_assets: folder.path().join("manualassets"),
                backup: folder.path().join("assetsbackup"),
            },
            ..ConfigView::default()
        });
        let actor_system = ActorSystem::new(shared.facts.clone(), Arc::new(|_| {}));
        let given = (shared.clone(), views.clone());
        // Often where a test polls: nothing else would find a change then.
        let poll_every = Duration::from_secs(if watch == Watch::Poll { 0 } else { 3600 });
        let settings = IndexSettings { scan_every: Duration::from_secs(3600), watch, poll_every };
        let indexer = actor_system.start(move || AssetIndexer::new(given.0.clone(), given.1.clone(), settings.clone()));
        Self { folder, shared, views, actor_system, indexer }
    }

    fn assets(&self) -> PathBuf {
        self.folder.path().join("assets")
    }

    /// The next life of the daemon on the same folder.
    fn restarted(mut self) -> Self {
        let folder = std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap());
        drop(self);
        Self::on(folder, Watch::Off, &[])
    }

    pub async fn until(&self, wanted: impl FnMut(&AssetsView) -> bool) -> Arc<AssetsView> {
        tokio::time::timeout(Duration::from_secs(30), self.views.assets.wait_for(wanted)).await.unwrap()
    }

    async fn eventually(&self, what: &str, mut condition: impl FnMut() -> bool) {
        for _ in 0..3000 {
            if condition() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("never happened: {what}");
    }

    pub async fn scanned(&self) -> Arc<AssetsView> {
        self.until(|view| Root::ALL.iter().all(|root| view.state(*root).is_known())).await
    }

    pub async fn refresh(&self, paths: &[&str]) -> Arc<AssetsView> {
        let paths = paths.iter().map(ToString::to_string).collect();
        self.indexer.send(Refresh { root: Root::Assets, paths }).await.unwrap();
        self.views.assets.get()
    }
}

#[actix::test]
async fn the_first_scan_fills_the_view_and_tells_of_it() {
    let fixture =
        AssetIndexerFixture::new(&["assets/Movies/Heat (1995)/poster.jpg", "manualassets/Movies/Heat/poster.jpg"]);
    let view = fixture.scanned().await;
    assert_eq!(view.assets.get("Movies/Heat (1995)/poster.jpg").unwrap().size, 36);
    assert_eq!(view.assets.get("Movies/Heat (1995)"), None);
    assert_eq!(view.manual.totals().files(), 1);
    // The fact follows the view, so that who hears it finds it there.
    let told = || fixture.shared.facts.listen(Some(0)).missed;
    let is_told = |event: &Arc<crate::runtime::events::Event>| {
        matches!(event.fact, Fact::AssetsChanged { root: Root::Assets, added: 1, .. })
    };
    fixture.eventually("the fact is told", || told().iter().any(is_told)).await;
}

#[actix::test]
async fn a_refresh_is_answered_when_the_view_shows_it() {
    let fixture = AssetIndexerFixture::new(&["assets/Movies/Heat/poster.jpg", "assets/Movies/Ran/poster.jpg"]);
    fixture.scanned().await;
    let assets = fixture.folder.path().join("assets");
    std::fs::remove_file(assets.join("Movies/Heat/poster.jpg")).unwrap();
    std::fs::remove_dir_all(assets.join("Movies/Ran")).unwrap();
    write(&assets, "New/a/b/c/poster.jpg", "x");
    let view = fixture.refresh(&["Movies/Heat/poster.jpg", "Movies/Ran/poster.jpg", "New/a/b/c/poster.jpg"]).await;
    assert_eq!(view.assets.totals().files(), 1);
    assert!(view.assets.get("New/a/b/c/poster.jpg").is_some());
    assert!(view.assets.folder("Movies/Ran").is_none() && view.assets.folder("Movies/Heat").is_some());
    write(&assets, "New/a/b/other.jpg", "x");
    assert_eq!(fixture.refresh(&["New"]).await.assets.totals().files(), 2, "a folder is read with all below it");
}

#[actix::test]
async fn a_root_that_vanishes_keeps_its_index_and_says_so() {
    let fixture = AssetIndexerFixture::new(&["assets/Movies/Heat/poster.jpg"]);
    fixture.scanned().await;
    let assets = fixture.folder.path().join("assets");
    std::fs::rename(&assets, fixture.folder.path().join("away")).unwrap();
    fixture.indexer.send(Rescan).await.unwrap();
    let view = fixture.views.assets.get();
    assert!(view.assets_state.problem.as_ref().unwrap().contains("cannot be read"));
    assert_eq!(view.assets.totals().files(), 1);
    std::fs::create_dir(&assets).unwrap();
    fixture.indexer.send(Rescan).await.unwrap();
    let view = fixture.views.assets.get();
    assert!(view.assets_state.problem.as_ref().unwrap().contains("mounted"), "an empty mount point is not a library");
    assert_eq!(view.assets.totals().files(), 1);
    std::fs::remove_dir(&assets).unwrap();
    std::fs::rename(fixture.folder.path().join("away"), &assets).unwrap();
    std::fs::remove_dir_all(assets.join("Movies")).unwrap();
    fixture.indexer.send(Rescan).await.unwrap();
    let view = fixture.views.assets.get();
    assert_eq!((view.assets_state.problem.as_ref(), view.assets.totals().files()), (None, 0), "the user emptied it");
}

#[actix::test]
async fn a_folder_that_is_not_there_yet_is_empty_and_found_later() {
    let fixture = AssetIndexerFixture::new(&[]);
    let view = fixture.scanned().await;
    assert_eq!((view.assets_state.problem.as_ref(), view.assets_state.is_missing), (None, true));
    write(&fixture.assets(), "Movies/Heat/poster.jpg", "x");
    fixture.indexer.send(Rescan).await.unwrap();
    let view = fixture.views.assets.get();
    assert_eq!((view.assets.totals().files(), view.assets_state.is_missing), (1, false));
}

#[actix::test]
async fn a_folder_that_cannot_be_read_keeps_what_was_known_of_it() {
    let fixture = AssetIndexerFixture::new(&["assets/Movies/Heat/poster.jpg", "assets/Shows/Dark/poster.jpg"]);
    fixture.scanned().await;
    // A folder becomes unreadable for root too when it is too long to be opened by its path; a loop of names does that.
    let mut deep = fixture.assets().join("Movies/Heat");
    (0..70).for_each(|_| deep = deep.join("d"));
    std::fs::create_dir_all(&deep).unwrap();
    std::fs::remove_dir_all(fixture.assets().join("Shows/Dark")).unwrap();
    fixture.indexer.send(Rescan).await.unwrap();
    let view = fixture.views.assets.get();
    assert!(view.assets.get("Movies/Heat/poster.jpg").is_some());
    assert!(view.assets.folder("Shows/Dark").is_none(), "the rest is taken over");
    assert_eq!(view.assets_state.problem, None);
}

#[actix::test]
async fn odd_files_are_pictures_only_where_they_can_be_served() {
    let fixture = AssetIndexerFixture::new(&[
        "assets/Movies/@eaDir/thumb.jpg",
        "assets/Movies/.posterizarrd-1.jpg",
        "assets/Movies/.posterizarr-engine-1.jpg",
        "assets/Movies/...And Justice/poster.jpg",
        "assets/Movies/Heat/poster.JPG",
        "assets/Movies/Heat/poster.tbn",
        "assets/Movies/dir.jpg/notes.txt",
        "outside/secret.jpg",
    ]);
    let movies = fixture.assets().join("Movies");
    for (target, link) in [
        ("../../outside/secret.jpg", "out.jpg"),
        ("../../outside", "outside"),
        ("Heat/poster.JPG", "in.jpg"),
        ("Heat", "same"),
        ("nowhere.jpg", "broken.jpg"),
        ("loop.jpg", "loop.jpg"),
    ] {
        std::os::unix::fs::symlink(target, movies.join(link)).unwrap();
    }
    fixture.indexer.send(Rescan).await.unwrap();
    let index = fixture.views.assets.get().assets.clone();
    let mut walk = index::Walk::over(&index, "", None);
    let files: Vec<_> = std::iter::from_fn(|| walk.next().map(|image| image.path.to_owned())).collect();
    assert_eq!(files, ["Movies/...And Justice/poster.jpg", "Movies/Heat/poster.JPG", "Movies/in.jpg"]);
    assert_eq!(index.get("Movies/in.jpg").unwrap().size, 29, "a link has the size of what it leads to");
    let movies = index.folder("Movies").unwrap();
    let folders: Vec<_> = movies.folders().iter().map(|folder| (folder.name(), folder.is_link())).collect();
    assert_eq!(folders, [("...And Justice", false), ("Heat", false), ("dir.jpg", false), ("same", true)]);
    assert_eq!(movies.entries(), 11, "all but @eaDir");
}

#[actix::test]
async fn recycle_bins_and_sidecars_are_no_part_of_the_library_and_dotted_titles_are() {
    let fixture = AssetIndexerFixture::watching(
        Watch::Auto,
        &[
            "assets/Movies/.hack/poster.jpg",
            "assets/Movies/Heat/poster.jpg",
            "assets/Movies/Heat/._poster.jpg",
            "assets/Movies/Heat/Thumbs.db",
            "assets/Movies/.DS_Store",
            "assets/#recycle/Old (1999)/poster.jpg",
            "assets/$RECYCLE.BIN/S-1-5-21/poster.jpg",
            "assets/.Trash-1000/files/Old (1999)/poster.jpg",
            "assets/Movies/.AppleDouble/Heat/poster.jpg",
            "assets/lost+found/poster.jpg",
        ],
    );
    fixture.scanned().await;
    let assets = fixture.assets();
    std::os::unix::fs::symlink("Heat", assets.join("Movies/same")).unwrap();
    write(&assets, "Movies/#recycle/Gone/poster.jpg", "binned");
    write(&assets, "Movies/Heat/._background.jpg", "sidecar");
    std::fs::rename(assets.join("lost+found"), assets.join("Found")).unwrap();
    let view = fixture.until(|view| view.assets.get("Found/poster.jpg").is_some()).await;
    assert!(view.assets.get("Movies/.hack/poster.jpg").is_some());
    assert_eq!(view.assets.totals().files(), 3);
    assert_eq!(view.assets.folder("Movies/Heat").unwrap().entries(), 1, "sidecars do not count");
    fixture.indexer.send(Rescan).await.unwrap();
    let view = fixture.views.assets.get();
    assert_eq!(view.assets.totals().files(), 3);
    assert_eq!(view.assets.folder("Movies/same").unwrap().entries(), 1, "nor behind a link");
    std::fs::rename(assets.join("Movies/Heat"), assets.join("#recycle/Heat")).unwrap();
    fixture.until(|view| view.assets.totals().files() == 2).await;
}

#[actix::test]
async fn names_that_are_not_utf_8_are_counted_with_an_example_until_they_are_renamed() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let fixture = AssetIndexerFixture::watching(Watch::Auto, &["assets/Movies/Heat/poster.jpg"]);
    let movies = fixture.assets().join("Movies");
    let odd = movies.join(OsStr::from_bytes(b"Latin1 M\xfcnchen"));
    std::fs::create_dir(&odd).unwrap();
    std::fs::write(movies.join(OsStr::from_bytes(b"K\xf6ln.jpg")), "x").unwrap();
    std::fs::write(movies.join(OsStr::from_bytes(b"K\xf6ln.txt")), "no picture").unwrap();
    fixture.indexer.send(Rescan).await.unwrap();
    let state = fixture.views.assets.get().assets_state.clone();
    assert_eq!(state.unreadable_names, 2);
    assert!(state.unreadable_name.is_some_and(|name| name.contains('\u{fffd}')));
    assert_eq!(fixture.views.assets.get().assets.folder("Movies").unwrap().entries(), 1);
    std::fs::rename(&odd, movies.join("Latin1 München")).unwrap();
    let refresh = Refresh { root: Root::Assets, paths: vec!["Movies".to_owned()] };
    fixture.indexer.send(refresh).await.unwrap();
    let view = fixture.until(|view| view.assets_state.unreadable_names == 1).await;
    assert!(view.assets_state.unreadable_name.as_deref().is_some_and(|name| name.starts_with("Movies/K")));
}

#[actix::test]
async fn changes_are_heard_of() {
    let fixture = AssetIndexerFixture::watching(Watch::Auto, &["assets/Movies/Heat/poster.jpg"]);
    fixture.scanned().await;
    let assets = fixture.assets();
    assert_eq!(fixture.views.assets.get().assets_state.noticing, ChangeDetection::Events);
    write(&assets, "Movies/Heat/background.jpg", "new");
    fixture.until(|view| view.assets.get("Movies/Heat/background.jpg").is_some()).await;
    write(&assets, "Movies/Heat/poster.jpg", "changed");
    fixture.until(|view| view.assets.get("Movies/Heat/poster.jpg").is_some_and(|entry| entry.size == 7)).await;
    std::fs::rename(assets.join("Movies/Heat"), assets.join("Movies/Heat (1995)")).unwrap();
    fixture.until(|view| view.assets.get("Movies/Heat (1995)/poster.jpg").is_some()).await;
    write(&assets, "Movies/Heat (1995)/Season01.jpg", "in a renamed folder");
    let view = fixture.until(|view| view.assets.get("Movies/Heat (1995)/Season01.jpg").is_some()).await;
    assert!(view.assets.folder("Movies/Heat").is_none());
    std::fs::remove_file(assets.join("Movies/Heat (1995)/poster.jpg")).unwrap();
    fixture.until(|view| view.assets.get("Movies/Heat (1995)/poster.jpg").is_none()).await;
    for n in 0..200 {
        write(&assets, &format!("a/b/c/{n}.jpg"), "x");
    }
    fixture.until(|view| view.assets.folder("a/b/c").is_some_and(|folder| folder.files().len() == 200)).await;
    std::fs::remove_dir_all(assets.join("a")).unwrap();
    write(&assets, "a/b/c/again.jpg", "a folder in the place of another");
    fixture.until(|view| view.assets.totals().files() == 3).await;
    write(&assets, "a/b/c/later.jpg", "and it is watched");
    fixture.until(|view| view.assets.totals().files() == 4).await;
}

/// Asks for what listens to the asset folder.
#[derive(Message)]
#[rtype(result = "Option<Arc<Watcher>>")]
struct TheWatcher;

impl Handler<TheWatcher> for AssetIndexer {
    fn answer(&mut self, _: TheWatcher, _: &mut Ctx<Self>) -> Reply<Option<Arc<Watcher>>> {
        self.assets.watcher().into()
    }
}

#[actix::test]
async fn polling_finds_what_no_event_tells() {
    let fixture = AssetIndexerFixture::watching(Watch::Poll, &["assets/Movies/Heat/poster.jpg", "manualassets/a.jpg"]);
    let view = fixture.scanned().await;
    assert_eq!(
        (view.assets_state.noticing, view.assets_state.watch_problem.as_ref()),
        (ChangeDetection::Polling, None)
    );
    assert!(fixture.indexer.send(TheWatcher).await.unwrap().is_none(), "nobody listens");
    write(&fixture.assets(), "Movies/Ran/poster.jpg", "x");
    write(fixture.folder.path(), "manualassets/b.jpg", "x");
    std::fs::remove_file(fixture.assets().join("Movies/Heat/poster.jpg")).unwrap();
    let polled = |view: &AssetsView| {
        view.assets.get("Movies/Ran/poster.jpg").is_some()
            && view.assets.get("Movies/Heat/poster.jpg").is_none()
            && view.manual.totals().files() == 2
    };
    fixture.until(polled).await;
}

#[actix::test]
async fn where_the_system_has_no_room_for_more_watches_it_is_polled_and_that_is_told() {
    let fixture = AssetIndexerFixture::watching(Watch::Auto, &["assets/Movies/Heat/poster.jpg"]);
    assert_eq!(fixture.scanned().await.assets_state.noticing, ChangeDetection::Events);
    fixture.indexer.send(TheWatcher).await.unwrap().unwrap().fill();
    let ceased = |view: &AssetsView| view.assets_state.noticing == ChangeDetection::Polling;
    let view = fixture.until(ceased).await;
    assert!(view.assets_state.watch_problem.as_ref().unwrap().contains("fs.inotify.max_user_watches"));
    assert!(view.manual_state.watch_problem.is_none(), "the other folder is listened to");
    assert!(fixture.indexer.send(TheWatcher).await.unwrap().is_none());
}

#[actix::test]
async fn the_index_is_right_after_more_events_than_the_queue_holds() {
    let fixture = AssetIndexerFixture::watching(Watch::Auto, &["assets/Movies/Heat/poster.jpg"]);
    fixture.scanned().await;
    let most: usize =
        std::fs::read_to_string("/proc/sys/fs/inotify/max_queued_events").unwrap().trim().parse().unwrap();
    // Two folders with a file each in turn: events that follow each other are never the same, so none are merged.
    for folder in ["x", "y"] {
        std::fs::create_dir(fixture.assets().join(folder)).unwrap();
    }
    fixture.until(|view| view.assets.folder("y").is_some()).await;
    let watcher = fixture.indexer.send(TheWatcher).await.unwrap().unwrap();
    let paused = watcher.pause();
    for n in 0..most {
        let path = fixture.assets().join(["x", "y"][n % 2]).join("p.jpg");
        if n % 4 < 2 { std::fs::write(path, "x").unwrap() } else { std::fs::remove_file(path).unwrap() }
    }
    write(&fixture.assets(), "Movies/Last/poster.jpg", "its event does not fit any more");
    drop(paused);
    fixture.eventually("it is told that the queue spilled", || watcher.spills() > 0).await;
    let view = fixture.until(|view| view.assets.get("Movies/Last/poster.jpg").is_some()).await;
    let left = |folder| u64::from(fixture.assets().join(folder).join("p.jpg").try_exists().unwrap());
    assert_eq!(view.assets.totals().files(), 2 + left("x") + left("y"));
}

#[actix::test]
async fn the_next_daemon_answers_with_what_the_last_one_knew() {
    let fixture = AssetIndexerFixture::new(&["assets/Movies/Heat/poster.jpg", "assets/Movies/Ran/poster.jpg"]);
    fixture.scanned().await;
    let kept = fixture.shared.data.asset_index();
    fixture.eventually("the index is kept", || kept.try_exists().unwrap()).await;
    let (assets, away) = (fixture.assets(), fixture.folder.path().join("away"));
    std::fs::rename(&assets, &away).unwrap();
    let fixture = fixture.restarted();
    let view = fixture.until(|view| view.assets_state.problem.is_some()).await;
    assert_eq!((view.assets_state.knowledge, view.assets.totals().files()), (Freshness::Stale, 2));
    std::fs::create_dir(&assets).unwrap();
    fixture.indexer.send(Rescan).await.unwrap();
    let view = fixture.views.assets.get();
    assert!(view.assets_state.problem.as_ref().unwrap().contains("mounted"), "an empty mount point is not a library");
    std::fs::remove_dir(&assets).unwrap();
    std::fs::rename(&away, &assets).unwrap();
    std::fs::remove_file(assets.join("Movies/Ran/poster.jpg")).unwrap();
    fixture.indexer.send(Rescan).await.unwrap();
    let view = fixture.views.assets.get();
    assert_eq!((view.assets_state.knowledge, view.assets.totals().files()), (Freshness::Current, 1));
}

#[actix::test]
async fn a_damaged_or_foreign_snapshot_costs_a_scan_and_nothing_else() {
    for content in [&b""[..], b"pzr-index", b"pzr-index\x01\0\0\0 and then something else"] {
        let folder = tempfile::tempdir().unwrap();
        let kept = DataDir::new(folder.path()).unwrap().asset_index();
        std::fs::create_dir_all(kept.parent().unwrap()).unwrap();
        std::fs::write(&kept, content).unwrap();
        std::fs::write(kept.with_file_name(".posterizarrd-half.tmp"), "a write that was cut off").unwrap();
        let fixture = AssetIndexerFixture::on(folder, Watch::Off, &["assets/Movies/Heat/poster.jpg"]);
        fixture
            .eventually("what is half-written goes", || {
                !kept.with_file_name(".posterizarrd-half.tmp").try_exists().unwrap()
            })
            .await;
        assert_eq!(fixture.scanned().await.assets.totals().files(), 1);
        fixture.eventually("it is replaced", || snapshot::Snapshot::load(&kept).is_ok()).await;
    }
}

#[actix::test]
async fn another_asset_path_is_followed_at_run_time() {
    let fixture =
        AssetIndexerFixture::watching(Watch::Auto, &["assets/Movies/Heat/poster.jpg", "other/Shows/Dark/poster.jpg"]);
    let before = fixture.scanned().await.generation;
    let config = fixture.views.config.get();
    let mut paths = config.asset_paths.clone();
    paths.assets = fixture.folder.path().join("other");
    fixture.views.config.publish(ConfigView { asset_paths: paths, ..config.as_ref().clone() });
    let view = fixture.until(|view| view.assets.get("Shows/Dark/poster.jpg").is_some()).await;
    assert!(view.assets.get("Movies/Heat/poster.jpg").is_none() && view.generation > before);
    write(&fixture.folder.path().join("other"), "Shows/Dark/Season01.jpg", "x");
    fixture.until(|view| view.assets.get("Shows/Dark/Season01.jpg").is_some()).await;
}

#[actix::test]
async fn a_run_that_ended_and_new_library_types_make_the_index_new() {
    let fixture = AssetIndexerFixture::new(&["assets/Movies/Heat/poster.jpg"]);
    let before = fixture.scanned().await.generation;
    write(&fixture.assets(), "Movies/Ran/poster.jpg", "made by the run");
    let run = crate::runs::RunId(1);
    let (mode, outcome) = (crate::runs::Mode::Normal, crate::runs::Outcome::Completed);
    fixture.shared.facts.publish(Fact::RunFinished { run, mode, outcome, seconds: 1.0 });
    let after = fixture.until(|view| view.assets.totals().files() == 2).await.generation;
    assert!(after > before);
    fixture.views.library_types.publish(crate::servers::library_types::LibraryTypes::default());
    fixture.until(|view| view.generation > after).await;
}
