//! Where a picture is served: the `url` of every answer that names one.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Upstream leaves these, and `/` between folders, as they are. There is never a `?`: the web UI appends its own.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'_').remove(b'.').remove(b'-').remove(b'~').remove(b'/');

/// The address of a finished asset, by its path below the asset folder.
pub fn of_asset(path: &str) -> String {
    format!("/poster_assets/{}", utf8_percent_encode(path, ENCODED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_but_upstreams_set_is_encoded() {
        assert_eq!(
            of_asset("TV/Ö (1) {a}/S'#&~_-.jpg"),
            "/poster_assets/TV/%C3%96%20%281%29%20%7Ba%7D/S%27%23%26~_-.jpg"
        );
    }
}
