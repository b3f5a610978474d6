//! The panic guard and the shell every actor runs in.
//!
//! Theory of operation: actix destroys an actor, and its supervisor, when a handler panics. Here an actor is a plain
//! [`Service`]; [`Guarded`] is the one actix actor that owns it, catches the panics of its handlers, timers and replies,
//! makes a fresh service from the factory (never from half-changed state) and keeps the same address and mailbox. A
//! service that crashes more often than [`RESTARTS_ALLOWED`] times within [`RESTART_WINDOW`] ends the process, so that
//! the service manager starts a clean one.
//!
//! Each actor runs on its own thread: blocking file work in one never slows another, nor an HTTP worker.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix::dev::{MessageResponse, OneshotSender};
use actix::fut::{ActorFutureExt, wrap_future};
use actix::prelude::*;
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;

use crate::runtime::events::{Fact, Facts};

/// Crashes within [`RESTART_WINDOW`] that are survived; one more ends the process.
pub const RESTARTS_ALLOWED: usize = 5;
/// The window in which crashes are counted.
pub const RESTART_WINDOW: Duration = Duration::from_secs(60);
/// The exit code of a process that ran out of restarts (`EX_SOFTWARE`).
pub const EXIT_RESTART_BUDGET: i32 = 70;

const MAILBOX_CAPACITY: usize = 256;

/// The context a [`Service`] works in.
pub type Ctx<S> = Context<Guarded<S>>;

/// The address of a running [`Service`].
pub type Handle<S> = Addr<Guarded<S>>;

/// The state and behaviour of one actor.
pub trait Service: Sized + Unpin + 'static {
    /// The actor's name in logs, health and metrics.
    const NAME: &'static str;

    /// Called once per life, before the first message: arm timers, load state.
    fn started(&mut self, _ctx: &mut Ctx<Self>) {}
}

/// A [`Service`] that answers the message `M`.
pub trait Handler<M: Message>: Service
where
    M::Result: Send,
{
    /// Does the work of one message. Must not block for longer than a file operation takes.
    fn answer(&mut self, message: M, ctx: &mut Ctx<Self>) -> Reply<M::Result>;
}

/// What a handler gives back: a value, or a future that is awaited without holding up the mailbox.
pub enum Reply<T> {
    /// The answer is known.
    Now(T),
    /// The answer comes later. The future must not rely on the actor's state; a panic in it closes the caller's ask.
    Later(LocalBoxFuture<'static, T>),
    /// The handler crashed; the caller sees a closed mailbox.
    Crashed,
}

impl<T> Reply<T> {
    /// Wraps a future as a late answer.
    pub fn later(future: impl Future<Output = T> + 'static) -> Self {
        Self::Later(future.boxed_local())
    }
}

impl<T> From<T> for Reply<T> {
    fn from(value: T) -> Self {
        Self::Now(value)
    }
}

impl<A, M> MessageResponse<A, M> for Reply<M::Result>
where
    A: Actor,
    M: Message,
    M::Result: Send,
{
    fn handle(self, _ctx: &mut A::Context, tx: Option<OneshotSender<M::Result>>) {
        match self {
            Self::Now(value) => {
                // A caller that no longer waits is not an error.
                let _ = tx.map(|tx| tx.send(value));
            }
            Self::Later(future) => {
                actix::spawn(async move {
                    if let Ok(value) = AssertUnwindSafe(future).catch_unwind().await {
                        let _ = tx.map(|tx| tx.send(value));
                    }
                });
            }
            Self::Crashed => {}
        }
    }
}

/// The actix actor around a [`Service`].
pub struct Guarded<S: Service> {
    make: Box<dyn Fn() -> S + Send>,
    service: S,
    vitals: Arc<Vitals>,
    crashes: VecDeque<Instant>,
    facts: Facts,
    exhausted: Exhausted,
}

/// Called with the actor's name when its restart budget is spent.
pub type Exhausted = Arc<dyn Fn(&'static str) + Send + Sync>;

/// The default [`Exhausted`]: ends the process with [`EXIT_RESTART_BUDGET`], after `last` was done (logs written out).
pub fn exit_when_exhausted(last: fn()) -> Exhausted {
    Arc::new(move |name| {
        tracing::error!(actor = name, "crashed too often, giving up so that the service manager restarts the daemon");
        last();
        std::process::exit(EXIT_RESTART_BUDGET);
    })
}

#[derive(Debug, Default)]
struct Vitals {
    restarts: AtomicU64,
}

impl<S: Service> Guarded<S> {
    /// Does work of the service, which is restarted if that panics.
    pub(crate) fn protect<R>(&mut self, ctx: &mut Ctx<S>, work: impl FnOnce(&mut S, &mut Ctx<S>) -> R) -> Option<R> {
        match catch_unwind(AssertUnwindSafe(|| work(&mut self.service, ctx))) {
            Ok(value) => Some(value),
            Err(_) => {
                ctx.stop();
                None
            }
        }
    }

    fn count_crash(&mut self) -> bool {
        let now = Instant::now();
        self.crashes.retain(|at| now.duration_since(*at) < RESTART_WINDOW);
        self.crashes.push_back(now);
        self.crashes.len() <= RESTARTS_ALLOWED
    }
}

impl<S: Service> Actor for Guarded<S> {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX_CAPACITY);
        self.protect(ctx, S::started);
    }
}

