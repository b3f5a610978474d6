//! What the engine can do: one file per mode.

pub(crate) mod manual;
mod target;
pub(crate) mod testing;
