//! A supervisor on its own data folder, without HTTP, and ways to look at the processes it makes.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use posterizarrd::actors::runs::{
    Exit, GetRun, NewJob, Outcome, RunId, RunRecord, RunRequest, RunView, RunnerChoice, ScriptSupervisor, StartError,
    StartRun, Started, SupervisorSettings, Trigger, Views,
};
use posterizarrd::actors::runtime::data_dir::DataDir;
use posterizarrd::actors::runtime::events::Facts;
use posterizarrd::actors::runtime::guard::{ActorSystem, Handle, Handler, exit_when_exhausted};
use posterizarrd::actors::runtime::shared::Shared;
use posterizarrd::actors::store::Store;

/// How long anything may take that ought to take a moment.
const PATIENCE: Duration = Duration::from_secs(20);

/// A supervisor and what belongs to it.
pub struct Stage {
    // First, so that the supervisor is gone before its processes and its folder are.
    actor_system: Stopped,
    pub supervisor: Handle<ScriptSupervisor>,
    pub shared: Shared,
    pub views: Views,
    pub settings: SupervisorSettings,
    pub folder: Folder,
}

/// A data folder that takes the processes working in it along when it goes.
pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        survivors(self.path()).into_iter().for_each(kill);
    }
}

/// Actors that are stopped when this goes.
struct Stopped(ActorSystem);

impl Drop for Stopped {
    fn drop(&mut self) {
        self.0.stop();
    }
}

impl Stage {
    /// A supervisor whose script is this shell script; it runs in the data folder.
    pub fn new(script: &str) -> Self {
        Self::with(script, |_| {})
    }

    pub fn with(script: &str, change: impl FnOnce(&mut SupervisorSettings)) -> Self {
        let folder = Folder(tempfile::tempdir().unwrap());
        let data = DataDir::new(folder.path()).unwrap();
        data.create().unwrap();
        let mut settings = SupervisorSettings {
            runner: RunnerChoice::Script,
            script: folder.path().join("Posterizarr.ps1"),
            command: vec!["sh".into(), "{script}".into()],
            executable: env!("CARGO_BIN_EXE_posterizarrd").into(),
            stop_grace: Duration::from_secs(10),
            max_duration: None,
            silence_limit: None,
            keep_runs: 20,
            retry_pause: Duration::from_millis(1),
            starts_jobs: true,
        };
        change(&mut settings);
        fs::write(&settings.script, script).unwrap();
        let store = Store::open(&data.store()).unwrap();
        let shared = Shared { data, store, facts: Facts::new() };
        let views = Views::default();
        let (actor_system, supervisor) = start(&shared, &views, &settings);
        Self { folder, shared, views, settings, supervisor, actor_system }
    }

    /// Takes the supervisor away as a crash does: no message, no last word. Gives what a new one starts from.
    pub async fn crash(self) -> Wreck {
        drop(self.actor_system);
        eventually("the supervisor is gone", || (!self.supervisor.connected()).then_some(())).await;
        Wreck { folder: self.folder, shared: self.shared, settings: self.settings }
    }

    pub async fn ask<M>(&self, message: M) -> M::Result
    where
        ScriptSupervisor: Handler<M>,
        M: actix::Message + Send + 'static,
        M::Result: Send,
    {
        tokio::time::timeout(PATIENCE, self.supervisor.send(message)).await.expect("an answer in time").unwrap()
    }

    pub async fn start(&self, request: RunRequest) -> Result<Started, StartError> {
        self.ask(StartRun { request, trigger: Trigger::Api, remove_after: None }).await
    }

    /// Starts a run in mode normal.
    pub async fn start_normal(&self) -> Started {
        self.start(RunRequest::plain("normal").unwrap()).await.unwrap()
    }

    /// Waits until the view is as wanted.
    pub async fn shows(&self, wanted: impl FnMut(&RunView) -> bool) -> std::sync::Arc<RunView> {
        tokio::time::timeout(PATIENCE, self.views.runs.wait_for(wanted)).await.expect("a view as wanted")
    }

