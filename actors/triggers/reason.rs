//! What was made of a webhook or a trigger file, and why. The English is upstream's where upstream has any.

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
        // Why it was refused.
        NotJson { cause: String } => "not_json", "the body is not valid JSON: {cause}";
        NotObject => "not_object", "the body must be a JSON object";
        NoMedia { event: String } => "no_media", "a {event} event needs a 'movie' (Radarr) or a 'series' (Sonarr)";
        NoTitle { of: String } => "no_title", "'{of}.title' is missing";
        TooManyEpisodes { count: usize, most: usize } => "too_many_episodes", "this event names {count} episodes; at most {most} are taken at once, run the whole library instead";
        NoMediaType => "no_mediatype", "'mediatype' is missing; use the JSON data of the documentation in Tautulli";
        NotRatingKey { field: &'static str, key: String } => "not_rating_key", "'{field}' is not a rating key (1 to 20 digits): {key}";
        NoRatingKey { kind: String } => "no_rating_key", "a {kind} needs its rating key";
        NoSubject => "no_subject", "it names no movie or series";
        TautulliByKey => "tautulli_by_key", "an item of Tautulli is known by its rating key";
        UnknownPlatform { platform: String } => "unknown_platform", "unknown arr_platform '{platform}'";
        NothingInIt => "nothing_in_it", "it is empty";
        NoValues => "no_values", "it has no values";
        NotStored { cause: String } => "storage", "the trigger could not be stored, nothing was queued: {cause}";
        NotKept => "not_kept", "this webhook is no longer stored";
        PayloadNotKept => "payload_not_kept", "the payload of this webhook was not kept";
        Told { text: String } => "told", "{text}";
    }
}

impl From<String> for IngestReason {
    fn from(text: String) -> Self {
        Self::Told { text }
    }
}
