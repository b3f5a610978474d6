//! The last received webhooks, in memory and in the store: did it arrive, and what became of it.

use std::collections::VecDeque;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use posterizarr_base::said::{Clause, Reason};
use serde::{Deserialize, Serialize};

use super::arr;
use super::media_event::Origin;
use super::reason::IngestReason;
use super::recent::RecentDeliveries;
use crate::runs::{Outcome, RunId};
use crate::runtime::events::Handling;
use crate::store::{Commit, Record, Store, Table};

/// Webhooks that are kept.
pub const KEPT: usize = 200;

/// One received webhook or trigger file, as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Received {
    /// Counts up from 1.
    pub id: u64,
    /// When it came.
    pub at: DateTime<Utc>,
    /// Who sent it.
    pub source: Origin,
    /// The event, as the sender names it.
    pub event: String,
    /// What was made of it.
    #[serde(rename = "verdict")]
    pub handling: Handling,
    /// Why, in words.
    pub reason: String,
    /// The same by its code; empty in records of versions that did not note it so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<Clause>,
    /// The jobs that do its work.
    pub jobs: Vec<String>,
    /// How the run ended that was the last of its jobs to end.
    pub result: Option<RunResult>,
    /// What came, as it came: a replay reads it again. Absent where it was too large to keep.
    pub payload: Option<String>,
    /// Identifies the deliveries it stands for, with the job of each.
    pub deliveries: Vec<(String, String)>,
}

/// A run and its outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunResult {
    pub run: RunId,
    /// How it ended.
    pub outcome: Outcome,
}

impl Received {
    /// With the reason why this was made of it.
    #[must_use]
    pub fn because(self, why: impl Into<IngestReason>) -> Self {
        let Reason { text: reason, because } = why.into().as_reason();
        Self { reason, because, ..self }
    }

    /// What it is about, as far as what came tells.
    pub fn title(&self) -> Option<String> {
        let payload = serde_json::from_str(self.payload.as_deref()?).ok()?;
        arr::title(&payload)
    }
}

impl Record for Received {
    const TABLE: &'static str = "webhooks";
    const VERSION: u8 = 2;

    fn upgrade(_version: u8, json: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(json).map(First::into)
    }
}

/// An entry of the first version, whose run and outcome could come apart.
#[derive(Deserialize)]
struct First {
    id: u64,
    at: DateTime<Utc>,
    source: Origin,
    event: String,
    #[serde(rename = "verdict")]
    handling: Handling,
    reason: String,
    jobs: Vec<String>,
    run: Option<RunId>,
    outcome: Option<Outcome>,
    payload: Option<String>,
    #[serde(default)]
    deliveries: Vec<(String, String)>,
}

impl From<First> for Received {
    fn from(first: First) -> Self {
        Self {
            id: first.id,
            at: first.at,
            source: first.source,
            event: first.event,
            handling: first.handling,
            reason: first.reason,
            because: Vec::new(),
            jobs: first.jobs,
            result: first.run.zip(first.outcome).map(|(run, outcome)| RunResult { run, outcome }),
            payload: first.payload,
            deliveries: first.deliveries,
        }
    }
}

/// The journal. Without a store it still works, until the next start.
pub struct Journal {
    entries: VecDeque<Arc<Received>>,
    recent: RecentDeliveries,
    table: Option<Table<Received>>,
}

impl Journal {
    /// Reads what the store knows; an entry that cannot be read is passed over and told.
    pub fn open(store: &Store) -> Self {
        let table =
            store.table::<Received>().inspect_err(|error| tracing::error!(%error, "webhooks are not kept")).ok();
        let stored = table.iter().flat_map(Table::iter);
        let readable = stored.filter_map(|entry| {
            entry.inspect_err(|error| tracing::warn!(%error, "a kept webhook is not readable")).ok()
        });
        let mut journal = Self { entries: VecDeque::new(), recent: RecentDeliveries::default(), table: None };
        readable.for_each(|(_, entry)| journal.remember(entry));
        Self { table, ..journal }
    }

    /// The number of the next entry.
    pub fn next_id(&self) -> u64 {
        self.entries.back().map_or(1, |entry| entry.id + 1)
    }

    /// Adds an entry; the oldest leaves. The answer comes when that is on disk, or cannot be.
    pub fn add(&mut self, entry: Received) -> impl Future<Output = ()> + use<> {
        let mut changes = vec![(entry.id.to_be_bytes().to_vec(), Some(entry.clone()))];
        self.remember(entry);
        while self.entries.len() > KEPT {
            changes.extend(self.entries.pop_front().map(|old| (old.id.to_be_bytes().to_vec(), None)));
        }
        let kept = self.keep(changes);
        async move {
            // The journal is for people; that it is not kept must not stop the work.
            if let Some(Err(error)) = futures_util::future::OptionFuture::from(kept).await {
                tracing::warn!(%error, "a received webhook is not kept for later");
            }
        }
    }

