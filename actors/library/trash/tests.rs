//! The Trash with an index that only remembers what it was told to look at.

use std::path::Path;
use std::sync::Mutex as SyncMutex;

use actix::{Actor, Context, Handler};

use super::*;
use crate::runtime::testing::Home;

use crate::config::{AssetPaths, ConfigView};
use crate::runs::{Mode, Outcome, RunId};
use crate::runtime::guard::{ActorSystem, Handle};

#[derive(Clone, Default)]
struct Index(Arc<SyncMutex<Vec<Refresh>>>);

impl Actor for Index {
    type Context = Context<Self>;
}

impl Handler<Refresh> for Index {
    type Result = ();

    fn handle(&mut self, refresh: Refresh, _: &mut Self::Context) {
        self.0.lock().unwrap().push(refresh);
    }
}

struct TrashFixture {
    folder: tempfile::TempDir,
    shared: Shared,
    views: Views,
    index: Index,
    actor_system: ActorSystem,
    trash: Handle<Trash>,
}

impl TrashFixture {
    fn new() -> Self {
        let Home { folder, shared, actor_system } = Home::make();
        let views = Views::default();
        let path = |name: &str| folder.path().join(name);
        let asset_paths = AssetPaths { assets: path("assets"), manual_assets: path("manual"), backup: path("backup") };
        views.config.publish(ConfigView { asset_paths, ..ConfigView::default() });
        let index = Index::default();
        let refresh = index.clone().start().recipient();
        let settings = TrashSettings { enabled: true, max_size: 25, max_age: None };
        let given = (shared.clone(), views.clone());
        let trash = actor_system.start(move || Trash::new(given.0.clone(), given.1.clone(), settings, refresh.clone()));
        Self { folder, shared, views, index, actor_system, trash }
    }

    fn write(&self, name: &str) {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "0123456789").unwrap();
    }

    async fn discard(&self, root: Root, paths: &[&str]) -> Vec<Result<Discarded, DiscardError>> {
        let paths = paths.iter().map(|path| (*path).to_owned()).collect();
        self.trash.send(Discard { root, paths }).await.unwrap()
    }

    fn told(&self) -> Vec<(Root, Vec<String>)> {
        self.index.0.lock().unwrap().drain(..).map(|Refresh { root, paths }| (root, paths)).collect()
    }

    fn is_there(&self, name: impl AsRef<Path>) -> bool {
        self.folder.path().join(name).try_exists().unwrap()
    }
}

impl Drop for TrashFixture {
    fn drop(&mut self) {
        self.actor_system.stop();
    }
}

#[actix::test]
async fn a_delete_is_answered_when_the_index_has_looked_and_the_view_shows_it() {
    let fixture = TrashFixture::new();
    fixture.write("manual/Movies/A/poster.jpg");
    let answers = fixture.discard(Root::Manual, &["Movies/A/poster.jpg", "../x.jpg", "nope.jpg"]).await;
    let id = answers[0].as_ref().unwrap().trash_id.clone().unwrap();
    assert_eq!(answers[1..], [Err(DiscardError::Forbidden), Err(DiscardError::Missing)]);
    assert_eq!(fixture.told(), [(Root::Manual, vec!["Movies/A/poster.jpg".to_owned()])]);
    assert_eq!(fixture.views.trash.get().entries[0].id, id);
    fixture.trash.send(Restore { id: id.clone() }).await.unwrap().unwrap();
    assert!(fixture.is_there("manual/Movies/A/poster.jpg"));
    assert_eq!(fixture.told(), [(Root::Manual, vec!["Movies/A/poster.jpg".to_owned()])]);
    assert!(fixture.views.trash.get().entries.is_empty());
    assert_eq!(fixture.trash.send(Restore { id }).await.unwrap(), Err(RestoreError::Unknown));
    assert!(fixture.told().is_empty(), "nothing changed, nothing to look at");
}

#[actix::test]
async fn what_does_not_fit_in_the_trash_has_no_id() {
    let fixture = TrashFixture::new();
    ["a", "b", "c"].iter().for_each(|name| fixture.write(&format!("assets/{name}.jpg")));
    let answers = fixture.discard(Root::Assets, &["a.jpg", "b.jpg", "c.jpg"]).await;
    let kept: Vec<_> = answers.iter().map(|answer| answer.as_ref().unwrap().trash_id.is_some()).collect();
    assert_eq!(kept, [false, true, true]);
    assert_eq!(fixture.views.trash.get().bytes, 20);
    assert!(
        fixture
            .trash
            .send(Purge { id: answers[1].as_ref().unwrap().trash_id.clone().unwrap() })
            .await
            .unwrap()
            .unwrap()
    );
    assert_eq!(fixture.trash.send(PurgeAll).await.unwrap().unwrap(), 1);
    assert_eq!(fixture.views.trash.get().bytes, 0);
}

#[actix::test]
async fn of_two_deletes_of_one_file_one_finds_it() {
    let fixture = TrashFixture::new();
    fixture.write("assets/a.jpg");
    let (one, other) =
        tokio::join!(fixture.discard(Root::Assets, &["a.jpg"]), fixture.discard(Root::Assets, &["a.jpg"]));
    assert_eq!([&one[0], &other[0]].iter().filter(|answer| answer.is_ok()).count(), 1);
    assert_eq!(fixture.views.trash.get().entries.len(), 1);
}

#[actix::test]
async fn what_a_run_cleared_is_in_the_trash_once_the_run_has_ended() {
    let fixture = TrashFixture::new();
    // Behind the look at the start.
    fixture.discard(Root::Assets, &["nope.jpg"]).await[0].as_ref().unwrap_err();
    fixture.write("cleared/20260101_000000/Movies/A/poster.jpg");
    let ended = Fact::RunFinished { run: RunId(1), mode: Mode::Normal, outcome: Outcome::Completed, seconds: 1.0 };
    fixture.shared.facts.publish(ended);
    let taken = fixture.views.trash.wait_for(|trash| !trash.entries.is_empty());
    let view = tokio::time::timeout(std::time::Duration::from_secs(20), taken).await.unwrap();
    assert_eq!(view.entries[0].path, "Movies/A/poster.jpg");
}
