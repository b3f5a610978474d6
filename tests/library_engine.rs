//! Runs of the engine over a library, as the real binary does them.

use std::fs;

use posterizarr_base::run_events::{AssetResult, RunEvent};
use serde_json::{Value, json};

use super::home::{Home, TOKEN, colour, said};

#[actix_web::test]
async fn a_run_makes_what_the_library_lacks_and_the_next_one_nothing() {
    let home = Home::new(json!({})).await;
    home.furnish().await;
    let done = home.run(&[]).await;
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    let made = [
        "Movies/Heat (1995)/poster.jpg",
        "Shows/Dark (2017)/S01E01.jpg",
        "Shows/Dark (2017)/Season01.jpg",
        "Shows/Dark (2017)/poster.jpg",
    ];
    assert_eq!(home.assets(), made, "{}", said(&done));
    let [red, green, blue] = colour(&home.path("assets").join(made[0]));
    assert!(red > 150 && green < 60 && blue < 60, "{red} {green} {blue}");
    let result: Value = serde_json::from_str(&home.text("Logs/normal.json")).unwrap();
    let counted = ["Posters", "Seasons", "Titlecards", "Textless", "Errors"].map(|name| result[name].as_u64().unwrap());
    assert_eq!(counted, [2, 1, 1, 4, 1], "the second episode is missing: {result}");
    let rows = home.text("Logs/ImageChoices.csv");
    assert!(
        rows.contains(r#""S01E02 | PART 2";"Episode";"Dark (2017)";"Shows";"false";"false";"false";"false";"false""#),
        "{rows}"
    );
    assert!(home.text("Logs/PlexLibexport.csv").contains("\"Heat (1995)\""));
    for log in fs::read_dir(home.path("Logs")).unwrap().flatten() {
        assert!(!fs::read_to_string(log.path()).unwrap().contains(TOKEN), "{}", log.path().display());
    }
    assert!(!home.path("temp/Posterizarr.Running").try_exists().unwrap());
    told_of_the_first_run(&home);

    home.server.reset().await;
    home.furnish().await;
    let again = home.run(&["-UISchedule"]).await;
    assert_eq!(again.status.code(), Some(0), "{}", said(&again));
    assert_eq!(home.assets(), made);
    let asked = home.asked().await;
    let vain: Vec<&String> = asked.iter().filter(|path| path.contains("/3/")).collect();
    assert!(vain.is_empty(), "{vain:?}");
    assert!(!asked.iter().any(|path| path.contains("/t/p/") || path.starts_with("POST")), "{asked:?}");
    assert!(home.path("Logs/scheduled.json").is_file());
    let there = home.event("Movies/Heat (1995)/poster");
    assert_eq!((there.result, there.why.as_str(), there.source), (AssetResult::Skipped, "already exists", None));
}

fn told_of_the_first_run(home: &Home) {
    let events = home.events();
    assert!(events.contains(&RunEvent::Planned { total: 5, dry_run: false }), "{events:?}");
    assert_eq!(events.last(), Some(&RunEvent::Finished { created: 4, errors: 1 }), "{events:?}");
    let started = RunEvent::Started { path: "Movies/Heat (1995)/poster".into(), title: "Heat".into() };
    assert!(events.contains(&started), "{events:?}");
    let made = home.event("Movies/Heat (1995)/poster");
    assert_eq!((made.result, made.library.as_str(), made.kind.as_str()), (AssetResult::Created, "Movies", "poster"));
    assert_eq!(made.why, "the best textless picture of TMDB, the favourite");
    let codes: Vec<_> = made.because.iter().map(|clause| clause.code.as_str()).collect();
    assert_eq!(
        (codes.as_slice(), made.because[0].params["provider"].as_str()),
        (&["textless", "favourite"][..], "TMDB")
    );
    let source = made.source.unwrap();
    assert_eq!((source.provider.as_str(), source.language, source.textless), ("TMDB", None, true));
    assert!(source.address.ends_with("/t/p/original/heat.jpg"), "{}", source.address);
    let missing = home.event("Shows/Dark (2017)/S01E02");
    assert_eq!((missing.result, missing.kind.as_str()), (AssetResult::Missing, "title_card"));
    assert!(missing.why.starts_with("no provider has a picture that is allowed"), "{}", missing.why);
}

#[actix_web::test]
async fn a_title_that_no_font_can_show_is_reported_and_not_made() {
    let home = Home::new(json!({})).await;
    home.furnish().await;
    let movie = json!({"ratingKey": "10", "type": "movie", "title": "Heat \u{e000}", "year": 1995, "librarySectionID": 1,
        "Guid": [{"id": "tmdb://949"}], "Media": [{"Part": [{"file": "/media/movies/Heat (1995)/heat.mkv"}]}]});
    home.plex("/library/metadata/11", json!({"Metadata": [movie]})).await;
    let done = home.run(&["-Tautulli", "-RatingKey", "11", "-mediatype", "movie"]).await;
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    assert!(home.assets().is_empty());
    assert!(!home.asked().await.iter().any(|asked| asked.starts_with("POST")), "nothing blank is uploaded");
    let event = home.event("Movies/Heat (1995)/poster");
    assert_eq!(event.result, AssetResult::Failed);
    assert!(event.why.contains("no font has these characters: \u{e000}; choose a font"), "{}", event.why);
    assert!(said(&done).contains("characters missing: characters="), "{}", said(&done));
    let rows = home.text("Logs/ImageChoices.csv");
    let row = "\"Heat \u{e000}\";\"Movie\";\"Heat (1995)\";\"Movies\";\"Textless\";\"false\";\"false\";\"false\";\"false\";\"true\"";
    assert!(rows.contains(row), "{rows}");
}

#[actix_web::test]
async fn a_trigger_makes_what_its_show_lacks_and_uploads_it() {
    let home = Home::new(json!({"PlexPart": {"LibstoExclude": ["Shows"]}})).await;
    home.furnish().await;
    let done =
        home.run(&["-Tautulli", "-RatingKey", "31", "-mediatype", "episode", "-grandparentratingkey", "20"]).await;
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    assert_eq!(
        home.assets(),
        ["Shows/Dark (2017)/S01E01.jpg", "Shows/Dark (2017)/Season01.jpg", "Shows/Dark (2017)/poster.jpg"]
    );
    let uploads = home.server.received_requests().await.unwrap();
    let mut uploads: Vec<_> = uploads.iter().filter(|request| request.method.as_str() == "POST").collect();
    uploads.sort_by_key(|request| request.url.path().to_owned());
    let paths: Vec<&str> = uploads.iter().map(|request| request.url.path()).collect();
    assert_eq!(paths, ["20", "21", "31"].map(|key| format!("/library/metadata/{key}/posters")));
    assert_eq!(uploads[0].body, fs::read(home.path("assets/Shows/Dark (2017)/poster.jpg")).unwrap());
}

#[actix_web::test]
async fn what_keeps_a_run_from_working_is_told_and_leaves_no_result() {
    let home = Home::new(json!({})).await;
    home.plex("/library/sections", json!({"Directory": [{"key": "1", "type": "movie", "title": "A: B"}]})).await;
    let done = home.run(&[]).await;
    assert_eq!(done.status.code(), Some(1), "{}", said(&done));
    assert!(said(&done).contains("\"A: B\" has ':' in its name"), "{}", said(&done));
    let missing = home.run(&["-Tautulli", "-RatingKey", "99", "-mediatype", "movie"]).await;
    assert_eq!(missing.status.code(), Some(66), "it may come yet");
    assert!(said(&missing).contains("no item with the key 99 yet"), "{}", said(&missing));
    assert!(
        !home.path("Logs/tautulli.json").try_exists().unwrap()
            && !home.path("temp/Posterizarr.Running").try_exists().unwrap()
    );
}

/// Whether there are title cards with Japanese titles is for SkipJapTitle to say.
#[actix_web::test]
async fn a_japanese_title_card_is_made_with_blanks_unless_it_is_to_be_skipped() {
    for (skips, result) in [("true", AssetResult::Skipped), ("false", AssetResult::Created)] {
        let home = Home::new(json!({"PrerequisitePart": {"SkipJapTitle": skips}})).await;
        let episode = json!({"ratingKey": "31", "type": "episode", "title": "\u{7363}\u{306e}\u{5de8}\u{4eba}", "index": 1,
            "parentRatingKey": "21"});
        home.plex_first("/library/metadata/20/allLeaves", json!({"Metadata": [episode]})).await;
        home.furnish().await;
        let done = home.run(&["-Tautulli", "-RatingKey", "20", "-mediatype", "show"]).await;
        assert_eq!(done.status.code(), Some(0), "{}", said(&done));
        let event = home.event("Shows/Dark (2017)/S01E01");
        assert_eq!(event.result, result, "{event:?}");
        assert_eq!(event.why.contains("they stay blank: \u{7363}"), skips == "false", "{}", event.why);
    }
}
