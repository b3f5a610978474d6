//! Another picture for an asset, at once and from the queue: shell scripts in the place of PowerShell, and the real engine.

use std::fs;
use std::path::Path;

use posterizarrd::actors::library::assets::Rescan;
use posterizarrd::actors::runs::RunnerChoice;
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::harness::{Answer, TestApp, eventually, eventually_in};

mod refused;

/// A child process makes the picture, without much optimisation and beside other tests.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(120);

const POSTER: &str = "Movies/Heat (1995)/poster.jpg";
const HEADER: &str = "\"Title\";\"Type\";\"Rootfolder\";\"LibraryName\";\"Language\";\"Fallback\";\"TextTruncated\";\
                      \"Download Source\";\"Manual\";\"tmdbid\";\"tvdbid\";\"imdbid\";\"Fav Provider Link\"\n";
const HEAT: &str = "\"Heat\";\"Movie\";\"Heat (1995)\";\"Movies\";\"sw\";\"true\";\"false\";\"https://image.tmdb.org/a.jpg\";\
                    \"false\";\"949\";\"false\";\"tt0113277\";\"https://www.themoviedb.org/x\"\n";

/// Moves its picture to the asset, as the script does, once the test lets it; or breaks before, or after the move.
const SCRIPT: &str = "printf '%s\\n' \"$@\" > arguments
    while [ ! -e go ] && [ ! -e broken ] && [ -d Logs ]; do sleep 0.01; done
    if [ -e broken ]; then rm \"$3\"; echo 'it broke'; exit 3; fi
    mkdir -p 'assets/Movies/Heat (1995)'
    mv \"$3\" 'assets/Movies/Heat (1995)/poster.jpg'; echo '{}' > Logs/manual.json";

fn write(root: &Path, name: &str, content: impl AsRef<[u8]>) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// A picture of this size and shade.
fn picture(width: u32, height: u32, shade: u8) -> Vec<u8> {
    let mut png = std::io::Cursor::new(Vec::new());
    let image = image::GrayImage::from_pixel(width, height, image::Luma([shade]));
    image::DynamicImage::from(image).write_to(&mut png, image::ImageFormat::Png).unwrap();
    png.into_inner()
}

/// A library of one movie with its record.
fn library() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "Logs/ImageChoices.csv", format!("{HEADER}{HEAT}"));
    write(folder.path(), &format!("assets/{POSTER}"), "old");
    fs::create_dir(folder.path().join("manualassets")).unwrap();
    let at = |name: &str| folder.path().join(name);
    let paths = json!({"AssetPath": at("assets"), "ManualAssetPath": at("manualassets")});
    write(folder.path(), "config.json", json!({ "PrerequisitePart": paths }).to_string());
    folder
}

async fn started(app: TestApp) -> TestApp {
    app.state.indexer.send(Rescan).await.unwrap();
    eventually("the record is imported", async || (records(&app).await == 1).then_some(())).await;
    app
}

async fn with_script() -> TestApp {
    let folder = library();
    write(folder.path(), "Posterizarr.ps1", SCRIPT);
    started(TestApp::start_in(folder, |settings| {
        settings.runner = RunnerChoice::Script;
        settings.runner_command = vec!["sh".into(), "{script}".into()];
        settings.fetch.allow_private = true;
    }))
    .await
}

async fn records(app: &TestApp) -> usize {
    app.get("/api/imagechoices").await.json().as_array().unwrap().len()
}

async fn upload_to(app: &TestApp, asset: &str, query: &str, name: &str, bytes: Vec<u8>) -> Answer {
    let form = Form::new().part("file", Part::bytes(bytes).file_name(name.to_owned()));
    let path = format!("/api/assets/upload-replacement?{}{query}", pair("asset_path", asset));
    app.send(Method::POST, &path, |request| request.multipart(form)).await
}

async fn upload(app: &TestApp, query: &str) -> Answer {
    upload_to(app, POSTER, query, "a.png", picture(200, 300, 7)).await
}

