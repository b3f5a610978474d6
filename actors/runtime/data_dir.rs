//! Where everything is inside the data folder. The names are upstream's: the script and the old backend share them.

use std::io;
use std::path::{Path, PathBuf};

use crate::files;

/// The data folder (`/config` in a container).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataDir {
    root: PathBuf,
}

macro_rules! entries {
    ($($(#[$doc:meta])* $name:ident => $path:literal;)*) => {
        impl DataDir {
            $($(#[$doc])* pub fn $name(&self) -> PathBuf { self.root.join($path) })*
        }
    };
}

entries! {
    /// The user's configuration.
    config => "config.json";
    /// Earlier contents of the user's configuration.
    config_backups => "config-backups";
    /// The timetable.
    scheduler => "scheduler.json";
    /// Logs and result files of the running or last script run.
    logs => "Logs";
    /// Earlier `Logs` folders; the script moves them here.
    rotated_logs => "RotatedLogs";
    /// Logs of the daemon and its web UI.
    ui_logs => "UILogs";
    /// Settings of the web UI.
    webui_settings => "UILogs/webui_settings.json";
    /// The script's scratch folder.
    temp => "temp";
    /// Exists while a script runs.
    running_file => "temp/Posterizarr.Running";
    /// Images of the testing mode.
    test => "test";
    /// Trigger files.
    watcher => "watcher";
    /// Overlay images and fonts.
    overlay_files => "Overlayfiles";
    /// Pictures sent by a browser for a manual run.
    uploads => "uploads";
    /// Pictures that wait to replace others.
    queue_staging => "queue_staging";
    /// The script's font previews.
    font_previews => "fontpreviews";
    /// Deleted images, until they are restored or too old.
    trash => "trash";
    /// Assets that runs took out of the library, until the Trash takes them over.
    cleared => "cleared";
    /// Small versions of images; may be deleted at any time.
    thumbnails => "cache/thumbnails";
    /// The index of the assets, as it was last.
    asset_index => "cache/assets.index";
    /// The index of the user's own assets, as it was last.
    manual_asset_index => "cache/manualassets.index";
    /// The index of what was saved from the media servers, as it was last.
    backup_asset_index => "cache/assetsbackup.index";
    /// The old backend's databases, which `import` reads.
    database => "database";
    /// The record store.
    store => "store";
    /// What the records were each night.
    store_backups => "store-backups";
    /// What was lost when the record store was found damaged, until somebody has taken note of it.
    store_damage => "store-damage.json";
    /// One folder per run: what it was, what it printed, what it left.
    runs => "runs";
    /// Sockets of the running daemon.
    runtime => "run";
    /// The command line's way to the running daemon.
    socket => "run/posterizarrd.sock";
}

impl DataDir {
    /// The data folder at `root`, made absolute so that a later change of directory does not matter.
    pub fn new(root: impl AsRef<Path>) -> io::Result<Self> {
        Ok(Self { root: std::path::absolute(root)? })
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Creates the folders that upstream's backend creates, and ours. Fails with the first that cannot be made or written.
    pub fn create(&self) -> Result<(), (PathBuf, io::Error)> {
        for folder in self.folders() {
            std::fs::create_dir_all(&folder).and_then(|()| probe(&folder)).map_err(|error| (folder, error))?;
        }
        Ok(())
    }

    /// Removes the half-written files of a daemon that was killed, some of which hold secrets. For who holds the store: nobody else writes then.
    pub fn sweep(&self) {
        for folder in self.folders().into_iter().chain([self.config_backups()]) {
            match files::remove_unfinished(&folder) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    tracing::warn!(%error, folder = %folder.display(), "half-written files of a crash cannot be removed");
                }
                _ => {}
            }
        }
    }

    /// Those that hold files of the daemon, and not only the user's.
    fn folders(&self) -> [PathBuf; 15] {
        [
            self.root.clone(),
            self.logs(),
            self.temp(),
            self.test(),
            self.ui_logs(),
            self.uploads(),
            self.queue_staging(),
            self.font_previews(),
            self.database(),
            self.overlay_files(),
            self.watcher(),
            self.runs(),
            self.trash(),
            self.thumbnails(),
            self.runtime(),
        ]
    }
}

fn probe(folder: &Path) -> io::Result<()> {
    tempfile::Builder::new().prefix(".write_test").tempfile_in(folder)?.close()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_daemon_left_half_written_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::new(folder.path()).unwrap();
        data.create().unwrap();
        let half = [data.watcher(), data.root().to_owned()].map(|folder| folder.join(".posterizarrd-a1b2c3.tmp"));
        let whole = [data.watcher().join("a.posterizarr"), data.root().join(".hidden")];
        for file in half.iter().chain(&whole) {
            std::fs::write(file, "x").unwrap();
        }
        data.sweep();
        assert!(half.iter().all(|file| !file.try_exists().unwrap()));
        assert!(whole.iter().all(|file| file.try_exists().unwrap()));
    }
}
