//! Where everything is inside the data folder. The names are upstream's: the script and the old backend share them.

use std::io;
use std::path::{Path, PathBuf};

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
        let folders = [
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
        ];
        for folder in folders {
            std::fs::create_dir_all(&folder).and_then(|()| probe(&folder)).map_err(|error| (folder, error))?;
        }
        Ok(())
    }
}

fn probe(folder: &Path) -> io::Result<()> {
    tempfile::Builder::new().prefix(".write_test").tempfile_in(folder)?.close()
}
