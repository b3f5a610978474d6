//! The daemon's side of a shim: starting it, finding it again, signalling it, noticing its end at once.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::MemfdFlags;
use rustix::process::{Pid, PidfdFlags, Signal};

use super::processes;
use super::run_folder::RunFolder;
use super::shim::MARKER;

/// The word by which the program knows that it is a shim.
pub const SUBCOMMAND: &str = "run-shim";
/// The longest command, in bytes; a run's arguments may be long.
const MAX_COMMAND_LENGTH: u64 = 4 * 1024 * 1024;
/// How often a process is looked at where the kernel (before 5.3) cannot tell of its end.
const LOOK_EVERY: Duration = Duration::from_millis(50);

#[derive(Debug)]
pub struct ShimProcess {
    pid: u32,
    /// Stands for this very process, even when its number is used again.
    handle: Option<OwnedFd>,
}

impl ShimProcess {
    /// Starts the shim of a run, which is to start `command`. Of our environment the script gets all but what is meant for the daemon alone; the data
    /// folder is told as `APP_DATA`, so that the script looks where we look.
    pub fn start(executable: &Path, folder: &RunFolder, command: &[String], data: &Path) -> io::Result<(Self, Child)> {
        let input = handed_over(command)?;
        let mut shim = Command::new(executable);
        shim.arg0("posterizarrd").arg(SUBCOMMAND).arg(folder.path());
        std::env::vars_os().map(|(name, _)| name).filter(is_ours).for_each(|name| {
            shim.env_remove(name);
        });
        shim.env("APP_DATA", data).stdin(Stdio::from(input)).stdout(Stdio::piped()).stderr(Stdio::null());
        let child = shim.spawn()?;
        Ok((Self::new(child.id()), child))
    }

    /// The shim of a run, if it lives; one that a daemon before this one may have started.
    pub fn find(folder: &RunFolder) -> Option<Self> {
        let is_shim = |pid: &u32| match processes::command_line(*pid).as_slice() {
            [_, word, path] => word == SUBCOMMAND && processes::same_place(Path::new(path), folder.path()),
            _ => false,
        };
        // The handle is taken before the second look, so it stands for the process that was seen.
        processes::all().filter(is_shim).map(Self::new).find(|shim| is_shim(&shim.pid))
    }

    fn new(pid: u32) -> Self {
        let handle = raw(pid).and_then(|pid| rustix::process::pidfd_open(pid, PidfdFlags::empty()).ok());
        Self { pid, handle }
    }

    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Sends a signal. A shim that ended already is no error: its end is about to be noticed.
    pub fn signal(&self, signal: Signal) {
        let sent = match (&self.handle, raw(self.pid)) {
            (Some(handle), _) => rustix::process::pidfd_send_signal(handle, signal),
            (None, Some(pid)) => rustix::process::kill_process(pid, signal),
            (None, None) => Ok(()),
        };
        if let Err(error) = sent.or_else(gone_is_fine) {
            tracing::warn!(pid = self.pid, %error, "could not signal the process that watches the run");
        }
    }

    /// Waits until it ended.
    fn wait(&self) {
        match &self.handle {
            Some(handle) => {
                while poll(&mut [PollFd::new(handle, PollFlags::IN)], None) == Err(rustix::io::Errno::INTR) {}
            }
            None => {
                while processes::is_alive(self.pid) {
                    std::thread::sleep(LOOK_EVERY);
                }
            }
        }
    }
}

/// The command as the shim finds it on its standard input. It may carry a secret, such as a token in a picture's address: a
/// file in memory leaves none on disk, and, unlike a pipe, never makes the writer wait.
fn handed_over(command: &[String]) -> io::Result<File> {
    let mut file = File::from(rustix::fs::memfd_create("command", MemfdFlags::CLOEXEC)?);
    file.write_all(&serde_json::to_vec(command)?)?;
    file.rewind()?;
    Ok(file)
}

