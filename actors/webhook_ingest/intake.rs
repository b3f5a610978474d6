//! What a payload asks for, before anything is done about it.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::journal::{Kind, Received};
use super::trigger::{Source, Trigger, Verdict};
use super::{IngestError, Sender, arr, payload, tautulli};
use crate::runs::Trigger as RunTrigger;
use crate::script_supervisor::{InvalidRequest, NewJob, RunRequest};

/// Payloads up to this size are kept for a replay.
const LARGEST_KEPT: usize = 64 * 1024;
const ATTEMPTS: u32 = 3;

/// Reads a payload. An empty body is Tautulli's test.
pub fn read(sender: Sender, body: &[u8]) -> Result<(Verdict, String), IngestError> {
    let unknown = || "unknown".to_owned();
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok((Verdict::Test, unknown()));
    }
    let payload: Value = serde_json::from_slice(body)
        .map_err(|error| IngestError::NotReadable(format!("the body is not valid JSON: {error}")))?;
    let Some(fields) = payload.as_object() else {
        return Err(IngestError::NotReadable("the body must be a JSON object".to_owned()));
    };
    match sender {
        Sender::Arr => {
            let source = if fields.contains_key("movie") { Source::Radarr.name() } else { Source::Sonarr.name() };
            Ok((arr::read(&payload), source.to_ascii_lowercase()))
        }
        Sender::Tautulli if fields.is_empty() => {
            Ok((Verdict::Ignored("Empty payload".to_owned()), "tautulli".to_owned()))
        }
        Sender::Tautulli => Ok((tautulli::read(&payload), "tautulli".to_owned())),
    }
}

/// What the script is asked for.
pub fn request(trigger: &Trigger) -> Result<RunRequest, InvalidRequest> {
    match trigger.source {
        Source::Tautulli => RunRequest::tautulli(trigger.pairs.clone()),
        Source::Sonarr | Source::Radarr => RunRequest::arr(trigger.pairs.clone()),
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
pub fn blank(source: &str, event: &str) -> Received {
    Received {
        id: 0,
        at: Utc::now(),
        source: source.to_owned(),
        event: event.to_owned(),
        verdict: Kind::Ignored,
        reason: String::new(),
        jobs: Vec::new(),
        run: None,
        outcome: None,
        payload: None,
        deliveries: Vec::new(),
    }
}

/// The event that a payload tells, as far as it can be read.
pub fn event_of(body: &[u8]) -> String {
    let payload: Value = serde_json::from_slice(body).unwrap_or_default();
    payload::text(&payload, &["eventType"]).or_else(|| payload::text(&payload, &["mediatype"])).unwrap_or_default()
}

/// The payload as it is kept: as text, if it is not too large.
pub fn kept(body: &[u8]) -> Option<String> {
    (body.len() <= LARGEST_KEPT).then(|| String::from_utf8_lossy(body).into_owned())
}
