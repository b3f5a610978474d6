//! Runs over a library while the world goes wrong: nothing is lost, half written or made worse, and the next run ends where
//! one that was never disturbed ends.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use posterizarr_base::run_events::AssetResult;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use wiremock::matchers::{method, path, path_regex};
use wiremock::{Mock, ResponseTemplate};

use super::home::{Home, colour, picture, said};

/// Every asset with its content.
fn assets(home: &Home) -> BTreeMap<String, Vec<u8>> {
    let read = |name: String| {
        let content = fs::read(home.path("assets").join(&name)).unwrap();
        (name, content)
    };
    home.assets().into_iter().map(read).collect()
}

/// A run in a home where nothing goes wrong; pictures are the same in every home.
async fn undisturbed(changes: &Value) -> BTreeMap<String, Vec<u8>> {
    let home = Home::new(changes.clone()).await;
    home.furnish().await;
    let done = home.run(&[]).await;
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    assets(&home)
}

/// The last upload of each item.
async fn shown(home: &Home) -> BTreeMap<String, Vec<u8>> {
    let requests = home.server.received_requests().await.unwrap();
    let uploads = requests.into_iter().filter(|request| request.method.as_str() == "POST");
    uploads.map(|request| (request.url.path().to_owned(), request.body)).collect()
}

/// This answers before everything else.
async fn first(home: &Home, at: &str, answer: ResponseTemplate) {
    Mock::given(path_regex(at)).respond_with(answer).with_priority(1).mount(&home.server).await;
}

async fn mended(home: &Home) {
    home.server.reset().await;
    home.furnish().await;
}

fn whole(path: &Path) -> bool {
    let content = fs::read(path).unwrap();
    content.starts_with(b"\xff\xd8") && content.ends_with(b"\xff\xd9")
}

