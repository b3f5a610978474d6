//! Memory and processor use of a run's process tree, by sysinfo.
//!
//! Only the run's own processes are looked at, each second: five of them cost a quarter of a millisecond, where all of a
//! machine would cost forty. What ends between two looks is missed here; the shim knows the processor time of the whole
//! tree exactly once it ended.

use std::collections::{HashMap, HashSet};

use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

use super::processes;

/// Looks at one process tree again and again.
pub struct Sampler {
    system: System,
    /// Processor time of each process that lived at the last look, in milliseconds.
    living: HashMap<Pid, u64>,
    /// Processor time of those that ended, as of the last look at each, in milliseconds.
    ended: u64,
}

/// What was seen.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sample {
    /// Memory in bytes, now.
    pub memory_bytes: u64,
    /// Processor use since the last look, in percent of one core.
    pub cpu_percent: f32,
    /// Processor time in seconds, since the first look.
    pub cpu_seconds: f64,
}

impl Sampler {
    /// Fails where the system does not tell.
    pub fn new() -> Result<Self, sysinfo::Error> {
        Ok(Self { system: System::new()?, living: HashMap::new(), ended: 0 })
    }

    /// Looks at all descendants of `root`, not at `root` itself.
    pub fn sample(&mut self, root: u32) -> Sample {
        let pids: Vec<_> = processes::descendants(root).into_iter().map(Pid::from_u32).collect();
        // Those of the last look as well, so that sysinfo forgets the ones that ended.
        let known: HashSet<_> = pids.iter().chain(self.living.keys()).copied().collect();
        let known: Vec<_> = known.into_iter().collect();
        let kind = ProcessRefreshKind::nothing().with_memory().with_cpu();
        self.system.refresh_processes_specifics(ProcessesToUpdate::Some(&known), true, kind);

        let mut sample = Sample::default();
        let mut living = HashMap::new();
        for process in pids.iter().filter_map(|pid| self.system.process(*pid)) {
            sample.memory_bytes += process.memory();
            sample.cpu_percent += process.cpu_usage();
            self.living.remove(&process.pid());
            living.insert(process.pid(), process.accumulated_cpu_time());
        }
        self.ended += self.living.values().sum::<u64>();
        self.living = living;
        sample.cpu_seconds = (self.ended + self.living.values().sum::<u64>()) as f64 / 1000.0;
        sample
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    #[test]
    fn a_busy_grandchild_is_seen() {
        let mut shell = std::process::Command::new("sh")
            .args(["-c", "sh -c 'while :; do :; done' & child=$!; trap 'kill $child' TERM; wait"])
            .spawn()
            .unwrap();
        let mut sampler = Sampler::new().unwrap();
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let sample = sampler.sample(std::process::id());
            if sample.memory_bytes > 0 && sample.cpu_seconds > 0.0 && sample.cpu_percent > 1.0 {
                break;
            }
            assert!(Instant::now() < deadline, "{sample:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
        for pid in processes::descendants(shell.id()) {
            let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
        }
        shell.kill().unwrap();
        shell.wait().unwrap();
    }
}
