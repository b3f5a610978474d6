//! What the engine can do: one file per mode.

pub(crate) mod manual;
pub(crate) mod testing;
