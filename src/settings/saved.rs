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

/// Its values. What cannot be read or must not be set there is left out and told: it must not keep the daemon from starting, since
/// nobody but the daemon writes the file.
pub fn read(data_dir: &Path, warnings: &mut Vec<String>) -> Values {
    let path = path(data_dir);
    if !std::fs::exists(&path).unwrap_or(true) {
        return Values::new();
    }
    let mut values = match toml_file::read(&path) {
        Ok(values) => values,
        Err(wrong) => {
            warnings.push(format!("{}: {wrong}; what was saved in the web UI does not count", path.display()));
            return Values::new();
        }
    };
    values.retain(|key, _| {
        let is_savable = SETTINGS.iter().any(|setting| setting.key == key && setting.takes_effect().is_some());
        if !is_savable {
            warnings.push(format!("{key} ({}): cannot be set there, and does nothing", path.display()));
        }
        is_savable
    });
    values
}
