use std::fs::File;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use image::{DynamicImage, ImageFormat};
use posterizarr_render::picture::avif::decode_by;
use reqwest::Method;
use serde_json::json;

use super::harness::{Answer, TestApp, eventually};
use crate::avif::fixture;
use crate::daemon::BINARY;

fn picture(path: &Path, width: u32, height: u32) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    DynamicImage::new_rgb8(width, height).save(path).unwrap();
}

fn app() -> TestApp {
    let folder = tempfile::tempdir().unwrap();
    for name in [
        "assets/Movies/50% off (2020)/poster.jpg",
        "manualassets/own.png",
        "test/poster.jpg",
        "assetsbackup/Movies/Heat/poster.jpg",
    ] {
        picture(&folder.path().join(name), 400, 600);
    }
    picture(&folder.path().join("secret.jpg"), 4, 4);
    picture(&folder.path().join("assets/.posterizarrd-1.jpg"), 4, 4);
    std::fs::write(folder.path().join("config.json"), "{}").unwrap();
    TestApp::start_in(folder, |_| {})
}

fn size(answer: &Answer) -> (u32, u32) {
    assert_eq!(answer.headers["content-type"], "image/jpeg");
    let image = image::load_from_memory_with_format(&answer.body, ImageFormat::Jpeg).unwrap();
    (image.width(), image.height())
}

const POSTER: &str = "/api/thumbnail?path=%2Fposter_assets%2FMovies%2F50%2525%2520off%2520%25282020%2529%2Fposter.jpg";

#[actix_web::test]
async fn a_thumbnail_comes_by_the_url_of_a_gallery_or_by_its_path() {
    let app = app();
    for (query, expected) in [
        ("path=%2Fposter_assets%2FMovies%2F50%2525%2520off%2520%25282020%2529%2Fposter.jpg%3Ft%3D5&w=160", (160, 240)),
        ("path=Movies/50%25%20off%20(2020)/poster.jpg", (320, 480)),
        ("path=/manual_poster_assets/own.png&w=9999", (400, 600)),
        ("path=own.png&root=manual&w=161", (320, 480)),
        ("path=/backup_assets/Movies/Heat/poster.jpg&width=400", (400, 600)),
        ("path=Movies/Heat/poster.jpg&root=backup&width=100", (160, 240)),
        ("path=/test/poster.jpg&w=1", (160, 240)),
        ("path=poster.jpg&root=test", (320, 480)),
    ] {
        let answer = app.get(&format!("/api/thumbnail?{query}")).await;
        assert_eq!(answer.status, 200, "{query}: {}", answer.text());
        assert_eq!(size(&answer), expected, "{query}");
    }
}

#[actix_web::test]
async fn whoever_names_webp_gets_it_and_each_encoding_has_its_own_tag_and_file() {
    let app = app();
    let ask = async |accept: &'static str, tag: Option<&str>| {
        app.send(Method::GET, POSTER, |request| {
            let request = request.header("accept", accept);
            match tag {
                Some(tag) => request.header("if-none-match", tag),
                None => request,
            }
        })
        .await
    };
    let kind = |answer: &Answer| {
        assert_eq!(answer.headers["vary"].to_str().unwrap().to_lowercase(), "accept");
        answer.headers["content-type"].to_str().unwrap().to_owned()
    };
    for (accept, expected) in [
        ("image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8", "image/webp"),
        ("text/html, IMAGE/WebP;q=0.1", "image/webp"),
        ("image/webp;q=0,image/*", "image/jpeg"),
        ("image/webp; q=0.0", "image/jpeg"),
        ("image/*", "image/jpeg"),
        ("*/*", "image/jpeg"),
        ("image/webpx", "image/jpeg"),
    ] {
        let answer = ask(accept, None).await;
        assert_eq!((answer.status.as_u16(), kind(&answer).as_str()), (200, expected), "{accept}");
        let format = image::guess_format(&answer.body).unwrap();
        assert_eq!(format.to_mime_type(), expected, "{accept}");
    }
    let tag = |answer: &Answer| answer.headers["etag"].to_str().unwrap().to_owned();
    let (webp, jpeg) = (tag(&ask("image/webp", None).await), tag(&ask("*/*", None).await));
    assert_ne!(webp, jpeg);
    let unchanged = ask("image/webp", Some(&webp)).await;
    assert_eq!((unchanged.status.as_u16(), kind(&unchanged).as_str()), (304, "image/webp"));
    assert_eq!(ask("image/webp", Some(&jpeg)).await.status, 200, "another client's is another file");
    let kept = std::fs::read_dir(app.path().join("cache/thumbnails")).unwrap();
    let mut ends: Vec<_> = kept.map(|file| file.unwrap().path().extension().unwrap().to_owned()).collect();
    ends.sort();
    assert_eq!(ends, ["jpg", "webp"]);
}

