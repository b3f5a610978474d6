//! Listings of what the index holds, each with the ETag of its generation.

use std::sync::Arc;

use actix_web::http::header::{CACHE_CONTROL, ETAG};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use serde::Serialize;

use crate::actors::library::assets::{AssetsView, Root};
use crate::http::respond::ASK_EACH_TIME;
use crate::http::respond::conditional::knows;
use crate::http::respond::ready::ready;
use crate::http::{ApiError, AppState, Code};

/// The view, once it knows something of this root.
pub async fn known(state: &AppState, root: Root) -> Result<Arc<AssetsView>, ApiError> {
    ready(&state.views.assets, |view| view.state(root).is_known()).await.map_err(|view| {
        let files = view.state(root).scanning.as_ref().map_or(0, |progress| progress.files());
        let template = "the images are being read for the first time ({files} so far); try again in a moment";
        ApiError::told(Code::ActorUnavailable, template, [("files", files.into())])
    })
}

/// The ETag of what is derived from an index.
fn tag(view: &AssetsView) -> String {
    format!("\"{:x}\"", view.generation)
}

/// Answers with what `body` gives, or that the client has it already.
pub fn listing(
    request: &HttpRequest,
    view: &AssetsView,
    body: impl FnOnce(&mut HttpResponseBuilder) -> HttpResponse,
) -> HttpResponse {
    let tag = tag(view);
    let known = knows(request, &tag);
    let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    // Weak: the same answer may go out compressed.
    response.insert_header((ETAG, format!("W/{tag}"))).insert_header((CACHE_CONTROL, ASK_EACH_TIME));
    if known { response.finish() } else { body(&mut response) }
}

/// [`listing`] for what is small enough to be made at once.
pub fn json_listing<T: Serialize>(request: &HttpRequest, view: &AssetsView, body: impl FnOnce() -> T) -> HttpResponse {
    listing(request, view, |response| response.json(body()))
}
