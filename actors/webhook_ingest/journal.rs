//! The last received webhooks, in memory and in the store: did it arrive, and what became of it.

use std::collections::VecDeque;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::recent::RecentDeliveries;
use crate::runs::{Outcome, RunId};
use crate::store::{Commit, Record, Store, Table};

/// Webhooks that are kept.
pub const KEPT: usize = 200;

/// What was made of a webhook or a trigger file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The sender tried out its settings.
    Test,
    /// Nothing to do.
    Ignored,
    /// Jobs were queued, or joined.
    Queued,
    /// All of it was known already.
    Duplicate,
    /// It could not be used.
    Refused,
}

/// One received webhook or trigger file, as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Received {
    /// Its number.
    pub id: u64,
    /// When it came.
    pub at: DateTime<Utc>,
    /// `sonarr`, `radarr`, `tautulli`, or `unknown`.
    pub source: String,
    /// The event, as the sender names it.
    pub event: String,
    /// What was made of it.
    pub verdict: Kind,
    /// Why, in words.
    pub reason: String,
    /// The jobs that do its work.
    pub jobs: Vec<String>,
    /// The run that ended last for one of its jobs.
    pub run: Option<RunId>,
    /// How that run ended.
    pub outcome: Option<Outcome>,
    /// What came, as it came: a replay reads it again. Absent where it was too large to keep.
    pub payload: Option<String>,
    /// Identifies the deliveries it stands for, with the job of each.
    #[serde(default)]
    pub deliveries: Vec<(String, String)>,
}

impl Record for Received {
    const TABLE: &'static str = "webhooks";
    const VERSION: u8 = 1;
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
                entry.run = Some(run);
                entry.outcome = Some(outcome);
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
            source: "sonarr".into(),
            event: "Download".into(),
            verdict: Kind::Queued,
            reason: String::new(),
            jobs: vec![format!("job {id}")],
            run: None,
            outcome: None,
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
        assert_eq!(journal.get(50).unwrap().outcome, Some(Outcome::Failed));
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
