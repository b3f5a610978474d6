//! `GET /api/dashboard/all`: what the first page needs, in one answer. All of it from views: nothing waits.

use actix_web::{Responder, get, web};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::http::api::runs::status::{LastLook, Status};
use crate::http::api::schedule::SchedulerStatus;
use crate::http::api::system::SystemInfo;
use crate::http::api::system::version::VersionAnswer;
use crate::http::respond::run::RunAnswer;
use crate::http::{ApiError, State};

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(dashboard);
}

/// Several answers in one.
#[derive(Serialize, ToSchema)]
struct Dashboard {
    success: bool,
    status: Status,
    version: VersionAnswer,
    scheduler_status: SchedulerStatus,
    system_info: SystemInfo,
    /// The run that ended last; null before the first.
    last_run: Option<RunAnswer>,
}

/// Returns status, versions, timetable, machine and the last run in one answer.
#[utoipa::path(tag = "status", responses((status = 200, body = Dashboard)))]
#[get("/api/dashboard/all")]
async fn dashboard(state: State, last: web::Data<LastLook>) -> Result<impl Responder, ApiError> {
    Ok(web::Json(Dashboard {
        success: true,
        status: Status::now(&state, &last).await?,
        version: VersionAnswer::from(&*state.views.versions.get()),
        scheduler_status: SchedulerStatus::now(&state),
        system_info: SystemInfo::now(&state),
        last_run: state.views.runs.get().last.as_deref().cloned().map(RunAnswer::from),
    }))
}
