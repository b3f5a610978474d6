//! The command line: which command with which settings, and the exit code that tells how it went.
//!
//! `serve` is the default, with or without flags. Every command takes the flags of [`crate::settings::table`], before or
//! after its name. Errors are one line on standard error that says what to do.

mod arguments;
mod avif;
mod check_config;
mod documents;
mod engine;
mod exit;
mod healthcheck;
mod identity;
mod records;
mod run;
mod self_check;
mod serve;
mod service;
mod signals;

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::ArgMatches;
use posterizarr_render::picture::avif::{HELPER_WORD, decode_by};

use crate::actors::runs::{ENGINE_SUBCOMMAND, SHIM_SUBCOMMAND, shim};
use crate::display_font;
use crate::http;
use crate::settings::{Environment, Loaded, Problem, load};
use exit::{FAILED, MISCONFIGURED, fail, report};

/// Reads the arguments of this process and does what they say.
pub fn main() -> ExitCode {
    if let [_, word, folder] = std::env::args_os().collect::<Vec<_>>().as_slice()
        && word == SHIM_SUBCOMMAND
    {
        // Before anything else is brought up: a shim is to stay small.
        return shim::main(Path::new(folder));
    }
    if std::env::args_os().skip(1).eq([HELPER_WORD]) {
        return avif::main();
    }
    if let Some(font) = display_font::stand_in() {
        font.bring();
    }
    // The same program, also after an update has put another one in its place.
    decode_by("/proc/self/exe");
    // What is not UTF-8 names no file we could be given, and no title.
    let words: Vec<_> = std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    if let [_, word, arguments @ ..] = words.as_slice()
        && word == ENGINE_SUBCOMMAND
        && arguments.first().is_none_or(|first| first != "--help")
    {
        // Its arguments are the poster script's, which are none of ours.
        return engine::main(arguments);
    }
    let matches = match arguments::command().try_get_matches() {
        Ok(matches) => matches,
        Err(error) => {
            // Help and version come this way too, to standard output. A closed pipe is not worth an error.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(FAILED));
        }
    };
    let (name, given) = matches.subcommand().unwrap_or(("serve", &matches));
    match name {
        "openapi" => openapi(),
        "healthcheck" => healthcheck::main(settings(given).map_err(|problems| report(&problems))),
        "run" => with_settings(given, |loaded| run::main(loaded, &arguments::mode(given), arguments::waits(given))),
        "serve" if arguments::runs_once(&matches) => with_settings(given, |loaded| run::main(loaded, "normal", true)),
        "import" => {
            let (from, dry_run) = (arguments::path(given, "from"), given.get_flag("dry_run"));
            with_settings(given, |loaded| records::import(loaded, from, dry_run))
        }
        "export" => with_settings(given, |loaded| records::export(&loaded, arguments::path(given, "file").as_deref())),
        "backup" | "restore" => {
            let file = arguments::path(given, "file").unwrap_or_default();
            with_settings(given, |loaded| match name {
                "backup" => records::backup(&loaded, &file),
                _ => records::restore(&loaded, &file, given.get_flag("overwrite")),
            })
        }
        "acknowledge-damage" => with_settings(given, |loaded| records::acknowledge_damage(&loaded)),
        "service" => service(given),
        "completions" => arguments::shell(given).map_or(ExitCode::from(FAILED), documents::completions),
        "man" => documents::man(arguments::path(given, "file").as_deref()),
        "self-check" => with_settings(given, |loaded| self_check::main(&loaded)),
        "check-config" => check_config::main(&arguments::flags(given)),
        _ => with_settings(given, serve::main),
    }
}

fn service(given: &ArgMatches) -> ExitCode {
    let place = |given| service::InstallRoot {
        root: arguments::path(given, "root").unwrap_or_else(|| "/".into()),
        dry_run: given.get_flag("dry_run"),
    };
    match given.subcommand() {
        Some(("install", given)) => service::install(&place(given)),
        Some(("remove", given)) => service::remove(&place(given)),
        // Not reached: one of them is required.
        _ => ExitCode::from(FAILED),
    }
}

fn openapi() -> ExitCode {
    match http::app::document().to_pretty_json() {
        // Whoever reads it may have read enough.
        Ok(document) => drop(writeln!(io::stdout(), "{document}")),
        Err(error) => return fail(&error),
    }
    ExitCode::SUCCESS
}

/// The settings, read as the user whose they are.
fn settings(given: &ArgMatches) -> Result<Loaded, Vec<Problem>> {
    let environment = Environment::of_process();
    let warnings = identity::assume(&environment);
    let mut loaded = load(&arguments::flags(given), &environment)?;
    loaded.warnings.extend(warnings);
    Ok(loaded)
}

fn with_settings(given: &ArgMatches, work: impl FnOnce(Loaded) -> ExitCode) -> ExitCode {
    match settings(given) {
        Ok(loaded) => work(loaded),
        Err(problems) => {
            report(&problems);
            ExitCode::from(MISCONFIGURED)
        }
    }
}
