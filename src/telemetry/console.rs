//! The console: for people, for the journal, or as JSON.

use std::os::unix::fs::MetadataExt;

use serde_json::json;
use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use super::line::Record;
use super::writer::{Sink, Writer};
use crate::settings::LogFormat;

/// The layer that writes to standard error.
pub struct Console {
    format: LogFormat,
    journal: bool,
    tells_noise: bool,
    writer: Writer,
}

impl Console {
    /// Lines in this format; without timestamps and with priorities where standard error leads to the journal.
    pub fn new(format: LogFormat, level: &str, writer: Writer) -> Self {
        let tells_noise = level.parse::<LevelFilter>().is_ok_and(|level| level >= LevelFilter::DEBUG);
        Self { format, journal: leads_to_journal(), tells_noise, writer }
    }

    fn line(&self, record: &Record) -> String {
        let line = match self.format {
            LogFormat::Human if self.journal => format!("{}: {}", record.target, record.text()),
            LogFormat::Human => {
                let (time, level) = (record.at.format("%Y-%m-%dT%H:%M:%S%:z"), record.level_name());
                format!("{time} {level:<8} {}: {}", record.target, record.text())
            }
            LogFormat::Json => json(record),
        };
        if self.journal { format!("<{}>{line}\n", record.priority()) } else { format!("{line}\n") }
    }
}

impl<S: Subscriber> Layer<S> for Console {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let record = Record::of(event);
        if self.tells_noise || !record.is_noise() {
            self.writer.write(Sink::Console, self.line(&record));
        }
    }
}

fn json(record: &Record) -> String {
    json!({
        "timestamp": record.at.to_rfc3339(),
        "level": record.level_name(),
        "target": record.target,
        "place": record.place,
        "message": record.message,
        "fields": record.fields,
    })
    .to_string()
    .chars()
    .flat_map(json_safe)
    .collect()
}

/// In JSON what turns text around is escaped as JSON does it; control characters are already.
fn json_safe(letter: char) -> Vec<char> {
    if super::line::harmful(letter) { format!("\\u{:04x}", u32::from(letter)).chars().collect() } else { vec![letter] }
}

/// `JOURNAL_STREAM` names the device and inode of the journal's stream; a terminal started by a service inherits the
/// variable, but not the stream.
fn leads_to_journal() -> bool {
    let Ok(named) = std::env::var("JOURNAL_STREAM") else { return false };
    std::fs::metadata("/proc/self/fd/2").is_ok_and(|stream| named == format!("{}:{}", stream.dev(), stream.ino()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Local;
    use serde_json::{Map, Value};

    fn record() -> Record {
        let fields = Map::from_iter([("run".to_owned(), Value::from(7)), ("why".to_owned(), Value::from("a b"))]);
        let (target, place) = ("posterizarrd::x".to_owned(), "x.rs:1".to_owned());
        Record {
            at: Local::now(),
            level: tracing::Level::WARN,
            target,
            place,
            message: "odd\nthing".to_owned(),
            fields,
        }
    }

    fn console(format: LogFormat, journal: bool) -> Console {
        Console { format, journal, tells_noise: false, writer: Writer::start(&std::env::temp_dir()) }
    }

    #[test]
    fn the_journal_gets_a_priority_and_no_time_of_its_own() {
        let line = console(LogFormat::Human, true).line(&record());
        assert_eq!(line, "<4>posterizarrd::x: odd\\nthing run=7 why=\"a b\"\n");
    }

    #[test]
    fn people_get_a_time_and_the_level() {
        let line = console(LogFormat::Human, false).line(&record());
        let (time, rest) = line.split_once(' ').unwrap();
        assert!(chrono::DateTime::parse_from_rfc3339(time).is_ok(), "{line}");
        assert_eq!(rest, "WARNING  posterizarrd::x: odd\\nthing run=7 why=\"a b\"\n");
    }

    #[test]
    fn json_is_one_object_on_one_line_with_typed_fields() {
        let line = console(LogFormat::Json, false).line(&record());
        assert_eq!(line.matches('\n').count(), 1);
        let object: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(object["message"], "odd\nthing");
        assert_eq!(object["fields"]["run"], 7);
        assert_eq!(object["level"], "WARNING");
    }
}
