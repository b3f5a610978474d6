//! What was made of a webhook or a trigger file, and why. The English is upstream's where upstream has any.

use posterizarr_base::said::{Clause, Reason};
use posterizarr_base::sentences;

sentences! {
    /// A sentence about what came.
    pub enum IngestReason {
        Test => "test", "Test successful";
        IgnoredEvent { event: String } => "ignored_event", "Ignored event type: {event}";
        IgnoredUpgrade { event: String } => "ignored_upgrade", "Ignored event type: {event} (the upgrade itself is announced too)";
        DashedTitle { of: String } => "dashed_title", "the script cannot take a title that begins with '-' ('{of}.title')";
        Empty => "empty", "Empty payload";
        IgnoredMedia { kind: String } => "ignored_media", "Ignored media type: {kind}";
        IgnoredAction { event: String } => "ignored_action", "Ignored event: {event}";
        WatchedOther => "watched_other", "Ignored: what was watched matters for title cards of episodes only";
        Already { source: &'static str, jobs: usize } => "already", "Already queued for {source} ({jobs} trigger job(s))";
        QueuedTautulli => "queued_tautulli", "Tautulli trigger queued";
        QueuedOne { source: &'static str } => "queued_one", "Trigger queued for {source}";
        QueuedSome { source: &'static str, jobs: usize } => "queued_some", "{jobs} trigger job(s) queued for {source}";
        FileFound { file: String } => "file_found", "found {file} in the watcher folder";
        FileKnown { file: String } => "file_known", "{file} was known; its job does what it says now";
        FileJoined { file: String } => "file_joined", "{file} joined a job that waits";
        Told { text: String } => "told", "{text}";
    }
}

impl IngestReason {
    /// In English, and by its code.
    pub fn reason(&self) -> Reason {
        Reason { text: self.english(), because: vec![Clause::from(self.said())] }
    }
}

impl From<String> for IngestReason {
    fn from(text: String) -> Self {
        Self::Told { text }
    }
}
