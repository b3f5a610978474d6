//! SIGTERM and SIGINT: the first asks us to stop, the second not to wait any longer.

use std::io;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::telemetry;

/// The signals, caught from the moment this is made.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Catches them; made before anything that a signal could interrupt halfway.
    pub fn catch() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits for one of them, and gives its number.
    async fn next(&mut self) -> i32 {
        let kind = tokio::select! {
            _ = self.terminate.recv() => SignalKind::terminate(),
            _ = self.interrupt.recv() => SignalKind::interrupt(),
        };
        kind.as_raw_value()
    }

    /// Waits for the first signal. From then on a second one, or the end of `patience`, ends the process at once.
    pub async fn stop_requested(mut self, patience: Duration) {
        let signal = self.next().await;
        tracing::info!(signal, "stopping");
        tokio::spawn(async move {
            let again = self.next().await;
            tracing::warn!(signal = again, "stopping at once, because a second signal came");
            telemetry::flush();
            std::process::exit(128 + again);
        });
        // A thread, since what hangs may be the runtime itself.
        std::thread::spawn(move || {
            std::thread::sleep(patience);
            tracing::error!("stopping at once, because the orderly way took too long");
            telemetry::flush();
            std::process::exit(i32::from(super::FAILED));
        });
    }
}
