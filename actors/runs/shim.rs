//! `posterizarrd run-shim <folder>`: the process that stands between the daemon and one run, so that the run outlives the
//! daemon, and nothing of it outlives the run.
//!
//! Theory of operation. The shim reads its order from the run's folder and the command from its standard input, leaves the daemon's session and makes itself the
//! subreaper: whatever descends from the script, also what calls `setsid`, has the shim as its last ancestor. It starts the
//! script in a process group of its own, drains what the script prints into a bounded log, tells the script's process id,
//! and reaps. `SIGTERM` to the shim asks the tree to end and kills it after the grace; `SIGUSR1` kills it at once. When the
//! script itself ended, the rest of the tree is killed. The run is over when the kernel says that the shim has no child
//! left: that is the only proof that nothing survived, and it is never inferred from a pipe. Then the exit is written.
//!
//! The shim is one small process: no other thread than the one that drains, no store, no HTTP.

use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use posterizarr_base::run_events::{EVENTS_VARIABLE, LOGS_VARIABLE};
use rustix::process::{Pid, Signal, WaitOptions, WaitStatus};
use tokio::signal::unix::{Signal as SignalStream, SignalKind, signal};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until, timeout};

use super::output_log::OutputLog;
use super::processes::{self, Stat};
use super::run_folder::{Circumstances, RunFolder, RunOrder, ScriptEnd, ScriptStarted};
use super::shim_process;

/// The variable by which the processes of a run are found even when their shim is gone; its value is the run's folder.
pub const MARKER: &str = "POSTERIZARRD_RUN";
/// The signal that asks the shim to stop the run gracefully.
pub const STOP: Signal = Signal::TERM;
/// The signal that asks the shim to kill the run.
pub const KILL: Signal = Signal::USR1;

/// How long the log may take to swallow what was printed, once everything that could print is gone.
const DRAIN_PATIENCE: Duration = Duration::from_secs(1);
/// The pauses between two rounds of killing grow from the first to the second: something may fork faster than it is found,
/// or hang inside the system.
const KILL_PAUSES: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));

/// Watches over the run in `folder` until nothing of it is left.
pub fn main(folder: &Path) -> ExitCode {
    let folder = RunFolder::at(folder);
    match watch_over(&folder) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if folder.started().is_none() && folder.exit().is_none() {
                let _ = folder.write_exit(ScriptEnd::NotStarted { missing: false, cause: error.to_string() });
            }
            ExitCode::FAILURE
        }
    }
}

fn watch_over(folder: &RunFolder) -> io::Result<()> {
    let order = folder.order()?;
    let command = shim_process::command_of(io::stdin().lock())?;
    // Fails only for the leader of a group, as which a person may start it from a shell: then it already stands alone.
    let _ = rustix::process::setsid();
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        // Before the script exists: from here on no signal ends the shim and leaves the script behind.
        let mut signals = Signals::listen()?;
        let mut output = OutputLog::create(&folder.output(), order.output_limit)?;
        match spawn(&command, &order, folder) {
            Ok((leader, pipe)) => {
                let pid = leader.as_raw_pid().unsigned_abs();
                // On a full disk the run goes on all the same.
                let _ = folder.write_started(ScriptStarted { pid });
                announce(pid);
                let drained = drain(pipe, output);
                let end = Tree::new(leader).watch(&mut signals, order.stop_grace).await?;
                let _ = timeout(DRAIN_PATIENCE, drained).await;
                folder.write_exit(end)
            }
            Err(error) => {
                output.write(format!("cannot start {}: {error}\n", order.command.join(" ")).as_bytes());
                let missing = error.kind() == io::ErrorKind::NotFound;
                folder.write_exit(ScriptEnd::NotStarted { missing, cause: error.to_string() })
            }
        }
    })
}

/// Tells the daemon the script's process id. It may be gone; that is no matter.
fn announce(pid: u32) {
    let _ = writeln!(io::stdout(), "{pid}");
}

fn spawn(command: &[String], order: &RunOrder, folder: &RunFolder) -> io::Result<(Pid, io::PipeReader)> {
    let (program, arguments) = command.split_first().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
    let (reader, writer) = io::pipe()?;
    let mut child = Command::new(program);
    if order.native {
        child.env(EVENTS_VARIABLE, folder.events());
    }
    if order.beside {
        child.env(LOGS_VARIABLE, folder.own_logs());
    }
    let child = child
        .args(arguments)
        .current_dir(&order.working_directory)
        .env(MARKER, folder.path())
        .stdin(Stdio::null())
        .stdout(writer.try_clone()?)
        .stderr(writer)
        .process_group(0)
        .spawn()?;
    Ok((Pid::from_child(&child), reader))
}

/// Reads everything the tree prints, on a thread of its own, so that nobody in it ever waits for a reader.
fn drain(mut pipe: io::PipeReader, mut output: OutputLog) -> oneshot::Receiver<()> {
    let (done, drained) = oneshot::channel();
    std::thread::spawn(move || {
        let _ = io::copy(&mut pipe, &mut output);
        let _ = done.send(());
    });
    drained
}

/// The signals the shim listens to. A terminal's are taken so that they do not end it.
struct Signals {
    child: SignalStream,
    stop: SignalStream,
    kill: SignalStream,
    _taken: [SignalStream; 3],
}

