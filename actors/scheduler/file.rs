//! `scheduler.json`: upstream's file, read leniently, written whole, unknown keys kept.

use std::io;
use std::path::Path;

use chrono_tz::Tz;
use serde_json::{Map, Value, json};

use super::timetable::{Rule, RuleError};
use crate::files::write_atomic;
use crate::runs::Mode;

/// The zone used when the file and the environment name none that exists.
pub const DEFAULT_ZONE: Tz = Tz::Europe__Berlin;

/// The content of `scheduler.json`, in its order, with everything in it that is not ours.
#[derive(Debug, Clone, PartialEq)]
pub struct Timetable {
    fields: Map<String, Value>,
}

/// One entry of the timetable that can fire.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its place in the file's list; part of upstream's job id.
    pub index: usize,
    /// Its time as it stands in the file.
    pub time: String,
    /// When it fires.
    pub rule: Rule,
    /// What it runs.
    pub mode: Mode,
}

impl Entry {
    /// Upstream's id of the timer.
    pub fn id(&self) -> String {
        format!("posterizarr_normal_{}", self.index)
    }
}

impl Default for Timetable {
    fn default() -> Self {
        let mut fields = Map::new();
        fields.insert("enabled".to_owned(), json!(false));
        fields.insert("schedules".to_owned(), json!([]));
        fields.insert("timezone".to_owned(), json!(DEFAULT_ZONE.name()));
        fields.insert("skip_if_running".to_owned(), json!(true));
        fields.insert("last_run".to_owned(), Value::Null);
        fields.insert("next_run".to_owned(), Value::Null);
        Self { fields }
    }
}

impl Timetable {
    /// Reads the file; missing keys get their defaults. A file that cannot be parsed is an error that names the place.
    pub fn parse(text: &str) -> Result<Self, String> {
        let root: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let Value::Object(mut fields) = root else {
            return Err("the root is not an object".to_owned());
        };
        if fields.get("schedules").is_some_and(|schedules| !schedules.is_array()) {
            return Err("'schedules' is not a list".to_owned());
        }
        for (key, value) in Self::default().fields {
            fields.entry(key).or_insert(value);
        }
        Ok(Self { fields })
    }

    /// Writes the file as upstream does: two spaces, no newline at its end.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        write_atomic(path, &serde_json::to_vec_pretty(&self.fields)?)
    }

    /// All fields, for `GET /api/scheduler/config`.
    pub fn fields(&self) -> &Map<String, Value> {
        &self.fields
    }

    /// Whether the timers are on.
    pub fn enabled(&self) -> bool {
        self.fields.get("enabled").and_then(Value::as_bool).unwrap_or(false)
    }

    /// Whether a fire during a run is skipped rather than queued.
    pub fn skip_if_running(&self) -> bool {
        self.fields.get("skip_if_running").and_then(Value::as_bool).unwrap_or(true)
    }

    /// The zone's name as stored.
    pub fn timezone(&self) -> &str {
        self.fields.get("timezone").and_then(Value::as_str).unwrap_or_default()
    }

    /// The entries as stored.
    pub fn schedules(&self) -> &[Value] {
        self.fields.get("schedules").and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// The entries that can fire; others stay in the file and are left alone, as upstream does.
    pub fn entries(&self) -> Vec<Entry> {
        self.schedules()
            .iter()
            .enumerate()
            .filter_map(|(index, value)| {
                let (rule, mode) = parse_entry(value).ok()?;
                Some(Entry { index, time: text(value, "time").unwrap_or_default().to_owned(), rule, mode })
            })
            .collect()
    }

    /// Sets one field.
    pub fn set(&mut self, key: &str, value: impl Into<Value>) {
        self.fields.insert(key.to_owned(), value.into());
    }

    /// Adds an entry; refuses one that cannot fire or whose time is there already.
    pub fn add(&mut self, entry: Value) -> Result<(), AddError> {
        parse_entry(&entry)?;
        let time = text(&entry, "time").unwrap_or_default();
        if self.schedules().iter().any(|existing| text(existing, "time") == Some(time)) {
            return Err(AddError::Exists(time.to_owned()));
        }
        let mut schedules = self.schedules().to_vec();
        schedules.push(entry);
        self.set("schedules", schedules);
        Ok(())
    }

    /// Adds an entry of a whole timetable. One with upstream's fields only is kept as it is, as upstream does: what cannot fire
    /// is shown and does not.
    pub fn put(&mut self, entry: Value) -> Result<(), AddError> {
        if ["cron", "days", "mode"].iter().any(|ours| entry.get(ours).is_some()) {
            return self.add(entry);
        }
        let mut schedules = self.schedules().to_vec();
        schedules.push(entry);
        self.set("schedules", schedules);
        Ok(())
    }

    /// Removes every entry with exactly this time; tells whether there was one.
    pub fn remove(&mut self, time: &str) -> bool {
        let kept: Vec<_> = self.schedules().iter().filter(|entry| text(entry, "time") != Some(time)).cloned().collect();
        let removed = kept.len() < self.schedules().len();
        self.set("schedules", kept);
        removed
    }
}

