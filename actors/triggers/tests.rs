//! The WebhookIngest with a queue that keeps jobs as the ScriptSupervisor does.

use std::path::PathBuf;
use std::sync::Mutex;

use actix::{Actor, Context, Handler};
use serde_json::{Value, json};

use super::*;
use crate::runtime::testing::Home;

use crate::runs::{NewJob, Submitted};
use crate::runtime::events::Facts;
use crate::runtime::guard::{ActorSystem, Handle};
use crate::store::StoreError;

#[derive(Clone, Default)]
struct Jobs {
    jobs: Arc<Mutex<Vec<NewJob>>>,
    full: Arc<Mutex<bool>>,
    /// Where it is told that a job has ended before its submitter hears that it is queued.
    at_once: Arc<Mutex<Option<Facts>>>,
}

impl Actor for Jobs {
    type Context = Context<Self>;
}

impl Handler<SubmitJobs> for Jobs {
    type Result = Result<Vec<Submitted>, StoreError>;

    fn handle(&mut self, SubmitJobs { jobs: new, renews }: SubmitJobs, _: &mut Self::Context) -> Self::Result {
        if *self.full.lock().unwrap() {
            return Err(StoreError::Locked);
        }
        let mut jobs = self.jobs.lock().unwrap();
        let submit = |job: NewJob| {
            let id = job.id.clone();
            if let Some(known) = jobs.iter_mut().find(|known| known.id == id) {
                if renews {
                    *known = job;
                }
                return Submitted::Known { id };
            }
            if let Some(known) = jobs.iter_mut().find(|known| known.dedupe == job.dedupe) {
                known.request = job.request;
                return Submitted::Duplicate { of: known.id.clone() };
            }
            jobs.push(job);
            if let Some(facts) = &*self.at_once.lock().unwrap() {
                let run = crate::runs::RunId(1);
                facts.publish(Fact::JobEnded { job: id.clone(), run, outcome: Outcome::Completed });
            }
            Submitted::Queued { id }
        };
        Ok(new.into_iter().map(submit).collect())
    }
}

impl Handler<RemoveFailedJobs> for Jobs {
    type Result = Result<Vec<String>, JobError>;

    fn handle(&mut self, _: RemoveFailedJobs, _: &mut Self::Context) -> Self::Result {
        Ok(Vec::new())
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

struct WebhookIngestFixture {
    _folder: tempfile::TempDir,
    watcher: PathBuf,
    jobs: Jobs,
    shared: Shared,
    shown: View<IngestView>,
    actor_system: ActorSystem,
    ingest: Handle<WebhookIngest>,
}

impl WebhookIngestFixture {
    fn new() -> Self {
        let Home { folder, shared, actor_system } = Home::make();
        let (watcher, shown) = (shared.data.watcher(), View::default());
        let jobs = Jobs::default();
        let desk = jobs.clone().start();
        let queue = QueueRecipients {
            submit: desk.clone().recipient(),
            remove: desk.clone().recipient(),
            remove_failed: desk.clone().recipient(),
            list: desk.recipient(),
        };
        let settings = IngestSettings {
            arr_delay: Duration::from_secs(300),
            delays: BTreeMap::from([("sonarr.episodefiledelete".to_owned(), Duration::ZERO)]),
        };
        let given = (shared.clone(), shown.clone());
        let ingest = actor_system
            .start(move || WebhookIngest::new(given.0.clone(), given.1.clone(), settings.clone(), queue.clone()));
        Self { _folder: folder, watcher, jobs, shared, shown, actor_system, ingest }
    }

    async fn arr(&self, body: &str) -> Result<Receipt, IngestError> {
        self.ingest.send(Receive { sender: Sender::Arr, body: body.as_bytes().to_vec() }).await.unwrap()
    }

    async fn tautulli(&self, body: &str) -> Result<Receipt, IngestError> {
        self.ingest.send(Receive { sender: Sender::Tautulli, body: body.as_bytes().to_vec() }).await.unwrap()
    }

    async fn view(&self, wanted: impl FnMut(&IngestView) -> bool) -> Arc<IngestView> {
        let wait = self.shown.wait_for(wanted);
        tokio::time::timeout(Duration::from_secs(30), wait).await.expect("the view never came")
    }

    fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.watcher).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.watcher.join(name), content).unwrap();
    }

    fn job_ends(&self, job: &str, outcome: Outcome) {
        self.jobs.jobs.lock().unwrap().retain(|known| known.id != job);
        self.shared.facts.publish(Fact::JobEnded { job: job.to_owned(), run: crate::runs::RunId(1), outcome });
    }

    /// Waits until this is true.
    async fn until(&self, what: &str, mut is_true: impl FnMut(&Self) -> bool) {
        for _ in 0..6_000 {
            if is_true(self) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("never: {what}");
    }

    fn argument_vectors(&self) -> Vec<Vec<String>> {
        self.jobs.jobs.lock().unwrap().iter().map(|job| job.request.arguments()).collect()
    }
}

