//! A Plex and a Jellyfin whose pictures change with what is uploaded, and looks at what a run left.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use wiremock::matchers::{header, path_regex};
use wiremock::{Mock, Request, Respond, ResponseTemplate};

use crate::home::{Home, TOKEN, picture, said};

pub const JELLYFIN_KEY: &str = "jellyfin-key-that-nobody-may-see";
pub const CRIME: &str = "Movies/Heat (1995)";
pub const DARK: &str = "Shows/Dark (2017)";

/// What a server shows, by item and place: `10/posters`, `j10/Primary`. Uploads change it.
#[derive(Clone, Default)]
pub struct Shown(Arc<Mutex<BTreeMap<String, Vec<u8>>>>);

impl Shown {
    pub fn of(pictures: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        Self(Arc::new(Mutex::new(pictures.into_iter().collect())))
    }

    pub fn get(&self, place: &str) -> Option<Vec<u8>> {
        self.0.lock().unwrap().get(place).cloned()
    }

    pub fn all(&self) -> BTreeMap<String, Vec<u8>> {
        self.0.lock().unwrap().clone()
    }

    pub fn set(&self, place: &str, picture: Vec<u8>) {
        self.0.lock().unwrap().insert(place.to_owned(), picture);
    }
}

/// Plex' pictures: `/library/metadata/10/thumb/1` shows what was posted to `/library/metadata/10/posters`.
impl Respond for Shown {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let parts: Vec<&str> = request.url.path().split('/').collect();
        let [_, _, _, key, kind, ..] = parts.as_slice() else { return ResponseTemplate::new(404) };
        let kind = if matches!(*kind, "thumb" | "posters") { "posters" } else { "arts" };
        let place = format!("{key}/{kind}");
        if request.method.as_str() == "POST" {
            self.set(&place, request.body.clone());
            return ResponseTemplate::new(200);
        }
        self.get(&place)
            .map_or(ResponseTemplate::new(404), |picture| ResponseTemplate::new(200).set_body_bytes(picture))
    }
}

/// A picture that no other one is like.
pub fn picture_of(number: usize) -> Vec<u8> {
    let mut file = picture([9, 9, 9]);
    // Before the end of the picture, in a comment.
    let end = file.len() - 2;
    let comment = format!("number {number:08}");
    let length = u16::try_from(comment.len() + 2).unwrap().to_be_bytes();
    file.splice(end..end, [0xff, 0xfe].into_iter().chain(length).chain(comment.into_bytes()));
    file
}

pub fn movie(key: usize, title: &str, folder: &str) -> Value {
    json!({"ratingKey": key.to_string(), "type": "movie", "title": title, "year": 1995, "librarySectionID": 1,
        "Guid": [{"id": format!("tmdb://{key}")}], "thumb": format!("/library/metadata/{key}/thumb/1"),
        "art": format!("/library/metadata/{key}/art/1"), "Media": [{"Part": [{"file": format!("/media/movies/{folder}/a.mkv")}]}]})
}

/// A home whose Plex shows pictures, with a folder for backups.
pub async fn home(changes: Value) -> Home {
    let home = Home::new(changes).await;
    fs::create_dir(home.path("backup")).unwrap();
    home.tell("PrerequisitePart", "BackupPath", home.path("backup").to_str().unwrap());
    home.tell("PrerequisitePart", "BackgroundPosters", "true");
    home
}

/// Plex has a movie in a folder within the library, and a show of which the second episode has no picture.
pub async fn plex(home: &Home) -> Shown {
    let sections = json!({"Directory": [
        {"key": "1", "type": "movie", "title": "Movies", "Location": [{"path": "/media/movies"}]},
        {"key": "2", "type": "show", "title": "Shows", "Location": [{"path": "/media/shows"}]}]});
    home.plex("/library/sections", sections).await;
    let movie = movie(10, "Heat", "Crime/Heat (1995)");
    let show = json!({"ratingKey": "20", "type": "show", "title": "Dark", "year": 2017, "librarySectionID": 2,
        "Guid": [{"id": "tvdb://70523"}], "Label": [{"tag": "a label"}], "thumb": "/library/metadata/20/thumb/1",
        "art": "/library/metadata/20/art/1", "Location": [{"path": "/media/shows/Dark (2017)"}]});
    let episode = |number: u32| {
        let thumb = (number == 1).then(|| format!("/library/metadata/3{number}/thumb/1"));
        json!({"ratingKey": format!("3{number}"), "type": "episode", "title": format!("Part {number}"), "index": number,
            "parentRatingKey": "21", "thumb": thumb})
    };
    home.plex_episodes(&[episode(1), episode(2)]).await;
    home.plex("/library/sections/1/all", json!({"totalSize": 1, "Metadata": [movie]})).await;
    home.plex("/library/sections/2/all", json!({"totalSize": 1, "Metadata": [show]})).await;
    home.plex("/library/metadata/10", json!({"Metadata": [movie]})).await;
    home.plex("/library/metadata/20", json!({"Metadata": [show]})).await;
    let season = json!({"ratingKey": "21", "type": "season", "title": "Season 1", "index": 1,
        "thumb": "/library/metadata/21/thumb/1"});
    home.plex("/library/metadata/20/children", json!({"Metadata": [season]})).await;
    let places = ["10/posters", "10/arts", "20/posters", "20/arts", "21/posters", "31/posters"];
    let shown = Shown::of(places.into_iter().enumerate().map(|(at, place)| (place.to_owned(), picture_of(at))));
    show_on_plex(home, &shown).await;
    shown
}

