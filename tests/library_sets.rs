//! Pictures that somebody has picked by hand, in runs over a library.

use std::fs;
use std::process::Output;

use posterizarr_base::run_events::AssetResult;
use serde_json::json;
use wiremock::matchers::path;
use wiremock::{Mock, ResponseTemplate};

use super::home::{Home, colour, picture, said};

const HEAT: &str = "Movies/Heat (1995)/poster";
const DARK: &str = "Shows/Dark (2017)/poster";
const BLUE: [u8; 3] = [10, 10, 220];

/// A home with sets: these files, and a table with these lines.
async fn home_with(files: &[(&str, Vec<u8>)], table: &[&str]) -> Home {
    let home = Home::new(json!({})).await;
    home.furnish().await;
    for (name, content) in files {
        let path = home.path("sets").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    fs::create_dir_all(home.path("sets")).unwrap();
    let lines: Vec<&str> = std::iter::once("item,asset,picture").chain(table.iter().copied()).collect();
    fs::write(home.path("sets/sets.csv"), lines.join("\n")).unwrap();
    Mock::given(path("/picked.jpg"))
        .respond_with(ResponseTemplate::new(200).set_body_raw(picture(BLUE), "image/jpeg"))
        .mount(&home.server)
        .await;
    home
}

async fn run(home: &Home, arguments: &[&str], allow_private: bool) -> Output {
    let mut engine = home.engine(arguments);
    engine.env("POSTERIZARRD_ARTWORK_SETS", home.path("sets"));
    engine.env("POSTERIZARRD_FETCH_ALLOW_PRIVATE", allow_private.to_string());
    let _ = fs::remove_file(home.path(posterizarr_base::run_events::EVENTS_FILE));
    let output = tokio::task::spawn_blocking(move || engine.output().unwrap()).await.unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    output
}

fn is_blue(home: &Home, asset: &str) -> bool {
    let [red, green, blue] = colour(&home.path("assets").join(format!("{asset}.jpg")));
    blue > 150 && red < 60 && green < 60
}

#[actix_web::test]
async fn what_was_picked_by_hand_comes_before_providers() {
    let home = home_with(&[("Heat (1995)/poster.png", picture(BLUE))], &[]).await;
    let address = format!("tv/70523,poster,{}/picked.jpg", home.server.uri());
    fs::write(home.path("sets/sets.csv"), format!("item,asset,picture\n{address}\n")).unwrap();
    run(&home, &["-DryRun"], true).await;
    assert_eq!(home.event(HEAT).why, "picked by hand, from a set");
    assert_eq!(home.assets(), [""; 0]);

    let done = run(&home, &[], true).await;
    assert!(is_blue(&home, HEAT) && is_blue(&home, DARK), "{}", said(&done));
    let told = home.event(HEAT);
    assert_eq!((told.result, told.why.as_str()), (AssetResult::Created, "picked by hand, from a set"));
    assert!(home.event(DARK).source.unwrap().address.ends_with("/picked.jpg"));
    assert!(!is_blue(&home, "Shows/Dark (2017)/S01E01"), "providers have the rest");
    assert!(!said(&done).contains("sets:"), "nothing is wrong: {}", said(&done));

    // What was picked is known when the design changes.
    home.tell("PosterOverlayPart", "fontcolor", "gold");
    home.server.reset().await;
    home.furnish().await;
    run(&home, &["-Restyle"], true).await;
    assert_eq!(home.event(DARK).result, AssetResult::Created);
    assert!(is_blue(&home, HEAT) && is_blue(&home, DARK));
    assert!(!home.asked().await.iter().any(|asked| asked.contains("picked")), "it was kept");
}

#[actix_web::test]
async fn what_is_for_nothing_or_cannot_be_used_is_told_and_providers_are_asked() {
    let broken = picture(BLUE)[..300].to_vec();
    let files = [("Heat (1995)/poster.jpg", broken), ("Nobody (2001)/poster.jpg", picture(BLUE))];
    let home = home_with(&files, &["Dark,Season09,x.jpg", "Dark,cover,x.jpg"]).await;
    let done = run(&home, &[], true).await;
    let said = said(&done);
    for told in [
        "poster.jpg cannot be used for Movies/Heat (1995)/poster",
        "the media server has no Nobody (2001)",
        "Dark has no season 9",
        "line 3: \"cover\" is not an asset",
    ] {
        assert!(said.contains(told), "{told}: {said}");
    }
    let [red, ..] = colour(&home.path("assets").join(format!("{HEAT}.jpg")));
    assert!(red > 150, "TMDB's picture stands in");
}

/// Whoever may write the table may not have the daemon look around in its network.
#[actix_web::test]
async fn addresses_go_through_the_guarded_door() {
    let home = home_with(&[], &[]).await;
    let address = format!("Dark,poster,{}/picked.jpg", home.server.uri());
    fs::write(home.path("sets/sets.csv"), format!("item,asset,picture\n{address}\n")).unwrap();
    let done = run(&home, &[], false).await;
    assert!(said(&done).contains("/picked.jpg cannot be used for Shows/Dark (2017)/poster"), "{}", said(&done));
    assert!(!home.asked().await.iter().any(|asked| asked.contains("picked")));
    assert!(!is_blue(&home, DARK));
}

#[actix_web::test]
async fn a_picture_that_is_very_small_is_told() {
    let home = home_with(&[], &[]).await;
    let mut tiny = std::io::Cursor::new(Vec::new());
    image::DynamicImage::new_rgb8(200, 300).write_to(&mut tiny, image::ImageFormat::Jpeg).unwrap();
    fs::create_dir_all(home.path("sets/Heat (1995)")).unwrap();
    fs::write(home.path("sets/Heat (1995)/poster.jpg"), tiny.into_inner()).unwrap();
    let done = run(&home, &[], false).await;
    let told = "has only 200x300 pixels";
    assert!(said(&done).contains(&format!("{HEAT}: the picture that it is made of {told}")), "{}", said(&done));
    assert!(home.event(HEAT).why.contains(told), "{}", home.event(HEAT).why);
    assert!(!home.event(DARK).why.contains("pixels"), "{}", home.event(DARK).why);
}
