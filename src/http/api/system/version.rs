//! Versions and release notes, from memory.

use actix_web::{Responder, get, web};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::actors::updates::ShownRelease;
use crate::actors::updates::VersionView;
use crate::http::State;

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(version).service(version_ui).service(releases);
}

/// The script against the newest release.
#[derive(Debug, Serialize, ToSchema)]
pub struct VersionAnswer {
    /// The installed script's version; `-dev` when it is ahead of the newest release; null without a script.
    local: Option<String>,
    /// The newest release; null while it was never learnt.
    remote: Option<String>,
    /// Whether the newest release is newer.
    is_update_available: bool,
    /// When the newest release was last looked up.
    checked_at: Option<DateTime<Utc>>,
    /// The daemon's own version.
    daemon: &'static str,
}

impl From<&VersionView> for VersionAnswer {
    fn from(view: &VersionView) -> Self {
        let comparison = view.comparison();
        Self {
            local: comparison.local,
            remote: view.known.remote.text.clone(),
            is_update_available: comparison.update_available,
            checked_at: view.known.checked,
            daemon: env!("CARGO_PKG_VERSION"),
        }
    }
}

/// The installed web UI against the newest one.
#[derive(Serialize, ToSchema)]
struct VersionUiAnswer {
    local: Option<String>,
    remote: Option<String>,
}

/// The newest releases with their notes.
#[derive(Serialize, ToSchema)]
struct ReleasesAnswer {
    /// Whether releases are known.
    success: bool,
    /// Why none are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'static str>,
    /// The newest ten, in GitHub's order.
    releases: Vec<ShownRelease>,
    /// When they were last looked up.
    checked_at: Option<DateTime<Utc>>,
}

/// Returns the installed and the newest version of the script.
#[utoipa::path(tag = "system", responses((status = 200, body = VersionAnswer)))]
#[get("/api/version")]
async fn version(state: State) -> impl Responder {
    web::Json(VersionAnswer::from(&*state.views.versions.get()))
}

/// Returns the installed and the newest version of upstream's web UI.
#[utoipa::path(tag = "system", responses((status = 200, body = VersionUiAnswer)))]
#[get("/api/version-ui")]
async fn version_ui(state: State) -> impl Responder {
    let view = state.views.versions.get();
    web::Json(VersionUiAnswer { local: view.ui_comparison().local, remote: view.known.remote_ui.text.clone() })
}

/// Lists the newest releases with their notes.
#[utoipa::path(tag = "system", responses((status = 200, body = ReleasesAnswer)))]
#[get("/api/releases")]
async fn releases(state: State) -> impl Responder {
    let view = state.views.versions.get();
    let (known, now) = (&view.known, Utc::now());
    web::Json(ReleasesAnswer {
        success: known.releases.is_some(),
        error: known.releases.is_none().then_some("Could not fetch releases from GitHub"),
        releases: known.releases.iter().flatten().map(|release| release.shown(now)).collect(),
        checked_at: known.checked,
    })
}
