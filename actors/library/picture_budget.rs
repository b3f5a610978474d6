//! The memory that all pictures take together while they are decoded: thumbnails, previews and uploads of all clients.
//!
//! What a picture takes is known from its head. It waits, first come first served, until so much is free; one that would
//! never fit is refused.

use std::sync::{Condvar, Mutex, PoisonError};

use crate::library::pictures::PictureError;

/// The whole budget, in bytes: one picture of 8K with transparency, or a dozen posters.
pub const BUDGET: u64 = 384 * 1024 * 1024;

static PICTURES: Budget = Budget::new(BUDGET);

/// A budget in bytes.
struct Budget {
    whole: u64,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    taken: u64,
    /// The number that the next one to wait gets, and the number whose turn it is.
    next: u64,
    turn: u64,
}

/// A part of the budget, given back when it is dropped.
#[must_use]
pub struct Share {
    of: &'static Budget,
    bytes: u64,
}

/// Waits until so many bytes are free and takes them. Blocks.
///
/// # Errors
/// [`PictureError::TooLarge`] for more than the whole budget.
pub fn reserve(bytes: u64) -> Result<Share, PictureError> {
    PICTURES.reserve(bytes)
}

impl Budget {
    const fn new(whole: u64) -> Self {
        Self { whole, state: Mutex::new(State { taken: 0, next: 0, turn: 0 }), changed: Condvar::new() }
    }

    fn reserve(&'static self, bytes: u64) -> Result<Share, PictureError> {
        if bytes > self.whole {
            let [takes, most] = [bytes, self.whole].map(|bytes| bytes.div_ceil(1024 * 1024));
            return Err(PictureError::TooLarge(format!("decoding it takes {takes} MiB of memory, more than {most}")));
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let number = state.next;
        state.next += 1;
        while state.turn != number || state.taken + bytes > self.whole {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.turn += 1;
        state.taken += bytes;
        self.changed.notify_all();
        Ok(Share { of: self, bytes })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.of.state.lock().unwrap_or_else(PoisonError::into_inner).taken -= self.bytes;
        self.of.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[test]
    fn never_more_than_the_budget_is_taken_and_a_large_one_gets_its_turn() {
        static BUDGET: Budget = Budget::new(100);
        static TAKEN: AtomicU64 = AtomicU64::new(0);
        let work = |bytes: u64| {
            move || {
                for _ in 0..50 {
                    let share = BUDGET.reserve(bytes).unwrap();
                    assert!(TAKEN.fetch_add(bytes, Ordering::SeqCst) + bytes <= 100);
                    std::thread::yield_now();
                    TAKEN.fetch_sub(bytes, Ordering::SeqCst);
                    drop(share);
                }
            }
        };
        let threads: Vec<_> = [30, 30, 30, 60, 100].map(|bytes| std::thread::spawn(work(bytes))).into();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert!(BUDGET.reserve(101).is_err_and(|error| matches!(error, PictureError::TooLarge(_))));
    }
}
