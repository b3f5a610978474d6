//! Jellyfin and Emby. A Jellyfin that answers 401 to its own form of the key is asked once more with the older one.

use reqwest::{Method, StatusCode, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{Library, ServerError};
use crate::http::{HttpClient, HttpError, Request, Response, below};
use crate::servers::media_browser::signed;
use posterizarr_base::servers::Dialect;

/// Who a server is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Info {
    pub version: Option<String>,
    pub server_name: Option<String>,
}

/// Asks who a server is.
pub async fn info(http: &HttpClient, dialect: Dialect, url: &str, key: &str) -> Result<Info, ServerError> {
    fetch(http, dialect, below(url, &["System", "Info"])?, key).await
}

/// Asks for the libraries.
pub async fn libraries(http: &HttpClient, dialect: Dialect, url: &str, key: &str) -> Result<Vec<Library>, ServerError> {
    let address = below(url, &["Library", "VirtualFolders"])?;
    let folders: Vec<Folder> = fetch(http, dialect, address, key).await?;
    Ok(folders.into_iter().map(Library::from).collect())
}

async fn fetch<T: DeserializeOwned>(
    http: &HttpClient,
    dialect: Dialect,
    address: Url,
    key: &str,
) -> Result<T, ServerError> {
    let answer = send(http, dialect, Request::get(address).wanting_json(), key).await?;
    if answer.status != StatusCode::OK {
        return Err(ServerError::Status(answer.status.as_u16()));
    }
    let read: Result<T, HttpError> = serde_json::from_slice(&answer.body).map_err(|_| not_understood(dialect));
    Ok(read?)
}

fn not_understood(dialect: Dialect) -> HttpError {
    HttpError::NotUnderstood(match dialect {
        Dialect::Jellyfin => "a Jellyfin server",
        Dialect::Emby => "an Emby server",
    })
}

/// Asks with the key, in the server's way.
async fn send(http: &HttpClient, dialect: Dialect, request: Request, key: &str) -> Result<Response, HttpError> {
    let key = key.trim();
    let answer = http.fetch(signed(request.clone(), dialect, key)).await?;
    if dialect == Dialect::Jellyfin && answer.status == StatusCode::UNAUTHORIZED {
        return http.fetch(signed(request, Dialect::Emby, key)).await;
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
    dialect: Dialect,
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
    let answer = send(http, dialect, Request::new(Method::POST, address), key).await?;
    if answer.status.is_success() { Ok(()) } else { Err(ServerError::Status(answer.status.as_u16())) }
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