impl<S: Service> Supervised for Guarded<S> {
    fn restarting(&mut self, _ctx: &mut Self::Context) {
        self.vitals.restarts.fetch_add(1, Ordering::Relaxed);
        if !self.count_crash() {
            (self.exhausted)(S::NAME);
        }
        tracing::error!(actor = S::NAME, "crashed and was restarted from its stored state");
        self.service = (self.make)();
        self.facts.publish(Fact::ActorRestarted { actor: S::NAME });
    }
}

impl<S, M> actix::Handler<M> for Guarded<S>
where
    S: Handler<M>,
    M: Message + 'static,
    M::Result: Send + 'static,
{
    type Result = Reply<M::Result>;

    fn handle(&mut self, message: M, ctx: &mut Self::Context) -> Self::Result {
        self.protect(ctx, |service, ctx| service.answer(message, ctx)).unwrap_or(Reply::Crashed)
    }
}

/// Guarded timers and continuations for a [`Service`].
pub trait Timers<S: Service> {
    /// Runs `work` on what the future gives, unless the actor crashed in between: then the future is dropped. A panic in the
    /// future is a crash of the actor.
    fn when<T: 'static>(
        &mut self,
        future: impl Future<Output = T> + 'static,
        work: impl FnOnce(&mut S, T, &mut Ctx<S>) + 'static,
    );

    /// Runs `work` after `delay`, unless the actor crashed in between. Recurring work re-arms itself.
    fn later(&mut self, delay: Duration, work: impl FnOnce(&mut S, &mut Ctx<S>) + 'static);
}

impl<S: Service> Timers<S> for Ctx<S> {
    fn when<T: 'static>(
        &mut self,
        future: impl Future<Output = T> + 'static,
        work: impl FnOnce(&mut S, T, &mut Ctx<S>) + 'static,
    ) {
        let future = wrap_future::<_, Guarded<S>>(AssertUnwindSafe(future).catch_unwind());
        self.spawn(future.map(|value, shell, ctx| match value {
            Ok(value) => drop(shell.protect(ctx, |service, ctx| work(service, value, ctx))),
            Err(_) => ctx.stop(),
        }));
    }

    fn later(&mut self, delay: Duration, work: impl FnOnce(&mut S, &mut Ctx<S>) + 'static) {
        self.run_later(delay, move |shell, ctx| {
            shell.protect(ctx, work);
        });
    }
}

/// Asks an actor for a sign of life; every [`Service`] answers.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct Healthz;

impl<S: Service> Handler<Healthz> for S {
    fn answer(&mut self, _: Healthz, _: &mut Ctx<Self>) -> Reply<()> {
        Reply::Now(())
    }
}

/// What tests do to an actor.
#[cfg(test)]
pub mod testing {
    use std::sync::mpsc;

    use super::{Ctx, Handler, Message, Reply, Service};

    /// Holds an actor up.
    #[derive(Message)]
    #[rtype(result = "()")]
    pub struct Hold(mpsc::Sender<mpsc::Sender<()>>);

    impl Hold {
        /// The message, and what tells that the actor is held; it is let go when what is told is dropped.
        pub fn new() -> (Self, mpsc::Receiver<mpsc::Sender<()>>) {
            let (tell, told) = mpsc::channel();
            (Self(tell), told)
        }
    }

    impl<S: Service> Handler<Hold> for S {
        fn answer(&mut self, Hold(tell): Hold, _: &mut Ctx<Self>) -> Reply<()> {
            let (let_go, until) = mpsc::channel();
            let _ = tell.send(let_go);
            let _ = until.recv();
            Reply::Now(())
        }
    }

    /// Crashes an actor.
    #[derive(Message)]
    #[rtype(result = "()")]
    pub struct Crash;

    impl<S: Service> Handler<Crash> for S {
        fn answer(&mut self, _: Crash, _: &mut Ctx<Self>) -> Reply<()> {
            panic!("a test wants it")
        }
    }
}

/// The running actors: starts them, tells whether they live, stops their threads.
#[derive(Clone)]
pub struct ActorSystem {
    starts: bool,
    facts: Facts,
    exhausted: Exhausted,
    members: Arc<Mutex<Vec<Member>>>,
}

#[derive(Clone)]
struct Member {
    name: &'static str,
    vitals: Arc<Vitals>,
    healthz: Recipient<Healthz>,
    arbiter: ArbiterHandle,
}

