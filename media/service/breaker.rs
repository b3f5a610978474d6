//! A host that keeps failing is left alone for a while, instead of costing every item its patience.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// So many attempts in a row, of any address, and the host counts as down.
const FAILURES: u32 = 12;
/// How long it then is left alone.
const PAUSE: Duration = Duration::from_secs(5 * 60);

/// Counts failures of a host.
#[derive(Debug, Default)]
pub(crate) struct Breaker(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    failures: u32,
    open_until: Option<Instant>,
    ever_open: bool,
}

impl Breaker {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the host is not to be asked now. After the pause it may be asked again.
    pub(crate) fn is_open(&self) -> bool {
        let mut state = self.state();
        if state.open_until.is_some_and(|until| until <= Instant::now()) {
            *state = State { ever_open: true, ..State::default() };
        }
        state.open_until.is_some()
    }

    /// Whether the host was ever left alone.
    pub(crate) fn was_open(&self) -> bool {
        self.state().ever_open
    }

    pub(crate) fn succeeded(&self) {
        let mut state = self.state();
        state.failures = 0;
    }

    pub(crate) fn failed(&self) {
        let open = {
            let mut state = self.state();
            state.failures += 1;
            state.failures >= FAILURES
        };
        if open {
            self.open();
        }
    }

    /// Leaves the host alone from now on.
    pub(crate) fn open(&self) {
        let mut state = self.state();
        state.ever_open = true;
        state.open_until = Some(Instant::now() + PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_opens_after_failures_in_a_row_and_closes_after_the_pause() {
        let breaker = Breaker::default();
        for _ in 1..FAILURES {
            breaker.failed();
        }
        assert!(!breaker.is_open());
        breaker.succeeded();
        breaker.failed();
        assert!(!breaker.is_open() && !breaker.was_open());
        for _ in 1..FAILURES {
            breaker.failed();
        }
        assert!(breaker.is_open() && breaker.was_open());
        tokio::time::advance(PAUSE).await;
        assert!(!breaker.is_open() && breaker.was_open());
    }
}
