//! What runs over a library remember: dry runs that touch nothing, answers and pictures that are kept, looks that change.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use posterizarr_base::run_events::{AssetResult, RunEvent};
use serde_json::{Value, json};
use wiremock::matchers::{method, path, path_regex};
use wiremock::{Mock, ResponseTemplate};

use super::home::{Home, TMDB_TOKEN, TOKEN, said};

/// Every file of a folder with its content.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let (mut found, mut folders) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap().flatten() {
            match entry.path() {
                folder if folder.is_dir() => folders.push(folder),
                // The test's own, in the place of the daemon's.
                file if file.ends_with("events.jsonl") => {}
                file => {
                    let name = file.strip_prefix(folder).unwrap().display().to_string();
                    found.insert(name, fs::read(&file).unwrap());
                }
            }
        }
    }
    found
}

/// The assets with a result.
fn with_result(home: &Home, result: AssetResult) -> Vec<String> {
    let paths = home.events().into_iter().filter_map(|event| match event {
        RunEvent::Asset(asset) if asset.result == result => Some(asset.path),
        _ => None,
    });
    let mut paths: Vec<String> = paths.collect();
    paths.sort();
    paths
}

/// Requests that change something.
fn writes(asked: &[String]) -> Vec<&String> {
    asked.iter().filter(|asked| !asked.starts_with("GET ")).collect()
}

/// Forgets who has been asked for what.
async fn anew(home: &Home) {
    home.server.reset().await;
    home.furnish().await;
}

#[actix_web::test]
async fn a_dry_run_tells_what_the_run_then_does_and_touches_nothing() {
    let changes = json!({"PrerequisitePart": {"PlexUpload": "true", "AssetCleanup": "true"},
        "Notification": {"SendNotification": "true", "UseUptimeKuma": "true"}});
    let home = Home::new(changes).await;
    home.tell("Notification", "Discord", &format!("{}/discord", home.server.uri()));
    home.tell("Notification", "UptimeKumaUrl", &format!("{}/kuma", home.server.uri()));
    home.furnish().await;
    for arguments in [&["-DryRun"][..], &["-UISchedule", "-DryRun", "-Fresh"]] {
        let before = contents(home.folder.path());
        let told = home.run(arguments).await;
        assert_eq!(told.status.code(), Some(0), "{}", said(&told));
        assert_eq!(contents(home.folder.path()), before);
        let asked = home.asked().await;
        assert!(writes(&asked).is_empty(), "{asked:?}");
        assert!(!asked.iter().any(|asked| asked.contains("/kuma") || asked.contains("/t/p/")), "{asked:?}");
        assert!(
            said(&told).contains("Dry run: 4 would be made, 0 stay as they are, 1 have no picture"),
            "{}",
            said(&told)
        );
        assert!(home.events().contains(&RunEvent::Planned { total: 5, dry_run: true }));
        assert_eq!(home.events().last(), Some(&RunEvent::Finished { created: 4, errors: 1 }));
    }
    let would_be_made = with_result(&home, AssetResult::Created);
    let poster = home.event("Movies/Heat (1995)/poster");
    assert!(poster.uploaded && poster.source.unwrap().address.ends_with("/heat.jpg"));
    let done = home.run(&[]).await;
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    assert_eq!(with_result(&home, AssetResult::Created), would_be_made);

    // With something there: what is known changes nothing about it.
    fs::remove_file(home.path("assets/Shows/Dark (2017)/Season01.jpg")).unwrap();
    anew(&home).await;
    let before = contents(home.folder.path());
    let told = home.run(&["-DryRun"]).await;
    assert_eq!(with_result(&home, AssetResult::Created), ["Shows/Dark (2017)/Season01"], "{}", said(&told));
    assert_eq!(with_result(&home, AssetResult::Skipped).len(), 3);
    assert_eq!(contents(home.folder.path()), before);
    assert!(writes(&home.asked().await).is_empty());
}

#[actix_web::test]
async fn a_second_run_asks_nobody_anything_but_the_server_what_it_has() {
    let home = Home::new(json!({"PrerequisitePart": {"PlexUpload": "true"}})).await;
    home.furnish().await;
    assert_eq!(home.run(&[]).await.status.code(), Some(0));
    anew(&home).await;
    let again = home.run(&[]).await;
    assert_eq!(again.status.code(), Some(0), "{}", said(&again));
    let asked = home.asked().await;
    let elsewhere: Vec<_> = asked.iter().filter(|asked| !asked.starts_with("GET /library/")).collect();
    assert!(elsewhere.is_empty(), "{elsewhere:?}");
    assert!(!asked.iter().any(|asked| asked.contains("/thumb") || asked.contains("/art")), "{asked:?}");
    let missing = home.event("Shows/Dark (2017)/S01E02");
    assert_eq!(missing.result, AssetResult::Missing);

    anew(&home).await;
    assert_eq!(home.run(&["-Fresh"]).await.status.code(), Some(0));
    let asked = home.asked().await;
    assert!(asked.iter().any(|asked| asked.contains("/episode/2/images")), "{asked:?}");
    assert!(!asked.iter().any(|asked| asked.contains("/3/movie/")), "it is there: {asked:?}");
}

