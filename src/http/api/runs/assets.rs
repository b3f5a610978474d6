//! What became of each asset of a run, from the run's event file; and the wish to have some made again.

use std::io;
use std::path::Path;

use actix_web::{Responder, get, post, web};
use posterizarr_base::run_events::{self, AssetEvent, AssetResult, RunEvent};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::start::{BUSY, RunStarted, start};
use crate::actors::logs::Results;
use crate::actors::runs::{GetRun, RunFolder, RunId, RunRecord, RunRequest, Trigger};
use crate::http::extract::json::Json;
use crate::http::extract::parameters::{FromQuery, Parameters, Query, size};
use crate::http::{ApiError, AppState, Code, State, ask};

/// Assets listed where the client does not say how many.
const LISTED: i64 = 100;
/// Assets listed at most.
const LISTED_AT_MOST: i64 = 1000;
/// Events that are read of a run at most; a library of a million pictures has fewer than twice as many.
const MAX_EVENTS: usize = 4_000_000;
/// Warnings that are told at most.
const MAX_WARNINGS: usize = 100;

/// The assets of a run.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(super) struct RunAssets {
    /// The wanted part of those that had their turn and have the wanted result, in the order of their turns.
    #[schema(value_type = Vec<Object>)]
    assets: Vec<AssetEvent>,
    /// How many there are of these in all.
    total: usize,
    /// All that had their turn, by what became of them.
    counts: Results,
    /// How many assets the run looks at; null until that is known.
    planned: Option<u64>,
    /// Those that are being made right now; none once the run has ended.
    making: Vec<Making>,
    /// Whether nothing was changed: what is told as created would be.
    dry_run: bool,
    /// Whether the run has had all of them.
    finished: bool,
    /// What belongs to no asset.
    warnings: Vec<String>,
}

/// An asset in the making.
#[derive(Debug, Serialize, ToSchema)]
struct Making {
    /// Its path below the asset folder, without extension.
    path: String,
    /// The title of the item that it belongs to.
    title: String,
}

/// Which of them.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Listed {
    /// How many to leave out; 0 if absent.
    #[param(required = false)]
    offset: usize,
    /// How many at most; 100 if absent.
    #[param(required = false, minimum = 1, maximum = 1000)]
    limit: usize,
    /// Only `created`, `skipped`, `missing` or `failed`.
    #[param(value_type = Option<String>)]
    result: Option<AssetResult>,
}

impl FromQuery for Listed {
    fn take(parameters: &mut Parameters<'_>) -> Self {
        Self {
            offset: size(parameters.number("offset", 0, 0, i64::MAX)),
            limit: size(parameters.number("limit", LISTED, 1, LISTED_AT_MOST)),
            result: parameters.parsed("result", "created, skipped, missing or failed", result),
        }
    }
}

/// Returns the result for each asset of a run of the built-in engine, even while it runs.
#[utoipa::path(tag = "runs",
    params(
        ("id" = u64, Path),
        Listed,
    ),
    responses((status = 200, body = RunAssets), (status = 400),
        (status = 404, description = "no such run, or it was the script's, or its folder is gone")))]
#[get("/api/runs/{id}/assets")]
pub(super) async fn run_assets(
    state: State,
    id: web::Path<u64>,
    listed: Query<Listed>,
) -> Result<impl Responder, ApiError> {
    let Query(Listed { offset, limit, result }) = listed;
    let run = record(&state, *id).await?;
    let path = RunFolder::of(&state.shared.data.runs(), RunId(*id)).events();
    let read = web::block(move || read(&path, result, offset, limit)).await.map_err(ApiError::internal)?;
    let gone = |_| {
        ApiError::not_found("nothing is known of the assets of this run: the script did it, or its folder was removed")
    };
    let mut told = RunAssets { dry_run: run.dry_run, ..read.map_err(gone)? };
    if run.end().is_some() {
        told.making.clear();
    }
    Ok(web::Json(told))
}

fn result(word: &str) -> Option<AssetResult> {
    match word {
        "created" => Some(AssetResult::Created),
        "skipped" => Some(AssetResult::Skipped),
        "missing" => Some(AssetResult::Missing),
        "failed" => Some(AssetResult::Failed),
        _ => None,
    }
}

fn read(path: &Path, wanted: Option<AssetResult>, offset: usize, limit: usize) -> io::Result<RunAssets> {
    let mut all = RunAssets::default();
    for event in run_events::read(path)?.take(MAX_EVENTS) {
        match event {
            RunEvent::Planned { total, .. } => all.planned = Some(total),
            RunEvent::Asset(asset) => all.add(asset, wanted, offset, limit),
            RunEvent::Warning { text } if all.warnings.len() < MAX_WARNINGS => all.warnings.push(text),
            RunEvent::Finished { .. } => all.finished = true,
            RunEvent::Started { path, title } => all.making.push(Making { path, title }),
            RunEvent::Warning { .. } => {}
        }
    }
    Ok(all)
}

impl RunAssets {
    fn add(&mut self, asset: AssetEvent, wanted: Option<AssetResult>, offset: usize, limit: usize) {
        *match asset.result {
            AssetResult::Created => &mut self.counts.created,
            AssetResult::Skipped => &mut self.counts.skipped,
            AssetResult::Missing => &mut self.counts.missing,
            AssetResult::Failed => &mut self.counts.failed,
        } += 1;
        self.making.retain(|making| making.path != asset.path);
        if wanted.is_some_and(|wanted| wanted != asset.result) {
            return;
        }
        if self.total >= offset && self.assets.len() < limit {
            self.assets.push(asset);
        }
        self.total += 1;
    }
}

/// Assets to be made again.
#[derive(Deserialize, ToSchema)]
pub(super) struct Remake {
    /// Their paths below the asset folder, such as `Movies/Heat (1995)/poster.jpg`; at most 500.
    paths: Vec<String>,
}

/// Recreates assets, even those that exist. The built-in engine does it.
#[utoipa::path(tag = "runs", request_body = Remake, responses(
    (status = 200, body = RunStarted), (status = 400, description = "busy, no asset, or runs are the script's here")))]
#[post("/api/assets/remake")]
pub(super) async fn remake(state: State, body: Json<Remake>) -> Result<impl Responder, ApiError> {
    let request = RunRequest::remake(body.paths.iter().map(String::as_str));
    let started = start(&state, Trigger::Api, request, BUSY).await?;
    Ok(web::Json(RunStarted::new(started, "Started in remake mode".to_owned())))
}

/// The record of one run.
pub async fn record(state: &AppState, id: u64) -> Result<RunRecord, ApiError> {
    let record = ask(&state.supervisor, GetRun { id: RunId(id) }).await??;
    record.ok_or_else(|| ApiError::told(Code::NotFound, "there is no run {id}", [("id", id.into())]))
}
