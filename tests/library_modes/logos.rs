//! Logos, the archive of logs, and what is saved before it is replaced.

use std::collections::BTreeMap;
use std::fs;

use posterizarr_base::run_events::AssetResult;
use serde_json::{Value, json};
use wiremock::matchers::{header, method, path, path_regex, query_param};
use wiremock::{Mock, Request, ResponseTemplate};

use super::servers::{CRIME, DARK, Shown, done, files, home, movie, picture_of, plex, requests};
use crate::home::{Home, TOKEN, picture, said};

/// A PNG of one colour, as logos are.
fn logo(colour: [u8; 3]) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let pixels = image::RgbImage::from_pixel(40, 20, image::Rgb(colour));
    image::DynamicImage::from(pixels).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// The item shows a logo on Plex.
async fn with_logo(home: &Home, key: usize) {
    let mut item = movie(key, "Heat", "Crime/Heat (1995)");
    item["Image"] = json!([{"type": "coverPoster", "url": "/p"}, {"type": "clearLogo", "url": format!("/library/metadata/{key}/clearLogo/1")}]);
    home.plex_first(&format!("/library/metadata/{key}"), json!({"Metadata": [item]})).await;
}

#[actix_web::test]
async fn plex_gets_the_logos_of_providers_where_it_has_none() {
    let home = home(json!({"ApiPart": {"LogoLanguageOrder": ["de", "en"]}})).await;
    plex(&home).await;
    home.tmdb("/movie/10/images", json!({"posters": [], "logos": [
        {"file_path": "/english.png", "iso_639_1": "en", "vote_average": 9.0}, {"file_path": "/bare.png", "iso_639_1": null},
        {"file_path": "/drawn.svg", "iso_639_1": "de", "vote_average": 9.0},
        {"file_path": "/german.png", "iso_639_1": "de", "vote_average": 1.0}]})).await;
    Mock::given(path("/t/p/original/german.png"))
        .respond_with(ResponseTemplate::new(200).set_body_bytes(logo([1, 2, 3])))
        .mount(&home.server)
        .await;
    Mock::given(method("POST"))
        .and(path("/library/metadata/10/clearLogos"))
        .and(header("X-Plex-Token", TOKEN))
        .respond_with(ResponseTemplate::new(200))
        .mount(&home.server)
        .await;
    done(&home, &["-LogoUpdater", "-LibraryName", "all", "-DryRun"]).await;
    assert_eq!(
        (home.event("Movies/Crime/Heat (1995)/logo").why.as_str(), requests(&home, "POST ").await.len()),
        ("the logo of TMDB in de", 0)
    );

    done(&home, &["-LogoUpdater", "-LibraryName", "all"]).await;
    let all = home.server.received_requests().await.unwrap();
    let sent: Vec<&Request> = all.iter().filter(|request| request.method.as_str() == "POST").collect();
    assert_eq!(sent.len(), 1, "the show has no logo anywhere");
    assert_eq!(image::load_from_memory(&sent[0].body).unwrap().into_rgb8().get_pixel(0, 0).0, [1, 2, 3]);
    assert!(String::from_utf8_lossy(&sent[0].body).contains("created with posterizarr"));
    let event = home.event("Movies/Crime/Heat (1995)/logo");
    assert_eq!((event.kind.as_str(), event.uploaded), ("logo", true));
    let show = home.event(&format!("{DARK}/logo"));
    assert_eq!(
        (show.result, show.why.as_str()),
        (AssetResult::Skipped, "no provider has a logo in a language of LogoLanguageOrder")
    );
    assert!(!home.path("Logs/logoupdater.json").is_file());

    with_logo(&home, 10).await;
    done(&home, &["-LogoUpdater", "-LibraryName", "Movies"]).await;
    assert_eq!(requests(&home, "POST ").await.len(), 1, "one that is there stays");
    done(&home, &["-LogoUpdater", "-LibraryName", "Movies", "-ForceReplace"]).await;
    assert_eq!(requests(&home, "POST ").await.len(), 2);
}

#[actix_web::test]
async fn our_logos_are_taken_away_and_others_stay() {
    let home = home(json!({})).await;
    plex(&home).await;
    with_logo(&home, 10).await;
    let keys = ["upload://clearLogos/theirs", "upload://clearLogos/ours", "metadata://clearLogos/agent"];
    let entries: Vec<Value> = keys.iter().map(|key| json!({ "ratingKey": key })).collect();
    home.plex_first("/library/metadata/10/clearLogos", json!({ "Metadata": entries })).await;
    let mut ours = logo([4, 5, 6]);
    let end = ours.len() - 12;
    ours.splice(end..end, *b"Comment\0created with posterizarr");
    for (key, picture) in [("theirs", logo([7, 8, 9])), ("ours", ours)] {
        Mock::given(path("/library/metadata/10/file"))
            .and(query_param("url", format!("upload://clearLogos/{key}")))
            .respond_with(ResponseTemplate::new(200).set_body_bytes(picture))
            .mount(&home.server)
            .await;
    }
    for kind in ["PUT", "DELETE"] {
        let at = path_regex("^/library/metadata/10/clearLogo.*$");
        Mock::given(method(kind))
            .and(at)
            .respond_with(ResponseTemplate::new(200))
            .with_priority(1)
            .mount(&home.server)
            .await;
    }
    done(&home, &["-LogoRevert", "-LibraryName", "Movies", "-DryRun"]).await;
    assert!(!home.asked().await.iter().any(|asked| asked.starts_with("PUT") || asked.starts_with("DELETE")));
    done(&home, &["-LogoRevert", "-LibraryName", "Movies"]).await;
    let all = home.server.received_requests().await.unwrap();
    let changes: Vec<String> = all
        .iter()
        .filter(|request| request.method.as_str() != "GET")
        .map(|request| format!("{} {}", request.method, request.url.as_str().split_once("/10/").unwrap().1))
        .collect();
    let expected =
        ["PUT clearLogo?url=metadata%3A%2F%2FclearLogos%2Fagent", "DELETE clearLogos/upload:%2F%2FclearLogos%2Fours"];
    assert_eq!(changes, expected);
}

