//! What a payload asks for, before anything is done about it.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::journal::Received;
use super::reason::TriggerReason;
use super::trigger::{Origin, Source, Trigger, Verdict};
use super::{IngestError, Sender, arr, payload, tautulli};
use crate::runs::{InvalidRequest, NewJob, RunRequest, Trigger as RunTrigger};
use crate::runtime::events::Handling;

/// Payloads up to this size are kept for a replay.
const MAX_KEPT: usize = 64 * 1024;
const ATTEMPTS: u32 = 3;

/// What a payload asks for.
pub struct Read {
    /// What is to be done.
    pub verdict: Verdict,
    /// Who sent it.
    pub source: Origin,
    /// The event, as far as it is told.
    pub event: String,
}

/// Reads a payload. An empty body is Tautulli's test.
pub fn read(sender: Sender, body: &[u8]) -> Result<Read, IngestError> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Read { verdict: Verdict::Test, source: Origin::Unknown, event: String::new() });
    }
    let payload: Value = serde_json::from_slice(body)
        .map_err(|error| IngestError::NotReadable(TriggerReason::NotJson { cause: error.to_string() }))?;
    let Some(fields) = payload.as_object() else {
        return Err(IngestError::NotReadable(TriggerReason::NotObject));
    };
    let event = payload::text(&payload, &["eventType"]).or_else(|| payload::text(&payload, &["mediatype"]));
    let (verdict, source) = match sender {
        Sender::Arr => {
            let source = if fields.contains_key("movie") { Source::Radarr } else { Source::Sonarr };
            (arr::read(&payload), source)
        }
        Sender::Tautulli if fields.is_empty() => (Verdict::Ignored(TriggerReason::Empty), Source::Tautulli),
        Sender::Tautulli => (tautulli::read(&payload), Source::Tautulli),
    };
    Ok(Read { verdict, source: source.into(), event: event.unwrap_or_default() })
}

/// What the script is asked for.
pub fn request(trigger: &Trigger) -> Result<RunRequest, InvalidRequest> {
    match trigger.source {
        Source::Tautulli => RunRequest::tautulli(trigger.pairs.clone()),
        Source::Sonarr | Source::Radarr => Ok(RunRequest::arr(trigger.pairs.clone())?.upgraded(trigger.upgrade)),
    }
}

/// The job of a trigger.
pub fn new_job(id: String, request: RunRequest, trigger: &Trigger, not_before: DateTime<Utc>) -> NewJob {
    NewJob {
        id,
        request,
        trigger: RunTrigger::Webhook,
        priority: 0,
        not_before: Some(not_before),
        max_attempts: ATTEMPTS,
        dedupe: Some(trigger.subject.clone()),
    }
}

/// The instant after a delay.
pub fn after(delay: std::time::Duration) -> DateTime<Utc> {
    Utc::now() + TimeDelta::from_std(delay).unwrap_or_default()
}

/// An entry of the journal; its number is given when it is added.
pub fn blank(source: Origin, event: &str) -> Received {
    Received {
        id: 0,
        at: Utc::now(),
        source,
        event: event.to_owned(),
        verdict: Handling::Ignored,
        reason: String::new(),
        because: Vec::new(),
        jobs: Vec::new(),
        result: None,
        payload: None,
        deliveries: Vec::new(),
    }
}

/// The payload as it is kept: as text, if it is not too large.
pub fn kept(body: &[u8]) -> Option<String> {
    (body.len() <= MAX_KEPT).then(|| String::from_utf8_lossy(body).into_owned())
}