/// The command that the daemon handed over.
pub fn command_of(input: impl Read) -> io::Result<Vec<String>> {
    Ok(serde_json::from_reader(input.take(MAX_COMMAND_LENGTH))?)
}

/// Waits, on a thread of its own, until a shim we started tells the script's process id (or ended without), and then until it
/// ended, and reaps it.
pub fn watch_child(
    mut child: Child,
    announced: impl FnOnce(Option<u32>) + Send + 'static,
    ended: impl FnOnce() + Send + 'static,
) {
    std::thread::spawn(move || {
        let mut line = String::new();
        if let Some(pipe) = child.stdout.take() {
            let _ = BufReader::new(pipe).read_line(&mut line);
        }
        announced(line.trim().parse().ok());
        if let Err(error) = child.wait() {
            tracing::warn!(%error, "could not wait for the process that watched the run");
        }
        ended();
    });
}

/// Like [`watch_child`], for a shim that was found.
pub fn watch_found(
    shim: Arc<ShimProcess>,
    folder: RunFolder,
    announced: impl FnOnce(Option<u32>) + Send + 'static,
    ended: impl FnOnce() + Send + 'static,
) {
    std::thread::spawn(move || {
        // It may have been found in the moment before it started the script.
        while folder.started().is_none() && folder.exit().is_none() && processes::is_alive(shim.pid) {
            std::thread::sleep(LOOK_EVERY);
        }
        announced(folder.started().map(|started| started.pid));
        shim.wait();
        ended();
    });
}

/// Kills what a shim that is gone left behind. Tells whether there was anything.
pub fn kill_leftovers(folder: &RunFolder) -> bool {
    let mut found = false;
    // Each round kills what it sees; something may have forked in between. What hangs inside the system stays.
    for _ in 0..50 {
        let left: Vec<_> = processes::with_variable(MARKER, folder.path()).into_iter().filter_map(raw).collect();
        if left.is_empty() {
            break;
        }
        found = true;
        for pid in left {
            let _ = rustix::process::kill_process(pid, Signal::KILL);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    found
}

/// Whether a variable is for the daemon alone: its own settings and keys, and the service manager's sockets.
fn is_ours(name: &OsString) -> bool {
    let name = name.to_string_lossy();
    name == "NOTIFY_SOCKET" || ["WATCHDOG_", "LISTEN_", "POSTERIZARRD_"].iter().any(|prefix| name.starts_with(prefix))
}

fn raw(pid: u32) -> Option<Pid> {
    Pid::from_raw(pid.try_into().ok()?)
}

fn gone_is_fine(error: rustix::io::Errno) -> rustix::io::Result<()> {
    if error == rustix::io::Errno::SRCH { Ok(()) } else { Err(error) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn only_what_is_meant_for_the_daemon_is_kept_from_the_script() {
        for ours in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "LISTEN_FDS", "POSTERIZARRD_API_KEY"] {
            assert!(is_ours(&ours.into()), "{ours}");
        }
        for theirs in ["PATH", "TZ", "POSTERIZARR_NON_ROOT", "POWERSHELL_DISTRIBUTION_CHANNEL", "APP_ROOT"] {
            assert!(!is_ours(&theirs.into()), "{theirs}");
        }
    }

    #[test]
    fn an_end_is_noticed_with_and_without_a_handle() {
        for with_handle in [true, false] {
            let mut child = Command::new("sleep").arg("60").spawn().unwrap();
            let mut shim = ShimProcess::new(child.id());
            assert!(shim.handle.is_some(), "this kernel has no pidfd");
            shim.handle = shim.handle.filter(|_| with_handle);
            shim.signal(Signal::TERM);
            let began = Instant::now();
            shim.wait();
            assert!(began.elapsed() < Duration::from_secs(10));
            child.wait().unwrap();
            shim.signal(Signal::TERM);
        }
    }
}
