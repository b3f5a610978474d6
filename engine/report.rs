//! What a run leaves for others to read: `Logs/<mode>.json`.

use std::io;
use std::path::Path;

use chrono::{DateTime, Local};
use posterizarr_base::run::Mode;
use serde::Serialize;

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

/// The file's keys, in the script's order.
#[derive(Serialize)]
struct File<'a> {
    #[serde(rename = "Posters")]
    posters: usize,
    #[serde(rename = "Backgrounds")]
    backgrounds: usize,
    #[serde(rename = "Titlecards")]
    title_cards: usize,
    #[serde(rename = "Seasons")]
    seasons: usize,
    #[serde(rename = "Collections")]
    collections: usize,
    #[serde(rename = "Mode")]
    mode: &'static str,
    #[serde(rename = "Runtime")]
    runtime: String,
    #[serde(rename = "Errors")]
    errors: u32,
    #[serde(rename = "Fallbacks")]
    fallbacks: usize,
    #[serde(rename = "Textless")]
    textless: usize,
    #[serde(rename = "Truncated")]
    truncated: usize,
    #[serde(rename = "Text")]
    text: usize,
    #[serde(rename = "TBA Skipped")]
    tba_skipped: usize,
    #[serde(rename = "Jap/Chines Skipped")]
    jap_chinese_skipped: usize,
    #[serde(rename = "Notification Sent")]
    notification: &'static str,
    #[serde(rename = "Uptime Kuma")]
    uptime_kuma: &'static str,
    #[serde(rename = "Images cleared")]
    images_cleared: usize,
    #[serde(rename = "Folders Cleared")]
    folders_cleared: usize,
    #[serde(rename = "Space saved")]
    space_saved: serde_json::Value,
    #[serde(rename = "Script Version")]
    version: &'a str,
    #[serde(rename = "IM Version")]
    image_version: &'static str,
    #[serde(rename = "Start time")]
    start: String,
    #[serde(rename = "End Time")]
    end: String,
}

impl Summary<'_> {
    /// Writes `<mode>.json` into the folder.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        let mut text = serde_json::to_vec_pretty(&self.file()).map_err(io::Error::other)?;
        text.push(b'\n');
        posterizarr_base::files::write(&folder.join(format!("{}.json", self.mode)), &text)
    }

    fn file(&self) -> File<'_> {
        let Counts { posters, backgrounds, title_cards, seasons, collections, truncated, .. } = self.counts;
        let flag = |on: bool| if on { "true" } else { "false" };
        let clock = |time: DateTime<Local>| time.format("%d.%m.%Y %H:%M:%S").to_string();
        let (hours, minutes, seconds) = self.took();
        File {
            posters,
            backgrounds,
            title_cards,
            seasons,
            collections,
            mode: self.mode.name(),
            runtime: format!("{hours}:{minutes}:{seconds}"),
            errors: self.errors,
            fallbacks: self.counts.fallbacks,
            textless: self.counts.textless,
            truncated,
            text: self.counts.text,
            tba_skipped: self.counts.tba_skipped,
            jap_chinese_skipped: self.counts.japanese_skipped,
            notification: flag(self.counts.notifies),
            uptime_kuma: flag(self.counts.kuma),
            images_cleared: self.counts.images_cleared,
            folders_cleared: self.counts.folders_cleared,
            space_saved: match self.counts.space_saved {
                0 => 0.into(),
                bytes => readable_size(bytes).into(),
            },
            version: self.version,
            image_version: "none",
            start: clock(self.started),
            end: clock(self.ended),
        }
    }

    /// Hours, minutes and seconds.
    pub fn took(&self) -> (i64, i64, i64) {
        let seconds = (self.ended - self.started).num_seconds().max(0);
        (seconds / 3600, seconds / 60 % 60, seconds % 60)
    }
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
