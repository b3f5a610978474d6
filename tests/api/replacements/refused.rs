//! What is refused as a picture for an asset, and what must not leak.

use super::*;

#[actix_web::test]
async fn what_is_no_picture_or_of_another_shape_is_refused_and_changes_nothing() {
    let app = with_script().await;
    let poster = || picture(200, 300, 7);
    let cut = || {
        let whole = poster();
        whole[..whole.len() - 20].to_vec()
    };
    for (asset, name, bytes, says) in [
        (POSTER, "a.svg", poster(), "Invalid file type. Allowed: .jpg, .jpeg, .png, .webp, .avif, .bmp, .tiff"),
        (POSTER, "a.png", Vec::new(), "Uploaded file is empty"),
        (POSTER, "a.jpg", b"<html>".to_vec(), "File must be an image"),
        (POSTER, "a.png", cut(), "the picture cannot be used: "),
        (
            POSTER,
            "a.png",
            picture(320, 180, 7),
            "Invalid aspect ratio (1.778). Expected approximately 2:3 (0.667 ± 5%).",
        ),
        (
            "Poster/Heat/background.jpg",
            "a.png",
            poster(),
            "Invalid aspect ratio (0.667). Expected approximately 16:9 (1.778 ± 5%).",
        ),
        (
            "Movies/Heat (1995)/notes.txt",
            "a.png",
            poster(),
            "\"Movies/Heat (1995)/notes.txt\" is not a picture of the library; ",
        ),
    ] {
        for query in ["", "&add_to_queue=true"] {
            let answer = upload_to(&app, asset, query, name, bytes.clone()).await;
            assert_eq!(answer.status, 400, "{says}");
            assert!(answer.json()["detail"].as_str().unwrap().starts_with(says), "{}", answer.text());
        }
    }
    assert_eq!(
        (read(&app, &format!("assets/{POSTER}")).unwrap(), left(&app).len(), queue(&app).await.len()),
        (b"old".to_vec(), 0, 0)
    );
}

#[actix_web::test]
async fn security_no_path_leads_out_of_the_asset_folders() {
    let folder = library();
    write(folder.path(), "victim.jpg", "mine");
    write(folder.path(), "manualassets_evil/x.jpg", "mine");
    fs::create_dir(folder.path().join("outside")).unwrap();
    std::os::unix::fs::symlink("../outside", folder.path().join("assets/link")).unwrap();
    std::os::unix::fs::symlink("../outside", folder.path().join("manualassets/link")).unwrap();
    let victim = folder.path().join("victim.jpg").display().to_string();
    let app = started(TestApp::start_in(folder, |settings| settings.fetch.allow_private = true)).await;
    let server = MockServer::start().await;
    Mock::given(path("/p.png"))
        .respond_with(ResponseTemplate::new(200).set_body_raw(picture(200, 300, 7), "image/png"))
        .mount(&server)
        .await;
    for asset in [
        "../victim.jpg",
        &victim,
        "../manualassets_evil/x.jpg",
        "link/x.jpg",
        "a/../../victim.jpg",
        "a\\..\\x.jpg",
        "a\0.jpg",
    ] {
        for query in [
            "",
            "&process_with_overlays=true",
            "&add_to_queue=true",
            "&process_with_overlays=true&add_to_queue=true&library_name=L&folder_name=F",
        ] {
            let sent = upload_to(&app, asset, query, "a.png", picture(200, 300, 7)).await;
            let fetched = from_url(&app, asset, query, &format!("{}/p.png", server.uri())).await;
            for answer in [sent, fetched] {
                let body = answer.json();
                let refused =
                    (answer.status.as_u16(), &body["detail"]) == (403, &json!("Path traversal attempt detected"));
                // A name that no run can be given is refused for that.
                assert!(refused || answer.status == 400, "{asset:?} {query}: {body}");
            }
        }
    }
    assert_eq!(read(&app, "victim.jpg").unwrap(), b"mine");
    assert_eq!(read(&app, "manualassets_evil/x.jpg").unwrap(), b"mine");
    assert_eq!(fs::read_dir(app.path().join("outside")).unwrap().count(), 0);
    assert_eq!((left(&app).len(), queue(&app).await.len(), trashed(&app).await.len()), (0, 0, 0));
}

