//! Overlays and fonts that come with the script: on start, those that the data folder lacks are copied there.
//!
//! The script reads them from the data folder; in an image they lie beside the script. The user's own files are never
//! touched, and one the user removed comes back, as with upstream's container.

use std::io;
use std::path::Path;

use posterizarr_base::bounded;

use crate::actors::runtime::data_dir::DataDir;

const FOLDER: &str = "Overlayfiles";
const KINDS: [&str; 3] = ["png", "ttf", "otf"];

/// Copies what is missing and tells how many files that were. Nothing to do where script and data share a folder.
pub fn copy_missing(app_dir: &Path, data: &DataDir) -> io::Result<usize> {
    if app_dir == data.root() {
        return Ok(0);
    }
    let entries = match std::fs::read_dir(app_dir.join(FOLDER)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        entries => entries?,
    };
    let mut copied = 0;
    for entry in entries {
        let from = entry?.path();
        let wanted = from.extension().is_some_and(|kind| KINDS.iter().any(|known| kind.eq_ignore_ascii_case(known)));
        let Some(name) = from.file_name().filter(|_| wanted) else { continue };
        let to = data.overlay_files().join(name);
        if std::fs::symlink_metadata(&to).is_err() && from.is_file() {
            copy(&from, &to)?;
            copied += 1;
        }
    }
    Ok(copied)
}

/// Never leaves half a file under the name, and never replaces one that came up meanwhile.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let folder = to.parent().unwrap_or(Path::new("."));
    let all_but_umask = std::os::unix::fs::PermissionsExt::from_mode(0o666);
    let mut staged = tempfile::Builder::new()
        .prefix(".posterizarrd-")
        .suffix(".tmp")
        .permissions(all_but_umask)
        .tempfile_in(folder)?;
    io::copy(&mut bounded::open(from)?.0, &mut staged)?;
    match staged.persist_noclobber(to) {
        Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => Err(error.error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_overlays_and_fonts_are_copied_and_the_users_own_stay() {
        let folder = tempfile::tempdir().unwrap();
        let app = folder.path().join("app");
        let data = DataDir::new(folder.path().join("data")).unwrap();
        assert!(copy_missing(&app, &data).is_ok_and(|copied| copied == 0), "there is nothing beside the script");
        std::fs::create_dir_all(app.join("Overlayfiles/more.png")).unwrap();
        data.create().unwrap();
        for name in ["overlay.png", "Font.TTF", "readme.txt", "mine.otf"] {
            std::fs::write(app.join("Overlayfiles").join(name), "bundled").unwrap();
        }
        std::fs::write(data.overlay_files().join("mine.otf"), "mine").unwrap();
        assert_eq!(copy_missing(&app, &data).unwrap(), 2);
        let read = |name: &str| std::fs::read_to_string(data.overlay_files().join(name)).unwrap_or_default();
        assert_eq!([read("overlay.png"), read("Font.TTF"), read("mine.otf")], ["bundled", "bundled", "mine"]);
        assert_eq!(std::fs::read_dir(data.overlay_files()).unwrap().count(), 3);
        assert_eq!(copy_missing(&app, &data).unwrap(), 0);
    }
}
