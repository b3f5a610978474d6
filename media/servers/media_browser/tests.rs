use serde_json::json;
use wiremock::matchers::{body_bytes, header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::facts::{DynamicRange, Facts, Sound};
use crate::sources::tests::client;

fn server_of(mock: &MockServer, dialect: Dialect) -> MediaBrowser {
    let account = Account { url: mock.uri(), key: "key".into(), viewer: None, in_flight: 3 };
    MediaBrowser::new(&client(), &account, dialect)
}

#[test]
fn a_key_cannot_end_its_place_in_the_header() {
    assert_eq!(authorization("0a1b2c"), "MediaBrowser Token=\"0a1b2c\"");
    assert_eq!(authorization("a\", X=\"b"), "MediaBrowser Token=\"a%22, X=%22b\"");
}

#[tokio::test]
async fn each_server_is_shown_the_key_in_its_way() {
    let mock = MockServer::start().await;
    let answer = ResponseTemplate::new(200).set_body_json(json!([]));
    for (name, value) in [("Authorization", "MediaBrowser Token=\"key\""), ("X-Emby-Token", "key")] {
        Mock::given(header(name, value)).respond_with(answer.clone()).expect(1).mount(&mock).await;
    }
    for dialect in [Dialect::Jellyfin, Dialect::Emby] {
        assert!(server_of(&mock, dialect).libraries().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn emby_roots_are_network_paths_and_others_are_left_out() {
    let mock = MockServer::start().await;
    let folders = json!([
        {"Name": "Movies", "CollectionType": "movies", "ItemId": "l1", "Locations": ["/mnt/nas", "/data"],
         "LibraryOptions": {"PathInfos": [{"Path": "/mnt/nas", "NetworkPath": "\\\\nas\\m"}, {"Path": "/data"}]}},
        {"Name": "Music", "CollectionType": "music", "ItemId": "l2", "Locations": ["/m"]}]);
    Mock::given(path("/Library/VirtualFolders"))
        .respond_with(ResponseTemplate::new(200).set_body_json(folders))
        .mount(&mock)
        .await;
    let emby = server_of(&mock, Dialect::Emby).libraries().await.unwrap();
    let jellyfin = server_of(&mock, Dialect::Jellyfin).libraries().await.unwrap();
    assert_eq!(emby.len(), 1);
    assert_eq!(emby[0].roots, ["\\\\nas\\m", "/data"]);
    assert_eq!(jellyfin[0].roots, ["/mnt/nas", "/data"]);
}

#[tokio::test]
async fn seasons_and_episodes_find_their_show() {
    let mock = MockServer::start().await;
    let list = |kind: &'static str, items: serde_json::Value| {
        let body = json!({"Items": items, "TotalRecordCount": 1});
        Mock::given(path("/Items"))
            .and(query_param("IncludeItemTypes", kind))
            .respond_with(ResponseTemplate::new(200).set_body_json(body))
    };
    list("Series", json!([{"Id": "s", "Name": "Dark", "Type": "Series", "ProviderIds": {"Tvdb": "7"}, "Tags": ["x"]}]))
        .mount(&mock)
        .await;
    list("Season", json!([{"Id": "n", "Name": "Season 1", "Type": "Season", "IndexNumber": 1, "SeriesId": "s"}]))
        .mount(&mock)
        .await;
    list(
        "Episode",
        json!([{"Id": "e", "Name": "One", "Type": "Episode", "IndexNumber": 1, "IndexNumberEnd": 2, "SeasonId": "n",
        "Width": 1920, "ImageTags": {"Primary": "t"}}]),
    )
    .mount(&mock)
    .await;
    let library =
        Library { id: "l".into(), name: "TV".into(), kind: ItemKind::Show, language: String::new(), roots: Vec::new() };
    let depth = Depth { seasons: true, episodes: true, ..Depth::default() };
    let items = server_of(&mock, Dialect::Jellyfin).items(&library, depth).await.unwrap().items;
    let season = &items[0].seasons[0];
    assert_eq!((season.number, season.episodes[0].number), (1, 1));
    assert_eq!(season.episodes[0].resolution.as_deref(), Some("1080p"));
    assert_eq!(season.episodes[0].art.poster.as_deref(), Some("t"));
}

#[tokio::test]
async fn a_backdrop_takes_the_place_of_the_one_before() {
    let mock = MockServer::start().await;
    Mock::given(method("DELETE"))
        .and(path("/Items/i/Images/Backdrop/0"))
        .respond_with(ResponseTemplate::new(204))
        .expect(1)
        .mount(&mock)
        .await;
    Mock::given(method("POST"))
        .and(path("/Items/i/Images/Backdrop"))
        .and(header("Content-Type", "image/jpeg"))
        .and(body_bytes("cGljdHVyZQ=="))
        .respond_with(ResponseTemplate::new(204))
        .expect(2)
        .mount(&mock)
        .await;
    let server = server_of(&mock, Dialect::Jellyfin);
    server.upload("i", Slot::Background, b"picture", true).await.unwrap();
    server.upload("i", Slot::Background, b"picture", false).await.unwrap();
}

#[tokio::test]
async fn what_was_watched_goes_by_the_user_that_is_set_or_the_first_administrator() {
    let mock = MockServer::start().await;
    let users = json!([{"Id": "1", "Name": "Kid"}, {"Id": "2", "Name": "Root", "Policy": {"IsAdministrator": true}},
        {"Id": "3", "Name": "Ann", "Policy": {"IsAdministrator": true}}]);
    let mount = async |at: &str, body: serde_json::Value| {
        Mock::given(path(at)).respond_with(ResponseTemplate::new(200).set_body_json(body)).mount(&mock).await;
    };
    mount("/Users", users.clone()).await;
    mount("/Users/Query", json!({"Items": users})).await;
    // A server that does not know the filter gives all of them.
    let played = |id: &str, played: bool| json!({"Id": id, "Type": "Episode", "UserData": {"Played": played}});
    mount("/Items", json!({"Items": [played("a", true), played("b", false)], "TotalRecordCount": 2})).await;
    for (dialect, viewer, user) in [
        (Dialect::Jellyfin, None, "2"),
        (Dialect::Jellyfin, Some("ann"), "3"),
        (Dialect::Emby, None, "2"),
        (Dialect::Emby, Some("Kid"), "1"),
    ] {
        let server = MediaBrowser { viewer: viewer.map(str::to_owned), ..server_of(&mock, dialect) };
        assert_eq!(server.watched("lib").await.unwrap(), HashSet::from(["a".to_owned()]));
        let asked = mock.received_requests().await.unwrap();
        let query = asked.last().unwrap().url.query().unwrap().to_owned();
        assert!(query.contains(&format!("UserId={user}&")) && query.contains("IsPlayed=true"), "{query}");
    }
    let lost = MediaBrowser { viewer: Some("Bob".into()), ..server_of(&mock, Dialect::Emby) };
    let error = lost.watched("lib").await.unwrap_err().to_string();
    assert_eq!(error, "Emby has no user \"Bob\"; set drawing.watched_by to one of its users: Kid, Root, Ann");
}

#[tokio::test]
async fn facts_come_with_the_listing_and_only_where_they_are_wanted() {
    let mock = MockServer::start().await;
    let movie = json!({"Id": "m", "Name": "Heat", "Type": "Movie", "Path": "/m/Heat {edition-Director's Cut}.mkv", "Width": 3840,
        "CommunityRating": 8.37, "CriticRating": 88, "OfficialRating": "R", "DateCreated": "2026-11-20T10:00:00.1234567Z",
        "MediaStreams": [{"Type": "Video", "VideoRangeType": "HDR10"}, {"Type": "Audio", "Codec": "dts", "Channels": 6}]});
    Mock::given(path("/Items"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"Items": [movie], "TotalRecordCount": 1})))
        .mount(&mock)
        .await;
    let library =
        Library { id: "l".into(), name: "M".into(), kind: ItemKind::Movie, language: String::new(), roots: Vec::new() };
    let server = server_of(&mock, Dialect::Jellyfin);
    let facts = async |facts| {
        let depth = Depth { facts, ..Depth::default() };
        server.items(&library, depth).await.unwrap().items.remove(0).facts
    };
    assert_eq!(facts(false).await, None);
    let expected = Facts {
        resolution: Some("4K".into()),
        range: Some(DynamicRange::Hdr10),
        sound: Some(Sound::Dts),
        channels: Some(6),
        critic_rating: Some(88),
        audience_rating: Some(84),
        age_rating: Some("R".into()),
        edition: Some("Director's Cut".into()),
        added: Some("2026-11-20T10:00:00.1234567Z".parse().unwrap()),
        ..Facts::default()
    };
    assert_eq!(facts(true).await.as_deref(), Some(&expected));
    let asked = mock.received_requests().await.unwrap();
    let asks = asked.iter().map(|request| request.url.query().unwrap().contains("CommunityRating"));
    assert_eq!(asks.collect::<Vec<_>>(), [false, true]);
}
