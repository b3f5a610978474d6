//! Collections in runs over a library, as the real binary does them.

use std::process::{Command, Output};

use posterizarr_base::run_events::{AssetResult, EVENTS_FILE};
use serde_json::{Value, json};
use wiremock::matchers::{header, method, path, path_regex, query_param};
use wiremock::{Mock, ResponseTemplate};

use super::home::{Home, TMDB_TOKEN, colour, picture, said};

async fn done(home: &Home, arguments: &[&str]) -> Output {
    let mut engine: Command = home.engine(arguments);
    engine.env("POSTERIZARRD_ARTWORK_COLLECTIONS", "true");
    let _ = std::fs::remove_file(home.path(EVENTS_FILE));
    let output = tokio::task::spawn_blocking(move || engine.output().unwrap()).await.unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    output
}

/// TMDB finds a collection, and has a poster of it.
async fn tmdb_knows(home: &Home, name: &str, id: u64) {
    Mock::given(path("/3/search/collection"))
        .and(query_param("query", name))
        .and(header("Authorization", format!("Bearer {TMDB_TOKEN}")))
        .respond_with(ResponseTemplate::new(200).set_body_json(
            json!({"results": [{"id": 1, "name": "Something else"}, {"id": id, "name": format!("{name} Collection")}]}),
        ))
        .mount(&home.server)
        .await;
    let image = json!([{"file_path": "/saga.jpg", "iso_639_1": null, "width": 2000, "height": 3000}]);
    home.tmdb(&format!("/collection/{id}/images"), json!({ "posters": image })).await;
    Mock::given(path("/t/p/original/saga.jpg"))
        .respond_with(ResponseTemplate::new(200).set_body_bytes(picture([200, 10, 200])))
        .mount(&home.server)
        .await;
}

/// A home with three collections of movies: one that TMDB has, one with a picture of Plex's, one that is to be left alone.
async fn home_with_collections() -> Home {
    let home = Home::new(json!({"PrerequisitePart": {"PlexUpload": "true"}})).await;
    home.furnish().await;
    let entry = |key: &str, title: &str| json!({"ratingKey": key, "type": "collection", "title": title});
    let listed = [entry("50", "V/H/S"), entry("51", "Christmas"), entry("52", "Mine")];
    home.plex("/library/sections/1/collections", json!({"totalSize": 3, "Metadata": listed})).await;
    home.plex("/library/sections/2/collections", json!({"totalSize": 0})).await;
    let [saga, mut christmas, mut mine] = listed;
    christmas["thumb"] = "/library/collections/51/composite/7".into();
    mine["Label"] = json!([{"tag": "skip_posterizarr"}]);
    home.plex("/library/metadata/50,51,52", json!({"Metadata": [saga, christmas, mine]})).await;
    Mock::given(path("/library/collections/51/composite/7"))
        .respond_with(ResponseTemplate::new(200).set_body_bytes(picture([10, 200, 200])))
        .mount(&home.server)
        .await;
    tmdb_knows(&home, "V/H/S", 77).await;
    Mock::given(path("/3/search/collection"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"results": []})))
        .with_priority(9)
        .mount(&home.server)
        .await;
    home
}

const SAGA: &str = "Collections/Movies/V_H_S/poster";
const CHRISTMAS: &str = "Collections/Movies/Christmas/poster";

