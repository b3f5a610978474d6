//! `scheduler.json`: upstream's file, read leniently, written whole, unknown keys kept.

use std::io;
use std::path::Path;

use chrono::DateTime;
use chrono_tz::Tz;
use posterizarr_base::said::{Clause, Params, Said};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::fault::EntryError;
use super::recurrence::Rule;
use super::version_3;
use crate::files::write_atomic;
use crate::runs::{LogoChange, Mode, RunRequest};

/// The largest `scheduler.json` that is read, in bytes: thousands of times.
pub const MAX_SIZE: u64 = 1024 * 1024;

/// Upstream's default: the zone of a stored timetable that names none that exists.
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
    /// Upstream's name of the timer.
    pub name: String,
    /// When it fires.
    pub rule: Rule,
    /// What it runs.
    pub request: RunRequest,
}

impl Entry {
    /// Upstream's id of the timer.
    pub fn id(&self) -> String {
        format!("posterizarr_{}_{}", as_upstream(self.request.mode()), self.index)
    }
}

/// An entry that never fires.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Idle {
    /// Its place in the timetable's list, from 0.
    pub entry: usize,
    /// Its time as it stands in the file.
    pub time: String,
    /// Why, with what it may say instead.
    pub reason: String,
    /// Names `reason`, roughly: fields of 3.x have one name together.
    pub code: &'static str,
    /// The values in it.
    #[schema(value_type = BTreeMap<String, String>)]
    pub params: Params,
    /// The same in full, for those who say it in another language.
    pub because: Vec<Clause>,
}

