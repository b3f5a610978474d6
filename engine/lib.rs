//! Runs: from the script's arguments to its files and an exit code.
//!
//! [`arguments`] says what is asked for, a [`request`] is what that means, and [`run()`] is the frame of every run: its running
//! file, its logs, its result. [`library`] does those over a media server's library, [`modes`] those that need no server.

mod arguments;
pub mod badges;
mod drawing;
pub mod journal;
pub mod library;
mod logs;
mod modes;
pub mod report;
pub mod request;
mod run;
mod running_file;
mod work;

pub use drawing::{Drawing, Legibility};
pub use report::finish;
pub use run::{End, run};
pub use work::{RunContext, RunError, WORKERS, Work};

/// The threads that make pictures.
fn pool() -> Result<rayon::ThreadPool, rayon::ThreadPoolBuildError> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    rayon::ThreadPoolBuilder::new().num_threads(cores.min(WORKERS)).build()
}
