//! What the script chose for each image: the records, and what is made of them.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::{CACHE_CONTROL, ContentEncoding, ContentType, EntityTag};
use actix_web::{HttpRequest, HttpResponse, Responder, delete, get, post, put, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::actors::library::asset_url;
use crate::actors::library::assets::{Index, Root};
use crate::actors::library::choices::Answers;
use crate::actors::library::choices::Encoded;
use crate::actors::library::choices::RecentAssets;
use crate::actors::library::choices::Rows;
use crate::actors::library::choices::{
    AssetDeleted, ChoiceError, CreateChoice, DeleteAssetError, DeleteAssets, DeleteChoice, ImportFile, ImportStats,
    MakeAnswers, MarkChoices, UpdateChoice,
};
use crate::actors::library::choices::{Category, ChoiceFields, ChoiceRow, Finder, ImageTarget, Preferred};
use crate::http::extract::json::Json;
use crate::http::middleware::masking::MaskedBefore;
use crate::http::respond::ASK_EACH_TIME;
use crate::http::respond::conditional::{Conditional, accepted, knows};
use crate::http::respond::ready::ready;
use crate::http::{ApiError, AppState, Code, Refusal, State, ask, ask_within};

/// Many files between two slow disks take their time.
const DELETING: Duration = Duration::from_secs(300);

/// Records that are marked with one request.
const MARKED_AT_MOST: usize = 100_000;

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(overview)
        .service(overview_counts)
        .service(recent)
        .service(delete_asset)
        .service(delete_assets)
        .service(list)
        .service(create)
        .service(resolve)
        .service(import)
        .service(find_asset)
        .service(by_title)
        .service(update)
        .service(remove);
}

impl Refusal for ChoiceError {
    fn code(&self) -> Code {
        match self {
            Self::Unavailable | Self::Storage(_) => Code::StorageUnavailable,
            Self::Clash => Code::Conflict,
            Self::NoFile => Code::NotFound,
            Self::Unusable(_) => Code::Unprocessable,
            Self::Failed(_) => Code::Internal,
        }
    }
}

impl Refusal for DeleteAssetError {
    fn code(&self) -> Code {
        match self {
            Self::Unknown => Code::NotFound,
            Self::Unavailable | Self::File(_) | Self::RowStayed(_) | Self::Storage(_) => Code::StorageUnavailable,
        }
    }
}

/// Records of one category.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what is written elsewhere")]
struct OverviewCategory {
    count: usize,
    /// Newest first.
    assets: Vec<OverviewRecord>,
}

/// A record with its picture.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what is written elsewhere")]
struct OverviewRecord {
    #[serde(flatten)]
    row: ChoiceRow,
    /// Null where there is no picture.
    poster_url: Option<String>,
    has_poster: bool,
    /// Seconds since 1970.
    created: Option<f64>,
    /// Seconds since 1970.
    modified: Option<f64>,
}

/// What needs attention. A record may be in several categories; one without an issue is in none.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what is written elsewhere")]
struct AssetOverview {
    /// `missing_assets`, `missing_assets_fav_provider`, `non_primary_lang`, `non_primary_provider`, `truncated_text`,
    /// `assets_with_issues` and `resolved`.
    categories: std::collections::BTreeMap<String, OverviewCategory>,
    config: Preferred,
}

/// Which records somebody has dealt with, or not.
#[derive(Deserialize, ToSchema)]
struct ChoicesToMark {
    /// One at least, 100,000 at most.
    ids: Vec<u64>,
    /// `false`: they need attention again, where there is a reason. `true` if absent.
    #[serde(default = "yes")]
    resolved: bool,
}

fn yes() -> bool {
    true
}

/// What became of them.
#[derive(Serialize, ToSchema)]
struct ChoicesMarked {
    success: bool,
    /// The ids of those that were not so before: the same request with the other mark takes it back.
    changed: Vec<u64>,
    /// The ids that no record has.
    unknown: Vec<u64>,
}

/// What was done.
#[derive(Serialize, ToSchema)]
struct ChoiceDone {
    message: &'static str,
}

/// A record that is there now.
#[derive(Serialize, ToSchema)]
struct ChoiceCreated {
    id: u64,
    message: &'static str,
}

/// What an import did.
#[derive(Serialize, ToSchema)]
struct ChoicesImported {
    message: &'static str,
    stats: ImportStats,
}

/// The picture of a record.
#[derive(Serialize, ToSchema)]
struct AssetFound {
    success: bool,
    asset: FoundAsset,
}

