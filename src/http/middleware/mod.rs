//! What every request and answer goes through.

pub mod access_log;
pub mod connections;
pub mod headers;
pub mod masking;
pub mod normalize;
pub mod owed;
pub mod request_id;