enum Wake {
    Stop,
    Kill,
    Other,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        let kind = |signal: Signal| SignalKind::from_raw(signal.as_raw());
        Ok(Self {
            child: signal(SignalKind::child())?,
            stop: signal(kind(STOP))?,
            kill: signal(kind(KILL))?,
            _taken: [signal(SignalKind::interrupt())?, signal(SignalKind::hangup())?, signal(SignalKind::quit())?],
        })
    }

    async fn next(&mut self, until: Option<Instant>) -> Wake {
        let alarm = async {
            match until {
                Some(instant) => sleep_until(instant).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.stop.recv() => Wake::Stop,
            _ = self.kill.recv() => Wake::Kill,
            _ = self.child.recv() => Wake::Other,
            () = alarm => Wake::Other,
        }
    }
}

/// Everything that descends from the script.
struct Tree {
    leader: Pid,
    /// How the script itself ended, once it did.
    status: Option<WaitStatus>,
    phase: Phase,
    circumstances: Circumstances,
}

#[derive(Debug, Clone, Copy)]
enum Phase {
    Running,
    Stopping { deadline: Instant },
    Killing { pause: Duration },
}

impl Tree {
    fn new(leader: Pid) -> Self {
        Self { leader, status: None, phase: Phase::Running, circumstances: Circumstances::default() }
    }

    /// Comes back when nothing of the tree is left.
    async fn watch(mut self, signals: &mut Signals, grace: Duration) -> io::Result<ScriptEnd> {
        while self.reap()? {
            let until = self.advance();
            let wake = signals.next(until).await;
            // Reaped first: what ended by itself before the signal came was not ended by the signal.
            if self.reap()? && self.status.is_none() {
                self.obey(&wake, grace);
            }
        }
        Ok(self.end())
    }

    /// Reaps what ended; tells whether any child is left.
    fn reap(&mut self) -> io::Result<bool> {
        loop {
            match rustix::process::wait(WaitOptions::NOHANG) {
                Ok(Some((pid, status))) if pid == self.leader => self.status = Some(status),
                Ok(Some(_)) | Err(rustix::io::Errno::INTR) => {}
                Ok(None) => return Ok(true),
                Err(rustix::io::Errno::CHILD) => return Ok(false),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Does what the phase and the time ask for; gives the time at which to look again, if no signal comes before.
    fn advance(&mut self) -> Option<Instant> {
        let now = Instant::now();
        match self.phase {
            Phase::Stopping { deadline } if self.status.is_none() && now >= deadline => {
                self.circumstances.forced = true;
                self.phase = Phase::Killing { pause: KILL_PAUSES.0 };
            }
            // The script has exited; the processes it left behind are killed.
            Phase::Running | Phase::Stopping { .. } if self.status.is_some() => {
                self.phase = Phase::Killing { pause: KILL_PAUSES.0 };
            }
            _ => {}
        }
        match self.phase {
            Phase::Running => None,
            Phase::Stopping { deadline } => Some(deadline),
            Phase::Killing { pause } => {
                self.signal(Signal::KILL);
                self.phase = Phase::Killing { pause: (pause * 2).min(KILL_PAUSES.1) };
                Some(now + pause)
            }
        }
    }

    fn obey(&mut self, wake: &Wake, grace: Duration) {
        match (wake, self.phase) {
            (Wake::Stop, Phase::Running) => {
                self.circumstances.asked = true;
                self.signal(Signal::TERM);
                self.phase = Phase::Stopping { deadline: Instant::now() + grace };
            }
            (Wake::Kill, Phase::Running | Phase::Stopping { .. }) => {
                self.circumstances.asked = true;
                self.phase = Phase::Killing { pause: KILL_PAUSES.0 };
            }
            _ => {}
        }
    }

    /// Signals the script's process group, then every process of the run that left it.
    fn signal(&self, signal: Signal) {
        // Once the script is reaped, its number may be another group's.
        if self.status.is_none() {
            let _ = rustix::process::kill_process_group(self.leader, signal);
        }
        let descendants = processes::descendants(std::process::id());
        for pid in descendants.into_iter().filter_map(|pid| Pid::from_raw(pid.try_into().ok()?)) {
            if self.status.is_some() || !self.in_group(pid) {
                let _ = rustix::process::kill_process(pid, signal);
            }
        }
    }

    fn in_group(&self, pid: Pid) -> bool {
        rustix::process::getpgid(Some(pid)).is_ok_and(|group| group == self.leader)
    }

    fn end(mut self) -> ScriptEnd {
        self.circumstances.cpu_seconds = reaped_seconds();
        self.circumstances.peak_memory_bytes = reaped_peak();
        let circumstances = self.circumstances;
        let signal = self.status.and_then(WaitStatus::terminating_signal);
        match (signal, self.status.and_then(WaitStatus::exit_status)) {
            (Some(signal), _) => ScriptEnd::Signalled { signal, circumstances },
            (None, code) => ScriptEnd::Exited { code: code.unwrap_or(-1), circumstances },
        }
    }
}

/// Processor time of all that was reaped, by the shim or by those it reaped.
fn reaped_seconds() -> f64 {
    let ticks = Stat::of(std::process::id()).map_or(0, |stat| stat.reaped_ticks);
    ticks as f64 / rustix::param::clock_ticks_per_second() as f64
}

/// The most memory that any single process of the tree had, as the kernel kept count of it; 0 where it does not tell.
fn reaped_peak() -> u64 {
    let usage = nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_CHILDREN);
    let kibibytes = usage.map_or(0, |usage| usage.max_rss());
    u64::try_from(kibibytes).unwrap_or_default() * 1024
}
