//! Log lines as records.
//!
//! Three shapes are known: the script's `[time] [LEVEL]   |L.123  | text` (later versions put a thread before the bar and a
//! file before the line), the backend's and the browser's `[time] [LEVEL   ] [source] - text`, and the login log's
//! `[time] [LEVEL   ] |AUTH| text`.

use serde::Serialize;
use utoipa::ToSchema;

/// One line of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Record {
    /// `YYYY-MM-DD HH:MM:SS` in local time; empty if the line has none.
    pub timestamp: String,
    /// Upper case; `UNKNOWN` if the line has none.
    pub level: String,
    /// `script`, `backend`, `frontend`, `auth` or `unknown`.
    pub source: String,
    /// The part of the source that wrote it; may be empty.
    pub component: String,
    /// The line of the script that wrote it.
    pub line: Option<u32>,
    /// The text.
    pub message: String,
    /// The whole line, trimmed.
    pub raw: String,
}

/// The parts of a line that begins like a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head<'a> {
    /// `YYYY-MM-DD HH:MM:SS`.
    pub timestamp: &'a str,
    /// The level, trimmed.
    pub level: &'a str,
    /// What follows the level, trimmed at its start.
    pub rest: &'a str,
}

/// How grave a level is: 0 for the least; none for an unknown one. The script's `OPTIONAL` is on a par with `DEBUG`.
pub fn severity(level: &str) -> Option<u8> {
    match level.to_ascii_uppercase().as_str() {
        "DEBUG" | "OPTIONAL" => Some(0),
        "INFO" => Some(1),
        "WARNING" | "WARN" => Some(2),
        "ERROR" => Some(3),
        "CRITICAL" => Some(4),
        _ => None,
    }
}

/// Splits off time and level, after white space; none for a line that continues the one before, or is no record at all.
pub fn head(line: &str) -> Option<Head<'_>> {
    let (timestamp, rest) = bracketed(line.trim_start())?;
    if !is_timestamp(timestamp) {
        return None;
    }
    let (level, rest) = bracketed(rest.trim_start())?;
    Some(Head { timestamp, level: level.trim(), rest: rest.trim_start() })
}

/// The text of a line of the script, trimmed; none for other lines.
pub fn script_message<'a>(head: &Head<'a>) -> Option<&'a str> {
    Some(script_parts(head.rest)?.1)
}

/// The line as a record. A line of no known shape has level `UNKNOWN` and is its own message.
pub fn record(line: &str) -> Record {
    record_by(line, |rest| auth_parts(rest).or_else(|| script_record(rest)).or_else(|| backend_record(rest)))
}

/// Like [`record`], for a line of `FrontendUI.log`: only what says `BACKEND:` or `UI:` is known, as upstream has it.
pub fn unified_record(line: &str) -> Record {
    record_by(line, |rest| backend_record(rest).filter(|_| rest.starts_with("[BACKEND:") || rest.starts_with("[UI:")))
}

fn record_by(line: &str, parts: impl FnOnce(&str) -> Option<Parts<'_>>) -> Record {
    let line = line.trim();
    let known = head(line).and_then(|head| {
        let (source, component, number, message) = parts(head.rest).filter(|parts| !parts.3.is_empty())?;
        Some(Record {
            timestamp: head.timestamp.to_owned(),
            level: head.level.to_owned(),
            source: source.to_owned(),
            component: component.to_owned(),
            line: number,
            message: message.to_owned(),
            raw: line.to_owned(),
        })
    });
    known.unwrap_or_else(|| Record {
        timestamp: String::new(),
        level: "UNKNOWN".to_owned(),
        source: "unknown".to_owned(),
        component: String::new(),
        line: None,
        message: line.to_owned(),
        raw: line.to_owned(),
    })
}

type Parts<'a> = (&'static str, &'a str, Option<u32>, &'a str);

fn auth_parts(rest: &str) -> Option<Parts<'_>> {
    Some(("auth", "", None, rest.strip_prefix("|AUTH|")?.trim()))
}

fn script_record(rest: &str) -> Option<Parts<'_>> {
    let (place, message) = script_parts(rest)?;
    let (file, number) = place.rsplit_once("L.")?;
    Some(("script", file.trim_end_matches(':'), number.parse().ok(), message))
}