#[actix_web::test]
async fn security_an_address_is_asked_through_the_guarded_door_and_only_pictures_come_in() {
    let server = MockServer::start().await;
    let at = |at: &str| format!("{}{at}", server.uri());
    for (at, answer) in [
        ("/p.png", ResponseTemplate::new(200).set_body_raw(picture(200, 300, 7), "image/png")),
        ("/page", ResponseTemplate::new(200).set_body_raw("<html>", "text/html")),
        ("/lies.jpg", ResponseTemplate::new(200).set_body_raw("<html>", "image/jpeg")),
        ("/gone.jpg", ResponseTemplate::new(404)),
    ] {
        Mock::given(path(at)).respond_with(answer).mount(&server).await;
    }
    let guarded = started(TestApp::start_in(library(), |_| {})).await;
    for query in ["", "&add_to_queue=true"] {
        for address in [
            at("/p.png"),
            "http://169.254.169.254/latest".into(),
            "http://[::1]/x.jpg".into(),
            "file:///etc/passwd".into(),
            "x".into(),
        ] {
            let answer = from_url(&guarded, POSTER, query, &address).await;
            assert_eq!(
                (answer.status.as_u16(), &answer.json()["detail"]),
                (400, &json!("Invalid or unsafe image URL")),
                "{address}"
            );
        }
    }
    let form = json!({"picturePath": "http://169.254.169.254/x.jpg", "titletext": "T", "folderName": "F", "libraryName": "L", "add_to_queue": true});
    assert_eq!(guarded.post("/api/run-manual", &form).await.status, 400);
    assert!(server.received_requests().await.unwrap().is_empty());
    assert_eq!((queue(&guarded).await.len(), left(&guarded).len()), (0, 0));

    let app = with_script().await;
    for (address, says) in [
        ("/page", "Failed to download image from URL"),
        ("/gone.jpg", "Failed to download image from URL"),
        ("/lies.jpg", "Failed to download image from URL"),
    ] {
        let answer = from_url(&app, POSTER, "", &at(address)).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["detail"]), (400, &json!(says)), "{address}");
    }
    assert_eq!(read(&app, &format!("assets/{POSTER}")).unwrap(), b"old");
    let body = from_url(&app, POSTER, "", &at("/p.png")).await.json();
    assert_eq!(
        (&body["success"], &body["message"], &body["queued"]),
        (&json!(true), &json!("Asset replaced successfully"), &json!(false))
    );
    assert_eq!(read(&app, &format!("manualassets/{POSTER}")).unwrap(), picture(200, 300, 7));
}

#[actix_web::test]
async fn security_the_queue_shows_and_keeps_no_token_of_an_address() {
    let server = MockServer::start().await;
    Mock::given(path("/photo"))
        .respond_with(ResponseTemplate::new(200).set_body_raw(picture(200, 300, 7), "image/png"))
        .mount(&server)
        .await;
    let app = with_script().await;
    let host = server.uri().replace("http://", "");
    let address = format!("http://me:hunter2@{host}/photo?width=9&X-Plex-Token=abcDEF123&sig=k&signature=zz99");
    for asked in [from_url(&app, POSTER, "&add_to_queue=true", &address).await, {
        let form = json!({"picturePath": address, "titletext": "T", "folderName": "F", "libraryName": "L", "add_to_queue": true});
        app.post("/api/run-manual", &form).await
    }] {
        assert_eq!(asked.status, 200, "{}", asked.text());
    }
    let asked = server.received_requests().await.unwrap();
    assert!(asked.iter().all(|request| request.url.query().unwrap().contains("X-Plex-Token=abcDEF123")));
    let items = queue(&app).await;
    assert_eq!(items.len(), 2);
    for item in &items {
        let shown = item["source_data"].as_str().unwrap();
        assert!(shown.starts_with("http://****@") && shown.contains("width=9"), "{shown}");
        for secret in ["hunter2", "abcDEF123", "zz99"] {
            assert!(!item.to_string().contains(secret), "{item}");
        }
    }
    let kept = app.get("/api/admin/records").await.text();
    assert!(kept.contains("width=9") && !kept.contains("abcDEF123") && !kept.contains("hunter2"));
}
