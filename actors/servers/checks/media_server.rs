//! Plex, Jellyfin and Emby.

use super::{CheckVerdict, Finding};
use posterizarr_base::servers::Dialect;
use posterizarr_media::http::{HttpClient, HttpError};
use posterizarr_media::servers::admin::{ServerError, jellyfin, plex as plex_server};

const UNKNOWN: &str = "Unknown";

/// Whether Plex lists its libraries.
pub async fn plex(http: &HttpClient, url: &str, token: &str) -> CheckVerdict {
    match plex_server::sections(http, url, token).await {
        Ok(sections) => {
            let found = Finding::PlexOk { libraries: sections.count };
            let server_name = sections.server_name.unwrap_or_else(|| UNKNOWN.to_owned());
            CheckVerdict::new(true, "", &found).with("library_count", sections.count).with("server_name", server_name)
        }
        Err(error) => refused(&error, "", "Plex", "token"),
    }
}

/// Whether Jellyfin or Emby tells who it is.
pub async fn jellyfin_or_emby(http: &HttpClient, dialect: Dialect, url: &str, key: &str) -> CheckVerdict {
    match jellyfin::info(http, dialect, url, key).await {
        Ok(info) => {
            let version = info.version.unwrap_or_else(|| UNKNOWN.to_owned());
            let server_name = info.server_name.unwrap_or_else(|| UNKNOWN.to_owned());
            let found = Finding::ServerOk { server: dialect.name(), version: version.clone() };
            CheckVerdict::new(true, " ", &found).with("version", version).with("server_name", server_name)
        }
        Err(error) => refused(&error, " ", dialect.name(), "API key"),
    }
}

fn refused(error: &ServerError, space: &str, server: &'static str, key: &'static str) -> CheckVerdict {
    match error {
        ServerError::Status(401) => CheckVerdict::status(401, space, &Finding::ServerRefuses { server, key }),
        ServerError::Status(status) => {
            CheckVerdict::status(*status, space, &Finding::ServerStatus { server, status: *status })
        }
        ServerError::Http(HttpError::TimedOut) => {
            CheckVerdict::new(false, space, &Finding::ServerSilent { server }).with("error", "timeout")
        }
        ServerError::Http(trouble) => CheckVerdict::trouble(trouble, space, &Finding::ServerTrouble { server }),
    }
}
