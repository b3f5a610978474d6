//! How much memory all pictures in work may take together.
//!
//! A picture's cost is known from its head, before it is decoded. Whoever works on one reserves that much first, and waits
//! while others have what there is: many small pictures go side by side, large ones one after the other. What costs more
//! than there is goes alone.

use std::sync::{Condvar, Mutex, PoisonError};

use crate::picture::Head;

/// What all have together, in bytes: eight 4K pictures with their canvases.
const BUDGET: u64 = 512 * 1024 * 1024;
/// What a pixel costs while its picture is decoded: as it was stored, up to four channels, and as it is worked on, three.
const BYTES_PER_PIXEL: u64 = 7;

static SHARED: Budget = Budget::new(BUDGET);

/// A number of bytes that is shared out.
struct Budget {
    all: u64,
    free: Mutex<u64>,
    returned: Condvar,
}

/// Memory that may be used until this is dropped.
#[must_use = "dropped, it is free for others again"]
pub struct Reserved<'a> {
    budget: &'a Budget,
    bytes: u64,
}

/// Reserves memory for work on a picture; waits until there is enough.
pub fn reserve(bytes: u64) -> Reserved<'static> {
    SHARED.reserve(bytes)
}

/// What it takes to decode a picture, in bytes.
pub fn to_decode(head: Head) -> u64 {
    head.pixels().saturating_mul(BYTES_PER_PIXEL)
}

impl Budget {
    const fn new(all: u64) -> Self {
        Self { all, free: Mutex::new(all), returned: Condvar::new() }
    }

    fn reserve(&self, bytes: u64) -> Reserved<'_> {
        let bytes = bytes.min(self.all);
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = self.returned.wait_while(free, |free| *free < bytes).unwrap_or_else(PoisonError::into_inner);
        *free -= bytes;
        Reserved { budget: self, bytes }
    }
}

impl Drop for Reserved<'_> {
    fn drop(&mut self) {
        *self.budget.free.lock().unwrap_or_else(PoisonError::into_inner) += self.bytes;
        self.budget.returned.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[test]
    fn no_more_is_in_use_than_there_is_and_all_come_to_their_turn() {
        let (budget, used, most) = (Budget::new(100), AtomicU64::new(0), AtomicU64::new(0));
        std::thread::scope(|scope| {
            for thread in 0..8_u64 {
                let (budget, used, most) = (&budget, &used, &most);
                scope.spawn(move || {
                    for round in 0..200 {
                        let wanted = (thread * 31 + round * 17) % 60 + 1;
                        let reserved = budget.reserve(wanted);
                        let now = used.fetch_add(wanted, Ordering::SeqCst) + wanted;
                        most.fetch_max(now, Ordering::SeqCst);
                        used.fetch_sub(wanted, Ordering::SeqCst);
                        drop(reserved);
                    }
                });
            }
        });
        assert!(most.load(Ordering::SeqCst) <= 100);
        assert_eq!(*budget.free.lock().unwrap(), 100);
    }

    #[test]
    fn what_costs_more_than_there_is_goes_alone() {
        let budget = Budget::new(100);
        let all = budget.reserve(5_000);
        assert_eq!(*budget.free.lock().unwrap(), 0);
        drop(all);
        assert_eq!(*budget.free.lock().unwrap(), 100);
    }
}
