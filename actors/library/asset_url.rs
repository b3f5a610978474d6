//! Where a picture is served: the `url` of every answer that names one.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Upstream leaves these, and `/` between folders, as they are. There is never a `?`: the web UI appends its own.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'_').remove(b'.').remove(b'-').remove(b'~').remove(b'/');

/// The mount of finished assets.
pub const ASSETS: &str = "/poster_assets";
/// The mount of the user's own assets.
pub const MANUAL: &str = "/manual_poster_assets";
/// The mount of what was saved from the media servers.
pub const BACKUP: &str = "/backup_assets";
/// The mount of what the testing mode made.
pub const TEST: &str = "/test";

/// The address of a picture, by its path below the folder of a mount.
pub fn of(mount: &str, path: &str) -> String {
    format!("{mount}/{}", utf8_percent_encode(path, ENCODED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_but_upstreams_set_is_encoded() {
        assert_eq!(
            of(ASSETS, "TV/Ö (1) {a}/S'#&~_-.jpg"),
            "/poster_assets/TV/%C3%96%20%281%29%20%7Ba%7D/S%27%23%26~_-.jpg"
        );
    }
}
