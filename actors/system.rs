//! The machine, as sysinfo sees it.
