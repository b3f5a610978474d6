//! `self-check`: what works on this machine, looked at from outside and before there is a daemon.
//!
//! What keeps the daemon from starting or runs from working is a failure; what it gets along with is a warning. Each says
//! what to do. Whether the settings are right is `check-config`'s; what a run needs of servers and providers, with their
//! keys, the daemon tells under `/api/readiness`.

use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;
use std::{fmt, io};

use chrono::Utc;
use posterizarr_base::bounded;
use posterizarr_base::config::Document;
use posterizarr_engine::library::{InUse, Met, needs};
use rustix::process::{Resource, geteuid, getrlimit};

use super::exit::FAILED;
use super::healthcheck;
use crate::actors::config::{document, keys};
use crate::actors::runtime::data_dir::DataDir;
use crate::actors::runtime::system::Machine;
use crate::actors::schedule;
use crate::settings::{Loaded, Settings};

const PATIENCE: Duration = Duration::from_secs(5);
const MEBIBYTE: u64 = 1024 * 1024;
/// A library of a household has pictures for some gigabytes.
const LITTLE_DISK: u64 = 2048 * MEBIBYTE;
/// What a run takes at most, with pictures of 4K (see "Measured" in the README).
const LITTLE_MEMORY: u64 = 384 * MEBIBYTE;
/// One for each folder with artwork; 8,192 is what small systems come with.
const FEW_WATCHES: u64 = 65_536;
const FEW_FILES: u64 = 4096;
const SMALL_FILE: u64 = 4096;

/// How a look came out.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Good,
    Warning,
    Failure,
}

/// One look at the machine.
#[derive(Debug)]
struct Finding {
    about: &'static str,
    outcome: Outcome,
    text: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = match self.outcome {
            Outcome::Good => "ok      ",
            Outcome::Warning => "warning ",
            Outcome::Failure => "FAILED  ",
        };
        write!(f, "{mark}{:18} {}", self.about, self.text)
    }
}

fn good(about: &'static str, text: impl Into<String>) -> Finding {
    Finding { about, outcome: Outcome::Good, text: text.into() }
}

fn warning(about: &'static str, text: impl Into<String>) -> Finding {
    Finding { about, outcome: Outcome::Warning, text: text.into() }
}

fn failure(about: &'static str, text: impl Into<String>) -> Finding {
    Finding { about, outcome: Outcome::Failure, text: text.into() }
}

/// Tells what works; exit code 1 if something that is needed does not.
pub fn main(loaded: &Loaded) -> ExitCode {
    let settings = &loaded.settings;
    let mut findings = vec![data_folder(&settings.data_dir), address(settings)];
    findings.extend(disk(&settings.data_dir));
    findings.extend(memory(available_memory()));
    findings.extend(watches(number(Path::new("/proc/sys/fs/inotify/max_user_watches"))));
    findings.push(open_files(getrlimit(Resource::Nofile).maximum));
    findings.push(time_zone(settings.host_tz.as_deref(), iana_time_zone::get_timezone().ok().as_deref()));
    if let Ok(data) = DataDir::new(&settings.data_dir) {
        match bounded::read(&data.config(), document::MAX_SIZE).map(|content| document::parse(&content)) {
            Ok(Ok(document)) => {
                findings.extend(needed(&document, &data));
            }
            Ok(Err(wrong)) => findings.push(failure("config.json", format!("{wrong}; see posterizarrd check-config"))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                findings.push(good("config.json", "is not there yet; the daemon makes one with the defaults"));
            }
            Err(error) => findings.push(failure("config.json", format!("cannot be read: {error}"))),
        }
    }
    findings.iter().for_each(|finding| println!("{finding}"));
    if findings.iter().any(|finding| finding.outcome == Outcome::Failure) {
        return ExitCode::from(FAILED);
    }
    ExitCode::SUCCESS
}

