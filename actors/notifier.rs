//! Notifier: tells others how runs went, and that the daemon lives.
//!
//! Theory of operation: the actor listens to facts, makes messages of them and sends each in a task of its own, a few tries
//! with growing pauses, then it is dropped and told in the log. Nothing waits for it, so a dead receiver never delays a run.
//!
//! The script pushes to the configured Uptime Kuma by itself; we push there only for runs that could not report.

pub mod hooks;
pub mod kuma;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix::{AsyncContext, Message};
use reqwest::Url;

use crate::commons::Commons;
use crate::events::{Event, Fact};
use crate::guard::{Answer, Ctx, Reply, Service, Timers};
use crate::outgoing::{Ask, Outgoing};
use crate::runs::Outcome;
use hooks::{Hooks, notice};
use kuma::Push;

/// Pauses before the second and third try.
const PAUSES: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(15)];
/// Messages under way at most; more are dropped, for their receivers are dead.
const MOST_UNDER_WAY: usize = 100;

/// How long the end of the process may be put off for a receiver.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// How long a fact may take until it is on its way to the receivers.
const HEARING: Duration = Duration::from_millis(50);

/// What the Notifier is told at its start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NotifierSettings {
    /// An Uptime Kuma push address that is called while the daemon is healthy.
    pub heartbeat_url: Option<String>,
    /// How often.
    pub heartbeat_every: Duration,
    /// Outgoing hooks.
    pub hooks: Hooks,
}

/// Answered when what is under way has been sent, or after [`LAST_WORDS`]: the process is about to end.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct Finish;

/// Something happened.
#[derive(Debug, Message)]
#[rtype(result = "()")]
struct Heard(Arc<Event>);

/// The actor.
pub struct Notifier {
    commons: Commons,
    settings: NotifierSettings,
    outgoing: Outgoing,
    under_way: Arc<AtomicUsize>,
}

impl Notifier {
    /// Made from the settings.
    pub fn new(commons: Commons, settings: NotifierSettings, outgoing: Outgoing) -> Self {
        Self { commons, settings, outgoing, under_way: Arc::default() }
    }

    fn beat(&mut self, ctx: &mut Ctx<Self>) {
        let Some(base) = self.settings.heartbeat_url.clone() else { return };
        if self.commons.views.config.get().problem.is_none() && self.commons.store.failure().is_none() {
            let alive = Push { up: true, message: "posterizarrd is alive".to_owned(), ping_ms: None };
            self.send(kuma::address(&base, &alive), None);
        }
        ctx.later(self.settings.heartbeat_every, Self::beat);
    }

    /// Pushes to the configured Uptime Kuma what the script could not tell itself.
    fn push(&self, fact: &Fact) {
        let Some(push) = unreported(fact) else { return };
        let config = self.commons.views.config.get();
        if config.flag("Notification", "UseUptimeKuma") {
            let base = config.text("Notification", "UptimeKumaUrl").unwrap_or_default();
            self.send(kuma::address(&base, &push), None);
        }
    }

    fn call_hooks(&self, fact: &Fact) {
        let Some(notice) = notice(fact) else { return };
        let hooks = &self.settings.hooks;
        for address in hooks.addresses(notice.event) {
            self.send(notice.address(address), Some(notice.body(hooks.body.as_deref())));
        }
    }

    /// Posts the JSON text, or just calls the address, in the background; an address that makes no sense is told in the log.
    fn send(&self, url: Option<Url>, json: Option<String>) {
        let Some(url) = url else {
            return tracing::warn!("an address to notify is not a valid http(s) URL; nobody was notified");
        };
        if self.under_way.fetch_add(1, Ordering::Relaxed) >= MOST_UNDER_WAY {
            self.under_way.fetch_sub(1, Ordering::Relaxed);
            return tracing::warn!(host = url.host_str(), "too many notifications are under way, one was dropped");
        }
        let (outgoing, under_way) = (self.outgoing.clone(), self.under_way.clone());
        actix::spawn(async move {
            let host = url.host_str().unwrap_or_default().to_owned();
            let ask = if let Some(json) = json { Ask::post_json(url, json) } else { Ask::get(url) };
            deliver(&outgoing, ask, &host).await;
            under_way.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

/// What the script had no chance to report: that it was not started, or did not live to the end of its run.
fn unreported(fact: &Fact) -> Option<Push> {
    match fact {
        Fact::RunFinished { run, mode, outcome, seconds } => {
            let cut_short =
                matches!(outcome, Outcome::Killed | Outcome::TimedOut | Outcome::Interrupted | Outcome::Unknown);
            let message = format!("{mode} run {run} {}", outcome.name());
            cut_short.then_some(Push { up: false, message, ping_ms: Some(seconds * 1000.0) })
        }
        Fact::RunNotStarted { mode, reason, .. } => {
            Some(Push { up: false, message: format!("{mode} run could not be started: {reason}"), ping_ms: None })
        }
        _ => None,
    }
}

/// Tries until a receiver took it, or refused it for good, or the tries are used up. The log names the host only: paths and
/// queries hold tokens.
async fn deliver(outgoing: &Outgoing, ask: Ask, host: &str) {
    let mut pauses = PAUSES.iter();
    loop {
        let reason = match outgoing.tell(ask.clone()).await {
            Ok(status) if status.is_success() => return,
            Ok(status) if status.is_client_error() => {
                return tracing::warn!(host, %status, "a receiver refused a notification; check its address");
            }
            Ok(status) => status.to_string(),
            Err(trouble) => trouble.to_string(),
        };
        match pauses.next() {
            Some(pause) => tokio::time::sleep(*pause).await,
            None => return tracing::warn!(host, reason, "a receiver could not be notified"),
        }
    }
}

impl Service for Notifier {
    const NAME: &'static str = "Notifier";

    fn started(&mut self, ctx: &mut Ctx<Self>) {
        let (mut live, this) = (self.commons.facts.listen(None).live, ctx.address());
        actix::spawn(async move {
            use tokio::sync::broadcast::error::RecvError;
            loop {
                match live.recv().await {
                    Ok(event) => this.do_send(Heard(event)),
                    Err(RecvError::Lagged(missed)) => tracing::warn!(missed, "notifications were missed"),
                    Err(RecvError::Closed) => return,
                }
            }
        });
        self.beat(ctx);
    }
}

impl Answer<Heard> for Notifier {
    fn answer(&mut self, Heard(event): Heard, _: &mut Ctx<Self>) -> Reply<()> {
        self.push(&event.fact);
        self.call_hooks(&event.fact);
        ().into()
    }
}

impl Answer<Finish> for Notifier {
    fn answer(&mut self, _: Finish, _: &mut Ctx<Self>) -> Reply<()> {
        let under_way = self.under_way.clone();
        let quiet = async move {
            tokio::time::sleep(HEARING).await;
            while under_way.load(Ordering::Relaxed) > 0 {
                tokio::time::sleep(HEARING).await;
            }
        };
        Reply::later(async move {
            if tokio::time::timeout(LAST_WORDS, quiet).await.is_err() {
                tracing::warn!("a receiver is slow; it may not have been notified of the end");
            }
        })
    }
}
