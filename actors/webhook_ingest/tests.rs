//! The WebhookIngest with a queue that keeps jobs as the ScriptSupervisor does.

use std::path::PathBuf;
use std::sync::Mutex;

use actix::{Actor, Context, Handler};
use serde_json::{Value, json};

use super::*;
use crate::commons::Views;
use crate::data_dir::DataDir;
use crate::events::Facts;
use crate::guard::{Handle, Troupe};
use crate::script_supervisor::{NewJob, Submitted};
use crate::store::{Store, StoreError};

#[derive(Clone, Default)]
struct Jobs {
    jobs: Arc<Mutex<Vec<NewJob>>>,
    full: Arc<Mutex<bool>>,
}

impl Actor for Jobs {
    type Context = Context<Self>;
}

impl Handler<SubmitJob> for Jobs {
    type Result = Result<Submitted, StoreError>;

    fn handle(&mut self, SubmitJob(job): SubmitJob, _: &mut Self::Context) -> Self::Result {
        if *self.full.lock().unwrap() {
            return Err(StoreError::Locked);
        }
        let mut jobs = self.jobs.lock().unwrap();
        if let Some(known) = jobs.iter().find(|known| known.dedupe == job.dedupe) {
            return Ok(Submitted::Duplicate { of: known.id.clone() });
        }
        let id = job.id.clone();
        jobs.push(job);
        Ok(Submitted::Queued { id })
    }
}

impl Handler<RemoveJob> for Jobs {
    type Result = Result<(), JobError>;

    fn handle(&mut self, _: RemoveJob, _: &mut Self::Context) -> Self::Result {
        Ok(())
    }
}

impl Handler<ListJobs> for Jobs {
    type Result = actix::MessageResult<ListJobs>;

    fn handle(&mut self, _: ListJobs, _: &mut Self::Context) -> Self::Result {
        actix::MessageResult(Vec::new())
    }
}

struct Stage {
    _folder: tempfile::TempDir,
    watcher: PathBuf,
    jobs: Jobs,
    commons: Commons,
    troupe: Troupe,
    ingest: Handle<WebhookIngest>,
}

impl Stage {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::new(folder.path()).unwrap();
        data.create().unwrap();
        let watcher = data.watcher();
        let store = Store::open(&data.store()).unwrap();
        let commons = Commons { data, store, facts: Facts::new(), views: Views::default() };
        let jobs = Jobs::default();
        let desk = jobs.clone().start();
        let queue =
            Queue { submit: desk.clone().recipient(), remove: desk.clone().recipient(), list: desk.recipient() };
        let settings = IngestSettings {
            arr_delay: Duration::from_secs(300),
            delays: BTreeMap::from([("sonarr.episodefiledelete".to_owned(), Duration::ZERO)]),
        };
        let troupe = Troupe::new(commons.facts.clone(), Arc::new(|_| {}));
        let given = commons.clone();
        let ingest = troupe.start(move || WebhookIngest::new(given.clone(), settings.clone(), queue.clone()));
        Self { _folder: folder, watcher, jobs, commons, troupe, ingest }
    }

    async fn arr(&self, body: &str) -> Result<Receipt, IngestError> {
        self.ingest.send(Receive { sender: Sender::Arr, body: body.as_bytes().to_vec() }).await.unwrap()
    }

    async fn tautulli(&self, body: &str) -> Result<Receipt, IngestError> {
        self.ingest.send(Receive { sender: Sender::Tautulli, body: body.as_bytes().to_vec() }).await.unwrap()
    }

    async fn view(&self, wanted: impl FnMut(&IngestView) -> bool) -> Arc<IngestView> {
        let wait = self.commons.views.ingest.wait_for(wanted);
        tokio::time::timeout(Duration::from_secs(30), wait).await.expect("the view never came")
    }

    fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.watcher).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    fn argument_vectors(&self) -> Vec<Vec<String>> {
        self.jobs.jobs.lock().unwrap().iter().map(|job| job.request.arguments()).collect()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.troupe.stop();
    }
}

