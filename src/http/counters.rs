//! What is counted as it happens; see [`crate::http::api::system::metrics`].

use std::time::Duration;

use actix_web::http::{Method, StatusCode};
use chrono::Utc;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode_registry;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::actors::runs::{Mode, Outcome};
use crate::actors::runtime::events::{Event, Fact};

/// Stands for requests that met no route, and for methods nobody uses.
pub const OTHER: &str = "other";

/// From a second to two days.
const RUN_SECONDS: [f64; 14] =
    [1.0, 10.0, 30.0, 60.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0, 14400.0, 28800.0, 43200.0, 86400.0, 172_800.0];
const REQUEST_SECONDS: [f64; 10] = [0.000_5, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0];

type Histograms<L> = Family<L, Histogram, fn() -> Histogram>;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: String,
    method: &'static str,
    code: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabel {
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RunLabels {
    mode: &'static str,
    status: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ModeLabel {
    mode: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StreamLabel {
    stream: &'static str,
}

/// What is counted as it happens.
#[derive(Debug)]
pub struct Counters {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    request_seconds: Histograms<RouteLabel>,
    runs: Family<RunLabels, Counter>,
    run_seconds: Histograms<ModeLabel>,
    last_run: Family<RunLabels, Gauge>,
    clients: Family<StreamLabel, Gauge>,
}

/// A client that listens to a stream; counted until this is dropped.
#[derive(Debug)]
pub struct Listener(Gauge);

impl Drop for Listener {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Default for Counters {
    fn default() -> Self {
        Self::new()
    }
}

impl Counters {
    /// Counters that start at zero, as of now.
    pub fn new() -> Self {
        let since = Gauge::<i64>::default();
        since.set(Utc::now().timestamp());
        let requests = Family::default();
        let request_seconds: Histograms<_> = Family::new_with_constructor(|| Histogram::new(REQUEST_SECONDS));
        let runs = Family::default();
        let run_seconds: Histograms<_> = Family::new_with_constructor(|| Histogram::new(RUN_SECONDS));
        let last_run = Family::default();
        let clients = Family::default();
        let mut registry = Registry::default();
        registry.register("posterizarr_up_since_timestamp_seconds", "When the daemon started", since);
        registry.register("posterizarr_http_requests", "Requests answered", Family::clone(&requests));
        registry.register(
            "posterizarr_http_request_duration_seconds",
            "Time until an answer began",
            Family::clone(&request_seconds),
        );
        registry.register("posterizarr_runs", "Runs that ended", Family::clone(&runs));
        registry.register("posterizarr_run_duration_seconds", "How long runs took", Family::clone(&run_seconds));
        registry.register(
            "posterizarr_last_run_timestamp_seconds",
            "When a run of this mode last ended this way",
            Family::clone(&last_run),
        );
        registry.register("posterizarr_stream_clients", "Clients that listen to a stream", Family::clone(&clients));
        Self { registry, requests, request_seconds, runs, run_seconds, last_run, clients }
    }

    /// Counts a client that listens to a stream, as long as the answer lives.
    pub fn listener(&self, stream: &'static str) -> Listener {
        let clients = self.clients.get_or_create_owned(&StreamLabel { stream });
        clients.inc();
        Listener(clients)
    }

    /// Counts an answer, under the pattern of its route.
    pub fn answered(&self, route: String, method: &Method, code: StatusCode, took: Duration) {
        let labels = RequestLabels { route: route.clone(), method: known(method), code: code.as_u16() };
        self.requests.get_or_create(&labels).inc();
        self.request_seconds.get_or_create(&RouteLabel { route }).observe(took.as_secs_f64());
    }

    /// Counts a run that ended.
    pub fn note(&self, event: &Event) {
        let Fact::RunFinished { mode, outcome, seconds, .. } = &event.fact else { return };
        self.runs.get_or_create(&run_labels(*mode, *outcome)).inc();
        self.run_seconds.get_or_create(&ModeLabel { mode: mode.name() }).observe(*seconds);
        self.ended(*mode, *outcome, event.at.timestamp());
    }

    /// Takes note of when a run ended; an earlier one changes nothing.
    pub fn ended(&self, mode: Mode, outcome: Outcome, at: i64) {
        let last = self.last_run.get_or_create_owned(&run_labels(mode, outcome));
        if last.get() < at {
            last.set(at);
        }
    }

    /// Writes all of them.
    pub fn write(&self, text: &mut String) -> std::fmt::Result {
        encode_registry(text, &self.registry)
    }
}

fn run_labels(mode: Mode, outcome: Outcome) -> RunLabels {
    RunLabels { mode: mode.name(), status: outcome.name() }
}

/// The method as a label: clients may send any word.
fn known(method: &Method) -> &'static str {
    ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
        .into_iter()
        .find(|name| *name == method.as_str())
        .unwrap_or(OTHER)
}
