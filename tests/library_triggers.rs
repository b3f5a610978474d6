//! What Sonarr and Radarr tell of, as the real binary acts on it.

use serde_json::{Value, json};
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, ResponseTemplate};

use super::home::{Home, said};

const DARK: &[&str] =
    &["-ArrTrigger", "-arr_platform", "Sonarr", "-arr_series_title", "Dark", "-arr_episode_season", "1"];
const HEAT: &[&str] = &["-ArrTrigger", "-arr_platform", "Radarr", "-event", "Download", "-arr_movie_title"];

/// A furnished home whose search finds the item of this type and key.
async fn home(changes: Value, found: Option<(&str, &str)>) -> Home {
    let home = Home::new(changes).await;
    home.furnish().await;
    let hits = found.map(|(kind, key)| json!({"type": kind, "ratingKey": key}));
    home.plex("/search", json!({"Metadata": hits.into_iter().collect::<Vec<_>>()})).await;
    home
}

fn with<'a>(first: &[&'a str], rest: &[&'a str]) -> Vec<&'a str> {
    [first, rest].concat()
}

async fn uploads(home: &Home) -> Vec<String> {
    home.asked().await.into_iter().filter(|asked| asked.starts_with("POST ")).collect()
}

#[actix_web::test]
async fn an_episode_that_the_server_does_not_have_yet_is_waited_for_and_the_rest_is_made() {
    let home = home(json!({}), Some(("show", "20"))).await;
    let done = home.run(&with(DARK, &["-arr_episode_numbers", "1,3"])).await;
    assert_eq!(done.status.code(), Some(66), "{}", said(&done));
    assert!(said(&done).contains("S01E03 of Dark is not on Plex yet"), "{}", said(&done));
    assert!(home.assets().contains(&"Shows/Dark (2017)/poster.jpg".to_owned()), "{:?}", home.assets());
    let there = home.run(&with(DARK, &["-arr_episode_numbers", "1,2"])).await;
    assert_eq!(there.status.code(), Some(0), "{}", said(&there));
    let gone = home.run(&with(DARK, &["-event", "EpisodeFileDelete", "-arr_episode_numbers", "3"])).await;
    assert_eq!(gone.status.code(), Some(0), "nobody waits for what was deleted: {}", said(&gone));
    home.tell("PrerequisitePart", "TitleCards", "false");
    let nobody_looks = home.run(&with(DARK, &["-arr_episode_numbers", "3"])).await;
    assert_eq!(nobody_looks.status.code(), Some(0), "{}", said(&nobody_looks));
}

#[actix_web::test]
async fn an_upgrade_brings_back_what_the_server_dropped_and_nothing_else_does() {
    let home =
        home(json!({"PrerequisitePart": {"PlexUpload": "true", "FileTestOnTrigger": "true"}}), Some(("movie", "10")))
            .await;
    let heat = with(HEAT, &["Heat", "-arr_movie_tmdb", "949"]);
    let first = home.run(&heat).await;
    assert_eq!((first.status.code(), uploads(&home).await.len()), (Some(0), 1), "{}", said(&first));
    let again = home.run(&heat).await;
    assert_eq!((again.status.code(), uploads(&home).await.len()), (Some(0), 1), "{}", said(&again));
    // The file was replaced, and the item shows a picture of the server's own.
    home.server.reset().await;
    let movie = json!({"ratingKey": "10", "type": "movie", "title": "Heat", "year": 1995, "librarySectionID": 1,
        "thumb": "/library/metadata/10/thumb/7", "Guid": [{"id": "tmdb://949"}],
        "Media": [{"Part": [{"file": "/media/movies/Heat (1995)/heat.mkv"}]}]});
    home.plex_first("/library/metadata/10", json!({"Metadata": [movie]})).await;
    let thumb = || Mock::given(method("GET")).and(path("/library/metadata/10/thumb/7"));
    let own = ResponseTemplate::new(200).set_body_bytes(super::home::picture([1, 2, 3]));
    thumb().respond_with(own).up_to_n_times(1).mount(&home.server).await;
    home.furnish().await;
    home.plex("/search", json!({"Metadata": [{"type": "movie", "ratingKey": "10"}]})).await;
    let upgrade = with(&heat, &["-arr_isupgrade", "True"]);
    let upgraded = home.run(&upgrade).await;
    assert_eq!(upgraded.status.code(), Some(0), "{}", said(&upgraded));
    assert_eq!(uploads(&home).await, ["POST /library/metadata/10/posters"], "{}", said(&upgraded));
    // Where the server still shows ours, there is nothing to bring back.
    let ours = std::fs::read(home.path("assets/Movies/Heat (1995)/poster.jpg")).unwrap();
    thumb().respond_with(ResponseTemplate::new(200).set_body_bytes(ours)).mount(&home.server).await;
    let kept = home.run(&upgrade).await;
    assert_eq!((kept.status.code(), uploads(&home).await.len()), (Some(0), 1), "{}", said(&kept));
}

#[actix_web::test]
async fn an_item_that_nobody_finds_by_id_or_title_is_found_by_its_folder() {
    let home = home(json!({}), None).await;
    let elsewhere = with(HEAT, &["La sfida", "-arr_movie_path", "/data/films/Heat (1995)"]);
    let found = home.run(&elsewhere).await;
    assert_eq!(found.status.code(), Some(0), "{}", said(&found));
    assert_eq!(home.assets(), ["Movies/Heat (1995)/poster.jpg"]);
    let unknown = home.run(&with(HEAT, &["La sfida", "-arr_movie_path", "/data/films/Ran (1985)"])).await;
    assert_eq!(unknown.status.code(), Some(66), "{}", said(&unknown));
}

const AGREGARR: &str = "/agregarr/api/v1/posterizarr/trigger";

/// What Agregarr was told with the right key.
async fn told(home: &Home) -> Vec<Value> {
    let requests = home.server.received_requests().await.unwrap();
    let told = requests
        .iter()
        .filter(|request| request.url.path() == AGREGARR && request.headers["x-api-key"] == "k3y-of-agregarr");
    told.map(|request| request.body_json().unwrap()).collect()
}

async fn with_agregarr(found: (&str, &str), status: u16) -> Home {
    let home = home(json!({}), Some(found)).await;
    home.tell("Notification", "AgregarrTriggerEnabled", "true");
    home.tell("Notification", "AgregarrUrl", &format!("{}/agregarr", home.server.uri()));
    home.tell("Notification", "AgregarrApiKey", "k3y-of-agregarr");
    let callback = Mock::given(method("POST")).and(path(AGREGARR)).and(header("content-type", "application/json"));
    callback.respond_with(ResponseTemplate::new(status)).mount(&home.server).await;
    home
}

#[actix_web::test]
async fn agregarr_is_told_of_what_a_trigger_brought_once_plex_has_it_and_of_nothing_else() {
    let heat = with(HEAT, &["Heat", "-arr_movie_tmdb", "949"]);
    let home = with_agregarr(("movie", "10"), 202).await;
    let done = home.run(&with(&heat, &["-DryRun"])).await;
    assert_eq!((done.status.code(), told(&home).await.len()), (Some(0), 0), "{}", said(&done));
    let done = home.run(&heat).await;
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    assert_eq!(told(&home).await, [json!({"ratingKey": "10", "mediaType": "movie", "title": "Heat"})]);
    assert!(said(&done).contains("Agregarr was told of Heat"), "{}", said(&done));
    home.run(&["-UISchedule"]).await;
    assert_eq!(told(&home).await.len(), 1, "a run over the library is nothing that Sonarr or Radarr brought");

    let home = with_agregarr(("show", "20"), 202).await;
    let done = home.run(&with(DARK, &["-arr_episode_numbers", "1,2"])).await;
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    let episode = |number| json!({"ratingKey": "20", "mediaType": "show", "title": "Dark", "seasonNumber": 1, "episodeNumber": number});
    assert_eq!(told(&home).await, [episode(1), episode(2)], "{}", said(&done));
}

#[actix_web::test]
async fn an_agregarr_that_refuses_is_a_warning_without_its_key_and_the_run_has_succeeded() {
    let heat = with(HEAT, &["Heat", "-arr_movie_tmdb", "949"]);
    let home = with_agregarr(("movie", "10"), 403).await;
    let done = home.run(&heat).await;
    assert_eq!((done.status.code(), told(&home).await.len()), (Some(0), 1), "{}", said(&done));
    assert!(
        said(&done).contains("Agregarr could not be told of Heat: it refused the key (status 403)"),
        "{}",
        said(&done)
    );
    assert!(!said(&done).contains("k3y-of-agregarr"));
    assert_eq!(home.assets(), ["Movies/Heat (1995)/poster.jpg"]);

    let home = with_agregarr(("movie", "10"), 202).await;
    home.tell("Notification", "AgregarrApiKey", "");
    let done = home.run(&heat).await;
    assert!(said(&done).contains("AgregarrUrl or AgregarrApiKey is missing"), "{}", said(&done));
    assert_eq!((done.status.code(), told(&home).await.len()), (Some(0), 0));
}
