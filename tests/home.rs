//! A home for runs over a library: a small Plex and TMDB stand in for the world, and the real binary runs against them.

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use posterizarr_base::run_events::{self, AssetEvent, RunEvent};
use serde_json::{Value, json};
use wiremock::matchers::{header, method, path, path_regex, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::daemon::command;

const BINARY: &str = env!("CARGO_BIN_EXE_posterizarrd");
/// Plex answers only who has this.
pub const TOKEN: &str = "plex-token-that-nobody-may-see";
/// And TMDB who has this.
pub const TMDB_TOKEN: &str = "tmdb-token-that-nobody-may-see";

/// A JPEG of one colour.
pub fn picture(colour: [u8; 3]) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let pixels = RgbImage::from_pixel(400, 600, Rgb(colour));
    DynamicImage::from(pixels).write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
    bytes.into_inner()
}

/// A home: a media server, a provider and a data folder.
pub struct Home {
    pub server: MockServer,
    pub folder: tempfile::TempDir,
}

impl Home {
    pub async fn new(changes: Value) -> Self {
        let home = Self { server: MockServer::start().await, folder: tempfile::tempdir().unwrap() };
        fs::create_dir(home.path("assets")).unwrap();
        let mut config = json!({
            "ApiPart": {"PlexToken": TOKEN, "tmdbtoken": TMDB_TOKEN, "FavProvider": "tmdb"},
            "PlexPart": {"UsePlex": "true", "PlexUrl": home.server.uri(), "LibstoExclude": ["Music"]},
            "PrerequisitePart": {"AssetPath": home.path("assets"), "ManualAssetPath": home.path("manual"),
                "TitleCards": "true", "BackgroundPosters": "false"},
        });
        for (section, values) in changes.as_object().unwrap() {
            let part = config.as_object_mut().unwrap().entry(section).or_insert_with(|| json!({}));
            part.as_object_mut().unwrap().extend(values.as_object().unwrap().clone());
        }
        fs::write(home.path("config.json"), config.to_string()).unwrap();
        home
    }

    pub fn path(&self, inside: &str) -> PathBuf {
        self.folder.path().join(inside)
    }

    pub fn text(&self, inside: &str) -> String {
        fs::read_to_string(self.path(inside)).unwrap_or_else(|error| panic!("{inside}: {error}"))
    }

    /// Sets a value of the configuration.
    pub fn tell(&self, section: &str, key: &str, value: &str) {
        let mut config: Value = serde_json::from_str(&self.text("config.json")).unwrap();
        config[section][key] = value.into();
        fs::write(self.path("config.json"), config.to_string()).unwrap();
    }

