//! What is wrong with an entry of the timetable, and with the timetable itself. Texts about entries are upstream's where upstream has
//! any.

use posterizarr_base::said::Said;
use posterizarr_base::sentences;

sentences! {
    /// Why an entry cannot fire, or is not added.
    pub enum EntryError {
        Time { time: String } => "invalid_time", "Invalid time format '{time}'. Must be HH:MM (00:00-23:59)";
        Cron { expression: String, reason: String } => "invalid_cron", "invalid cron expression '{expression}': {reason}; use five fields such as '30 2 * * MON-FRI'";
        Day { day: String } => "invalid_day", "invalid weekday '{day}'; use mon, tue, wed, thu, fri, sat or sun";
        // Of Posterizarr 3.x, field by field.
        Frequency { value: String } => "odd_frequency", "frequency '{value}' is not understood; use daily, weekly, monthly or interval";
        Weekdays { value: String } => "odd_weekdays", "day_of_week '{value}' is not understood; use mon, tue, wed, thu, fri, sat or sun, with commas or a dash between";
        DayOfMonth { value: String } => "odd_day", "day '{value}' is not understood; use a day of the month such as 1, 1,15 or last";
        Month { value: String } => "odd_month", "month '{value}' is not understood; use a month such as 1, jan or 1,7";
        NoSuchDay { value: String } => "no_such_day", "day and month '{value}' is not understood; there is no such day in any year";
        Interval { value: String } => "odd_interval", "interval_value '{value}' is not understood; use a whole number from 1";
        TooOften { value: String } => "too_often", "interval_value '{value}' is not understood; runs at most once a minute";
        Unit { value: String } => "odd_unit", "interval_unit '{value}' is not understood; use hours, days or weeks";
        // What it runs.
        Mode { word: String } => "invalid_mode", "invalid mode '{word}'; a schedule runs scheduled, testing, backup, syncjelly, syncemby or logoupdater";
        LogoLibrary => "logo_library", "library of a logoupdater schedule is the name of a Plex library, or all";
        LogoSwitch { field: &'static str } => "logo_switch", "{field} of a logoupdater schedule is true or false";
        Exists { time: String } => "exists", "Schedule {time} already exists";
    }
}

impl std::error::Error for EntryError {}

impl EntryError {
    /// The same as clients have always been told it: all fields of 3.x that say nothing known have one code.
    pub(super) fn told(&self) -> Said {
        let odd =
            |field: &'static str, value: &String| Said::new("invalid_field", [("field", &field), ("value", value)]);
        let logos = |field: &'static str| Said::new("invalid_logos", [("field", &field)]);
        match self {
            Self::Time { .. } | Self::Day { .. } | Self::Exists { .. } => self.said(),
            Self::Cron { expression, .. } => Said::new("invalid_cron", [("expression", expression)]),
            Self::Frequency { value } => odd("frequency", value),
            Self::Weekdays { value } => odd("day_of_week", value),
            Self::DayOfMonth { value } => odd("day", value),
            Self::Month { value } => odd("month", value),
            Self::NoSuchDay { value } => odd("day and month", value),
            Self::Interval { value } | Self::TooOften { value } => odd("interval_value", value),
            Self::Unit { value } => odd("interval_unit", value),
            Self::Mode { word } => Said::new("invalid_mode", [("mode", word)]),
            Self::LogoLibrary => logos("library"),
            Self::LogoSwitch { field } => logos(field),
        }
    }
}

sentences! {
    /// What is wrong with the timetable as a whole, or with a change of it.
    pub enum TimetableFault {
        Unreadable { reason: String } => "timetable_unreadable", "scheduler.json is not readable: {reason}";
        NotWritten { cause: String } => "timetable_not_written", "scheduler.json could not be written: {cause}";
        NotRead { cause: String } => "timetable_not_read", "scheduler.json could not be read: {cause}";
        ZoneReplaced { name: String, zone: &'static str } => "zone_replaced", "unknown time zone '{name}', {zone} is used instead; use an IANA name such as Europe/Berlin";
        UnknownZone { zone: String } => "unknown_zone", "unknown time zone '{zone}'; use an IANA name such as Europe/Berlin";
        NoEntry => "no_schedule", "Schedule not found";
    }
}
