//! The machine: what it is, how much memory is free, what this process uses, whose account it runs under.
//!
//! Static facts are read once. Memory is read at most once a second, so that a web UI that polls costs nothing. Values are
//! those of the host, as upstream shows them, not the limits of a control group. The only file that speaks to sysinfo
//! about the machine as a whole.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sysinfo::{CpuRefreshKind, Pid, ProcessRefreshKind, ProcessesToUpdate, System};

/// How old the memory figures may be.
const MEMORY_AGE: Duration = Duration::from_secs(1);
/// Stands for a fact that the system does not tell.
const UNKNOWN: &str = "Unknown";
const MEBIBYTE: u64 = 1024 * 1024;

/// What does not change while the daemon runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostFacts {
    /// `Linux`, `Darwin`, …: the names of Python's `platform.system()`, which clients know.
    pub platform: String,
    /// The name of the operating system with its version, or `Unknown`.
    pub os_version: String,
    /// The name of the processor, or `Unknown`.
    pub cpu_model: String,
    /// Logical processors; 0 if unknown.
    pub cpu_cores: usize,
}

/// The memory of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// All of it, in MiB, rounded down.
    pub total_mib: u64,
    /// What programs could get, in MiB, rounded down.
    pub available_mib: u64,
}

impl Memory {
    /// What is in use, in MiB.
    pub fn used_mib(self) -> u64 {
        self.total_mib.saturating_sub(self.available_mib)
    }

    /// The part in use, in percent with one decimal.
    pub fn percent(self) -> f64 {
        if self.total_mib == 0 {
            return 0.0;
        }
        (self.used_mib() as f64 / self.total_mib as f64 * 1000.0).round() / 10.0
    }
}

/// What this process uses.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ProcessSample {
    /// Memory in RAM, in bytes.
    pub resident_bytes: u64,
    /// Processor time since its start, in seconds.
    pub cpu_seconds: f64,
    /// When it started, in seconds since 1970.
    pub started_seconds: u64,
    /// Open files and sockets, where the system tells.
    pub open_files: Option<usize>,
}

/// The machine we run on.
#[derive(Debug)]
pub struct Machine {
    facts: HostFacts,
    sampler: Mutex<Sampler>,
}

#[derive(Debug)]
struct Sampler {
    // None where sysinfo does not know the system.
    system: Option<System>,
    memory: Option<(Instant, Memory)>,
}

impl Machine {
    /// Reads the static facts.
    pub fn new() -> Self {
        let system = System::new().ok();
        Self { facts: host_facts(), sampler: Mutex::new(Sampler { system, memory: None }) }
    }

    /// What does not change.
    pub fn facts(&self) -> &HostFacts {
        &self.facts
    }

    /// The memory, at most a second old; none where the system does not tell.
    pub fn memory(&self) -> Option<Memory> {
        let mut sampler = self.lock();
        if let Some((read, memory)) = sampler.memory
            && read.elapsed() < MEMORY_AGE
        {
            return Some(memory);
        }
        let system = sampler.system.as_mut()?;
        system.refresh_memory();
        let memory =
            Memory { total_mib: system.total_memory() / MEBIBYTE, available_mib: system.available_memory() / MEBIBYTE };
        let known = memory.total_mib > 0;
        sampler.memory = known.then_some((Instant::now(), memory));
        known.then_some(memory)
    }

