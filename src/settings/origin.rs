//! Where the values of settings came from.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// What gave a setting its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The TOML file.
    File(PathBuf),
    /// An environment variable, by its name.
    Variable(String),
    /// A flag of the command line, without its dashes.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(formatter, "{}", path.display()),
            Self::Variable(name) => write!(formatter, "environment variable {name}"),
            Self::Flag(name) => write!(formatter, "flag --{name}"),
        }
    }
}

/// What was given, besides the defaults.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins {
    /// The TOML file that was read, where there was one.
    pub file: Option<PathBuf>,
    /// Key of the setting → the value in force as it was written, and what gave it.
    pub given: BTreeMap<&'static str, (String, Origin)>,
}
