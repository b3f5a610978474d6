//! Immutable views that actors publish, so that reads never wait in a mailbox.

use std::sync::Arc;

use tokio::sync::watch;

/// The newest view of an actor's state. Clones share it; the owner publishes, everybody reads.
#[derive(Debug)]
pub struct View<T> {
    channel: Arc<watch::Sender<Arc<T>>>,
}

impl<T> Clone for View<T> {
    fn clone(&self) -> Self {
        Self { channel: self.channel.clone() }
    }
}

impl<T: Default> Default for View<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> View<T> {
    /// A view that shows `first` until its owner publishes.
    pub fn new(first: T) -> Self {
        Self { channel: Arc::new(watch::Sender::new(Arc::new(first))) }
    }

    /// The newest state; never waits.
    pub fn get(&self) -> Arc<T> {
        self.channel.borrow().clone()
    }

    /// Replaces the state and wakes those who wait for a change.
    pub fn publish(&self, state: T) {
        self.channel.send_replace(Arc::new(state));
    }

    /// A receiver that can wait for changes.
    pub fn subscribe(&self) -> watch::Receiver<Arc<T>> {
        self.channel.subscribe()
    }

    /// Waits until `wanted` holds and gives that state.
    pub async fn wait_for(&self, mut wanted: impl FnMut(&T) -> bool) -> Arc<T> {
        let mut receiver = self.subscribe();
        loop {
            let state = receiver.borrow_and_update().clone();
            if wanted(&state) {
                return state;
            }
            // The sender lives as long as `self`, so the channel cannot close here.
            let _ = receiver.changed().await;
        }
    }
}
