//! Jellyfin and Emby.

use reqwest::header::HeaderName;
use reqwest::{StatusCode, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{Library, Server, ServerError};
use crate::outgoing::{Ask, Outgoing, Trouble, below};

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
pub async fn info(outgoing: &Outgoing, server: Server, url: &str, key: &str) -> Result<Info, ServerError> {
    fetch(outgoing, server, Ask::get(with_key(below(url, &["System", "Info"])?, key))).await
}

/// Asks for the libraries.
pub async fn libraries(outgoing: &Outgoing, server: Server, url: &str, key: &str) -> Result<Vec<Library>, ServerError> {
    let address = below(url, &["Library", "VirtualFolders"])?;
    let ask = match server {
        Server::Jellyfin => Ask::get(address).header(X_EMBY_TOKEN, key.trim())?,
        Server::Emby | Server::Plex => Ask::get(with_key(address, key)),
    };
    let folders: Vec<Folder> = fetch(outgoing, server, ask).await?;
    Ok(folders.into_iter().map(Library::from).collect())
}

fn with_key(mut url: Url, key: &str) -> Url {
    url.query_pairs_mut().append_pair("api_key", key.trim());
    url
}

async fn fetch<T: DeserializeOwned>(outgoing: &Outgoing, server: Server, ask: Ask) -> Result<T, ServerError> {
    let answer = outgoing.fetch(ask.wanting_json()).await?;
    if answer.status != StatusCode::OK {
        return Err(ServerError::Status(answer.status.as_u16()));
    }
    let read: Result<T, Trouble> = serde_json::from_slice(&answer.body).map_err(|_| server.not_understood());
    Ok(read?)
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
