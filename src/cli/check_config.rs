//! `check-config`: every mistake in the settings and in `config.json` at once.

use std::process::ExitCode;

use super::{MISCONFIGURED, report};
use crate::settings::{Loaded, Problem};

/// Exit code 0 if the daemon would start with this, else 78.
pub fn main(loaded: Result<Loaded, Vec<Problem>>) -> ExitCode {
    match loaded {
        Ok(loaded) => {
            loaded.warnings.iter().for_each(|warning| println!("warning: {warning}"));
            ExitCode::SUCCESS
        }
        Err(problems) => {
            report(&problems);
            ExitCode::from(MISCONFIGURED)
        }
    }
}
