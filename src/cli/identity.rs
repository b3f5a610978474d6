//! Who we are: user, group, and the mode bits of new files.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use rustix::fs::Mode;
use rustix::process::{geteuid, umask};

use crate::settings::{Environment, Settings};

/// What to do about `PUID` and `PGID`.
#[derive(Debug, PartialEq, Eq)]
enum Decision {
    /// Nothing.
    Stay,
    /// Go on as we are, and tell why.
    Warn(String),
    /// Become this user and group.
    Become { user: u32, group: u32 },
}

/// Becomes the user that `PUID` and `PGID` name where we are root: this program is then executed again, and the call does
/// not return. They never keep us from starting: whatever is odd about them is a warning. To be called before any file is
/// read: root without its capabilities may not read what is for that user only.
pub fn assume(environment: &Environment) -> Vec<String> {
    match decide(geteuid().is_root(), environment.variable("PUID"), environment.variable("PGID")) {
        Decision::Stay => Vec::new(),
        Decision::Warn(warning) => vec![warning],
        Decision::Become { user, group } => vec![become_user(environment, user, group)],
    }
}

/// The mode bits that new files do not get.
pub fn set_umask(settings: &Settings) {
    umask(Mode::from_raw_mode(settings.umask));
}

fn decide(root: bool, user: Option<&str>, group: Option<&str>) -> Decision {
    let number = |text: &str| text.trim().parse::<u32>().ok();
    let (user, group) = match (user, group) {
        (None, None) => return Decision::Stay,
        _ if !root => {
            let why = "PUID and PGID work only where the daemon starts as root; they are ignored";
            return Decision::Warn(why.to_owned());
        }
        (Some(user), Some(group)) => (number(user), number(group)),
        _ => return Decision::Warn("only one of PUID and PGID is set; set both, or none; ignored".to_owned()),
    };
    match (user, group) {
        (Some(0), Some(0)) => Decision::Stay,
        (Some(user), Some(group)) => Decision::Become { user, group },
        _ => Decision::Warn("PUID and PGID must be numbers; they are ignored".to_owned()),
    }
}

/// Executes this program anew as that user. Returns only if that is impossible, with the reason.
fn become_user(environment: &Environment, user: u32, group: u32) -> String {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    eprintln!("posterizarrd: going on as user {user}, group {group} (PUID, PGID)");
    let program = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("/proc/self/exe"));
    let data_dir = ["POSTERIZARRD_DATA_DIR", "APP_DATA"].into_iter().find_map(|name| environment.variable(name));
    let error = Command::new(program)
        .args(arguments)
        .env_remove("PUID")
        .env_remove("PGID")
        // Root's home is closed to others, and PowerShell wants one.
        .env("HOME", data_dir.map_or_else(|| environment.data_dir(), PathBuf::from))
        .uid(user)
        .gid(group)
        .exec();
    format!(
        "cannot become user {user}, group {group} (PUID, PGID): {error}; going on as root. A container needs the capabilities \
         SETUID and SETGID for it; or start it as that user (--user {user}:{group})"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_warning(decision: &Decision) -> bool {
        matches!(decision, Decision::Warn(_))
    }

    #[test]
    fn root_becomes_the_named_user_and_nobody_else_does() {
        assert_eq!(decide(true, Some("99"), Some(" 100 ")), Decision::Become { user: 99, group: 100 });
        assert!(is_warning(&decide(false, Some("99"), Some("100"))));
        assert!(is_warning(&decide(false, None, Some("100"))));
    }

    #[test]
    fn nothing_about_them_is_fatal() {
        assert_eq!(decide(true, None, None), Decision::Stay);
        assert_eq!(decide(false, None, None), Decision::Stay);
        assert_eq!(decide(true, Some("0"), Some("0")), Decision::Stay);
        assert!(is_warning(&decide(true, Some("99"), None)));
        assert!(is_warning(&decide(true, Some("nobody"), Some("100"))));
        assert!(is_warning(&decide(true, Some("-1"), Some("100"))));
    }
}