/// A picture.
#[derive(Serialize, ToSchema)]
struct FoundAsset {
    name: String,
    /// Below the asset folder.
    path: String,
    url: String,
    /// The record's type, in lower case.
    r#type: String,
    library: String,
}

/// An asset that is gone.
#[derive(Serialize, ToSchema)]
struct AssetGone {
    success: bool,
    message: String,
    /// Whether there was a file.
    file_deleted: bool,
    db_deleted: bool,
}

/// Which assets are to be deleted.
#[derive(Deserialize, ToSchema)]
struct AssetsToDelete {
    /// Ids of their records; one at least.
    record_ids: Vec<i64>,
}

/// What was deleted, and what not.
#[derive(Serialize, ToSchema)]
struct AssetsGone {
    success: bool,
    deleted_count: usize,
    failed_count: usize,
    failed_items: Vec<AssetKept>,
    message: String,
    /// The files in the trash; what is restored there brings its records back.
    trash_ids: Vec<String>,
}

/// An asset that was not deleted.
#[derive(Serialize, ToSchema)]
struct AssetKept {
    id: i64,
    error: String,
}

/// Returns what needs attention, in seven categories.
#[utoipa::path(tag = "image choices",
    responses((status = 200, body = AssetOverview), (status = 304, description = "unchanged"), (status = 503)))]
#[get("/api/assets/overview")]
async fn overview(request: HttpRequest, state: State) -> Result<HttpResponse, ApiError> {
    if state.views.choices.get().problem.is_some() {
        return Err(ChoiceError::Unavailable.into());
    }
    encoded(&request, &answers(&state).await?.overview).await
}

/// How many records each category of the overview has.
#[derive(Serialize, ToSchema)]
struct OverviewCounts {
    success: bool,
    /// By the names of the categories, in the order of the overview.
    #[schema(value_type = std::collections::BTreeMap<String, usize>)]
    counts: serde_json::Map<String, serde_json::Value>,
}

/// Counts what needs attention: the overview without its records, for badges and dashboards.
#[utoipa::path(tag = "image choices", responses((status = 200, body = OverviewCounts), (status = 503)))]
#[get("/api/assets/overview/counts")]
async fn overview_counts(state: State) -> Result<impl Responder, ApiError> {
    if state.views.choices.get().problem.is_some() {
        return Err(ChoiceError::Unavailable.into());
    }
    let counts = answers(&state).await?.counts;
    let counts = Category::ALL.iter().zip(counts).map(|(category, count)| (category.name().to_owned(), count.into()));
    Ok(web::Json(OverviewCounts { success: true, counts: counts.collect() }))
}

/// Lists the newest images that have a record, at most 100.
#[utoipa::path(tag = "image choices",
    responses((status = 200, body = RecentAssets), (status = 304, description = "unchanged")))]
#[get("/api/recent-assets")]
async fn recent(request: HttpRequest, state: State) -> Result<HttpResponse, ApiError> {
    encoded(&request, &answers(&state).await?.recent).await
}

/// The answers of now: those that are made already, unless something that the client may know of has changed since.
async fn answers(state: &AppState) -> Result<Arc<Answers>, ApiError> {
    let views = &state.views;
    if let Some(answers) = views.choices.get().current(views.config.get().generation) {
        return Ok(answers.clone());
    }
    // Of an unknown library every picture would be missing. After that time, that is the answer.
    let _ = ready(&views.assets, |assets| assets.state(Root::Assets).is_known()).await;
    Ok(ask(&state.choices, MakeAnswers).await??)
}

/// Answers in the best encoding that the client takes, or that it has the answer already.
async fn encoded(request: &HttpRequest, answer: &Encoded) -> Result<HttpResponse, ApiError> {
    let encoding = accepted(request, &[ContentEncoding::Brotli, ContentEncoding::Gzip]);
    let etag = EntityTag::new_weak(answer.etag.clone());
    let content = match encoding {
        ContentEncoding::Brotli => answer.brotli.clone(),
        ContentEncoding::Gzip => answer.gzip.clone(),
        _ if knows(request, &etag.to_string()) => web::Bytes::new(),
        _ => {
            let answer = answer.clone();
            let plain = web::block(move || answer.plain()).await.map_err(ApiError::internal)?;
            plain.map_err(ApiError::internal)?.into()
        }
    };
    let answer = Conditional { kind: "application/json", content, encoding: Some(encoding), etag };
    let mut response = answer.respond(request);
    response.headers_mut().insert(CACHE_CONTROL, ASK_EACH_TIME);
    response.extensions_mut().insert(MaskedBefore);
    Ok(response)
}