/// `POSTERIZARRD_KILLS` says how often; a full check takes 100.
#[actix_web::test]
async fn runs_that_are_killed_at_any_moment_end_like_one_that_was_not() {
    let changes = json!({"PrerequisitePart": {"PlexUpload": "true"}});
    let wanted = undisturbed(&changes).await;
    let rounds = std::env::var("POSTERIZARRD_KILLS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(10_u64);
    let home = Home::new(changes).await;
    home.furnish().await;
    for round in 0..rounds {
        let mut run = home.engine(&[]).stdout(Stdio::null()).spawn().unwrap();
        // Spread over the whole run, in an order that jumps about. This is the moment of the kill, and waits for nothing.
        tokio::time::sleep(Duration::from_millis(300 + round * 7919 % 4000)).await;
        let _ = kill_process(Pid::from_child(&run), Signal::KILL);
        tokio::task::spawn_blocking(move || run.wait().unwrap()).await.unwrap();
        for asset in home.assets().iter().filter(|asset| !asset.contains("/.posterizarr-engine-")) {
            assert!(whole(&home.path("assets").join(asset)), "{asset}");
        }
        if round % 4 == 3 {
            end_undisturbed(&home, &wanted).await;
            // The next ones begin anew, with what is remembered.
            fs::remove_dir_all(home.path("assets")).unwrap();
            fs::create_dir(home.path("assets")).unwrap();
        }
    }
    end_undisturbed(&home, &wanted).await;
}

async fn end_undisturbed(home: &Home, wanted: &BTreeMap<String, Vec<u8>>) {
    let done = home.run(&[]).await;
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    let found = assets(home);
    assert_eq!(found.keys().collect::<Vec<_>>(), wanted.keys().collect::<Vec<_>>());
    assert!(found == *wanted, "the content of an asset differs");
    // Whatever was uploaded before: the server shows what is on the disk.
    let shown = shown(home).await;
    for (item, asset) in [("10", "Movies/Heat (1995)/poster.jpg"), ("21", "Shows/Dark (2017)/Season01.jpg")] {
        assert!(shown.get(&format!("/library/metadata/{item}/posters")) == Some(&wanted[asset]), "{asset}");
    }
    assert!(!home.path("temp/Posterizarr.Running").try_exists().unwrap());
}

#[actix_web::test]
async fn a_provider_that_is_down_makes_choices_provisional_until_it_answers() {
    let changes = json!({"ApiPart": {"FanartTvAPIKey": "f"}, "PrerequisitePart": {"TitleCards": "false", "SeasonPosters": "false"}});
    let home = Home::new(changes).await;
    let fanart = async || {
        Mock::given(path("/fanart/movies/949"))
            .respond_with(ResponseTemplate::new(200).set_body_json(
                json!({"movieposter": [{"url": format!("{}/t/p/original/season.jpg", home.server.uri()), "lang": "00", "likes": "1"}]}),
            ))
            .mount(&home.server)
            .await;
    };
    home.furnish().await;
    fanart().await;
    first(&home, "^/3/", ResponseTemplate::new(503)).await;
    let done = home.run(&[]).await;
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    let poster = home.path("assets/Movies/Heat (1995)/poster.jpg");
    assert!(colour(&poster)[2] > 150, "Fanart.tv's blue one");
    let event = home.event("Movies/Heat (1995)/poster");
    assert_eq!((event.result, event.provisional), (AssetResult::Created, vec!["TMDB".to_owned()]));
    let missing = home.event("Shows/Dark (2017)/poster");
    assert_eq!(missing.result, AssetResult::Missing);
    assert!(missing.why.contains("TMDB did not answer and will be asked again"), "{}", missing.why);

    mended(&home).await;
    fanart().await;
    let done = home.run(&[]).await;
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    assert!(colour(&poster)[0] > 150, "TMDB's red one");
    assert!(home.path("assets/Shows/Dark (2017)/poster.jpg").is_file());
    assert!(home.event("Movies/Heat (1995)/poster").provisional.is_empty());
    mended(&home).await;
    home.run(&[]).await;
    assert!(!home.asked().await.iter().any(|asked| asked.contains("/3/")), "it is settled");
}

#[actix_web::test]
async fn a_storm_of_refusals_delays_a_run_and_changes_nothing() {
    let changes = json!({"PrerequisitePart": {"TitleCards": "false"}});
    let wanted = undisturbed(&changes).await;
    let home = Home::new(changes).await;
    home.furnish().await;
    Mock::given(path_regex("^/(3|t/p)/"))
        .respond_with(ResponseTemplate::new(429).insert_header("Retry-After", "1"))
        .up_to_n_times(6)
        .with_priority(1)
        .mount(&home.server)
        .await;
    let done = home.run(&[]).await;
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    assert!(assets(&home) == wanted, "{}", said(&done));
}

#[actix_web::test]
async fn a_server_that_dies_half_way_gets_what_it_lacks_from_the_next_run() {
    let changes = json!({"PrerequisitePart": {"PlexUpload": "true", "TitleCards": "false"}});
    let wanted = undisturbed(&changes).await;
    let home = Home::new(changes).await;
    home.furnish().await;
    // It takes one upload and refuses all others.
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(200))
        .up_to_n_times(1)
        .with_priority(1)
        .mount(&home.server)
        .await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(403)).with_priority(2).mount(&home.server).await;
    let done = home.run(&[]).await;
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    assert!(assets(&home) == wanted, "everything is on the disk: {}", said(&done));
    mended(&home).await;
    let done = home.run(&[]).await;
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    let shown = shown(&home).await;
    assert_eq!(shown.len(), 2, "{:?}", shown.keys());
    assert!(shown.values().all(|body| wanted.values().any(|asset| asset == body)));
    assert!(assets(&home) == wanted);
}

#[actix_web::test]
async fn half_a_library_clears_nothing_away() {
    let home = Home::new(json!({"PrerequisitePart": {"AssetCleanup": "true", "TitleCards": "false"}})).await;
    home.furnish().await;
    assert_eq!(home.run(&[]).await.status.code(), Some(0));
    let gone = home.path("assets/Shows/Gone (1999)");
    fs::create_dir(&gone).unwrap();
    fs::copy(home.path("assets/Shows/Dark (2017)/poster.jpg"), gone.join("poster.jpg")).unwrap();
    let before = assets(&home);

    first(&home, "^/library/sections/1/all", ResponseTemplate::new(404)).await;
    let done = home.run(&[]).await;
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    assert!(said(&done).contains("Asset cleanup is left out"), "{}", said(&done));
    assert!(assets(&home) == before);
    // A list that is shorter than it says is none.
    mended(&home).await;
    first(
        &home,
        "^/library/sections/1/all",
        ResponseTemplate::new(200).set_body_json(json!({"MediaContainer": {"totalSize": 7, "Metadata": []}})),
    )
    .await;
    let done = home.run(&[]).await;
    assert!(said(&done).contains("Asset cleanup is left out"), "{}", said(&done));
    assert!(assets(&home) == before);

    mended(&home).await;
    let told = home.run(&["-DryRun"]).await;
    assert!(said(&told).contains("Would be cleared: "), "{}", said(&told));
    assert!(assets(&home) == before);
    let done = home.run(&[]).await;
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    assert!(!gone.try_exists().unwrap(), "{}", said(&done));
    assert_eq!(home.assets().len(), before.len() - 1);
}

