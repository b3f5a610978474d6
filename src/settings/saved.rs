//! Settings that were saved over the API: a file of their own in the data folder, above the one that people write.

use std::path::{Path, PathBuf};

use super::table::SETTINGS;
use super::toml_file::{self, Values};

/// Its name in the data folder.
pub const FILE_NAME: &str = "settings.toml";
/// What stands above the values.
pub const COMMENT: &str = "Saved in the web UI; counts more than posterizarrd.toml, less than environment and flags.";

/// The file of a data folder.
pub fn path(data_dir: &Path) -> PathBuf {
    data_dir.join(FILE_NAME)
}

/// Its values as they are; none if it is not there.
///
/// # Errors
/// What is wrong with the file.
pub fn read(data_dir: &Path) -> Result<Values, String> {
    let path = path(data_dir);
    match std::fs::exists(&path) {
        Ok(false) => Ok(Values::new()),
        _ => toml_file::read(&path).map_err(|wrong| format!("{}: {wrong}", path.display())),
    }
}

/// Its values that count. What cannot be read or must not be set there is left out and told: it must not keep the daemon from
/// starting, since nobody but the daemon writes the file.
pub fn counted(data_dir: &Path, warnings: &mut Vec<String>) -> Values {
    let mut values = read(data_dir).unwrap_or_else(|wrong| {
        warnings.push(format!("{wrong}; what was saved in the web UI does not count"));
        Values::new()
    });
    values.retain(|key, _| {
        let counts = is_savable(key);
        if !counts {
            warnings.push(format!("{key} ({}): cannot be set there, and does nothing", path(data_dir).display()));
        }
        counts
    });
    values
}

/// Whether a setting of this name may be saved.
pub fn is_savable(key: &str) -> bool {
    SETTINGS.iter().any(|setting| setting.key == key && setting.takes_effect().is_some())
}
