//! From an event to one line of text.

use std::borrow::Cow;
use std::fmt::{Debug, Write};

use chrono::{DateTime, Local};
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Level};

/// Events with this target are about logins; they also go to `AuthServer.log`.
pub const AUTH: &str = "auth";
/// Events with this target are panics; their level is called `CRITICAL`.
pub const PANIC: &str = "panic";

/// What an event says, taken out of it once.
#[derive(Debug)]
pub struct Record {
    /// When it was logged.
    pub at: DateTime<Local>,
    /// How severe it is, in tracing's words.
    pub level: Level,
    /// The module or subject it comes from.
    pub target: String,
    /// File name and line of the source.
    pub place: String,
    /// What happened.
    pub message: String,
    /// The values beside the message, in the order they were written.
    pub fields: Map<String, Value>,
}

impl Record {
    /// Reads an event. Events that come from the `log` crate carry their origin in fields; it is put in its place.
    pub fn of(event: &Event<'_>) -> Self {
        let metadata = event.metadata();
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut taken = |name| fields.others.shift_remove(name).map(|value| plain(&value).into_owned());
        let target = taken("log.target").unwrap_or_else(|| metadata.target().to_owned());
        taken("log.module_path");
        let path = taken("log.file").or_else(|| metadata.file().map(str::to_owned)).unwrap_or_default();
        let line = taken("log.line").or_else(|| metadata.line().map(|line| line.to_string())).unwrap_or_default();
        let file = path.rsplit('/').next().unwrap_or_default();
        let place = format!("{file}:{line}");
        Self {
            at: Local::now(),
            level: *metadata.level(),
            target,
            place,
            message: fields.message,
            fields: fields.others,
        }
    }

    /// The level's name in the files; upstream's.
    pub fn level_name(&self) -> &'static str {
        match self.level {
            Level::ERROR if self.target == PANIC => "CRITICAL",
            Level::ERROR => "ERROR",
            Level::WARN => "WARNING",
            Level::INFO => "INFO",
            _ => "DEBUG",
        }
    }

    /// The level as a priority of syslog.
    pub fn priority(&self) -> u8 {
        match self.level {
            Level::ERROR if self.target == PANIC => 2,
            Level::ERROR => 3,
            Level::WARN => 4,
            Level::INFO => 6,
            _ => 7,
        }
    }

    /// Whether it tells of a request that is no HTTP. That is its sender's trouble, not an error of ours, and anybody can
    /// send thousands.
    pub fn is_noise(&self) -> bool {
        self.target == "actix_http::h1::dispatcher" && self.message.starts_with("stream error")
    }

    /// Message and fields on one line.
    pub fn text(&self) -> String {
        let mut text = one_line(&self.message).into_owned();
        for (name, value) in &self.fields {
            let value = plain(value);
            let value = one_line(&value);
            let quoted = value.is_empty() || value.contains(' ');
            // Writing to a String cannot fail.
            let _ = if quoted { write!(text, " {name}=\"{value}\"") } else { write!(text, " {name}={value}") };
        }
        text
    }

    /// Upstream's line: `[time] [LEVEL   ] [where] - text`; `prefix` goes before the place in the third field.
    pub fn file_line(&self, prefix: &str) -> String {
        let (time, level, target, place) = (self.time(), self.level_name(), &self.target, &self.place);
        format!("[{time}] [{level:<8}] [{prefix}{target}:{place}] - {}\n", self.text())
    }

    /// Upstream's line about a login: `[time] [LEVEL   ] |AUTH| text`.
    pub fn auth_line(&self) -> String {
        format!("[{}] [{:<8}] |AUTH| {}\n", self.time(), self.level_name(), self.text())
    }

    fn time(&self) -> impl std::fmt::Display {
        self.at.format("%Y-%m-%d %H:%M:%S")
    }
}

/// What would end a line, steer a terminal, or turn the direction in which the rest of a line is shown.
pub(super) fn harmful(letter: char) -> bool {
    (letter.is_control() && letter != '\t')
        || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Makes a text harmless for a log: what would end the line, steer a terminal or turn the text around is escaped.
pub fn one_line(text: &str) -> Cow<'_, str> {
    if !text.contains(harmful) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        if harmful(letter) { safe.extend(letter.escape_default()) } else { safe.push(letter) }
    }
    Cow::Owned(safe)
}

fn plain(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        other => Cow::Owned(other.to_string()),
    }
}

#[derive(Default)]
struct Fields {
    message: String,
    others: Map<String, Value>,
}

impl Fields {
    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        let value = value.into();
        match field.name() {
            "message" => self.message = plain(&value).into_owned(),
            name => drop(self.others.insert(name.to_owned(), value)),
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.put(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_with_line_ends_or_terminal_codes_stays_one_harmless_line() {
        let forged = "user\n[2026-01-01 00:00:00] [INFO    ] all well\r\u{1b}[2J\u{2028}x\ty";
        let safe = one_line(forged);
        assert_eq!(safe, "user\\n[2026-01-01 00:00:00] [INFO    ] all well\\r\\u{1b}[2J\\u{2028}x\ty");
        for turning in
            ['\u{202a}', '\u{202e}', '\u{2066}', '\u{2069}', '\u{200e}', '\u{200f}', '\u{85}', '\u{9b}', '\u{7f}']
        {
            assert!(one_line(&format!("a{turning}b")).is_ascii(), "{turning:?}");
        }
        assert!(matches!(one_line("plain ü"), Cow::Borrowed(_)));
    }
}