impl ActorSystem {
    /// A system without actors, whose restarts are announced on `facts`.
    pub fn new(facts: Facts, exhausted: Exhausted) -> Self {
        Self { starts: true, facts, exhausted, members: Arc::default() }
    }

    /// The same system; or, unless `wanted`, one that starts no actors: what is sent to their addresses comes back
    /// as an error. For a process that does without some of them.
    pub fn only_if(&self, wanted: bool) -> Self {
        Self { starts: wanted, ..self.clone() }
    }

    /// Starts an actor on its own thread. `make` is called there, and again after each crash.
    pub fn start<S: Service>(&self, make: impl Fn() -> S + Send + 'static) -> Handle<S> {
        if !self.starts {
            // The mailbox goes with the context.
            return Context::new().address();
        }
        let arbiter = Arbiter::new().handle();
        let vitals = Arc::<Vitals>::default();
        let (counted, facts, exhausted) = (vitals.clone(), self.facts.clone(), self.exhausted.clone());
        let address = Supervisor::start_in_arbiter(&arbiter, move |_| Guarded {
            service: make(),
            make: Box::new(make),
            vitals: counted,
            crashes: VecDeque::new(),
            facts,
            exhausted,
        });
        self.lock().push(Member { name: S::NAME, vitals, healthz: address.clone().recipient(), arbiter });
        address
    }

    /// Asks every actor for a sign of life; gives the name and restart count of each, and whether it answered in time.
    pub async fn health(&self, patience: Duration) -> Vec<ActorHealth> {
        let members = self.lock().clone();
        futures_util::future::join_all(members.into_iter().map(|member| async move {
            let answer = tokio::time::timeout(patience, member.healthz.send(Healthz)).await;
            ActorHealth {
                name: member.name,
                alive: matches!(answer, Ok(Ok(()))),
                restarts: member.vitals.restarts.load(Ordering::Relaxed),
            }
        }))
        .await
    }

    /// Stops the threads of all actors.
    pub fn stop(&self) {
        for member in self.lock().drain(..) {
            member.arbiter.stop();
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Member>> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One actor's answer to [`ActorSystem::health`].
#[derive(Debug, Clone, Copy, serde::Serialize)]
pub struct ActorHealth {
    /// The actor's name.
    pub name: &'static str,
    /// Whether it answered in time.
    pub alive: bool,
    /// How often it crashed and was restarted since the daemon started.
    pub restarts: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fragile {
        count: u32,
    }

    impl Service for Fragile {
        const NAME: &'static str = "Fragile";
    }

    #[derive(Message)]
    #[rtype(result = "u32")]
    struct Add(u32);

    impl Handler<Add> for Fragile {
        fn answer(&mut self, Add(n): Add, _: &mut Ctx<Self>) -> Reply<u32> {
            self.count += n;
            assert!(n != 13, "unlucky");
            self.count.into()
        }
    }

    fn actor_system() -> (ActorSystem, Arc<AtomicU64>) {
        let spent = Arc::<AtomicU64>::default();
        let seen = spent.clone();
        let exhausted: Exhausted = Arc::new(move |_| {
            seen.fetch_add(1, Ordering::SeqCst);
        });
        (ActorSystem::new(Facts::new(), exhausted), spent)
    }

    #[actix::test]
    async fn a_crash_is_answered_with_an_error_and_the_next_message_meets_a_fresh_service() {
        let (actor_system, _) = actor_system();
        let fragile = actor_system.start(|| Fragile { count: 0 });
        assert_eq!(fragile.send(Add(2)).await.unwrap(), 2);
        assert!(fragile.send(Add(13)).await.is_err());
        assert_eq!(fragile.send(Add(1)).await.unwrap(), 1, "the count starts anew");
        let health = actor_system.health(Duration::from_secs(5)).await;
        assert!(health[0].alive);
        assert_eq!(health[0].restarts, 1);
        actor_system.stop();
    }

    #[actix::test]
    async fn an_actor_that_is_not_wanted_has_no_thread_and_answers_nobody() {
        let (actor_system, _) = actor_system();
        let absent = actor_system.only_if(false).start(|| -> Fragile { panic!("it is made") });
        assert!(absent.send(Add(1)).await.is_err());
        assert_eq!(actor_system.only_if(true).start(|| Fragile { count: 0 }).send(Add(2)).await.unwrap(), 2);
        assert_eq!(actor_system.health(Duration::from_secs(5)).await.len(), 1);
        actor_system.stop();
    }

    #[actix::test]
    async fn a_service_that_keeps_crashing_spends_its_budget() {
        let (actor_system, spent) = actor_system();
        let fragile = actor_system.start(|| Fragile { count: 0 });
        for _ in 0..=RESTARTS_ALLOWED {
            assert!(fragile.send(Add(13)).await.is_err());
            fragile.send(Add(0)).await.unwrap();
        }
        assert_eq!(spent.load(Ordering::SeqCst), 1);
        actor_system.stop();
    }
}
