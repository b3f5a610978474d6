//! What the benchmarks share: the daemon as a child process, and figures.

#![allow(dead_code, reason = "each benchmark uses a part")]

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Ratios are measured interleaved in so many rounds, of which the median counts.
pub const ROUNDS: usize = 3;

/// Whatever went wrong.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The daemon as a child process.
pub struct Daemon {
    child: Child,
    pub url: String,
    pub client: reqwest::Client,
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Daemon {
    /// Starts it and gives the time until `/api/health` answered 200.
    pub async fn start(data: &Path, more: &[(&str, &str)]) -> Result<(Self, Duration), Failure> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let url = format!("http://127.0.0.1:{port}");
        let client = reqwest::Client::new();
        let begun = Instant::now();
        let child = Command::new(env!("CARGO_BIN_EXE_posterizarrd"))
            .args(["--data-dir".as_ref(), data.as_os_str(), "--bind".as_ref(), format!("127.0.0.1:{port}").as_ref()])
            .args(["--log-level", "warn", "--updates-enabled=false"])
            .envs(more.iter().copied())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let daemon = Self { child, url, client };
        while !daemon.is_healthy().await {
            if begun.elapsed() > Duration::from_secs(20) {
                return Err("the daemon did not start".into());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok((daemon, begun.elapsed()))
    }

    async fn is_healthy(&self) -> bool {
        self.client.get(format!("{}/api/health", self.url)).send().await.is_ok_and(|answer| answer.status() == 200)
    }

    pub async fn get(&self, path: &str) -> Result<Value, Failure> {
        Ok(self.client.get(format!("{}{path}", self.url)).send().await?.error_for_status()?.json().await?)
    }

    pub fn resident_bytes(&self) -> Result<u64, Failure> {
        self.memory("VmRSS:")
    }

    /// The most that was resident so far.
    pub fn peak_bytes(&self) -> Result<u64, Failure> {
        self.memory("VmHWM:")
    }

    fn memory(&self, field: &str) -> Result<u64, Failure> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(field)).ok_or("the kernel tells no such figure")?;
        Ok(line.split_whitespace().next().ok_or("no number")?.parse::<u64>()? * 1024)
    }

    /// Requests per second, with a header such as `accept-encoding: gzip` if there is one, by wrk.
    pub fn rate(&self, path: &str, header: Option<&str>) -> Result<f64, Failure> {
        let mut wrk = Command::new("wrk");
        wrk.args(["-t1", "-c8", "-d3s"]);
        if let Some(header) = header {
            wrk.args(["-H", header]);
        }
        let output = wrk.arg(format!("{}{path}", self.url)).output()?;
        let text = String::from_utf8(output.stdout)?;
        let line = text.lines().find_map(|line| line.strip_prefix("Requests/sec:")).ok_or("wrk told no rate")?;
        Ok(line.trim().parse()?)
    }
}

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

pub fn percentile(mut values: Vec<f64>, part: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = ((values.len() as f64 - 1.0) * part).round() as usize;
    values.get(at).copied().unwrap_or_default()
}

pub fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// A row of the table.
pub fn row(what: &str, figure: String) {
    println!("| {what} | {figure} |");
}

/// Measures on the folder of the command line, and prints a Markdown table.
pub fn run<F: Future<Output = Result<(), Failure>>>(
    bench: &str,
    measure: impl FnOnce(PathBuf) -> F,
) -> Result<(), Failure> {
    let Some(data) = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).map(PathBuf::from) else {
        // `cargo test --benches` and CI call it without a folder.
        println!("usage: cargo bench --bench {bench} -- DATA_DIR");
        return Ok(());
    };
    println!("| what | figure |\n|---|---|");
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?.block_on(measure(data))
}
