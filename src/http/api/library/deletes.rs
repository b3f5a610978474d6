//! Deleting images by path: six families with upstream's routes and texts. What is deleted goes to the trash; the answers'
//! extra keys name its ids there, so that a page can offer to undo.

use std::time::Duration;

use actix_web::{HttpRequest, Responder, delete, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::actors::library::assets::Root;
use crate::actors::library::choices::FilesRemoved;
use crate::actors::library::trash::{Discard, DiscardError, Discarded};
use crate::http::api::library::files::decoded;
use crate::http::extract::json::Json;
use crate::http::{ApiError, AppState, Code, State, ask, ask_within, to_the_end};

/// Many files between two slow disks take their time.
const PATIENCE: Duration = Duration::from_secs(300);

/// One kind of image, as upstream calls it.
struct Family {
    /// What its paths begin with.
    prefix: &'static str,
    root: Root,
    /// In the texts about one, and about several.
    words: (&'static str, &'static str),
    missing: &'static str,
    /// The text about several: how many are gone, how many not.
    summary: fn(&'static str, usize, usize) -> String,
}

fn with_failures(images: &'static str, deleted: usize, failed: usize) -> String {
    format!("Successfully deleted {deleted} {images}. {failed} failed.")
}

/// What was deleted.
#[derive(Serialize, ToSchema)]
struct ImageDeleted {
    success: bool,
    message: String,
    /// Under this id the image can be restored; null if it is gone for good.
    trash_id: Option<String>,
}

/// Which images are to be deleted.
#[derive(Deserialize, ToSchema)]
struct ImagesToDelete {
    /// Relative to the family's folder.
    paths: Vec<String>,
}

/// What was deleted, and what not.
#[derive(Serialize, ToSchema)]
struct ImagesDeleted {
    success: bool,
    deleted: Vec<String>,
    failed: Vec<NotDeleted>,
    message: String,
    /// Of those that were deleted, the ones that can be restored.
    trashed: Vec<Trashed>,
}

/// An image that was not deleted.
#[derive(Serialize, ToSchema)]
struct NotDeleted {
    path: String,
    error: String,
}

/// An image that can be restored.
#[derive(Serialize, ToSchema)]
struct Trashed {
    path: String,
    id: String,
}

/// Declares the two routes of a family.
macro_rules! family {
    ($name:ident, $family:expr, $one:literal, $several:literal) => {
        mod $name {
            use super::*;

            const FAMILY: Family = $family;

            /// Deletes one image: it moves to the trash.
            #[utoipa::path(tag = "assets",
                params(("path" = String, Path, description = "path below the folder, percent-encoded; `%2F` counts as a separator")),
                responses((status = 200, body = ImageDeleted), (status = 400, description = "not a file, or not an image"),
                    (status = 403, description = "outside of the folder"), (status = 404)))]
            #[delete($one)]
            pub async fn one(request: HttpRequest, state: State) -> Result<impl Responder, ApiError> {
                delete_one(&request, &state, &FAMILY).await
            }

            /// Deletes several images: they move to the trash. One that cannot be deleted does not keep the others.
            #[utoipa::path(tag = "assets",
                responses((status = 200, body = ImagesDeleted), (status = 400, description = "not a list of paths")))]
            #[post($several)]
            pub async fn several(state: State, asked: Json<ImagesToDelete>) -> Result<impl Responder, ApiError> {
                delete_several(&state, asked.0, &FAMILY).await
            }
        }
    };
}

family!(
    posters,
    Family {
        prefix: "/api/gallery/",
        root: Root::Assets,
        words: ("Poster", "poster(s)"),
        missing: "Poster not found",
        summary: with_failures,
    },
    "/api/gallery/{path:.*}",
    "/api/gallery/bulk-delete"
);

family!(
    backgrounds,
    Family {
        prefix: "/api/backgrounds/",
        root: Root::Assets,
        words: ("Background", "background(s)"),
        missing: "Background not found",
        summary: with_failures,
    },
    "/api/backgrounds/{path:.*}",
    "/api/backgrounds/bulk-delete"
);

family!(
    seasons,
    Family {
        prefix: "/api/seasons/",
        root: Root::Assets,
        words: ("Season", "season(s)"),
        missing: "Season not found",
        summary: with_failures,
    },
    "/api/seasons/{path:.*}",
    "/api/seasons/bulk-delete"
);

