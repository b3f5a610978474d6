//! From which provider pictures came, day by day.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::choice_rows::Rows;

/// How many pictures came from where on a day.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProviderDay {
    /// `YYYY-MM-DD`.
    date: String,
    #[serde(rename = "TMDB")]
    tmdb: usize,
    #[serde(rename = "TVDB")]
    tvdb: usize,
    #[serde(rename = "Fanart")]
    fanart: usize,
    /// The media server, the user, or nobody.
    #[serde(rename = "Other")]
    other: usize,
}

/// The days from `since` on that have rows, oldest first. A row counts on the day on which it was made.
pub fn by_day(rows: &Rows, since: NaiveDate) -> Vec<ProviderDay> {
    let mut days: BTreeMap<NaiveDate, ProviderDay> = BTreeMap::new();
    for kept in rows.values() {
        let made = kept.row.created_at.get(..10).and_then(|day| day.parse().ok());
        let Some(made) = made.filter(|made| *made >= since) else { continue };
        let day = days.entry(made).or_insert_with(|| ProviderDay { date: made.to_string(), ..ProviderDay::default() });
        let source = kept.row.download_source.as_deref().unwrap_or_default().to_lowercase();
        let count = if source.contains("tmdb") || source.contains("themoviedb") {
            &mut day.tmdb
        } else if source.contains("tvdb") {
            &mut day.tvdb
        } else if source.contains("fanart") {
            &mut day.fanart
        } else {
            &mut day.other
        };
        *count += 1;
    }
    days.into_values().collect()
}
