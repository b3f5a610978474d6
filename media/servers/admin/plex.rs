//! Plex: asked for JSON, which it has answered since 2016; XML, its original format, is read as well.

use reqwest::{Method, StatusCode};
use roxmltree::{Document, Node};
use serde::Deserialize;
use serde_json::Value;

use super::{Library, ServerError};
use crate::http::{HttpClient, HttpError, Request, below};
use crate::servers::plex::signed;

/// A library's items are some kilobytes each.
const MAX_LIBRARY_SIZE: usize = 64 * 1024 * 1024;
/// Upstream gives a library's items thirty seconds, three times the ordinary.
const LIBRARY_PATIENCE: u32 = 3;

/// The libraries of a server, and who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sections {
    /// How many libraries it says it has.
    pub count: u64,
    /// Its name, which it rarely tells here.
    pub server_name: Option<String>,
    /// The libraries in its order.
    pub libraries: Vec<Library>,
}

/// A movie, show, artist or album.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Item {
    pub title: String,
    /// The year; empty where it is not known.
    pub year: String,
    /// Such as `movie`, `show` or `artist`.
    pub kind: String,
    /// Plex's number of it.
    pub rating_key: String,
    /// Its ids elsewhere, such as `tmdb://603`.
    pub guids: Vec<String>,
}

impl Item {
    /// The name a folder for it is likely to have.
    pub fn folder_name(&self) -> String {
        let mut name = self.title.clone();
        if !self.year.is_empty() {
            name.push_str(&format!(" ({})", self.year));
        }
        if let Some(id) = self.guids.iter().find_map(|guid| guid.split_once("tmdb://")).map(|(_, id)| id) {
            name.push_str(&format!(" {{tmdb-{id}}}"));
        }
        name
    }
}

/// Asks for the libraries.
pub async fn sections(http: &HttpClient, url: &str, token: &str) -> Result<Sections, ServerError> {
    let request = request(url, token, &["library", "sections", ""])?;
    let body = fetch(http, request).await?;
    Ok(container(&body, Sections::of_json, Sections::of_xml)?)
}

/// Asks for everything in a library.
pub async fn items(http: &HttpClient, url: &str, token: &str, library: &str) -> Result<Vec<Item>, ServerError> {
    let request = request(url, token, &["library", "sections", library, "all"])?;
    let body = fetch(http, request.at_most(MAX_LIBRARY_SIZE).times(LIBRARY_PATIENCE)).await?;
    Ok(container(&body, items_of_json, items_of_xml)?)
}

/// Has the server look anew for what it knows of an item.
pub async fn refresh_item(http: &HttpClient, url: &str, token: &str, item: &str) -> Result<(), ServerError> {
    command(http, Method::PUT, url, token, &["library", "metadata", item, "refresh"]).await
}

/// Has the server look at the files of an item.
pub async fn analyze_item(http: &HttpClient, url: &str, token: &str, item: &str) -> Result<(), ServerError> {
    command(http, Method::PUT, url, token, &["library", "metadata", item, "analyze"]).await
}

/// Has the server look for files of a library that came or went.
pub async fn scan_library(http: &HttpClient, url: &str, token: &str, library: &str) -> Result<(), ServerError> {
    command(http, Method::GET, url, token, &["library", "sections", library, "refresh"]).await
}

/// Has the server forget items of a library whose files are gone.
pub async fn empty_trash(http: &HttpClient, url: &str, token: &str, library: &str) -> Result<(), ServerError> {
    command(http, Method::PUT, url, token, &["library", "sections", library, "emptyTrash"]).await
}

async fn command(http: &HttpClient, method: Method, url: &str, token: &str, path: &[&str]) -> Result<(), ServerError> {
    let request = signed(Request::new(method, below(url, path)?), token.trim());
    let status = http.tell(request).await?;
    if status.is_success() { Ok(()) } else { Err(ServerError::Status(status.as_u16())) }
}

fn request(url: &str, token: &str, path: &[&str]) -> Result<Request, HttpError> {
    Ok(signed(Request::get(below(url, path)?), token.trim()))
}

