//! The poster engine: decodes, composes and letters artwork. It knows neither actors nor HTTP.
//!
//! From the bottom up: [`text`] and [`picture`] know nothing of posters; [`design`] and [`config`] say how artwork is to look;
//! [`kit`] brings the two together. [`run()`] is the whole of it: the arguments of the poster script in, its files and an exit
//! code out.

pub mod arguments;
pub mod config;
pub mod design;
mod files;
pub mod geometry;
mod handmade;
mod journal;
pub mod kit;
mod logo;
mod logs;
mod modes;
mod naming;
pub mod overlays;
pub mod picture;
mod report;
mod run;
mod running_file;
mod sample;
pub mod text;

pub use files::UNFINISHED;
pub use handmade::{Handmade, Made};
pub use run::{End, Surroundings, run};
pub use sample::{Wanted, sample};

/// How many pictures are made at once at most: each has tens of megabytes in hand.
const WORKERS: usize = 4;

/// The threads that make pictures.
fn pool() -> Result<rayon::ThreadPool, rayon::ThreadPoolBuildError> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    rayon::ThreadPoolBuilder::new().num_threads(cores.min(WORKERS)).build()
}