#[actix_web::test]
async fn damaged_pictures_are_passed_over_and_never_replace_a_whole_one() {
    let home = Home::new(json!({"PrerequisitePart": {"TitleCards": "false", "SeasonPosters": "false"}})).await;
    let image =
        |name: &str| json!({"file_path": format!("/{name}.jpg"), "iso_639_1": null, "width": 2000, "height": 3000});
    let cut = picture([200, 10, 10]);
    first(&home, "/cut.jpg$", ResponseTemplate::new(200).set_body_bytes(&cut[..cut.len() / 2])).await;
    first(&home, "/page.jpg$", ResponseTemplate::new(200).set_body_string("<html>not here</html>")).await;
    home.tmdb("/movie/949/images", json!({"posters": [image("cut"), image("page"), image("season")]})).await;
    home.tmdb("/tv/70523/images", json!({"posters": [image("page"), image("cut")]})).await;
    home.furnish().await;
    let done = home.run(&[]).await;
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    assert_eq!(home.assets(), ["Movies/Heat (1995)/poster.jpg"], "{}", said(&done));
    let poster = home.path("assets/Movies/Heat (1995)/poster.jpg");
    assert!(colour(&poster)[2] > 150, "the third one");
    assert_eq!(home.event("Shows/Dark (2017)/poster").result, AssetResult::Missing);

    home.server.reset().await;
    first(&home, "/season.jpg$", ResponseTemplate::new(200).set_body_bytes(&cut[..cut.len() / 2])).await;
    home.tmdb("/movie/949/images", json!({"posters": [image("season")]})).await;
    home.furnish().await;
    let before = assets(&home);
    let done = home.run(&["-Remake:Movies/Heat (1995)/poster", "-Fresh"]).await;
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    assert_eq!(home.event("Movies/Heat (1995)/poster").result, AssetResult::Missing, "{}", said(&done));
    assert!(assets(&home) == before);
}

/// The shell's limit stands for a full disk: what is longer cannot be written.
#[actix_web::test]
async fn a_full_disk_loses_nothing_and_the_next_run_makes_the_rest() {
    let changes = json!({"PrerequisitePart": {"PlexUpload": "true", "TitleCards": "false"}});
    let wanted = undisturbed(&changes).await;
    let home = Home::new(changes).await;
    home.furnish().await;
    assert_eq!(home.run(&[]).await.status.code(), Some(0));
    let kept = "Shows/Dark (2017)/poster.jpg";
    for asset in home.assets().iter().filter(|asset| *asset != kept) {
        fs::remove_file(home.path("assets").join(asset)).unwrap();
    }
    mended(&home).await;
    let engine = home.engine(&["-Remake:Shows/Dark (2017)/poster", "-Remake:Movies/Heat (1995)/poster"]);
    let mut limited = std::process::Command::new("sh");
    limited
        .args(["-c", "trap '' XFSZ; ulimit -f 40; exec \"$0\" \"$@\""])
        .arg(engine.get_program())
        .args(engine.get_args());
    limited.env_clear().current_dir(home.folder.path());
    limited.envs(engine.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let done = tokio::task::spawn_blocking(move || limited.output().unwrap()).await.unwrap();
    assert!(said(&done).contains("poster.jpg cannot be written"), "{}", said(&done));
    assert!(
        assets(&home).iter().all(|(name, content)| name == kept && *content == wanted[kept]),
        "{:?}",
        home.assets()
    );
    assert!(shown(&home).await.is_empty(), "nothing is shown that is not kept");
    let done = home.run(&[]).await;
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    assert!(assets(&home) == wanted, "{}", said(&done));
}
