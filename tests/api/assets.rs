use std::path::Path;

use posterizarrd::actors::library::assets::Watch;
use posterizarrd::actors::servers::library_types::LibraryTypes;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::harness::{Answer, TestApp, eventually};

fn write(root: &Path, name: &str, content: &str) {
    let path = root.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

/// Nested, flat and extra-folder assets, and some that are none.
const FILES: [&str; 16] = [
    "assets/Movies/Heat (1995) {tmdb-949}/poster.jpg",
    "assets/Movies/Heat (1995) {tmdb-949}/background.jpg",
    "assets/Movies/Ran (1985)/poster.jpg",
    "assets/Movies/Ran (1985)/background.old.jpg",
    "assets/TV Shows/extra/Dark (2017)/poster.jpg",
    "assets/TV Shows/extra/Dark (2017)/Season01.jpg",
    "assets/TV Shows/extra/Dark (2017)/S01E01.jpg",
    "assets/Concerts/Live Aid (1985)/background.jpg",
    "assets/Flat Show (2002)_S01E01.png",
    "assets/Flat Movie (2001).jpg",
    "assets/Movies/@eaDir/thumb.jpg",
    "manualassets/Movies/Heat (1995)/poster.jpg",
    "manualassets/Movies/Heat (1995)/poster.backup.jpg",
    "manualassets/TV Shows/extra/Dark (2017)/Season01.jpg",
    "manualassets/Flat Show (2002)_S01E01.png",
    "test/sub/poster_short.jpg",
];

fn app() -> TestApp {
    TestApp::start_in(library(), |_| {})
}

fn library() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let paths = json!({"PrerequisitePart": {"AssetPath": "assets", "ManualAssetPath": "manualassets"}});
    write(folder.path(), "config.json", &paths.to_string());
    FILES.iter().for_each(|name| write(folder.path(), name, name));
    std::fs::create_dir(folder.path().join("assets/Empty")).unwrap();
    write(folder.path(), "assets_other/secret/poster.jpg", "x");
    std::os::unix::fs::symlink("Movies", folder.path().join("assets/same")).unwrap();
    std::os::unix::fs::symlink("../assets_other", folder.path().join("assets/out")).unwrap();
    std::os::unix::fs::symlink("../../assets_other/secret/poster.jpg", folder.path().join("assets/Movies/out.jpg"))
        .unwrap();
    folder
}

async fn get(app: &TestApp, path: &str) -> Value {
    let answer = app.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
    answer.json()
}

fn paths(answer: &Value) -> Vec<&str> {
    answer["images"].as_array().unwrap().iter().map(|image| image["path"].as_str().unwrap()).collect()
}

#[actix_web::test]
async fn galleries_list_their_kind_of_every_layout_with_all_that_clients_read() {
    let app = app();
    let posters = get(&app, "/api/gallery").await;
    assert_eq!(
        paths(&posters),
        [
            "Flat Movie (2001).jpg",
            "Movies/Heat (1995) {tmdb-949}/poster.jpg",
            "Movies/Ran (1985)/poster.jpg",
            "TV Shows/extra/Dark (2017)/poster.jpg",
        ]
    );
    let heat = &posters["images"][1];
    assert_eq!((&heat["name"], &heat["size"], &heat["type"]), (&json!("poster.jpg"), &json!(47), &json!("Movie")));
    assert_eq!(heat["url"], "/poster_assets/Movies/Heat%20%281995%29%20%7Btmdb-949%7D/poster.jpg");
    assert!(heat["created"].is_f64() && heat["modified"].is_f64());
    assert_eq!(app.get(heat["url"].as_str().unwrap()).await.text(), FILES[0]);
    let backgrounds = get(&app, "/api/backgrounds-gallery").await;
    assert_eq!(backgrounds["images"][0]["type"], "Background", "nobody knows what concerts are");
    assert_eq!(paths(&get(&app, "/api/seasons-gallery").await), ["TV Shows/extra/Dark (2017)/Season01.jpg"]);
    assert_eq!(paths(&get(&app, "/api/titlecards-gallery").await).len(), 2);
}