#[actix_web::test]
async fn logs_are_gathered_without_secrets_whatever_runs() {
    let home = home(json!({})).await;
    fs::create_dir(home.path("Logs")).unwrap();
    fs::write(home.path("Logs/Scriptlog.log"), format!("asked with {TOKEN}\n")).unwrap();
    let told = done(&home, &["-GatherLogs"]).await;
    let names =
        fs::read_dir(home.folder.path()).unwrap().flatten().map(|entry| entry.file_name().into_string().unwrap());
    let archive = names.into_iter().find(|name| name.starts_with("posterizarr_support_")).expect(&told);
    assert!(told.contains(&archive), "{told}");
    let mut archive = zip::ZipArchive::new(fs::File::open(home.path(&archive)).unwrap()).unwrap();
    let names: Vec<String> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
    assert!(
        ["Logs/Scriptlog.log", "posterizarrd/config.json"].iter().all(|name| names.contains(&(*name).to_owned())),
        "{names:?}"
    );
    for name in names {
        let mut text = Vec::new();
        std::io::Read::read_to_end(&mut archive.by_name(&name).unwrap(), &mut text).unwrap();
        assert!(!String::from_utf8_lossy(&text).contains(TOKEN), "{name} shows the token");
    }
    assert_eq!(
        fs::read_to_string(home.path("Logs/Scriptlog.log")).unwrap().lines().count(),
        1,
        "they stay as they are"
    );
}

/// A movie and a show for which TMDB has posters, and a Plex that takes them.
async fn uploading(changes: Value) -> (Home, Shown) {
    let home = home(changes).await;
    home.tell("PrerequisitePart", "PlexUpload", "true");
    home.tell("PrerequisitePart", "BackgroundPosters", "false");
    home.tell("PrerequisitePart", "TitleCards", "false");
    let shown = plex(&home).await;
    let image = json!([{"file_path": "/new.jpg", "iso_639_1": null, "width": 2000, "height": 3000}]);
    home.tmdb("/movie/10/images", json!({ "posters": image })).await;
    Mock::given(path("/t/p/original/new.jpg"))
        .respond_with(ResponseTemplate::new(200).set_body_bytes(picture([200, 10, 10])))
        .mount(&home.server)
        .await;
    (home, shown)
}

#[actix_web::test]
async fn what_is_replaced_for_the_first_time_is_saved() {
    let (home, shown) = uploading(json!({})).await;
    let before = shown.all();
    let original = before["10/posters"].clone();
    let saved = || files(&home.path("backup"));
    done(&home, &[]).await;
    assert!(shown.get("10/posters").as_ref() != Some(&original), "ours is shown now");
    // The show's own pictures are what its posters are made of.
    let expected = [
        (format!("{CRIME}/poster.jpg"), "10/posters"),
        (format!("{DARK}/poster.jpg"), "20/posters"),
        (format!("{DARK}/Season01.jpg"), "21/posters"),
    ];
    let expected = BTreeMap::from(expected.map(|(file, place)| (file, before[place].clone())));
    assert!(saved() == expected, "{:?}", saved().keys());
    // Again, and by somebody who uploads what is there: what was saved first stays.
    done(&home, &["-Remake:Movies/Crime/Heat (1995)/poster"]).await;
    assert!(saved() == expected);
    done(&home, &["-Restore"]).await;
    assert!(shown.all() == before);

    // An installation with artwork from before is left as it is, unless it is wanted.
    let (home, shown) = uploading(json!({})).await;
    fs::create_dir_all(home.path("assets/Movies/Other")).unwrap();
    fs::write(home.path("assets/Movies/Other/poster.jpg"), "x").unwrap();
    done(&home, &[]).await;
    assert_eq!(files(&home.path("backup")).len(), 0);
    let theirs = picture_of(88);
    shown.set("10/posters", theirs.clone());
    let run = |policy: &'static str| {
        let mut engine = home.engine(&["-Remake:Movies/Crime/Heat (1995)/poster"]);
        engine.env("POSTERIZARRD_BACKUP_BEFORE_UPLOAD", policy);
        tokio::task::spawn_blocking(move || engine.output().unwrap())
    };
    assert_eq!(run("off").await.unwrap().status.code(), Some(0));
    assert_eq!(files(&home.path("backup")).len(), 0);
    shown.set("10/posters", theirs.clone());
    home.tell("PrerequisitePart", "BackupPath", "/nowhere/at/all");
    let refused = run("on").await.unwrap();
    assert_eq!(refused.status.code(), Some(1), "{}", said(&refused));
    assert_eq!(shown.get("10/posters").as_ref(), Some(&theirs), "nothing is replaced that cannot be saved");
    home.tell("PrerequisitePart", "BackupPath", home.path("backup").to_str().unwrap());
    assert_eq!(run("on").await.unwrap().status.code(), Some(0));
    assert_eq!(files(&home.path("backup")).len(), 1);
}
