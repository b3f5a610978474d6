//! URLs as people enter them.

use reqwest::Url;

use super::Trouble;

/// Host and port, as a person would write them.
pub fn host(url: &Url) -> String {
    let name = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| name.to_owned(), |port| format!("{name}:{port}"))
}

/// Reads what a person entered as the address of a server.
pub fn parse(text: &str) -> Result<Url, Trouble> {
    match Url::parse(text.trim()) {
        Ok(url) => check_scheme(&url).map(|()| url),
        Err(_) if !text.contains("://") => Err(Trouble::NoProtocol),
        Err(error) => Err(Trouble::NotUrl(error.to_string())),
    }
}

/// Only these two are spoken here.
pub fn check_scheme(url: &Url) -> Result<(), Trouble> {
    if matches!(url.scheme(), "http" | "https") { Ok(()) } else { Err(Trouble::NoProtocol) }
}

/// A path below the address of a server, which may have a path of its own, with or without a slash at its end.
pub fn below(server: &str, path: &[&str]) -> Result<Url, Trouble> {
    let mut url = parse(server)?;
    url.set_fragment(None);
    url.path_segments_mut().map_err(|()| Trouble::NoProtocol)?.pop_if_empty().extend(path);
    Ok(url)
}
