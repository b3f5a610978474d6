//! URLs as people enter them.

use reqwest::Url;

use super::HttpError;

/// Host and port, as a person would write them.
pub fn host(url: &Url) -> String {
    let name = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| name.to_owned(), |port| format!("{name}:{port}"))
}

/// Reads what a person entered as the address of a server.
pub fn parse(text: &str) -> Result<Url, HttpError> {
    match Url::parse(text.trim()) {
        Ok(url) => check_scheme(&url).map(|()| url),
        Err(_) if !text.contains("://") => Err(HttpError::NoProtocol),
        Err(error) => Err(HttpError::NotUrl(error.to_string())),
    }
}

/// Only these two are spoken here.
pub fn check_scheme(url: &Url) -> Result<(), HttpError> {
    if matches!(url.scheme(), "http" | "https") { Ok(()) } else { Err(HttpError::NoProtocol) }
}

/// Whether two addresses are of one server: the same scheme, host and port, however they are written.
pub fn same_server(one: &str, other: &str) -> bool {
    let server = |text: &str| {
        let url = parse(text).ok()?;
        Some((url.scheme().to_owned(), url.host_str()?.trim_end_matches('.').to_owned(), url.port_or_known_default()?))
    };
    server(one).is_some_and(|one| server(other) == Some(one))
}

/// A path below the address of a server, which may have a path of its own, with or without a slash at its end.
pub fn below(server: &str, path: &[&str]) -> Result<Url, HttpError> {
    let mut url = parse(server)?;
    url.set_fragment(None);
    url.path_segments_mut().map_err(|()| HttpError::NoProtocol)?.pop_if_empty().extend(path);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_known_however_its_address_is_written_and_no_other_passes_for_it() {
        let stored = "http://Plex.lan:32400/plex/";
        for same in ["http://plex.lan:32400", " HTTP://PLEX.LAN:32400/x?y ", "http://plex.lan.:32400/"] {
            assert!(same_server(stored, same), "{same}");
        }
        for other in [
            "https://plex.lan:32400",
            "http://plex.lan",
            "http://plex.lan:32401",
            "http://plex.lan@evil.example:32400",
            "http://plex.lan.evil.example:32400",
            "http://plex.lan:32400@evil.example",
            "plex.lan:32400",
            "",
        ] {
            assert!(!same_server(stored, other), "{other}");
        }
        assert!(same_server("https://h", "https://h:443/"));
        assert!(same_server("http://192.168.1.2:80", "http://3232235778"));
        assert!(!same_server("", ""));
    }
}
