//! The arguments, and what they say.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use clap_complete::Shell;

use crate::actors::runs::Mode;
use crate::settings::Flags;
use crate::settings::table::{SETTINGS, Setting};

const EXIT_CODES: &str = "\
Exit codes with --wait: 0 completed, 1 failed, 75 another run was in progress, 124 took too long, 137 killed, 143 stopped.
Without a running daemon the run is done by this process, which then always waits.";

/// The whole command line.
pub fn command() -> Command {
    Command::new("posterizarrd")
        .about(env!("CARGO_PKG_DESCRIPTION"))
        .version(env!("CARGO_PKG_VERSION"))
        .disable_help_subcommand(true)
        .args(SETTINGS.iter().map(flag))
        .arg(Arg::new("run").long("run").action(ArgAction::SetTrue).help("One normal run, then exit with its code"))
        .subcommand(Command::new("serve").about("Runs the daemon (the default)"))
        .subcommands(checks())
        .subcommand(service())
        .subcommands(documents())
        .subcommands([engine(), run()])
        .subcommands(records())
}

/// What looks, and changes nothing.
fn checks() -> [Command; 3] {
    [
        Command::new("check-config").about("Reports every mistake in the settings and in config.json at once"),
        Command::new("healthcheck").about("Asks the running daemon whether it is ready; for containers"),
        Command::new("self-check")
            .about("Checks what works on this machine: folders, address, memory, limits, time zone, media server")
            .after_help("Exit codes: 0 posterizarrd works here, perhaps with less than it could; 1 it does not.\nRun it as the user and with the settings of the daemon."),
    ]
}

fn documents() -> [Command; 3] {
    let shell = Arg::new("shell").value_name("SHELL").value_parser(value_parser!(Shell)).required(true);
    let man = "Prints the manual page, or writes it and one for each command into a folder";
    [
        Command::new("completions").about("Prints completions for a shell").arg(shell),
        file_command("man", man, false).mut_arg("file", |folder| folder.value_name("DIR")),
        Command::new("openapi").about("Prints the OpenAPI document"),
    ]
}

fn engine() -> Command {
    Command::new("engine")
        .about("Does a testing or manual run with the built-in engine, in this process")
        .override_usage("posterizarrd engine [--data-dir DIR] -Testing | -Manual -PicturePath FILE ...")
        .after_help("Takes the arguments of Posterizarr.ps1.\nExit codes: 0 done, 1 failed, 75 another run is in progress, 143 stopped.")
}

fn run() -> Command {
    let mode = Arg::new("mode").long("mode").value_name("MODE").default_value(Mode::Normal.name());
    let wait = Arg::new("wait").long("wait").action(ArgAction::SetTrue);
    Command::new("run")
        .about("Starts a run, through the running daemon or else in this process")
        .after_help(EXIT_CODES)
        .arg(mode.help("What to do: normal, testing, backup, syncjelly or syncemby"))
        .arg(wait.help("Wait for its end; the exit code tells the outcome"))
}

/// What is done to the daemon's records.
fn records() -> [Command; 5] {
    let overwrite = Arg::new("overwrite")
        .long("overwrite")
        .action(ArgAction::SetTrue)
        .help("Also replace config.json, scheduler.json and the like where they differ");
    [
        import(),
        file_command("export", "Writes every record as JSON lines, to standard output or a new file", false),
        Command::new("acknowledge-damage")
            .about("Acknowledges what was lost when the record store was found damaged; health is ok again"),
        file_command("backup", "Writes all records and the configuration to a new zip file", true),
        file_command("restore", "Puts the records of a backup in place; posterizarrd must not be running", true)
            .arg(overwrite),
    ]
}

fn service() -> Command {
    let dry_run = Arg::new("dry_run").long("dry-run").action(ArgAction::SetTrue).help("Report what would be done");
    let root = Arg::new("root")
        .long("root")
        .value_name("DIR")
        .default_value("/")
        .value_parser(value_parser!(PathBuf))
        .help("The folder that stands for /; in another one only files are written");
    let command =
        |name: &'static str, about: &'static str| Command::new(name).about(about).args([dry_run.clone(), root.clone()]);
    Command::new("service")
        .about("Makes this file a service of systemd, or removes that service")
        .subcommand_required(true)
        .disable_help_subcommand(true)
        .subcommand(command("install", "Installs unit, user and folders and starts the service; also upgrades it"))
        .subcommand(command("remove", "Stops and removes the service; records, settings and artwork stay"))
}

