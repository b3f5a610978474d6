//! Badges and title cards that give nothing away: what the media server knows is on the picture, and the picture follows it.

use std::fs;

use posterizarr_base::run_events::{AssetResult, RunEvent};
use serde_json::{Value, json};
use wiremock::matchers::{path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::home::{Home, colour, picture, said};

const POSTER: &str = "Movies/Heat (1995)/poster";
const CARD: &str = "Shows/Dark (2017)/S01E01";

/// The daemon's settings for what is drawn.
fn set(home: &Home, drawing: &str) {
    fs::write(home.path("posterizarrd.toml"), format!("[drawing]\n{drawing}\n")).unwrap();
}

/// The movie, of which Plex knows this besides.
async fn movie_with(home: &Home, facts: Value) {
    let mut movie = json!({"ratingKey": "10", "type": "movie", "title": "Heat", "year": 1995, "librarySectionID": 1,
        "Guid": [{"id": "tmdb://949"}]});
    movie.as_object_mut().unwrap().extend(facts.as_object().unwrap().clone());
    movie["Media"][0]["Part"] = json!([{"file": "/media/movies/Heat (1995)/heat.mkv"}]);
    home.plex_first("/library/metadata/10", json!({"Metadata": [movie]})).await;
}

/// The first episode is watched so often; its picture is red.
async fn episodes_watched(home: &Home, times: u32) {
    let episode = |number: u32| {
        json!({"ratingKey": format!("3{number}"), "type": "episode", "title": format!("Part {number}"), "index": number,
            "parentRatingKey": "21", "viewCount": if number == 1 { times } else { 0 }})
    };
    home.plex_episodes(&[episode(1), episode(2)]).await;
    home.plex_first("/library/metadata/20/allLeaves", json!({"Metadata": [episode(1), episode(2)]})).await;
    Mock::given(path("/t/p/original/still.jpg"))
        .respond_with(ResponseTemplate::new(200).set_body_bytes(picture([220, 40, 40])))
        .with_priority(1)
        .mount(&home.server)
        .await;
}

/// Whether there is something in pure blue near the top left corner, where the badges of these tests are.
fn has_badge(home: &Home, asset: &str) -> bool {
    let pixels = image::open(home.path(&format!("assets/{asset}.jpg"))).unwrap().into_rgb8();
    let (width, height) = (pixels.width() / 2, pixels.height() / 4);
    let is_blue = |(x, y): (u32, u32)| matches!(pixels.get_pixel(x, y).0, [0..30, 0..30, 225..=255]);
    (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).filter(|place| is_blue(*place)).count() > 500
}

fn is_grey(home: &Home, asset: &str) -> bool {
    let [red, green, blue] = colour(&home.path(&format!("assets/{asset}.jpg")));
    red.abs_diff(green) < 8 && green.abs_diff(blue) < 8
}

async fn done(home: &Home, arguments: &[&str]) -> String {
    let output = home.run(arguments).await;
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    said(&output)
}

/// Who was asked besides the media server.
async fn asked_elsewhere(home: &Home) -> Vec<String> {
    let asked = home.asked().await;
    asked.into_iter().filter(|asked| asked.contains(" /3/") || asked.contains("/t/p/")).collect()
}

#[actix_web::test]
async fn a_poster_tells_what_plex_knows_and_is_made_again_from_the_same_picture_when_that_changes() {
    let home = Home::new(json!({"PrerequisitePart": {"PlexUpload": "true", "TitleCards": "false"}})).await;
    set(&home, r#"badges = ["resolution northwest plate ground=blue", "audience_rating>=7 northwest ground=blue"]"#);
    movie_with(&home, json!({"audienceRating": 6.9, "Media": [{"videoResolution": "1080"}]})).await;
    home.furnish().await;
    done(&home, &[]).await;
    assert!(
        has_badge(&home, POSTER) && !has_badge(&home, "Shows/Dark (2017)/poster"),
        "Plex knows nothing of the show"
    );
    assert!(home.text("ledger/assets.jsonl").contains("\"told\":\"1080p\""));

    home.server.reset().await;
    movie_with(&home, json!({"audienceRating": 7.1, "Media": [{"videoResolution": "4k"}]})).await;
    home.furnish().await;
    let before = fs::read(home.path(&format!("assets/{POSTER}.jpg"))).unwrap();
    let told = done(&home, &["-DryRun"]).await;
    assert!(told.contains("Dry run: 1 would be made, 2 stay as they are"), "{told}");
    done(&home, &[]).await;
    let made = home.event(POSTER);
    assert_eq!((made.result, made.uploaded), (AssetResult::Created, true));
    assert!(made.why.contains("has new information about it; made again from the same picture"));
    assert_ne!(fs::read(home.path(&format!("assets/{POSTER}.jpg"))).unwrap(), before);
    assert!(home.text("ledger/assets.jsonl").contains("\"told\":\"4K | 7.1\""));
    assert!(asked_elsewhere(&home).await.is_empty());
    assert_eq!(home.event("Shows/Dark (2017)/poster").result, AssetResult::Skipped);

    done(&home, &[]).await;
    assert_eq!(home.event(POSTER).result, AssetResult::Skipped, "nothing has changed since");
    set(&home, "");
    done(&home, &[]).await;
    assert_eq!(home.event(POSTER).result, AssetResult::Created);
    assert!(!has_badge(&home, POSTER));
}

#[actix_web::test]
async fn the_tracks_of_episodes_are_asked_for_many_at_a_time_and_only_where_a_badge_tells_of_them() {
    let home = Home::new(json!({})).await;
    home.furnish().await;
    let stream = json!({"streamType": 2, "languageTag": "de", "codec": "aac"});
    let episode = |number: u32| {
        json!({"ratingKey": format!("3{number}"), "type": "episode", "title": format!("Part {number}"), "index": number,
            "parentRatingKey": "21", "Media": [{"Part": [{"Stream": [stream]}]}]})
    };
    home.plex("/library/metadata/31,32", json!({"Metadata": [episode(1), episode(2)]})).await;
    done(&home, &[]).await;
    let asked = async || home.asked().await.iter().any(|asked| asked.contains("31,32"));
    assert!(!asked().await);
    set(&home, r#"badges = ["audio_languages=de northwest ground=blue on=titlecard"]"#);
    done(&home, &[]).await;
    assert!(asked().await && has_badge(&home, CARD));
    assert_eq!(home.event(POSTER).result, AssetResult::Skipped, "it has no such badge");
}

#[actix_web::test]
async fn a_title_card_is_grey_until_its_episode_was_watched() {
    let home = Home::new(json!({})).await;
    set(&home, r#"hide_unwatched = "grey""#);
    episodes_watched(&home, 0).await;
    home.furnish().await;
    done(&home, &[]).await;
    assert!(is_grey(&home, CARD) && !is_grey(&home, POSTER));
    home.server.reset().await;
    episodes_watched(&home, 1).await;
    home.furnish().await;
    done(&home, &[]).await;
    assert_eq!(home.event(CARD).result, AssetResult::Created);
    assert!(!is_grey(&home, CARD));
    assert!(asked_elsewhere(&home).await.is_empty());
}

#[actix_web::test]
async fn what_tautulli_tells_of_an_episode_that_was_played_makes_its_card_anew_and_nothing_else() {
    let home = Home::new(json!({})).await;
    set(&home, r#"hide_unwatched = "grey""#);
    episodes_watched(&home, 0).await;
    home.furnish().await;
    done(&home, &[]).await;
    let watched = [
        "-Tautulli",
        "-RatingKey",
        "31",
        "-parentratingkey",
        "21",
        "-grandparentratingkey",
        "20",
        "-mediatype",
        "episode",
        "-action",
        "stop",
    ];
    done(&home, &watched).await;
    assert_eq!(home.event(CARD).result, AssetResult::Skipped, "it was stopped before its end");
    home.server.reset().await;
    episodes_watched(&home, 1).await;
    home.furnish().await;
    fs::remove_file(home.path("assets/Shows/Dark (2017)/poster.jpg")).unwrap();
    done(&home, &watched).await;
    assert_eq!(home.event(CARD).result, AssetResult::Created);
    assert!(!is_grey(&home, CARD));
    assert!(home.events().contains(&RunEvent::Planned { total: 1, dry_run: false }));
    assert!(!home.path("assets/Shows/Dark (2017)/poster.jpg").is_file());
}

/// A library of shows on Jellyfin with one episode, which Ann has watched or not.
async fn jellyfin(server: &MockServer, watched: bool) {
    let mount = async |at: &str, kind: Option<(&str, &str)>, body: Value| {
        let mock = Mock::given(path(at));
        let mock = kind.into_iter().fold(mock, |mock, (name, value)| mock.and(query_param(name, value)));
        mock.respond_with(ResponseTemplate::new(200).set_body_json(body)).mount(server).await;
    };
    let list = |items: Value| json!({"Items": items, "TotalRecordCount": items.as_array().unwrap().len()});
    mount(
        "/Library/VirtualFolders",
        None,
        json!([{"Name": "Shows", "CollectionType": "tvshows", "ItemId": "lib", "Locations": ["/media/shows"]}]),
    )
    .await;
    mount(
        "/Users",
        None,
        json!([{"Id": "u1", "Name": "Admin", "Policy": {"IsAdministrator": true}}, {"Id": "u2", "Name": "Ann"}]),
    )
    .await;
    mount(
        "/Items",
        Some(("IncludeItemTypes", "Series")),
        list(json!([{"Id": "20", "Name": "Dark", "Type": "Series", "ProductionYear": 2017, "Path": "/media/shows/Dark (2017)",
            "ProviderIds": {"Tmdb": "70523"}, "Status": "Continuing"}])),
    )
    .await;
    mount(
        "/Items",
        Some(("IncludeItemTypes", "Season")),
        list(json!([{"Id": "21", "Name": "Season 1", "Type": "Season", "IndexNumber": 1, "SeriesId": "20"}])),
    )
    .await;
    let episode = json!({"Id": "31", "Name": "Part 1", "Type": "Episode", "IndexNumber": 1, "SeasonId": "21"});
    let mut played = episode.clone();
    played["UserData"] = json!({"Played": true});
    Mock::given(path("/Items"))
        .and(query_param("UserId", "u2"))
        .and(query_param("IsPlayed", "true"))
        .respond_with(ResponseTemplate::new(200).set_body_json(list(if watched { json!([played]) } else { json!([]) })))
        .with_priority(1)
        .mount(server)
        .await;
    mount("/Items", Some(("IncludeItemTypes", "Episode")), list(json!([episode]))).await;
}

#[actix_web::test]
async fn on_jellyfin_it_goes_by_a_user_and_the_listing_tells_the_rest() {
    let home = Home::new(json!({"PlexPart": {"UsePlex": "false"}, "ApiPart": {"JellyfinAPIKey": "key"},
        "JellyfinPart": {"UseJellyfin": "true"}}))
    .await;
    home.tell("JellyfinPart", "JellyfinUrl", &home.server.uri());
    let drawing =
        "badges = [\"status=returning northwest plate ground=blue\"]\nhide_unwatched = \"grey\"\nwatched_by = ";
    set(&home, &format!("{drawing}\"Bob\""));
    episodes_watched(&home, 0).await;
    jellyfin(&home.server, false).await;
    home.furnish().await;
    Mock::given(wiremock::matchers::method("POST"))
        .respond_with(ResponseTemplate::new(204))
        .with_priority(6)
        .mount(&home.server)
        .await;
    let lost = said(&home.run(&[]).await);
    assert!(lost.contains("no user \"Bob\"; set drawing.watched_by to one of its users: Admin, Ann"), "{lost}");
    set(&home, &format!("{drawing}\"ann\""));
    done(&home, &[]).await;
    assert!(is_grey(&home, CARD) && has_badge(&home, "Shows/Dark (2017)/poster"));
    home.server.reset().await;
    jellyfin(&home.server, true).await;
    home.furnish().await;
    done(&home, &[]).await;
    assert_eq!(home.event(CARD).result, AssetResult::Created);
    assert!(!is_grey(&home, CARD) && asked_elsewhere(&home).await.is_empty());
}