async fn fetch(http: &HttpClient, request: Request) -> Result<Vec<u8>, ServerError> {
    let answer = http.fetch(request).await?;
    if answer.status == StatusCode::OK { Ok(answer.body) } else { Err(ServerError::Status(answer.status.as_u16())) }
}

/// Reads the answer in whichever of the two languages it is.
fn container<T>(
    body: &[u8],
    of_json: impl FnOnce(Container) -> T,
    of_xml: impl FnOnce(Node<'_, '_>) -> T,
) -> Result<T, HttpError> {
    let read = if body.trim_ascii_start().first() == Some(&b'{') {
        serde_json::from_slice::<Envelope>(body).ok().map(|envelope| of_json(envelope.container))
    } else {
        let text = std::str::from_utf8(body).ok();
        text.and_then(|text| Document::parse(text).ok()).and_then(|document| {
            let root = document.root_element();
            root.has_tag_name("MediaContainer").then(|| of_xml(root))
        })
    };
    read.ok_or(HttpError::NotUnderstood("a Plex server"))
}

#[derive(Deserialize)]
struct Envelope {
    #[serde(rename = "MediaContainer")]
    container: Container,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Container {
    #[serde(rename = "size")]
    size: Option<u64>,
    #[serde(rename = "friendlyName")]
    friendly_name: Option<String>,
    #[serde(default)]
    directory: Vec<Entry>,
    #[serde(default)]
    metadata: Vec<Entry>,
}

/// Numbers and texts are used one for the other between versions of Plex.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    title: Option<Value>,
    #[serde(rename = "type")]
    kind: Option<Value>,
    key: Option<Value>,
    year: Option<Value>,
    rating_key: Option<Value>,
    #[serde(rename = "Guid", default)]
    guids: Vec<Guid>,
}

#[derive(Deserialize)]
struct Guid {
    #[serde(default)]
    id: String,
}

