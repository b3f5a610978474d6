//! `completions` and `man`: what shells and people are told of the command line, made from the command line itself.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use clap_complete::Shell;

use super::arguments;
use super::exit::fail;

/// Prints the completions for a shell.
pub fn completions(shell: Shell) -> ExitCode {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut arguments::command(), "posterizarrd", &mut text);
    // Whoever reads it may have read enough.
    let _ = io::stdout().write_all(&text);
    ExitCode::SUCCESS
}

/// Prints the manual page, or writes it and one for each command into a folder.
pub fn man(folder: Option<&Path>) -> ExitCode {
    let written = match folder {
        Some(folder) => std::fs::create_dir_all(folder)
            .and_then(|()| clap_mangen::generate_to(arguments::command(), folder))
            .map_err(|error| format!("cannot write manual pages to {}: {error}", folder.display())),
        None => page().map(|text| drop(io::stdout().write_all(&text))).map_err(|error| error.to_string()),
    };
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

fn page() -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    clap_mangen::Man::new(arguments::command()).render(&mut text)?;
    Ok(text)
}
