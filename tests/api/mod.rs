//! The API, in-process on port 0.

mod events;
mod harness;
mod logs;
mod logs_socket;
mod root;
mod scheduler;
mod version;
mod webhooks;
