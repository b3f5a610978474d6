//! The command line.

use std::path::Path;
use std::process::ExitCode;

use posterizarrd::actors::script_supervisor::{SHIM_SUBCOMMAND, shim};

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    // Before anything else is brought up: a shim is to stay small.
    if let [word, folder] = arguments.as_slice()
        && word == SHIM_SUBCOMMAND
    {
        return shim::main(Path::new(folder));
    }
    ExitCode::SUCCESS
}