#[actix_web::test]
async fn a_gallery_is_paged_filtered_and_sorted_on_request() {
    let app = app();
    let all = get(&app, "/api/gallery?sort=-size").await;
    let sizes: Vec<_> = all["images"].as_array().unwrap().iter().map(|image| image["size"].as_u64().unwrap()).collect();
    assert!(sizes.is_sorted_by(|a, b| a >= b) && sizes.len() == 4);
    let page = get(&app, "/api/gallery?limit=1&offset=2").await;
    assert_eq!((paths(&page), &page["total"]), (vec!["Movies/Ran (1985)/poster.jpg"], &json!(4)));
    assert_eq!(paths(&get(&app, "/api/gallery?library=Movies&q=hEat").await).len(), 1);
    assert_eq!(paths(&get(&app, "/api/gallery?type=show").await), ["TV Shows/extra/Dark (2017)/poster.jpg"]);
    assert_eq!(get(&app, "/api/gallery?limit=0").await["images"], json!([]));
    for bad in ["limit=-1", "offset=x", "sort=colour"] {
        let answer = app.get(&format!("/api/gallery?{bad}")).await;
        assert_eq!(answer.status, 400, "{bad}");
        assert!(answer.json()["detail"].is_array(), "{bad}");
    }
}

#[actix_web::test]
async fn a_gallery_is_searched_by_words_and_ordered_by_title() {
    let app = app();
    let found = async |query: &str| get(&app, query).await["total"].clone();
    for (query, wanted) in [
        ("/api/titlecards-gallery?q=s1e1%20dark", 1),
        ("/api/titlecards-gallery?q=s1%20dark", 1),
        ("/api/titlecards-gallery?q=s2%20dark", 0),
        ("/api/seasons-gallery?q=dark%20season%201", 1),
        ("/api/seasons-gallery?q=s2", 0),
        ("/api/gallery?q=(1995)%20heat", 1),
    ] {
        assert_eq!(found(query).await, wanted, "{query}");
    }
    let titled = get(&app, "/api/gallery?sort=title&limit=1").await;
    assert_eq!(paths(&titled), ["TV Shows/extra/Dark (2017)/poster.jpg"]);
    let letters = titled["letters"].as_object().unwrap();
    assert_eq!((&letters["D"], letters["R"].as_u64().unwrap() > letters["H"].as_u64().unwrap()), (&json!(0), true));
    assert_eq!(get(&app, "/api/gallery").await.get("letters"), None, "only where titles are the order");
}

#[actix_web::test]
async fn a_folders_tab_shows_its_images_in_every_layout() {
    let app = app();
    let images = async |path: &str| get(&app, &format!("/api/assets-folder-images/{path}")).await;
    assert_eq!(paths(&images("posters/Movies").await).len(), 2);
    assert_eq!(paths(&images("posters/Movies%2FRan%20(1985)").await), ["Movies/Ran (1985)/poster.jpg"]);
    assert_eq!(paths(&images("titlecards/TV%20Shows/extra").await).len(), 1);
    assert_eq!(paths(&images("titlecards/Flat%20Show%20(2002)_S01E01.png").await), ["Flat Show (2002)_S01E01.png"]);
    for none in ["posters/Mov", "posters/%2e%2e%2fassets_other", "posters/out", "posters/same", "posters/%2fetc"] {
        assert_eq!(paths(&images(none).await), [""; 0], "{none}");
    }
    let wrong = app.get("/api/assets-folder-images/nonsense/Movies").await;
    assert_eq!(wrong.status, 400);
    assert!(wrong.json()["detail"].as_str().unwrap().contains("['posters', 'backgrounds', 'seasons', 'titlecards']"));
}

#[actix_web::test]
async fn counts_are_those_of_the_folders_at_the_top() {
    let app = app();
    let folders = get(&app, "/api/assets-folders").await;
    let names: Vec<_> =
        folders["folders"].as_array().unwrap().iter().map(|folder| folder["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Concerts", "Flat Movie (2001).jpg", "Flat Show (2002)_S01E01.png", "Movies", "TV Shows"]);
    let movies = &folders["folders"][3];
    assert_eq!((&movies["files"], &movies["total_count"], &movies["poster_count"]), (&json!(4), &json!(3), &json!(2)));
    let stats = get(&app, "/api/assets/stats").await;
    assert_eq!((&stats["success"], &stats["stats"]["posters"]), (&json!(true), &json!(4)));
    assert_eq!(stats["stats"]["folders"][0]["name"], "Movies", "the largest comes first");
    assert_eq!(
        stats["stats"]["total_size"].as_u64().unwrap() + FILES[3].len() as u64,
        folders["folders"].as_array().unwrap().iter().map(|folder| folder["size"].as_u64().unwrap()).sum::<u64>()
    );
}