#[actix::test]
async fn a_webhook_is_a_stored_job_and_a_file_before_it_is_answered() {
    let stage = Stage::new();
    let receipt = stage.arr(include_str!("samples/radarr_download.json")).await.unwrap();
    assert_eq!(receipt.message, "Trigger queued for Radarr");
    assert_eq!((receipt.kind, receipt.queued), (Kind::Queued, 1));
    assert_eq!(stage.files(), receipt.jobs);
    let file = std::fs::read_to_string(stage.watcher.join(&receipt.jobs[0])).unwrap();
    assert!(
        file.starts_with("[arr_platform]: Radarr\n[event]: Download\n[arr_movie_title]: Dune: Part Two\n"),
        "{file}"
    );
    let arguments = stage.argument_vectors().remove(0);
    assert_eq!(arguments[..4], ["-ArrTrigger", "-arr_platform", "Radarr", "-event"]);
    let wait = stage.jobs.jobs.lock().unwrap()[0].not_before.unwrap().signed_duration_since(Utc::now());
    assert!((290..=300).contains(&wait.num_seconds()), "{wait}");
}

#[actix::test]
async fn every_documented_payload_gives_the_documented_argument_vectors() {
    macro_rules! sample {
        ($name:literal) => {
            (
                $name,
                include_str!(concat!("samples/", $name, ".json")),
                include_str!(concat!("samples/", $name, ".arguments")),
            )
        };
    }
    for (name, payload, expected) in [
        sample!("sonarr_download"),
        sample!("sonarr_upgrade_double"),
        sample!("sonarr_import_complete"),
        sample!("radarr_download"),
        sample!("radarr_upgrade"),
        sample!("tautulli_movie"),
        sample!("tautulli_episode"),
        sample!("tautulli_season"),
    ] {
        let stage = Stage::new();
        let receipt =
            if name.starts_with("tautulli") { stage.tautulli(payload).await } else { stage.arr(payload).await }
                .unwrap();
        let vectors = stage.argument_vectors();
        assert_eq!(receipt.queued, vectors.len(), "{name}");
        // An argument a line, an empty line between jobs.
        let told: Vec<_> = vectors.iter().map(|vector| vector.join("\n") + "\n").collect();
        assert_eq!(told.join("\n"), expected, "{name}");
    }
    let stage = Stage::new();
    assert_eq!(stage.tautulli(include_str!("samples/tautulli_template.json")).await.unwrap().kind, Kind::Test);
    assert_eq!(stage.argument_vectors().len(), 0);
}

#[actix::test]
async fn sonarrs_real_sequence_gives_one_job_per_episode_and_import() {
    let stage = Stage::new();
    let download: Value = serde_json::from_str(include_str!("samples/sonarr_download.json")).unwrap();
    let mut grab = download.clone();
    grab["eventType"] = json!("Grab");
    assert_eq!(stage.arr(&grab.to_string()).await.unwrap().kind, Kind::Ignored);
    let first = stage.arr(&download.to_string()).await.unwrap();
    stage.view(|view| view.received.iter().any(|entry| entry.verdict == Kind::Queued)).await;
    let again = stage.arr(&download.to_string()).await.unwrap();
    assert_eq!((again.kind, again.queued), (Kind::Duplicate, 0));
    assert_eq!(again.jobs, first.jobs, "a duplicate answers with the job that does its work");
    // The run is over and the job gone from the queue; Import Complete still is the same delivery.
    stage.jobs.jobs.lock().unwrap().clear();
    let mut complete = download.clone();
    let file = complete.as_object_mut().unwrap().remove("episodeFile").unwrap();
    complete["episodeFiles"] = json!([file]);
    assert_eq!(stage.arr(&complete.to_string()).await.unwrap().jobs, first.jobs);
    let mut deleted = download.clone();
    deleted["eventType"] = json!("EpisodeFileDelete");
    deleted["deleteReason"] = json!("upgrade");
    assert_eq!(stage.arr(&deleted.to_string()).await.unwrap().kind, Kind::Ignored);
    let mut upgrade = download;
    upgrade["episodeFile"]["id"] = json!(9999);
    upgrade["isUpgrade"] = json!(true);
    let upgraded = stage.arr(&upgrade.to_string()).await.unwrap();
    assert_eq!(upgraded.queued, 1, "an upgrade after a finished run is a new run");
    assert_ne!(upgraded.jobs, first.jobs);
}

