//! The application: its routes, its rejections, and the order of the middleware.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App, web};
use utoipa::openapi::OpenApi;
use utoipa_actix_web::AppExt;
use utoipa_actix_web::service_config::ServiceConfig;

use super::error::ApiError;
use super::state::State;
use super::{api, auth, middleware, ui};

/// Every route of the API.
pub fn routes(config: &mut ServiceConfig<'_>) {
    for area in [
        api::system::root::routes,
        auth::routes,
        api::runs::status::routes,
        api::dashboard::routes,
        api::runs::routes,
        api::schedule::routes,
        api::triggers::routes,
        api::logs::routes,
        api::logs::socket::routes,
        api::events::routes,
        api::plugin_events::routes,
        api::system::routes,
        api::system::footprint::routes,
        api::system::version::routes,
        api::system::licences::routes,
        api::config::routes,
        api::config::database::routes,
        api::config::webui_settings::routes,
        api::servers::actions::routes,
        api::servers::checks::routes,
        api::servers::libraries::routes,
        api::history::routes,
        api::history::exports::routes,
        api::system::admin::routes,
        api::system::support::routes,
        api::library::assets::routes,
        api::library::files::routes,
        api::library::deletes::routes,
        api::library::trash::routes,
        api::library::replacing::routes,
        api::library::analytics::routes,
        api::library::choices::routes,
        api::library::overlays::routes,
        api::library::preview::routes,
        api::library::thumbnails::routes,
        api::system::health::routes,
        api::system::readiness::routes,
        api::system::settings::routes,
        api::system::folders::routes,
        api::servers::sign_in::routes,
        api::system::metrics::routes,
        api::system::docs::routes,
    ] {
        area(config);
    }
}

/// The document of every route.
pub fn document() -> OpenApi {
    api::system::docs::document(routes)
}

/// What single subjects keep between requests, for all workers together.
#[derive(Clone)]
pub struct Memos {
    description: web::Data<api::system::docs::Description>,
    files: web::Data<api::runs::status::LastLook>,
    readiness: web::Data<api::system::readiness::Last>,
    sign_ins: web::Data<api::servers::sign_in::SignIns>,
    providers: web::Data<api::library::replacing::InUse>,
    asset_stats: web::Data<api::library::assets::LastStats>,
}

impl Default for Memos {
    fn default() -> Self {
        Self {
            description: web::Data::new(api::system::docs::Description::of(routes)),
            files: web::Data::default(),
            readiness: web::Data::default(),
            sign_ins: web::Data::default(),
            providers: web::Data::default(),
            asset_stats: web::Data::default(),
        }
    }
}

/// The whole application: routes, rejections, middleware. Built once per worker.
///
/// Outermost first: what a client is owed when it hangs up, request id, access log, headers, base URL, upgrades, slashes, HEAD, counting, compression, masking,
/// login.
pub fn app(
    state: State,
    memos: Memos,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    App::new()
        .app_data(state)
        .app_data(memos.description)
        .app_data(memos.readiness)
        .app_data(memos.files)
        .app_data(memos.sign_ins)
        .app_data(memos.providers)
        .app_data(memos.asset_stats)
        .into_utoipa_app()
        .configure(routes)
        .into_app()
        .configure(rejections)
        .default_service(web::to(ui::fallback))
        .wrap(from_fn(auth::guard))
        .wrap(from_fn(middleware::masking::mask))
        .wrap(Compress::default())
        .wrap(from_fn(api::system::metrics::measure))
        .wrap(from_fn(middleware::normalize::head_as_get))
        .wrap(from_fn(middleware::normalize::tidy_path))
        .wrap(from_fn(middleware::normalize::harmless_upgrade))
        .wrap(from_fn(middleware::normalize::strip_base))
        .wrap(from_fn(middleware::headers::secure))
        .wrap(from_fn(middleware::access_log::tell))
        .wrap(from_fn(middleware::request_id::assign))
        .wrap(from_fn(middleware::owed::hold))
}

/// Sends every rejection of the framework through our error body.
fn rejections(config: &mut web::ServiceConfig) {
    config
        .app_data(web::PathConfig::default().error_handler(|error, _| not_a_number(&error)))
        .app_data(web::FormConfig::default().error_handler(|error, _| rejected("body", &error)));
}

/// Whatever is not text in a path is a whole number.
fn not_a_number(error: &dyn std::fmt::Display) -> actix_web::Error {
    ApiError::validation("int_parsing", &["path"], error.to_string()).into()
}

fn rejected(place: &str, error: &dyn std::fmt::Display) -> actix_web::Error {
    ApiError::validation("value_error", &[place], error.to_string()).into()
}
