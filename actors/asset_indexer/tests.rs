use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::commons::Views;
use crate::config_keeper::{AssetPaths, ConfigView};
use crate::data_dir::DataDir;
use crate::events::Facts;
use crate::guard::{Handle, Troupe};
use crate::store::Store;

/// An indexer on its own folder.
pub struct Stage {
    pub folder: tempfile::TempDir,
    pub commons: Commons,
    pub troupe: Troupe,
    pub indexer: Handle<AssetIndexer>,
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.troupe.stop();
    }
}

pub fn write(root: &Path, name: &str, content: &str) {
    let path = root.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

impl Stage {
    pub fn new(files: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        files.iter().for_each(|name| write(folder.path(), name, name));
        let data = DataDir::new(folder.path()).unwrap();
        let store = Store::open(&data.store()).unwrap();
        let commons = Commons { data, store, facts: Facts::new(), views: Views::default() };
        commons.views.config.publish(ConfigView {
            asset_paths: AssetPaths {
                assets: folder.path().join("assets"),
                manual_assets: folder.path().join("manualassets"),
                backup: folder.path().join("assetsbackup"),
            },
            ..ConfigView::default()
        });
        let troupe = Troupe::new(commons.facts.clone(), Arc::new(|_| {}));
        let given = commons.clone();
        let settings = IndexSettings { scan_every: Duration::from_secs(3600) };
        let indexer = troupe.start(move || AssetIndexer::new(given.clone(), settings.clone()));
        Self { folder, commons, troupe, indexer }
    }

    pub async fn until(&self, wanted: impl FnMut(&AssetsView) -> bool) -> Arc<AssetsView> {
        tokio::time::timeout(Duration::from_secs(10), self.commons.views.assets.wait_for(wanted)).await.unwrap()
    }

    pub async fn scanned(&self) -> Arc<AssetsView> {
        self.until(|view| Root::ALL.iter().all(|root| view.state(*root).is_known())).await
    }

    pub async fn refresh(&self, paths: &[&str]) -> Arc<AssetsView> {
        let paths = paths.iter().map(ToString::to_string).collect();
        self.indexer.send(Refresh { root: Root::Assets, paths }).await.unwrap();
        self.commons.views.assets.get()
    }
}

#[actix::test]
async fn the_first_scan_fills_the_view_and_tells_of_it() {
    let stage = Stage::new(&["assets/Movies/Heat (1995)/poster.jpg", "manualassets/Movies/Heat/poster.jpg"]);
    let view = stage.scanned().await;
    assert_eq!(view.assets.get("Movies/Heat (1995)/poster.jpg").unwrap().size, 36);
    assert_eq!(view.assets.get("Movies/Heat (1995)"), None);
    assert_eq!(view.manual.totals().files(), 1);
    let told = stage.commons.facts.listen(Some(0)).missed;
    assert!(told.iter().any(|event| matches!(event.fact, Fact::AssetsChanged { root: Root::Assets, added: 1, .. })));
}

#[actix::test]
async fn a_refresh_is_answered_when_the_view_shows_it() {
    let stage = Stage::new(&["assets/Movies/Heat/poster.jpg", "assets/Movies/Ran/poster.jpg"]);
    stage.scanned().await;
    let assets = stage.folder.path().join("assets");
    std::fs::remove_file(assets.join("Movies/Heat/poster.jpg")).unwrap();
    std::fs::remove_dir_all(assets.join("Movies/Ran")).unwrap();
    write(&assets, "New/a/b/c/poster.jpg", "x");
    let view = stage.refresh(&["Movies/Heat/poster.jpg", "Movies/Ran/poster.jpg", "New/a/b/c/poster.jpg"]).await;
    assert_eq!(view.assets.totals().files(), 1);
    assert!(view.assets.get("New/a/b/c/poster.jpg").is_some());
    assert!(view.assets.folder("Movies/Ran").is_none() && view.assets.folder("Movies/Heat").is_some());
    write(&assets, "New/a/b/other.jpg", "x");
    assert_eq!(stage.refresh(&["New"]).await.assets.totals().files(), 2, "a folder is read with all below it");
}

#[actix::test]
async fn a_root_that_vanishes_keeps_its_index_and_says_so() {
    let stage = Stage::new(&["assets/Movies/Heat/poster.jpg"]);
    stage.scanned().await;
    let assets = stage.folder.path().join("assets");
    std::fs::rename(&assets, stage.folder.path().join("away")).unwrap();
    stage.indexer.send(Rescan).await.unwrap();
    let view = stage.commons.views.assets.get();
    assert!(view.assets_state.problem.as_ref().unwrap().contains("cannot be read"));
    assert_eq!(view.assets.totals().files(), 1);
    std::fs::create_dir(&assets).unwrap();
    stage.indexer.send(Rescan).await.unwrap();
    let view = stage.commons.views.assets.get();
    assert!(view.assets_state.problem.as_ref().unwrap().contains("mounted"), "an empty mount point is no library");
    assert_eq!(view.assets.totals().files(), 1);
    std::fs::remove_dir(&assets).unwrap();
    std::fs::rename(stage.folder.path().join("away"), &assets).unwrap();
    std::fs::remove_dir_all(assets.join("Movies")).unwrap();
    stage.indexer.send(Rescan).await.unwrap();
    let view = stage.commons.views.assets.get();
    assert_eq!((view.assets_state.problem.as_ref(), view.assets.totals().files()), (None, 0), "the user emptied it");
}
