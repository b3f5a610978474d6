//! Logos in the place of titles, and other rules of version 3 of the script, as the real binary follows them.

use std::fs;

use serde_json::{Value, json};
use wiremock::matchers::path;
use wiremock::{Mock, ResponseTemplate};

use super::home::{Home, colour, picture, said};

/// A drawing of one colour that fills its box.
fn drawing(colour: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 20 10\"><rect width=\"20\" height=\"10\" fill=\"{colour}\"/></svg>"
    )
}

async fn serve(home: &Home, name: &str, body: impl Into<Vec<u8>>) {
    Mock::given(path(format!("/t/p/original/{name}")))
        .respond_with(ResponseTemplate::new(200).set_body_bytes(body))
        .with_priority(1)
        .mount(&home.server)
        .await;
}

/// TMDB has these posters and logos of the movie; the pictures themselves are in no other language.
async fn heat(home: &Home, posters: &[(&str, Option<&str>)], logos: &[(&str, &str)]) {
    let poster = |(name, language): &(&str, Option<&str>)| json!({"file_path": format!("/{name}"), "iso_639_1": language, "width": 2000, "height": 3000});
    let logo = |(name, language): &(&str, &str)| json!({"file_path": format!("/{name}"), "iso_639_1": language, "vote_average": 5.0});
    let posters: Vec<Value> = posters.iter().map(poster).collect();
    let logos: Vec<Value> = logos.iter().map(logo).collect();
    home.tmdb("/movie/949/images", json!({"posters": posters, "logos": logos})).await;
}

fn settings(more: Value) -> Value {
    let mut basics =
        json!({"UseLogo": "true", "UseClearlogo": "true", "TitleCards": "false", "SeasonPosters": "false"});
    basics.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({"PrerequisitePart": basics, "ApiPart": {"PreferredLanguageOrder": ["xx", "en"], "LogoLanguageOrder": ["de", "en"]},
        "PlexPart": {"LibstoExclude": ["Shows"]}})
}

/// The colour in the middle of the box of a poster's title, where a logo is.
fn in_the_box(home: &Home) -> [u8; 3] {
    let pixels = image::open(home.path("assets/Movies/Heat (1995)/poster.jpg")).unwrap().into_rgb8();
    pixels.get_pixel(1000, 3000 - 430 - 250).0
}

/// The columns of the movie's row that have to do with its logo, and whether it is a fallback.
fn row(home: &Home) -> [String; 5] {
    let text = home.text("Logs/ImageChoices.csv");
    let mut lines =
        text.lines().map(|line| line.trim_matches('"').split("\";\"").map(str::to_owned).collect::<Vec<_>>());
    let (header, row) = (lines.next().unwrap(), lines.find(|row| row[0] == "Heat").unwrap());
    let column = |name: &str| row[header.iter().position(|column| column == name).unwrap()].clone();
    let source = column("Logo Source");
    let logo = source.rsplit('/').next().unwrap_or_default().to_owned();
    [logo, column("Logo Language"), column("Logo TextFallback"), column("Language"), column("Fallback")]
}

#[actix_web::test]
async fn a_logo_stands_in_the_place_of_the_title_in_the_dearest_language() {
    let home = Home::new(settings(json!({}))).await;
    heat(&home, &[("heat.jpg", None)], &[("english.svg", "en"), ("broken.png", "de"), ("german.svg", "de")]).await;
    serve(&home, "broken.png", "no picture").await;
    serve(&home, "german.svg", drawing("#0000ff")).await;
    serve(&home, "english.svg", drawing("#00ff00")).await;
    home.furnish().await;
    let done = home.run(&[]).await;
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    let [red, green, blue] = in_the_box(&home);
    assert!(blue > 200 && red < 60 && green < 60, "{red} {green} {blue}");
    assert_eq!(row(&home), ["german.svg", "de", "false", "Textless", "false"]);
    assert!(home.event("Movies/Heat (1995)/poster").why.ends_with("the logo of TMDB in de"));
    let asked = home.asked().await;
    assert_eq!(
        asked.iter().filter(|path| path.contains("/movie/949/images")).count(),
        1,
        "posters and logos are one question"
    );

    // The logo of the first run is taken again, and nobody is asked.
    home.tell("PosterOverlayPart", "bordercolor", "#00ff00");
    home.server.reset().await;
    home.furnish().await;
    let again = home.run(&["-Restyle"]).await;
    assert_eq!(again.status.code(), Some(0), "{}", said(&again));
    assert!(
        !home.asked().await.iter().any(|path| path.contains("/3/movie") || path.contains("/t/p/")),
        "{:?}",
        home.asked().await
    );
    assert!(in_the_box(&home)[2] > 200);
    let still = home.run(&["-Restyle", "-DryRun"]).await;
    assert!(said(&still).contains("0 would be made"), "{}", said(&still));
}

