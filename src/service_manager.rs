//! What systemd is told: that we are ready, what we do, that we live, that we stop.
//!
//! Outside of systemd (`NOTIFY_SOCKET` is not set) nothing is sent and nothing waits for a timer.

use std::time::Duration;

use sd_notify::NotifyState;

use crate::actors::runs::Holder;
use crate::http::{AppState, State};
use crate::settings::Settings;

/// How often the status line is brought up to date while something runs.
const STATUS_INTERVAL: Duration = Duration::from_secs(10);
/// What a stop may take beyond the grace of the run.
const STOP_SLACK: Duration = Duration::from_secs(15);

/// Talks to the service manager as long as it is polled. Started once requests are answered.
pub async fn attend(state: State) {
    if std::env::var_os("NOTIFY_SOCKET").is_none() {
        return;
    }
    let status = status_line(&state);
    tell(&[NotifyState::Ready, NotifyState::Status(&status)]);
    notify_status(&state, status).await;
}

/// Keeps the status line up to date.
async fn notify_status(state: &AppState, mut told: String) {
    let runs = &state.views.runs;
    loop {
        let running = runs.get().holder().is_some();
        let changed = runs.wait_for(|view| view.holder().is_some() != running);
        if running {
            // Meanwhile the view changes each second; nobody reads the line that often.
            let _ = tokio::time::timeout(STATUS_INTERVAL, changed).await;
        } else {
            changed.await;
        }
        let status = status_line(state);
        if status != told && !*state.stopping.borrow() {
            tell(&[NotifyState::Status(&status)]);
            told = status;
        }
    }
}

/// Passes on whether every actor gave a sign of life; a service manager that gets none for long starts us anew.
pub fn beat(alive: bool) {
    if sd_notify::watchdog_enabled().is_none() {
        return;
    }
    if alive {
        tell(&[NotifyState::Watchdog]);
    } else {
        tracing::error!("an actor gives no sign of life, so the service manager gets none either");
    }
}

/// Says that we stop, and how long that may take: the grace of the run is a setting, the service manager's patience is not.
pub fn announce_stop(settings: &Settings) {
    let patience = settings.stop_grace.saturating_add(STOP_SLACK);
    let extension = u32::try_from(patience.as_micros()).unwrap_or(u32::MAX);
    tell(&[NotifyState::Stopping, NotifyState::Status("stopping"), NotifyState::ExtendTimeoutUsec(extension)]);
    if sd_notify::watchdog_enabled().is_some() {
        // From here on nobody looks at the actors any more.
        tell(&[NotifyState::WatchdogUsec(extension)]);
    }
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "the service manager cannot be told of our state");
    }
}

fn status_line(state: &AppState) -> String {
    let holder = state.views.runs.get().holder();
    let progress = state.views.logs.get().progress.as_ref().map(|progress| (progress.done, progress.total));
    describe(holder.as_ref(), progress)
}

/// One line for `systemctl status`; the progress is images done, and of how many where that is known.
fn describe(holder: Option<&Holder>, progress: Option<(u64, Option<u64>)>) -> String {
    let Some(holder) = holder else { return "idle".to_owned() };
    let run = holder.run.map(|run| format!("run {run}: ")).unwrap_or_default();
    let done = match progress {
        Some((done, Some(total))) => format!(", {done} of {total} images"),
        Some((done, None)) => format!(", {done} images"),
        None => String::new(),
    };
    format!("{run}{}{done}", holder.mode)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actors::runs::{Mode, RunId, Trigger};
    use chrono::Utc;

    #[test]
    fn the_status_line_tells_what_runs_and_how_far_it_is() {
        let holder = |run| Holder { run, mode: Mode::Normal, trigger: Trigger::Api, pid: None, started: Utc::now() };
        assert_eq!(describe(None, None), "idle");
        assert_eq!(describe(Some(&holder(None)), None), "normal");
        assert_eq!(describe(Some(&holder(Some(RunId(7)))), Some((412, None))), "run 7: normal, 412 images");
        assert_eq!(
            describe(Some(&holder(Some(RunId(7)))), Some((412, Some(2313)))),
            "run 7: normal, 412 of 2313 images"
        );
    }
}