#[actix_web::test]
async fn a_gif_and_an_avif_have_a_thumbnail() {
    let app = app();
    let assets = app.path().join("assets/Movies");
    let mut gif = std::io::Cursor::new(Vec::new());
    image::DynamicImage::new_rgb8(400, 600).write_to(&mut gif, image::ImageFormat::Gif).unwrap();
    std::fs::write(assets.join("gif.jpg"), gif.into_inner()).unwrap();
    assert_eq!(size(&app.get("/api/thumbnail?path=Movies/gif.jpg").await), (320, 480));
    decode_by(BINARY);
    let avif = fixture("alpha.avif");
    std::fs::write(assets.join("avif.jpg"), &avif).unwrap();
    assert_eq!(size(&app.get("/api/thumbnail?path=Movies/avif.jpg").await), (96, 64));
    std::fs::write(assets.join("cut.jpg"), &avif[..avif.len() - 9]).unwrap();
    assert_eq!(app.get("/api/thumbnail?path=Movies/cut.jpg").await.status, 422);
}

#[actix_web::test]
async fn a_thumbnail_is_kept_by_browsers_until_its_picture_changes() {
    let app = app();
    let first = app.get(POSTER).await;
    assert_eq!(first.headers["cache-control"], "public, max-age=86400");
    let tag = first.headers["etag"].to_str().unwrap().to_owned();
    let ask = async || app.send(Method::GET, POSTER, |request| request.header("if-none-match", &tag)).await;
    let again = ask().await;
    assert_eq!((again.status.as_u16(), again.body.len()), (304, 0));
    assert_eq!(again.headers["etag"], tag.as_str());
    picture(&app.path().join("assets/Movies/50% off (2020)/poster.jpg"), 500, 500);
    let changed = ask().await;
    assert_eq!((changed.status.as_u16(), size(&changed)), (200, (320, 320)));
    std::fs::remove_dir_all(app.path().join("cache/thumbnails")).unwrap();
    std::fs::create_dir_all(app.path().join("cache/thumbnails")).unwrap();
    assert_eq!(app.get(POSTER).await.status, 200, "a cache that was emptied fills again");
}

/// A picture that last changed at this time.
fn picture_of(path: &Path, width: u32, height: u32, changed: Duration) {
    picture(path, width, height);
    File::options().write(true).open(path).unwrap().set_modified(UNIX_EPOCH + changed).unwrap();
}

const CHANGED: Duration = Duration::from_nanos(1_730_000_107_250_700_000);

#[actix_web::test]
async fn an_address_with_the_pictures_time_holds_for_good_and_with_another_as_without() {
    let app = app();
    let poster = app.path().join("assets/Movies/50% off (2020)/poster.jpg");
    picture_of(&poster, 400, 600, CHANGED);
    let keep = async |t: &str| app.get(&format!("{POSTER}&t={t}")).await.headers["cache-control"].clone();
    let (for_good, a_day) = ("public, max-age=31536000, immutable", "public, max-age=86400");
    assert_eq!(keep("1730000107251").await, for_good);
    for other in ["1730000107", "1730000107249", "1730000109251", "-1", "new", ""] {
        assert_eq!(keep(other).await, a_day, "{other}");
    }
    let tag = app.get(POSTER).await.headers["etag"].clone();
    let path = format!("{POSTER}&t=1730000107250");
    let again = app.send(Method::GET, &path, |request| request.header("if-none-match", tag)).await;
    assert_eq!((again.status.as_u16(), &again.headers["cache-control"]), (304, &for_good.parse().unwrap()));

    picture_of(&poster, 400, 600, CHANGED + Duration::from_secs(1));
    assert_eq!(keep("1730000107251").await, a_day, "it changed since it was listed");
    let soon = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + Duration::from_secs(60);
    picture_of(&poster, 400, 600, soon);
    assert_eq!(keep(&soon.as_millis().to_string()).await, a_day, "it may still be being written");
}

#[actix_web::test]
async fn with_a_login_no_cache_on_the_way_keeps_a_thumbnail() {
    let folder = tempfile::tempdir().unwrap();
    picture_of(&folder.path().join("assets/poster.jpg"), 4, 6, CHANGED);
    let login =
        json!({"WebUI": {"basicAuthEnabled": true, "basicAuthUsername": "admin", "basicAuthPassword": "secret"}});
    std::fs::write(folder.path().join("config.json"), login.to_string()).unwrap();
    let app = TestApp::start_in(folder, |_| {});
    for (t, expected) in
        [("1730000107250", "private, max-age=31536000, immutable"), ("1730000107000", "private, max-age=86400")]
    {
        let path = format!("/api/thumbnail?path=poster.jpg&t={t}");
        let answer = app.send(Method::GET, &path, |request| request.basic_auth("admin", Some("secret"))).await;
        assert_eq!(answer.headers["cache-control"], expected, "{}", answer.text());
    }
}