/// What upstream calls a mode in ids: a timetable's run of the whole library is a normal one, and logos are one mode.
fn as_upstream(mode: Mode) -> &'static str {
    match mode {
        Mode::Scheduled => Mode::Normal.name(),
        Mode::LogoRevert => Mode::LogoUpdater.name(),
        mode => mode.name(),
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
                let (rule, request) = parse_entry(value).ok()?;
                let time = text(value, "time").unwrap_or_default().to_owned();
                Some(Entry { index, name: timer_name(value, request.mode(), &time), time, rule, request })
            })
            .collect()
    }

    /// The entries that never fire, each with the reason.
    pub fn idle(&self) -> Vec<Idle> {
        let refused = self.schedules().iter().enumerate().filter_map(|(entry, value)| {
            let error = parse_entry(value).err()?;
            let (reason, Said { code, params }, because) =
                (error.to_string(), error.told(), vec![Clause::from(error.said())]);
            let time = value.get("time").map(|time| time.as_str().map_or_else(|| time.to_string(), str::to_owned));
            Some(Idle { entry, time: time.unwrap_or_default(), reason, code, params, because })
        });
        refused.collect()
    }

    /// Sets one field.
    pub fn set(&mut self, key: &str, value: impl Into<Value>) {
        self.fields.insert(key.to_owned(), value.into());
    }

    /// Adds an entry; refuses one that cannot fire or whose time is there already.
    pub fn add(&mut self, entry: Value) -> Result<(), EntryError> {
        parse_entry(&entry)?;
        let time = text(&entry, "time").unwrap_or_default();
        if self.schedules().iter().any(|existing| is_the_same(existing, &entry)) {
            return Err(EntryError::Exists { time: time.to_owned() });
        }
        let mut schedules = self.schedules().to_vec();
        schedules.push(entry);
        self.set("schedules", schedules);
        Ok(())
    }

    /// Adds an entry of a whole timetable. One with upstream's fields only is kept as it is, as upstream does: what cannot fire
    /// is shown and does not.
    pub fn put(&mut self, entry: Value) -> Result<(), EntryError> {
        let has = |key: &&str| entry.get(*key).is_some();
        if ["cron", "days"].iter().any(has) || (has(&"mode") && !has(&"frequency")) {
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

/// Whether two entries are one: of one time, and, where one is of 3.x, alike in all that tells when and what.
fn is_the_same(one: &Value, other: &Value) -> bool {
    let differs = |key: &&str| one.get(*key) != other.get(*key);
    let is_of_3 = [one, other].iter().any(|entry| entry.get("frequency").is_some());
    text(one, "time") == text(other, "time") && !(is_of_3 && version_3::FIELDS.iter().any(differs))
}

/// Upstream's name of a timer: 3.x tells mode and frequency, and nothing did before, when there was one mode.
fn timer_name(entry: &Value, mode: Mode, time: &str) -> String {
    let when = match version_3::name(entry) {
        Some(when) => when,
        None if mode == Mode::Scheduled => return format!("Posterizarr Normal Mode @ {time}"),
        None => format!("@ {time}"),
    };
    let mode = as_upstream(mode);
    let capital: String = mode.chars().take(1).flat_map(char::to_uppercase).chain(mode.chars().skip(1)).collect();
    format!("Posterizarr {capital} {when}")
}

/// Reads one entry: a daily `time` with optional `days`, a `cron` expression, or a `frequency` of 3.x; an optional `mode`.
fn parse_entry(entry: &Value) -> Result<(Rule, RunRequest), EntryError> {
    let rule = match (text(entry, "cron"), version_3::rule(entry)) {
        (Some(cron), _) => Rule::cron(cron)?,
        (None, Some(rule)) => rule?,
        (None, None) => {
            let days: Vec<_> = match entry.get("days") {
                None | Some(Value::Null) => Vec::new(),
                Some(Value::Array(days)) => {
                    days.iter().map(|day| day.as_str().unwrap_or_default().to_owned()).collect()
                }
                Some(other) => return Err(EntryError::Day { day: other.to_string() }),
            };
            Rule::daily(text(entry, "time").unwrap_or_default(), &days)?
        }
    };
    Ok((rule, parse_request(entry)?))
}

/// The modes a timetable may run. "normal" is what upstream's 3.x files say for the whole library.
fn parse_request(entry: &Value) -> Result<RunRequest, EntryError> {
    match text(entry, "mode") {
        None | Some("" | "normal" | "scheduled") => Ok(RunRequest::scheduled()),
        Some("logoupdater") => parse_logos(entry),
        Some(name) => RunRequest::plain(name).map_err(|_| EntryError::Mode { word: name.to_owned() }),
    }
}

/// What the logo updater does: in `library`, or in every one, and of two switches, which old files may have as texts.
fn parse_logos(entry: &Value) -> Result<RunRequest, EntryError> {
    let library = match entry.get("library") {
        None | Some(Value::Null) => "all",
        Some(Value::String(library)) if library.trim().is_empty() => "all",
        Some(Value::String(library)) => library,
        Some(_) => return Err(EntryError::LogoLibrary),
    };
    let change = match (switch(entry, "revert")?, switch(entry, "force_replace")?) {
        (true, _) => LogoChange::Revert,
        (false, true) => LogoChange::Replace,
        (false, false) => LogoChange::Fill,
    };
    RunRequest::logos(library, change).map_err(|_| EntryError::LogoLibrary)
}

fn switch(entry: &Value, key: &'static str) -> Result<bool, EntryError> {
    match entry.get(key) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(on)) => Ok(*on),
        Some(Value::String(word)) if word.eq_ignore_ascii_case("true") => Ok(true),
        Some(Value::String(word)) if word.is_empty() || word.eq_ignore_ascii_case("false") => Ok(false),
        Some(_) => Err(EntryError::LogoSwitch { field: key }),
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

/// The zone of a new timetable: the host's, by `TZ`, else by what the system is set to, else UTC. Tells the name that was
/// passed over because there is no such zone.
pub fn host_zone(tz: Option<&str>, system: Option<&str>) -> (Tz, Option<String>) {
    // `TZ` may begin with a colon, and name a file.
    let bare = |name: &str| {
        let name = name.trim().trim_start_matches(':');
        name.rsplit_once("/zoneinfo/").map_or(name, |(_, zone)| zone).to_owned()
    };
    let named = [tz, system].into_iter().flatten().map(bare).filter(|name| !name.is_empty());
    let mut passed_over = None;
    for name in named {
        match zone(&name) {
            Some(zone) => return (zone, passed_over),
            None => passed_over = passed_over.or(Some(name)),
        }
    }
    (Tz::UTC, passed_over)
}

/// The times of the container's `RUN_TIME`, as timetable entries. `disabled` and unreadable parts give none.
pub fn from_run_time(run_time: &str) -> Vec<Value> {
    run_time
        .split(',')
        .map(str::trim)
        .filter(|time| super::recurrence::parse_time(time).is_some())
        .map(|time| json!({ "time": time, "description": "RUN_TIME" }))
        .collect()
}

/// An instant as `scheduler.json` and the API write it: with offset, without fraction.
pub fn with_offset(at: DateTime<Tz>) -> String {
    at.format("%Y-%m-%dT%H:%M:%S%:z").to_string()
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
        assert!(matches!(table.add(json!({"time": "25:00"})), Err(EntryError::Time { .. })));
        assert!(matches!(table.add(json!({"time": "06:00", "mode": "reset"})), Err(EntryError::Mode { .. })));
        assert!(matches!(table.put(json!({"time": "06:00", "mode": "reset"})), Err(EntryError::Mode { .. })));
        table.put(json!({"time": 5})).unwrap();
        assert!(table.remove("03:05") && !table.remove("03:05"));
        assert_eq!(table.schedules().len(), 2);
    }

    #[test]
    fn the_logo_updater_runs_with_its_library_and_switches() {
        let entry = |fields: Value| {
            let mut entry =
                json!({"time": "04:00", "mode": "logoupdater", "frequency": "weekly", "day_of_week": "sun"});
            entry.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            entry
        };
        for (fields, expected) in [
            (json!({}), vec!["-LogoUpdater", "-LibraryName:all"]),
            (
                json!({"library": "", "force_replace": "true"}),
                vec!["-LogoUpdater", "-LibraryName:all", "-ForceReplace"],
            ),
            (
                json!({"library": "-TV", "force_replace": true}),
                vec!["-LogoUpdater", "-LibraryName:-TV", "-ForceReplace"],
            ),
            (json!({"library": "TV", "force_replace": true, "revert": true}), vec!["-LogoRevert", "-LibraryName:TV"]),
        ] {
            let mut table = Timetable::default();
            table.add(entry(fields)).unwrap();
            let [scheduled] = &table.entries()[..] else { panic!("{table:?}") };
            assert_eq!(scheduled.request.arguments(), expected);
            assert_eq!(scheduled.id(), "posterizarr_logoupdater_0");
        }
        for fields in [json!({"library": 5}), json!({"revert": "perhaps"}), json!({"force_replace": 1})] {
            let mut table = Timetable::default();
            assert!(
                matches!(
                    table.add(entry(fields.clone())),
                    Err(EntryError::LogoLibrary | EntryError::LogoSwitch { .. })
                ),
                "{fields}"
            );
            table.put(entry(fields)).unwrap();
            assert!(table.entries().is_empty() && table.idle().len() == 1, "kept, told, and never run");
        }
        let mut table = Timetable::default();
        table.add(entry(json!({"library": "TV"}))).unwrap();
        table.add(entry(json!({"library": "Movies"}))).unwrap();
        assert!(matches!(table.add(entry(json!({"library": "TV"}))), Err(EntryError::Exists { .. })));
        assert_eq!(table.entries()[0].name, "Posterizarr Logoupdater (Weekly) @ 04:00");
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
    fn the_hosts_zone_is_found_in_each_form_of_tz() {
        let berlin = (Tz::Europe__Berlin, None);
        for tz in ["Europe/Berlin", ":Europe/Berlin", "europe/berlin ", "/usr/share/zoneinfo/Europe/Berlin"] {
            assert_eq!(host_zone(Some(tz), Some("Asia/Kolkata")), berlin, "{tz}");
        }
        assert_eq!(
            host_zone(Some("CET-1CEST"), Some("Europe/Berlin")),
            (Tz::Europe__Berlin, Some("CET-1CEST".to_owned()))
        );
        assert_eq!(host_zone(Some("Mars/Base"), None), (Tz::UTC, Some("Mars/Base".to_owned())));
        assert_eq!(host_zone(None, None), (Tz::UTC, None));
    }

    #[test]
    fn run_time_is_a_comma_list_or_disabled() {
        assert_eq!(from_run_time("disabled").len(), 0);
        let times: Vec<_> = from_run_time("06:00, 14:30,nonsense").iter().map(|entry| entry["time"].clone()).collect();
        assert_eq!(times, ["06:00", "14:30"]);
    }
}
