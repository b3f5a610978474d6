//! Media folders as static files.

use actix_web::web;

/// Mounts the media folders.
pub fn mounts(_config: &mut web::ServiceConfig) {}
