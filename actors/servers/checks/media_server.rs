//! Plex, Jellyfin and Emby.

use super::Verdict;
use posterizarr_media::http::{HttpClient, HttpError};
use posterizarr_media::servers::Dialect;
use posterizarr_media::servers::admin::{ServerError, jellyfin, plex as plex_server};

const UNKNOWN: &str = "Unknown";

/// Whether Plex lists its libraries.
pub async fn plex(http: &HttpClient, url: &str, token: &str) -> Verdict {
    match plex_server::sections(http, url, token).await {
        Ok(sections) => {
            let message = format!("Plex connection successful! Found {} libraries.", sections.count);
            let server_name = sections.server_name.unwrap_or_else(|| UNKNOWN.to_owned());
            Verdict::new(true, message).with("library_count", sections.count).with("server_name", server_name)
        }
        Err(error) => refused(&error, "", "Plex", "token"),
    }
}

/// Whether Jellyfin or Emby tells who it is.
pub async fn jellyfin_or_emby(http: &HttpClient, dialect: Dialect, url: &str, key: &str) -> Verdict {
    match jellyfin::info(http, dialect, url, key).await {
        Ok(info) => {
            let version = info.version.unwrap_or_else(|| UNKNOWN.to_owned());
            let server_name = info.server_name.unwrap_or_else(|| UNKNOWN.to_owned());
            let message = format!(" {} connection successful! Version: {version}", dialect.name());
            Verdict::new(true, message).with("version", version).with("server_name", server_name)
        }
        Err(error) => refused(&error, " ", dialect.name(), "API key"),
    }
}

fn refused(error: &ServerError, space: &str, name: &str, key: &str) -> Verdict {
    match error {
        ServerError::Status(401) => {
            Verdict::status(401, format!("{space}Invalid {name} {key}. Please check your {key}."))
        }
        ServerError::Status(status) => Verdict::other_status(*status, &format!("{space}{name} connection failed")),
        ServerError::Http(HttpError::TimedOut) => {
            let message = format!("{space}Connection timeout. Check if {name} URL is correct and server is reachable.");
            Verdict::new(false, message).with("error", "timeout")
        }
        ServerError::Http(trouble) => Verdict::trouble(trouble, &format!("{space}Error connecting to {name}")),
    }
}
