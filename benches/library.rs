//! Measures the index of assets on a data folder with a library in it: scan, start from the snapshot, changes, memory,
//! rates, and a request while a scan is on.
//!
//! ```text
//! cargo bench --bench library -- DATA_DIR
//! ```
//!
//! DATA_DIR is used as it is (a copy is wise); a folder is made in its `assets` and removed. Needs `wrk` and `find`, and a
//! warm page cache, which the first round makes. Prints a Markdown table for benches/README.md.

mod harness;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use harness::{Daemon, Failure, ROUNDS, median, milliseconds, percentile, row};

/// A large library takes its time.
const PATIENCE: Duration = Duration::from_secs(120);
const MIB: f64 = 1_048_576.0;

/// Asks until `wanted` holds, and gives the time that took.
async fn until(daemon: &Daemon, path: &str, wanted: impl Fn(&Value) -> bool) -> Result<(Value, Duration), Failure> {
    let begun = Instant::now();
    loop {
        // Nothing is answered before the daemon listens, and not all of it before the first scan.
        if let Ok(answer) = daemon.get(path).await
            && wanted(&answer)
        {
            return Ok((answer, begun.elapsed()));
        }
        if begun.elapsed() > PATIENCE {
            return Err(format!("{path} never showed what was waited for").into());
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// A value of an answer by its JSON pointer.
fn at<'a>(answer: &'a Value, pointer: &str) -> &'a Value {
    answer.pointer(pointer).unwrap_or(&Value::Null)
}

fn is_current(status: &Value) -> bool {
    at(status, "/assets/knowledge") == "current"
}

fn forget(data: &Path) {
    for name in ["assets.index", "manualassets.index"] {
        let _ = std::fs::remove_file(data.join("cache").join(name));
    }
}

/// Seconds that `find` takes to print what the index holds.
fn find(assets: &Path) -> Result<f64, Failure> {
    let begun = Instant::now();
    Command::new("find").arg(assets).args(["-printf", "%s %T@ %p\n"]).stdout(Stdio::null()).status()?;
    Ok(begun.elapsed().as_secs_f64())
}

/// A fresh daemon that has scanned; the seconds its scan took, and all until it was done.
async fn scanned(data: &Path) -> Result<(Daemon, f64, f64), Failure> {
    forget(data);
    let begun = Instant::now();
    let (daemon, _) = Daemon::start(data, &[]).await?;
    let (status, _) = until(&daemon, "/api/cache/status", is_current).await?;
    let took = at(&status, "/assets/scan_seconds").as_f64().ok_or("no scan_seconds")?;
    Ok((daemon, took, begun.elapsed().as_secs_f64()))
}

async fn scans(data: &Path) -> Result<(), Failure> {
    let (mut finds, mut scans, mut wholes) = (Vec::new(), Vec::new(), Vec::new());
    // Makes the page cache warm.
    find(&data.join("assets"))?;
    for _ in 0..ROUNDS {
        finds.push(find(&data.join("assets"))?);
        let (_, scan, whole) = scanned(data).await?;
        scans.push(scan);
        wholes.push(whole);
    }
    let (find, scan) = (median(finds), median(scans));
    row("`find assets -printf '%s %T@ %p\\n'`", format!("{:.0} ms", find * 1000.0));
    row("first scan by a fresh process", format!("{:.0} ms ({:.2} of `find`)", scan * 1000.0, scan / find));
    row("exec → that scan done", format!("{:.0} ms", median(wholes) * 1000.0));
    Ok(())
}

/// Starts from the snapshot of the last daemon.
async fn starts(data: &Path) -> Result<(), Failure> {
    let kept = data.join("cache/assets.index");
    let (daemon, ..) = scanned(data).await?;
    while !std::fs::exists(&kept)? {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    drop(daemon);
    let (mut times, mut health) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        let begun = Instant::now();
        let (daemon, healthy) = Daemon::start(data, &[]).await?;
        health.push(milliseconds(healthy));
        until(&daemon, "/api/gallery", |answer| {
            at(answer, "/images").as_array().is_some_and(|images| !images.is_empty())
        })
        .await?;
        times.push(milliseconds(begun.elapsed()));
        // The next start should find this one's scan done, not its process in the way.
        until(&daemon, "/api/cache/status", is_current).await?;
    }
    row("snapshot on disk", format!("{:.1} MiB", std::fs::metadata(kept)?.len() as f64 / MIB));
    let (times, health) = (median(times), median(health));
    row("exec → `/api/health`, and → gallery from the snapshot, median of 5", format!("{health:.0} and {times:.0} ms"));
    Ok(())
}

/// Makes changes and waits until they show.
async fn changes(daemon: &Daemon, assets: &Path) -> Result<(), Failure> {
    let (library, title) = (assets.join("Benchmark"), "Benchmark/Title (2025)");
    let folder = assets.join(title);
    std::fs::create_dir_all(&folder)?;
    let browse = |path: &str| format!("/api/folder-view/browse?path={path}");
    let shown = format!("/api/assets-folder-images/posters/{title}");
    until(daemon, &browse(title), |answer| at(answer, "/success") == true).await?;
    let has = |size: u64| move |answer: &Value| at(answer, "/images/0/size") == size;
    let mut times = Vec::new();
    std::fs::write(folder.join("poster.jpg"), "1")?;
    times.push(("created", until(daemon, &shown, has(1)).await?.1));
    std::fs::write(folder.join("poster.jpg"), "22")?;
    times.push(("changed", until(daemon, &shown, has(2)).await?.1));
    std::fs::rename(folder.join("poster.jpg"), folder.join("other.jpg"))?;
    times.push(("renamed", until(daemon, &shown, |answer| at(answer, "/images/0/name") == "other.jpg").await?.1));
    std::fs::remove_file(folder.join("other.jpg"))?;
    times.push(("deleted", until(daemon, &shown, |answer| *at(answer, "/images") == serde_json::json!([])).await?.1));
    let deep = folder.join("a/b/c");
    std::fs::create_dir_all(&deep)?;
    for n in 0..200 {
        std::fs::write(deep.join(format!("{n}.jpg")), "x")?;
    }
    times
        .push(("`mkdir -p a/b/c` and 200 files", until(daemon, &shown, |answer| at(answer, "/total") == 200).await?.1));
    std::fs::remove_dir_all(library)?;
    let texts: Vec<_> = times.iter().map(|(what, time)| format!("{what} {:.0} ms", milliseconds(*time))).collect();
    row("a change on disk shows", texts.join(", "));
    Ok(())
}

/// Rates of paths, some with a header, in turns: the median of each.
fn rates(daemon: &Daemon, asked: &[(&str, Option<&str>)]) -> Result<Vec<f64>, Failure> {
    let mut rates = vec![Vec::new(); asked.len()];
    for _ in 0..ROUNDS {
        for ((path, header), rates) in asked.iter().zip(&mut rates) {
            rates.push(daemon.rate(path, *header)?);
        }
    }
    Ok(rates.into_iter().map(median).collect())
}

/// Rates of listings against the bare `/api`.
fn listings(daemon: &Daemon) -> Result<(), Failure> {
    let paths = ["/api", "/api/assets/stats", "/api/gallery", "/api/assets-folders"];
    let rates = rates(daemon, &paths.map(|path| (path, None)))?;
    let bare = rates.first().copied().unwrap_or_default();
    for (path, rate) in paths.iter().zip(rates) {
        row(&format!("`wrk -t1 -c8` on `{path}`"), format!("{rate:.0} requests/s ({:.2} of `/api`)", rate / bare));
    }
    Ok(())
}

/// Rates of the overview in every form, against a static file of its size.
async fn overview(daemon: &Daemon, data: &Path) -> Result<(), Failure> {
    const PATH: &str = "/api/assets/overview";
    let answer = daemon.client.get(format!("{}{PATH}", daemon.url)).send().await?.error_for_status()?;
    let tag = answer.headers().get("etag").ok_or("the overview has no ETag")?.to_str()?.to_owned();
    let body = answer.bytes().await?;
    let file = data.join("test/benchmark.json");
    std::fs::create_dir_all(data.join("test"))?;
    std::fs::write(&file, &body)?;
    let known = format!("if-none-match: {tag}");
    let asked = [
        (PATH, Some("accept-encoding: gzip")),
        (PATH, Some("accept-encoding: br")),
        (PATH, None),
        ("/test/benchmark.json", None),
        (PATH, Some(&*known)),
        ("/api/assets/stats", None),
    ];
    let rates = rates(daemon, &asked);
    std::fs::remove_file(&file)?;
    let [gzip, brotli, plain, file, unchanged, stats] = *rates? else { return Err("a rate is missing".into()) };
    row(
        &format!("`{PATH}` ({:.1} MB) compressed with gzip, with brotli", body.len() as f64 / 1e6),
        format!("{gzip:.0} and {brotli:.0} requests/s"),
    );
    row(
        "the same uncompressed, and a static file of that size",
        format!("{plain:.0} and {file:.0} requests/s ({:.2})", plain / file),
    );
    let ratio = unchanged / stats;
    row("the same, unchanged (304)", format!("{unchanged:.0} requests/s ({ratio:.2} of `/api/assets/stats`)"));
    Ok(())
}

/// 200 requests at once for thumbnails of 50 pictures.
async fn thumbnails(daemon: &Daemon) -> Result<(), Failure> {
    const WIDTH: u32 = 480;
    let gallery = daemon.get("/api/gallery?limit=50").await?;
    let images = at(&gallery, "/images").as_array().cloned().unwrap_or_default();
    let urls: Vec<_> = images.iter().filter_map(|image| at(image, "/url").as_str().map(str::to_owned)).collect();
    let begun = Instant::now();
    let requests = urls.iter().cycle().take(4 * urls.len()).map(|url| {
        let path = percent_encoding::utf8_percent_encode(url, percent_encoding::NON_ALPHANUMERIC);
        daemon.client.get(format!("{}/api/thumbnail?path={path}&w={WIDTH}", daemon.url)).send()
    });
    for answer in futures_util::future::join_all(requests).await {
        answer?.error_for_status()?.bytes().await?;
    }
    let took = milliseconds(begun.elapsed());
    row(
        &format!("{} requests at once for thumbnails of {} pictures", 4 * urls.len(), urls.len()),
        format!("{took:.0} ms"),
    );
    Ok(())
}

/// How long a gallery takes, asked one after the other.
async fn gallery(daemon: &Daemon) -> Result<(), Failure> {
    for path in ["/api/gallery", "/api/gallery?q=ocean&sort=-modified"] {
        let mut times = Vec::new();
        for _ in 0..200 {
            let begun = Instant::now();
            daemon.get(path).await?;
            times.push(milliseconds(begun.elapsed()));
        }
        row(
            &format!("`{path}`, median / p99 of 200"),
            format!("{:.1} / {:.1} ms", median(times.clone()), percentile(times, 0.99)),
        );
    }
    Ok(())
}

/// Milliseconds of requests for one folder while scans are on.
async fn while_scanning(daemon: &Daemon, folder: &str) -> Result<Vec<f64>, Failure> {
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let scan = tokio::spawn(daemon.client.post(format!("{}/api/refresh-cache", daemon.url)).send());
        while !scan.is_finished() {
            let begun = Instant::now();
            daemon.get(&format!("/api/assets-folder-images/posters/{folder}")).await?;
            times.push(milliseconds(begun.elapsed()));
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        scan.await??.error_for_status()?;
    }
    Ok(times)
}

async fn measure(data: PathBuf) -> Result<(), Failure> {
    scans(&data).await?;
    starts(&data).await?;

    let (daemon, ..) = scanned(&data).await?;
    tokio::time::sleep(Duration::from_secs(10)).await;
    let status = daemon.get("/api/cache/status").await?;
    row(
        "images and folders in the index",
        format!("{} and {}", at(&status, "/assets/files"), at(&status, "/assets/folders")),
    );
    row("RSS, 10 s after the scan", format!("{:.1} MiB", daemon.resident_bytes()? as f64 / MIB));
    changes(&daemon, &data.join("assets")).await?;

    listings(&daemon)?;
    gallery(&daemon).await?;
    overview(&daemon, &data).await?;
    thumbnails(&daemon).await?;

    let browse = daemon.get("/api/folder-view/browse?path=Movies").await?;
    let folder = at(&browse, "/items/0/path").as_str().ok_or("there is no folder in Movies")?.to_owned();
    let times = while_scanning(&daemon, &folder).await?;
    row(
        &format!("one folder's images while a scan is on, median / p99 / longest of {}", times.len()),
        format!(
            "{:.1} / {:.1} / {:.1} ms",
            median(times.clone()),
            percentile(times.clone(), 0.99),
            percentile(times, 1.0)
        ),
    );
    let begun = Instant::now();
    let all =
        daemon.client.get(format!("{}/api/assets-folder-images/titlecards/TV%20Shows", daemon.url)).send().await?;
    let bytes = all.bytes().await?.len();
    row(
        "all title cards of `TV Shows` in one answer",
        format!("{:.1} MiB in {:.0} ms", bytes as f64 / MIB, milliseconds(begun.elapsed())),
    );
    row("RSS after all this", format!("{:.1} MiB", daemon.resident_bytes()? as f64 / MIB));
    Ok(())
}

fn main() -> Result<(), Failure> {
    harness::run("library", measure)
}
