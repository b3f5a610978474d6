//! Pictures are made in turns, as cores and memory allow.

use actix_web::http::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use actix_web::{HttpResponse, web};
use tokio::sync::Semaphore;

use crate::actors::library::picture_budget;
use crate::http::{ApiError, Code};

/// Pictures that are made at once: each takes a core and tens of megabytes for a moment.
static TURNS: Semaphore = Semaphore::const_new(2);
/// What the canvas, its layers and the result take, in bytes.
const CANVAS: u64 = 64 * 1024 * 1024;
/// What a pixel of the sent picture takes, in bytes: decoded with transparency, then without, and a JPEG's coefficients.
pub const BYTES_PER_PIXEL: u64 = 13;

/// What had to be done in another way than configured, such as a missing font.
const WARNINGS: HeaderName = HeaderName::from_static("x-preview-warnings");

/// Does work on a picture, once a turn and the memory are free. `cost` is what the picture takes that it is made of, in bytes.
pub async fn worked<T: Send + 'static>(
    cost: u64,
    work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    let turn = TURNS.acquire().await.map_err(ApiError::internal)?;
    // The work goes on where the client has gone, and so does its turn.
    let made = web::block(move || {
        let _turn = turn;
        let _share = picture_budget::reserve(cost.saturating_add(CANVAS))
            .map_err(|error| ApiError::of(Code::PayloadTooLarge, &error))?;
        work()
    });
    made.await.map_err(ApiError::internal)?
}

/// Makes a JPEG, with warnings, and answers with it; see [`worked`].
pub async fn in_turn(
    cost: u64,
    make: impl FnOnce() -> Result<(Vec<u8>, Vec<String>), ApiError> + Send + 'static,
) -> Result<HttpResponse, ApiError> {
    let (file, warnings) = worked(cost, make).await?;
    let mut answer = HttpResponse::Ok();
    answer.content_type("image/jpeg").insert_header((CACHE_CONTROL, "no-store"));
    if let Some(warnings) =
        HeaderValue::from_str(&warnings.join("; ").escape_default().to_string()).ok().filter(|told| !told.is_empty())
    {
        answer.insert_header((WARNINGS, warnings));
    }
    Ok(answer.body(file))
}