    /// The job that does the work of a delivery which came a short time ago.
    pub fn job_of(&self, delivery: &str, now: DateTime<Utc>) -> Option<String> {
        self.recent.job_of(delivery, now).map(str::to_owned)
    }

    /// Takes note of deliveries that an entry does not name, because they are too many.
    pub fn remember_deliveries(&mut self, at: DateTime<Utc>, deliveries: &[(String, String)]) {
        deliveries.iter().for_each(|(delivery, job)| self.recent.add(at, delivery, job));
    }

    fn remember(&mut self, entry: Received) {
        for (delivery, job) in &entry.deliveries {
            self.recent.add(entry.at, delivery, job);
        }
        self.entries.push_back(Arc::new(entry));
    }

    /// Notes how a job's run ended. Tells whether it was the job of a webhook.
    pub fn run_ended(&mut self, job: &str, run: RunId, outcome: Outcome) -> bool {
        let of_job = self.entries.iter_mut().filter(|entry| entry.jobs.iter().any(|known| known == job));
        let changes: Vec<_> = of_job
            .map(|entry| {
                let entry = Arc::make_mut(entry);
                entry.result = Some(RunResult { run, outcome });
                (entry.id.to_be_bytes().to_vec(), Some(entry.clone()))
            })
            .collect();
        let is_known = !changes.is_empty();
        self.keep(changes).into_iter().for_each(Commit::unattended);
        is_known
    }

    /// One entry.
    pub fn get(&self, id: u64) -> Option<&Received> {
        self.entries.iter().find(|entry| entry.id == id).map(Arc::as_ref)
    }

    /// All entries, newest first.
    pub fn latest(&self) -> Vec<Arc<Received>> {
        self.entries.iter().rev().cloned().collect()
    }

    fn keep(&self, changes: Vec<(Vec<u8>, Option<Received>)>) -> Option<Commit> {
        self.table.as_ref().filter(|_| !changes.is_empty()).map(|table| table.apply_later(changes))
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn entry(id: u64, minutes_ago: i64) -> Received {
        Received {
            id,
            at: Utc::now() - TimeDelta::minutes(minutes_ago),
            source: Origin::Sonarr,
            event: "Download".into(),
            handling: Handling::Queued,
            reason: String::new(),
            because: Vec::new(),
            jobs: vec![format!("job {id}")],
            result: None,
            payload: None,
            deliveries: vec![(format!("delivery {id}"), format!("job {id}"))],
        }
    }

    #[actix::test]
    async fn the_journal_is_bounded_and_survives_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        {
            let mut journal = Journal::open(&Store::open(folder.path()).unwrap());
            for id in 1..=KEPT as u64 + 3 {
                journal.add(entry(id, 0)).await;
            }
            assert!(journal.run_ended("job 50", RunId(4), Outcome::Failed));
            assert!(!journal.run_ended("job 1", RunId(4), Outcome::Failed), "it left the journal");
        }
        let journal = Journal::open(&Store::open(folder.path()).unwrap());
        assert_eq!(journal.latest().len(), KEPT);
        assert_eq!(journal.next_id(), KEPT as u64 + 4);
        assert_eq!(journal.get(50).unwrap().result, Some(RunResult { run: RunId(4), outcome: Outcome::Failed }));
    }

    #[test]
    fn entries_of_the_first_version_keep_how_their_runs_ended() {
        let first = |run: &str, outcome: &str| {
            let json = format!(
                r#"{{"id":3,"at":"2026-11-27T03:00:00Z","source":"sonarr","event":"Download","verdict":"queued","reason":"",
                    "jobs":["a"],"run":{run},"outcome":{outcome},"payload":null}}"#
            );
            Received::upgrade(1, json.as_bytes()).unwrap()
        };
        assert_eq!(first("null", "null").result, None);
        let ended = first("9", "\"completed\"");
        assert_eq!(ended.result, Some(RunResult { run: RunId(9), outcome: Outcome::Completed }));
        assert_eq!((ended.id, ended.handling, ended.jobs), (3, Handling::Queued, vec!["a".to_owned()]));
    }

    #[actix::test]
    async fn a_delivery_is_known_for_ten_minutes() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::open(&Store::open(folder.path()).unwrap());
        journal.add(entry(1, 11)).await;
        journal.add(entry(2, 9)).await;
        assert_eq!(journal.job_of("delivery 1", Utc::now()), None);
        assert_eq!(journal.job_of("delivery 2", Utc::now()).as_deref(), Some("job 2"));
    }
}
