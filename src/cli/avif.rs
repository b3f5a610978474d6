//! `posterizarrd decode-avif`: the process that decodes one AVIF picture, which the program starts by itself and nobody else.

use std::io;
use std::process::ExitCode;

use posterizarr_render::picture::avif;
use rustix::process::{Resource, Rlimit, setrlimit};

use super::exit::fail;

/// Memory for the largest picture that is decoded, with all of its copies.
const MAX_MEMORY: u64 = 3 * 1024 * 1024 * 1024;
/// Of the processor's time, in seconds.
const MAX_SECONDS: u64 = 60;

/// Answers what is asked of it on standard input. What takes more than it may, ends.
pub fn main() -> ExitCode {
    let limits = [(Resource::As, MAX_MEMORY), (Resource::Cpu, MAX_SECONDS), (Resource::Core, 0)];
    for (resource, most) in limits {
        // Nobody may raise them, also where less was set already.
        let limit = Rlimit { current: Some(most), maximum: Some(most) };
        if let Err(error) = setrlimit(resource, limit)
            && error != rustix::io::Errno::PERM
        {
            return fail(&error);
        }
    }
    match avif::answer(io::stdin().lock(), io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}
