//! What a run leaves for others to read: `Logs/<mode>.json` and the rows of `Logs/ImageChoices.csv`.

use std::{
    fs::OpenOptions,
    io::{self, Write},
    path::Path,
};

use chrono::{DateTime, Local};
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
}

/// The summary of a run.
pub struct Summary<'a> {
    pub mode: &'a str,
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
    mode: &'a str,
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
    space_saved: usize,
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
        crate::files::write(&folder.join(format!("{}.json", self.mode)), &text)
    }

    fn file(&self) -> File<'_> {
        let Counts { posters, backgrounds, title_cards, seasons, collections, truncated } = self.counts;
        let clock = |time: DateTime<Local>| time.format("%d.%m.%Y %H:%M:%S").to_string();
        let (hours, minutes, seconds) = self.took();
        File {
            posters,
            backgrounds,
            title_cards,
            seasons,
            collections,
            mode: self.mode,
            runtime: format!("{hours}:{minutes}:{seconds}"),
            errors: self.errors,
            fallbacks: 0,
            textless: 0,
            truncated,
            text: 0,
            tba_skipped: 0,
            jap_chinese_skipped: 0,
            // The engine tells nobody; the daemon does.
            notification: "false",
            uptime_kuma: "false",
            images_cleared: 0,
            folders_cleared: 0,
            space_saved: 0,
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

/// A picture that was made by hand; the columns about providers are `false` for it.
pub struct Choice<'a> {
    pub title: &'a str,
    pub kind: &'a str,
    pub folder: &'a str,
    pub library: &'a str,
    pub truncated: bool,
    pub source: &'a str,
}

const HEADER: &str = r#""Title";"Type";"Rootfolder";"LibraryName";"Language";"Fallback";"TextTruncated";"Download Source";"Manual";"tmdbid";"tvdbid";"imdbid";"Fav Provider Link""#;

impl Choice<'_> {
    /// Adds the row to `ImageChoices.csv` in the folder.
    pub fn append(&self, folder: &Path) -> io::Result<()> {
        let mut file = OpenOptions::new().create(true).append(true).open(folder.join("ImageChoices.csv"))?;
        let mut text = if file.metadata()?.len() == 0 { format!("{HEADER}\n") } else { String::new() };
        text.push_str(&self.row());
        file.write_all(text.as_bytes())?;
        file.sync_all()
    }

    fn row(&self) -> String {
        let truncated = self.truncated.to_string();
        let fields = [
            self.title,
            self.kind,
            self.folder,
            self.library,
            "false",
            "false",
            &truncated,
            self.source,
            "true",
            "false",
            "false",
            "false",
            "false",
        ];
        let quoted = fields.map(|field| format!("\"{}\"", field.replace('"', "\"\"")));
        format!("{}\n", quoted.join(";"))
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
            mode: "testing",
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
    fn rows_are_quoted_and_the_header_comes_once() {
        let folder = tempfile::tempdir().unwrap();
        let choice = Choice {
            title: "Say \"a;b\"",
            kind: "Poster",
            folder: "f",
            library: "l",
            truncated: true,
            source: "/p.jpg",
        };
        choice.append(folder.path()).unwrap();
        choice.append(folder.path()).unwrap();
        let text = std::fs::read_to_string(folder.path().join("ImageChoices.csv")).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(lines[0].starts_with("\"Title\";\"Type\""));
        assert_eq!(
            lines[1],
            r#""Say ""a;b""";"Poster";"f";"l";"false";"false";"true";"/p.jpg";"true";"false";"false";"false";"false""#
        );
    }
}