#[actix::test]
async fn tests_and_bad_input_are_answered_as_the_contract_says() {
    let stage = Stage::new();
    for test in ["", "  \n", include_str!("samples/sonarr_test.json"), include_str!("samples/radarr_test.json")] {
        assert_eq!(stage.arr(test).await.unwrap().message, "Test successful");
    }
    assert_eq!(stage.tautulli("").await.unwrap().message, "Test successful");
    assert_eq!(stage.tautulli("{}").await.unwrap().message, "Empty payload");
    for bad in ["{", "null", "[]", "7", "\u{feff}{}"] {
        assert!(matches!(stage.arr(bad).await, Err(IngestError::NotReadable(_))), "{bad:?}");
    }
    assert!(matches!(stage.arr(r#"{"eventType":"Download"}"#).await, Err(IngestError::Unprocessable(_))));
    let view = stage.view(|view| view.received.len() == 12).await;
    assert_eq!(view.received[0].verdict, Kind::Refused);
    assert_eq!(stage.files().len(), 0);
}

#[actix::test]
async fn what_cannot_be_stored_is_not_acknowledged() {
    let stage = Stage::new();
    *stage.jobs.full.lock().unwrap() = true;
    let refused = stage.tautulli(include_str!("samples/tautulli_movie.json")).await;
    assert!(matches!(refused, Err(IngestError::Storage(_))));
    assert_eq!(stage.files().len(), 0);
    *stage.jobs.full.lock().unwrap() = false;
    assert_eq!(
        stage.tautulli(include_str!("samples/tautulli_movie.json")).await.unwrap().message,
        "Tautulli trigger queued"
    );
}

#[actix::test]
async fn files_of_others_become_jobs_and_senseless_ones_are_told() {
    let stage = Stage::new();
    let written = "[RatingKey]: 1\n[mediatype]: movie\n";
    std::fs::write(stage.watcher.join("recently_added_20251125120000000_abc123.posterizarr"), written).unwrap();
    std::fs::write(stage.watcher.join("broken.posterizarr"), "nonsense").unwrap();
    let view = stage.view(|view| view.received.len() == 2).await;
    let refused = view.received.iter().find(|entry| entry.verdict == Kind::Refused).expect("the broken file is told");
    assert!(refused.reason.contains("no values") || refused.reason.contains("'mediatype'"), "{}", refused.reason);
    assert_eq!(
        stage.argument_vectors(),
        [["-Tautulli", "-RatingKey", "1", "-mediatype", "movie"].map(str::to_owned).to_vec()]
    );
    // A second file for the same item is not needed: its work waits already.
    std::fs::write(stage.watcher.join("second.posterizarr"), written).unwrap();
    stage.view(|view| view.received.len() == 3).await;
    assert_eq!(stage.files().len(), 2, "the second file is gone");
}

#[actix::test]
async fn the_file_of_a_waiting_job_says_what_a_later_file_for_its_title_asked_for() {
    let stage = Stage::new();
    let heat = |title| {
        format!("[arr_platform]: Radarr\n[event]: Download\n[arr_movie_title]: {title}\n[arr_movie_tmdb]: 949\n")
    };
    std::fs::write(stage.watcher.join("first.posterizarr"), heat("Heat")).unwrap();
    stage.view(|view| view.received.len() == 1).await;
    std::fs::write(stage.watcher.join("second.posterizarr"), heat("Heat, the longer cut")).unwrap();
    stage.view(|view| view.received.len() == 2).await;
    assert_eq!(stage.files(), ["first.posterizarr"]);
    let file = std::fs::read_to_string(stage.watcher.join("first.posterizarr")).unwrap();
    assert!(file.contains("[arr_movie_title]: Heat, the longer cut\n"), "{file}");
}

#[actix::test]
async fn the_file_goes_when_its_run_has_succeeded_and_stays_when_it_failed() {
    let stage = Stage::new();
    let job = stage.tautulli(include_str!("samples/tautulli_movie.json")).await.unwrap().jobs.remove(0);
    stage.view(|view| !view.received.is_empty()).await;
    for (n, outcome) in [(1, Outcome::Failed), (2, Outcome::Completed)] {
        let run = crate::runs::RunId(n);
        stage.commons.facts.publish(Fact::JobEnded { job: job.clone(), run, outcome });
        stage.view(|view| view.received[0].outcome == Some(outcome)).await;
        stage.ingest.send(crate::guard::Healthz).await.unwrap();
        assert_eq!(stage.files().len(), usize::from(outcome == Outcome::Failed));
    }
}

#[actix::test]
async fn a_replay_is_a_new_job_although_the_delivery_is_known() {
    let stage = Stage::new();
    let first = stage.arr(include_str!("samples/radarr_download.json")).await.unwrap();
    stage.view(|view| !view.received.is_empty()).await;
    stage.jobs.jobs.lock().unwrap().clear();
    let again = stage.ingest.send(Replay { id: 1 }).await.unwrap().unwrap();
    assert_eq!(again.queued, 1);
    assert_ne!(again.jobs, first.jobs);
    assert!(matches!(stage.ingest.send(Replay { id: 99 }).await.unwrap(), Err(IngestError::Missing(_))));
}