fn script_parts(rest: &str) -> Option<(&str, &str)> {
    let rest = match bracketed(rest) {
        Some((_thread, rest)) => rest.trim_start(),
        None => rest,
    };
    let (place, message) = rest.strip_prefix('|')?.split_once('|')?;
    Some((place.trim(), message.trim()))
}

fn backend_record(rest: &str) -> Option<Parts<'_>> {
    let (third, rest) = bracketed(rest)?;
    let message = rest.trim_start().strip_prefix('-')?;
    let message = message.strip_prefix(char::is_whitespace)?.trim();
    Some(match (third.strip_prefix("BACKEND:"), third.strip_prefix("UI:")) {
        (Some(component), _) => ("backend", component, None, message),
        (_, Some(component)) => ("frontend", component, None, message),
        _ => ("backend", third, None, message),
    })
}

/// Splits `[inside]rest`.
fn bracketed(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix('[')?.split_once(']')
}

fn is_timestamp(text: &str) -> bool {
    text.len() == 19
        && text.bytes().zip("0000-00-00 00:00:00".bytes()).all(|(byte, shape)| match shape {
            b'0' => byte.is_ascii_digit(),
            other => byte == other,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(line: &str) -> (String, String, String, Option<u32>, String) {
        let record = record(line);
        (record.level, record.source, record.component, record.line, record.message)
    }

    fn expected(
        level: &str,
        source: &str,
        component: &str,
        line: Option<u32>,
        message: &str,
    ) -> (String, String, String, Option<u32>, String) {
        (level.into(), source.into(), component.into(), line, message.into())
    }

    #[test]
    fn the_scripts_lines_are_understood_in_both_versions() {
        assert_eq!(
            parts("[2025-11-23 03:00:05] [ERROR]   |L.4390 |      Could not access Plex | with this URL: ..."),
            expected("ERROR", "script", "", Some(4390), "Could not access Plex | with this URL: ...")
        );
        assert_eq!(
            parts("[2025-11-23 03:12:09] [INFO]    |L.33561| Script execution time: 0h 12m 7s "),
            expected("INFO", "script", "", Some(33561), "Script execution time: 0h 12m 7s")
        );
        assert_eq!(
            parts("[2026-08-03 21:46:00] [WARNING]  [T39]  |Api.ps1:L.41        |      No Logo found"),
            expected("WARNING", "script", "Api.ps1", Some(41), "No Logo found")
        );
    }

    #[test]
    fn backend_browser_and_login_lines_are_understood() {
        assert_eq!(
            parts("[2025-11-23 03:00:05] [INFO    ] [BACKEND:main:start:12] - listening - on 8000"),
            expected("INFO", "backend", "main:start:12", None, "listening - on 8000")
        );
        assert_eq!(
            parts("[2025-11-23 03:00:05] [DEBUG   ] [UI:LogViewer] - opened"),
            expected("DEBUG", "frontend", "LogViewer", None, "opened")
        );
        assert_eq!(
            parts("[2025-11-23 03:00:05] [WARNING ] [main:start:12] - hm"),
            expected("WARNING", "backend", "main:start:12", None, "hm")
        );
        assert_eq!(
            parts("[2025-11-23 03:00:05] [INFO    ] |AUTH| login ok"),
            expected("INFO", "auth", "", None, "login ok")
        );
    }

    #[test]
    fn the_unified_log_knows_only_what_names_its_side() {
        let unified = |third: &str| unified_record(&format!("[2025-11-23 03:00:05] [INFO    ] {third}")).source;
        assert_eq!(unified("[BACKEND:main:start:12] - a"), "backend");
        assert_eq!(unified("[UI:x] - a"), "frontend");
        for third in ["[main:start:12] - a", "|AUTH| a", "|L.1  | a", "[UI:x] - "] {
            assert_eq!(unified(third), "unknown", "{third}");
        }
    }

    #[test]
    fn other_lines_are_their_own_message() {
        for line in [
            "",
            "Traceback:",
            "[2025-11-23 03:00:05] [INFO    ] [UI:x] -",
            "[x] [INFO] [UI:x] - y",
            "[2025-11-23 03:00:05]",
            "[[",
        ] {
            assert_eq!(parts(line), expected("UNKNOWN", "unknown", "", None, line), "{line:?}");
        }
        assert_eq!(record("  x  ").raw, "x");
    }
}
