//! Where finished artwork and messages go, as the real binary brings them there.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

use serde_json::json;
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, ResponseTemplate};

use super::home::{Home, TOKEN, said};

const DROP_LABEL: (&str, &str) = ("POSTERIZARRD_PLEX_DROP_OVERLAY_LABEL", "true");

async fn done(mut engine: Command) -> Output {
    tokio::task::spawn_blocking(move || engine.output().unwrap()).await.unwrap()
}

/// A home with Kometa's label at the movie, where Plex takes uploads and changes of labels.
async fn labelled_home() -> Home {
    let home = Home::new(json!({"PrerequisitePart": {"PlexUpload": "true"}})).await;
    let movie = json!({"ratingKey": "10", "type": "movie", "title": "Heat", "year": 1995, "librarySectionID": 1,
        "Guid": [{"id": "tmdb://949"}], "Label": [{"tag": "overlay"}, {"tag": "Favourite"}],
        "Media": [{"Part": [{"file": "/media/movies/Heat (1995)/heat.mkv"}]}]});
    home.plex_first("/library/metadata/10", json!({"Metadata": [movie]})).await;
    home.furnish().await;
    for section in [1, 2] {
        Mock::given(method("PUT"))
            .and(path(format!("/library/sections/{section}/all")))
            .and(header("X-Plex-Token", TOKEN))
            .respond_with(ResponseTemplate::new(200))
            .with_priority(1)
            .mount(&home.server)
            .await;
    }
    home
}

/// Type and key of what lost a label, in order.
async fn unlabelled(home: &Home) -> Vec<(String, String)> {
    let requests = home.server.received_requests().await.unwrap();
    let changes = requests.iter().filter(|request| request.method.as_str() == "PUT");
    let mut found: Vec<_> = changes
        .map(|request| {
            let value = |name: &str| {
                let found = request.url.query_pairs().find(|(key, _)| key == name);
                found.map(|(_, value)| value.into_owned()).unwrap_or_default()
            };
            assert_eq!((value("label[].tag.tag-").as_str(), value("label.locked").as_str()), ("Overlay", "1"));
            (value("type"), value("id"))
        })
        .collect();
    found.sort();
    found
}

#[actix_web::test]
async fn kometas_label_is_dropped_from_what_gets_a_new_picture_where_that_is_set() {
    let home = labelled_home().await;
    let mut engine = home.engine(&[]);
    engine.env(DROP_LABEL.0, DROP_LABEL.1);
    let run = done(engine).await;
    assert_eq!(run.status.code(), Some(0), "{}", said(&run));
    let of = |kind: &str, id: &str| (kind.to_owned(), id.to_owned());
    // The show has no label; of the season and the episode no listing tells.
    assert_eq!(unlabelled(&home).await, [of("1", "10"), of("3", "21"), of("4", "31")], "{}", said(&run));
}

#[actix_web::test]
async fn labels_are_nobodys_business_where_it_is_not_set() {
    let home = labelled_home().await;
    let run = home.run(&[]).await;
    assert_eq!(run.status.code(), Some(0), "{}", said(&run));
    assert!(home.asked().await.iter().any(|asked| asked == "POST /library/metadata/10/posters"));
    assert_eq!(unlabelled(&home).await, []);
}

/// A program in the place of `apprise` that notes its arguments.
fn apprise(home: &Home) -> String {
    let folder = home.path("bin");
    fs::create_dir(&folder).unwrap();
    let script = "#!/bin/sh\nprintf '%s\\n' \"$@\" > \"$(dirname \"$0\")/told\"\n";
    // Written under another name first: a file that is still open for writing cannot be started.
    fs::write(folder.join("new"), script).unwrap();
    fs::set_permissions(folder.join("new"), fs::Permissions::from_mode(0o755)).unwrap();
    fs::rename(folder.join("new"), folder.join("apprise")).unwrap();
    format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default())
}

#[actix_web::test]
async fn a_message_goes_to_the_program_apprise() {
    let home = Home::new(json!({"Notification": {"SendNotification": "true", "AppriseUrl": "tgram://bot/chat"}})).await;
    home.furnish().await;
    let search_path = apprise(&home);
    let mut engine = home.engine(&[]);
    engine.env("PATH", search_path);
    let run = done(engine).await;
    assert_eq!(run.status.code(), Some(0), "{}", said(&run));
    let told = home.text("bin/told");
    let lines: Vec<&str> = told.lines().collect();
    // The second episode has no picture, which counts as an error.
    assert_eq!(lines[..2], ["--notification-type=failure", "--title=Posterizarr"], "{told}");
    assert!(lines[2].starts_with("--body=Run took: 0h 0m"), "{told}");
    assert!(told.contains("It Created '4' Images"), "{told}");
    assert_eq!(lines.last(), Some(&"tgram://bot/chat"), "{told}");
}

#[actix_web::test]
async fn limits_out_of_range_are_refused_with_the_range() {
    let home = Home::new(json!({})).await;
    for (variable, value, range) in [
        ("POSTERIZARRD_LIMITS_TMDB_AT_ONCE", "0", "from 1 to 64"),
        ("POSTERIZARRD_LIMITS_SERVER_AT_ONCE", "65", "from 1 to 64"),
        ("POSTERIZARRD_LIMITS_FANART_PER_SECOND", "fast", "from 1 to 1000"),
    ] {
        let mut engine = home.engine(&[]);
        engine.env(variable, value);
        let run = done(engine).await;
        assert_eq!(run.status.code(), Some(1), "{}", said(&run));
        assert!(said(&run).contains(range), "{}", said(&run));
    }
}
