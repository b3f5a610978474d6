//! What the Scheduler is asked, what it answers, and what it shows.

use actix::Message;
use chrono_tz::Tz;
use posterizarr_base::said::{Params, Reason, Said, Values, values};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::fault::{EntryError, TimetableFault};
use super::past_fires::Fire;
use super::timetable::{DEFAULT_ZONE, Idle, Timetable};
use crate::runs::{Mode, StartError, Started};

/// What is known of the timetable.
#[derive(Debug, Clone)]
pub struct SchedulerView {
    /// `scheduler.json`, with defaults for what it lacks.
    pub fields: Map<String, Value>,
    /// Whether timers are armed.
    pub running: bool,
    /// The zone that counts.
    pub timezone: Tz,
    /// The armed timers, soonest first.
    pub timers: Vec<Timer>,
    /// The entries that never fire.
    pub idle: Vec<Idle>,
    /// The last fires with what became of them, newest first.
    pub fires: Vec<Fire>,
    /// What is wrong with the file or the zone.
    pub problem: Option<Reason>,
}

impl Default for SchedulerView {
    fn default() -> Self {
        Self {
            fields: Timetable::default().fields().clone(),
            running: false,
            timezone: DEFAULT_ZONE,
            timers: Vec::new(),
            idle: Vec::new(),
            fires: Vec::new(),
            problem: None,
        }
    }
}

/// An armed timer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Timer {
    /// Upstream's id.
    pub id: String,
    /// The place of its entry in the timetable's list, from 0.
    pub entry: usize,
    /// Upstream's name.
    pub name: String,
    /// What it runs.
    pub mode: Mode,
    /// When it fires next, with offset.
    pub next_run: Option<String>,
    /// The fires after that, soonest first.
    pub following: Vec<String>,
}

/// Why a change of the timetable was refused.
#[derive(Debug, thiserror::Error)]
pub enum ScheduleError {
    /// The entry is not acceptable.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// No such zone.
    #[error("{}", unknown_zone(.0).english())]
    Zone(String),
    /// No entry with this time.
    #[error("{}", TimetableFault::NoEntry.english())]
    Missing,
    /// The file could not be written.
    #[error("{}", not_written(.0).english())]
    File(#[from] std::io::Error),
}

fn unknown_zone(zone: &str) -> TimetableFault {
    TimetableFault::UnknownZone { zone: zone.to_owned() }
}

fn not_written(cause: &std::io::Error) -> TimetableFault {
    TimetableFault::NotWritten { cause: cause.to_string() }
}

impl Values for ScheduleError {
    fn values(&self) -> Params {
        match self {
            Self::Missing => values([]),
            Self::Entry(error) => error.told().params,
            Self::Zone(zone) => values([("zone", zone)]),
            Self::File(cause) => values([("cause", cause)]),
        }
    }

    fn said(&self) -> Option<Said> {
        Some(match self {
            Self::Missing => TimetableFault::NoEntry.said(),
            Self::Entry(error) => error.said(),
            Self::Zone(zone) => unknown_zone(zone).said(),
            Self::File(cause) => not_written(cause).said(),
        })
    }
}

/// Changes some settings of the timetable; `None` leaves one as it is. Checked as a whole before anything changes.
#[derive(Debug, Default, Message)]
#[rtype(result = "Result<(), ScheduleError>")]
pub struct ChangeTimetable {
    /// Whether timers are armed.
    pub enabled: Option<bool>,
    pub schedules: Option<Vec<Value>>,
    pub timezone: Option<String>,
    /// Whether a fire during a run is skipped.
    pub skip_if_running: Option<bool>,
}

/// Adds an entry.
#[derive(Debug, Message)]
#[rtype(result = "Result<(), ScheduleError>")]
pub struct AddSchedule(pub Value);

/// Removes every entry with this exact time.
#[derive(Debug, Message)]
#[rtype(result = "Result<(), ScheduleError>")]
pub struct RemoveSchedule(pub String);

/// Reads the file anew, whatever it looks like from outside.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Restart;

/// Starts a scheduled run now.
#[derive(Debug, Message)]
#[rtype(result = "Result<Started, StartError>")]
pub struct RunNow;