pub async fn show_on_plex(home: &Home, shown: &Shown) {
    Mock::given(path_regex("^/library/metadata/[0-9]+/(thumb/.*|art/.*|posters|arts)$"))
        .and(header("X-Plex-Token", TOKEN))
        .respond_with(shown.clone())
        .with_priority(2)
        .mount(&home.server)
        .await;
}

/// Jellyfin, or Emby, with the same movie and show; the movie has another title there.
#[derive(Clone)]
pub struct Jellyfin(pub Shown);

impl Jellyfin {
    pub fn item(&self, id: &str, kind: &str, more: &Value) -> Value {
        let tag = |place: &str| self.0.get(&format!("{id}/{place}")).map(|_| "tag");
        let mut item = json!({"Id": id, "Type": kind, "ImageTags": {}, "BackdropImageTags": []});
        if let Some(tag) = tag("Primary") {
            item["ImageTags"]["Primary"] = tag.into();
        }
        if let Some(tag) = tag("Backdrop") {
            item["BackdropImageTags"] = json!([tag]);
        }
        item.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        item
    }

    pub fn listing(&self, kinds: &str) -> Value {
        let items = match kinds {
            "Movie" => vec![self.item(
                "j10",
                "Movie",
                &json!({"Name": "Heat: Director's cut", "ProductionYear": 1995,
                "ProviderIds": {"Tmdb": "10"}, "Path": "/jf/movies/Heat (1995)/a.mkv"}),
            )],
            "Series" => vec![self.item(
                "j20",
                "Series",
                &json!({"Name": "Dark", "ProductionYear": 2017, "ProviderIds": {},
                "Path": "/jf/shows/Dark (2017)"}),
            )],
            "Season" => {
                vec![self.item("j21", "Season", &json!({"Name": "Season 1", "IndexNumber": 1, "SeriesId": "j20"}))]
            }
            _ => vec![self.item(
                "j31",
                "Episode",
                &json!({"Name": "One and two", "IndexNumber": 1, "SeriesId": "j20",
                "SeasonId": "j21"}),
            )],
        };
        json!({"TotalRecordCount": items.len(), "Items": items})
    }

    pub async fn mount(&self, home: &Home) {
        Mock::given(path_regex("^/jf/")).respond_with(self.clone()).mount(&home.server).await;
    }
}

impl Respond for Jellyfin {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let header = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if header("Authorization") != format!("MediaBrowser Token=\"{JELLYFIN_KEY}\"")
            && header("X-Emby-Token") != JELLYFIN_KEY
        {
            return ResponseTemplate::new(401);
        }
        let parts: Vec<&str> = request.url.path().split('/').skip(2).collect();
        match (request.method.as_str(), parts.as_slice()) {
            ("GET", ["Library", "VirtualFolders"]) => {
                let library = |name: &str, kind: &str, id: &str| json!({"Name": name, "CollectionType": kind, "ItemId": id, "Locations": [format!("/jf/{}", name.to_lowercase())]});
                let all = [library("movies", "movies", "1"), library("Shows", "tvshows", "2")];
                ResponseTemplate::new(200).set_body_json(json!(all))
            }
            ("GET", ["Items"]) => {
                let kinds = request.url.query_pairs().find(|(name, _)| name == "IncludeItemTypes").unwrap().1;
                ResponseTemplate::new(200).set_body_json(self.listing(&kinds))
            }
            ("GET", ["Items", id, "Images", kind]) => match self.0.get(&format!("{id}/{kind}")) {
                Some(picture) => ResponseTemplate::new(200).set_body_bytes(picture),
                None => ResponseTemplate::new(404),
            },
            ("POST", ["Items", id, "Images", kind]) => {
                assert_eq!(header("Content-Type"), "image/jpeg");
                self.0.set(&format!("{id}/{kind}"), STANDARD.decode(&request.body).unwrap());
                ResponseTemplate::new(204)
            }
            ("DELETE", ["Items", id, "Images", kind, "0"]) => {
                self.0.0.lock().unwrap().remove(&format!("{id}/{kind}"));
                ResponseTemplate::new(204)
            }
            _ => ResponseTemplate::new(404),
        }
    }
}

/// All files below a folder, with their content.
pub fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap().flatten() {
            match entry.path() {
                inner if inner.is_dir() => folders.push(inner),
                file => {
                    let name = file.strip_prefix(folder).unwrap().display().to_string();
                    // What a run is about to put in its place may be gone by now.
                    found.extend(fs::read(&file).ok().map(|content| (name, content)));
                }
            }
        }
    }
    found
}

pub async fn done(home: &Home, arguments: &[&str]) -> String {
    let run = home.run(arguments).await;
    assert_eq!(run.status.code(), Some(0), "{arguments:?}: {}", said(&run));
    said(&run)
}

/// The run is refused, and says this.
pub async fn refused(home: &Home, arguments: &[&str], why: &str) {
    let run = home.run(arguments).await;
    assert_eq!(run.status.code(), Some(1), "{arguments:?}: {}", said(&run));
    assert!(said(&run).contains(why), "{arguments:?}: {}", said(&run));
}

pub async fn requests(home: &Home, start: &str) -> Vec<String> {
    home.asked().await.into_iter().filter(|asked| asked.starts_with(start)).collect()
}

pub fn result(home: &Home, mode: &str) -> Value {
    serde_json::from_str(&home.text(&format!("Logs/{mode}.json"))).unwrap()
}