/// Deletes the picture of a record, and the record. The picture moves to the trash; restoring it brings back the record.
#[utoipa::path(tag = "image choices", params(("id" = i64, Path)),
    responses((status = 200, body = AssetGone), (status = 400), (status = 404), (status = 503)))]
#[delete("/api/assets/delete-asset/{id}")]
async fn delete_asset(state: State, id: web::Path<i64>) -> Result<impl Responder, ApiError> {
    let mut outcomes = ask_within(DELETING, &state.choices, DeleteAssets { ids: vec![*id] }).await?;
    let AssetDeleted { info, file_deleted, .. } = outcomes.pop().unwrap_or(Err(DeleteAssetError::Unknown))?;
    Ok(web::Json(AssetGone {
        success: true,
        message: format!("Asset '{info}' deleted."),
        file_deleted,
        db_deleted: true,
    }))
}

/// Deletes the pictures of several records, and the records. One that fails does not keep the others.
#[utoipa::path(tag = "image choices", responses((status = 200, body = AssetsGone), (status = 400)))]
#[post("/api/assets/bulk-delete-assets")]
async fn delete_assets(state: State, asked: Json<AssetsToDelete>) -> Result<impl Responder, ApiError> {
    let ids = asked.0.record_ids;
    if ids.is_empty() {
        return Err(ApiError::validation("too_short", &["body", "record_ids"], "name at least one record"));
    }
    let outcomes = ask_within(DELETING, &state.choices, DeleteAssets { ids: ids.clone() }).await?;
    let failed = ids.iter().zip(&outcomes).filter_map(|(id, outcome)| Some((*id, outcome.as_ref().err()?)));
    let failed_items: Vec<_> = failed.map(|(id, error)| AssetKept { id, error: error.to_string() }).collect();
    let (failed_count, deleted_count) = (failed_items.len(), ids.len() - failed_items.len());
    let message = format!("Deleted {deleted_count} assets. {failed_count} failed.");
    let trash_ids = outcomes.into_iter().flatten().filter_map(|deleted| deleted.trash_id).collect();
    Ok(web::Json(AssetsGone { success: true, deleted_count, failed_count, failed_items, message, trash_ids }))
}

/// Lists all records, newest first.
#[utoipa::path(tag = "image choices", responses((status = 200, body = [ChoiceRow]), (status = 503)))]
#[get("/api/imagechoices")]
async fn list(state: State) -> Result<impl Responder, ApiError> {
    let rows = rows(&state)?;
    let write = move || serde_json::to_vec(&rows.values().rev().map(|kept| &kept.row).collect::<Vec<_>>());
    let body = web::block(write).await.map_err(ApiError::internal)?.map_err(ApiError::internal)?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, ASK_EACH_TIME)).insert_header(ContentType::json()).body(body))
}

fn rows(state: &AppState) -> Result<Arc<Rows>, ApiError> {
    let view = state.views.choices.get();
    if view.problem.is_some() { Err(ChoiceError::Unavailable.into()) } else { Ok(view.rows.clone()) }
}

/// Returns the oldest record with exactly this title.
#[utoipa::path(tag = "image choices", params(("id" = String, Path, description = "here: the title")),
    responses((status = 200, body = ChoiceRow), (status = 404), (status = 503)))]
#[get("/api/imagechoices/{id}")]
async fn by_title(state: State, title: web::Path<String>) -> Result<impl Responder, ApiError> {
    let rows = rows(&state)?;
    let found = rows.values().find(|kept| kept.row.title == *title);
    found.map(|kept| web::Json(kept.row.clone())).ok_or_else(|| ApiError::not_found("Record not found"))
}

/// Adds a record. Where one has the same Title, Rootfolder, Type and LibraryName, that one stays as it is.
#[utoipa::path(tag = "image choices", responses((status = 200, body = ChoiceCreated), (status = 400), (status = 503)))]
#[post("/api/imagechoices")]
async fn create(state: State, fields: Json<ChoiceFields>) -> Result<impl Responder, ApiError> {
    let (id, is_new) = ask(&state.choices, CreateChoice(fields.0)).await??;
    let message = if is_new { "Record created successfully" } else { "Record exists already" };
    Ok(web::Json(ChoiceCreated { id, message }))
}

/// Imports `Logs/ImageChoices.csv` now. It is imported by itself too, as runs write it.
#[utoipa::path(tag = "image choices", responses((status = 200, body = ChoicesImported), (status = 404),
    (status = 422, description = "the file is not a table of image choices"), (status = 503)))]
