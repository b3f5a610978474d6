//! Which folders may hold assets.
//!
//! Pictures below an asset root are served, listed, moved and deleted on a client's word. So a root is never the whole
//! disk, a folder of the system, or one in which the daemon's own data lies, whether it is named so or a link leads there.
//! A root below the data folder is fine: that is where upstream's layout puts them.

use std::path::{Component, Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use super::fault::ConfigFault;

/// Folders of the system: neither they nor what is in them may be a root.
const WHOLE: [&str; 17] = [
    "/etc",
    "/proc",
    "/sys",
    "/dev",
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/boot",
    "/run",
    "/var/log",
    "/var/run",
    "/var/spool",
    "/root/.ssh",
];
/// Folders that may hold roots, but are none.
const THEMSELVES: [&str; 9] =
    ["/", "/var", "/var/lib", "/var/cache", "/var/tmp", "/home", "/root", "/tmp", "/lost+found"];
/// Where desktops mount disks, within a folder of the system.
const MOUNTS: &str = "/run/media";
/// How long a disk may take to say where a link leads; one that hangs is judged by its name alone.
const PATIENCE: Duration = Duration::from_secs(2);

/// Why this folder cannot be an asset root; none if it can. `data` is the data folder; both are absolute.
pub fn refusal(root: &Path, data: &Path) -> Option<ConfigFault> {
    let named = plain(root);
    let (real_root, real_data) = real(named.clone(), data.to_owned());
    let pairs = [(&named, plain(data)), (&real_root, real_data)];
    let folder = root.display().to_string();
    pairs.iter().find_map(|(root, data)| wrong(root, data)).map(|wrong| wrong(folder))
}

/// What is wrong with a folder, of which the name is still to be said.
fn wrong(root: &Path, data: &Path) -> Option<fn(String) -> ConfigFault> {
    if THEMSELVES.iter().any(|folder| root == Path::new(folder)) {
        return Some(|folder| ConfigFault::SystemFolder { folder });
    }
    let in_system = WHOLE.iter().any(|folder| root.starts_with(folder)) && !is_mounted_by_desktop(root);
    if in_system {
        return Some(|folder| ConfigFault::BelongsToSystem { folder });
    }
    if root == data {
        return Some(|folder| ConfigFault::DataFolder { folder });
    }
    data.starts_with(root).then_some(|folder| ConfigFault::HoldsData { folder })
}

fn is_mounted_by_desktop(root: &Path) -> bool {
    // /run/media/user/disk
    root.strip_prefix(MOUNTS).is_ok_and(|rest| rest.components().count() >= 2)
}

/// The path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(plain.pop()),
            other => plain.push(other),
        }
    }
    plain
}

/// Where the two lead, links followed. On a thread of its own: a network folder may never answer.
fn real(root: PathBuf, data: PathBuf) -> (PathBuf, PathBuf) {
    let (told, answer) = mpsc::sync_channel(1);
    let (unknown_root, unknown_data) = (root.clone(), data.clone());
    let look = move || {
        // Whoever asked may have stopped waiting.
        let _ = told.send((followed(&root), followed(&data)));
    };
    let asked = std::thread::Builder::new().name("asset-root".to_owned()).spawn(look);
    asked.ok().and_then(|_| answer.recv_timeout(PATIENCE).ok()).unwrap_or((unknown_root, unknown_data))
}

/// The real path; of one that is not there yet, that of the nearest folder that is, and the rest.
fn followed(path: &Path) -> PathBuf {
    for folder in path.ancestors() {
        if let (Ok(real), Ok(rest)) = (folder.canonicalize(), path.strip_prefix(folder)) {
            return if rest.as_os_str().is_empty() { real } else { real.join(rest) };
        }
    }
    path.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_the_data_folder_and_its_parents_are_refused_and_folders_for_assets_are_not() {
        let data = Path::new("/srv/posterizarr/config");
        for bad in [
            "/",
            "//",
            "/etc",
            "/etc/ssl",
            "/proc",
            "/proc/1/root",
            "/sys",
            "/dev/shm",
            "/usr/share",
            "/bin",
            "/lib64",
            "/boot",
            "/run",
            "/run/secrets",
            "/run/media",
            "/var",
            "/var/log/x",
            "/root",
            "/home",
            "/srv/posterizarr/config",
            "/srv",
            "/srv/posterizarr",
            "/srv/x/../posterizarr/config/",
            "/mnt/../etc",
            "/etc/.",
        ] {
            assert!(refusal(Path::new(bad), data).is_some(), "{bad}");
        }
        for good in [
            "/assets",
            "/mnt",
            "/mnt/nas/assets",
            "/media/disk",
            "/srv/posterizarr/config/assets",
            "/srv/posterizarr/assets",
            "/home/me/assets",
            "/var/lib/posterizarr-assets",
            "/run/media/me/disk",
            "/etcetera",
            "/opt/assets",
        ] {
            assert_eq!(refusal(Path::new(good), data), None, "{good}");
        }
    }

    #[test]
    fn a_link_is_judged_by_where_it_leads() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        std::fs::create_dir_all(data.join("assets")).unwrap();
        let link = |name: &str, to: &Path| {
            std::os::unix::fs::symlink(to, folder.path().join(name)).unwrap();
            folder.path().join(name)
        };
        assert!(refusal(&link("system", Path::new("/etc")), &data).is_some());
        assert!(refusal(&link("data-link", &data), &data).is_some());
        assert!(refusal(&link("parent", folder.path()), &data).is_some());
        assert_eq!(refusal(&link("assets", &data.join("assets")), &data), None);
        let data_link = folder.path().join("data-link");
        assert!(refusal(&data, &data_link).is_some(), "the data folder may be named by a link");
        assert_eq!(refusal(&data.join("later/assets"), &data_link), None);
    }
}
