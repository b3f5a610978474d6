//! Replacing a picture: what the providers have for it, putting another one in its place, and the queue of those that wait.

pub mod old_items;
mod posters;
mod preferred;
mod providers;
mod queue;
mod replace;
mod search;
mod target;
mod wish;

pub use providers::InUse;
use utoipa_actix_web::service_config::ServiceConfig;

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(search::fetch_replacements)
        .service(posters::search_posters)
        .service(replace::upload_replacement)
        .service(replace::replace_from_url)
        .service(queue::list_queue)
        .service(queue::run_queue)
        .service(queue::clear_queue)
        .service(queue::delete_several)
        .service(queue::delete_one);
}
