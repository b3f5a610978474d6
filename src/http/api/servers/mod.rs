//! Media servers and providers: their libraries, and whether what a user entered works.

pub mod actions;
pub mod checks;
pub mod libraries;
pub mod sign_in;