/// Whether files can be made in the data folder, or in the nearest folder above it that is there. Nothing is left behind.
fn data_folder(folder: &Path) -> Finding {
    let about = "data folder";
    let nearest = folder.ancestors().find(|folder| folder.is_dir()).unwrap_or(Path::new("/"));
    let made = tempfile::Builder::new().prefix(".posterizarrd-self-check").tempfile_in(nearest);
    match made {
        Ok(_) if nearest == folder => good(about, format!("{} can be written", folder.display())),
        Ok(_) => good(about, format!("{} can be made", folder.display())),
        Err(error) => failure(
            about,
            format!(
                "{}: user {} cannot write to {}: {error}; give it write access, or choose another --data-dir",
                folder.display(),
                geteuid().as_raw(),
                nearest.display()
            ),
        ),
    }
}

fn disk(folder: &Path) -> Option<Finding> {
    let about = "disk";
    let nearest = folder.ancestors().find(|folder| folder.is_dir())?;
    let disk = rustix::fs::statvfs(nearest).ok()?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let text = format!("{} MiB free", free / MEBIBYTE);
    if free < LITTLE_DISK {
        return Some(warning(
            about,
            format!("{text}; artwork and kept pictures take some GiB: make room, or move the data folder"),
        ));
    }
    Some(good(about, text))
}

/// Whether the address can be listened on, or is listened on by a daemon already.
fn address(settings: &Settings) -> Finding {
    let (about, bind) = ("address", settings.bind);
    match TcpListener::bind(bind) {
        Ok(_) => good(about, format!("{bind} is free")),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            match healthcheck::status(healthcheck::reachable(bind), &settings.base_url) {
                Ok(200) => good(about, format!("{bind} is in use by a posterizarrd that is ready")),
                _ => {
                    failure(about, format!("{bind} is in use by another program; stop that, or choose another --bind"))
                }
            }
        }
        Err(error) => failure(about, format!("{bind}: {error}; choose another --bind")),
    }
}

/// The smaller of what is free on the machine and what the control group may still take.
fn available_memory() -> Option<u64> {
    let machine = Machine::new().memory().map(|memory| memory.available_mib.saturating_mul(MEBIBYTE));
    let limit = number(Path::new("/sys/fs/cgroup/memory.max"));
    machine.into_iter().chain(limit).min()
}

fn memory(available: Option<u64>) -> Option<Finding> {
    let about = "memory";
    let available = available?;
    let text = format!("{} MiB available", available / MEBIBYTE);
    if available < LITTLE_MEMORY {
        return Some(warning(about, format!("{text}; a run takes up to {} MiB", LITTLE_MEMORY / MEBIBYTE)));
    }
    Some(good(about, text))
}

fn watches(allowed: Option<u64>) -> Option<Finding> {
    let about = "file events";
    let allowed = allowed?;
    if allowed < FEW_WATCHES {
        let advice =
            "where there are more, changes show only after some minutes: raise the sysctl fs.inotify.max_user_watches";
        return Some(warning(about, format!("{allowed} folders can be watched; {advice}")));
    }
    Some(good(about, format!("{allowed} folders can be watched")))
}

fn open_files(maximum: Option<u64>) -> Finding {
    let about = "open files";
    match maximum {
        Some(maximum) if maximum < FEW_FILES => warning(
            about,
            format!(
                "at most {maximum}, so few clients at a time; raise the limit (LimitNOFILE= of the service, ulimits of the container)"
            ),
        ),
        Some(maximum) => good(about, format!("up to {maximum}")),
        None => good(about, "without limit"),
    }
}

fn time_zone(tz: Option<&str>, system: Option<&str>) -> Finding {
    let about = "time zone";
    let (zone, unknown) = schedule::host_zone(tz, system);
    let now = Utc::now().with_timezone(&zone).format("%H:%M");
    match unknown {
        Some(name) => warning(
            about,
            format!("there is no zone {name:?}, so it is {zone} ({now} now); set TZ to a name such as Europe/Berlin"),
        ),
        None => good(about, format!("{zone}, where it is {now} now")),
    }
}

