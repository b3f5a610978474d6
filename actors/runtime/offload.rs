//! Slow work of an actor: off its thread, one piece at a time, so that it answers meanwhile.

use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::AsyncContext;
use actix::fut::wrap_future;
use futures_util::FutureExt;
use tokio::sync::{Mutex, Notify};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::runtime::events::{Fact, Facts};
use crate::runtime::follow::{Since, follow};
use crate::runtime::guard::{Ctx, Service};
use crate::store::StoreError;

/// How often to look for new files. Upstream looks every five seconds.
const LOOK: Duration = Duration::from_secs(2);

/// What an actor works with. It is opened when it is first needed, and anew after a piece of work that crashed. Clones are
/// the same worker: an actor that was restarted must not work beside what its last life still does.
pub struct Offload<W, E = StoreError> {
    worker: Arc<Mutex<Option<W>>>,
    open: Arc<dyn Fn() -> Result<W, E> + Send + Sync>,
}

impl<W, E> Clone for Offload<W, E> {
    fn clone(&self) -> Self {
        Self { worker: self.worker.clone(), open: self.open.clone() }
    }
}

impl<W: Send + 'static, E: Send + 'static> Offload<W, E> {
    /// Opens the worker when it is first needed.
    pub fn new(open: impl Fn() -> Result<W, E> + Send + Sync + 'static) -> Self {
        Self { worker: Arc::default(), open: Arc::new(open) }
    }

    /// Of a worker that is open already; `open` gives the one after a crash.
    pub fn opened(worker: W, open: impl Fn() -> Result<W, E> + Send + Sync + 'static) -> Self {
        Self { worker: Arc::new(Mutex::new(Some(worker))), open: Arc::new(open) }
    }

    /// Does a piece of work, after those that were asked for before. A crash in it is a crash of whoever waits for it.
    pub fn work<T: Send + 'static, F>(&self, work: F) -> impl Future<Output = Result<T, E>> + use<W, E, T, F>
    where
        F: FnOnce(&mut W) -> Result<T, E> + Send + 'static,
    {
        let (worker, open) = (self.worker.clone(), self.open.clone());
        async move {
            let mut place = worker.lock_owned().await;
            let done = off_thread(move || {
                // Out of its place while it is worked with: a crash leaves the place empty.
                let mut worker = place.take().map_or_else(|| open(), Ok)?;
                let done = work(&mut worker);
                *place = Some(worker);
                done
            });
            done.await
        }
    }
}

/// Begins work on a thread that may block. A crash in it is a crash of whoever waits for it.
pub fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> impl Future<Output = T> + 'static {
    let begun = spawn_blocking(work);
    async move { begun.await.unwrap_or_else(|crash| std::panic::resume_unwind(crash.into_panic())) }
}

/// Like [`off_thread`], for whoever has an answer to a crash: such as a picture whose decoder gives up.
pub fn attempt<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    spawn_blocking(work)
}

/// Has an actor look for what ended runs and others left: at once, when a run of the daemon has ended, and every little
/// while; until the actor ends or crashes. A look that fails or crashes is made again like any other.
pub fn keep_looking<S: Service, T>(ctx: &mut Ctx<S>, facts: &Facts, look: impl AsyncFn() -> T + 'static) {
    let ended = Rc::new(Notify::new());
    let (tell, gap) = (ended.clone(), ended.clone());
    let is_end = |fact: &Fact| matches!(fact, Fact::RunFinished { .. });
    // What was missed may have been the end of a run.
    follow(ctx, facts, Since::LastLife, is_end, move |_, _, _| tell.notify_one(), move |_, _| gap.notify_one());
    ctx.spawn(wrap_future(async move {
        loop {
            let _ = AssertUnwindSafe(look()).catch_unwind().await;
            tokio::select! {
                () = ended.notified() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }));
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
        let bench = Offload::<_, StoreError>::new(move || {
            count.fetch_add(1, Ordering::SeqCst);
            Ok(Vec::new())
        });
        let add = |n: u32| {
            bench.work(move |worker: &mut Vec<u32>| {
                assert!(n != 13, "unlucky");
                worker.push(n);
                Ok(worker.clone())
            })
        };
        let (first, second) = tokio::join!(add(1), add(2));
        assert_eq!((first.unwrap(), second.unwrap()), (vec![1], vec![1, 2]));
        assert!(AssertUnwindSafe(add(13)).catch_unwind().await.is_err());
        assert_eq!(add(3).await.unwrap(), [3]);
        assert_eq!(opened.load(Ordering::SeqCst), 2);
    }

    #[actix::test]
    async fn a_worker_that_is_open_already_is_opened_anew_only_after_a_crash() {
        let bench = Offload::<_, std::convert::Infallible>::opened(1, || Ok(2));
        let current = || bench.work(|worker: &mut u32| Ok(*worker));
        assert_eq!(current().await, Ok(1));
        let crash = bench.work(|_| -> Result<(), _> { panic!("unlucky") });
        assert!(AssertUnwindSafe(crash).catch_unwind().await.is_err());
        assert_eq!(current().await, Ok(2));
    }

    #[actix::test]
    async fn a_crash_on_a_thread_reaches_who_waits_and_who_only_attempts_it_is_told() {
        assert_eq!(off_thread(|| 1).await, 1);
        assert!(AssertUnwindSafe(off_thread(|| -> () { panic!("unlucky") })).catch_unwind().await.is_err());
        assert!(attempt(|| -> () { panic!("unlucky") }).await.is_err());
    }
}