#[actix_web::test]
async fn the_time_that_a_listing_tells_is_the_pictures_time() {
    let folder = tempfile::tempdir().unwrap();
    // What is halfway between two milliseconds may be rounded either way.
    for (nanoseconds, name) in [(0, "a"), (500_000, "b"), (999_999, "c"), (792_379_123, "d")] {
        let changed = Duration::from_secs(1_730_000_107) + Duration::from_nanos(nanoseconds);
        picture_of(&folder.path().join(format!("assets/Movies/{name}/poster.jpg")), 4, 6, changed);
        picture_of(&folder.path().join(format!("test/{name}.jpg")), 4, 6, changed);
    }
    std::fs::create_dir(folder.path().join("Logs")).unwrap();
    let choices = "Title;Type;Rootfolder;LibraryName\nD;Movie;d;Movies\n";
    std::fs::write(folder.path().join("Logs/ImageChoices.csv"), choices).unwrap();
    std::fs::write(folder.path().join("config.json"), "{}").unwrap();
    let app = TestApp::start_in(folder, |_| {});
    for (path, list, url, count) in [
        ("/api/gallery", "images", "url", 4),
        ("/api/test-gallery", "images", "url", 4),
        ("/api/recent-assets", "assets", "poster_url", 1),
    ] {
        let listed = eventually("the pictures are listed", async || {
            let listed = app.get(path).await.json()[list].as_array().unwrap().clone();
            (listed.len() == count).then_some(listed)
        });
        for image in listed.await {
            let milliseconds = image["modified"].as_f64().unwrap() * 1000.0;
            for t in [milliseconds.floor(), milliseconds.round()] {
                let answer = app.get(&format!("/api/thumbnail?path={}&t={t}", image[url].as_str().unwrap())).await;
                let keep = answer.headers["cache-control"].to_str().unwrap();
                assert!(keep.ends_with("immutable"), "{path}: {image}: {keep}");
            }
        }
    }
}

#[actix_web::test]
async fn two_hundred_requests_for_fifty_images_render_each_once() {
    let app = app();
    for n in 0..50 {
        picture(&app.path().join(format!("assets/many/{n}.png")), 200, 300);
    }
    let requests = (0..200).map(|n| {
        let path = format!("/api/thumbnail?path=many/{}.png&w=160", n % 50);
        let app = &app;
        async move { app.get(&path).await }
    });
    for answer in futures_util::future::join_all(requests).await {
        assert_eq!(size(&answer), (160, 240));
    }
    let view = app.state.views.thumbnails.wait_for(|view| view.rendered >= 50).await;
    assert_eq!((view.rendered, view.failed), (50, 0));
    let metrics = app.get("/metrics").await.text();
    assert!(metrics.contains("posterizarr_thumbnails_total{result=\"made\"} 50\n"), "{metrics}");
}

/// A PNG's head that claims a size, with a valid checksum and hardly anything after it.
fn claims(width: u32, height: u32) -> Vec<u8> {
    let mut head = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    head.extend(width.to_be_bytes());
    head.extend(height.to_be_bytes());
    head.extend(b"\x08\x06\0\0\0");
    let crc = !head[12..].iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
    });
    head.extend(crc.to_be_bytes());
    head.extend(b"\0\0\0\0IDAT\x35\xaf\x06\x1e");
    head
}

#[actix_web::test]
async fn what_is_broken_huge_or_no_image_is_told_so() {
    let app = app();
    let assets = app.path().join("assets");
    let jpeg = std::fs::read(assets.join("Movies/50% off (2020)/poster.jpg")).unwrap();
    for (name, content, says) in [
        ("text.jpg", b"hello".as_slice(), "it is not a picture that can be read"),
        ("empty.jpg", b"", "it is not a picture that can be read"),
        ("head.jpg", &jpeg[..20], "it is not a picture that can be read"),
        ("bomb.png", &claims(60_000, 60_000), "the picture is too large"),
    ] {
        std::fs::write(assets.join(name), content).unwrap();
        let answer = app.get(&format!("/api/thumbnail?path={name}")).await;
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert_eq!((answer.status.as_u16(), detail.starts_with(says)), (422, true), "{name}: {detail}");
        assert!(!answer.headers["cache-control"].to_str().unwrap().contains("public"));
    }
    for (query, status) in [
        ("path=nope.jpg", 404),
        ("path=Movies", 404),
        ("path=%2Fposter_assets%2F%25ff", 404),
        ("path=.posterizarrd-1.jpg", 404),
        ("path=../secret.jpg", 400),
        ("path=/poster_assets/..%2Fsecret.jpg", 400),
        ("path=/etc/passwd", 400),
        ("path=/images/x.png", 400),
        ("path=poster.jpg&root=elsewhere", 400),
        ("path=poster.jpg&w=wide", 400),
        ("path=poster.jpg&w=0", 400),
        ("w=160", 400),
    ] {
        assert_eq!(app.get(&format!("/api/thumbnail?{query}")).await.status.as_u16(), status, "{query}");
    }
}