fn text(value: Option<Value>) -> String {
    match value {
        Some(Value::String(text)) => text,
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

impl Sections {
    fn of_json(container: Container) -> Self {
        let libraries = container.directory.into_iter().map(|entry| Library {
            name: text(entry.title),
            kind: Some(text(entry.kind)),
            id: text(entry.key),
        });
        Self {
            count: container.size.unwrap_or(0),
            server_name: container.friendly_name,
            libraries: libraries.collect(),
        }
    }

    fn of_xml(root: Node<'_, '_>) -> Self {
        let libraries = root.descendants().filter(|node| node.has_tag_name("Directory")).map(|node| Library {
            name: attribute(node, "title"),
            kind: Some(attribute(node, "type")),
            id: attribute(node, "key"),
        });
        Self {
            count: root.attribute("size").and_then(|size| size.parse().ok()).unwrap_or(0),
            server_name: root.attribute("friendlyName").map(str::to_owned),
            libraries: libraries.collect(),
        }
    }
}

fn items_of_json(container: Container) -> Vec<Item> {
    // Shows and artists are directories in some answers.
    let entries = container.metadata.into_iter().chain(container.directory);
    let items = entries.filter(|entry| entry.title.is_some()).map(|entry| Item {
        title: text(entry.title),
        year: text(entry.year),
        kind: text(entry.kind),
        rating_key: text(entry.rating_key),
        guids: entry.guids.into_iter().map(|guid| guid.id).collect(),
    });
    items.collect()
}

fn items_of_xml(root: Node<'_, '_>) -> Vec<Item> {
    let items = root.children().filter(|node| node.has_attribute("title")).map(|node| Item {
        title: attribute(node, "title"),
        year: attribute(node, "year"),
        kind: attribute(node, "type"),
        rating_key: attribute(node, "ratingKey"),
        guids: node.children().filter(|child| child.has_tag_name("Guid")).map(|guid| attribute(guid, "id")).collect(),
    });
    items.collect()
}

fn attribute(node: Node<'_, '_>, name: &str) -> String {
    node.attribute(name).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECTIONS_XML: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
        <MediaContainer size="2" allowSync="0" title1="Plex Library">
        <Directory key="1" type="movie" title="Films &amp; more"><Location id="1" path="/m"/></Directory>
        <Directory key="7" type="show"/>
        </MediaContainer>"#;
    const SECTIONS_JSON: &str = r#"{"MediaContainer": {"size": 2, "Directory": [
        {"key": "1", "type": "movie", "title": "Films & more", "Location": [{"id": 1}]}, {"key": 7, "type": "show"}]}}"#;
    const ITEMS_XML: &str = r#"<MediaContainer size="3">
        <Video ratingKey="10" type="movie" title="Dune" year="2021"><Media title="a file"/>
        <Guid id="imdb://tt1"/><Guid id="tmdb://438631"/></Video>
        <Video ratingKey="11" type="movie" title="No year"><Guid id="tmdb://5"/></Video>
        <Directory ratingKey="12" type="show" title="Plain" year="1999"/>
        </MediaContainer>"#;
    const ITEMS_JSON: &str = r#"{"MediaContainer": {"size": 3, "Metadata": [
        {"ratingKey": "10", "type": "movie", "title": "Dune", "year": 2021, "Media": [{"title": "a file"}],
         "Guid": [{"id": "imdb://tt1"}, {"id": "tmdb://438631"}]},
        {"ratingKey": "11", "type": "movie", "title": "No year", "Guid": [{"id": "tmdb://5"}]},
        {"ratingKey": "12", "type": "show", "title": "Plain", "year": 1999}]}}"#;

    fn sections_of(body: &str) -> Result<Sections, HttpError> {
        container(body.as_bytes(), Sections::of_json, Sections::of_xml)
    }

    #[test]
    fn libraries_are_the_same_in_both_languages() {
        let library = |name: &str, kind: &str, id: &str| Library {
            name: name.to_owned(),
            kind: Some(kind.to_owned()),
            id: id.to_owned(),
        };
        let expected = Sections {
            count: 2,
            server_name: None,
            libraries: vec![library("Films & more", "movie", "1"), library("", "show", "7")],
        };
        assert_eq!(sections_of(SECTIONS_XML).unwrap(), expected);
        assert_eq!(sections_of(SECTIONS_JSON).unwrap(), expected);
    }

    #[test]
    fn items_are_the_same_in_both_languages_and_a_missing_year_leaves_no_empty_brackets() {
        for body in [ITEMS_XML, ITEMS_JSON] {
            let items = container(body.as_bytes(), items_of_json, items_of_xml).unwrap();
            let names: Vec<_> = items.iter().map(Item::folder_name).collect();
            assert_eq!(names, ["Dune (2021) {tmdb-438631}", "No year {tmdb-5}", "Plain (1999)"]);
            assert_eq!((items[2].kind.as_str(), items[2].rating_key.as_str()), ("show", "12"));
        }
    }

    #[test]
    fn what_is_no_answer_of_plex_is_said_to_be_none() {
        let bomb = r#"<!DOCTYPE a [<!ENTITY x "xxxxxxxx">]><MediaContainer>&x;</MediaContainer>"#;
        for body in ["", "<html></html>", "<html><p></html>", "[]", "{}", "ok", "{\"MediaContainer\": 1}", bomb] {
            assert_eq!(sections_of(body).unwrap_err(), HttpError::NotUnderstood("a Plex server"), "{body}");
        }
    }

    #[test]
    fn addresses_are_put_together_with_one_slash_and_escaped_and_hold_no_token() {
        let address = |url: &str| below(url, &["library", "sections", "a/b", "all"]).unwrap().to_string();
        let expected = "http://h:32400/library/sections/a%2Fb/all";
        assert_eq!(address("http://h:32400"), expected);
        assert_eq!(address("http://h:32400/"), expected);
        assert_eq!(address("http://h:32400/#!/x"), expected);
        let proxied = "https://h/plex/library/sections/a%2Fb/all";
        assert_eq!(address("https://h/plex/"), proxied);
        assert_eq!(request("h:32400", "t", &[]).err(), Some(HttpError::NoProtocol));
    }
}
