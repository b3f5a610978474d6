//! What handlers take of a request: its query, its body, its pictures.

pub mod body;
pub mod json;
pub mod multipart;
pub mod parameters;
pub mod picture_form;
pub mod settings;
pub mod staging;