impl Drop for WebhookIngestFixture {
    fn drop(&mut self) {
        self.actor_system.stop();
    }
}

#[actix::test]
async fn a_webhook_is_a_stored_job_and_a_file_before_it_is_answered() {
    let fixture = WebhookIngestFixture::new();
    let receipt = fixture.arr(include_str!("samples/radarr_download.json")).await.unwrap();
    assert_eq!(receipt.message, "Trigger queued for Radarr");
    assert_eq!((receipt.handling, receipt.queued), (Handling::Queued, 1));
    assert_eq!(fixture.files(), receipt.jobs);
    let file = std::fs::read_to_string(fixture.watcher.join(&receipt.jobs[0])).unwrap();
    assert!(
        file.starts_with("[arr_platform]: Radarr\n[event]: Download\n[arr_movie_title]: Dune: Part Two\n"),
        "{file}"
    );
    let arguments = fixture.argument_vectors().remove(0);
    assert_eq!(arguments[..4], ["-ArrTrigger", "-arr_platform", "Radarr", "-event"]);
    let wait = fixture.jobs.jobs.lock().unwrap()[0].not_before.unwrap().signed_duration_since(Utc::now());
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
        let fixture = WebhookIngestFixture::new();
        let receipt =
            if name.starts_with("tautulli") { fixture.tautulli(payload).await } else { fixture.arr(payload).await }
                .unwrap();
        let vectors = fixture.argument_vectors();
        assert_eq!(receipt.queued, vectors.len(), "{name}");
        // An argument a line, an empty line between jobs.
        let told: Vec<_> = vectors.iter().map(|vector| vector.join("\n") + "\n").collect();
        assert_eq!(told.join("\n"), expected, "{name}");
    }
    let fixture = WebhookIngestFixture::new();
    assert_eq!(
        fixture.tautulli(include_str!("samples/tautulli_template.json")).await.unwrap().handling,
        Handling::Test
    );
    assert_eq!(fixture.argument_vectors().len(), 0);
}

