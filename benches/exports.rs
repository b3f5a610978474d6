//! Measures the real daemon on exports of 100,000 and 200,000 rows: import, listing, memory.
//!
//! `cargo bench --bench exports`. Needs nothing; works in temporary folders. Prints a Markdown table for benches/README.md.

mod harness;

use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use harness::{Daemon, Failure, row};

const ROWS: [u64; 2] = [100_000, 200_000];
const MIB: f64 = 1024.0 * 1024.0;
const PATIENCE: Duration = Duration::from_secs(120);

/// Writes an export of the script, with as many movies, and gives its size.
fn write_export(path: &Path, rows: u64) -> std::io::Result<u64> {
    let mut file = BufWriter::new(std::fs::File::create(path)?);
    writeln!(
        file,
        r#""Library Name";"Library Type";"Library Language";"title";"Resolution";"originalTitle";"SeasonNames";"SeasonNumbers";"SeasonRatingKeys";"year";"tvdbid";"imdbid";"tmdbid";"ratingKey";"Path";"RootFoldername";"extraFolder";"MultipleVersions";"PlexPosterUrl";"PlexBackgroundUrl";"PlexSeasonUrls";"Labels""#
    )?;
    for n in 0..rows {
        writeln!(
            file,
            r#""Movies";"movie";"en";"A Title of the Usual Length {n}";"1080p (H.264)";;;;;"1995";;"tt{n:07}";"{n}";"{n}";"/data/movies/";"A Title of the Usual Length {n} (1995) {{tmdb-{n}}}";;"False";"/library/metadata/{n}/thumb/1700000000";"/library/metadata/{n}/art/1700000000";;"Overlay""#
        )?;
    }
    file.flush()?;
    Ok(file.get_ref().metadata()?.len())
}

/// Waits until the export is known, and gives the time since `begun`.
async fn imported(daemon: &Daemon, rows: u64, begun: Instant) -> Result<Duration, Failure> {
    loop {
        let known = daemon.get("/api/plex-export/statistics").await?;
        if known.pointer("/statistics/total_library_records").and_then(serde_json::Value::as_u64) == Some(rows) {
            return Ok(begun.elapsed());
        }
        if begun.elapsed() > PATIENCE {
            return Err(format!("the export was not imported: {known}").into());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Reads the whole list as it comes, and gives its size.
async fn listed(daemon: &Daemon) -> Result<usize, Failure> {
    let answer = daemon.client.get(format!("{}/api/plex-export/library", daemon.url)).send().await?;
    let (mut answer, mut bytes) = (answer.error_for_status()?, 0);
    while let Some(piece) = answer.chunk().await? {
        bytes += piece.len();
    }
    Ok(bytes)
}

async fn measure(rows: u64) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let (daemon, _) = Daemon::start(folder.path(), &[]).await?;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let before = daemon.resident_bytes()? as f64 / MIB;
    let partial = folder.path().join("temp/export");
    let bytes = write_export(&partial, rows)?;
    let begun = Instant::now();
    std::fs::rename(&partial, folder.path().join("Logs/PlexLibexport.csv"))?;
    let took = imported(&daemon, rows, begun).await?;
    row(
        &format!("{rows} rows ({:.0} MB): file there → all known", bytes as f64 / 1e6),
        format!("{:.1} s; RSS {before:.0} → at most {:.0} MiB", took.as_secs_f64(), daemon.peak_bytes()? as f64 / MIB),
    );
    let begun = Instant::now();
    let bytes = listed(&daemon).await?;
    row(
        &format!("all of them in one answer ({:.0} MB)", bytes as f64 / 1e6),
        format!("{:.1} s; RSS at most {:.0} MiB", begun.elapsed().as_secs_f64(), daemon.peak_bytes()? as f64 / MIB),
    );
    Ok(())
}

fn main() -> Result<(), Failure> {
    println!("| what | figure |\n|---|---|");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(async {
        for rows in ROWS {
            measure(rows).await?;
        }
        Ok(())
    })
}
