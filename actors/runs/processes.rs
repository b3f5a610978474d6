//! What `/proc` tells of processes: who descends from whom, what they were started with.
//!
//! Everything here is a snapshot: a process may be gone, or new, by the time the caller acts. Callers repeat until the
//! kernel tells that nothing is left, or accept to miss one.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Every process that can be seen.
pub fn all() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten();
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
}

/// All children of `root`, their children, and so on; not `root` itself. Parents come before their children.
pub fn descendants(root: u32) -> Vec<u32> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for pid in all() {
        if let Some(stat) = Stat::of(pid) {
            children.entry(stat.parent).or_default().push(pid);
        }
    }
    let mut found = children.remove(&root).unwrap_or_default();
    let mut next = 0;
    while let Some(pid) = found.get(next) {
        found.extend(children.remove(pid).unwrap_or_default());
        next += 1;
    }
    found
}

/// The part of `/proc/<pid>/stat` that is of use here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    /// The parent's process id.
    pub parent: u32,
    /// Whether it ended and only waits to be reaped.
    pub zombie: bool,
    /// Processor time of its descendants that ended and were reaped, in clock ticks.
    pub reaped_ticks: u64,
}

impl Stat {
    /// Of one process; none if it is gone.
    pub fn of(pid: u32) -> Option<Self> {
        // unbounded: the kernel's.
        Self::parse(&fs::read(format!("/proc/{pid}/stat")).ok()?)
    }

    fn parse(stat: &[u8]) -> Option<Self> {
        // The program's name is in parentheses and may itself contain parentheses, blanks and line ends.
        let after_name = stat.iter().rposition(|byte| *byte == b')')? + 1;
        let fields = std::str::from_utf8(stat.get(after_name..)?).ok()?;
        let mut fields = fields.split_ascii_whitespace();
        let state = fields.next()?;
        let parent = fields.next()?.parse().ok()?;
        // Fields are counted from 1 in proc(5); the parent is the 4th, cutime and cstime the 16th and 17th.
        let mut times = fields.skip(11).map_while(|field| field.parse::<u64>().ok());
        Some(Self { parent, zombie: matches!(state, "Z" | "X"), reaped_ticks: times.next()? + times.next()? })
    }
}

/// Whether the process exists and has not ended.
pub fn is_alive(pid: u32) -> bool {
    Stat::of(pid).is_some_and(|stat| !stat.zombie)
}

/// What the process was started with; empty if it is gone, ended, or belongs to the kernel.
pub fn command_line(pid: u32) -> Vec<String> {
    // unbounded: the kernel's.
    let bytes = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let bytes = bytes.strip_suffix(b"\0").unwrap_or(&bytes);
    if bytes.is_empty() {
        return Vec::new();
    }
    bytes.split(|byte| *byte == 0).map(|argument| String::from_utf8_lossy(argument).into_owned()).collect()
}

/// The environment the process was started with; none if it may not be read.
pub struct Environment(Vec<u8>);

impl Environment {
    /// Of one process.
    pub fn of(pid: u32) -> Option<Self> {
        // unbounded: the kernel's.
        fs::read(format!("/proc/{pid}/environ")).ok().filter(|bytes| !bytes.is_empty()).map(Self)
    }

    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        let mut entries = self.0.split(|byte| *byte == 0);
        let value = entries.find_map(|entry| entry.strip_prefix(name.as_bytes())?.strip_prefix(b"="))?;
        Some(OsStr::from_bytes(value))
    }
}

/// The folder the process works in; none if it may not be read.
pub fn working_directory(pid: u32) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{pid}/cwd")).ok()
}

/// Processes that were started with the variable `name` leading to `place`, and their children unless they changed it.
pub fn with_variable(name: &str, place: &Path) -> Vec<u32> {
    let leads_there = |variables: Environment| Some(same_place(Path::new(variables.get(name)?), place));
    all().filter(|pid| Environment::of(*pid).and_then(leads_there) == Some(true)).collect()
}

/// Whether two paths lead to the same file or folder, however they are spelt.
pub fn same_place(one: &Path, other: &Path) -> bool {
    one == other || matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_programs_name_cannot_forge_the_fields_after_it() {
        let stat = b"42 (a) R 1 (\n) S 7 42 42 0 -1 4194304 90 0 0 0 11 22 333 4444 20 0 1 0 100 0 0";
        assert_eq!(Stat::parse(stat), Some(Stat { parent: 7, zombie: false, reaped_ticks: 4777 }));
        assert_eq!(Stat::parse(b"42 (x"), None);
    }

    #[test]
    fn children_of_children_are_found_and_carry_their_variables() {
        let marker = tempfile::tempdir().unwrap();
        let mut shell = std::process::Command::new("sh")
            .args(["-c", "sh -c 'sleep 60 & wait' & wait"])
            .env("PROCESSES_TEST", marker.path())
            .spawn()
            .unwrap();
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
        let sleeping = |pid: &u32| command_line(*pid) == ["sleep", "60"];
        let family = loop {
            let family = descendants(shell.id());
            if family.iter().any(sleeping) {
                break family;
            }
            assert!(std::time::Instant::now() < deadline, "the sleep never started: {family:?}");
            std::thread::yield_now();
        };
        assert!(descendants(std::process::id()).contains(&shell.id()));
        let marked = with_variable("PROCESSES_TEST", marker.path());
        assert!(family.iter().all(|pid| marked.contains(pid)) && marked.contains(&shell.id()));
        assert_eq!(Environment::of(shell.id()).unwrap().get("PROCESSES"), None, "a name is compared whole");
        let link = marker.path().join("link");
        std::os::unix::fs::symlink(marker.path(), &link).unwrap();
        assert_eq!(with_variable("PROCESSES_TEST", &link).len(), marked.len(), "a path may be spelt in another way");
        assert!(with_variable("PROCESSES_TEST", Path::new("/")).is_empty());
        for pid in marked {
            let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
        }
        shell.wait().unwrap();
        assert!(!is_alive(shell.id()));
    }
}