#[actix_web::test]
async fn collections_of_plex_get_posters_and_the_next_run_makes_nothing() {
    let home = home_with_collections().await;
    let first = done(&home, &[]).await;
    let made: Vec<String> = home.assets().into_iter().filter(|path| path.starts_with("Collections/")).collect();
    assert_eq!(made, [format!("{CHRISTMAS}.jpg"), format!("{SAGA}.jpg")], "{}", said(&first));
    let [red, green, blue] = colour(&home.path("assets").join(&made[1]));
    assert!(red > 150 && green < 60 && blue > 150, "TMDB's: {red} {green} {blue}");
    let told = home.event(SAGA);
    assert_eq!(
        (told.result, told.kind.as_str(), told.library.as_str()),
        (AssetResult::Created, "collection", "Movies")
    );
    assert_eq!(home.event(CHRISTMAS).source.unwrap().provider, "PLEX", "nobody else has a picture");
    let uploads: Vec<String> = home.asked().await.into_iter().filter(|asked| asked.starts_with("POST")).collect();
    for key in ["50", "51"] {
        assert!(uploads.contains(&format!("POST /library/metadata/{key}/posters")), "{uploads:?}");
    }
    assert!(said(&first).contains("Mine has the label skip_posterizarr"), "{}", said(&first));
    let result: Value = serde_json::from_str(&home.text("Logs/normal.json")).unwrap();
    assert_eq!(result["Posters"], 4, "two titles and two collections: {result}");
    let rows = home.text("Logs/ImageChoices.csv");
    assert!(rows.contains(r#""V/H/S";"Collection";"V_H_S";"Movies";"Textless""#), "{rows}");
    assert!(!home.text("Logs/PlexLibexport.csv").contains("V/H/S"), "no movie of that name");

    home.server.reset().await;
    the_same_once_more(&home).await;
    done(&home, &[]).await;
    assert_eq!(home.event(SAGA).result, AssetResult::Skipped);
    let asked = home.asked().await;
    let vain = asked.iter().filter(|asked| asked.contains("/search/") || asked.contains("POST"));
    assert_eq!(vain.collect::<Vec<_>>(), [""; 0]);
}

/// The same server, after it was told to forget everything.
async fn the_same_once_more(home: &Home) {
    home.furnish().await;
    let saga = json!({"ratingKey": "50", "type": "collection", "title": "V/H/S"});
    home.plex("/library/sections/1/collections", json!({"totalSize": 1, "Metadata": [saga]})).await;
    home.plex("/library/sections/2/collections", json!({"totalSize": 0})).await;
    home.plex("/library/metadata/50", json!({"Metadata": [saga]})).await;
}

#[actix_web::test]
async fn without_the_setting_nobody_asks_for_collections() {
    let home = home_with_collections().await;
    let run = home.run(&[]).await;
    assert_eq!(run.status.code(), Some(0), "{}", said(&run));
    assert!(!home.assets().iter().any(|path| path.starts_with("Collections/")));
    assert!(!home.asked().await.iter().any(|asked| asked.contains("collection")));
}

#[actix_web::test]
async fn a_dry_run_tells_of_collections_and_changes_nothing() {
    let home = home_with_collections().await;
    done(&home, &["-DryRun"]).await;
    let told = home.event(SAGA);
    assert_eq!((told.result, told.uploaded), (AssetResult::Created, true));
    assert_eq!(told.source.unwrap().provider, "TMDB");
    assert_eq!(home.assets(), [""; 0]);
    assert!(!home.asked().await.iter().any(|asked| asked.starts_with("POST")));
}

/// What cannot be read takes nothing else with it.
#[actix_web::test]
async fn a_server_that_does_not_tell_its_collections_gets_everything_else() {
    let home = Home::new(json!({})).await;
    home.furnish().await;
    Mock::given(path_regex("/collections$")).respond_with(ResponseTemplate::new(403)).mount(&home.server).await;
    let run = done(&home, &[]).await;
    assert!(said(&run).contains("the collections of Plex cannot be read"), "{}", said(&run));
    assert_eq!(home.assets().len(), 4);
}

#[actix_web::test]
async fn box_sets_of_jellyfin_are_collections() {
    let home = Home::new(json!({"PlexPart": {"UsePlex": "false"}, "ApiPart": {"JellyfinAPIKey": "key"}})).await;
    home.tell("JellyfinPart", "UseJellyfin", "true");
    home.tell("JellyfinPart", "JellyfinUrl", &home.server.uri());
    let answer = |body: Value| ResponseTemplate::new(200).set_body_json(body);
    let folders = json!([
        {"Name": "Movies", "CollectionType": "movies", "ItemId": "l1", "Locations": ["/media/movies"]},
        {"Name": "Box Sets", "CollectionType": "boxsets", "ItemId": "l2", "Locations": ["/config/collections"]}]);
    Mock::given(path("/Library/VirtualFolders")).respond_with(answer(folders)).mount(&home.server).await;
    let sets = json!([
        {"Id": "b1", "Name": "The Hobbit Collection", "Type": "BoxSet", "ProviderIds": {"Tmdb": "77"}},
        {"Id": "b2", "Name": "Christmas", "Type": "BoxSet", "ImageTags": {"Primary": "tag"}}]);
    for (kind, items) in [("BoxSet", sets), ("Movie", json!([]))] {
        let count = items.as_array().unwrap().len();
        Mock::given(path("/Items"))
            .and(query_param("IncludeItemTypes", kind))
            .respond_with(answer(json!({"Items": items, "TotalRecordCount": count})))
            .mount(&home.server)
            .await;
    }
    Mock::given(method("GET"))
        .and(path("/Items/b2/Images/Primary"))
        .respond_with(ResponseTemplate::new(200).set_body_bytes(picture([10, 200, 200])))
        .mount(&home.server)
        .await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(204)).mount(&home.server).await;
    tmdb_knows(&home, "Christmas", 78).await;
    // The name is that of another one.
    home.tmdb("/collection/78/images", json!({})).await;
    let image = json!([{"file_path": "/saga.jpg", "iso_639_1": null, "width": 2000, "height": 3000}]);
    home.tmdb("/collection/77/images", json!({ "posters": image })).await;
    let run = done(&home, &[]).await;
    let made = ["Christmas", "The Hobbit Collection"].map(|name| format!("Collections/Box Sets/{name}/poster.jpg"));
    assert_eq!(home.assets(), made, "{}", said(&run));
    assert!(!home.asked().await.iter().any(|asked| asked.contains("search") && asked.contains("Hobbit")));
    let uploads: Vec<String> = home.asked().await.into_iter().filter(|asked| asked.starts_with("POST")).collect();
    assert_eq!(uploads.len(), 2, "{uploads:?}");
}