family!(
    title_cards,
    Family {
        prefix: "/api/titlecards/",
        root: Root::Assets,
        words: ("TitleCard", "titlecard(s)"),
        missing: "TitleCard not found",
        summary: with_failures,
    },
    "/api/titlecards/{path:.*}",
    "/api/titlecards/bulk-delete"
);

family!(
    manual_assets,
    Family {
        prefix: "/api/manual-assets/",
        root: Root::Manual,
        words: ("Manual asset", "manual asset(s)"),
        missing: "Asset not found",
        summary: with_failures,
    },
    "/api/manual-assets/{path:.*}",
    "/api/manual-assets/bulk-delete"
);

family!(
    backup_assets,
    Family {
        prefix: "/api/backup-assets/",
        root: Root::Backup,
        words: ("Backup asset", "backup asset(s)"),
        missing: "Asset not found",
        summary: |images, deleted, _| format!("Deleted {deleted} {images}."),
    },
    "/api/backup-assets/{path:.*}",
    "/api/backup-assets/bulk-delete"
);

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(posters::several)
        .service(posters::one)
        .service(backgrounds::several)
        .service(backgrounds::one)
        .service(seasons::several)
        .service(seasons::one)
        .service(title_cards::several)
        .service(title_cards::one)
        .service(manual_assets::several)
        .service(manual_assets::one)
        .service(backup_assets::several)
        .service(backup_assets::one);
}

async fn delete_one(
    request: &HttpRequest,
    state: &State,
    family: &Family,
) -> Result<web::Json<ImageDeleted>, ApiError> {
    let path = request.path().strip_prefix(family.prefix).and_then(decoded);
    let path = path.ok_or_else(|| ApiError::not_found(family.missing))?;
    let mut results = discard(state, family.root, vec![path.clone()]).await?;
    let result = results.pop().unwrap_or(Err(DiscardError::Missing));
    let discarded = result.map_err(|error| refused(error, family))?;
    let message = format!("{} '{path}' deleted successfully", family.words.0);
    Ok(web::Json(ImageDeleted { success: true, message, trash_id: discarded.trash_id }))
}

async fn delete_several(
    state: &State,
    asked: ImagesToDelete,
    family: &Family,
) -> Result<web::Json<ImagesDeleted>, ApiError> {
    let results = discard(state, family.root, asked.paths.clone()).await?;
    let (mut deleted, mut failed, mut trashed) = (Vec::new(), Vec::new(), Vec::new());
    for (path, result) in asked.paths.into_iter().zip(results) {
        match result {
            Ok(discarded) => {
                trashed.extend(discarded.trash_id.map(|id| Trashed { path: path.clone(), id }));
                deleted.push(path);
            }
            Err(error) => failed.push(NotDeleted { path, error: error.to_string() }),
        }
    }
    let message = (family.summary)(family.words.1, deleted.len(), failed.len());
    Ok(web::Json(ImagesDeleted { success: true, deleted, failed, message, trashed }))
}

/// Deletes files and lets their rows follow. Both or neither: it goes on when the client goes away in between.
pub(super) async fn discard(
    state: &AppState,
    root: Root,
    paths: Vec<String>,
) -> Result<Vec<Result<Discarded, DiscardError>>, ApiError> {
    let (before, trash, choices) =
        (state.views.assets.get().assets.clone(), state.trash.clone(), state.choices.clone());
    to_the_end(async move {
        let results = ask_within(PATIENCE, &trash, Discard { root, paths: paths.clone() }).await?;
        let deleted = paths.into_iter().zip(&results).filter(|(_, result)| result.is_ok()).map(|(path, _)| path);
        if root == Root::Assets {
            // The files are gone either way; rows that could not follow show it.
            let _ = ask(&choices, FilesRemoved { paths: deleted.collect(), before }).await;
        }
        Ok(results)
    })
    .await
}

fn refused(error: DiscardError, family: &Family) -> ApiError {
    match error {
        DiscardError::Missing => ApiError::not_found(family.missing),
        DiscardError::Forbidden => ApiError::of(Code::Forbidden, &error),
        DiscardError::NotAFile | DiscardError::NotAnImage => ApiError::of(Code::InvalidValue, &error),
        DiscardError::Disk(_) => ApiError::of(Code::StorageUnavailable, &error),
    }
}
