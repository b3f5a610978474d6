//! Where log records go: the console, and the files in `UILogs` that upstream's users and web UI know.
//!
//! Theory of operation: two layers turn an event into finished lines, the console's by its own filter, the files' by a
//! level that can be changed while we run. A line goes into a bounded queue; one thread masks secrets in it and writes
//! it, so that neither a slow disk nor a stuck terminal holds up a worker. When the queue is full, lines are left out
//! and counted. What was queued is written before the process ends, see [`flush`].

pub mod console;
pub mod files;
pub mod line;
pub mod rotating;
pub mod writer;

use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::PanicHookInfo;
use std::path::Path;
use std::sync::OnceLock;

use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::{EnvFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry, reload};

pub use crate::actors::config::LEVELS;
use crate::settings::Settings;
use files::FileLevel;
pub use line::{AUTH, PANIC};
pub use posterizarr_base::redact;
use writer::Writer;

static RUNNING: OnceLock<Running> = OnceLock::new();

struct Running {
    filter: reload::Handle<Targets, Registry>,
    writer: Writer,
}

/// Starts logging to the console and to files in `ui_logs`. Called once, early in a process that does the daemon's work;
/// a second call changes nothing.
pub fn start(settings: &Settings, ui_logs: &Path) {
    let writer = Writer::start(ui_logs);
    let (subscriber, filter) = subscriber(settings, &writer);
    if subscriber.try_init().is_ok() && RUNNING.set(Running { filter, writer }).is_ok() {
        std::panic::set_hook(Box::new(log_panic));
    }
}

fn subscriber(
    settings: &Settings,
    writer: &Writer,
) -> (impl Subscriber + Send + Sync + use<>, reload::Handle<Targets, Registry>) {
    let (filter, handle) = reload::Layer::new(FileLevel::now().targets());
    let console = console::Console::new(settings.log_format, &settings.log_level, writer.clone());
    let subscriber = tracing_subscriber::registry()
        .with(files::Files::new(writer.clone()).with_filter(filter))
        .with(console.with_filter(console_filter(&settings.log_level)));
    (subscriber, handle)
}

/// A bare level is that of our own code; libraries then tell warnings only.
fn console_filter(given: &str) -> EnvFilter {
    let Ok(level) = given.parse::<LevelFilter>() else {
        // Checked when the settings were read.
        return EnvFilter::try_new(given).unwrap_or_default();
    };
    let of = |target: &&str| format!(",{target}={level}");
    let ours: String = [&files::OURS[..], &[AUTH, PANIC]].concat().iter().map(of).collect();
    EnvFilter::new(format!("{}{ours}", level.min(LevelFilter::WARN)))
}

/// Changes what the files show, at once. The name is one of [`LEVELS`] in any case; tells whether it is.
pub fn set_level(name: &str) -> bool {
    let Some(level) = FileLevel::from_name(name) else { return false };
    level.set();
    if let Some(running) = RUNNING.get() {
        // Fails only once the subscriber is gone, and then nothing is logged anyway.
        let _ = running.filter.reload(level.targets());
    }
    true
}

/// What the files show: one of [`LEVELS`].
pub fn level() -> &'static str {
    FileLevel::now().name()
}

/// Waits until everything logged so far is written, at most a second. Called before the process ends.
pub fn flush() {
    if let Some(running) = RUNNING.get() {
        running.writer.flush();
    }
}

fn log_panic(panic: &PanicHookInfo<'_>) {
    let thread = std::thread::current();
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    let message = panic.payload_as_str().unwrap_or("(no message)");
    tracing::error!(target: PANIC, thread = thread.name().unwrap_or("unnamed"), %place, "panicked: {message}");
    let backtrace = Backtrace::capture();
    if backtrace.status() == BacktraceStatus::Captured {
        // One record a line: a record never spans lines, so that a message cannot pass for another record.
        backtrace.to_string().lines().for_each(|frame| tracing::error!(target: PANIC, "{frame}"));
    }
}

#[cfg(test)]
mod tests;
