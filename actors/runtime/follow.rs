//! How an actor listens to facts and views.
//!
//! Theory of operation: what an actor follows is an item of its own context, which actix drops when the actor crashes and is
//! restarted. So a listener never outlives the life that started it, and a restarted actor does not hear everything twice.
//! A hand-written `actix::spawn` loop does: its address stays valid over the restart.
//!
//! Nobody can follow facts without saying what to do after a gap. A receiver that falls behind is first given what it
//! missed from the facts that are remembered ([`Facts::resume`]); only when even those do not reach back far enough is
//! `on_gap` called, which has to read the state again.

use std::collections::VecDeque;
use std::sync::Arc;

use actix::AsyncContext;
use actix::fut::{ActorFutureExt, wrap_future};
use futures_util::StreamExt;
use futures_util::future::ready;
use futures_util::stream::{self, LocalBoxStream};
use tokio::sync::broadcast::{Receiver, error::RecvError};

use crate::runtime::events::{Event, Fact, Facts, Listening};
use crate::runtime::guard::{Ctx, Guarded, Service};
use crate::runtime::view::View;

/// Where a listener begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// With everything that is remembered, in each life anew: for handlers to which hearing a fact twice does no harm.
    Start,
    /// Now; after a crash, behind the fact at which the last life of this actor stopped. Each fact is heard once.
    LastLife,
}

/// What a follower is told next.
#[derive(Debug)]
pub enum Notice {
    Fact(Arc<Event>),
    /// Facts were missed that nobody remembers: the state has to be read again.
    Gap,
}

/// A receiver of facts that catches up after it fell behind.
#[derive(Debug)]
pub struct Follower {
    facts: Facts,
    ready: VecDeque<Notice>,
    live: Receiver<Arc<Event>>,
    last: u64,
}

impl Follower {
    /// Begins behind the fact with the id `after`; 0 means with everything that is remembered, and whoever begins so knows
    /// nothing yet and has no gap.
    pub fn new(facts: &Facts, after: u64) -> Self {
        Self::behind(facts, after, after > 0)
    }

    fn behind(facts: &Facts, after: u64, tells_gap: bool) -> Self {
        let Listening { missed, gap, live } = facts.resume(after);
        let gap = (gap && tells_gap).then_some(Notice::Gap);
        let ready = gap.into_iter().chain(missed.into_iter().map(Notice::Fact)).collect();
        Self { facts: facts.clone(), ready, live, last: after }
    }

    /// What comes next; waits for it. None once nobody can tell anything any more.
    pub async fn next(&mut self) -> Option<Notice> {
        loop {
            if let Some(heard) = self.ready.pop_front() {
                if let Notice::Fact(event) = &heard {
                    self.last = event.id;
                }
                return Some(heard);
            }
            match self.live.recv().await {
                Ok(event) => self.ready.push_back(Notice::Fact(event)),
                Err(RecvError::Lagged(_)) => *self = Self::behind(&self.facts, self.last, true),
                Err(RecvError::Closed) => return None,
            }
        }
    }
}

/// Has an actor hear the facts that are `wanted`, until it ends or crashes. `on_gap` reads the state again: it is called
/// after facts were missed that are not remembered any more.
pub fn follow<S: Service>(
    ctx: &mut Ctx<S>,
    facts: &Facts,
    since: Since,
    wanted: impl Fn(&Fact) -> bool + 'static,
    mut on_fact: impl FnMut(&mut S, &Event, &mut Ctx<S>) + 'static,
    mut on_gap: impl FnMut(&mut S, &mut Ctx<S>) + 'static,
) {
    let position = facts.position_of(S::NAME);
    let after = if since == Since::Start { 0 } else { position.get() };
    let (position_of_next, crashed) = (position.clone(), position.new_life());
    let heard = stream::unfold(Follower::new(facts, after), async |mut follower| {
        let heard = follower.next().await?;
        Some((heard, follower))
    });
    let heard = heard.filter(move |heard| {
        let is_wanted = match heard {
            Notice::Fact(event) if !wanted(&event.fact) || crashed.contains(&event.id) => {
                position_of_next.set(event.id);
                false
            }
            Notice::Fact(_) | Notice::Gap => true,
        };
        ready(is_wanted)
    });
    each(ctx, heard.boxed_local(), move |service, heard, ctx| match heard {
        Notice::Fact(event) => {
            position.begin(event.id);
            on_fact(service, &event, ctx);
            position.done();
        }
        Notice::Gap => {
            tracing::warn!(actor = S::NAME, "facts were missed; the state is read again");
            on_gap(service, ctx);
        }
    });
}

/// Has an actor hear that a view changed, until it ends or crashes; changes in quick succession may be told as one. The
/// actor reads the view itself: there is nothing to miss.
pub fn follow_view<S: Service, T: Send + Sync + 'static>(
    ctx: &mut Ctx<S>,
    view: &View<T>,
    mut on_change: impl FnMut(&mut S, &mut Ctx<S>) + 'static,
) {
    let changes = stream::unfold(view.subscribe(), async |mut receiver| {
        receiver.changed().await.ok()?;
        Some(((), receiver))
    });
    each(ctx, changes.boxed_local(), move |service, (), ctx| on_change(service, ctx));
}