#[actix_web::test]
async fn without_a_logo_a_picture_with_text_comes_next_and_a_textless_one_with_its_title_last() {
    let with_text = ("lettered.jpg", Some("en"));
    for (posters, or_title, language, title_for_logo, inked) in [
        (&[("heat.jpg", None), with_text][..], "true", "en", "false", false),
        (&[("heat.jpg", None)], "true", "Textless", "true", true),
        (&[("heat.jpg", None)], "false", "Textless", "false", false),
    ] {
        let home = Home::new(settings(json!({"LogoTextFallback": or_title}))).await;
        heat(&home, posters, &[("french.svg", "fr")]).await;
        serve(&home, "lettered.jpg", picture([10, 10, 200])).await;
        home.furnish().await;
        let done = home.run(&[]).await;
        assert_eq!(done.status.code(), Some(0), "{}", said(&done));
        assert_eq!(row(&home), ["false", "false", title_for_logo, language, "true"].map(str::to_owned));
        let poster = home.path("assets/Movies/Heat (1995)/poster.jpg");
        let pixels = image::open(poster).unwrap().into_rgb8();
        let white = pixels
            .enumerate_pixels()
            .any(|(_, y, pixel)| (2000..2600).contains(&y) && pixel.0.iter().all(|part| *part > 230));
        assert_eq!(white, inked, "{posters:?} {or_title}: white letters");
    }
}

#[actix_web::test]
async fn logos_that_are_switched_on_later_come_with_a_restyle() {
    let home = Home::new(settings(json!({"UseLogo": "false"}))).await;
    heat(&home, &[("heat.jpg", None)], &[("english.svg", "en")]).await;
    serve(&home, "english.svg", drawing("#00ff00")).await;
    home.furnish().await;
    assert_eq!(home.run(&[]).await.status.code(), Some(0));
    assert!(in_the_box(&home)[1] < 100);
    home.tell("PrerequisitePart", "UseLogo", "true");
    let done = home.run(&["-Restyle"]).await;
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    assert!(in_the_box(&home)[1] > 200, "{}", said(&done));
}

#[actix_web::test]
async fn own_pictures_and_templates_are_taken_and_lettered_as_it_is_set() {
    let home = Home::new(json!({"PrerequisitePart": {"SkipLocalSeasonTextAdd": "true", "show_skipped": "true",
            "DisableOnlineTitleCardFetch": "true"},
        "SeasonPosterOverlayPart": {"OverrideSeasonName": "true"}}))
    .await;
    home.furnish().await;
    let show = home.path("manual/Shows/Dark (2017)");
    fs::create_dir_all(&show).unwrap();
    fs::write(show.join("SeasonTemplate.jpg"), picture([10, 200, 200])).unwrap();
    let done = home.run(&[]).await;
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    let season = home.path("assets/Shows/Dark (2017)/Season01.jpg");
    let [red, green, blue] = colour(&season);
    assert!(red < 60 && green > 150 && blue > 150, "{red} {green} {blue}");
    let pixels = image::open(&season).unwrap().into_rgb8();
    let lettered = pixels.pixels().any(|pixel| pixel.0.iter().all(|part| *part > 230));
    assert!(!lettered, "no text on one's own");
    assert!(!home.assets().iter().any(|path| path.contains("S01E01")), "nobody is asked for stills");
    assert!(!home.asked().await.iter().any(|path| path.contains("/episode/")), "{:?}", home.asked().await);
    let again = home.run(&[]).await;
    assert!(
        said(&again).contains("Already exists: Shows/Dark (2017)/Season01")
            || home.text("Logs/Scriptlog.log").contains("Already exists: Shows/Dark (2017)/Season01")
    );
}

#[actix_web::test]
async fn a_picture_made_by_hand_may_have_a_logo_and_is_uploaded_where_that_is_set() {
    let home = Home::new(settings(json!({"PlexUpload": "true"}))).await;
    home.furnish().await;
    fs::create_dir_all(home.path("Overlayfiles")).unwrap();
    fs::write(home.path("Overlayfiles/mine.svg"), drawing("#00ff00")).unwrap();
    fs::write(home.path("source.jpg"), picture([200, 10, 10])).unwrap();
    let source = home.path("source.jpg").display().to_string();
    let by_hand = ["-Manual", "-PicturePath", &source, "-LibraryName", "Movies", "-MoviePosterCard"];
    let arguments = [&by_hand[..], &["-Titletext", "mine.svg", "-FolderName", "Heat (1995)"]].concat();
    let done = home.run(&arguments).await;
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    assert!(in_the_box(&home)[1] > 200, "{}", said(&done));
    let sent = home.server.received_requests().await.unwrap();
    let sent: Vec<_> = sent.iter().filter(|request| request.method.as_str() == "POST").collect();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].url.path(), "/library/metadata/10/posters");
    assert_eq!(sent[0].body, fs::read(home.path("assets/Movies/Heat (1995)/poster.jpg")).unwrap());
    assert!(home.event("Movies/Heat (1995)/poster").uploaded);
    assert!(
        home.text("Logs/ImageChoices.csv")
            .contains("\"Heat (1995)\";\"Movie\";\"Heat (1995)\";\"Movies\";\"false\";\"mine.svg\"")
    );

    // What the server does not have is made and told.
    let arguments = [&by_hand[..], &["-Titletext", "../up.png", "-FolderName", "Nowhere (2000)"]].concat();
    let done = home.run(&arguments).await;
    assert_eq!(done.status.code(), Some(1), "{}", said(&done));
    assert!(home.path("assets/Movies/Nowhere (2000)/poster.jpg").is_file());
    let log = home.text("Logs/Manuallog.log");
    assert!(log.contains("Plex has nothing in a folder Nowhere (2000) of Movies"), "{log}");
    assert!(log.contains("the logo ../up.png cannot be used"), "{log}");
}
