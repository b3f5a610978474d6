//! The daemon's own settings: defaults < TOML file < what was saved over the API < environment < flags.
//!
//! [`table::SETTINGS`] is the one list of them. Flags, environment names, TOML keys, `--help`, the rejection of unknown
//! keys and the table in the README derive from it. What the user changes at run time is in `config.json` instead.

mod engine_flags;
pub mod environment;
mod fault;
pub mod layers;
pub mod live;
pub mod origin;
pub mod parse;
pub mod saved;
mod setting;
pub mod table;
mod toml_file;
mod values;

pub use environment::Environment;
pub use fault::{Invalid, SettingFault};
pub use layers::{Loaded, Problem, load, load_what_is_right};
pub use live::LiveSettings;
pub use origin::{Flags, Origin, Origins};
pub use values::{LogFormat, Settings};
