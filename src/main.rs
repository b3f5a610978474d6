//! The program; see [`posterizarrd::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    posterizarrd::cli::main()
}
