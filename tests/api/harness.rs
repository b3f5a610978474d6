//! A daemon in this process: own data folder, port 0, stopped when dropped.

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use chrono::{Local, NaiveDateTime, TimeZone};
use posterizarrd::actors::library::trash::TrashSettings;
use posterizarrd::http::State;
use posterizarrd::settings::Settings;
use posterizarrd::startup::Application;
use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// How often a test with random numbers is to try: what the environment variable says, or a few times.
pub fn number_from(variable: &str, usual: u64) -> u64 {
    std::env::var(variable).ok().and_then(|value| value.parse().ok()).unwrap_or(usual)
}

/// A running daemon and a client for it.
pub struct TestApp {
    pub folder: tempfile::TempDir,
    pub state: State,
    pub url: String,
    pub client: reqwest::Client,
    running: JoinHandle<io::Result<()>>,
    stop: oneshot::Sender<()>,
    actors: Actors,
}

/// Stops the threads of the actors with the test: the runtime ends before the daemon could do it in order, and what they
/// hold (inotify instances, of which a user has 128) is missing in the next tests.
struct Actors(State);

impl Drop for Actors {
    fn drop(&mut self) {
        self.0.actor_system.stop();
    }
}

/// An answer, read whole.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl TestApp {
    pub fn start() -> Self {
        Self::start_with(|_| {})
    }

    pub fn start_with(change: impl FnOnce(&mut Settings)) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), change)
    }

    /// Starts on a folder the test has prepared.
    pub fn start_in(folder: tempfile::TempDir, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = settings(folder.path());
        change(&mut settings);
        let app = Application::build(settings).unwrap();
        let url = format!("http://{}", app.address());
        let state = app.state();
        let (stop, stopped) = oneshot::channel::<()>();
        let running = actix_web::rt::spawn(app.run_until_stopped(async {
            let _ = stopped.await;
        }));
        // A connection that was idle for a while may be closed by the server just when the next request takes it.
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).pool_max_idle_per_host(0);
        let client = client.build().unwrap();
        let actors = Actors(state.clone());
        Self { folder, state, url, client, running, stop, actors }
    }

    /// Tells the daemon to stop; what is given back ends once it is down.
    pub fn stop(self) -> JoinHandle<()> {
        let Self { folder, running, stop, actors, .. } = self;
        drop(stop);
        actix_web::rt::spawn(async move {
            running.await.unwrap().unwrap();
            drop((folder, actors));
        })
    }

    /// The data folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub async fn send(
        &self,
        method: Method,
        path: &str,
        with: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Answer {
        let request = with(self.client.request(method, format!("{}{path}", self.url)));
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        Answer { status, headers, body: response.bytes().await.unwrap().to_vec() }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, |request| request).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, |request| request.json(body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, |request| request).await
    }
}

/// Waits, polling, until `condition` gives a value; fails the test after thirty seconds.
pub async fn eventually<T>(what: &str, condition: impl AsyncFnMut() -> Option<T>) -> T {
    eventually_in(Duration::from_secs(30), what, condition).await
}

/// Like [`eventually`], with a limit of its own.
pub async fn eventually_in<T>(limit: Duration, what: &str, mut condition: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(value) = condition().await {
            return value;
        }
        assert!(Instant::now() < deadline, "never happened: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Settings for a data folder, port 0, and nobody on the Internet is asked for versions.
pub fn settings(folder: &Path) -> Settings {
    Settings {
        bind: "127.0.0.1:0".parse().unwrap(),
        executable: env!("CARGO_BIN_EXE_posterizarrd").into(),
        trash: TrashSettings { enabled: true, max_size: 1024 * 1024 * 1024, max_age: None },
        updates: false,
        release_url: String::new(),
        releases_url: String::new(),
        ..Settings::default_in(folder)
    }
}

/// A local time without its zone, as upstream tells it, as the API tells it besides: with its zone.
pub fn instant(local: &Value) -> Value {
    let local: NaiveDateTime = local.as_str().unwrap().parse().unwrap();
    json!(Local.from_local_datetime(&local).earliest().unwrap().fixed_offset())
}
