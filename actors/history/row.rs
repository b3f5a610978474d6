//! One run of the history: the columns of upstream's table, in its order.

use chrono::{DateTime, Local, NaiveDateTime, Utc};
use serde::{Deserialize, Serialize, Serializer};
use utoipa::ToSchema;

use crate::runs::{Outcome, RunId, RunRecord};
use crate::store::Record;

/// The status of a run that came to its end.
pub const COMPLETED: &str = "completed";

/// A run as the history tells it. Times are local, without offset, as the script writes them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
#[schema(default)]
pub struct HistoryRow {
    /// Counts up, never reused.
    pub id: u64,
    /// When it started; when its result was written, where the result does not tell.
    pub timestamp: String,
    /// What it did, by the name of its result file.
    pub mode: Option<String>,
    /// How long it took.
    pub runtime_seconds: Option<i64>,
    /// The same as `0h 12m 7s`.
    pub runtime_formatted: Option<String>,
    /// Posters, backgrounds, title cards and seasons.
    pub total_images: i64,
    /// Posters made.
    pub posters: i64,
    /// Season posters made.
    pub seasons: i64,
    /// Backgrounds made.
    pub backgrounds: i64,
    /// Title cards made.
    pub titlecards: i64,
    /// Collection posters made.
    pub collections: i64,
    /// Errors logged.
    pub errors: i64,
    /// Images that came from a fallback.
    pub fallbacks: i64,
    /// Title cards skipped because the episode has no title yet.
    pub tba_skipped: i64,
    /// Title cards skipped because of their script.
    pub jap_chines_skipped: i64,
    /// 1 if notifications are on.
    pub notification_sent: i64,
    /// 1 if a push address is set.
    pub uptime_kuma: i64,
    /// Images removed by the clean-up.
    pub images_cleared: i64,
    /// Folders removed by the clean-up.
    pub folders_cleared: i64,
    /// What the clean-up gained, as the script puts it.
    pub space_saved: Option<String>,
    /// The script's version.
    pub script_version: Option<String>,
    /// ImageMagick's version.
    pub im_version: Option<String>,
    /// When it started; empty where the result does not tell.
    pub start_time: Option<String>,
    /// When it ended; empty where the result does not tell.
    pub end_time: Option<String>,
    /// The file the figures come from; null for a run that left none.
    pub log_file: Option<String>,
    /// `completed`, or how a run without a result ended.
    pub status: Option<String>,
    /// Why a run without a result ended so.
    pub notes: Option<String>,
    /// Images without text.
    pub textless: i64,
    /// Images whose text did not fit.
    pub truncated: i64,
    /// Images with text.
    pub text: i64,
    /// The daemon's record of this run, where the daemon saw it; see `/api/runs/{id}`.
    #[schema(value_type = Option<u64>)]
    pub run: Option<RunId>,
    /// What that run was about, such as `Heat (1995)` or `Dark, S01E02`; null where that was nothing in particular.
    pub title: Option<String>,
}

impl HistoryRow {
    /// The row of a run that left no result.
    pub fn without_result(record: &RunRecord) -> Self {
        // Cut to the second, as the script's own dates are.
        let local = |at: DateTime<Utc>| at.with_timezone(&Local).format("%Y-%m-%dT%H:%M:%S").to_string();
        let lost = record.outcome() == Some(Outcome::Completed) && record.result_file().is_some();
        let ended = record.end().map_or(record.started, |end| end.at);
        let seconds = ended.signed_duration_since(record.started).num_seconds().max(0);
        Self {
            timestamp: local(record.started),
            mode: Some(record.mode.name().to_owned()),
            start_time: Some(local(record.started)),
            end_time: Some(local(ended)),
            status: record.outcome().map(|outcome| outcome.name().to_owned()),
            notes: record
                .end()
                .and_then(|end| end.reason.clone())
                .or_else(|| lost.then(|| "the result of this run was not kept".to_owned())),
            ..Self::default()
        }
        .lasting(seconds)
        .of_run(record)
    }

    /// The row, tied to the daemon's record of its run.
    pub fn of_run(self, record: &RunRecord) -> Self {
        Self { run: Some(record.id), title: record.title(), ..self }
    }