fn import() -> Command {
    Command::new("import")
        .about("Imports the history, exports and choices of an installation of Posterizarr's own web backend")
        .after_help("What was imported before is not imported again. The old databases are only read.")
        .arg(
            Arg::new("from")
                .long("from")
                .value_name("DIR")
                .value_parser(value_parser!(PathBuf))
                .help("The old installation's folder [default: the data folder]"),
        )
        .arg(Arg::new("dry_run").long("dry-run").action(ArgAction::SetTrue).help("Count what is there, change nothing"))
}

fn file_command(name: &'static str, about: &'static str, required: bool) -> Command {
    let file = Arg::new("file").value_name("FILE").value_parser(value_parser!(PathBuf)).required(required);
    Command::new(name).about(about).arg(file)
}

fn flag(setting: &'static Setting) -> Arg {
    let mut help = format!("{} [default: {}]", setting.help, setting.default_text());
    let variables = setting.also.iter().map(|(name, _)| ", ".to_owned() + name).collect::<String>();
    help += &format!(" [env: {}{variables}]", setting.variable());
    let flag = Arg::new(setting.key)
        .long(setting.flag())
        .global(true)
        .action(ArgAction::Set)
        .overrides_with(setting.key)
        .help_heading("Settings")
        .help(help);
    if setting.value.is_empty() {
        return flag.value_name("true|false").num_args(0..=1).require_equals(true).default_missing_value("true");
    }
    flag.value_name(setting.value)
}

/// The settings among the arguments.
pub fn flags(given: &ArgMatches) -> Flags {
    let text = |setting: &Setting| given.get_one::<String>(setting.key).cloned();
    SETTINGS.iter().filter_map(|setting| Some((setting.key, text(setting)?))).collect()
}

/// Which mode `run` was asked for.
pub fn mode(given: &ArgMatches) -> String {
    given.get_one::<String>("mode").cloned().unwrap_or_default()
}

/// A file or folder among the arguments.
pub fn path(given: &ArgMatches, name: &str) -> Option<PathBuf> {
    given.get_one::<PathBuf>(name).cloned()
}

/// Whether `run` waits for the end.
pub fn waits(given: &ArgMatches) -> bool {
    given.get_flag("wait")
}

/// The shell that completions are wanted for.
pub fn shell(given: &ArgMatches) -> Option<Shell> {
    given.get_one::<Shell>("shell").copied()
}

/// Whether the container's `--run` was given.
pub fn runs_once(given: &ArgMatches) -> bool {
    given.get_flag("run")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> ArgMatches {
        command().try_get_matches_from([&["posterizarrd"], arguments].concat()).unwrap()
    }

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn flags_work_without_a_command_and_before_and_after_its_name() {
        for arguments in [
            &["--bind", "[::]:1", "--disable-ui"][..],
            &["serve", "--bind=[::]:1", "--disable-ui=true"],
            &["--bind", "[::]:1", "serve", "--disable-ui"],
            &["--bind", "[::]:2", "serve", "--bind", "[::]:1", "--disable-ui"],
        ] {
            let matches = parse(arguments);
            let (_, given) = matches.subcommand().unwrap_or(("serve", &matches));
            let expected = Flags::from([("bind", "[::]:1".to_owned()), ("disable_ui", "true".to_owned())]);
            assert_eq!(flags(given), expected, "{arguments:?}");
        }
    }

    #[test]
    fn a_flag_given_twice_counts_the_last_time() {
        assert_eq!(flags(&parse(&["--base-url", "/a", "--base-url", "/b"]))["base_url"], "/b");
    }

    #[test]
    fn a_switch_does_not_swallow_the_command() {
        let matches = parse(&["--disable-ui", "run", "--mode", "testing"]);
        let (name, given) = matches.subcommand().unwrap();
        assert_eq!((name, mode(given).as_str(), waits(given)), ("run", "testing", false));
    }

    #[test]
    fn the_help_names_every_flag_with_its_default_and_variables() {
        let help = command().render_long_help().to_string();
        for setting in SETTINGS {
            let variables = setting.also.iter().map(|(name, _)| (*name).to_owned());
            for part in variables.chain([format!("--{}", setting.flag()), setting.variable(), setting.default_text()]) {
                // The help wraps lines.
                let flat = help.split_whitespace().collect::<Vec<_>>().join(" ");
                assert!(flat.contains(&part), "{part}");
            }
        }
    }
}
