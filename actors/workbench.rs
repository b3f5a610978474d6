//! Slow work of an actor: off its thread, one piece at a time, so that it answers meanwhile.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use actix::AsyncContext;
use actix::fut::wrap_future;
use futures_util::FutureExt;
use tokio::sync::Mutex;
use tokio::sync::broadcast::{Receiver, error::RecvError};

use crate::events::{Event, Fact, Facts};
use crate::guard::{Ctx, Service};
use crate::store::StoreError;

/// How often what others leave is looked for. Upstream looks every five seconds; nobody minds sooner.
const LOOK: Duration = Duration::from_secs(2);

/// What an actor works with. It is opened when it is first needed, and anew after a piece of work that crashed. Clones are
/// the same workbench: an actor that was restarted must not work beside what its last life still does.
pub struct Workbench<D> {
    desk: Arc<Mutex<Option<D>>>,
    open: Arc<dyn Fn() -> Result<D, StoreError> + Send + Sync>,
}

impl<D> Clone for Workbench<D> {
    fn clone(&self) -> Self {
        Self { desk: self.desk.clone(), open: self.open.clone() }
    }
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

/// Has an actor look for what ended runs and others left: at once, when a run of the daemon has ended, and every little
/// while; until the actor ends or crashes. A look that fails or crashes is made again like any other.
pub fn keep_looking<S: Service, T>(ctx: &mut Ctx<S>, facts: &Facts, look: impl AsyncFn() -> T + 'static) {
    let mut live = facts.listen(None).live;
    ctx.spawn(wrap_future(async move {
        loop {
            let _ = AssertUnwindSafe(look()).catch_unwind().await;
            tokio::select! {
                () = run_ended(&mut live) => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }));
}

/// Waits for the end of a run, or for facts that were missed and may have been one.
async fn run_ended(live: &mut Receiver<Arc<Event>>) {
    loop {
        match live.recv().await {
            Ok(event) if !matches!(event.fact, Fact::RunFinished { .. }) => {}
            Ok(_) | Err(RecvError::Lagged(_)) => return,
            Err(RecvError::Closed) => std::future::pending().await,
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