    /// The row with its run time.
    pub fn lasting(self, seconds: i64) -> Self {
        Self { runtime_seconds: Some(seconds), runtime_formatted: Some(format_duration(seconds)), ..self }
    }

    /// Whether the script told start and end.
    pub fn dated(&self) -> Option<(&str, &str)> {
        let start = self.start_time.as_deref().filter(|text| !text.is_empty())?;
        Some((start, self.end_time.as_deref().filter(|text| !text.is_empty())?))
    }

    /// Its place in time.
    pub fn at(&self) -> Option<NaiveDateTime> {
        parse_iso(&self.timestamp)
    }
}

/// A [`HistoryRow`] in the store: what is null or zero is left out.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct StoredHistoryRow(pub HistoryRow);

impl Serialize for StoredHistoryRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut row = serde_json::to_value(&self.0).map_err(serde::ser::Error::custom)?;
        if let Some(columns) = row.as_object_mut() {
            // No run time is not the same as none known.
            columns.retain(|name, value| !value.is_null() && (name == "runtime_seconds" || value.as_i64() != Some(0)));
        }
        row.serialize(serializer)
    }
}

impl Record for StoredHistoryRow {
    const TABLE: &'static str = "history";
    const VERSION: u8 = 1;
}

/// `0h 12m 7s`: hours without bound, nothing padded.
pub fn format_duration(seconds: i64) -> String {
    format!("{}h {}m {}s", seconds / 3600, seconds % 3600 / 60, seconds % 60)
}

/// Local time as the history writes it; parts of a second only where there are any.
pub fn iso(at: NaiveDateTime) -> String {
    let whole = at.and_utc().timestamp_subsec_micros() == 0;
    at.format(if whole { "%Y-%m-%dT%H:%M:%S" } else { "%Y-%m-%dT%H:%M:%S%.6f" }).to_string()
}

/// The instant an ISO text without offset stands for; the forms of the old database too.
pub fn parse_iso(text: &str) -> Option<NaiveDateTime> {
    let forms = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%d.%m.%Y %H:%M:%S", "%Y-%m-%dT%H:%M"];
    forms.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
}

/// A date as the script or an older database writes it, in the history's form; what is no such date stays as it is.
pub fn in_iso(text: &str) -> String {
    let forms = ["%d.%m.%Y %H:%M:%S", "%Y-%m-%d %H:%M:%S"];
    let parsed = forms.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    parsed.map_or_else(|| text.to_owned(), iso)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_stored_leaves_out_zeros_and_nulls_and_comes_back_the_same() {
        let row = HistoryRow {
            id: 7,
            timestamp: "2026-11-23T08:00:00".into(),
            mode: Some("normal".into()),
            posters: 3,
            space_saved: Some(String::new()),
            runtime_seconds: Some(0),
            ..HistoryRow::default()
        };
        let json = serde_json::to_string(&StoredHistoryRow(row.clone())).unwrap();
        let expected = json!({"id": 7, "timestamp": "2026-11-23T08:00:00", "mode": "normal", "runtime_seconds": 0,
            "posters": 3, "space_saved": ""});
        assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap(), expected);
        assert_eq!(serde_json::from_str::<StoredHistoryRow>(&json).unwrap().0, row);
    }

    #[test]
    fn dates_of_the_script_and_of_older_databases_take_one_form() {
        assert_eq!(in_iso("23.11.2025 03:00:02"), "2025-11-23T03:00:02");
        assert_eq!(in_iso("2025-11-23 03:00:02"), "2025-11-23T03:00:02");
        for same in ["2025-11-23T03:00:02.123456", "yesterday", "", "31.02.2025 03:00:02"] {
            assert_eq!(in_iso(same), same);
        }
    }

    #[test]
    fn run_times_are_spoken_without_padding_and_without_an_end_to_hours() {
        assert_eq!(
            (format_duration(727), format_duration(93_909), format_duration(0)),
            ("0h 12m 7s".into(), "26h 5m 9s".into(), "0h 0m 0s".into())
        );
    }
}
