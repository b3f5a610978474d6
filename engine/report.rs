//! What a run leaves for others to read: `Logs/<mode>.json`.

use std::io;
use std::path::Path;

use chrono::{DateTime, Local};
use posterizarr_base::result_file::{RunResult, TIME_FORMAT};
use posterizarr_base::run::Mode;
use posterizarr_base::run_events::RunEvent;

use crate::work::{RunError, Work};

/// How many pictures a run made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub posters: usize,
    pub backgrounds: usize,
    pub title_cards: usize,
    pub seasons: usize,
    pub collections: usize,
    pub truncated: usize,
    /// Rows of pictures that are not what the user wants most.
    pub fallbacks: usize,
    pub textless: usize,
    /// Rows of pictures with text in a known language.
    pub text: usize,
    pub tba_skipped: usize,
    pub japanese_skipped: usize,
    pub images_cleared: usize,
    pub folders_cleared: usize,
    /// In bytes.
    pub space_saved: u64,
    /// Whether messages are sent about the run, and whether Uptime Kuma is told.
    pub notifies: bool,
    pub kuma: bool,
}

/// The summary of a run.
pub struct Summary<'a> {
    pub mode: Mode,
    pub version: &'a str,
    pub counts: Counts,
    pub errors: u32,
    pub started: DateTime<Local>,
    pub ended: DateTime<Local>,
}

impl Summary<'_> {
    /// Writes `<mode>.json` into the folder.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        let content = self.result().content().map_err(io::Error::other)?;
        posterizarr_base::files::write(&folder.join(format!("{}.json", self.mode)), &content)
    }

    fn result(&self) -> RunResult {
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let clock = |time: DateTime<Local>| time.format(TIME_FORMAT).to_string();
        let counts = &self.counts;
        RunResult {
            posters: number(counts.posters),
            backgrounds: number(counts.backgrounds),
            title_cards: number(counts.title_cards),
            seasons: number(counts.seasons),
            collections: number(counts.collections),
            mode: self.mode.name().to_owned(),
            runtime_seconds: self.seconds(),
            errors: self.errors.into(),
            fallbacks: number(counts.fallbacks),
            textless: number(counts.textless),
            truncated: number(counts.truncated),
            text: number(counts.text),
            tba_skipped: number(counts.tba_skipped),
            japanese_skipped: number(counts.japanese_skipped),
            notifies: counts.notifies,
            kuma: counts.kuma,
            images_cleared: number(counts.images_cleared),
            folders_cleared: number(counts.folders_cleared),
            space_saved: if counts.space_saved == 0 { "0".to_owned() } else { readable_size(counts.space_saved) },
            script_version: self.version.to_owned(),
            // There is no ImageMagick.
            image_version: "none".to_owned(),
            start: clock(self.started),
            end: clock(self.ended),
        }
    }

    fn seconds(&self) -> i64 {
        (self.ended - self.started).num_seconds().max(0)
    }

    /// Hours, minutes and seconds.
    pub fn took(&self) -> (i64, i64, i64) {
        let seconds = self.seconds();
        (seconds / 3600, seconds / 60 % 60, seconds % 60)
    }
}

/// Tells the counts in the log and leaves the result file.
///
/// # Errors
/// If that file cannot be written.
pub fn finish(mode: Mode, counts: Counts, started: DateTime<Local>, work: &Work<'_>) -> Result<(), RunError> {
    let journal = work.journal;
    let Counts { posters, backgrounds, title_cards, seasons, collections, truncated, .. } = counts;
    let total = posters + backgrounds + title_cards + seasons + collections;
    journal.info(format!("Finished, Total images created: {total}"));
    journal.info(format!(
        "Show/Movie Posters created: {posters}| Season images created: {seasons} | Background images created: {backgrounds} | TitleCards created: {title_cards}"
    ));
    if truncated > 0 {
        journal.info(format!("'{truncated}' times the script truncated the text in images"));
    }
    let errors = journal.errors();
    if errors > 0 {
        journal.warning(format!(
            "During execution '{errors}' Errors occurred, please check the log for a detailed description."
        ));
    }
    work.events.write(&RunEvent::Finished { created: total as u64, errors: errors.into() });
    // The script counts all as posters there.
    let counts = if matches!(mode, Mode::Tautulli | Mode::Arr | Mode::Backup) {
        Counts { posters: total, ..counts }
    } else {
        counts
    };
    let summary = Summary { mode, version: work.context.version, counts, errors, started, ended: Local::now() };
    let (hours, minutes, seconds) = summary.took();
    journal.info(format!("Script execution time: {hours}h {minutes}m {seconds}s "));
    // The script leaves no result of these, and nobody looks for one.
    if mode.result_file().is_none() {
        return Ok(());
    }
    summary.write(&work.logs()).map_err(|error| RunError::Failed(format!("the result file cannot be written: {error}")))
}

/// Bytes as people write them.
pub fn readable_size(bytes: u64) -> String {
    const GB: f64 = 1024.0 * 1024.0 * 1024.0;
    const MB: f64 = 1024.0 * 1024.0;
    match bytes as f64 {
        large if large >= GB => format!("{:.2} GB", large / GB),
        middling if middling >= MB => format!("{:.2} MB", middling / MB),
        _ => format!("{bytes} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_has_the_scripts_keys_and_whole_numbers() {
        let folder = tempfile::tempdir().unwrap();
        let started = Local::now();
        let summary = Summary {
            mode: Mode::Testing,
            version: "0.1.0",
            counts: Counts { posters: 6, ..Counts::default() },
            errors: 0,
            started,
            ended: started + chrono::TimeDelta::seconds(3727),
        };
        summary.write(folder.path()).unwrap();
        let text = std::fs::read_to_string(folder.path().join("testing.json")).unwrap();
        assert!(text.starts_with("{\n  \"Posters\": 6,\n") && text.ends_with("}\n"), "{text}");
        assert!(text.contains("\"Runtime\": \"1:2:7\"") && text.contains("\"Notification Sent\": \"false\""), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Map<_, _>>(&text).unwrap().len(), 23);
    }

    #[test]
    fn sizes_are_readable() {
        assert_eq!([512, 3 << 20, 5 << 29].map(readable_size), ["512 bytes", "3.00 MB", "2.50 GB"]);
    }
}
