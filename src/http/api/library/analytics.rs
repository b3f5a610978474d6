//! `/api/analytics/providers`: from which provider pictures came. The shape is that of Posterizarr 3.x.

use actix_web::{Responder, get, web};
use chrono::{Days, Local};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::actors::library::choices::{ProviderDay, by_day};
use crate::http::extract::parameters::{FromQuery, Parameters, Query};
use crate::http::{ApiError, State};

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(providers);
}

/// Days with pictures.
#[derive(Serialize, ToSchema)]
struct ProviderDays {
    success: bool,
    /// Oldest first; days without pictures are left out.
    stats: Vec<ProviderDay>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct DaysBack {
    /// How many days back; 30 if absent.
    #[param(required = false, minimum = 7, maximum = 365)]
    days: i64,
}

impl FromQuery for DaysBack {
    fn take(parameters: &mut Parameters<'_>) -> Self {
        Self { days: parameters.number("days", 30, 7, 365) }
    }
}

/// Counts the pictures of each day by the provider that they came from.
#[utoipa::path(tag = "image choices", params(DaysBack),
    responses((status = 200, body = ProviderDays), (status = 400)))]
#[get("/api/analytics/providers")]
async fn providers(state: State, Query(DaysBack { days }): Query<DaysBack>) -> Result<impl Responder, ApiError> {
    let today = Local::now().date_naive();
    let since = today.checked_sub_days(Days::new(days.unsigned_abs())).unwrap_or(today);
    let rows = state.views.choices.get().rows.clone();
    let stats = web::block(move || by_day(&rows, since)).await.map_err(ApiError::internal)?;
    Ok(web::Json(ProviderDays { success: true, stats }))
}
