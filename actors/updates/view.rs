//! What the VersionChecker shows.

use super::Known;
use super::version::{Comparison, compare};

/// What is known of versions.
#[derive(Debug, Clone, Default)]
pub struct VersionView {
    /// The script's version, as it stands in the file.
    pub script: Option<String>,
    /// The installed web UI's version.
    pub ui: Option<String>,
    /// The last answers of the network.
    pub known: Known,
    /// Why the last look at the network failed.
    pub problem: Option<String>,
}

impl VersionView {
    /// The script against the newest release.
    pub fn comparison(&self) -> Comparison {
        compare(self.script.as_deref(), self.known.remote.text.as_deref())
    }

    /// The installed web UI against the newest one.
    pub fn ui_comparison(&self) -> Comparison {
        compare(self.ui.as_deref(), self.known.remote_ui.text.as_deref())
    }
}
