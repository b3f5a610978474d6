//! The owner-only Unix socket through which the command line reaches the running daemon.
//!
//! It speaks the same HTTP API as the TCP address; whoever can open it is the owner of the data folder and so an admin.

use std::fs::{File, Permissions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

use crate::actors::runtime::data_dir::DataDir;

/// The longest path a socket address holds, less its final NUL.
const MAX_ADDRESS_LENGTH: usize = 107;

/// Listens on the socket. The folder is closed to others first, so that there is no moment in which they could connect.
/// The caller holds the store's lock: a socket file that is there was left by a daemon that is gone.
pub fn listen(data: &DataDir) -> io::Result<UnixListener> {
    std::fs::set_permissions(data.runtime(), Permissions::from_mode(0o700))?;
    match std::fs::remove_file(data.socket()) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(Address::of(data)?.path())?;
    std::fs::set_permissions(data.socket(), Permissions::from_mode(0o600))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// A path to the socket that fits a socket address, however deep the data folder is.
#[derive(Debug)]
pub struct Address {
    path: PathBuf,
    _folder: Option<File>,
}

impl Address {
    /// The address of the socket of this data folder; valid as long as the value lives.
    pub fn of(data: &DataDir) -> io::Result<Self> {
        let direct = data.socket();
        if direct.as_os_str().len() <= MAX_ADDRESS_LENGTH {
            return Ok(Self { path: direct, _folder: None });
        }
        let folder = File::open(data.runtime())?; // unbounded: a folder
        let name = direct.file_name().unwrap_or_default();
        let path = PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd())).join(name);
        Ok(Self { path, _folder: Some(folder) })
    }

    /// The path to connect to or bind.
    pub fn path(&self) -> &std::path::Path {
        &self.path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deep_data_folder_and_a_left_over_socket_do_not_matter() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::new(folder.path().join("a-rather-long-folder-name".repeat(8))).unwrap();
        std::fs::create_dir_all(data.runtime()).unwrap();
        for _ in 0..2 {
            let listener = listen(&data).unwrap();
            assert_eq!(std::fs::metadata(data.socket()).unwrap().permissions().mode() & 0o777, 0o600);
            let _client = std::os::unix::net::UnixStream::connect(Address::of(&data).unwrap().path()).unwrap();
            drop(listener);
        }
    }
}
