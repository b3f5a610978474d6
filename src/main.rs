//! The program; see [`posterizarrd::cli`].

use std::process::ExitCode;

/// The system's allocator gives each thread an arena and hardly any of it back: with jemalloc, set up in
/// `.cargo/config.toml`, the daemon takes half the memory.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    posterizarrd::cli::main()
}
