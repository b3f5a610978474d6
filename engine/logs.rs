//! Moving the logs of the run before out of the way.

use std::{fs, io, path::Path};

use chrono::Local;

/// Moves `Logs` into `RotatedLogs` under the time it is, and removes the oldest there but for so many.
pub fn rotate(logs: &Path, rotated: &Path, kept: u32) -> io::Result<()> {
    fs::create_dir_all(rotated)?;
    let name = format!("Logs_{}", Local::now().format("%Y%m%d_%H%M%S"));
    let target = (0..).map(|n| rotated.join(if n == 0 { name.clone() } else { format!("{name}_{n}") }));
    let target = target.into_iter().find(|target| fs::symlink_metadata(target).is_err());
    if let Some(target) = target.filter(|_| logs.is_dir()) {
        move_folder(logs, &target)?;
    }
    prune(rotated, kept)
}

/// Renames the folder; where it cannot be renamed (it is mounted by itself), its files are copied and removed.
fn move_folder(from: &Path, to: &Path) -> io::Result<()> {
    if fs::rename(from, to).is_ok() {
        return Ok(());
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            fs::copy(entry.path(), to.join(entry.file_name()))?;
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn prune(rotated: &Path, kept: u32) -> io::Result<()> {
    let is_ours =
        |entry: &fs::DirEntry| entry.file_name().to_string_lossy().starts_with("Logs_") && entry.path().is_dir();
    let mut folders: Vec<_> = fs::read_dir(rotated)?
        .filter_map(Result::ok)
        .filter(is_ours)
        .map(|entry| (entry.metadata().and_then(|folder| folder.modified()).ok(), entry.path()))
        .collect();
    folders.sort();
    let surplus = folders.len().saturating_sub(kept as usize);
    folders.iter().take(surplus).try_for_each(|(_, folder)| fs::remove_dir_all(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_move_and_only_the_newest_stay() {
        let folder = tempfile::tempdir().unwrap();
        let (logs, rotated) = (folder.path().join("Logs"), folder.path().join("RotatedLogs"));
        for round in 0..5 {
            fs::create_dir_all(&logs).unwrap();
            fs::write(logs.join("Scriptlog.log"), round.to_string()).unwrap();
            rotate(&logs, &rotated, 3).unwrap();
            assert!(!logs.is_dir());
        }
        let mut kept: Vec<_> = fs::read_dir(&rotated)
            .unwrap()
            .map(|entry| fs::read_to_string(entry.unwrap().path().join("Scriptlog.log")).unwrap())
            .collect();
        kept.sort();
        assert_eq!(kept, ["2", "3", "4"]);
        rotate(&logs, &rotated, 3).unwrap();
    }
}
