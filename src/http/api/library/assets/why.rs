//! Why an asset looks as it does: what it was made of, and by which rule that was chosen.

use std::path::{Path, PathBuf};

use actix_web::{Responder, get, web};
use chrono::{DateTime, Utc};
use posterizarr_base::run_events::AssetSource;
use posterizarr_base::said::Clause;
use posterizarr_engine::library::{OnServer, known};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::actors::runtime::safe_path;
use crate::http::api::library::files::assets_folder;
use crate::http::extract::parameters::{FromQuery, Parameters, Query};
use crate::http::{ApiError, Code, State};

const EXAMPLE: &str = "Movies/Heat (1995)/poster.jpg";

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(why);
}

/// What is known of an asset.
#[derive(Serialize, ToSchema)]
struct Why {
    /// Its path below the asset folder, without extension.
    path: String,
    /// When its file was written.
    written: DateTime<Utc>,
    /// Whether the built-in engine made it; if not, nothing else is known.
    made_here: bool,
    /// The rule by which its picture was chosen; null where nobody noted it.
    why: Option<String>,
    /// The same sentence by sentence, for those who say it in another language; empty where nobody noted it so.
    because: Vec<Clause>,
    /// Where its picture is from.
    #[schema(value_type = Option<Object>)]
    source: Option<AssetSource>,
    /// Providers that did not answer when the picture was chosen; it is chosen again when they do.
    provisional: Vec<String>,
    /// Whether the media server shows it: `not_wanted`, `waiting` or `sent`.
    server: &'static str,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct Named {
    /// An asset below the asset folder, such as `Movies/Heat (1995)/poster.jpg`.
    #[param(value_type = String)]
    path: Option<String>,
}

impl FromQuery for Named {
    fn take(parameters: &mut Parameters<'_>) -> Self {
        Self { path: parameters.filled("path") }
    }
}

/// Returns why an asset of the built-in engine looks the way it does.
#[utoipa::path(tag = "assets",
    params(Named),
    responses((status = 200, body = Why), (status = 400, description = "no path, or one that leads elsewhere"),
        (status = 404, description = "no such asset")))]
#[get("/api/assets/why")]
async fn why(state: State, Query(Named { path }): Query<Named>) -> Result<impl Responder, ApiError> {
    let path = path.ok_or_else(|| {
        ApiError::told(Code::InvalidRequest, "name an asset: ?path={example}", [("example", EXAMPLE.into())])
    })?;
    let (data, assets) = (state.shared.data.root().to_owned(), assets_folder(&state));
    let told = web::block(move || tell(&data, &assets, &path)).await.map_err(ApiError::internal)?;
    Ok(web::Json(told?))
}

fn tell(data: &Path, assets: &Path, path: &str) -> Result<Why, ApiError> {
    let file = existing(assets, path)?;
    let written = file.metadata().and_then(|metadata| metadata.modified()).map_err(ApiError::internal)?;
    let asset = path.rsplit_once('.').map_or(path, |(asset, _)| asset).trim_start_matches('/');
    let known = known(data, asset, &file);
    let server = match known.as_ref().map_or(OnServer::NotWanted, |known| known.on_server) {
        OnServer::NotWanted => "not_wanted",
        OnServer::Waiting => "waiting",
        OnServer::Sent => "sent",
    };
    let known = known.filter(|known| known.source.is_some());
    Ok(Why {
        path: asset.to_owned(),
        written: written.into(),
        made_here: known.is_some(),
        provisional: known.as_ref().map(|known| known.unanswered.clone()).unwrap_or_default(),
        source: known.as_ref().and_then(|known| known.source.clone()),
        because: known.as_ref().map(|known| known.because.clone()).unwrap_or_default(),
        why: known.and_then(|known| known.why),
        server,
    })
}

fn existing(assets: &Path, path: &str) -> Result<PathBuf, ApiError> {
    let file = safe_path::existing(assets, path)?;
    let no_file = || {
        let values = [("path", path.into()), ("example", EXAMPLE.into())];
        ApiError::told(Code::NotFound, "{path} is not a file; name an asset, such as {example}", values)
    };
    if file.is_file() { Ok(file) } else { Err(no_file()) }
}
