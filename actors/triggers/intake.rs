//! What a payload asks for, before anything is done about it.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::journal::Received;
use super::media_event::{MediaEvent, Origin, PayloadVerdict, Source};
use super::messages::Sender;
use super::reason::IngestReason;
use super::receipt::IngestError;
use super::{arr, payload, tautulli};
use crate::runs::{InvalidRequest, NewJob, RunRequest, Trigger};
use crate::runtime::events::Handling;

/// Payloads up to this size are kept for a replay.
const MAX_KEPT: usize = 64 * 1024;
const ATTEMPTS: u32 = 3;

/// A payload as it was read, before anything is done about it.
pub struct ParsedPayload {
    /// What is to be done about it.
    pub verdict: PayloadVerdict,
    /// Who sent it.
    pub source: Origin,
    /// The event, as far as it is told.
    pub event: String,
}

/// Reads a payload. An empty body is Tautulli's test.
pub fn read(sender: Sender, body: &[u8]) -> Result<ParsedPayload, IngestError> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(ParsedPayload { verdict: PayloadVerdict::Test, source: Origin::Unknown, event: String::new() });
    }
    let payload: Value = serde_json::from_slice(body)
        .map_err(|error| IngestError::NotReadable(IngestReason::NotJson { cause: error.to_string() }))?;
    let Some(fields) = payload.as_object() else {
        return Err(IngestError::NotReadable(IngestReason::NotObject));
    };
    let event = payload::text(&payload, &["eventType"]).or_else(|| payload::text(&payload, &["mediatype"]));
    let (verdict, source) = match sender {
        Sender::Arr => (arr::read(&payload), arr::source(&payload)),
        Sender::Tautulli if fields.is_empty() => (PayloadVerdict::Ignored(IngestReason::Empty), Source::Tautulli),
        Sender::Tautulli => (tautulli::read(&payload), Source::Tautulli),
    };
    Ok(ParsedPayload { verdict, source: source.into(), event: event.unwrap_or_default() })
}

/// The run that an event asks for.
pub fn request(media_event: &MediaEvent) -> Result<RunRequest, InvalidRequest> {
    match media_event.source {
        Source::Tautulli => RunRequest::tautulli(media_event.pairs.clone()),
        Source::Sonarr | Source::Radarr => {
            Ok(RunRequest::arr(media_event.pairs.clone())?.upgraded(media_event.upgrade))
        }
    }
}

/// The job that does the work of an event.
pub fn new_job(id: String, request: RunRequest, media_event: &MediaEvent, not_before: DateTime<Utc>) -> NewJob {
    NewJob {
        id,
        request,
        trigger: Trigger::Webhook,
        priority: 0,
        not_before: Some(not_before),
        max_attempts: ATTEMPTS,
        dedupe: Some(media_event.subject.clone()),
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
        handling: Handling::Ignored,
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
