//! The history as a table for spreadsheets, sent as it is read.

use std::io;

use actix_web::http::header::{ContentDisposition, DispositionParam, DispositionType};
use actix_web::web::{self, Bytes};
use actix_web::{HttpResponse, get};
use futures_util::stream;

use super::filters::Selection;
use super::view;
use crate::actors::history::query;
use crate::actors::store::Store;
use crate::http::extract::parameters::Query;
use crate::http::{ApiError, State, read_store};

/// Rows read in one step.
const STEP: usize = 500;

/// Returns the history as CSV, with all columns and the filters of the list.
#[utoipa::path(tag = "history",
    params(Selection),
    responses((status = 200, content_type = "text/csv", body = String), (status = 400)))]
#[get("/api/runtime-history/csv")]
pub async fn history_csv(state: State, Query(rows): Query<Selection>) -> Result<HttpResponse, ApiError> {
    let (filter, sort) = rows.split();
    let view = view(&state).await;
    let (ids, _) = read_store(&state, move |_| Ok(view.index.page(&filter, sort, 0, usize::MAX))).await?;
    let steps = stream::try_unfold((state, ids, true), async |(state, ids, first)| {
        if ids.is_empty() && !first {
            return Ok::<_, io::Error>(None);
        }
        let store = state.shared.store.clone();
        let step = move || {
            let mut ids = ids;
            let rest = ids.split_off(ids.len().min(STEP));
            lines(&store, &ids, first).map(|lines| (Bytes::from(lines), rest))
        };
        let (lines, rest) = web::block(step).await.map_err(io::Error::other)??;
        Ok(Some((lines, (state, rest, false))))
    });
    let name = DispositionParam::Filename("runtime-history.csv".to_owned());
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header(ContentDisposition { disposition: DispositionType::Attachment, parameters: vec![name] })
        .streaming(steps))
}

fn lines(store: &Store, ids: &[u64], with_header: bool) -> io::Result<Vec<u8>> {
    let rows = query::rows(store, ids).map_err(io::Error::other)?;
    query::csv(&rows, with_header).map_err(io::Error::other)
}
