//! The run history at its yardstick: 100,000 rows.
//!
//! `cargo bench --bench history`. Needs nothing; works in a temporary folder. Prints figures, promises none.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{Days, NaiveDate};
use posterizarrd::actors::history::{Filter, Sort};
use posterizarrd::actors::history::{Historian, query};
use posterizarrd::actors::history::{HistoryRow, StoredHistoryRow, parse_iso};
use posterizarrd::actors::runtime::data_dir::DataDir;
use posterizarrd::actors::runtime::events::Facts;
use posterizarrd::actors::runtime::guard::ActorSystem;
use posterizarrd::actors::runtime::shared::Shared;
use posterizarrd::actors::runtime::view::View;
use posterizarrd::actors::store::Store;

const ROWS: u64 = 100_000;
const ROUNDS: usize = 200;

type Failure = Box<dyn std::error::Error>;

fn row(id: u64) -> HistoryRow {
    let day = NaiveDate::from_ymd_opt(2000, 1, 1).and_then(|day| day.checked_add_days(Days::new(id / 11)));
    let start = format!("{}T{:02}:00:02", day.unwrap_or_default(), id % 11 * 2);
    HistoryRow {
        id,
        timestamp: start.clone(),
        mode: ["normal", "scheduled", "arr", "tautulli", "backup"]
            .iter()
            .cycle()
            .nth((id % 5) as usize)
            .map(|mode| (*mode).to_owned()),
        total_images: 42,
        posters: 12,
        seasons: 10,
        backgrounds: 10,
        titlecards: 10,
        errors: i64::from(id.is_multiple_of(7)),
        fallbacks: 2,
        uptime_kuma: 1,
        space_saved: Some("0".to_owned()),
        script_version: Some("2.1.15".to_owned()),
        im_version: Some("7.1.2.8".to_owned()),
        end_time: Some(start.replace(":00:02", ":12:09")),
        start_time: Some(start),
        log_file: Some("scheduled.json".to_owned()),
        status: Some("completed".to_owned()),
        ..HistoryRow::default()
    }
    .lasting(727)
}

fn size(folder: &std::path::Path) -> std::io::Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let metadata = entry?.metadata()?;
        bytes += if metadata.is_file() { metadata.len() } else { 0 };
    }
    Ok(bytes)
}

/// Median and highest of many rounds, in milliseconds.
fn measure<T>(what: &str, mut work: impl FnMut() -> Result<T, Failure>) -> Result<(), Failure> {
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let began = Instant::now();
        std::hint::black_box(work()?);
        times.push(began.elapsed());
    }
    times.sort_unstable();
    let ms = |time: Option<&Duration>| time.map_or(f64::NAN, |time| time.as_secs_f64() * 1000.0);
    println!("{what}: median {:.3} ms, highest {:.3} ms", ms(times.get(ROUNDS / 2)), ms(times.last()));
    Ok(())
}

fn main() -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let data = DataDir::new(folder.path())?;
    data.create().map_err(|(_, error)| error)?;
    {
        let store = Store::open(&data.store())?;
        let table = store.table::<StoredHistoryRow>()?;
        for batch in 0..ROWS / 1_000 {
            let ids = batch * 1_000 + 1..=(batch + 1) * 1_000;
            table.apply(ids.map(|id| (id.to_be_bytes().to_vec(), Some(StoredHistoryRow(row(id))))))?;
        }
        store.flush()?;
    }
    let bytes = size(&data.store())?;
    println!("store: {:.1} MB, {} bytes a row", bytes as f64 / 1e6, bytes / ROWS);
    let json = serde_json::to_vec(&StoredHistoryRow(row(ROWS)))?.len();
    println!("a row's record: {json} bytes");

    let began = Instant::now();
    let store = Store::open(&data.store())?;
    println!("store opened in {:?}", began.elapsed());
    let shared = Shared { data, store, facts: Facts::new() };
    let shown = View::default();
    actix_web::rt::System::new().block_on(async {
        let actor_system = ActorSystem::new(shared.facts.clone(), Arc::new(|_| {}));
        let (given, began) = ((shared.clone(), shown.clone()), Instant::now());
        actor_system.start(move || Historian::new(given.0.clone(), given.1.clone()));
        let view = shown.wait_for(|view| view.loaded).await;
        println!("index of {} rows made in {:?}", view.index.len(), began.elapsed());
        let store = &shared.store;
        let all = Filter::default();
        let arr = Filter { mode: Some("arr".to_owned()), ..Filter::default() };
        let ever = Filter { since: parse_iso("1990-01-01T00:00:00"), ..Filter::default() };
        measure("first page of 50", || Ok(query::page(&view, store, &all, Sort::NEWEST, 0, 50)?))?;
        measure("page of 500 in the middle", || Ok(query::page(&view, store, &all, Sort::NEWEST, 50_000, 500)?))?;
        measure("first page of one mode", || Ok(query::page(&view, store, &arr, Sort::NEWEST, 0, 50)?))?;
        let runtime = Sort::parse("-runtime").ok_or("no such order")?;
        measure("first page by run time", || Ok(query::page(&view, store, &all, runtime, 0, 50)?))?;
        measure("summary over all rows", || Ok((view.index.totals(&ever), query::latest(&view, store)?)))?;
        measure("days over all rows", || Ok(view.index.days(&ever)))?;
        actor_system.stop();
        Ok(())
    })
}
