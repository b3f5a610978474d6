//! Answers that are asked for once, whoever needs them and how many at the same time.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

/// Values by key, each made once by the first who asks; the others wait for it.
#[derive(Debug)]
pub struct Memo<K, V>(Mutex<HashMap<K, Arc<OnceCell<V>>>>);

impl<K, V> Default for Memo<K, V> {
    fn default() -> Self {
        Self(Mutex::new(HashMap::new()))
    }
}

impl<K: Hash + Eq, V: Clone> Memo<K, V> {
    /// The value of the key; made now if nobody has asked for it yet.
    pub async fn get_or(&self, key: K, make: impl Future<Output = V>) -> V {
        let cell = self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default().clone();
        cell.get_or_init(|| make).await.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[tokio::test]
    async fn a_value_is_made_once_however_many_ask_at_the_same_time() {
        let (memo, made) = (Memo::default(), AtomicU32::new(0));
        let make = || async {
            tokio::task::yield_now().await;
            made.fetch_add(1, Ordering::Relaxed)
        };
        let (one, two, other) =
            tokio::join!(memo.get_or("a", make()), memo.get_or("a", make()), memo.get_or("b", make()));
        assert!(one == two && one != other);
        assert_eq!(made.into_inner(), 2);
    }
}
