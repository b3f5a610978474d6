//! Jellyfin and Emby.
//!
//! Keys go in headers, never in addresses, which end up in logs. Jellyfin is asked with `Authorization: MediaBrowser
//! Token="…"`, the only form that version 12 takes; one that answers 401 to it is asked once more with the older header.

use reqwest::header::{AUTHORIZATION, HeaderName};
use reqwest::{Method, StatusCode, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{Library, Server, ServerError};
use posterizarr_media::http::{HttpClient, HttpError, Request, Response, below};

const X_EMBY_TOKEN: HeaderName = HeaderName::from_static("x-emby-token");

/// Who a server is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Info {
    /// Its version.
    pub version: Option<String>,
    /// Its name.
    pub server_name: Option<String>,
}

/// Asks who a server is.
pub async fn info(http: &HttpClient, server: Server, url: &str, key: &str) -> Result<Info, ServerError> {
    fetch(http, server, below(url, &["System", "Info"])?, key).await
}

/// Asks for the libraries.
pub async fn libraries(http: &HttpClient, server: Server, url: &str, key: &str) -> Result<Vec<Library>, ServerError> {
    let address = below(url, &["Library", "VirtualFolders"])?;
    let folders: Vec<Folder> = fetch(http, server, address, key).await?;
    Ok(folders.into_iter().map(Library::from).collect())
}

async fn fetch<T: DeserializeOwned>(
    http: &HttpClient,
    server: Server,
    address: Url,
    key: &str,
) -> Result<T, ServerError> {
    let answer = send(http, server, Request::get(address).wanting_json(), key).await?;
    if answer.status != StatusCode::OK {
        return Err(ServerError::Status(answer.status.as_u16()));
    }
    let read: Result<T, HttpError> = serde_json::from_slice(&answer.body).map_err(|_| server.not_understood());
    Ok(read?)
}

/// Asks with the key, in the server's way.
async fn send(http: &HttpClient, server: Server, request: Request, key: &str) -> Result<Response, HttpError> {
    let key = key.trim();
    let older = request.clone().header(X_EMBY_TOKEN, key);
    let answer = match server {
        Server::Jellyfin => http.fetch(request.header(AUTHORIZATION, &authorization(key)?)).await?,
        Server::Emby | Server::Plex => http.fetch(older.clone()).await?,
    };
    if server == Server::Jellyfin && answer.status == StatusCode::UNAUTHORIZED {
        return http.fetch(older).await;
    }
    Ok(answer)
}

/// What a server looks for anew about an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refresh {
    /// Titles, descriptions, people.
    Metadata,
    /// Pictures.
    Images,
}

/// Has a server look anew for what it knows of an item. The id is one segment of the path, whatever is in it.
pub async fn refresh(
    http: &HttpClient,
    server: Server,
    url: &str,
    key: &str,
    id: &str,
    what: Refresh,
) -> Result<(), ServerError> {
    let mut address = below(url, &["Items", id, "Refresh"])?;
    let (images, metadata) = match what {
        Refresh::Metadata => ("Default", "Full"),
        Refresh::Images => ("Full", "Default"),
    };
    address.query_pairs_mut().extend_pairs([
        ("Recursive", "true"),
        ("ImageRefreshMode", images),
        ("MetadataRefreshMode", metadata),
        ("ReplaceAllImages", "false"),
        ("ReplaceAllMetadata", "false"),
    ]);
    let answer = send(http, server, Request::new(Method::POST, address), key).await?;
    if answer.status.is_success() { Ok(()) } else { Err(ServerError::Status(answer.status.as_u16())) }
}

/// What `Authorization` says to Jellyfin. It undoes percent-encoding in the value.
fn authorization(key: &str) -> Result<String, HttpError> {
    if key.contains(char::is_control) {
        return Err(HttpError::NotSendable);
    }
    let key = key.replace('%', "%25").replace('"', "%22").replace('+', "%2B");
    Ok(format!("MediaBrowser Token=\"{key}\""))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Folder {
    #[serde(default)]
    name: Option<String>,
    #[serde(default = "mixed")]
    collection_type: Option<String>,
    #[serde(default)]
    item_id: Option<String>,
}

/// A library without a type holds everything.
fn mixed() -> Option<String> {
    Some("mixed".to_owned())
}

impl From<Folder> for Library {
    fn from(folder: Folder) -> Self {
        Self {
            name: folder.name.unwrap_or_default(),
            kind: folder.collection_type,
            id: folder.item_id.unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_cannot_end_its_place_in_the_header() {
        assert_eq!(authorization("0a1b2c").unwrap(), "MediaBrowser Token=\"0a1b2c\"");
        assert_eq!(authorization("a\", X=\"b").unwrap(), "MediaBrowser Token=\"a%22, X=%22b\"");
        assert!(authorization("a\nb").is_err());
    }

    #[test]
    fn a_library_without_a_type_is_mixed_and_one_with_none_has_none() {
        let folders = r#"[{"Name": "Filme", "CollectionType": "movies", "ItemId": "abc"}, {"Name": "Mixed", "ItemId": "d"},
            {"Name": "N", "CollectionType": null}]"#;
        let folders: Vec<Folder> = serde_json::from_str(folders).unwrap();
        let libraries: Vec<_> = folders.into_iter().map(Library::from).collect();
        let kinds: Vec<_> = libraries.iter().map(|library| library.kind.as_deref()).collect();
        assert_eq!(kinds, [Some("movies"), Some("mixed"), None]);
        assert_eq!((libraries[0].id.as_str(), libraries[2].id.as_str()), ("abc", ""));
    }
}
