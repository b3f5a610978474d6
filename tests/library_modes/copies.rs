//! Artwork that is saved, given back, copied to another server and reset.

use std::collections::BTreeMap;
use std::fs;
use std::process::Stdio;

use posterizarr_base::run_events::AssetResult;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use wiremock::matchers::{header, method, path_regex};
use wiremock::{Mock, Request, ResponseTemplate};

use super::servers::{
    CRIME, DARK, JELLYFIN_KEY, Jellyfin, Shown, done, files, home, movie, picture_of, plex, refused, requests, result,
    show_on_plex,
};
use crate::api::harness::eventually;
use crate::home::{Home, TOKEN};
use crate::library_daemon::{Api, counts};

#[actix_web::test]
async fn a_backup_saves_what_plex_shows_and_leaves_what_was_saved_before() {
    let home = home(json!({})).await;
    let shown = plex(&home).await;
    fs::create_dir_all(home.path("backup/Movies/Heat (1995)")).unwrap();
    fs::write(home.path("backup/Movies/Heat (1995)/Background.png"), "the first one").unwrap();

    let told = done(&home, &["-Backup", "-DryRun"]).await;
    assert!(told.contains("5 would be saved, 2 stay as they are"), "{told}");
    assert_eq!(home.event(&format!("{DARK}/Season01")).result, AssetResult::Created);
    assert_eq!(files(&home.path("backup")).len(), 1, "a dry run saves nothing");
    assert_eq!(requests(&home, "GET /library/metadata/10/").await, [""; 0], "and fetches nothing");

    done(&home, &["-Backup"]).await;
    let saved = files(&home.path("backup"));
    let expected: BTreeMap<String, Vec<u8>> = [
        (format!("{CRIME}/poster.jpg"), "10/posters"),
        (format!("{DARK}/poster.jpg"), "20/posters"),
        (format!("{DARK}/background.jpg"), "20/arts"),
        (format!("{DARK}/Season01.jpg"), "21/posters"),
        (format!("{DARK}/S01E01.jpg"), "31/posters"),
    ]
    .into_iter()
    .map(|(file, place)| (file, shown.get(place).unwrap()))
    .chain([(format!("{CRIME}/Background.png"), b"the first one".to_vec())])
    .collect();
    assert_eq!(saved.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    assert!(saved == expected, "bytes differ");
    let result = result(&home, "backup");
    assert_eq!((&result["Posters"], &result["Titlecards"], &result["Errors"]), (&json!(5), &json!(1), &json!(0)));
    assert_eq!(home.event(&format!("{DARK}/S01E02")).why, "Plex shows no picture");
    assert!(!home.path("Logs/ImageChoices.csv").is_file() && home.path("Logs/PlexLibexport.csv").is_file());
    assert_eq!(home.assets(), [""; 0]);

    home.server.reset().await;
    let later = plex(&home).await;
    later.set("10/posters", picture_of(77));
    done(&home, &["-Backup"]).await;
    assert_eq!(requests(&home, "GET /library/metadata/31/").await, [""; 0], "nothing is fetched again");
    assert!(files(&home.path("backup")) == expected, "what was saved first stays");
}

#[actix_web::test]
async fn jellyfin_and_emby_are_backed_up_and_get_it_back() {
    for (name, url) in [("Jellyfin", "JellyfinUrl"), ("Emby", "EmbyUrl")] {
        let home = home(json!({"PlexPart": {"UsePlex": "false"}})).await;
        home.tell(&format!("{name}Part"), &format!("Use{name}"), "true");
        home.tell(&format!("{name}Part"), url, &format!("{}/jf", home.server.uri()));
        home.tell("ApiPart", &format!("{name}APIKey"), JELLYFIN_KEY);
        let places = ["j10/Primary", "j10/Backdrop", "j20/Primary", "j21/Primary", "j31/Primary"];
        let shown = Shown::of(places.into_iter().enumerate().map(|(at, place)| (place.to_owned(), picture_of(at))));
        Jellyfin(shown.clone()).mount(&home).await;
        let before = shown.all();

        done(&home, &["-Backup"]).await;
        let names: Vec<String> = files(&home.path("backup")).into_keys().collect();
        let expected = [
            "Shows/Dark (2017)/S01E01",
            "Shows/Dark (2017)/Season01",
            "Shows/Dark (2017)/poster",
            "movies/Heat (1995)/background",
            "movies/Heat (1995)/poster",
        ];
        assert_eq!(names, expected.map(|name| format!("{name}.jpg")), "{name}");

        places.iter().for_each(|place| shown.set(place, picture_of(99)));
        done(&home, &["-Restore"]).await;
        assert!(shown.all() == before, "{name}");
    }
}

/// Plex has this many movies, of which a few are called the same.
async fn many(home: &Home, number: usize) -> Shown {
    let library = json!({"Directory": [{"key": "1", "type": "movie", "title": "Movies", "Location": [{"path": "/media/movies"}]}]});
    home.plex("/library/sections", library).await;
    let mut movies: Vec<Value> = (1000..1000 + number)
        .map(|key| match key % 50 {
            0 => movie(key, "Twice", &format!("Folder {key}/Twice (1995)")),
            _ => movie(key, &format!("Movie {key}"), &format!("Movie {key} (1995)")),
        })
        .collect();
    // That nothing is made for a movie does not keep it from being saved, and from getting it back.
    movies[7]["Label"] = json!([{"tag": "skip_posterizarr"}]);
    home.plex("/library/sections/1/all", json!({"totalSize": number, "Metadata": movies})).await;
    Mock::given(path_regex("^/library/metadata/[0-9,]+$"))
        .respond_with(move |request: &Request| {
            let keys = request.url.path().rsplit('/').next().unwrap().to_owned();
            let found: Vec<&Value> = keys.split(',').map(|key| &movies[key.parse::<usize>().unwrap() - 1000]).collect();
            ResponseTemplate::new(200).set_body_json(json!({"MediaContainer": {"Metadata": found}}))
        })
        .mount(&home.server)
        .await;
    let places = (1000..1000 + number).flat_map(|key| ["posters", "arts"].map(|kind| (key, format!("{key}/{kind}"))));
    let shown = Shown::of(places.enumerate().map(|(at, (_, place))| (place, picture_of(at))));
    show_on_plex(home, &shown).await;
    shown
}

/// Something else is shown everywhere.
fn replace_all(shown: &Shown) {
    for (at, place) in shown.all().into_keys().enumerate() {
        shown.set(&place, picture_of(500_000 + at));
    }
}

#[actix_web::test]
async fn a_backup_that_is_given_back_brings_the_server_to_where_it_was() {
    let home = home(json!({})).await;
    let shown = many(&home, 150).await;
    let before = shown.all();
    done(&home, &["-Backup"]).await;
    assert_eq!(result(&home, "backup")["Posters"], 300);
    // As it is shown already, nothing is uploaded.
    done(&home, &["-Restore"]).await;
    assert_eq!(requests(&home, "POST ").await, [""; 0]);
    replace_all(&shown);
    let replaced = shown.all();
    let told = done(&home, &["-Restore", "-DryRun"]).await;
    assert!(told.contains("300 would be restored, 0 stay as they are"), "{told}");
    assert!(shown.all() == replaced, "a dry run changes nothing");
    done(&home, &["-Restore"]).await;
    assert!(shown.all() == before, "not every picture is the one from before");
    let result = result(&home, "restore");
    assert_eq!((&result["Posters"], &result["Backgrounds"], &result["Errors"]), (&json!(150), &json!(150), &json!(0)));
}

/// Ends a run in the middle, as soon as this is true.
async fn killed(home: &Home, arguments: &[&str], mut middle: impl AsyncFnMut() -> bool) {
    let mut run = home.engine(arguments).stdout(Stdio::null()).spawn().unwrap();
    eventually("the middle of the run", async || middle().await.then_some(())).await;
    let _ = kill_process(Pid::from_child(&run), Signal::KILL);
    tokio::task::spawn_blocking(move || run.wait().unwrap()).await.unwrap();
}

#[actix_web::test]
async fn a_run_that_was_killed_is_gone_on_with_by_the_next_one() {
    let home = home(json!({})).await;
    let shown = many(&home, 80).await;
    let before = shown.all();
    killed(&home, &["-Backup"], async || files(&home.path("backup")).len() > 20).await;
    let half = files(&home.path("backup"));
    assert!(half.len() < 160, "it was killed too late");
    done(&home, &["-Backup"]).await;
    let saved = files(&home.path("backup"));
    assert_eq!(saved.len(), 160, "all of them, and nothing that the killed run left");
    let all: std::collections::BTreeSet<Vec<u8>> = before.values().cloned().collect();
    assert!(saved.into_values().collect::<std::collections::BTreeSet<_>>() == all, "a picture is not whole");

    replace_all(&shown);
    killed(&home, &["-Restore"], async || requests(&home, "POST ").await.len() > 20).await;
    assert!(shown.all() != before, "it was killed too late");
    done(&home, &["-Restore"]).await;
    assert!(shown.all() == before, "not every picture is the one from before");
}

#[actix_web::test]
async fn one_library_one_item_and_one_kind_are_given_back() {
    let home = home(json!({})).await;
    let shown = plex(&home).await;
    let before = shown.all();
    done(&home, &["-Backup"]).await;
    for (arguments, places) in [
        (&["-RestoreLibrary", "Movies"][..], &["10/arts", "10/posters"][..]),
        (&["-RestoreItem", "dark"], &["20/arts", "20/posters", "21/posters", "31/posters"]),
        (&["-RestoreItem", "Heat (1995)", "-RestoreType", "poster"], &["10/posters"]),
        (&["-RestoreType", "episode"], &["31/posters"]),
        (&["-RestoreLibrary", "Shows", "-RestoreType", "season"], &["21/posters"]),
    ] {
        replace_all(&shown);
        done(&home, &[&["-Restore"][..], arguments].concat()).await;
        let back: Vec<String> =
            shown.all().into_iter().filter(|(place, is)| before[place] == *is).map(|(place, _)| place).collect();
        assert_eq!(back, places, "{arguments:?}");
    }
    // What nothing was saved of stays as it is.
    fs::remove_file(home.path("backup").join(CRIME).join("poster.jpg")).unwrap();
    replace_all(&shown);
    done(&home, &["-Restore", "-RestoreItem", "Heat"]).await;
    assert_ne!(shown.get("10/posters").as_ref(), before.get("10/posters"));
    assert_eq!(home.event(&format!("{CRIME}/poster")).why, "there is no backup of it");
}

#[actix_web::test]
async fn what_cannot_be_done_is_refused_and_nothing_changes() {
    let home = home(json!({})).await;
    let shown = plex(&home).await;
    let before = shown.all();
    refused(
        &home,
        &["-Restore", "-RestoreLibrary", "Films"],
        "there is no library Films on Plex; there are Movies, Shows",
    )
    .await;
    refused(&home, &["-Restore", "-RestoreItem", "Nobody"], "no movie or show with the title or the folder Nobody")
        .await;
    refused(&home, &["-PosterReset", "-LibraryToReset", "Films"], "there is no library Films").await;
    refused(&home, &["-PosterReset"], "this run needs -LibraryToReset").await;
    refused(&home, &["-SyncJelly"], "JellyfinPart.JellyfinUrl").await;
    for kind in ["Posters", "SeasonPosters", "BackgroundPosters", "TitleCards"] {
        home.tell("PrerequisitePart", kind, "false");
    }
    refused(&home, &["-Backup"], "no kind of artwork is switched on").await;
    home.tell("PrerequisitePart", "Posters", "true");
    home.tell("PrerequisitePart", "BackupPath", "/nowhere/at/all");
    refused(&home, &["-Backup"], "the backup folder /nowhere/at/all does not exist").await;
    home.tell("PrerequisitePart", "BackupPath", home.path("assets").to_str().unwrap());
    refused(&home, &["-Restore"], "the backup folder and the asset folder are the same").await;
    home.tell("PlexPart", "UsePlex", "false");
    home.tell("JellyfinPart", "UseJellyfin", "true");
    home.tell("JellyfinPart", "JellyfinUrl", &home.server.uri());
    home.tell("ApiPart", "JellyfinAPIKey", JELLYFIN_KEY);
    refused(
        &home,
        &["-PosterReset", "-LibraryToReset", "Movies"],
        "on Plex only, and Jellyfin is the media server in use",
    )
    .await;
    assert!(shown.all() == before);
    let changes: Vec<String> = home.asked().await.into_iter().filter(|asked| !asked.starts_with("GET ")).collect();
    assert_eq!(changes, [""; 0]);
}

#[actix_web::test]
async fn jellyfin_is_given_what_it_does_not_show() {
    let home =
        home(json!({"JellyfinPart": {"UseJellyfin": "false"}, "ApiPart": {"JellyfinAPIKey": JELLYFIN_KEY}})).await;
    home.tell("JellyfinPart", "JellyfinUrl", &format!("{}/jf", home.server.uri()));
    let shown = plex(&home).await;
    let at_plex = |place: &str| shown.get(place).unwrap();
    let other = Shown::of([
        ("j10/Primary".to_owned(), picture_of(50)),
        ("j10/Backdrop".to_owned(), at_plex("10/arts")),
        ("j20/Backdrop".to_owned(), picture_of(51)),
    ]);
    Jellyfin(other.clone()).mount(&home).await;
    let before = other.all();
    let told = done(&home, &["-SyncJelly", "-DryRun"]).await;
    assert!(told.contains("5 would be uploaded"), "{told}");
    assert!(other.all() == before, "a dry run changes nothing");
    assert_eq!(requests(&home, "DELETE ").await, [""; 0]);

    done(&home, &["-SyncJelly"]).await;
    let expected = [
        ("j10/Backdrop", "10/arts"),
        ("j10/Primary", "10/posters"),
        ("j20/Backdrop", "20/arts"),
        ("j20/Primary", "20/posters"),
        ("j21/Primary", "21/posters"),
        ("j31/Primary", "31/posters"),
    ];
    let expected = expected.map(|(place, from)| (place.to_owned(), at_plex(from)));
    assert!(other.all() == BTreeMap::from(expected), "{:?}", other.all().keys());
    let result = result(&home, "syncjelly");
    assert_eq!(
        (&result["Posters"], &result["Backgrounds"], &result["Errors"]),
        (&json!(2), &json!(1), &json!(0)),
        "{result}"
    );
    let uploads = requests(&home, "POST ").await;
    assert_eq!(uploads.len(), 5, "not what it shows already: {uploads:?}");
    done(&home, &["-SyncJelly"]).await;
    assert_eq!(requests(&home, "POST ").await.len(), 5, "and nothing a second time");
}

#[actix_web::test]
async fn plex_shows_its_own_posters_again() {
    let home = home(json!({"PlexPart": {"LibstoExclude": ["Shows"]}})).await;
    plex(&home).await;
    let list = |entries: &[&str]| {
        let entries: Vec<Value> = entries.iter().map(|key| json!({ "ratingKey": key })).collect();
        json!({ "Metadata": entries })
    };
    home.plex_first("/library/metadata/20/posters", list(&["upload://posters/ours", "metadata://posters/agent_20"]))
        .await;
    home.plex_first("/library/metadata/21/posters", list(&["https://image.tmdb.org/t/p/original/season.jpg"])).await;
    home.plex_first("/library/metadata/31/posters", list(&["upload://posters/ours"])).await;
    home.plex_first("/library/metadata/32/posters", list(&[])).await;
    Mock::given(method("PUT"))
        .and(path_regex("^/library/metadata/[0-9]+/poster$"))
        .and(header("X-Plex-Token", TOKEN))
        .respond_with(ResponseTemplate::new(200))
        .mount(&home.server)
        .await;
    done(&home, &["-PosterReset", "-LibraryToReset", "Shows", "-DryRun"]).await;
    assert_eq!(requests(&home, "PUT ").await, [""; 0], "a dry run changes nothing");
    // Named, it takes part although it is excluded otherwise.
    done(&home, &["-PosterReset", "-LibraryToReset", "Shows"]).await;
    let all = home.server.received_requests().await.unwrap();
    let chosen: Vec<(String, String)> = all
        .iter()
        .filter(|request| request.method.as_str() == "PUT")
        .map(|request| (request.url.path().to_owned(), request.url.query_pairs().next().unwrap().1.into_owned()))
        .collect();
    let of = |key: u32, poster: &str| (format!("/library/metadata/{key}/poster"), poster.to_owned());
    let mut expected = [of(20, "agent_20"), of(21, "https://image.tmdb.org/t/p/original/season.jpg")];
    let mut sorted = chosen;
    sorted.sort();
    expected.sort();
    assert_eq!(sorted, expected);
    assert_eq!(home.event(&format!("{DARK}/S01E01")).why, "Plex has no poster of its own for it");
    assert!(!home.path("Logs/reset.json").is_file(), "the script leaves no result of a reset");
}

#[actix_web::test]
async fn the_daemon_saves_gives_back_and_resets_over_its_api() {
    let home = home(json!({})).await;
    let shown = plex(&home).await;
    let before = shown.all();
    let api = Api::start(&home);
    let (record, planned) = api.run("/api/run/backup?dry_run=true", &Value::Null).await;
    assert_eq!((&record["native"], &record["dry_run"]), (&json!(true), &json!(true)), "{record}");
    assert_eq!(planned["counts"], counts(6, 1, 0), "{planned}");
    let (_, saved) = api.run("/api/run/backup", &Value::Null).await;
    assert_eq!(saved["counts"], counts(6, 1, 0), "{saved}");

    replace_all(&shown);
    let (record, back) = api.run("/api/run/restore?library=Shows&item=Dark&kind=Season", &Value::Null).await;
    assert_eq!((&record["mode"], &back["counts"]), (&json!("restore"), &counts(1, 0, 0)), "{back}");
    assert_eq!(shown.get("21/posters").as_ref(), before.get("21/posters"));
    let (_, back) = api.run("/api/run/restore", &Value::Null).await;
    assert_eq!(back["counts"], counts(5, 2, 0), "{back}");
    assert!(shown.all() == before);
    let (status, refused) = api.post("/api/run/restore?kind=logo", &Value::Null).await;
    assert_eq!((status, &refused["code"]), (400, &json!("invalid_value")), "{refused}");

    home.plex_first("/library/metadata/10/posters", json!({"Metadata": [{"ratingKey": "metadata://posters/agent"}]}))
        .await;
    home.plex_first("/library/metadata/10/poster", json!({})).await;
    let body = json!({"library": "Movies", "dry_run": true});
    let (record, planned) = api.run("/api/reset-posters", &body).await;
    assert_eq!((&record["dry_run"], &planned["counts"]), (&json!(true), &counts(1, 0, 0)), "{planned}");
    assert_eq!(requests(&home, "PUT ").await, [""; 0]);
    let (record, reset) = api.run("/api/reset-posters", &json!({"library": "Movies"})).await;
    assert_eq!((&record["mode"], &reset["counts"]), (&json!("reset"), &counts(1, 0, 0)), "{reset}");
    assert_eq!(requests(&home, "PUT ").await, ["PUT /library/metadata/10/poster"]);
    let (_, status) = api.get("/api/status").await;
    let modes = status["runner"]["modes"].as_array().unwrap();
    assert!(
        ["backup", "restore", "syncjelly", "syncemby", "reset"].iter().all(|mode| modes.contains(&json!(mode))),
        "{status}"
    );
}
