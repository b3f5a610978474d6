//! Media servers and providers as the web UI asks for them: their libraries, and whether what a user entered works.

pub mod checks;
pub mod libraries;
pub mod library_types;
