use serde_json::{Value, json};
use wiremock::matchers::{header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::facts::{DynamicRange, Facts, Sound};
use crate::sources::tests::client;

fn plex(server: &MockServer) -> Plex {
    Plex::new(
        &client(),
        &Account { url: format!("{}/", server.uri()), key: "token".into(), viewer: None, in_flight: 3 },
    )
}

async fn answer(server: &MockServer, at: &str, query: &[(&str, &str)], container: Value) {
    let mock = Mock::given(path(at)).and(header("X-Plex-Token", "token"));
    let mock = query.iter().fold(mock, |mock, (name, value)| mock.and(query_param(*name, *value)));
    let body = json!({ "MediaContainer": container });
    mock.respond_with(ResponseTemplate::new(200).set_body_json(body)).mount(server).await;
}

#[tokio::test]
async fn a_library_is_read_page_by_page_and_described_many_items_at_a_time() {
    let server = MockServer::start().await;
    let library = Library {
        id: "3".into(),
        name: "TV".into(),
        kind: ItemKind::Show,
        language: "en".into(),
        roots: vec!["/tv".into()],
    };
    let all = "/library/sections/3/all";
    let entry = |key: &str| json!({"ratingKey": key, "type": "show", "title": key});
    // Fewer than asked for.
    answer(&server, all, &[("includeGuids", "1"), (START, "0")], json!({"totalSize": 2, "Metadata": [entry("1")]}))
        .await;
    answer(&server, all, &[("includeGuids", "1"), (START, "1")], json!({"totalSize": 2, "Metadata": [entry("2")]}))
        .await;
    answer(
        &server,
        "/library/metadata/1,2",
        &[],
        json!({"Metadata": [
            {"ratingKey": "1", "type": "show", "title": 1917, "librarySectionID": 3, "Guid": [{"id": "tvdb://7"}],
             "Location": [{"path": "/tv/Dark"}], "Label": [{"tag": "Skip"}], "thumb": "/library/metadata/1/thumb/9"},
            {"ratingKey": "2", "type": "show", "title": "Two"}]}),
    )
    .await;
    let seasons = json!({"Metadata": [{"ratingKey": "11", "type": "season", "title": "Season 1", "index": 1}],
        "Directory": [{"key": "/library/metadata/1/allLeaves", "title": "All episodes"}]});
    answer(&server, "/library/metadata/1/children", &[], seasons).await;
    answer(&server, "/library/metadata/2/children", &[], json!({})).await;
    answer(
        &server,
        all,
        &[("type", "4")],
        json!({"totalSize": 1, "Metadata": [{"ratingKey": "21", "type": "episode", "title": "Secrets", "index": 1,
            "parentRatingKey": "11", "Media": [{"videoResolution": "1080"}]}]}),
    )
    .await;
    let depth = Depth { seasons: true, episodes: true, ..Depth::default() };
    let items = plex(&server).items(&library, depth).await.unwrap().items;
    assert_eq!(items.len(), 2);
    let show = &items[0];
    assert_eq!((show.title.as_str(), show.path.as_deref(), show.library.as_str()), ("1917", Some("/tv/Dark"), "3"));
    assert_eq!((show.ids.tvdb.as_deref(), show.labels.as_slice()), (Some("7"), ["Skip".to_owned()].as_slice()));
    assert_eq!(show.seasons.len(), 1);
    assert_eq!(show.seasons[0].episodes[0].resolution.as_deref(), Some("1080p"));
    assert!(items[1].seasons.is_empty());
}

#[tokio::test]
async fn facts_of_a_movie_are_told_with_it_where_they_are_wanted() {
    let server = MockServer::start().await;
    let movie = json!({"ratingKey": "7", "type": "movie", "title": "Heat", "rating": 8.8, "audienceRating": "9.4",
        "contentRating": "R", "editionTitle": "Director's Cut", "addedAt": 1_700_000_000,
        "Media": [{"videoResolution": "4k", "Part": [{"file": "/m/heat.mkv", "Stream": [
            {"streamType": 1, "displayTitle": "4K HDR10 (HEVC)"}, {"streamType": 2, "codec": "eac3", "channels": 6}]}]}]});
    answer(&server, "/library/metadata/7", &[], json!({"Metadata": [movie]})).await;
    let facts = async |facts| plex(&server).item("7", Depth { facts, ..Depth::default() }).await.unwrap().facts;
    assert_eq!(facts(false).await, None);
    let expected = Facts {
        resolution: Some("4K".into()),
        range: Some(DynamicRange::Hdr10),
        sound: Some(Sound::DolbyDigitalPlus),
        channels: Some(6),
        critic_rating: Some(88),
        audience_rating: Some(94),
        age_rating: Some("R".into()),
        edition: Some("Director's Cut".into()),
        added: chrono::DateTime::from_timestamp(1_700_000_000, 0),
        ..Facts::default()
    };
    assert_eq!(facts(true).await.as_deref(), Some(&expected));
}

#[tokio::test]
async fn an_episode_tells_whether_it_was_watched_and_its_tracks_where_they_are_wanted() {
    let server = MockServer::start().await;
    answer(
        &server,
        "/library/metadata/1",
        &[],
        json!({"Metadata": [{"ratingKey": "1", "type": "show", "title": "Dark"}]}),
    )
    .await;
    let season = json!({"ratingKey": "11", "type": "season", "title": "Season 1", "index": 1, "addedAt": 5});
    answer(&server, "/library/metadata/1/children", &[], json!({"Metadata": [season]})).await;
    let episode = |media: Value| {
        json!({"ratingKey": "21", "type": "episode", "title": "Secrets", "index": 1, "parentRatingKey": "11", "viewCount": 2,
            "Media": [media]})
    };
    let listed = json!({"videoResolution": "1080", "audioCodec": "aac", "audioChannels": 2});
    let mut streamed = listed.clone();
    streamed["Part"] = json!([{"Stream": [{"streamType": 2, "codec": "aac", "languageTag": "de"}]}]);
    answer(&server, "/library/metadata/1/allLeaves", &[], json!({"Metadata": [episode(listed)]})).await;
    answer(&server, "/library/metadata/21", &[], json!({"Metadata": [episode(streamed)]})).await;
    for (episode_facts, languages) in
        [(EpisodeFacts::None, None), (EpisodeFacts::Listed, Some("")), (EpisodeFacts::Streams, Some("de"))]
    {
        let depth = Depth { seasons: true, episodes: true, episode_facts, ..Depth::default() };
        let item = plex(&server).item("1", depth).await.unwrap();
        let episode = &item.seasons[0].episodes[0];
        assert!(episode.watched && item.seasons[0].added.is_some());
        let facts = episode.facts.as_ref();
        assert_eq!(facts.map(|facts| facts.audio_languages.join(" ")).as_deref(), languages, "{episode_facts:?}");
        assert!(facts.is_none_or(|facts| facts.sound == Some(Sound::Aac)));
    }
}

#[tokio::test]
async fn pictures_of_others_are_not_fetched_with_our_token_and_uploads_go_to_their_list() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/library/metadata/5/arts"))
        .respond_with(ResponseTemplate::new(200))
        .expect(1)
        .mount(&server)
        .await;
    let plex = plex(&server);
    plex.upload("5", Slot::Background, b"picture").await.unwrap();
    let asked = &server.received_requests().await.unwrap()[0];
    assert_eq!((asked.body.as_slice(), asked.url.query()), (b"picture".as_slice(), None));
    for odd in ["http://elsewhere/p.jpg", "/library/../secret", "//elsewhere/x", ""] {
        assert!(matches!(plex.picture(odd).await, Err(ServiceError::Address(_))), "{odd}");
    }
    assert!(plex.picture_address("/library/metadata/5/thumb/1").ends_with("/library/metadata/5/thumb/1"));
}