#[post("/api/imagechoices/import")]
async fn import(state: State) -> Result<impl Responder, ApiError> {
    let stats = ask(&state.choices, ImportFile).await??;
    Ok(web::Json(ChoicesImported { message: "CSV import completed", stats }))
}

/// Marks many records as resolved, or not, as one change. Unknown ids are no error; the answer names them.
#[utoipa::path(tag = "image choices",
    responses((status = 200, body = ChoicesMarked), (status = 400), (status = 503, description = "nothing was changed")))]
#[post("/api/imagechoices/resolve")]
async fn resolve(state: State, asked: Json<ChoicesToMark>) -> Result<impl Responder, ApiError> {
    let ChoicesToMark { ids, resolved } = asked.0;
    if ids.is_empty() {
        return Err(ApiError::validation("too_short", &["body", "ids"], "name at least one record"));
    }
    if ids.len() > MARKED_AT_MOST {
        let text = format!("name at most {MARKED_AT_MOST} records");
        return Err(ApiError::validation("too_long", &["body", "ids"], text));
    }
    let marked = ask(&state.choices, MarkChoices { ids: ids.into_iter().collect(), resolved }).await??;
    Ok(web::Json(ChoicesMarked { success: true, changed: marked.changed, unknown: marked.unknown }))
}

/// Changes a record: null and absent fields stay as they are. An unknown id is no error.
#[utoipa::path(tag = "image choices", params(("id" = i64, Path)),
    responses((status = 200, body = ChoiceDone), (status = 400), (status = 409), (status = 503)))]
#[put("/api/imagechoices/{id}")]
async fn update(state: State, id: web::Path<i64>, fields: Json<ChoiceFields>) -> Result<impl Responder, ApiError> {
    ask(&state.choices, UpdateChoice { id: *id, fields: fields.0 }).await??;
    Ok(web::Json(ChoiceDone { message: "Record updated successfully" }))
}

/// Deletes a record, and leaves its picture. An unknown id is no error.
#[utoipa::path(tag = "image choices", params(("id" = i64, Path)),
    responses((status = 200, body = ChoiceDone), (status = 400), (status = 503)))]
#[delete("/api/imagechoices/{id}")]
async fn remove(state: State, id: web::Path<i64>) -> Result<impl Responder, ApiError> {
    ask(&state.choices, DeleteChoice { id: *id }).await??;
    Ok(web::Json(ChoiceDone { message: "Record deleted successfully" }))
}

/// Finds the picture of a record.
#[utoipa::path(tag = "image choices", params(("id" = i64, Path)),
    responses((status = 200, body = AssetFound), (status = 400), (status = 404), (status = 503)))]
#[get("/api/imagechoices/{id}/find-asset")]
async fn find_asset(state: State, id: web::Path<i64>) -> Result<impl Responder, ApiError> {
    let rows = rows(&state)?;
    let kept = u64::try_from(*id).ok().and_then(|id| rows.get(&id));
    let kept = kept.ok_or_else(|| ApiError::not_found("Record not found"))?.clone();
    let assets = state.views.assets.get().assets.clone();
    let found = web::block(move || find(&kept.row, &assets)).await.map_err(ApiError::internal)??;
    Ok(web::Json(found))
}

fn find(row: &ChoiceRow, assets: &Index) -> Result<AssetFound, ApiError> {
    let part = |value: &Option<String>| value.clone().filter(|part| !part.is_empty());
    let Some((library, folder)) = part(&row.library).zip(part(&row.rootfolder)) else {
        return Err(ApiError::new(Code::InvalidValue, "Record missing Rootfolder or LibraryName"));
    };
    let (finder, slot) = (Finder::new(assets), ImageTarget::of(row));
    let in_folder = finder.folder(row);
    let is_there = in_folder.is_some();
    let fitting = || in_folder.and_then(|(path, folder)| Finder::fitting(&path, folder, &slot));
    let found = finder.find(row).or_else(fitting);
    let found = found.ok_or_else(|| {
        let folder = format!("{library}/{folder}").into();
        if !is_there {
            return ApiError::told(Code::NotFound, "Asset folder not found: {folder}", [("folder", folder)]);
        }
        let values = [("folder", folder), ("pattern", slot.pattern().into())];
        ApiError::told(Code::NotFound, "No matching asset found in {folder} with pattern {pattern}", values)
    })?;
    let name = found.path.rsplit('/').next().unwrap_or_default().to_owned();
    let r#type = row.kind.as_deref().unwrap_or_default().to_lowercase();
    let url = asset_url::of(asset_url::ASSETS, &found.path);
    Ok(AssetFound { success: true, asset: FoundAsset { name, path: found.path, url, r#type, library } })
}