/// A parameter of a query.
fn pair(name: &str, value: &str) -> String {
    let address = reqwest::Url::parse_with_params("http://x/", [(name, value)]).unwrap();
    address.query().unwrap().to_owned()
}

async fn from_url(app: &TestApp, asset: &str, query: &str, address: &str) -> Answer {
    let (asset, address) = (pair("asset_path", asset), pair("image_url", address));
    let path = format!("/api/assets/replace-from-url?{asset}&{address}{query}");
    app.send(Method::POST, &path, |request| request).await
}

fn read(app: &TestApp, name: &str) -> Option<Vec<u8>> {
    fs::read(app.path().join(name)).ok()
}

/// What waits in the folder of pictures, or is on its way there.
fn left(app: &TestApp) -> Vec<String> {
    let names = |folder: &str| {
        let entries = fs::read_dir(app.path().join(folder)).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect::<Vec<_>>()
    };
    ["queue_staging", "uploads"].into_iter().flat_map(names).collect()
}

async fn queue(app: &TestApp) -> Vec<Value> {
    app.get("/api/queue").await.json().as_array().unwrap().clone()
}

async fn statuses(app: &TestApp) -> Vec<String> {
    queue(app).await.iter().map(|item| item["status"].as_str().unwrap().to_owned()).collect()
}

async fn trashed(app: &TestApp) -> Vec<Value> {
    app.get("/api/trash").await.json()["entries"].as_array().unwrap().clone()
}

async fn post(app: &TestApp, path: &str) -> Answer {
    app.send(Method::POST, path, |request| request).await
}

#[actix_web::test]
async fn as_it_is_a_picture_becomes_the_users_own_asset_and_the_made_one_can_be_taken_back() {
    let app = started(TestApp::start_in(library(), |_| {})).await;
    let answer = upload(&app, "&mediaType=undefined").await;
    let body = answer.json();
    let new = picture(200, 300, 7);
    assert_eq!(answer.status, 200, "{body}");
    assert_eq!((&body["success"], &body["message"]), (&json!(true), &json!("Asset replaced successfully")));
    assert_eq!(
        (&body["path"], &body["size"], &body["was_replacement"]),
        (&json!(POSTER), &json!(new.len()), &json!(true))
    );
    assert_eq!(body.get("manual_run_triggered"), None);
    assert_eq!(read(&app, &format!("manualassets/{POSTER}")).unwrap(), new);
    assert!(read(&app, &format!("assets/{POSTER}")).is_none() && records(&app).await == 0);
    let view = app.state.views.assets.get();
    assert!(view.manual.get(POSTER).is_some() && view.assets.get(POSTER).is_none(), "the galleries know it at once");

    // A second one takes the place of the first, and both can be had back.
    let again = upload_to(&app, POSTER, "", "b.png", picture(200, 300, 9)).await.json();
    assert_eq!(read(&app, &format!("manualassets/{POSTER}")).unwrap(), picture(200, 300, 9));
    let first = again["trashed"][0].as_str().unwrap();
    assert_eq!(post(&app, &format!("/api/trash/{first}/restore")).await.status, 409);
    let restored = post(&app, &format!("/api/trash/{first}/restore?replace=true")).await;
    assert_eq!((restored.status.as_u16(), restored.json()["replaced"].is_string()), (200, true), "{}", restored.text());
    assert_eq!(read(&app, &format!("manualassets/{POSTER}")).unwrap(), new);
    let made = body["trashed"][0].as_str().unwrap();
    assert_eq!(post(&app, &format!("/api/trash/{made}/restore?replace=true")).await.json()["replaced"], Value::Null);
    assert_eq!(read(&app, &format!("assets/{POSTER}")).unwrap(), b"old");
    assert_eq!(records(&app).await, 1, "its record is back with it");
    assert_eq!(left(&app), [""; 0]);
    let created = upload_to(&app, "Movies/Ran/background.jpg", "", "b.png", picture(320, 180, 9)).await.json();
    assert_eq!(
        (&created["message"], &created["was_replacement"]),
        (&json!("Asset created successfully"), &json!(false))
    );
}

