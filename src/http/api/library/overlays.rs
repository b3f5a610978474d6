//! Overlay images and fonts: listing, taking in, deleting, showing. Routes and texts are upstream's.

use std::io;
use std::path::PathBuf;

use actix_files::NamedFile;
use actix_multipart::Multipart;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ContentEncoding, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, Responder, delete, get, post, web};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::actors::files::UNFINISHED;
use crate::actors::library::fonts::PreviewError;
use crate::actors::library::overlays::{self, OverlayError, OverlayFile, OverlayKind};
use crate::http::api::library::files::{NO_SCRIPT, decoded};
use crate::http::extract::multipart::{FileForm, Intake, NotReceived};
use crate::http::extract::parameters::{FromQuery, Parameters, Query};
use crate::http::{ApiError, AppState, Code, Refusal, State};

/// The largest file that is taken in, in bytes; fonts for Chinese have some 20 million.
const MAX_SIZE: u64 = 32 * 1024 * 1024;
const AN_HOUR: HeaderValue = HeaderValue::from_static("public, max-age=3600");

/// What one of the two areas takes, and what it says.
struct Area {
    kinds: &'static [OverlayKind],
    /// In the texts.
    word: &'static str,
    wrong_kind: &'static str,
}

const OVERLAYS: Area = Area {
    kinds: &[OverlayKind::Image, OverlayKind::Font],
    word: "File",
    wrong_kind: "Invalid file type. Only PNG, JPG, JPEG, TTF, OTF, TTC, and OTC files are allowed.",
};

const FONTS: Area = Area {
    kinds: &[OverlayKind::Font],
    word: "Font",
    wrong_kind: "Invalid file type. Only TTF, OTF, TTC, and OTC files are allowed.",
};

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list)
        .service(upload)
        .service(remove)
        .service(preview)
        .service(list_fonts)
        .service(upload_font)
        .service(remove_font)
        .service(preview_font)
        .service(download_font);
}

/// Overlays and fonts.
#[derive(Serialize, ToSchema)]
struct OverlayList {
    success: bool,
    /// By name.
    files: Vec<OverlayFile>,
}

/// Fonts.
#[derive(Serialize, ToSchema)]
struct FontList {
    success: bool,
    /// Their names.
    files: Vec<String>,
}

/// A form with a file.
#[derive(ToSchema)]
#[expect(dead_code, reason = "shown in the API's description only; the parts are read by hand")]
struct OverlayForm {
    /// At most 32 MiB.
    #[schema(format = Binary)]
    file: String,
}

/// A file that was taken in.
#[derive(Serialize, ToSchema)]
struct OverlayUploaded {
    success: bool,
    message: String,
    /// The name it got.
    filename: String,
}

/// A file that was deleted.
#[derive(Serialize, ToSchema)]
struct OverlayDeleted {
    success: bool,
    message: String,
    /// The settings of `config.json` that name the file, which the next run will miss.
    used_by: Vec<String>,
    /// What to do about them; null if there are none.
    warning: Option<String>,
}

/// Which text a font is shown with.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct Sample {
    /// Up to 100 characters; `Aa` if absent or empty.
    #[param(required = false)]
    text: String,
}

impl FromQuery for Sample {
    fn take(parameters: &mut Parameters<'_>) -> Self {
        Self { text: parameters.filled("text").unwrap_or_default() }
    }
}

/// Lists overlays and fonts.
#[utoipa::path(tag = "overlays", responses((status = 200, body = OverlayList)))]
#[get("/api/overlayfiles")]
async fn list(state: State) -> Result<impl Responder, ApiError> {
    Ok(web::Json(OverlayList { success: true, files: listed(&state).await? }))
}

/// Lists fonts.
#[utoipa::path(tag = "overlays", responses((status = 200, body = FontList)))]
#[get("/api/fonts")]
async fn list_fonts(state: State) -> Result<impl Responder, ApiError> {
    let fonts = listed(&state).await?.into_iter().filter(|file| file.kind == OverlayKind::Font);
    Ok(web::Json(FontList { success: true, files: fonts.map(|file| file.name).collect() }))
}

/// Uploads an overlay or a font.
#[utoipa::path(tag = "overlays", request_body(content = OverlayForm, content_type = "multipart/form-data"), responses(
    (status = 200, body = OverlayUploaded), (status = 400, description = "the name is taken or unusable, or the content is not what it says"),
    (status = 413, description = "the file is too large"), (status = 500, description = "the folder cannot be written")))]
