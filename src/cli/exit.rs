//! How a command ends that could not do its work: one line on standard error, and an exit code.

use std::fmt::Display;
use std::process::ExitCode;

use crate::settings::Problem;

/// The daemon, or what it was asked to do, could not start.
pub const FAILED: u8 = 1;
/// The settings or config.json are wrong (`EX_CONFIG`).
pub const MISCONFIGURED: u8 = 78;

/// Prints every problem of the settings, one line each.
pub fn report(problems: &[Problem]) {
    let (count, s) = (problems.len(), if problems.len() == 1 { "" } else { "s" });
    eprintln!("posterizarrd: {count} problem{s}:");
    problems.iter().for_each(|problem| eprintln!("  {problem}"));
}

/// Tells in one line why it did not work.
pub fn fail(reason: &dyn Display) -> ExitCode {
    eprintln!("posterizarrd: {reason}");
    ExitCode::from(FAILED)
}