#[actix::test]
async fn sonarrs_real_sequence_gives_one_job_per_episode_and_import() {
    let fixture = WebhookIngestFixture::new();
    let download: Value = serde_json::from_str(include_str!("samples/sonarr_download.json")).unwrap();
    let mut grab = download.clone();
    grab["eventType"] = json!("Grab");
    assert_eq!(fixture.arr(&grab.to_string()).await.unwrap().handling, Handling::Ignored);
    let first = fixture.arr(&download.to_string()).await.unwrap();
    fixture.view(|view| view.received.iter().any(|entry| entry.handling == Handling::Queued)).await;
    let again = fixture.arr(&download.to_string()).await.unwrap();
    assert_eq!((again.handling, again.queued), (Handling::Duplicate, 0));
    assert_eq!(again.jobs, first.jobs, "a duplicate answers with the job that does its work");
    // The run is over and the job gone from the queue; Import Complete still is the same delivery.
    fixture.jobs.jobs.lock().unwrap().clear();
    let mut complete = download.clone();
    let file = complete.as_object_mut().unwrap().remove("episodeFile").unwrap();
    complete["episodeFiles"] = json!([file]);
    assert_eq!(fixture.arr(&complete.to_string()).await.unwrap().jobs, first.jobs);
    let mut deleted = download.clone();
    deleted["eventType"] = json!("EpisodeFileDelete");
    deleted["deleteReason"] = json!("upgrade");
    assert_eq!(fixture.arr(&deleted.to_string()).await.unwrap().handling, Handling::Ignored);
    let mut upgrade = download;
    upgrade["episodeFile"]["id"] = json!(9999);
    upgrade["isUpgrade"] = json!(true);
    let upgraded = fixture.arr(&upgrade.to_string()).await.unwrap();
    assert_eq!(upgraded.queued, 1, "an upgrade after a finished run is a new run");
    assert_ne!(upgraded.jobs, first.jobs);
}

