//! So many requests a second, evenly.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Gives each request its turn. After a pause a few may come at once; over any longer time the rate is kept.
#[derive(Debug)]
pub(crate) struct Pace {
    every: Duration,
    /// How far ahead of their turn requests may come.
    burst: Duration,
    next: Mutex<Option<Instant>>,
}

impl Pace {
    /// `rate` requests a second, `burst` of them at once.
    pub(crate) fn new(rate: u32, burst: u32) -> Self {
        let every = Duration::from_secs(1) / rate.max(1);
        Self { every, burst: every * burst.saturating_sub(1), next: Mutex::new(None) }
    }

    /// Waits for the turn.
    pub(crate) async fn turn(&self) {
        let turn = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            // A turn that was not taken is worth something only within the burst.
            let earliest = now.checked_sub(self.burst).unwrap_or(now);
            let turn = next.map_or(earliest, |next| next.max(earliest));
            *next = Some(turn + self.every);
            turn
        };
        sleep_until(turn).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_rate_is_kept_after_a_burst_and_after_a_pause() {
        let pace = Pace::new(5, 3);
        for _ in 0..2 {
            let began = Instant::now();
            for _ in 0..3 {
                pace.turn().await;
            }
            assert!(began.elapsed() < Duration::from_millis(500), "{:?}", began.elapsed());
            for _ in 0..5 {
                pace.turn().await;
            }
            assert!(began.elapsed() >= Duration::from_millis(990), "{:?}", began.elapsed());
            tokio::time::advance(Duration::from_secs(3)).await;
        }
    }
}
