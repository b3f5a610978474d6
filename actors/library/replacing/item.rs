//! A picture that is to replace another one, as it waits.

use chrono::{DateTime, Utc};
use posterizarr_base::artwork::Root;
use posterizarr_base::said::Clause;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::runs::RunRequest;
use crate::store::Record;

/// Where a picture came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// From an address.
    Url,
    /// Sent by a browser.
    Upload,
    /// It was on this machine.
    LocalPath,
}

/// What becomes of the picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "treatment", rename_all = "snake_case")]
pub enum Treatment {
    /// It is put in place as it is.
    Placed {
        /// Below this root.
        root: Root,
    },
    /// A manual run makes the asset of it.
    Drawn {
        /// That run; its picture is a copy of ours, which it may consume.
        request: RunRequest,
    },
}

/// Where an item stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// It waits until somebody lets the queue run.
    Pending,
    /// It is to be done as soon as nothing runs.
    Wanted,
    /// It is being done.
    Processing {
        /// Whether its run is a job of the supervisor's queue.
        submitted: bool,
    },
    /// The picture is in place.
    Completed,
    /// It is not; what was there before is back.
    Failed {
        /// Why.
        error: String,
        /// The same by codes: of a run's failure, or of what is wrong with a replacement. Empty in records of versions that did
        /// not note it so.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        because: Vec<Clause>,
    },
}

/// A picture in the queue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// Counts up; after a restart it may be that of an item that is gone.
    pub id: u64,
    /// What it replaces, below a root.
    pub path: String,
    /// Where the picture came from.
    pub source: SourceKind,
    /// The address or path that was given; an address without the secrets in it.
    pub given: String,
    /// The name of the picture's file in the folder of waiting pictures.
    pub staged: String,
    /// What becomes of it.
    #[serde(flatten)]
    pub treatment: Treatment,
    /// What was asked for, as clients are shown it.
    pub parameters: Map<String, Value>,
    /// Where it stands.
    #[serde(flatten)]
    pub step: Step,
    /// How often it was begun.
    pub tries: u32,
    /// What it takes the place of, by its ids in the trash.
    pub aside: Vec<String>,
    /// Whether it was asked for at once, and is forgotten when it is done.
    pub at_once: bool,
    /// When it came.
    pub created: DateTime<Utc>,
    /// When it last changed.
    pub updated: DateTime<Utc>,
}

impl Record for Item {
    const TABLE: &'static str = "replacements";
    const VERSION: u8 = 1;
}

impl Item {
    /// The job of its run. Each try has its own, so that none is done twice; and so has an item that gets the number of one
    /// that is gone, so that none is left out because another one's job is done.
    pub fn job(&self) -> String {
        format!("replacement-{}-{}-{}", self.id, self.created.timestamp_micros(), self.tries)
    }

    /// Whether it is being done.
    pub fn is_processing(&self) -> bool {
        matches!(self.step, Step::Processing { .. })
    }

    /// Its state in upstream's words.
    pub fn status(&self) -> &'static str {
        match self.step {
            Step::Pending | Step::Wanted => "pending",
            Step::Processing { .. } => "processing",
            Step::Completed => "completed",
            Step::Failed { .. } => "failed",
        }
    }
}