#[actix::test]
async fn tests_and_bad_input_are_answered_as_the_contract_says() {
    let fixture = WebhookIngestFixture::new();
    for test in ["", "  \n", include_str!("samples/sonarr_test.json"), include_str!("samples/radarr_test.json")] {
        assert_eq!(fixture.arr(test).await.unwrap().message, "Test successful");
    }
    assert_eq!(fixture.tautulli("").await.unwrap().message, "Test successful");
    assert_eq!(fixture.tautulli("{}").await.unwrap().message, "Empty payload");
    for bad in ["{", "null", "[]", "7", "\u{feff}{"] {
        assert!(matches!(fixture.arr(bad).await, Err(IngestError::NotReadable(_))), "{bad:?}");
    }
    assert!(matches!(fixture.arr(r#"{"eventType":"Download"}"#).await, Err(IngestError::Unprocessable(_))));
    let view = fixture.view(|view| view.received.len() == 12).await;
    assert_eq!(view.received[0].handling, Handling::Refused);
    assert_eq!(fixture.files().len(), 0);
}

#[actix::test]
async fn what_cannot_be_stored_is_not_acknowledged() {
    let fixture = WebhookIngestFixture::new();
    *fixture.jobs.full.lock().unwrap() = true;
    let refused = fixture.tautulli(include_str!("samples/tautulli_movie.json")).await;
    assert!(matches!(refused, Err(IngestError::Storage(_))));
    assert_eq!(fixture.files().len(), 0);
    *fixture.jobs.full.lock().unwrap() = false;
    assert_eq!(
        fixture.tautulli(include_str!("samples/tautulli_movie.json")).await.unwrap().message,
        "Tautulli trigger queued"
    );
}

#[actix::test]
async fn files_of_others_become_jobs_and_senseless_ones_are_told() {
    let fixture = WebhookIngestFixture::new();
    let written = "[RatingKey]: 1\n[mediatype]: movie\n";
    std::fs::write(fixture.watcher.join("recently_added_20251125120000000_abc123.posterizarr"), written).unwrap();
    std::fs::write(fixture.watcher.join("broken.posterizarr"), "nonsense").unwrap();
    let view = fixture.view(|view| view.received.len() == 2).await;
    let refused =
        view.received.iter().find(|entry| entry.handling == Handling::Refused).expect("the broken file is told");
    assert!(refused.reason.contains("no values") || refused.reason.contains("'mediatype'"), "{}", refused.reason);
    assert_eq!(
        fixture.argument_vectors(),
        [["-Tautulli", "-RatingKey", "1", "-mediatype", "movie"].map(str::to_owned).to_vec()]
    );
    // A second file for the same item is not needed: its work waits already.
    std::fs::write(fixture.watcher.join("second.posterizarr"), written).unwrap();
    fixture.view(|view| view.received.len() == 3).await;
    assert_eq!(fixture.files().len(), 2, "the second file is gone");
}

#[actix::test]
async fn the_file_of_a_waiting_job_says_what_a_later_file_for_its_title_asked_for() {
    let fixture = WebhookIngestFixture::new();
    let heat = |title| {
        format!("[arr_platform]: Radarr\n[event]: Download\n[arr_movie_title]: {title}\n[arr_movie_tmdb]: 949\n")
    };
    std::fs::write(fixture.watcher.join("first.posterizarr"), heat("Heat")).unwrap();
    fixture.view(|view| view.received.len() == 1).await;
    std::fs::write(fixture.watcher.join("second.posterizarr"), heat("Heat, the longer cut")).unwrap();
    fixture.view(|view| view.received.len() == 2).await;
    assert_eq!(fixture.files(), ["first.posterizarr"]);
    let file = std::fs::read_to_string(fixture.watcher.join("first.posterizarr")).unwrap();
    assert!(file.contains("[arr_movie_title]: Heat, the longer cut\n"), "{file}");
}

#[actix::test]
async fn the_file_goes_when_its_run_has_succeeded_and_stays_when_it_failed() {
    let fixture = WebhookIngestFixture::new();
    let job = fixture.tautulli(include_str!("samples/tautulli_movie.json")).await.unwrap().jobs.remove(0);
    fixture.view(|view| !view.received.is_empty()).await;
    for (n, outcome) in [(1, Outcome::Failed), (2, Outcome::Completed)] {
        let run = crate::runs::RunId(n);
        fixture.shared.facts.publish(Fact::JobEnded { job: job.clone(), run, outcome });
        fixture.view(|view| view.received[0].result.is_some_and(|result| result.outcome == outcome)).await;
        fixture.ingest.send(crate::runtime::guard::Healthz).await.unwrap();
        assert_eq!(fixture.files().len(), usize::from(outcome == Outcome::Failed));
    }
}

#[actix::test]
async fn a_run_that_is_over_before_its_file_is_written_takes_the_file_along() {
    let fixture = WebhookIngestFixture::new();
    *fixture.jobs.at_once.lock().unwrap() = Some(fixture.shared.facts.clone());
    for sample in [include_str!("samples/radarr_download.json"), include_str!("samples/sonarr_download.json")] {
        fixture.arr(sample).await.unwrap();
        let view = fixture.view(|view| view.received.first().is_some_and(|first| first.result.is_some())).await;
        assert_eq!(view.received[0].result.unwrap().outcome, Outcome::Completed);
        fixture.until("the file goes", |fixture| fixture.files().is_empty()).await;
    }
}

#[actix::test]
async fn a_replay_is_a_new_job_although_the_delivery_is_known() {
    let fixture = WebhookIngestFixture::new();
    let first = fixture.arr(include_str!("samples/radarr_download.json")).await.unwrap();
    fixture.view(|view| !view.received.is_empty()).await;
    fixture.jobs.jobs.lock().unwrap().clear();
    let again = fixture.ingest.send(Replay { id: 1 }).await.unwrap().unwrap();
    assert_eq!(again.queued, 1);
    assert_ne!(again.jobs, first.jobs);
    assert!(matches!(fixture.ingest.send(Replay { id: 99 }).await.unwrap(), Err(IngestError::Missing(_))));
}

#[actix::test]
async fn a_file_that_was_empty_or_half_at_first_becomes_one_job_once_it_is_whole_however_it_is_encoded() {
    let fixture = WebhookIngestFixture::new();
    let whole = "[arr_platform]: Radarr\r\n[event]: Download\r\n[arr_movie_title]: Heat\r\n[arr_movie_tmdb]: 949\r\n";
    let wide: Vec<u8> = [0xff, 0xfe].into_iter().chain(whole.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    fixture.write("empty.posterizarr", "");
    fixture.write("mark.posterizarr", "\u{feff}");
    fixture.write("half.posterizarr", "[arr_platform]: Radarr\n[event]: Down");
    fixture.view(|view| view.received.len() == 1).await;
    let refused = fixture.shown.get().received[0].clone();
    assert_eq!((refused.handling, refused.reason.as_str()), (Handling::Refused, "it names no movie or series"));
    assert_eq!(refused.because[0].code, "no_subject");
    fixture.write("empty.posterizarr", format!("\u{feff}{whole}"));
    fixture.write("mark.posterizarr", wide.clone());
    fixture.write("half.posterizarr", whole);
    fixture.until("one job for all three", |fixture| fixture.files().len() == 1).await;
    let vectors = fixture.argument_vectors();
    assert_eq!(vectors.len(), 1);
    assert_eq!(vectors[0][..4], ["-ArrTrigger", "-arr_platform", "Radarr", "-event"]);
    let view = fixture.view(|view| view.received.len() >= 4).await;
    assert_eq!(view.received.iter().filter(|entry| entry.handling == Handling::Refused).count(), 1);
}

#[actix::test]
async fn a_refused_file_is_told_once_for_each_version_and_a_touch_is_a_version() {
    let fixture = WebhookIngestFixture::new();
    fixture.write("broken.posterizarr", "nonsense");
    fixture.view(|view| view.received.len() == 1).await;
    let touch = |seconds| {
        let file = std::fs::File::options().write(true).open(fixture.watcher.join("broken.posterizarr")).unwrap();
        file.set_modified(std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)).unwrap();
    };
    touch(1);
    fixture.view(|view| view.received.len() == 2).await;
    fixture.write("other.posterizarr", "[RatingKey]: 1\n[mediatype]: movie\n");
    fixture.view(|view| view.received.len() == 3).await;
    assert_eq!(fixture.argument_vectors().len(), 1, "and by then the broken one would have been told again");
}

#[actix::test]
async fn a_title_whose_identifier_comes_later_is_one_job_with_it() {
    let fixture = WebhookIngestFixture::new();
    fixture.write("a.posterizarr", "[arr_platform]: Radarr\n[arr_movie_title]: Heat\n");
    // Time enough for it to be taken if it were taken for whole.
    fixture.write("b.posterizarr", "[RatingKey]: 1\n[mediatype]: movie\n");
    fixture.view(|view| view.received.len() == 1).await;
    assert_eq!(fixture.argument_vectors().len(), 1);
    fixture.write("a.posterizarr", "[arr_platform]: Radarr\n[arr_movie_title]: Heat\n[arr_movie_tmdb]: 949\n");
    fixture.view(|view| view.received.len() == 2).await;
    let vectors = fixture.argument_vectors();
    assert!(vectors[1].contains(&"949".to_owned()) && vectors.len() == 2, "{vectors:?}");
}

#[actix::test]
async fn a_file_that_changes_after_it_was_read_is_not_deleted_but_read_again() {
    let fixture = WebhookIngestFixture::new();
    let movie = |key: u32| format!("[RatingKey]: {key}\n[mediatype]: movie\n");
    fixture.write("a.posterizarr", movie(1));
    fixture.view(|view| view.received.len() == 1).await;
    // While the job waits, it takes over what the file says now.
    fixture.write("a.posterizarr", movie(2));
    fixture.until("the job is renewed", |fixture| fixture.argument_vectors()[0].contains(&"2".to_owned())).await;
    fixture.view(|view| view.received.len() == 2).await;
    // Changed just before its run ends: the run knew nothing of it.
    fixture.write("a.posterizarr", movie(3));
    fixture.job_ends("a.posterizarr", Outcome::Completed);
    fixture
        .until("it is a new job", |fixture| fixture.argument_vectors().iter().any(|job| job.contains(&"3".to_owned())))
        .await;
    assert_eq!(fixture.files(), ["a.posterizarr"]);
    fixture.view(|view| view.received.iter().any(|entry| entry.id == 3)).await;
    // Only touched: its work is done.
    let file = std::fs::File::options().write(true).open(fixture.watcher.join("a.posterizarr")).unwrap();
    file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    fixture.job_ends("a.posterizarr", Outcome::Completed);
    fixture.until("it is gone", |fixture| fixture.files().is_empty()).await;
}

#[actix::test]
async fn a_webhook_and_a_trigger_file_of_one_item_without_identifier_are_one_job_and_so_is_a_replay() {
    let bodies = [
        json!({"eventType": "Download", "series": {"title": "Ghosts: ]: UK", "year": 2021}, "episodes": [{"seasonNumber": 1, "episodeNumber": 2}]}),
        json!({"eventType": "Download", "movie": {"title": "Heat (1995)"}}),
        json!({"eventType": "Download", "movie": {"title": "Heat", "year": 1995, "tmdbId": 0}}),
        json!({"eventType": "Download", "movie": {"title": "Heat", "year": 1995, "imdbId": "tt0113277"}}),
    ];
    // All begin at once: a file without identifier is given time to get one.
    let mut begun = Vec::new();
    for body in bodies {
        let fixture = WebhookIngestFixture::new();
        let job = fixture.arr(&body.to_string()).await.unwrap().jobs.remove(0);
        fixture.write("copy.posterizarr", std::fs::read(fixture.watcher.join(&job)).unwrap());
        begun.push((fixture, body, job));
    }
    for (fixture, body, job) in begun {
        fixture.until("the copy joined", |fixture| fixture.shown.get().received.len() >= 2).await;
        assert_eq!(fixture.shown.get().received[0].jobs, std::slice::from_ref(&job), "{body}");
        assert_eq!(fixture.ingest.send(Replay { id: 1 }).await.unwrap().unwrap().jobs, [job], "{body}");
        assert_eq!(fixture.argument_vectors().len(), 1);
    }
}

#[actix::test]
async fn an_event_of_ten_thousand_episodes_is_queued_in_parts_while_others_are_answered() {
    let fixture = WebhookIngestFixture::new();
    let event = |episodes: u32| {
        let episodes: Vec<_> =
            (1..=episodes).map(|n| json!({"seasonNumber": 1, "episodeNumber": n, "id": n})).collect();
        json!({"eventType": "Download", "series": {"title": "Long", "tvdbId": 7}, "episodes": episodes}).to_string()
    };
    let large = event(10_000);
    let answers = futures_util::future::join(fixture.arr(&large), async {
        let mut answered_meanwhile = 0;
        while fixture.jobs.jobs.lock().unwrap().len() < 10_000 {
            fixture.arr(include_str!("samples/radarr_test.json")).await.unwrap();
            answered_meanwhile += 1;
        }
        answered_meanwhile
    });
    let (receipt, answered_meanwhile) = answers.await;
    let receipt = receipt.unwrap();
    assert_eq!((receipt.queued, receipt.jobs.len()), (10_000, 10_000));
    assert!(answered_meanwhile > 10, "{answered_meanwhile}");
    let view = fixture.view(|view| view.received.iter().any(|entry| entry.handling == Handling::Queued)).await;
    let entry = view.received.iter().find(|entry| entry.handling == Handling::Queued).unwrap();
    assert!(entry.jobs.len() <= 200, "what is written anew for each job that ends stays small");
    assert_eq!(fixture.arr(&large).await.unwrap().queued, 0, "a second delivery is known whole");
    let refused = fixture.arr(&event(60_000)).await.unwrap_err();
    assert!(
        matches!(&refused, IngestError::Unprocessable(reason) if reason.english().contains("at most 10000")),
        "{refused}"
    );
}

#[actix::test]
async fn a_body_with_a_byte_order_mark_is_read() {
    let fixture = WebhookIngestFixture::new();
    let body = format!("\u{feff}{}", include_str!("samples/radarr_download.json"));
    assert_eq!(fixture.arr(&body).await.unwrap().queued, 1);
}