#[post("/api/overlayfiles/upload")]
async fn upload(state: State, payload: Multipart) -> Result<impl Responder, ApiError> {
    take_in(&state, payload, &OVERLAYS).await
}

/// Uploads a font.
#[utoipa::path(tag = "overlays", request_body(content = OverlayForm, content_type = "multipart/form-data"), responses(
    (status = 200, body = OverlayUploaded), (status = 400, description = "the name is taken or unusable, or the content is not a font"),
    (status = 413, description = "the file is too large"), (status = 500, description = "the folder cannot be written")))]
#[post("/api/fonts/upload")]
async fn upload_font(state: State, payload: Multipart) -> Result<impl Responder, ApiError> {
    take_in(&state, payload, &FONTS).await
}

/// Deletes an overlay or a font, even one that is in use; the answer says by what.
#[utoipa::path(tag = "overlays", params(("filename" = String, Path)),
    responses((status = 200, body = OverlayDeleted), (status = 400, description = "not an overlay or font"), (status = 404)))]
#[delete("/api/overlayfiles/{filename}")]
async fn remove(state: State, filename: web::Path<String>) -> Result<impl Responder, ApiError> {
    delete_file(&state, &filename, &OVERLAYS).await
}

/// Deletes a font, even one that is in use; the answer says by what.
#[utoipa::path(tag = "overlays", params(("filename" = String, Path)),
    responses((status = 200, body = OverlayDeleted), (status = 400, description = "not a font"), (status = 404)))]
#[delete("/api/fonts/{filename}")]
async fn remove_font(state: State, filename: web::Path<String>) -> Result<impl Responder, ApiError> {
    delete_file(&state, &filename, &FONTS).await
}

/// Returns the file of an overlay or font.
#[utoipa::path(tag = "overlays", params(("filename" = String, Path)),
    responses((status = 200, description = "the file"), (status = 304, description = "unchanged"), (status = 404)))]
#[get("/api/overlayfiles/preview/{filename}")]
async fn preview(request: HttpRequest, state: State, filename: web::Path<String>) -> Result<HttpResponse, ApiError> {
    let path = found(&state, &filename, &OVERLAYS).await?;
    as_it_is(&request, path).await
}

/// Returns the file of a font, for a page to render text with.
#[utoipa::path(tag = "overlays", params(("filename" = String, Path)),
    responses((status = 200, description = "the font"), (status = 304, description = "unchanged"),
        (status = 400, description = "not a font by its name"), (status = 404)))]
#[get("/api/fonts/download/{filename}")]
async fn download_font(
    request: HttpRequest,
    state: State,
    filename: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    as_it_is(&request, font(&state, &filename).await?).await
}

/// Where the font is that a client names.
async fn font(state: &AppState, filename: &str) -> Result<PathBuf, ApiError> {
    found(state, filename, &FONTS).await.map_err(|error| match error.code() {
        Code::NotFound => ApiError::not_found("Font file not found"),
        Code::InvalidValue if error.to_string() == FONTS.wrong_kind => {
            ApiError::new(Code::InvalidValue, "Not a valid font file")
        }
        _ => error,
    })
}

async fn as_it_is(request: &HttpRequest, path: PathBuf) -> Result<HttpResponse, ApiError> {
    let opened = web::block(move || {
        let file = NamedFile::open(path)?;
        let kind = overlays::media_type_of(file.file())?;
        Ok((file, kind))
    });
    let (file, kind) =
        opened.await.map_err(ApiError::internal)?.map_err(|error: io::Error| ApiError::internal(error))?;
    let mut response = file.set_content_encoding(ContentEncoding::Identity).into_response(request);
    if response.headers().contains_key(CONTENT_TYPE) {
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    Ok(for_an_hour(response))
}

/// Returns a sample of a font, as a PNG.
#[utoipa::path(tag = "overlays", params(("filename" = String, Path), Sample),
    responses((status = 200, description = "the sample", content_type = "image/png"), (status = 304, description = "unchanged"),
        (status = 400, description = "not a font by its name"), (status = 404), (status = 422, description = "a font that cannot be drawn")))]
#[get("/api/fonts/preview/{filename}")]
async fn preview_font(
    request: HttpRequest,
    state: State,
    filename: web::Path<String>,
    Query(Sample { text }): Query<Sample>,
) -> Result<HttpResponse, ApiError> {
    let font = font(&state, &filename).await?;
    let made = web::block(move || NamedFile::open(state.font_previews.get(&font, &text)?).map_err(PreviewError::Disk));
    let file = made.await.map_err(ApiError::internal)??;
    Ok(for_an_hour(file.into_response(&request)))
}

