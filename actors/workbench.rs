//! Slow work of an actor: off its thread, one piece at a time, so that it answers meanwhile.

use std::sync::Arc;

use tokio::sync::Mutex;

use crate::store::StoreError;

/// What an actor works with. It is opened when it is first needed, and anew after a piece of work that crashed.
pub struct Workbench<D> {
    desk: Arc<Mutex<Option<D>>>,
    open: Arc<dyn Fn() -> Result<D, StoreError> + Send + Sync>,
}

impl<D: Send + 'static> Workbench<D> {
    /// A workbench whose desk is opened so.
    pub fn new(open: impl Fn() -> Result<D, StoreError> + Send + Sync + 'static) -> Self {
        Self { desk: Arc::default(), open: Arc::new(open) }
    }

    /// Does a piece of work, after those that were asked for before. A crash in it is a crash of whoever waits for it.
    pub fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut D) -> Result<T, StoreError> + Send + 'static,
    ) -> impl Future<Output = Result<T, StoreError>> + 'static {
        let (desk, open) = (self.desk.clone(), self.open.clone());
        async move {
            let mut place = desk.lock_owned().await;
            let done = tokio::task::spawn_blocking(move || {
                // Out of its place while it is worked with: a crash leaves the place empty.
                let mut desk = place.take().map_or_else(|| open(), Ok)?;
                let done = work(&mut desk);
                *place = Some(desk);
                done
            });
            match done.await {
                Ok(done) => done,
                Err(crash) => std::panic::resume_unwind(crash.into_panic()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use futures_util::FutureExt;

    use super::*;

    #[actix::test]
    async fn work_is_done_in_order_and_a_crash_costs_the_desk_only() {
        let opened = Arc::<AtomicU32>::default();
        let count = opened.clone();
        let bench = Workbench::new(move || {
            count.fetch_add(1, Ordering::SeqCst);
            Ok(Vec::new())
        });
        let add = |n: u32| {
            bench.work(move |desk: &mut Vec<u32>| {
                assert!(n != 13, "unlucky");
                desk.push(n);
                Ok(desk.clone())
            })
        };
        let (first, second) = tokio::join!(add(1), add(2));
        assert_eq!((first.unwrap(), second.unwrap()), (vec![1], vec![1, 2]));
        assert!(std::panic::AssertUnwindSafe(add(13)).catch_unwind().await.is_err());
        assert_eq!(add(3).await.unwrap(), [3]);
        assert_eq!(opened.load(Ordering::SeqCst), 2);
    }
}
