//! Measures the real daemon on a data folder: start, memory, request rates, thumbnails, log latency, webhook
//! acknowledgements.
//!
//! ```text
//! cargo bench --bench daemon -- DATA_DIR
//! ```
//!
//! DATA_DIR is used as it is (a copy is wise); a 1 GB log is written into it and removed. Needs `wrk`. Rates are measured
//! interleaved in three rounds, of which the median counts. Prints a Markdown table for benches/README.md.

mod harness;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use serde_json::json;

use harness::{Daemon, Failure, ROUNDS, median, milliseconds, percentile, row};

const WEBHOOKS: usize = 1000;
const CLIENTS: usize = 8;
const POSTERS: usize = 100;

/// Writes a log of about a gigabyte.
fn write_large_log(path: &Path) -> Result<(), Failure> {
    let line = "[2026-11-23 03:00:05] [INFO]    |L.1234 |      a line of the usual length that tells about one title of the library\n";
    let block = line.repeat(10_000);
    let mut file = std::fs::File::create(path)?;
    for _ in 0..(1_000_000_000 / block.len() + 1) {
        file.write_all(block.as_bytes())?;
    }
    Ok(())
}

/// Milliseconds from the append of a line to its arrival at a WebSocket client, one by one.
async fn log_latency(daemon: &Daemon, log: &Path) -> Result<Vec<f64>, Failure> {
    let name = log.file_name().and_then(|name| name.to_str()).ok_or("no name")?;
    let socket = format!("{}/ws/logs?log_file={name}", daemon.url.replace("http", "ws"));
    let (mut socket, _) = tokio_tungstenite::connect_async(socket).await?;
    let mut latencies = Vec::new();
    for n in 0..100 {
        let mark = format!("latency mark {n}");
        let begun = Instant::now();
        let mut file = std::fs::OpenOptions::new().append(true).open(log)?;
        writeln!(file, "[2026-11-23 03:00:05] [INFO]    |L.1234 | {mark}")?;
        loop {
            let frame =
                tokio::time::timeout(Duration::from_secs(5), socket.next()).await?.ok_or("the socket closed")??;
            if frame.to_text()?.contains(&mark) {
                break;
            }
        }
        latencies.push(milliseconds(begun.elapsed()));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(latencies)
}

/// Scans the whole library without a pause for as long as `work` takes; gives how often as well.
async fn while_scanning<T>(
    daemon: &Daemon,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<(T, usize), Failure> {
    let scanned = AtomicUsize::new(0);
    let scans = async {
        loop {
            daemon.client.post(format!("{}/api/refresh-cache", daemon.url)).send().await?.error_for_status()?;
            scanned.fetch_add(1, Ordering::Relaxed);
        }
    };
    tokio::select! {
        done = work => Ok((done?, scanned.load(Ordering::Relaxed))),
        failed = scans => failed,
    }
}

/// Milliseconds of a 4 KB write with fsync to new files of a folder.
fn bare_writes(folder: &Path) -> Result<Vec<f64>, Failure> {
    let body = vec![b'x'; 4096];
    let mut times = Vec::new();
    for n in 0..200 {
        let path = folder.join(format!(".bare-{n}"));
        let begun = Instant::now();
        let mut file = std::fs::File::create(&path)?;
        file.write_all(&body)?;
        file.sync_all()?;
        times.push(milliseconds(begun.elapsed()));
        std::fs::remove_file(path)?;
    }
    Ok(times)
}

/// Milliseconds of each acknowledgement: webhooks from several clients, spread over five seconds, while a run is on.
async fn webhook_acknowledgements(daemon: &Daemon) -> Result<Vec<f64>, Failure> {
    let tasks = (0..CLIENTS).map(|client| {
        let (http, url) = (daemon.client.clone(), format!("{}/api/webhook/arr", daemon.url));
        tokio::spawn(async move {
            let mut times = Vec::new();
            let each = WEBHOOKS / CLIENTS;
            for n in 0..each {
                let id = client * each + n + 1;
                let body = json!({"eventType": "Download", "movie": {"title": format!("Movie {id}"), "tmdbId": id, "year": 2024}, "movieFile": {"id": id}});
                let begun = Instant::now();
                http.post(&url).json(&body).send().await?.error_for_status()?;
                times.push(milliseconds(begun.elapsed()));
                tokio::time::sleep(Duration::from_millis(5000 / each as u64).saturating_sub(begun.elapsed())).await;
            }
            Ok::<_, Failure>(times)
        })
    });
    let mut all = Vec::new();
    for times in futures_util::future::join_all(tasks).await {
        all.extend(times??);
    }
    Ok(all)
}

/// Puts posters of the usual size, with a good deal of detail, into a folder.
fn write_posters(folder: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(folder)?;
    let mut seed = 1_u32;
    let poster = image::RgbImage::from_fn(2000, 3000, |x, y| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let grain = (seed >> 27) as u8;
        image::Rgb([(x / 8) as u8 ^ grain, (y / 12) as u8 + grain / 2, ((x + y) / 20) as u8 | grain])
    });
    let mut jpeg = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, 92).encode_image(&poster)?;
    for n in 0..POSTERS {
        std::fs::write(folder.join(format!("{n}.jpg")), &jpeg)?;
    }
    Ok(())
}