    /// What this process uses now; none where the system does not tell. Takes well under a millisecond.
    pub fn process(&self) -> Option<ProcessSample> {
        let pid = Pid::from_u32(std::process::id());
        let wanted = ProcessRefreshKind::nothing().with_memory().with_cpu().without_tasks();
        let mut sampler = self.lock();
        let system = sampler.system.as_mut()?;
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), true, wanted);
        let process = system.process(pid)?;
        Some(ProcessSample {
            resident_bytes: process.memory(),
            cpu_seconds: Duration::from_millis(process.accumulated_cpu_time()).as_secs_f64(),
            started_seconds: process.start_time(),
            open_files: process.open_files(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Sampler> {
        self.sampler.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Machine {
    fn default() -> Self {
        Self::new()
    }
}

fn host_facts() -> HostFacts {
    // unbounded: the system's own file.
    let cpu_info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    // unbounded: the system's own file.
    let os_release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let (model, cores) = processors(&cpu_info);
    let seen = if model.is_none() || cores == 0 { sysinfo_processors() } else { (None, 0) };
    HostFacts {
        platform: platform().to_owned(),
        os_version: pretty_name(&os_release)
            .or_else(|| System::long_os_version().ok())
            .unwrap_or_else(|| UNKNOWN.to_owned()),
        cpu_model: model.or(seen.0).unwrap_or_else(|| UNKNOWN.to_owned()),
        cpu_cores: if cores > 0 { cores } else { seen.1 },
    }
}

/// The name of the platform in the words of upstream's clients.
fn platform() -> &'static str {
    match std::env::consts::OS {
        "linux" => "Linux",
        "macos" => "Darwin",
        other => other,
    }
}

/// The value of `PRETTY_NAME` in an os-release file.
fn pretty_name(os_release: &str) -> Option<String> {
    let value = os_release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    let name = value.trim().trim_matches(['"', '\'']);
    (!name.is_empty()).then(|| name.to_owned())
}

/// The first model name and the number of processors in a cpuinfo file.
fn processors(cpu_info: &str) -> (Option<String>, usize) {
    let fields = || cpu_info.lines().filter_map(|line| line.split_once(':'));
    let model = fields().find(|(name, _)| name.trim() == "model name").map(|(_, value)| value.trim().to_owned());
    let cores = fields().filter(|(name, _)| name.trim() == "processor").count();
    (model.filter(|model| !model.is_empty()), cores)
}

/// The same from sysinfo, for systems and architectures without these lines.
fn sysinfo_processors() -> (Option<String>, usize) {
    let Ok(mut system) = System::new() else { return (None, 0) };
    system.refresh_cpu_list(CpuRefreshKind::nothing());
    let brand = system.cpus().first().map(|cpu| cpu.brand().trim().to_owned());
    (brand.filter(|brand| !brand.is_empty()), system.cpus().len())
}

/// The account this process runs under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The user's number.
    pub uid: u32,
    /// The group's number.
    pub gid: u32,
    /// The user's name; none where the number is not in the user database, as is usual in containers.
    pub user: Option<String>,
    /// The group's name.
    pub group: Option<String>,
}

impl Account {
    /// The account of this process, with names from `/etc/passwd` and `/etc/group`.
    pub fn current() -> Self {
        let uid = rustix::process::geteuid().as_raw();
        let gid = rustix::process::getegid().as_raw();
        Self { uid, gid, user: name_in(Path::new("/etc/passwd"), uid), group: name_in(Path::new("/etc/group"), gid) }
    }
}

fn name_in(database: &Path, number: u32) -> Option<String> {
    // unbounded: the system's list of users or groups.
    name_of(&std::fs::read_to_string(database).ok()?, number)
}

/// The name of a number: both databases have the name first and the number third.
fn name_of(database: &str, number: u32) -> Option<String> {
    database.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(number)).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_is_read_from_the_first_model_name_and_the_count_of_entries() {
        let text = "processor\t: 0\nmodel name\t: AMD EPYC: 7\n\nprocessor\t: 1\nmodel name\t: other\n";
        assert_eq!(processors(text), (Some("AMD EPYC: 7".to_owned()), 2));
        let arm = "processor\t: 0\nBogoMIPS\t: 50.00\nHardware\t: x\n";
        assert_eq!(processors(arm), (None, 1));
        assert_eq!(processors(""), (None, 0));
    }

    #[test]
    fn the_system_name_is_the_pretty_name_without_quotes() {
        let text = "NAME=Debian\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n";
        assert_eq!(pretty_name(text).as_deref(), Some("Debian GNU/Linux 12 (bookworm)"));
        assert_eq!(pretty_name("PRETTY_NAME=Alpine=3\n").as_deref(), Some("Alpine=3"));
        assert_eq!(pretty_name("PRETTY_NAME=\"\"\n"), None);
        assert_eq!(pretty_name("NAME=x"), None);
    }

    #[test]
    fn memory_in_use_is_rounded_to_one_decimal() {
        let memory = Memory { total_mib: 24105, available_mib: 23563 };
        assert_eq!((memory.used_mib(), memory.percent()), (542, 2.2));
        assert_eq!(Memory { total_mib: 0, available_mib: 0 }.percent(), 0.0);
    }

    #[test]
    fn names_are_found_by_number_in_both_databases() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\nbroken line\nmedia:x:1000:5555::/:/bin/false\n";
        assert_eq!(name_of(passwd, 1000).as_deref(), Some("media"));
        assert_eq!(name_of("fonts:x:5555:media\n", 5555).as_deref(), Some("fonts"));
        assert_eq!(name_of(passwd, 65534), None);
    }

    #[test]
    fn the_machine_tells_its_memory_and_our_own_use_of_it() {
        let machine = Machine::new();
        let memory = machine.memory().unwrap();
        assert!(memory.available_mib <= memory.total_mib && memory.total_mib > 0);
        let sample = machine.process().unwrap();
        assert!(sample.resident_bytes > 500_000 && sample.started_seconds > 1_600_000_000);
        assert!(sample.open_files.unwrap() > 0);
        assert!(machine.facts().cpu_cores > 0);
    }
}