#[actix_web::test]
async fn pickers_list_libraries_and_their_titles_and_nothing_outside() {
    let app = app();
    let libraries = get(&app, "/api/assets/folders").await;
    let list: Vec<_> = libraries["libraries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|library| (library["name"].as_str().unwrap(), library["itemCount"].as_u64().unwrap()))
        .collect();
    assert_eq!(list, [("Concerts", 1), ("Empty", 0), ("Movies", 2), ("TV Shows", 1), ("same", 0)]);
    assert_eq!(libraries["path"], app.path().join("assets").display().to_string());
    let movies = get(&app, "/api/assets/folders?library_name=Movies").await;
    assert_eq!(
        movies["folders"][0],
        json!({"folderName": "Heat (1995) {tmdb-949}", "title": "Heat", "year": "1995", "path": "Movies/Heat (1995) {tmdb-949}"})
    );
    let shows = get(&app, "/api/assets/folders?library_name=TV%20Shows").await;
    assert_eq!(shows["folders"].as_array().unwrap().len(), 1);
    assert_eq!(shows["nested_folders"][0]["path"], "TV Shows/extra/Dark (2017)", "an extra level is looked through");
    // Security list 5: names of folders elsewhere are not told.
    for bad in ["..", "../assets_other", "Movies/Ran (1985)", "/etc", "Nope", "out"] {
        let answer = get(&app, &format!("/api/assets/folders?library_name={bad}")).await;
        assert_eq!(
            (&answer["success"], &answer["error"]),
            (&json!(false), &json!(format!("Library folder '{bad}' not found")))
        );
    }
}

#[actix_web::test]
async fn the_folder_view_shows_one_folder_and_stays_inside() {
    let app = app();
    let browse = async |path: &str| get(&app, &format!("/api/folder-view/browse?path={path}")).await;
    let root = browse("").await;
    let items = root["items"].as_array().unwrap();
    assert_eq!(
        (&items[2]["type"], &items[2]["name"], &items[2]["path"], &items[2]["item_count"]),
        (&json!("folder"), &json!("Movies"), &json!("Movies"), &json!(3)),
        "without @eaDir"
    );
    let times = |item: &Value| ["created", "modified"].map(|time| item[time].as_f64().is_some_and(|time| time > 1e9));
    assert_eq!((times(&items[2]), times(&items[6])), ([true; 2], [true; 2]));
    assert_eq!(items[1]["modified"], Value::Null, "there is no picture in it: {items:?}");
    let flat = &items[6];
    assert_eq!(
        (&flat["type"], &flat["asset_type"], &flat["full_type"]),
        (&json!("asset"), &json!("titlecard"), &json!("Episode"))
    );
    let heat = browse("Movies/Heat (1995) {tmdb-949}/").await;
    assert_eq!(heat["path"], "Movies/Heat (1995) {tmdb-949}");
    assert_eq!(heat["items"][0]["full_type"], "Movie Background");
    assert_eq!(browse("same").await["path"], "Movies", "a link inside opens as what it leads to");
    assert_eq!(browse("same/Ran (1985)").await["path"], "Movies/Ran (1985)");
    // Security list 6 and 8: neither a neighbour whose name begins the same, nor a link that leads there.
    let sibling = app.path().join("assets_other").display().to_string();
    for (path, status) in [
        ("..", 400),
        ("../assets_other", 400),
        (sibling.as_str(), 403),
        ("/etc", 403),
        ("out", 403),
        ("out/secret", 403),
        ("Nope", 404),
        ("Movies/out.jpg", 403),
    ] {
        let answer = app.get(&format!("/api/folder-view/browse?path={path}")).await;
        assert_eq!(answer.status.as_u16(), status, "{path}");
    }
    assert!(!root.to_string().contains("\"out\""), "what leaves the folder is not listed");
}

#[actix_web::test]
async fn what_was_saved_is_listed_by_library_and_folder_as_version_3_has_it() {
    let folder = tempfile::tempdir().unwrap();
    for name in [
        "Movies/Heat (1995)/poster.jpg",
        "Movies/Heat (1995)/background.webp",
        "Movies/loose_poster.jpg",
        "TV/Dark (2017)/Season01.jpg",
        "TV/Dark (2017)/S01E02.jpg",
        "beside.jpg",
        "Movies/Heat (1995)/notes.txt",
    ] {
        write(folder.path(), &format!("assetsbackup/{name}"), "saved");
    }
    write(folder.path(), "config.json", "{}");
    let app = TestApp::start_in(folder, |_| {});
    let gallery = get(&app, "/api/backup-assets-gallery").await;
    assert_eq!(gallery["total_assets"], 5);
    let movies = &gallery["libraries"][0];
    assert_eq!(
        (&movies["name"], &movies["folder_count"], &movies["is_configured"]),
        (&json!("Movies"), &json!(2), &json!(true))
    );
    let loose = &movies["folders"][0];
    assert_eq!(
        (&loose["name"], &loose["path"], &loose["asset_count"]),
        (&json!("Root Assets"), &json!("Movies"), &json!(1))
    );
    let heat = &movies["folders"][1];
    assert_eq!((&heat["name"], &heat["path"]), (&json!("Heat (1995)"), &json!("Movies/Heat (1995)")));
    let types = |folder: &Value| {
        let types: Vec<_> = folder["assets"].as_array().unwrap().iter().map(|asset| asset["type"].clone()).collect();
        json!(types)
    };
    assert_eq!(types(heat), json!(["background", "poster"]));
    assert_eq!(types(&gallery["libraries"][1]["folders"][0]), json!(["titlecard", "season"]));
    let poster = &heat["assets"][1];
    assert_eq!((&poster["path"], &poster["size"]), (&json!("Movies/Heat (1995)/poster.jpg"), &json!(5)));
    assert_eq!(poster["url"], "/backup_assets/Movies/Heat%20%281995%29/poster.jpg");
    assert!(poster["modified"].as_f64().is_some_and(|modified| modified > 1e9));
    assert_eq!(app.get(poster["url"].as_str().unwrap()).await.text(), "saved");
    assert_eq!(app.get("/backup_assets/Movies/Heat%20%281995%29/notes.txt").await.status, 404);
}

#[actix_web::test]
async fn manual_and_test_images_are_listed_by_folder() {
    let app = app();
    let manual = get(&app, "/api/manual-assets-gallery").await;
    assert_eq!((&manual["total_assets"], &manual["success"]), (&json!(3), &Value::Null));
    let names: Vec<_> =
        manual["libraries"].as_array().unwrap().iter().map(|library| library["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["/", "Movies", "TV Shows"]);
    let heat = &manual["libraries"][1]["folders"][0];
    assert_eq!((&heat["path"], &heat["asset_count"]), (&json!("Movies/Heat (1995)"), &json!(1)));
    assert_eq!(heat["assets"][0]["url"], "/manual_poster_assets/Movies/Heat%20%281995%29/poster.jpg");
    assert!(heat["assets"][0]["modified"].as_f64().is_some_and(|modified| modified > 1e9), "{heat}");
    assert_eq!(manual["libraries"][2]["folders"][0]["assets"][0]["type"], "season");
    assert_eq!(get(&app, "/api/manual-assets-gallery?library=Movies&type=poster").await["total_assets"], 1);
    let test = get(&app, "/api/test-gallery").await;
    let modified = &test["images"][0]["modified"];
    assert!(modified.is_f64());
    assert_eq!(
        test["images"],
        json!([{"path": "sub/poster_short.jpg", "name": "poster_short.jpg", "size": 25,
            "url": "/test/sub/poster_short.jpg", "modified": modified}])
    );
}

#[actix_web::test]
async fn manual_and_test_images_are_sorted_and_paged_like_the_others() {
    let app = app();
    for name in ["poster.jpg", "background.jpg", "Season01.jpg"] {
        write(app.path(), &format!("manualassets/Anime/extra/deep/Akira (1988)/{name}"), &"x".repeat(name.len()));
        write(app.path(), &format!("test/{name}"), &"x".repeat(name.len()));
    }
    let listed = async |parameters: &str| {
        let path = format!("/api/manual-assets-gallery?library=Anime&{parameters}");
        let gallery = get(&app, &path).await;
        let folder = &gallery["libraries"][0]["folders"][0];
        assert_eq!(
            (&folder["path"], &gallery["total_assets"]),
            (&json!("Anime/extra/deep/Akira (1988)"), &folder["asset_count"])
        );
        names(&folder["assets"])
    };
    eventually("the new files show", async || {
        (get(&app, "/api/manual-assets-gallery").await["total_assets"] == 6).then_some(())
    })
    .await;
    assert_eq!(listed("").await, ["Season01.jpg", "background.jpg", "poster.jpg"]);
    assert_eq!(listed("sort=-size").await, ["background.jpg", "Season01.jpg", "poster.jpg"]);
    assert_eq!(listed("sort=size&offset=1&limit=1").await, ["Season01.jpg"]);
    assert_eq!(listed("q=AKIRA&sort=-name").await, ["poster.jpg", "background.jpg", "Season01.jpg"]);
    for (parameters, expected) in [
        ("", ["Season01.jpg", "background.jpg", "poster.jpg", "poster_short.jpg"].as_slice()),
        ("?sort=size&limit=2", &["poster.jpg", "Season01.jpg"]),
        ("?q=POSTER&offset=1", &["poster_short.jpg"]),
    ] {
        assert_eq!(names(&get(&app, &format!("/api/test-gallery{parameters}")).await["images"]), expected);
    }
    for path in ["/api/manual-assets-gallery?sort=colour", "/api/test-gallery?limit=many"] {
        assert_eq!(app.get(path).await.status, 400, "{path}");
    }
}

fn names(images: &Value) -> Vec<String> {
    images.as_array().unwrap().iter().map(|image| image["name"].as_str().unwrap().to_owned()).collect()
}

async fn tagged(app: &TestApp, path: &str, tag: &str) -> Answer {
    app.send(Method::GET, path, |request| request.header("if-none-match", tag)).await
}

#[actix_web::test]
async fn what_did_not_change_is_not_sent_again_and_a_change_shows_within_a_second() {
    let app = app();
    for path in [
        "/api/gallery",
        "/api/assets/stats",
        "/api/assets-folders",
        "/api/assets/folders",
        "/api/folder-view/browse",
        "/api/manual-assets-gallery",
        "/api/test-gallery",
    ] {
        let first = app.get(path).await;
        let tag = first.headers["etag"].to_str().unwrap().to_owned();
        assert!(first.headers["cache-control"].to_str().unwrap().contains("private"));
        let again = tagged(&app, path, &tag).await;
        assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0), "{path}");
        assert_eq!(tagged(&app, path, "\"other\"").await.status, 200, "{path}");
    }
    let before = app.get("/api/assets/stats").await;
    write(app.path(), "assets/Movies/New (2025)/poster.jpg", "x");
    let tag = before.headers["etag"].to_str().unwrap();
    let after = eventually("the new file shows", async || {
        Some(tagged(&app, "/api/assets/stats", tag).await).filter(|answer| answer.status == 200)
    });
    assert_eq!(after.await.json()["stats"]["posters"], 5);
}

#[actix_web::test]
async fn the_exports_decide_the_media_types() {
    let app = app();
    let unknown = get(&app, "/api/asset-type-lookup?library_name=Concerts").await;
    assert_eq!(
        unknown,
        json!({"success": false, "library_name": "Concerts", "media_type": null, "error": "Library type not found in database"})
    );
    assert_eq!(app.get("/api/asset-type-lookup").await.status, 400);
    assert_eq!(get(&app, "/api/asset-type-lookup?library_name=").await["error"], "library_name parameter required");
    let mut types = LibraryTypes::default();
    types.0.insert("Concerts".to_owned(), "series".to_owned());
    let before = app.get("/api/backgrounds-gallery").await.headers["etag"].clone();
    app.state.views.library_types.publish(types);
    assert_eq!(get(&app, "/api/asset-type-lookup?library_name=Concerts").await["media_type"], "series");
    eventually("the gallery has another tag", async || {
        let answer = app.get("/api/backgrounds-gallery").await;
        (answer.headers["etag"] != before && answer.json()["images"][0]["type"] == "Show Background").then_some(())
    })
    .await;
}

#[actix_web::test]
async fn a_refresh_scans_and_the_status_tells_of_it() {
    let app = TestApp::start_in(library(), |settings| settings.assets.watch = Watch::Off);
    get(&app, "/api/gallery").await;
    write(app.path(), "assets/Movies/New (2025)/poster.jpg", "x");
    let refreshed = app.post("/api/refresh-cache", &Value::Null).await.json();
    assert_eq!(
        (&refreshed["message"], &refreshed["posters"], &refreshed["folders"]),
        (&json!("Cache refreshed successfully"), &json!(5), &json!(5))
    );
    let status = get(&app, "/api/cache/status").await;
    assert_eq!((&status["cache"]["posters_count"], &status["cache"]["is_initial_scan"]), (&json!(5), &json!(false)));
    assert_eq!(
        (&status["cache"]["refresh_interval"], &status["assets"]["noticed_by"]),
        (&json!(600), &json!("nothing"))
    );
    assert_eq!(status["cache"]["last_scanned"].as_str().unwrap().len(), "2025-11-25T16:00:00.000000".len());
    assert_eq!(status["background_refresh"]["thread_alive"], true);
}

#[actix_web::test]
async fn a_folder_that_vanishes_keeps_its_images_and_health_says_so() {
    let app = app();
    get(&app, "/api/gallery").await;
    std::fs::rename(app.path().join("assets"), app.path().join("away")).unwrap();
    let health = eventually("health tells", async || {
        Some(app.get("/api/health").await.json()).filter(|health| health["checks"]["assets"] == "degraded")
    });
    assert_eq!(health.await["status"], "degraded");
    assert_eq!(get(&app, "/api/gallery").await["total"], 4);
    assert!(get(&app, "/api/cache/status").await["assets"]["problem"].as_str().unwrap().contains("cannot be read"));
    let metrics = app.get("/metrics").await.text();
    assert!(metrics.contains("posterizarr_asset_files{root=\"assets\"} 10"), "{metrics}");
    assert!(metrics.contains("posterizarr_check_status{check=\"assets\"} 1"));
}

#[actix_web::test]
async fn recycle_bins_and_sidecars_are_not_listed_counted_served_or_deleted_and_dotted_titles_are() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "config.json", r#"{"PrerequisitePart": {"AssetPath": "assets"}}"#);
    let hidden = [
        "#recycle/Old (1999)/poster.jpg",
        "$RECYCLE.BIN/S-1-5/poster.jpg",
        ".Trash-1000/files/poster.jpg",
        ".Trashes/501/poster.jpg",
        "Movies/.AppleDouble/poster.jpg",
        "lost+found/poster.jpg",
        "System Volume Information/poster.jpg",
        "Movies/Heat (1995)/._poster.jpg",
    ];
    let seen = ["Movies/.hack (2002)/poster.jpg", "Movies/Heat (1995)/poster.jpg"];
    hidden.iter().chain(&seen).for_each(|name| write(folder.path(), &format!("assets/{name}"), "x"));
    std::fs::create_dir(folder.path().join("assets/Movies").join(OsStr::from_bytes(b"M\xfcnchen"))).unwrap();
    let app = TestApp::start_in(folder, |_| {});
    eventually("the first scan", async || {
        (get(&app, "/api/cache/status").await["cache"]["is_initial_scan"] == false).then_some(())
    })
    .await;
    let galleries = get(&app, "/api/gallery?limit=100").await;
    let mut listed = paths(&galleries);
    listed.sort_unstable();
    assert_eq!(listed, seen);
    assert_eq!(get(&app, "/api/assets/stats").await["stats"]["posters"], 2);
    let encode =
        |path: &str| percent_encoding::utf8_percent_encode(path, percent_encoding::NON_ALPHANUMERIC).to_string();
    for (paths, status) in [(&hidden[..], 404), (&seen[..], 200)] {
        for path in paths {
            assert_eq!(app.get(&format!("/poster_assets/{}", encode(path))).await.status, status, "{path}");
        }
    }
    for path in hidden {
        assert_eq!(app.get(&format!("/api/thumbnail?path={}", encode(path))).await.status, 404, "{path}");
        app.post("/api/gallery/bulk-delete", &json!({ "paths": [path] })).await;
        assert!(app.path().join("assets").join(path).try_exists().unwrap(), "{path} is not ours to delete");
    }
    let status = get(&app, "/api/cache/status").await;
    assert_eq!(status["assets"]["unreadable_names"], 1);
    assert_eq!(status["assets"]["unreadable_name"], "Movies/M\u{fffd}nchen");
    assert_eq!(app.get("/api/health").await.json()["unreadable_names"], 1);
}
