//! What somebody would try who means harm, and what bad luck does, by kind. Each file walks a whole table (routes, readers,
//! records), so that a new entry is covered without being named.

mod bounds;
mod config_damage;
mod file_rooms;
mod foreign_page;
mod logs;
mod pictures;
mod raw;
mod readers;
mod requests;
mod secrets;
mod sessions;
mod settings;
pub mod store_damage;
mod streams;
mod upstream_holes;
