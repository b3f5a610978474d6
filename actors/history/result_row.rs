//! `Logs/<mode>.json`: what a run left, read into a row.

use chrono::NaiveDateTime;
use posterizarr_base::result_file::RunResult;

use super::row::{COMPLETED, HistoryRow, in_iso, iso};

/// Reads a result. `written` is when the file was: it dates a result that does not date itself.
pub fn read(content: &[u8], mode: &str, file: &str, written: NaiveDateTime) -> Result<HistoryRow, String> {
    let result = RunResult::read(content)?;
    let (start, end) = (in_iso(&result.start), in_iso(&result.end));
    let row = HistoryRow {
        timestamp: if start.is_empty() { iso(written) } else { start.clone() },
        mode: Some(mode.to_owned()),
        total_images: result.posters + result.backgrounds + result.title_cards + result.seasons,
        posters: result.posters,
        seasons: result.seasons,
        backgrounds: result.backgrounds,
        titlecards: result.title_cards,
        collections: result.collections,
        errors: result.errors,
        fallbacks: result.fallbacks,
        tba_skipped: result.tba_skipped,
        jap_chines_skipped: result.japanese_skipped,
        notification_sent: result.notifies.into(),
        uptime_kuma: result.kuma.into(),
        images_cleared: result.images_cleared,
        folders_cleared: result.folders_cleared,
        space_saved: Some(result.space_saved),
        script_version: Some(result.script_version),
        im_version: Some(result.image_version),
        start_time: Some(start),
        end_time: Some(end),
        log_file: Some(file.to_owned()),
        status: Some(COMPLETED.to_owned()),
        textless: result.textless,
        truncated: result.truncated,
        text: result.text,
        ..HistoryRow::default()
    };
    Ok(row.lasting(result.runtime_seconds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn written() -> NaiveDateTime {
        super::super::row::parse_iso("2026-11-23T09:00:00").unwrap()
    }

    fn row(result: &Value) -> HistoryRow {
        read(result.to_string().as_bytes(), "normal", "normal.json", written()).unwrap()
    }

    #[test]
    fn a_result_becomes_a_row() {
        let row = row(&json!({
            "Posters": 5, "Backgrounds": 2, "Titlecards": 2, "Seasons": 3, "Collections": 1, "Mode": "scheduled",
            "Runtime": "26:5:9", "Errors": 1, "Fallbacks": 0, "Textless": 0, "Truncated": 0, "Text": 0, "TBA Skipped": 4,
            "Jap/Chines Skipped": 6, "Notification Sent": "false", "Uptime Kuma": "true", "Images cleared": 7,
            "Folders Cleared": 8, "Space saved": 0, "Script Version": "2.1.15", "IM Version": "7.1.2.8",
            "Start time": "23.11.2025 03:00:02", "End Time": "24.11.2025 05:05:11"
        }));
        let expected = HistoryRow {
            timestamp: "2025-11-23T03:00:02".into(),
            mode: Some("normal".into()),
            total_images: 12,
            posters: 5,
            backgrounds: 2,
            titlecards: 2,
            seasons: 3,
            collections: 1,
            errors: 1,
            tba_skipped: 4,
            jap_chines_skipped: 6,
            uptime_kuma: 1,
            images_cleared: 7,
            folders_cleared: 8,
            space_saved: Some("0".into()),
            script_version: Some("2.1.15".into()),
            im_version: Some("7.1.2.8".into()),
            start_time: Some("2025-11-23T03:00:02".into()),
            end_time: Some("2025-11-24T05:05:11".into()),
            log_file: Some("normal.json".into()),
            status: Some("completed".into()),
            ..HistoryRow::default()
        };
        assert_eq!(row, expected.lasting(93_909));
    }

    #[test]
    fn a_result_without_dates_is_dated_by_its_file() {
        let row = row(&json!({ "Posters": null, "Runtime": null }));
        assert_eq!(row.timestamp, "2026-11-23T09:00:00");
        assert_eq!((row.start_time.as_deref(), row.dated(), row.total_images), (Some(""), None, 0));
        assert_eq!(row.runtime_formatted.as_deref(), Some("0h 0m 0s"));
    }
}