#[actix_web::test]
async fn with_overlays_the_engine_makes_the_asset_and_the_old_one_is_in_the_trash() {
    let app = started(TestApp::start_in(library(), |_| {})).await;
    let body = upload(&app, "&process_with_overlays=true&title_text=New").await.json();
    let expected = json!("Asset replaced and queued for overlay processing");
    assert_eq!((&body["message"], &body["manual_run_triggered"]), (&expected, &json!(true)), "{body}");
    eventually_in(PATIENCE, "it is done", async || {
        let waiting = queue(&app).await;
        assert!(waiting.iter().all(|item| item["status"] != "failed"), "{waiting:?}");
        waiting.is_empty().then_some(())
    })
    .await;
    let made = read(&app, &format!("assets/{POSTER}")).unwrap();
    assert!(made.starts_with(b"\xff\xd8") && made != picture(200, 300, 7), "a JPEG of ours");
    assert_eq!(left(&app), [""; 0]);
    let titles = async || {
        let records = app.get("/api/imagechoices").await.json();
        let titles: Vec<_> =
            records.as_array().unwrap().iter().map(|row| (row["Title"].clone(), row["Type"].clone())).collect();
        titles
    };
    eventually("the run's record", async || (titles().await == [(json!("New"), json!("Movie"))]).then_some(())).await;
    // Undone: the picture and its record are as they were.
    let old = trashed(&app).await[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(post(&app, &format!("/api/trash/{old}/restore?replace=true")).await.status, 200);
    assert_eq!(read(&app, &format!("assets/{POSTER}")).unwrap(), b"old");
    assert_eq!(titles().await, [(json!("Heat"), json!("Movie"))]);
}

#[actix_web::test]
async fn a_run_that_fails_gives_everything_back_and_its_picture_can_be_tried_again() {
    let app = with_script().await;
    let body = upload(&app, "&process_with_overlays=true&folder_name=&season_number=null").await.json();
    assert_eq!(body["manual_run_triggered"], true, "{body}");
    let text = eventually("the script runs", async || read(&app, "arguments").filter(|text| !text.is_empty())).await;
    let copy = app.path().join("uploads/replacement-1.png").display().to_string();
    let expected = [
        "-Manual",
        "-PicturePath",
        &copy,
        "-Titletext",
        "Heat",
        "-FolderName",
        "Heat (1995)",
        "-LibraryName",
        "Movies",
    ];
    assert_eq!(String::from_utf8(text).unwrap().lines().collect::<Vec<_>>(), expected);

    let busy = upload(&app, "").await;
    let says = "Cannot replace assets while Posterizarr is running. Please wait until all processing is completed before \
                using the replace or manual update options.";
    assert_eq!((busy.status.as_u16(), &busy.json()["detail"]), (409, &json!(says)));
    let busy = from_url(&app, POSTER, "", "http://127.0.0.1/x.jpg").await;
    let says = "Cannot replace assets while Posterizarr is running. Please wait or use 'Add to Queue'.";
    assert_eq!((busy.status.as_u16(), &busy.json()["detail"]), (409, &json!(says)));
    let busy = post(&app, "/api/queue/run").await;
    assert_eq!((busy.status.as_u16(), &busy.json()["detail"]), (409, &json!("Posterizarr is already running")));
    let one = app.delete("/api/queue/1").await;
    assert_eq!(one.status, 409, "{}", one.text());

    // The old one stays where it is until the new one is there; the trash has it already.
    assert_eq!((read(&app, &format!("assets/{POSTER}")).unwrap(), trashed(&app).await.len()), (b"old".to_vec(), 1));
    assert!(app.state.views.assets.get().assets.get(POSTER).is_some());

    write(app.path(), "broken", "");
    eventually("it failed", async || (statuses(&app).await == ["failed"]).then_some(())).await;
    let failed = queue(&app).await[0].clone();
    assert!(failed["error_message"].as_str().unwrap().contains("3"));
    assert_eq!(failed["error_because"][0], json!({ "code": "exit_code", "params": { "number": "3" } }), "{failed}");
    assert_eq!((read(&app, &format!("assets/{POSTER}")).unwrap(), records(&app).await), (b"old".to_vec(), 1));
    assert!(trashed(&app).await.is_empty());

    fs::remove_file(app.path().join("broken")).unwrap();
    write(app.path(), "go", "");
    assert_eq!(
        app.post("/api/queue/run", &json!({"item_ids": [1]})).await.json()["message"],
        "Queue execution started"
    );
    eventually("it is done", async || queue(&app).await.is_empty().then_some(())).await;
    assert_eq!(read(&app, &format!("assets/{POSTER}")).unwrap(), picture(200, 300, 7));
    assert_eq!((trashed(&app).await.len(), records(&app).await), (1, 0));
    assert_eq!(left(&app), [""; 0]);
}

#[actix_web::test]
async fn a_picture_of_the_users_own_stays_until_the_made_one_is_there_and_goes_then() {
    let folder = library();
    write(folder.path(), "manualassets/TV/Dark/poster.jpg", "own");
    fs::remove_file(folder.path().join(format!("assets/{POSTER}"))).unwrap();
    write(folder.path(), &format!("manualassets/{POSTER}"), "own");
    write(folder.path(), "Posterizarr.ps1", SCRIPT);
    let app = started(TestApp::start_in(folder, |settings| {
        settings.runner = RunnerChoice::Script;
        settings.runner_command = vec!["sh".into(), "{script}".into()];
    }))
    .await;
    upload(&app, "&process_with_overlays=true").await;
    eventually("the script runs", async || read(&app, "arguments").filter(|text| !text.is_empty())).await;
    let own = format!("manualassets/{POSTER}");
    assert_eq!((read(&app, &own).unwrap(), trashed(&app).await.len()), (b"own".to_vec(), 1));
    write(app.path(), "broken", "");
    eventually("it failed", async || (statuses(&app).await == ["failed"]).then_some(())).await;
    assert_eq!((read(&app, &own).unwrap(), trashed(&app).await.len()), (b"own".to_vec(), 0));

    fs::remove_file(app.path().join("broken")).unwrap();
    write(app.path(), "go", "");
    app.post("/api/queue/run", &json!({"item_ids": [1]})).await;
    eventually("it is done", async || queue(&app).await.is_empty().then_some(())).await;
    assert_eq!(read(&app, &format!("assets/{POSTER}")).unwrap(), picture(200, 300, 7));
    let (own, entries) = (read(&app, &own), trashed(&app).await);
    assert_eq!((own, entries.len(), &entries[0]["root"]), (None, 1, &json!("manual")));
    assert!(app.state.views.assets.get().manual.get(POSTER).is_none());
    assert_eq!(read(&app, "manualassets/TV/Dark/poster.jpg").unwrap(), b"own", "another one's is nobody's business");
}

#[actix_web::test]
async fn one_after_the_other_is_made_also_where_none_is_left_of_those_before() {
    let app = with_script().await;
    write(app.path(), "go", "");
    for shade in [1, 2, 3] {
        let new = picture(200, 300, shade);
        upload_to(&app, POSTER, "&process_with_overlays=true", "a.png", new.clone()).await;
        eventually("it is made", async || {
            (read(&app, &format!("assets/{POSTER}")).as_ref() == Some(&new)).then_some(())
        })
        .await;
        eventually("it is forgotten", async || queue(&app).await.is_empty().then_some(())).await;
    }
    assert_eq!(trashed(&app).await.len(), 3);
}

#[actix_web::test]
async fn where_no_run_can_make_it_the_picture_is_in_place_as_it_is_and_the_reason_is_told() {
    let app = with_script().await;
    let new = picture(200, 300, 7);
    let shallow = upload_to(&app, "Movies/poster.jpg", "&process_with_overlays=1", "a.png", new.clone()).await.json();
    let says = "Asset replaced but overlay processing skipped (invalid path structure)";
    assert_eq!((&shallow["message"], &shallow["manual_run_triggered"]), (&json!(says), &json!(false)));
    let card =
        upload_to(&app, "TV/Dark/S01E02.jpg", "&process_with_overlays=1", "a.png", picture(320, 180, 1)).await.json();
    assert_eq!(card["manual_run_error"], "Episode title is required for title card processing");
    assert!(read(&app, "assets/Movies/poster.jpg").is_some() && read(&app, "assets/TV/Dark/S01E02.jpg").is_some());
    fs::remove_file(app.path().join("Posterizarr.ps1")).unwrap();
    let missing = upload(&app, "&process_with_overlays=1").await.json();
    assert_eq!(
        (&missing["success"], &missing["manual_run_error"]),
        (&json!(true), &json!("Posterizarr.ps1 not found"))
    );
    assert_eq!(read(&app, &format!("assets/{POSTER}")).unwrap(), new);
    // What the queue could never do is refused right away.
    let queued =
        upload_to(&app, "TV/Dark/S01E02.jpg", "&process_with_overlays=1&add_to_queue=1", "a.png", picture(320, 180, 1))
            .await;
    assert_eq!((queued.status.as_u16(), left(&app)), (400, vec![]));
}

#[actix_web::test]
async fn the_queue_has_what_all_four_ways_put_into_it_and_does_what_is_chosen() {
    let app = with_script().await;
    let server = MockServer::start().await;
    Mock::given(path("/p.png"))
        .respond_with(ResponseTemplate::new(200).set_body_raw(picture(200, 300, 7), "image/png"))
        .mount(&server)
        .await;
    write(app.path(), "own.png", picture(200, 300, 3));
    let address = format!("{}/p.png", server.uri());

    let one = from_url(&app, POSTER, "&add_to_queue=true&title_text=T&asset_type=poster", &address).await.json();
    assert_eq!(
        (&one["success"], &one["queued"], &one["message"], &one["queue_id"]),
        (&json!(true), &json!(true), &json!("Asset replacement added to queue"), &json!(1))
    );
    let two = upload(&app, "&add_to_queue=true&process_with_overlays=true").await.json();
    assert_eq!(two["queue_id"], 2);
    let form = |picture: &str| json!({"picturePath": picture, "titletext": "T", "folderName": "Heat (1995)", "libraryName": "Movies", "add_to_queue": true});
    assert_eq!(app.post("/api/run-manual", &form("own.png")).await.json()["message"], "Manual run added to queue");
    let fields =
        [("titletext", "T"), ("folderName", "Heat (1995)"), ("libraryName", "Movies"), ("add_to_queue", "true")];
    let sent = super::runs::upload(&app, "a b.png", picture(200, 300, 4), &fields).await.json();
    assert_eq!(
        (&sent["message"], sent["upload_path"].is_string()),
        (&json!("Manual run queued successfully"), true),
        "{sent}"
    );
    assert_eq!(app.get("/api/status").await.json()["running"], false, "nothing runs by itself");

    let items = queue(&app).await;
    let kinds: Vec<_> = items.iter().map(|item| item["source_type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["url", "upload", "local_path", "upload"]);
    let first = &items[0];
    assert_eq!((first["created_at"].as_str().unwrap().len(), &first["wanted"]), (19, &json!(false)));
    assert_eq!(
        (&first["id"], &first["asset_path"], &first["source_data"], &first["status"], &first["error_message"]),
        (&json!(1), &json!(POSTER), &json!(address), &json!("pending"), &Value::Null)
    );
    assert_eq!(
        first["overlay_params"],
        json!({"title_text": "T", "asset_type": "poster", "process_with_overlays": false})
    );
    assert_eq!(
        items[2]["overlay_params"],
        json!({"library_name": "Movies", "folder_name": "Heat (1995)", "title_text": "T", "poster_type": "standard",
            "season_number": null, "episode_number": null, "episode_title": null, "process_with_overlays": true, "asset_type": "standard"})
    );
    assert_eq!(left(&app).len(), 4, "each has its picture");

    // Only those that are named.
    write(app.path(), "go", "");
    assert_eq!(app.post("/api/queue/run", &json!({"item_ids": [3, 99]})).await.status, 200);
    eventually("the third is done", async || {
        (statuses(&app).await == ["pending", "pending", "completed", "pending"]).then_some(())
    })
    .await;
    assert_eq!(read(&app, &format!("assets/{POSTER}")).unwrap(), picture(200, 300, 3));
    assert_eq!(read(&app, "own.png").unwrap(), picture(200, 300, 3), "a picture of the user's own stays");

    assert_eq!(app.delete("/api/queue/4").await.json(), json!({"success": true, "message": "Item deleted"}));
    assert_eq!(app.delete("/api/queue/4").await.status, 200);
    assert_eq!(app.delete("/api/queue/x").await.status, 400);
    assert_eq!(left(&app).len(), 2, "its picture went with it");
    assert_eq!(app.post("/api/queue/delete", &json!({})).await.status, 400);
    assert_eq!(app.post("/api/queue/run", &json!({"item_ids": "all"})).await.status, 400);

    // All that are pending, in their order: first the one as it is, then the one that a run makes.
    assert_eq!(post(&app, "/api/queue/run").await.json()["message"], "Queue execution started");
    eventually("all are done", async || (statuses(&app).await == ["completed"; 3]).then_some(())).await;
    assert_eq!(read(&app, &format!("assets/{POSTER}")).unwrap(), picture(200, 300, 7));
    let paths: Vec<_> = trashed(&app).await.iter().map(|entry| entry["root"].clone()).collect();
    assert_eq!(paths, ["manual", "assets", "assets"], "the user's own of the first was replaced by the second");
    assert_eq!(left(&app), [""; 0]);

    assert_eq!(
        app.post("/api/queue/delete", &json!({"item_ids": [1, 2, 7]})).await.json()["message"],
        "Deleted 2 items"
    );
    assert_eq!(post(&app, "/api/queue/clear").await.json(), json!({"success": true, "message": "Queue cleared"}));
    assert!(queue(&app).await.is_empty());
}

#[actix_web::test]
async fn a_queue_that_was_let_run_while_a_run_is_on_goes_on_by_itself_when_that_is_over() {
    let app = with_script().await;
    for _ in 0..2 {
        upload(&app, "&add_to_queue=true&process_with_overlays=true").await;
    }
    post(&app, "/api/queue/run").await;
    eventually("the first is made", async || (statuses(&app).await == ["processing", "pending"]).then_some(())).await;
    assert_eq!(queue(&app).await[1]["wanted"], true);
    eventually("its script runs", async || read(&app, "arguments").filter(|text| !text.is_empty())).await;
    // Stopped by hand it has failed, and the second has its turn.
    post(&app, "/api/stop").await;
    eventually("the second is made", async || (statuses(&app).await == ["failed", "processing"]).then_some(())).await;
    write(app.path(), "go", "");
    eventually("it is done", async || (statuses(&app).await == ["failed", "completed"]).then_some(())).await;
}

#[actix_web::test]
async fn a_queue_of_pictures_takes_no_next_one_while_the_queue_of_jobs_is_held_but_what_is_asked_for_at_once() {
    let app = with_script().await;
    for _ in 0..2 {
        upload(&app, "&add_to_queue=true&process_with_overlays=true").await;
    }
    post(&app, "/api/queue/run").await;
    eventually("its script runs", async || read(&app, "arguments").filter(|text| !text.is_empty())).await;
    assert_eq!(post(&app, "/api/stop?hold=true").await.status, 200);
    eventually("the first has failed", async || (statuses(&app).await[0] == "failed").then_some(())).await;
    assert_eq!(statuses(&app).await, ["failed", "pending"]);
    assert_eq!(queue(&app).await[1]["wanted"], true);

    write(app.path(), "go", "");
    let body = upload(&app, "&process_with_overlays=true").await.json();
    assert_eq!(body["manual_run_triggered"], true, "{body}");
    eventually("it is made", async || (queue(&app).await.len() == 2).then_some(())).await;
    assert_eq!(statuses(&app).await, ["failed", "pending"], "the next one still waits");

    assert_eq!(post(&app, "/api/triggers/release").await.status, 200);
    eventually("the second is made", async || (statuses(&app).await == ["failed", "completed"]).then_some(())).await;
}
