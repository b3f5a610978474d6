//! What actors are made of: the shell around each, its view, the facts it tells and hears, and the folder it works in.

pub mod data_dir;
pub mod events;
pub mod file_events;
pub mod follow;
pub mod guard;
pub mod machine_names;
pub mod offload;
pub mod safe_path;
pub mod shared;
pub mod system;
#[cfg(test)]
pub mod testing;
pub mod view;
