//! Version numbers as the script's releases use them: `2.1.15`, with an optional `v` before.

use std::cmp::Ordering;

/// A release number; pre-releases (`2.2.0-beta`) are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version([u64; 3]);

impl Version {
    /// Reads up to three numbers separated by dots, as upstream does: missing ones are zero, further ones do not count.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().trim_start_matches('v').split('.').take(3);
        let mut next = || parts.next().map_or(Some(0), |part| part.parse().ok());
        Some(Self([next()?, next()?, next()?]))
    }
}

/// What is shown for an installed and a newest version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The installed version, with `-dev` where it is ahead of the newest release.
    pub local: Option<String>,
    /// Whether the newest release is newer.
    pub update_available: bool,
}

/// Compares what is installed with the newest release. What cannot be read as a release number never counts as an update.
pub fn compare(local: Option<&str>, remote: Option<&str>) -> Comparison {
    let order =
        local.and_then(Version::parse).zip(remote.and_then(Version::parse)).map(|(local, remote)| local.cmp(&remote));
    let suffix = if order == Some(Ordering::Greater) { "-dev" } else { "" };
    Comparison { local: local.map(|local| format!("{local}{suffix}")), update_available: order == Some(Ordering::Less) }
}

/// The version a script names in `$CurrentScriptVersion = "…"`.
pub fn of_script(script: &str) -> Option<&str> {
    script.split("$CurrentScriptVersion").skip(1).find_map(|rest| {
        let value = rest.trim_start().strip_prefix('=')?.trim_start().strip_prefix('"')?;
        value.split_once('"').map(|(version, _)| version).filter(|version| !version.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newer_equal_and_older_releases_are_told_apart() {
        // local, remote, local as shown, update
        let table = [
            ("2.1.15", "2.1.15", "2.1.15", false),
            ("2.1.15", "2.1.16", "2.1.15", true),
            ("2.1.15", "2.1.14", "2.1.15-dev", false),
            ("2.1.15", "v2.2", "2.1.15", true),
            ("2.1.15", "2.1.15.9", "2.1.15", false),
            ("2.1.15", "3", "2.1.15", true),
            ("2.1.9", "2.1.10", "2.1.9", true),
            ("2.1.15", " 2.1.16\n", "2.1.15", true),
            // No releases: upstream announced these two.
            ("2.1.15", "2.1.16-beta", "2.1.15", false),
            ("2.1.15", "abc", "2.1.15", false),
            ("2.1.15", "", "2.1.15", false),
        ];
        for (local, remote, shown, update) in table {
            let got = compare(Some(local), Some(remote));
            assert_eq!(
                (got.local.as_deref(), got.update_available),
                (Some(shown), update),
                "{local} against {remote:?}"
            );
        }
        assert_eq!(compare(None, Some("9.9.9")), Comparison { local: None, update_available: false });
        assert!(!compare(Some("2.1.15"), None).update_available);
    }

    #[test]
    fn the_scripts_version_is_its_first_quoted_value() {
        assert_eq!(of_script("x\n$CurrentScriptVersion = \"2.1.15\"\n$CurrentScriptVersion=\"3\""), Some("2.1.15"));
        assert_eq!(of_script("if ($CurrentScriptVersion -eq $x) {}\n$CurrentScriptVersion=\"2.2.0\""), Some("2.2.0"));
        assert_eq!(of_script("$CurrentScriptVersion = \"\""), None);
        assert_eq!(of_script("nothing"), None);
    }
}