/// Handles each item of a stream, one after the other. Each step starts the next one, so that nothing more is taken from
/// the stream once the actor has crashed: actix polls a whole stream on until it has nothing ready.
fn each<S: Service, T: 'static>(
    ctx: &mut Ctx<S>,
    stream: LocalBoxStream<'static, T>,
    mut handle: impl FnMut(&mut S, T, &mut Ctx<S>) + 'static,
) {
    let step = wrap_future::<_, Guarded<S>>(stream.into_future());
    ctx.spawn(step.map(move |(item, rest), shell, ctx| {
        let Some(item) = item else { return };
        if shell.protect(ctx, |service, ctx| handle(service, item, ctx)).is_some() {
            each(ctx, rest, handle);
        }
    }));
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::time::Duration;

    use super::*;
    use crate::runtime::events::REMEMBERED;
    use crate::runtime::guard::testing::Hold;
    use crate::runtime::guard::{ActorSystem, Handle};

    /// Writes down what it hears, and crashes at the fact with the number 13.
    struct Ear {
        facts: Facts,
        view: View<u64>,
        since: Since,
        heard: Arc<Mutex<Vec<String>>>,
    }

    impl Service for Ear {
        const NAME: &'static str = "Ear";

        fn started(&mut self, ctx: &mut Ctx<Self>) {
            follow(
                ctx,
                &self.facts,
                self.since,
                |fact| matches!(fact, Fact::QueueChanged { .. }),
                |ear, event, _| {
                    let Fact::QueueChanged { waiting } = event.fact else { return };
                    assert!(waiting != 13, "unlucky");
                    ear.heard.lock().unwrap().push(waiting.to_string());
                },
                |ear, _| ear.heard.lock().unwrap().push("gap".to_owned()),
            );
            follow_view(ctx, &self.view.clone(), |ear, _| {
                let seen = format!("view {}", ear.view.get());
                ear.heard.lock().unwrap().push(seen);
            });
        }
    }

    struct FollowFixture {
        facts: Facts,
        view: View<u64>,
        heard: Arc<Mutex<Vec<String>>>,
        actor_system: ActorSystem,
        ear: Handle<Ear>,
    }

    fn fixture(since: Since) -> FollowFixture {
        let (facts, view, heard) = (Facts::new(), View::new(0), Arc::<Mutex<Vec<String>>>::default());
        let actor_system = ActorSystem::new(facts.clone(), Arc::new(|_| {}));
        let given = (facts.clone(), view.clone(), heard.clone());
        let ear = actor_system.start(move || Ear {
            facts: given.0.clone(),
            view: given.1.clone(),
            since,
            heard: given.2.clone(),
        });
        FollowFixture { facts, view, heard, actor_system, ear }
    }

    impl FollowFixture {
        fn queue(&self, waiting: usize) {
            self.facts.publish(Fact::QueueChanged { waiting });
        }

        async fn hears(&self, wanted: &[&str]) {
            for _ in 0..3_000 {
                if *self.heard.lock().unwrap() == wanted {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            assert_eq!(*self.heard.lock().unwrap(), wanted);
        }

        /// Publishes while the actor hears nothing.
        async fn meanwhile(&self, publish: impl FnOnce(&Facts)) {
            let (hold, held) = Hold::new();
            let answer = self.ear.send(hold);
            let let_go = held.recv().unwrap();
            publish(&self.facts);
            drop(let_go);
            answer.await.unwrap();
        }
    }

    impl Drop for FollowFixture {
        fn drop(&mut self) {
            self.actor_system.stop();
        }
    }

    #[actix::test]
    async fn a_listener_ends_with_the_life_that_started_it_and_each_fact_is_heard_once() {
        let fixture = fixture(Since::LastLife);
        fixture.meanwhile(|_| {}).await;
        fixture.queue(1);
        fixture.hears(&["1"]).await;
        // The one behind the fact that crashes the actor is already in the channel then.
        fixture.meanwhile(|_| [13, 2].into_iter().for_each(|n| fixture.queue(n))).await;
        fixture.hears(&["1", "2"]).await;
        fixture.queue(3);
        fixture.hears(&["1", "2", "3"]).await;
        fixture.view.publish(7);
        fixture.hears(&["1", "2", "3", "view 7"]).await;
        fixture.meanwhile(|_| {}).await;
        assert_eq!(fixture.heard.lock().unwrap().len(), 4, "nothing is heard twice");
    }

    #[actix::test]
    async fn log_lines_push_nothing_out_and_more_than_is_remembered_is_told_as_a_gap() {
        let fixture = fixture(Since::LastLife);
        fixture.meanwhile(|_| {}).await;
        let line = || Fact::LogLine { file: "Scriptlog.log".into(), line: "x".into(), skipped: 0 };
        fixture
            .meanwhile(|facts| {
                fixture.queue(1);
                (0..3 * REMEMBERED).for_each(|_| facts.publish(line()));
            })
            .await;
        fixture.hears(&["1"]).await;
        fixture
            .meanwhile(|facts| {
                fixture.queue(2);
                (0..2 * REMEMBERED as u64).for_each(|generation| facts.publish(Fact::ConfigChanged { generation }));
                fixture.queue(3);
            })
            .await;
        fixture.hears(&["1", "gap", "3"]).await;
    }

    #[actix::test]
    async fn who_begins_at_the_start_and_falls_behind_before_the_first_fact_is_told_of_the_gap() {
        let fixture = fixture(Since::Start);
        fixture
            .meanwhile(|facts| {
                fixture.queue(1);
                (0..2 * REMEMBERED as u64).for_each(|generation| facts.publish(Fact::ConfigChanged { generation }));
            })
            .await;
        fixture.hears(&["gap"]).await;
    }

    #[actix::test]
    async fn from_the_start_a_new_life_hears_what_is_remembered_again() {
        let fixture = fixture(Since::Start);
        fixture.queue(1);
        fixture.hears(&["1"]).await;
        // One that crashes it is left out: nobody gets further otherwise.
        fixture.queue(13);
        fixture.queue(2);
        fixture.hears(&["1", "1", "2"]).await;
    }
}
