//! Changing the configuration.

use std::time::Duration;

use posterizarr_base::servers::ServerKind;
use posterizarr_media::servers::admin::Library;
use posterizarrd::actors::config::{document, keys};
use posterizarrd::actors::runtime::events::Fact;
use posterizarrd::actors::servers::libraries::KeepLibraries;

use super::*;

/// Files as people and other programs write them.
fn odd_files() -> Vec<Vec<u8>> {
    let defaults = document::write(&keys::defaults()).unwrap();
    let own = "\t{\r\n\t\t\"Zoo\":{\"big\":123456789012345678901234567890 , \"x\": 1.50e+2,\"\u{fc}\\u00fc\": \"\u{e9}/\\/\"},\r\n\t\"PlexPart\" : { \"PlexUrl\":5,\"UsePlex\": true },\"root\": [ 1 ]\r\n}\r\n\r\n";
    let mut files: Vec<Vec<u8>> = [
        defaults.clone(),
        defaults.replace('\n', "\r\n") + "\r\n",
        defaults.replace("  ", "\t") + "\n",
        defaults.replace('\n', ""),
        own.to_owned(),
        "{}".to_owned(),
        r#"{"WebUI":{"basicAuthEnabled":false,"basicAuthEnabled":"false"},"WebUI2":7}"#.to_owned(),
    ]
    .map(String::into_bytes)
    .to_vec();
    files.push([b"\xef\xbb\xbf", defaults.as_bytes()].concat());
    files
}

#[actix_web::test]
async fn an_unchanged_post_leaves_the_file_byte_for_byte_as_it_is() {
    for content in odd_files() {
        let app = app_with(&content);
        let shown = String::from_utf8_lossy(&content);
        for query in ["", "?mode=merge"] {
            let answer = post(&app, query, flat(&app).await).await;
            assert_eq!(answer.status, 200, "{}: {shown}", answer.text());
            assert_eq!(answer.json()["message"], "Config updated successfully");
            assert_eq!(answer.json()["changes_count"], 0, "{shown}");
            assert!(file(app.path()) == content, "{shown}");
        }
        assert_eq!(app.get("/api/config/backups").await.json()["backups"], json!([]), "nothing was written");
    }
}

#[actix_web::test]
async fn a_change_leaves_the_rest_of_the_file_as_it_is() {
    for content in odd_files() {
        let app = app_with(&content);
        let before = String::from_utf8_lossy(&content).into_owned();
        let answer = post(&app, "?mode=merge", json!({"UsePlex": "false", "big": 7})).await;
        assert_eq!(answer.status, 200, "{}: {before}", answer.text());
        let after = String::from_utf8(file(app.path())).unwrap();
        if before.contains("123456789012345678901234567890") {
            let expected = before.replace("123456789012345678901234567890", "7");
            assert_eq!(after, expected.replace("\"UsePlex\": true", "\"UsePlex\": \"false\""));
        } else if before.contains("UsePlex") {
            let spaced = "\"UsePlex\": \"true\"";
            assert_eq!(after, before.replace(spaced, "\"UsePlex\": \"false\""));
        }
        assert_eq!(flat(&app).await["UsePlex"], "false");
    }
}

