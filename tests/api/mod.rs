//! The API, in-process on port 0.

mod harness;
mod root;
mod runs;