    /// Plex answers with this in the place of what is told it later.
    pub async fn plex_first(&self, at: &str, container: Value) {
        Mock::given(path(at))
            .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "MediaContainer": container })))
            .with_priority(1)
            .mount(&self.server)
            .await;
    }

    /// Plex answers with this, but only who has the token.
    pub async fn plex(&self, at: &str, container: Value) {
        Mock::given(path(at))
            .and(header("X-Plex-Token", TOKEN))
            .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "MediaContainer": container })))
            .mount(&self.server)
            .await;
    }

    /// Plex lists these episodes of its library of shows.
    pub async fn plex_episodes(&self, episodes: &[Value]) {
        let listing = json!({"MediaContainer": {"totalSize": episodes.len(), "Metadata": episodes}});
        Mock::given(path("/library/sections/2/all"))
            .and(query_param("type", "4"))
            .respond_with(ResponseTemplate::new(200).set_body_json(listing))
            .with_priority(1)
            .mount(&self.server)
            .await;
    }

    pub async fn tmdb(&self, at: &str, images: Value) {
        Mock::given(path(format!("/3{at}")))
            .and(header("Authorization", format!("Bearer {TMDB_TOKEN}")))
            .respond_with(ResponseTemplate::new(200).set_body_json(images))
            .mount(&self.server)
            .await;
    }

    /// One movie, and one show with a season of two episodes; TMDB has pictures of all but the second episode.
    pub async fn furnish(&self) {
        self.plex(
            "/library/sections",
            json!({"Directory": [
                {"key": "1", "type": "movie", "title": "Movies", "Location": [{"path": "/media/movies"}]},
                {"key": "2", "type": "show", "title": "Shows", "Location": [{"path": "/media/shows"}]}]}),
        )
        .await;
        let movie = json!({"ratingKey": "10", "type": "movie", "title": "Heat", "year": 1995, "librarySectionID": 1,
            "Guid": [{"id": "tmdb://949"}], "Media": [{"Part": [{"file": "/media/movies/Heat (1995)/heat.mkv"}]}]});
        let show = json!({"ratingKey": "20", "type": "show", "title": "Dark", "year": 2017, "librarySectionID": 2,
            "Guid": [{"id": "tmdb://70523"}], "Location": [{"path": "/media/shows/Dark (2017)"}]});
        let episode = |number: u32| {
            json!({"ratingKey": format!("3{number}"), "type": "episode", "title": format!("Part {number}"), "index": number,
                "parentRatingKey": "21"})
        };
        self.plex_episodes(&[episode(1), episode(2)]).await;
        self.plex("/library/sections/1/all", json!({"totalSize": 1, "Metadata": [movie]})).await;
        self.plex("/library/sections/2/all", json!({"totalSize": 1, "Metadata": [show]})).await;
        self.plex("/library/metadata/10", json!({"Metadata": [movie]})).await;
        self.plex("/library/metadata/20", json!({"Metadata": [show]})).await;
        let season = json!({"ratingKey": "21", "type": "season", "title": "Season 1", "index": 1});
        self.plex("/library/metadata/20/children", json!({"Metadata": [season]})).await;
        self.plex("/library/metadata/20/allLeaves", json!({"Metadata": [episode(1), episode(2)]})).await;
        let image = |name: &str| json!([{"file_path": format!("/{name}.jpg"), "iso_639_1": null, "width": 2000, "height": 3000}]);
        self.tmdb("/movie/949/images", json!({"posters": image("heat")})).await;
        self.tmdb("/tv/70523/images", json!({"posters": image("dark")})).await;
        self.tmdb("/tv/70523/season/1/images", json!({"posters": image("season")})).await;
        self.tmdb("/tv/70523/season/1/episode/1/images", json!({"stills": image("still")})).await;
        for (name, colour) in
            [("heat", [200, 10, 10]), ("dark", [10, 200, 10]), ("season", [10, 10, 200]), ("still", [90, 90, 90])]
        {
            Mock::given(path(format!("/t/p/original/{name}.jpg")))
                .respond_with(ResponseTemplate::new(200).set_body_bytes(picture(colour)))
                .mount(&self.server)
                .await;
        }
        Mock::given(method("POST"))
            .and(path_regex("^/library/metadata/.*/posters$"))
            .respond_with(ResponseTemplate::new(200))
            .mount(&self.server)
            .await;
    }

    /// The engine with these arguments, not yet started.
    pub fn engine(&self, arguments: &[&str]) -> Command {
        let mut engine = command(BINARY, self.folder.path());
        engine
            .arg("engine")
            .args(arguments)
            .env("POSTERIZARRD_PROVIDERS_TMDB_URL", format!("{}/3", self.server.uri()))
            .env("POSTERIZARRD_PROVIDERS_TMDB_IMAGE_URL", format!("{}/t/p", self.server.uri()))
            .env("POSTERIZARRD_PROVIDERS_TVDB_URL", format!("{}/tvdb", self.server.uri()))
            .env("POSTERIZARRD_PROVIDERS_FANART_URL", format!("{}/fanart", self.server.uri()))
            .env(run_events::EVENTS_VARIABLE, self.path(run_events::EVENTS_FILE))
            // What characters there are is not to depend on the machine.
            .env("POSTERIZARRD_DRAWING_SYSTEM_FONTS", "false")
            .current_dir(self.folder.path());
        engine
    }

    /// Runs the engine to its end; the event file is that of this run.
    pub async fn run(&self, arguments: &[&str]) -> Output {
        let mut engine = self.engine(arguments);
        let _ = fs::remove_file(self.path(run_events::EVENTS_FILE));
        tokio::task::spawn_blocking(move || engine.output().unwrap()).await.unwrap()
    }

    /// Paths that were asked for.
    pub async fn asked(&self) -> Vec<String> {
        let requests = self.server.received_requests().await.unwrap();
        requests.iter().map(|request| format!("{} {}", request.method, request.url.path())).collect()
    }

    /// What the last run has told.
    pub fn events(&self) -> Vec<RunEvent> {
        run_events::read(&self.path(run_events::EVENTS_FILE)).unwrap().collect()
    }

    /// What the last run has told of an asset.
    pub fn event(&self, path: &str) -> AssetEvent {
        let found = self.events().into_iter().find_map(|event| match event {
            RunEvent::Asset(asset) if asset.path == path => Some(asset),
            _ => None,
        });
        found.unwrap_or_else(|| panic!("nothing was told of {path}: {:?}", self.events()))
    }

    pub fn assets(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut folders = vec![self.path("assets")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap().flatten() {
                match entry.path() {
                    folder if folder.is_dir() => folders.push(folder),
                    file => found.push(file.strip_prefix(self.path("assets")).unwrap().display().to_string()),
                }
            }
        }
        found.sort();
        found
    }
}

pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), output.stderr.as_slice()].concat()).into_owned()
}

/// The colour of a picture near its top, where there is neither frame nor text.
pub fn colour(path: &Path) -> [u8; 3] {
    let pixels = image::open(path).unwrap().into_rgb8();
    let (x, y) = (pixels.width() / 2, pixels.height() / 8);
    pixels.get_pixel(x, y).0
}