    /// Waits until a run has ended; gives its record.
    pub async fn ended(&self, run: RunId) -> RunRecord {
        self.shows(|view| view.last.as_ref().is_some_and(|last| last.id >= run)).await;
        self.ask(GetRun { id: run }).await.unwrap().unwrap()
    }

    /// Starts a run, waits for its end, gives its record.
    pub async fn run(&self, request: RunRequest) -> RunRecord {
        let started = self.start(request).await.unwrap();
        self.ended(started.run).await
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Makes a file in the data folder, for which scripts wait.
    pub fn touch(&self, name: &str) {
        fs::write(self.path(name), "").unwrap();
    }

    /// Waits until a script made a file in the data folder.
    pub async fn made(&self, name: &str) {
        let path = self.path(name);
        eventually(&format!("{name} is there"), || fs::exists(&path).unwrap().then_some(())).await;
    }

    /// The processes that work in the data folder: all that descends from a script. Found without the supervisor's help.
    pub fn survivors(&self) -> Vec<u32> {
        survivors(self.folder.path())
    }
}

/// What a crash leaves.
pub struct Wreck {
    folder: Folder,
    pub shared: Shared,
    pub settings: SupervisorSettings,
}

impl Wreck {
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Starts a new supervisor on it.
    pub fn restart(self) -> Stage {
        let (shared, views) = (Shared { facts: Facts::new(), ..self.shared }, Views::default());
        let (actor_system, supervisor) = start(&shared, &views, &self.settings);
        Stage { folder: self.folder, shared, views, settings: self.settings, supervisor, actor_system }
    }
}

fn start(shared: &Shared, views: &Views, settings: &SupervisorSettings) -> (Stopped, Handle<ScriptSupervisor>) {
    let actor_system = ActorSystem::new(shared.facts.clone(), exit_when_exhausted(|| {}));
    let given = (shared.clone(), views.clone(), settings.clone());
    let supervisor =
        actor_system.start(move || ScriptSupervisor::new(given.0.clone(), given.1.clone(), given.2.clone()));
    (Stopped(actor_system), supervisor)
}

/// A job with an id.
pub fn job(id: &str, trigger: Trigger) -> NewJob {
    NewJob {
        id: id.to_owned(),
        request: RunRequest::scheduled(),
        trigger,
        priority: 0,
        not_before: None,
        max_attempts: 3,
        dedupe: None,
    }
}

pub fn outcome(record: &RunRecord) -> Outcome {
    record.outcome().unwrap_or_else(|| panic!("no outcome: {record:?}"))
}

pub fn exit(record: &RunRecord) -> Option<Exit> {
    record.end().and_then(|end| end.exit)
}

pub fn why(record: &RunRecord) -> Option<&str> {
    record.end().and_then(|end| end.reason.as_deref())
}

/// The processes that work in a folder.
pub fn survivors(folder: &Path) -> Vec<u32> {
    let folder = folder.canonicalize().unwrap();
    let works_there = |pid: &u32| fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|path| path == folder);
    pids().filter(works_there).collect()
}

/// The shim of a run.
pub fn shim_of(data: &Path, run: RunId) -> Option<u32> {
    let line = format!("run-shim\0{}\0", data.join("runs").join(run.to_string()).display());
    pids().find(|pid| fs::read_to_string(format!("/proc/{pid}/cmdline")).is_ok_and(|found| found.ends_with(&line)))
}

pub fn kill(pid: u32) {
    let pid = rustix::process::Pid::from_raw(pid.try_into().unwrap()).unwrap();
    let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
}

fn pids() -> impl Iterator<Item = u32> {
    fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
}

/// Waits, polling, until `condition` gives a value.
pub async fn eventually<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(value) = condition() {
            return value;
        }
        assert!(Instant::now() < deadline, "never happened: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