impl Refusal for PreviewError {
    fn code(&self) -> Code {
        match self {
            Self::Font(_) => Code::Unprocessable,
            Self::Disk(_) => Code::Internal,
        }
    }
}

fn for_an_hour(mut response: HttpResponse) -> HttpResponse {
    if response.status().is_success() || response.status().is_redirection() {
        response.headers_mut().insert(CACHE_CONTROL, AN_HOUR);
    }
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, NO_SCRIPT);
    response
}

async fn listed(state: &AppState) -> Result<Vec<OverlayFile>, ApiError> {
    let folder = state.shared.data.overlay_files();
    let listed = web::block(move || overlays::list(&folder)).await.map_err(ApiError::internal)?;
    listed.map_err(|error| not_accessible(&error))
}

async fn found(state: &AppState, sent: &str, area: &'static Area) -> Result<PathBuf, ApiError> {
    let sent = decoded(sent).ok_or_else(|| refused(OverlayError::Missing, area))?;
    let folder = state.shared.data.overlay_files();
    let found = web::block(move || overlays::find(&folder, &sent, area.kinds));
    found.await.map_err(ApiError::internal)?.map_err(|error| refused(error, area))
}

async fn take_in(
    state: &AppState,
    payload: Multipart,
    area: &'static Area,
) -> Result<web::Json<OverlayUploaded>, ApiError> {
    let folder = state.shared.data.overlay_files();
    let made = tokio::fs::create_dir_all(&folder).await;
    let form = FileForm::read(payload, &Intake { folder: &folder, prefix: UNFINISHED, largest: MAX_SIZE }).await?;
    made.map_err(|error| not_accessible(&error))?;
    let file = form.file.map_err(|error| match error {
        NotReceived::Folder(error) => not_accessible(&error),
        NotReceived::Write(error) => not_written(&error),
    })?;
    let stored = web::block(move || overlays::store(file, &folder, &form.name, area.kinds));
    let filename = stored.await.map_err(ApiError::internal)?.map_err(|error| refused(error, area))?;
    let message = format!("{} '{filename}' uploaded successfully", area.word);
    Ok(web::Json(OverlayUploaded { success: true, message, filename }))
}

async fn delete_file(state: &AppState, sent: &str, area: &'static Area) -> Result<web::Json<OverlayDeleted>, ApiError> {
    let path = found(state, sent, area).await?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let removed = web::block(move || std::fs::remove_file(path)).await.map_err(ApiError::internal)?;
    removed.map_err(|error| refused(error.into(), area))?;
    let used_by = overlays::users_of(&name, &state.views.config.get().document);
    let warning = (!used_by.is_empty()).then(|| {
        format!("{} still names '{name}'; choose another file there, or upload this one again", used_by.join(", "))
    });
    let message = format!("{} '{name}' deleted successfully", area.word);
    Ok(web::Json(OverlayDeleted { success: true, message, used_by, warning }))
}

fn refused(error: OverlayError, area: &Area) -> ApiError {
    match error {
        OverlayError::Missing => ApiError::of(Code::NotFound, &error),
        OverlayError::WrongKind => ApiError::new(Code::InvalidValue, area.wrong_kind),
        OverlayError::Disk(error) if error.kind() == io::ErrorKind::NotFound => refused(OverlayError::Missing, area),
        OverlayError::Disk(error) => not_written(&error),
        _ => ApiError::of(Code::InvalidValue, &error),
    }
}

fn not_accessible(error: &io::Error) -> ApiError {
    if error.kind() == io::ErrorKind::PermissionDenied {
        let message = "No write permission for Overlayfiles directory. Check Docker/NAS/Unraid volume permissions.";
        return ApiError::new(Code::Internal, message);
    }
    let values = [("cause", error.to_string().into())];
    ApiError::told(Code::Internal, "Cannot access Overlayfiles directory: {cause}", values)
}

fn not_written(error: &io::Error) -> ApiError {
    if error.kind() == io::ErrorKind::PermissionDenied {
        let message =
            "Permission denied: Unable to write file. Check folder permissions on your system (Docker/NAS/Unraid).";
        return ApiError::new(Code::Internal, message);
    }
    let template = "File system error: {cause}. Check disk space and permissions.";
    ApiError::told(Code::Internal, template, [("cause", error.to_string().into())])
}