/// Why an entry is not added. The texts are upstream's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddError {
    /// It cannot fire.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// Its time is there already.
    #[error("Schedule {0} already exists")]
    Exists(String),
    /// Its mode cannot be scheduled.
    #[error("invalid mode '{0}'; a schedule runs scheduled, testing, backup, syncjelly or syncemby")]
    Mode(String),
}

/// Reads one entry: a daily `time` with optional `days`, or a `cron` expression; an optional `mode`.
fn parse_entry(entry: &Value) -> Result<(Rule, Mode), AddError> {
    let rule = match text(entry, "cron") {
        Some(cron) => Rule::cron(cron)?,
        None => {
            let days: Vec<_> = match entry.get("days") {
                None | Some(Value::Null) => Vec::new(),
                Some(Value::Array(days)) => {
                    days.iter().map(|day| day.as_str().unwrap_or_default().to_owned()).collect()
                }
                Some(other) => return Err(RuleError::Day(other.to_string()).into()),
            };
            Rule::daily(text(entry, "time").unwrap_or_default(), &days)?
        }
    };
    Ok((rule, parse_mode(entry)?))
}

/// The modes a timetable may run. "normal" is what upstream's 3.x files say for the whole library.
fn parse_mode(entry: &Value) -> Result<Mode, AddError> {
    match text(entry, "mode") {
        None | Some("" | "normal" | "scheduled") => Ok(Mode::Scheduled),
        Some(name) => Mode::from_name(name)
            .filter(|mode| matches!(mode, Mode::Testing | Mode::Backup | Mode::SyncJelly | Mode::SyncEmby))
            .ok_or_else(|| AddError::Mode(name.to_owned())),
    }
}

fn text<'a>(entry: &'a Value, key: &str) -> Option<&'a str> {
    entry.get(key).and_then(Value::as_str)
}

/// The zone with this name, whatever its case.
pub fn zone(name: &str) -> Option<Tz> {
    Tz::from_str_insensitive(name.trim()).ok()
}

/// The zone that counts: `TZ` in a container, else the file's, else Berlin. Tells the name that was passed over because it does not exist.
pub fn effective_zone(container_tz: Option<&str>, stored: &str) -> (Tz, Option<String>) {
    let wanted = container_tz.filter(|name| !name.is_empty()).unwrap_or(stored);
    match zone(wanted) {
        Some(zone) => (zone, None),
        None if wanted.is_empty() => (DEFAULT_ZONE, None),
        None => (zone(stored).unwrap_or(DEFAULT_ZONE), Some(wanted.to_owned())),
    }
}