#[actix_web::test]
async fn what_is_kept_has_no_key_in_it_and_damage_is_repaired() {
    let home = Home::new(json!({})).await;
    home.furnish().await;
    assert_eq!(home.run(&[]).await.status.code(), Some(0));
    for kept in ["cache", "ledger"] {
        let contents = contents(&home.path(kept));
        assert!(!contents.is_empty(), "{kept}");
        for (name, content) in contents {
            for secret in [TOKEN, TMDB_TOKEN] {
                let shows = content.windows(secret.len()).any(|part| part == secret.as_bytes());
                assert!(!shows && !name.contains(secret), "{kept}/{name}");
            }
        }
    }
    for (folder, damage) in [("cache", &b""[..]), ("ledger", b"{\"asset\": \n\xff\xfe nonsense")] {
        for name in contents(&home.path(folder)).into_keys() {
            fs::write(home.path(folder).join(name), damage).unwrap();
        }
    }
    let before = contents(&home.path("assets"));
    let again = home.run(&[]).await;
    assert_eq!(again.status.code(), Some(0), "{}", said(&again));
    assert_eq!(contents(&home.path("assets")), before);
    fs::remove_dir_all(home.path("assets/Movies")).unwrap();
    assert_eq!(home.run(&[]).await.status.code(), Some(0));
    assert_eq!(contents(&home.path("assets")), before, "made again, the same");
}

#[actix_web::test]
async fn a_changed_design_is_made_from_kept_pictures_without_asking_providers() {
    let home = Home::new(json!({"PrerequisitePart": {"PlexUpload": "true"}})).await;
    home.furnish().await;
    assert_eq!(home.run(&[]).await.status.code(), Some(0));
    let before = contents(&home.path("assets"));
    let by_name = |name: &str| contents(&home.path("assets"))[name].clone();
    let (movie, show) = ("Movies/Heat (1995)/poster.jpg", "Shows/Dark (2017)/poster.jpg");

    let told = home.run(&["-Restyle"]).await;
    assert_eq!(told.status.code(), Some(0), "{}", said(&told));
    assert_eq!(contents(&home.path("assets")), before, "nothing has changed");
    assert_eq!(home.event("Movies/Heat (1995)/poster").why, "already matches the design");

    home.tell("PosterOverlayPart", "fontcolor", "#00ff00");
    anew(&home).await;
    let told = home.run(&["-Restyle", "-DryRun"]).await;
    let both = ["Movies/Heat (1995)/poster", "Shows/Dark (2017)/poster"];
    assert_eq!(with_result(&home, AssetResult::Created), both, "{}", said(&told));
    let done = home.run(&["-Restyle", "-LibraryToRestyle:Movies"]).await;
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    assert_ne!(by_name(movie), before[movie]);
    assert_eq!(by_name(show), before[show], "another library");
    let asked = home.asked().await;
    assert!(!asked.iter().any(|asked| asked.contains("/3/") || asked.contains("/t/p/")), "{asked:?}");
    assert_eq!(writes(&asked), ["POST /library/metadata/10/posters"]);
    assert!(home.path("Logs/restyle.json").is_file());

    // The user's own, and one whose picture is no longer kept.
    fs::write(home.path("assets").join(movie), "mine").unwrap();
    fs::remove_dir_all(home.path("cache/originals")).unwrap();
    home.tell("PosterOverlayPart", "fontcolor", "#0000ff");
    anew(&home).await;
    let done = home.run(&["-Restyle"]).await;
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    assert_eq!((by_name(movie), by_name(show) == before[show]), (b"mine".to_vec(), false));
    assert!(home.event(both[0]).why.starts_with("was not made by this engine"), "{:?}", home.event(both[0]));
    let asked = home.asked().await;
    assert!(!asked.iter().any(|asked| asked.contains("/3/")), "{asked:?}");
    assert_eq!(asked.iter().filter(|asked| asked.contains("/t/p/")).count(), 1, "{asked:?}");

    let wrong = home.run(&["-Restyle", "-LibraryToRestyle:Nowhere"]).await;
    assert!(said(&wrong).contains("there is no library Nowhere"), "{}", said(&wrong));
}

