//! Reading the history: rows of a page, the newest, one by number. Blocking, for the blocking pool.

use std::borrow::Cow;

use super::HistoryView;
use super::index::{Filter, Sort};
use super::row::{HistoryRow, StoredHistoryRow};
use crate::store::{Store, StoreError};

/// A page of rows.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// The rows, in the order asked for.
    pub rows: Vec<HistoryRow>,
    /// How many rows are meant in all.
    pub total: usize,
}

/// The rows of a page.
pub fn page(
    view: &HistoryView,
    store: &Store,
    filter: &Filter,
    sort: Sort,
    offset: usize,
    limit: usize,
) -> Result<Page, StoreError> {
    let (ids, total) = view.index.page(filter, sort, offset, limit);
    Ok(Page { rows: rows(store, &ids)?, total })
}

/// The rows with these numbers. One that was removed meanwhile, or cannot be read, is left out.
pub fn rows(store: &Store, ids: &[u64]) -> Result<Vec<HistoryRow>, StoreError> {
    let table = store.table::<StoredHistoryRow>()?;
    let stored = ids.iter().filter_map(|id| match table.get(&id.to_be_bytes()) {
        Ok(row) => row.map(|StoredHistoryRow(row)| row),
        Err(error) => {
            tracing::warn!(%error, id, "a row of the history cannot be read and is left out");
            None
        }
    });
    Ok(stored.collect())
}

/// The newest row that has figures.
pub fn latest(view: &HistoryView, store: &Store) -> Result<Option<HistoryRow>, StoreError> {
    let Some(id) = view.index.latest() else { return Ok(None) };
    one(store, id)
}

/// One row.
pub fn one(store: &Store, id: u64) -> Result<Option<HistoryRow>, StoreError> {
    Ok(store.table::<StoredHistoryRow>()?.get(&id.to_be_bytes())?.map(|StoredHistoryRow(row)| row))
}

/// Rows as CSV, all columns; the header first where it is asked for.
pub fn csv(rows: &[HistoryRow], with_header: bool) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    if with_header && let serde_json::Value::Object(columns) = serde_json::json!(HistoryRow::default()) {
        writer.write_record(columns.keys())?;
    }
    for row in rows {
        let serde_json::Value::Object(cells) = serde_json::json!(row) else { continue };
        writer.write_record(cells.values().map(cell).map(Cow::into_owned))?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

/// A value as a cell. A text that a spreadsheet would take for a formula is shown as text; numbers stay numbers.
fn cell(value: &serde_json::Value) -> Cow<'_, str> {
    match value {
        serde_json::Value::Null => Cow::Borrowed(""),
        serde_json::Value::String(text) => posterizarr_base::csv_cell::defused(text),
        other => Cow::Owned(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_take_for_a_formula_is_defused_and_numbers_stay_numbers() {
        let row = HistoryRow {
            id: 7,
            timestamp: "=HYPERLINK(\"http://x\")".to_owned(),
            mode: Some("@SUM(A1)".to_owned()),
            runtime_seconds: Some(-5),
            runtime_formatted: Some("\t=1".to_owned()),
            space_saved: None,
            ..HistoryRow::default()
        };
        let text = String::from_utf8(csv(&[row], false).unwrap()).unwrap();
        assert!(text.starts_with("7,\"'=HYPERLINK(\"\"http://x\"\")\",'@SUM(A1),-5,'\t=1,0,"), "{text}");
    }
}