/// Thumbnails made per second, for several clients that each want all of them.
async fn thumbnails(daemon: &Daemon) -> Result<f64, Failure> {
    let begun = Instant::now();
    let tasks = (0..CLIENTS).map(|_| {
        let (http, url) = (daemon.client.clone(), format!("{}/api/thumbnail?root=test&path=posters", daemon.url));
        tokio::spawn(async move {
            for n in 0..POSTERS {
                http.get(format!("{url}/{n}.jpg")).send().await?.error_for_status()?.bytes().await?;
            }
            Ok::<_, Failure>(())
        })
    });
    for done in futures_util::future::join_all(tasks).await {
        done??;
    }
    Ok(POSTERS as f64 / begun.elapsed().as_secs_f64())
}

async fn measure(data: PathBuf) -> Result<(), Failure> {
    let data = data.as_path();
    // The second start of each round finds folders and store in place.
    drop(Daemon::start(data, &[]).await?);
    let mut starts = Vec::new();
    for _ in 0..5 {
        starts.push(milliseconds(Daemon::start(data, &[]).await?.1));
    }
    row("exec → first 200 on `/api/health`, median of 5", format!("{:.0} ms", median(starts)));

    let (daemon, _) = Daemon::start(data, &[]).await?;
    tokio::time::sleep(Duration::from_secs(10)).await;
    row("RSS, idle for 10 s", format!("{:.1} MiB", daemon.resident_bytes()? as f64 / 1_048_576.0));

    let paths = ["/api", "/api/status", "/api/health", "/api/version", "/api/dashboard/all"];
    let mut rates = vec![Vec::new(); paths.len()];
    for _ in 0..ROUNDS {
        for (path, rates) in paths.iter().zip(&mut rates) {
            rates.push(daemon.rate(path, None)?);
        }
    }
    for (path, rates) in paths.iter().zip(rates) {
        row(&format!("`wrk -t1 -c8` on `{path}`"), format!("{:.0} requests/s", median(rates)));
    }
    row("RSS after that", format!("{:.1} MiB", daemon.resident_bytes()? as f64 / 1_048_576.0));

    drop(daemon);

    let posters = data.join("test/posters");
    write_posters(&posters)?;
    let (daemon, _) = Daemon::start(data, &[]).await?;
    let made = thumbnails(&daemon).await?;
    row("thumbnails of 2000x3000 JPEGs, 320 wide, made for 8 clients", format!("{made:.0} images/s"));
    row("RSS after that", format!("{:.1} MiB", daemon.resident_bytes()? as f64 / 1_048_576.0));
    let kept = daemon.rate("/api/thumbnail?root=test&path=posters/1.jpg", None)?;
    row("`wrk -t1 -c8` on one of them, from disk", format!("{kept:.0} requests/s"));
    drop(daemon);
    std::fs::remove_dir_all(posters)?;

    let log = data.join("Logs/Scriptlog.log");
    let kept = std::fs::read(&log).unwrap_or_default();
    write_large_log(&log)?;
    let (daemon, _) = Daemon::start(data, &[]).await?;
    let mut pages = Vec::new();
    for _ in 0..20 {
        let begun = Instant::now();
        daemon.get("/api/logs/Scriptlog.log?tail=500").await?;
        pages.push(milliseconds(begun.elapsed()));
    }
    row("last 500 lines of a 1 GB log, median", format!("{:.1} ms", median(pages)));
    let latencies = log_latency(&daemon, &log).await?;
    row(
        "line appended to the 1 GB log → WebSocket client, median / p99",
        format!("{:.1} / {:.1} ms", median(latencies.clone()), percentile(latencies, 0.99)),
    );
    row("RSS with the 1 GB log followed", format!("{:.1} MiB", daemon.resident_bytes()? as f64 / 1_048_576.0));
    std::fs::write(&log, kept)?;
    drop(daemon);

    let runner = [("POSTERIZARRD_RUNNER_COMMAND", "sleep 60"), ("ARR_WAIT_TIME", "3600")];
    let (daemon, _) = Daemon::start(data, &runner).await?;
    daemon.client.post(format!("{}/api/run/normal", daemon.url)).send().await?.error_for_status()?;
    let folder = data.to_owned();
    let bare = tokio::task::spawn_blocking(move || bare_writes(&folder));
    let (bare, _) = while_scanning(&daemon, async { bare.await? }).await?;
    let (acknowledgements, scans) = while_scanning(&daemon, webhook_acknowledgements(&daemon)).await?;
    row(
        &format!(
            "1,000 webhooks in 5 s from 8 clients during a run and {scans} full scans: acknowledgement median / p99"
        ),
        format!("{:.1} / {:.1} ms", median(acknowledgements.clone()), percentile(acknowledgements, 0.99)),
    );
    row(
        "4 KB write + fsync to the same disk during the run and full scans, median / p99",
        format!("{:.1} / {:.1} ms", median(bare.clone()), percentile(bare, 0.99)),
    );
    daemon.client.post(format!("{}/api/force-kill", daemon.url)).send().await?;
    Ok(())
}

fn main() -> Result<(), Failure> {
    harness::run("daemon", measure)
}