#[actix_web::test]
async fn a_full_post_drops_known_keys_and_keeps_unknown_ones_and_exclusions() {
    let app = TestApp::start();
    let own = json!({"AssetPath": "/x", "unknownKey": 1, "PlexToken": "t", "basicAuthEnabled": "false"});
    let answer = post(&app, "", own).await.json();
    assert_eq!(answer["changes_count"], 4, "upstream's count");
    assert_eq!(answer["ignored_keys"], json!(["unknownKey"]));
    let kept = document(&app);
    assert_eq!(kept["PrerequisitePart"], json!({"AssetPath": "/x"}));
    assert_eq!(kept["ApiPart"], json!({"PlexToken": "t"}));
    assert_eq!(kept["WebUI"], json!({"basicAuthEnabled": false}), "the one real boolean stays one");
    for server in ["PlexPart", "JellyfinPart", "EmbyPart"] {
        assert_eq!(kept[server]["LibstoExclude"].as_array().unwrap().len(), 4, "{server}");
    }
    assert_eq!(kept.as_object().unwrap().len(), 6);

    let app = app_with(r#"{"Own": {"k": {"deep": 1}}, "root": 1, "ApiPart": {"future": "f", "tmdbtoken": "x"}}"#);
    post(&app, "", json!({"UsePlex": "true"})).await;
    let expected =
        json!({"Own": {"k": {"deep": 1}}, "root": 1, "ApiPart": {"future": "f"}, "PlexPart": {"UsePlex": "true"}});
    assert_eq!(document(&app), expected, "what nobody knows is never dropped");
}

#[actix_web::test]
async fn a_full_post_clears_the_exclusions_of_a_server_whose_libraries_are_known() {
    let app = TestApp::start();
    let films = Library { id: "1".to_owned(), name: "Films".to_owned(), kind: Some("movie".to_owned()) };
    let keep = KeepLibraries { server: ServerKind::Emby, libraries: vec![films] };
    app.state.libraries.send(keep).await.unwrap().unwrap();
    post(&app, "", json!({"PlexLibstoExclude": [], "EmbyLibstoExclude": []})).await;
    let kept = document(&app);
    assert_eq!(kept["PlexPart"]["LibstoExclude"].as_array().unwrap().len(), 4, "a client could not know them");
    assert_eq!(kept["EmbyPart"]["LibstoExclude"], json!([]));
}

#[actix_web::test]
async fn a_partial_post_changes_what_it_names() {
    let app = TestApp::start();
    let before = document(&app);
    let answer = post(&app, "?mode=merge", json!({"PosterTextOffset": -20, "PlexLibstoExclude": []})).await.json();
    assert_eq!(answer["changes_count"], 2);
    assert_eq!(answer["changes"][0], json!({"key": "PosterTextOffset", "old": "+430", "new": "-20"}));
    let mut expected = before;
    expected["PosterOverlayPart"]["text_offset"] = json!("-20");
    expected["PlexPart"]["LibstoExclude"] = json!([]);
    assert_eq!(document(&app), expected);
    let wrong = post(&app, "?mode=both", json!({})).await;
    assert_eq!(wrong.status, 400);
    assert!(wrong.text().contains("merge"), "{}", wrong.text());
}

#[actix_web::test]
async fn a_folder_is_set_by_its_whole_path() {
    let app = TestApp::start();
    let before = file(app.path());
    for key in ["AssetPath", "ManualAssetPath", "BackupPath"] {
        for path in ["relative/posters", "~/posters", ".", "C:\\posters"] {
            let answer = post(&app, "?mode=merge", json!({key: path})).await;
            let told = answer.json();
            assert_eq!((answer.status.as_u16(), &told["detail"][0]["loc"][2]), (400, &json!(key)), "{path}");
            assert!(told["detail"][0]["msg"].as_str().unwrap().contains("begin it with a slash"), "{told}");
        }
    }
    assert_eq!(file(app.path()), before);
    // Written by hand it is one below the data folder, and no reason to refuse anything else.
    let app = app_with(r#"{"PrerequisitePart": {"AssetPath": "assets"}}"#);
    assert_eq!(post(&app, "?mode=merge", json!({"AssetPath": "assets", "maxLogs": "7"})).await.status, 200);
}

#[actix_web::test]
async fn everything_wrong_is_told_at_once_and_nothing_is_changed() {
    let app = TestApp::start();
    let before = file(app.path());
    let posted = json!({"PosterMaxWidth": "wide", "UsePlex": 5, "tmdbtoken": {"s3cret-value": 1}, "AssetPath": "/fine", "font": "../s3cret-value"});
    let answer = post(&app, "?mode=merge", posted).await;
    assert_eq!(answer.status, 400);
    let body = answer.json();
    let names: Vec<_> =
        body["detail"].as_array().unwrap().iter().map(|item| item["loc"][2].as_str().unwrap()).collect();
    assert_eq!(names, ["PosterMaxWidth", "UsePlex", "tmdbtoken", "font"]);
    assert_eq!(body["detail"][0]["loc"], json!(["body", "config", "PosterMaxWidth"]));
    assert_eq!(body["detail"][0]["msg"], "must be a whole number from 1 to 30000");
    let because = json!([{ "code": "must_be_number", "params": { "from": "1", "to": "30000" } }]);
    assert_eq!(body["detail"][0]["because"], because, "for those who say it in another language");
    assert!(body["message"].as_str().unwrap().contains("UsePlex must be true or false"), "{body}");
    assert!(!answer.text().contains("s3cret-value"), "no value is repeated");
    assert_eq!(file(app.path()), before);
    for bad in [json!({}), json!({"config": []}), json!({"config": "s3cret-value"}), json!([]), json!("s3cret-value")] {
        let answer = app.post("/api/config", &bad).await;
        assert_eq!(answer.status, 400, "{bad}");
        assert!(answer.json()["detail"].is_array() && !answer.text().contains("s3cret-value"), "{}", answer.text());
    }
    let garbled = app
        .send(Method::POST, "/api/config", |request| request.body(r#"{"config": {"tmdbtoken": "s3cret-value""#))
        .await;
    assert!(garbled.status == 400 && !garbled.text().contains("s3cret-value"), "{}", garbled.text());
}

#[actix_web::test]
async fn a_dry_run_tells_what_would_change_and_changes_nothing() {
    let app = TestApp::start();
    let before = file(app.path());
    let answer = post(&app, "?mode=merge&dry_run=true", json!({"PlexToken": "new", "maxLogs": 7})).await.json();
    assert_eq!(answer["message"], "Nothing was changed");
    assert_eq!(
        answer["changes"],
        json!([{"key": "PlexToken", "old": "", "new": "********"}, {"key": "maxLogs", "old": "5", "new": "7"}])
    );
    assert_eq!(file(app.path()), before);
}

async fn post_if(app: &TestApp, revision: &str, keys: Value) -> Answer {
    let body = json!({ "config": keys });
    app.send(Method::POST, "/api/config?mode=merge", |request| request.header("if-match", revision).json(&body)).await
}

#[actix_web::test]
async fn a_post_with_an_old_revision_overwrites_nothing_not_even_an_edit_by_hand() {
    let app = TestApp::start();
    let read = app.get("/api/config").await;
    let tag = read.headers["etag"].to_str().unwrap().to_owned();
    let edited = String::from_utf8(file(app.path())).unwrap().replace("\"maxLogs\": \"5\"", "\"maxLogs\": \"9\"");
    std::fs::write(app.path().join("config.json"), &edited).unwrap();
    let stale = post_if(&app, &tag, json!({"AssetPath": "/x"})).await;
    assert_eq!(stale.status, 412, "{}", stale.text());
    assert!(stale.json()["message"].as_str().unwrap().contains("read it again"));
    assert_eq!(file(app.path()), edited.as_bytes());
    let now = app.get("/api/config").await;
    assert_eq!(now.json()["config"]["maxLogs"], "9");
    assert_eq!(stale.json()["revision"], now.json()["revision"]);
    let tag = format!("\"other\", W/{}", now.headers["etag"].to_str().unwrap());
    let saved = post_if(&app, &tag, json!({"AssetPath": "/x"})).await;
    assert_eq!(saved.status, 200, "{}", saved.text());
    assert_eq!(saved.headers["etag"], format!("{}", saved.json()["revision"]));
    assert_eq!(post_if(&app, "*", json!({"AssetPath": "/y"})).await.status, 200);
    assert_eq!(document(&app)["PrerequisitePart"]["maxLogs"], "9", "the edit by hand is still there");
}

#[actix_web::test]
async fn of_two_who_read_the_same_revision_one_is_told() {
    let app = TestApp::start();
    for round in 0..20 {
        let tag = app.get("/api/config").await.headers["etag"].to_str().unwrap().to_owned();
        let (left, right) = futures_util::join!(
            post_if(&app, &tag, json!({"AssetPath": format!("/left{round}")})),
            post_if(&app, &tag, json!({"AssetPath": format!("/right{round}")})),
        );
        let mut statuses = [left.status.as_u16(), right.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412]);
        let winner = if left.status == 200 { "left" } else { "right" };
        assert_eq!(flat(&app).await["AssetPath"], format!("/{winner}{round}"));
    }
}

#[actix_web::test]
async fn two_writers_of_parts_never_take_back_each_others_change() {
    let app = TestApp::start();
    let write = async |key: &str| {
        for value in 1..=50 {
            let saved = post(&app, "?mode=merge", json!({key: value.to_string()})).await;
            assert_eq!(saved.status, 200, "{}", saved.text());
            assert_eq!(flat(&app).await[key], value.to_string(), "what is answered is in force");
        }
    };
    futures_util::join!(write("maxLogs"), write("PosterBorderwidth"));
    let config = flat(&app).await;
    assert_eq!((&config["maxLogs"], &config["PosterBorderwidth"]), (&json!("50"), &json!("50")));
}

#[actix_web::test]
async fn a_change_is_in_force_and_told_when_it_is_answered() {
    let app = TestApp::start();
    let mut facts = app.state.shared.facts.listen(None).live;
    post(&app, "?mode=merge", json!({"AssetPath": "/elsewhere"})).await;
    assert_eq!(app.state.views.config.get().asset_paths.assets, Path::new("/elsewhere"));
    let fact = tokio::time::timeout(Duration::from_secs(30), async {
        loop {
            let event = facts.recv().await.unwrap();
            if let Fact::ConfigChanged { generation } = event.fact {
                return generation;
            }
        }
    });
    assert_eq!(fact.await.unwrap(), app.get("/api/config").await.json()["generation"].as_u64().unwrap());
}

#[actix_web::test]
async fn a_link_is_written_through_and_a_missing_file_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let real = folder.path().join("elsewhere.json");
    std::fs::write(&real, r#"{"Own": {"k": 1}}"#).unwrap();
    std::os::unix::fs::symlink(&real, folder.path().join("config.json")).unwrap();
    let app = TestApp::start_in(folder, |_| {});
    post(&app, "", json!({"UsePlex": "true"})).await;
    assert!(std::fs::symlink_metadata(app.path().join("config.json")).unwrap().file_type().is_symlink());
    assert!(std::fs::read_to_string(&real).unwrap().contains("UsePlex"));
    std::fs::remove_file(app.path().join("config.json")).unwrap();
    let answer = post(&app, "?mode=merge", json!({"UsePlex": "false"})).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(document(&app), json!({"Own": {"k": 1}, "PlexPart": {"UsePlex": "false"}}), "from what is in force");
}

#[actix_web::test]
async fn unknown_keys_keep_their_type_and_are_refused_at_their_place_where_they_cannot() {
    let own = json!({"ApiPart": {
        "LaterOrder": ["TMDB", "TVDB"], "Overrides": {"Filme": ["de"]}, "Switch": false, "Jobs": 4, "Name": "n",
    }});
    for grouped in [false, true] {
        let app = app_with(own.to_string());
        let send = async |keys: Value| {
            post(&app, "?mode=merge", if grouped { json!({ "ApiPart": keys }) } else { keys }).await
        };
        let texts = json!({
            "LaterOrder": "[\"Fanart\"]", "Overrides": "{\"Filme\": [\"fr\"]}", "Switch": "True", "Jobs": "8", "Name": true,
        });
        let answer = send(texts).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let expected = json!({"ApiPart": {
            "LaterOrder": ["Fanart"], "Overrides": {"Filme": ["fr"]}, "Switch": true, "Jobs": 8, "Name": "true",
        }});
        assert_eq!(document(&app), expected);
        for (key, wrong) in [
            ("LaterOrder", json!("Fanart")),
            ("LaterOrder", json!({})),
            ("Overrides", json!("x")),
            ("Overrides", json!([])),
            ("Switch", json!("maybe")),
            ("Jobs", json!("many")),
            ("Name", json!([])),
        ] {
            let answer = send(json!({ key: wrong })).await;
            assert_eq!(answer.status, 400, "{key} {wrong}");
            let detail = answer.json()["detail"][0].clone();
            assert_eq!(detail["loc"], json!(["body", "config", key]));
            assert!(detail["msg"].as_str().unwrap().contains("must remain"), "{detail}");
        }
        assert_eq!(document(&app), expected, "nothing was changed");
    }
}

#[actix_web::test]
async fn unknown_keys_are_shown_unless_they_look_like_secrets_and_masks_that_come_back_are_the_stored_values() {
    let own = json!({"ApiPart": {"ProviderOrder": ["TMDB"], "TraktApiKey": "mine", "Servers": {"nas": {"token": "t", "port": 1}}}});
    let app = app_with(own.to_string());
    let shown = app.get("/api/config?masked=true").await.json()["config"].clone();
    assert_eq!(shown["ProviderOrder"], json!(["TMDB"]));
    assert_eq!(shown["TraktApiKey"], "********");
    assert_eq!(shown["Servers"], json!({"nas": {"token": "********", "port": 1}}));
    let answer = post(&app, "?mode=merge", shown.clone()).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["changes_count"]), (200, &json!(0)));
    let mut changed = shown;
    changed["Servers"]["nas"]["port"] = json!(2);
    assert_eq!(post(&app, "?mode=merge", changed).await.status, 200);
    let expected = json!({"nas": {"token": "t", "port": 2}});
    assert_eq!(document(&app)["ApiPart"]["Servers"], expected);
}
