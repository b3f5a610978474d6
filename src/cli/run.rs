//! `run`: starts a run through the running daemon, or in this process where none runs.
//!
//! The daemon is reached over its owner-only socket. Without one, this process does what the daemon would, for this one
//! run and without listening on the network; the lock of the store keeps a second one out.

use std::io;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::Value;

use super::exit::{FAILED, fail};
use super::serve;
use super::signals::Signals;
use crate::actors::runs::{Outcome, RunId, RunRecord, RunRequest, StartRun, Trigger};
use crate::actors::runtime::data_dir::DataDir;
use crate::http::{State, ask};
use crate::local_socket::Address;
use crate::settings::{Loaded, Settings};
use crate::startup::Application;
use crate::telemetry;

/// How often the daemon is asked whether the run has ended.
const POLL: Duration = Duration::from_millis(500);
/// How long the daemon may be away while we wait for the end of a run: it may be restarting, and finds the run again.
const ABSENCE: Duration = Duration::from_secs(60);

/// Why there is no exit code of a run.
type CliError = Box<dyn std::error::Error>;

/// Starts a run; with `wait`, the exit code tells its outcome.
pub fn main(loaded: Loaded, mode: &str, wait: bool) -> ExitCode {
    let outcome = match daemon_socket(&loaded.settings) {
        Ok(Some(socket)) => actix_web::rt::System::new().block_on(through_daemon(&socket, mode, wait)),
        Ok(None) => in_place(loaded, mode),
        Err(error) => Err(error.into()),
    };
    telemetry::flush();
    match outcome {
        Ok(code) => ExitCode::from(u8::try_from(code).unwrap_or(FAILED)),
        Err(error) => fail(&error),
    }
}

/// The socket of the daemon that uses this data folder; none where no daemon runs.
pub(super) fn daemon_socket(settings: &Settings) -> io::Result<Option<Address>> {
    let address = match Address::of(&DataDir::new(&settings.data_dir)?) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    match UnixStream::connect(address.path()) {
        Ok(_) => Ok(Some(address)),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Err(io::Error::new(
            error.kind(),
            format!("the daemon on {} belongs to another user; run this as that user", settings.data_dir.display()),
        )),
        Err(error) => Err(error),
    }
}

/// What the daemon says when a run started.
#[derive(Deserialize)]
struct Accepted {
    run_id: RunId,
}

/// What matters of a run's record.
#[derive(Deserialize)]
struct Record {
    outcome: Option<Outcome>,
    reason: Option<String>,
}

async fn through_daemon(socket: &Address, mode: &str, wait: bool) -> Result<i32, CliError> {
    let client = reqwest::Client::builder().unix_socket(socket.path()).no_proxy().build()?;
    let mode: String = percent_encoding::utf8_percent_encode(mode, percent_encoding::NON_ALPHANUMERIC).collect();
    let answer = client.post(format!("http://localhost/api/run/{mode}")).send().await?;
    if !answer.status().is_success() {
        return refused(&answer.json().await?);
    }
    let run = answer.json::<Accepted>().await?.run_id;
    println!("{run}");
    if wait { wait_for_end(&client, run).await } else { Ok(0) }
}

/// The daemon would not start the run.
fn refused(body: &Value) -> Result<i32, CliError> {
    let text = |field: &str| body.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    if text("code") == "run_busy" {
        eprintln!("posterizarrd: {}", text("message"));
        return Ok(Outcome::Busy.exit_code());
    }
    Err(text("message").into())
}

async fn wait_for_end(client: &reqwest::Client, run: RunId) -> Result<i32, CliError> {
    let mut seen = Instant::now();
    loop {
        match record(client, run).await {
            Ok(Record { outcome: Some(outcome), reason }) => return Ok(tell(outcome, reason.as_deref())),
            Ok(_) => seen = Instant::now(),
            Err(error) if seen.elapsed() > ABSENCE => return Err(error.into()),
            Err(_) => {}
        }
        tokio::time::sleep(POLL).await;
    }
}

async fn record(client: &reqwest::Client, run: RunId) -> reqwest::Result<Record> {
    client.get(format!("http://localhost/api/runs/{run}")).send().await?.error_for_status()?.json().await
}

/// Says how the run ended, and gives the exit code.
fn tell(outcome: Outcome, reason: Option<&str>) -> i32 {
    match reason {
        Some(reason) => eprintln!("posterizarrd: the run ended: {} ({reason})", outcome.name()),
        None => eprintln!("posterizarrd: the run ended: {}", outcome.name()),
    }
    outcome.exit_code()
}

fn in_place(loaded: Loaded, mode: &str) -> Result<i32, CliError> {
    let request = RunRequest::plain(mode)?;
    let settings = serve::prepare(loaded)?;
    actix_web::rt::System::new().block_on(async move {
        let signals = Signals::catch()?;
        let patience = serve::longest_stop(&settings);
        let app = Application::build_for_one_run(settings)?;
        let state = app.state();
        let start = StartRun { request, trigger: Trigger::CommandLine, remove_after: None };
        let started = ask(&state.supervisor, start).await.map_err(CliError::from)?;
        let run = match started {
            Ok(started) => started.run,
            Err(error) => {
                app.run_until_stopped(async {}).await?;
                return Err(error.into());
            }
        };
        println!("{run}");
        let ended = state.clone();
        app.run_until_stopped(async move {
            tokio::select! {
                _ = end_of(&ended, run) => {}
                // The run is stopped on the way down.
                () = signals.stop_requested(patience) => {}
            }
        })
        .await?;
        let record = state.views.runs.get().last.clone().filter(|last| last.id == run);
        let end = record.as_ref().and_then(|record| record.end());
        let outcome = end.map_or(Outcome::Unknown, |end| end.outcome);
        Ok(tell(outcome, end.and_then(|end| end.reason.as_deref())))
    })
}

async fn end_of(state: &State, run: RunId) -> Option<std::sync::Arc<RunRecord>> {
    let ended = |last: &std::sync::Arc<RunRecord>| last.id == run;
    state.views.runs.wait_for(|view| view.last.as_ref().is_some_and(ended)).await.last.clone()
}