/// The times of the container's `RUN_TIME`, as timetable entries. `disabled` and unreadable parts give none.
pub fn from_run_time(run_time: &str) -> Vec<Value> {
    run_time
        .split(',')
        .map(str::trim)
        .filter(|time| super::timetable::parse_time(time).is_some())
        .map(|time| json!({ "time": time, "description": "RUN_TIME" }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_keys_and_order_survive_and_missing_keys_get_defaults() {
        let table =
            Timetable::parse(r#"{"note": 1, "schedules": [{"time": "03:00", "x": 2}], "enabled": true}"#).unwrap();
        assert!(table.enabled() && table.skip_if_running());
        assert_eq!(table.timezone(), "Europe/Berlin");
        let keys: Vec<_> = table.fields().keys().map(String::as_str).collect();
        assert_eq!(keys, ["note", "schedules", "enabled", "timezone", "skip_if_running", "last_run", "next_run"]);
        assert_eq!(table.schedules()[0]["x"], 2);
    }

    #[test]
    fn the_written_file_has_upstreams_form() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scheduler.json");
        Timetable::default().save(&path).unwrap();
        let written = std::fs::read_to_string(&path).unwrap();
        assert!(
            written.starts_with("{\n  \"enabled\": false,\n  \"schedules\": [],\n  \"timezone\": \"Europe/Berlin\""),
            "{written}"
        );
        assert!(!written.ends_with('\n'));
        assert_eq!(Timetable::parse(&written).unwrap(), Timetable::default());
    }

    #[test]
    fn broken_files_are_refused_with_a_reason() {
        for bad in ["{", "[]", r#"{"schedules": null}"#, r#"{"schedules": {}}"#] {
            assert!(Timetable::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn entries_that_cannot_fire_leave_gaps_in_the_ids() {
        let table = Timetable::parse(r#"{"schedules": [{"time":"05:00"},{"time":"xx"},{"time":"03:00"}]}"#).unwrap();
        let ids: Vec<_> = table.entries().iter().map(Entry::id).collect();
        assert_eq!(ids, ["posterizarr_normal_0", "posterizarr_normal_2"]);
    }

    #[test]
    fn adding_and_removing_go_by_the_exact_text() {
        let mut table = Timetable::default();
        table.add(json!({"time": "3:05", "description": null})).unwrap();
        table.add(json!({"time": "03:05"})).unwrap();
        assert_eq!(table.add(json!({"time": "03:05"})).unwrap_err().to_string(), "Schedule 03:05 already exists");
        assert!(matches!(table.add(json!({"time": "25:00"})), Err(AddError::Rule(RuleError::Time(_)))));
        assert!(matches!(table.add(json!({"time": "06:00", "mode": "reset"})), Err(AddError::Mode(_))));
        assert!(matches!(table.put(json!({"time": "06:00", "mode": "reset"})), Err(AddError::Mode(_))));
        table.put(json!({"time": 5})).unwrap();
        assert!(table.remove("03:05") && !table.remove("03:05"));
        assert_eq!(table.schedules().len(), 2);
    }

    #[test]
    fn the_containers_zone_wins_and_an_unknown_one_falls_back() {
        assert_eq!(effective_zone(Some("us/pacific"), "UTC"), (Tz::US__Pacific, None));
        assert_eq!(effective_zone(None, "Asia/Kolkata"), (Tz::Asia__Kolkata, None));
        assert_eq!(effective_zone(None, ""), (DEFAULT_ZONE, None));
        assert_eq!(effective_zone(Some("Mars/Base"), "UTC"), (Tz::UTC, Some("Mars/Base".to_owned())));
        assert_eq!(effective_zone(None, "America/Honolulu"), (DEFAULT_ZONE, Some("America/Honolulu".to_owned())));
    }

    #[test]
    fn run_time_is_a_comma_list_or_disabled() {
        assert_eq!(from_run_time("disabled").len(), 0);
        let times: Vec<_> = from_run_time("06:00, 14:30,nonsense").iter().map(|entry| entry["time"].clone()).collect();
        assert_eq!(times, ["06:00", "14:30"]);
    }
}
