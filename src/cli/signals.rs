//! Signals. The first that asks us to end is answered with an orderly stop, the second does not wait any longer. SIGHUP, which a
//! closed terminal sends and others mean as "read your files again", does nothing: changed files are noticed by themselves.

use std::io;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::select_all;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::telemetry;

/// The signals that ask for an end, some of them only because nothing else is meant by them here.
const ENDING: [fn() -> SignalKind; 6] = [
    SignalKind::terminate,
    SignalKind::interrupt,
    SignalKind::quit,
    SignalKind::user_defined1,
    SignalKind::user_defined2,
    SignalKind::alarm,
];

/// The signals, caught from the moment this is made.
pub struct Signals {
    ending: Vec<(SignalKind, Signal)>,
    hangup: Signal,
}

impl Signals {
    /// Catches them; made before anything that a signal could interrupt halfway.
    pub fn catch() -> io::Result<Self> {
        let catch = |kind: fn() -> SignalKind| Ok((kind(), signal(kind())?));
        Ok(Self {
            ending: ENDING.into_iter().map(catch).collect::<io::Result<_>>()?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for one that asks for an end, and gives its number.
    async fn next(&mut self) -> i32 {
        loop {
            let ending =
                self.ending.iter_mut().map(|(kind, signal)| async move { signal.recv().await.map(|()| *kind) }.boxed());
            tokio::select! {
                (kind, _, _) = select_all(ending) => if let Some(kind) = kind { return kind.as_raw_value() },
                _ = self.hangup.recv() => tracing::info!("SIGHUP: nothing to do, changed files are noticed without it"),
            }
        }
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
            std::process::exit(i32::from(super::exit::FAILED));
        });
    }
}
