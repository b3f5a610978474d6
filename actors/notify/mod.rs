//! Notifier: tells others how runs went, and that the daemon lives.
//!
//! Theory of operation: the actor listens to facts, makes messages of them and sends each in a task of its own, a few tries
//! with growing pauses, then it is dropped and told in the log. Nothing waits for it, so a dead receiver never delays a run.
//!
//! The script pushes to the configured Uptime Kuma by itself; we push there only for runs that could not report.

pub mod hooks;
pub mod kuma;
mod messages;

pub use messages::Finish;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hooks::{Hooks, notice};
use kuma::Push;
use reqwest::Url;

use crate::config::ConfigView;
use crate::runs::{Outcome, RunView};
use crate::runtime::events::Fact;
use crate::runtime::follow::{Since, follow};
use crate::runtime::guard::{Ctx, Handler, Reply, Service, Timers};
use crate::runtime::shared::Shared;
use crate::runtime::view::View;
use posterizarr_media::http::{HttpClient, Request};

/// Pauses before the second and third try.
const PAUSES: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(15)];
/// Messages under way at most; more are dropped, for their receivers are dead.
const MAX_UNDER_WAY: usize = 100;

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

/// What the actor shows and what it reads.
#[derive(Debug, Clone, Default)]
pub struct Views {
    /// What runs, and what waits.
    pub runs: View<RunView>,
    pub config: View<ConfigView>,
}

/// Owns what is to be told of runs, and which run was told last.
pub struct Notifier {
    shared: Shared,
    views: Views,
    settings: NotifierSettings,
    http: HttpClient,
    under_way: Arc<AtomicUsize>,
    /// The number of the last run whose end was told.
    told: u64,
}

impl Notifier {
    /// Made from the settings.
    pub fn new(shared: Shared, views: Views, settings: NotifierSettings, http: HttpClient) -> Self {
        let told = views.runs.get().last.as_ref().map_or(0, |run| run.id.0);
        Self { shared, views, settings, http, under_way: Arc::default(), told }
    }

    fn tell(&mut self, fact: &Fact) {
        if let Fact::RunFinished { run, .. } = fact {
            self.told = self.told.max(run.0);
        }
        self.push(fact);
        self.call_hooks(fact);
    }

    /// After facts were missed: how the last run ended, unless that was told. What else was missed is lost.
    fn notify_last_run(&mut self, _: &mut Ctx<Self>) {
        tracing::warn!("too much happened at once: some notifications were not sent");
        let Some(last) = self.views.runs.get().last.clone() else { return };
        if let Some(end) = last.end().filter(|_| last.id.0 > self.told) {
            self.tell(&Fact::RunFinished {
                run: last.id,
                mode: last.mode,
                outcome: end.outcome,
                seconds: (end.at - last.started).as_seconds_f64().max(0.0),
            });
        }
    }

    fn beat(&mut self, ctx: &mut Ctx<Self>) {
        let Some(base) = self.settings.heartbeat_url.clone() else { return };
        if self.views.config.get().problem.is_none() && self.shared.store.failure().is_none() {
            let alive = Push { up: true, message: "posterizarrd is alive".to_owned(), ping_ms: None };
            self.send(kuma::address(&base, &alive), None);
        }
        ctx.later(self.settings.heartbeat_every, Self::beat);
    }

    /// Pushes to the configured Uptime Kuma what the script could not tell itself.
    fn push(&self, fact: &Fact) {
        let Some(push) = unreported(fact) else { return };
        let config = self.views.config.get();
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
        if self.under_way.fetch_add(1, Ordering::Relaxed) >= MAX_UNDER_WAY {
            self.under_way.fetch_sub(1, Ordering::Relaxed);
            return tracing::warn!(host = url.host_str(), "too many notifications are under way, one was dropped");
        }
        let (http, under_way) = (self.http.clone(), self.under_way.clone());
        actix::spawn(async move {
            let host = url.host_str().unwrap_or_default().to_owned();
            let request = if let Some(json) = json { Request::post_json(url, json) } else { Request::get(url) };
            deliver(&http, request, &host).await;
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
async fn deliver(http: &HttpClient, request: Request, host: &str) {
    let mut pauses = PAUSES.iter();
    loop {
        let reason = match http.tell(request.clone()).await {
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
        let facts = self.shared.facts.clone();
        follow(ctx, &facts, Since::LastLife, |_| true, |this, event, _| this.tell(&event.fact), Self::notify_last_run);
        self.beat(ctx);
    }
}

impl Handler<Finish> for Notifier {
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

#[cfg(test)]
mod tests;