/// What runs over the library need, as far as it is seen without asking anybody. What is missing is no fault of the machine.
fn needed(document: &Document, data: &DataDir) -> Vec<Finding> {
    let needs = needs(&keys::completed(document), data.root());
    let told = needs.found.into_iter().map(|need| {
        let mend = need.mend.as_deref().map(|mend| format!("; {mend}")).unwrap_or_default();
        let outcome = if need.met == Met::Yes { Outcome::Good } else { Outcome::Warning };
        Finding { about: need.name(), outcome, text: format!("{}{mend}", need.message) }
    });
    told.chain(needs.server.as_ref().map(media_server)).collect()
}

/// Whether the media server that is in use takes connections.
fn media_server(server: &InUse) -> Finding {
    let about = "media server";
    match connect(&server.url) {
        Ok(address) => good(about, format!("{} takes connections at {address}", server.kind.key())),
        Err(error) => failure(
            about,
            format!(
                "{} is not reached: {error}; is it on, and is its address in config.json right as seen from here (in a container, localhost is the container)?",
                server.kind.key()
            ),
        ),
    }
}

fn connect(url: &str) -> io::Result<SocketAddr> {
    let url = reqwest::Url::parse(url).map_err(io::Error::other)?;
    let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
        return Err(io::Error::other("the address names no host"));
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let mut last = io::Error::other("the name has no address");
    for address in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(_) => return Ok(address),
            Err(error) => last = io::Error::new(error.kind(), format!("{address}: {error}")),
        }
    }
    Err(last)
}

/// The number in a file of the system; none where there is no number.
fn number(path: &Path) -> Option<u64> {
    bounded::read_text(path, SMALL_FILE).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(url: Option<&str>) -> Vec<Finding> {
        let folder = tempfile::tempdir().unwrap();
        let mut document = keys::defaults();
        if let Some(url) = url {
            document["PlexPart"]["PlexUrl"] = url.into();
        }
        needed(&document, &DataDir::new(folder.path()).unwrap())
    }

    fn of_server(url: Option<&str>) -> Finding {
        found(url).into_iter().find(|finding| finding.about == "media server").unwrap()
    }

    #[test]
    fn a_media_server_is_reached_or_not() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        assert_eq!(of_server(Some(&url)).outcome, Outcome::Good);
        drop(listener);
        let finding = of_server(Some(&url));
        assert_eq!(finding.outcome, Outcome::Failure);
        assert!(finding.text.contains("plex is not reached"), "{finding}");
    }

    #[test]
    fn the_example_address_is_told_and_not_contacted() {
        let finding = of_server(None);
        assert_eq!(finding.outcome, Outcome::Warning);
        assert!(finding.text.contains("is still the example") && finding.text.contains("enter your"), "{finding}");
    }

    #[test]
    fn a_data_folder_that_cannot_be_made_is_a_failure() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(data_folder(&folder.path().join("a/b")).outcome, Outcome::Good);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        // Not even root writes there.
        assert_eq!(data_folder(Path::new("/proc/posterizarrd")).outcome, Outcome::Failure);
    }

    #[test]
    fn little_of_something_is_a_warning_and_says_what_to_do() {
        for (finding, advice) in [
            (memory(Some(100 * MEBIBYTE)).unwrap(), "a run takes"),
            (watches(Some(8192)).unwrap(), "fs.inotify.max_user_watches"),
            (open_files(Some(1024)), "LimitNOFILE"),
            (time_zone(Some("Europe/Nowhere"), None), "set TZ"),
        ] {
            assert_eq!(finding.outcome, Outcome::Warning, "{finding}");
            assert!(finding.text.contains(advice), "{finding}");
        }
    }

    #[test]
    fn enough_is_good() {
        for finding in [
            memory(Some(1024 * MEBIBYTE)).unwrap(),
            watches(Some(1_000_000)).unwrap(),
            open_files(Some(65_536)),
            time_zone(Some(":Europe/Berlin"), None),
        ] {
            assert_eq!(finding.outcome, Outcome::Good, "{finding}");
        }
    }

    #[test]
    fn missing_fonts_are_named_once() {
        let all = found(Some("http://127.0.0.1:1"));
        let fonts: Vec<_> = all.iter().filter(|finding| finding.text.contains("Colus-Regular.ttf")).collect();
        assert_eq!((fonts.len(), &fonts[0].outcome), (1, &Outcome::Warning), "{all:?}");
    }
}
