//! Where the values of settings came from.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use super::environment::Environment;

/// The flags that were given: key of the setting → text.
pub type Flags = BTreeMap<&'static str, String>;

/// What gave a setting its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The TOML file.
    File(PathBuf),
    /// What was saved over the API.
    Saved,
    /// An environment variable, by its name.
    Variable(String),
    /// A flag of the command line, without its dashes.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(formatter, "{}", path.display()),
            Self::Saved => formatter.write_str("saved in the web UI"),
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
    /// What the daemon was started with, to read everything once more.
    pub sources: Sources,
}

/// What a process was started with.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Sources {
    /// The flags.
    pub flags: Flags,
    /// The environment.
    pub environment: Environment,
}

impl fmt::Debug for Sources {
    /// Without the values, among which are secrets.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Sources").finish_non_exhaustive()
    }
}