#[actix_web::test]
async fn named_assets_are_made_again() {
    let home = Home::new(json!({})).await;
    home.furnish().await;
    assert_eq!(home.run(&[]).await.status.code(), Some(0));
    let poster = home.path("assets/Movies/Heat (1995)/poster.jpg");
    let before = fs::read(&poster).unwrap();
    fs::write(&poster, "mine").unwrap();
    let done = home.run(&["-Remake:Movies/Heat (1995)/poster", "-Remake", "Movies/None/poster"]).await;
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    assert_eq!(fs::read(&poster).unwrap(), before);
    assert_eq!(with_result(&home, AssetResult::Created), ["Movies/Heat (1995)/poster"]);
    assert!(said(&done).contains("Movies/None/poster is not an asset of an item"), "{}", said(&done));
}

#[actix_web::test]
async fn what_the_server_did_not_take_is_uploaded_by_the_next_run_and_then_no_more() {
    let home =
        Home::new(json!({"PrerequisitePart": {"PlexUpload": "true", "TitleCards": "false", "SeasonPosters": "false"}}))
            .await;
    home.furnish().await;
    Mock::given(method("POST"))
        .and(path("/library/metadata/10/posters"))
        .respond_with(ResponseTemplate::new(403))
        .with_priority(1)
        .mount(&home.server)
        .await;
    let done = home.run(&[]).await;
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    assert!(said(&done).contains("Movies/Heat (1995)/poster could not be uploaded"), "{}", said(&done));
    let before = contents(&home.path("assets"));
    anew(&home).await;
    assert_eq!(home.run(&[]).await.status.code(), Some(0));
    assert_eq!(writes(&home.asked().await), ["POST /library/metadata/10/posters"]);
    assert!(home.event("Movies/Heat (1995)/poster").uploaded);
    anew(&home).await;
    assert_eq!(home.run(&[]).await.status.code(), Some(0));
    assert!(writes(&home.asked().await).is_empty());
    assert_eq!(contents(&home.path("assets")), before);
}

#[actix_web::test]
async fn what_a_trigger_owes_the_server_is_uploaded_by_a_run_that_uploads_nothing_else() {
    let home = Home::new(json!({})).await;
    home.furnish().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(403)).with_priority(1).mount(&home.server).await;
    let done = home.run(&["-Tautulli", "-RatingKey", "10", "-mediatype", "movie"]).await;
    assert!(said(&done).contains("could not be uploaded"), "{}", said(&done));
    anew(&home).await;
    for uploads in [&["POST /library/metadata/10/posters"][..], &[]] {
        assert_eq!(home.run(&[]).await.status.code(), Some(0));
        assert_eq!(writes(&home.asked().await), uploads);
        anew(&home).await;
    }
}

#[actix_web::test]
async fn a_picture_that_is_ours_on_the_server_is_looked_at_once() {
    let home = Home::new(json!({"PlexPart": {"UploadExistingAssets": "true"},
        "PrerequisitePart": {"PlexUpload": "true", "TitleCards": "false", "SeasonPosters": "false"}}))
    .await;
    home.furnish().await;
    assert_eq!(home.run(&[]).await.status.code(), Some(0));
    let poster = fs::read(home.path("assets/Movies/Heat (1995)/poster.jpg")).unwrap();
    let shown = async |mark: &str, bytes: &[u8]| {
        home.server.reset().await;
        let thumb = format!("/library/metadata/10/thumb/{mark}");
        let movie = json!({"ratingKey": "10", "type": "movie", "title": "Heat", "year": 1995, "librarySectionID": 1,
            "thumb": thumb, "Guid": [{"id": "tmdb://949"}],
            "Media": [{"Part": [{"file": "/media/movies/Heat (1995)/heat.mkv"}]}]});
        home.plex_first("/library/metadata/10", json!({"Metadata": [movie]})).await;
        Mock::given(path_regex("/thumb/"))
            .respond_with(ResponseTemplate::new(200).set_body_bytes(bytes))
            .mount(&home.server)
            .await;
        home.furnish().await;
        let done = home.run(&[]).await;
        assert_eq!(done.status.code(), Some(0), "{}", said(&done));
        let asked = home.asked().await;
        let looked = asked.iter().filter(|asked| asked.contains("/thumb/")).count();
        (looked, asked.iter().filter(|asked| *asked == "POST /library/metadata/10/posters").count())
    };
    assert_eq!(shown("1", &poster).await, (1, 0), "is it what we have sent?");
    assert_eq!(shown("1", &poster).await, (0, 0), "it is");
    let dropped = super::home::picture([1, 2, 3]);
    assert_eq!(shown("2", &dropped).await, (1, 1), "the server dropped it");
    let _: Value = serde_json::from_str(&home.text("Logs/normal.json")).unwrap();
}
