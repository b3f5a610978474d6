//! Pictures that providers have for an asset.

use posterizarrd::actors::library::choices::ChoiceRow;
use posterizarrd::actors::library::choices::ImportRows;
use serde_json::{Value, json};
use wiremock::matchers::{header, method, path, query_param, query_param_is_missing};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::harness::TestApp;

/// What the providers answer, each at a part of the address of one server.
async fn answers(server: &MockServer, at: &str, body: Value) {
    Mock::given(path(at)).respond_with(ResponseTemplate::new(200).set_body_json(body)).mount(server).await;
}

fn app(server: &MockServer, config: Value) -> TestApp {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("assets")).unwrap();
    std::fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
    TestApp::start_in(folder, |settings| {
        settings.providers.tmdb_url = format!("{}/tmdb", server.uri());
        settings.providers.tmdb_image_url = format!("{}/pictures", server.uri());
        settings.providers.tvdb_url = format!("{}/tvdb", server.uri());
        settings.providers.fanart_url = format!("{}/fanart", server.uri());
    })
}

fn keys() -> Value {
    json!({"ApiPart": {"tmdbtoken": "tmdb-key", "tvdbapi": "tvdb-key#pin", "FanartTvAPIKey": "fanart-key",
        "PreferredLanguageOrder": ["de", "xx", "en"]}})
}

async fn fetch(app: &TestApp, body: Value) -> Value {
    let answer = app.post("/api/assets/fetch-replacements", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

fn languages(list: &Value) -> Vec<Value> {
    list.as_array().unwrap().iter().map(|one| one["language"].clone()).collect()
}

#[actix_web::test]
async fn all_providers_offer_what_they_have_by_the_ids_on_record_preferred_languages_first() {
    let server = MockServer::start().await;
    Mock::given(path("/tmdb/movie/949/images"))
        .and(header("Authorization", "Bearer tmdb-key"))
        // In every language.
        .and(query_param_is_missing("include_image_language"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"posters": [
            {"file_path": "/sw.jpg", "iso_639_1": "sw", "width": 2000, "height": 3000, "vote_average": 5.5},
            {"file_path": "/en.jpg", "iso_639_1": "en"}, {"file_path": "/none.jpg", "iso_639_1": null},
            {"file_path": "/de.jpg", "iso_639_1": "de"}]})))
        .mount(&server)
        .await;
    answers(&server, "/tvdb/login", json!({"data": {"token": "t"}})).await;
    let artworks = json!({"data": {"slug": "heat", "artworks": [
        {"image": "http://tvdb/1.jpg", "language": "fra", "type": 14, "score": 3.0, "width": 680, "height": 1000},
        {"image": "http://tvdb/wide.jpg", "language": "deu", "type": 15},
        {"image": "http://tvdb/2.jpg", "language": "deu", "type": 14}]}});
    answers(&server, "/tvdb/movies/55/extended", artworks).await;
    let of_fanart = json!({"movieposter": [{"url": "http://fanart/1.jpg", "lang": "00", "likes": "4"}]});
    answers(&server, "/fanart/movies/949", of_fanart).await;
    answers(
        &server,
        "/fanart/movies/tt0113277",
        json!({"movieposter": [{"url": "http://fanart/2.jpg", "lang": "de", "likes": "1"}]}),
    )
    .await;
    let app = app(&server, keys());
    let row = ChoiceRow {
        title: "Heat".into(),
        kind: Some("Movie".into()),
        rootfolder: Some("Heat (1995)".into()),
        library: Some("Movies".into()),
        tmdbid: Some("949".into()),
        tvdbid: Some("55".into()),
        imdbid: Some("tt0113277".into()),
        ..ChoiceRow::default()
    };
    app.state.choices.send(ImportRows(vec![row])).await.unwrap().unwrap();
    let asked = json!({"asset_path": "Movies/Heat (1995)/poster.jpg", "media_type": "movie", "asset_type": "poster"});
    let body = fetch(&app, asked.clone()).await;
    assert_eq!(
        (&body["success"], &body["total_count"], &body["detected_provider"]),
        (&json!(true), &json!(8), &Value::Null)
    );
    assert_eq!(body["problems"], json!({"tmdb": null, "tvdb": null, "fanart": null}));
    let results = &body["results"];
    assert_eq!(languages(&results["tmdb"]), [json!("de"), json!(null), json!("en"), json!("sw")]);
    assert_eq!(languages(&results["tvdb"]), [json!("de"), json!("fr")]);
    assert_eq!(languages(&results["fanart"]), [json!("de"), json!(null)]);
    let at = server.uri();
    assert_eq!(
        results["tmdb"][3],
        json!({"url": format!("{at}/pictures/w500/sw.jpg"), "original_url": format!("{at}/pictures/original/sw.jpg"),
            "source": "TMDB", "source_type": "provided_id", "type": "poster", "language": "sw", "vote_average": 5.5,
            "width": 2000, "height": 3000})
    );
    assert_eq!(
        results["tvdb"][1],
        json!({"url": "http://tvdb/1.jpg", "original_url": "http://tvdb/1.jpg", "source": "TVDB",
            "source_type": "provided_id", "type": "poster", "language": "fr", "vote_average": 3.0, "width": 680, "height": 1000})
    );
    assert_eq!(
        results["fanart"],
        json!([{"url": "http://fanart/2.jpg", "original_url": "http://fanart/2.jpg", "source": "Fanart.tv",
                "source_type": "imdb_id", "type": "poster", "language": "de", "likes": "1"},
            {"url": "http://fanart/1.jpg", "original_url": "http://fanart/1.jpg", "source": "Fanart.tv",
                "source_type": "provided_id", "type": "poster", "language": null, "likes": "4"}])
    );
    // A title of the same name in another library is another one, and a search by hand does not look at the records.
    for other in [json!({"asset_path": "Kids/Heat (1995)/poster.jpg"}), json!({"is_manual_search": true})] {
        let mut asked = asked.clone();
        asked.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
        assert_eq!(fetch(&app, asked).await["total_count"], 0);
    }
}

#[actix_web::test]
async fn seasons_title_cards_logos_and_collections_have_their_own_pictures() {
    let server = MockServer::start().await;
    answers(&server, "/tmdb/tv/7/season/0/images", json!({"posters": [{"file_path": "/s0.jpg"}]})).await;
    answers(&server, "/tmdb/tv/7/season/1/episode/2/images", json!({"stills": [{"file_path": "/still.jpg"}]})).await;
    answers(
        &server,
        "/tmdb/tv/7/images",
        json!({"logos": [{"file_path": "/logo.png"}], "backdrops": [{"file_path": "/b.jpg"}]}),
    )
    .await;
    answers(&server, "/tmdb/collection/9/images", json!({"posters": [{"file_path": "/c.jpg"}]})).await;
    Mock::given(path("/tmdb/search/collection"))
        .and(query_param("query", "Alien"))
        .respond_with(
            ResponseTemplate::new(200).set_body_json(json!({"results": [{"id": 9, "name": "Alien"}, {"id": 10}]})),
        )
        .mount(&server)
        .await;
    answers(&server, "/tvdb/login", json!({"data": {"token": "t"}})).await;
    answers(
        &server,
        "/tvdb/series/8/episodes/default",
        json!({"data": {"episodes": [
        {"id": 1, "seasonNumber": 1, "number": 2, "image": "http://tvdb/still.jpg"}]}}),
    )
    .await;
    let of_fanart = json!({"seasonposter": [{"url": "http://fanart/0.jpg", "season": "0"}, {"url": "http://fanart/1.jpg", "season": "1"}],
        "hdtvlogo": [{"url": "http://fanart/logo.png", "lang": "en"}], "hdclearart": [{"url": "http://fanart/art.png"}]});
    answers(&server, "/fanart/tv/8", of_fanart).await;
    let app = app(&server, keys());
    let ask = |more: Value| {
        let mut body = json!({"asset_path": "TV/Dark/x.jpg", "media_type": "tv", "tmdb_id": "7", "tvdb_id": "8"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    for (more, tmdb, kind, others) in [
        (json!({"asset_type": "season", "season_number": 0}), "s0.jpg", "season_poster", vec!["http://fanart/0.jpg"]),
        (
            json!({"asset_type": "titlecard", "season_number": 1, "episode_number": 2}),
            "still.jpg",
            "episode_still",
            vec!["http://tvdb/still.jpg"],
        ),
        (json!({"asset_type": "background"}), "b.jpg", "backdrop", vec![]),
        (json!({"asset_type": "logo"}), "logo.png", "logo", vec!["http://fanart/logo.png", "http://fanart/art.png"]),
        (
            json!({"asset_type": "collection", "tmdb_id": null, "tvdb_id": null, "title": "Alien", "media_type": "movie"}),
            "c.jpg",
            "poster",
            vec![],
        ),
    ] {
        let results = fetch(&app, ask(more.clone())).await["results"].clone();
        let first = &results["tmdb"][0];
        assert!(first["original_url"].as_str().unwrap().ends_with(tmdb), "{more}: {results}");
        assert_eq!(first["type"], kind);
        let found = [&results["tvdb"], &results["fanart"]].into_iter().flat_map(|list| list.as_array().unwrap());
        let mut found: Vec<_> = found.map(|one| one["url"].as_str().unwrap()).collect();
        let mut others = others;
        found.sort_unstable();
        others.sort_unstable();
        assert_eq!(found, others, "{more}");
    }
    let still = fetch(&app, ask(json!({"asset_type": "titlecard", "season_number": 1, "episode_number": 2}))).await;
    assert_eq!((&still["results"]["tvdb"][0]["width"], &still["results"]["tvdb"][0]["height"]), (&json!(0), &json!(0)));
}

#[actix_web::test]
async fn titles_are_searched_for_by_name_and_a_provider_that_fails_is_told_and_no_error() {
    let server = MockServer::start().await;
    Mock::given(path("/tmdb/search/tv"))
        .and(query_param("query", "Dark"))
        .and(query_param("first_air_date_year", "2017"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"results": [{"id": 7, "name": "Dark"}]})))
        .mount(&server)
        .await;
    answers(&server, "/tmdb/tv/7/images", json!({"posters": [{"file_path": "/p.jpg"}]})).await;
    Mock::given(method("POST")).and(path("/tvdb/login")).respond_with(ResponseTemplate::new(401)).mount(&server).await;
    let app = app(&server, keys());
    let by_name = json!({"asset_path": "manual_poster_1", "media_type": "tv", "asset_type": "standard", "title": "Part 1",
        "show_title": "Dark", "year": 2017});
    let body = fetch(&app, by_name.clone()).await;
    assert_eq!(body["results"]["tmdb"][0]["source_type"], "title_search");
    assert_eq!(body["results"]["tvdb"], json!([]));
    assert!(body["problems"]["tvdb"].as_str().unwrap().contains("TVDB refused the key"), "{body}");
    let mut typed = by_name;
    typed["show_title"] = json!("tmdb-7");
    let body = fetch(&app, typed.clone()).await;
    assert_eq!(
        (&body["detected_provider"], &body["results"]["tmdb"][0]["source_type"]),
        (&json!("tmdb"), &json!("manual_id_entry"))
    );
    typed["media_type"] = json!("music");
    assert_eq!(fetch(&app, typed).await["total_count"], 0);
    let wrong = app.post("/api/assets/fetch-replacements", &json!({"asset_path": "x"})).await;
    assert_eq!(wrong.status, 400);
}

#[actix_web::test]
async fn without_keys_nobody_is_asked() {
    let server = MockServer::start().await;
    let app = app(&server, json!({"ApiPart": {"tmdbtoken": "TMDBTOKEN"}}));
    let asked =
        json!({"asset_path": "Movies/Heat/poster.jpg", "media_type": "movie", "asset_type": "poster", "title": "Heat"});
    assert_eq!(fetch(&app, asked).await["total_count"], 0);
    let search = app.post("/api/tmdb/search-posters", &json!({"query": "Heat"})).await;
    assert_eq!((search.status.as_u16(), &search.json()["detail"]), (400, &json!("TMDB API token not configured")));
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[actix_web::test]
async fn tmdb_is_searched_for_the_posters_of_the_first_titles() {
    let server = MockServer::start().await;
    answers(&server, "/tmdb/search/tv", json!({"results": [{"id": 7, "name": "Dark"}, {"id": 8, "name": "Gone"}]}))
        .await;
    answers(&server, "/tmdb/search/movie", json!({"results": []})).await;
    answers(&server, "/tmdb/tv/7", json!({"id": 7, "name": "Dark"})).await;
    answers(&server, "/tmdb/tv/7/season/1", json!({"id": 70, "name": "Season 1"})).await;
    answers(
        &server,
        "/tmdb/tv/7/season/1/images",
        json!({"posters": [{"file_path": "/s.jpg", "iso_639_1": "de", "vote_average": 1.5},
        {"file_path": "/fr.jpg", "iso_639_1": "fr"}]}),
    )
    .await;
    let mut config = keys();
    config["ApiPart"]["PreferredSeasonLanguageOrder"] = json!(["de"]);
    let app = app(&server, config);
    let search = |body: Value| async { app.post("/api/tmdb/search-posters", &{ body }).await };
    let found = search(json!({"query": "Dark", "media_type": "tv", "poster_type": "season", "season_number": 1})).await;
    let at = server.uri();
    assert_eq!(
        found.json(),
        json!({"success": true, "count": 1, "posters": [{"tmdb_id": 7, "title": "Dark - Season 1", "poster_path": "/s.jpg",
            "poster_url": format!("{at}/pictures/w500/s.jpg"), "original_url": format!("{at}/pictures/original/s.jpg"),
            "language": "de", "vote_average": 1.5, "width": 0, "height": 0, "type": "season_poster"}]})
    );
    let none = search(json!({"query": "Nothing"})).await.json();
    assert_eq!(none, json!({"success": true, "posters": [], "count": 0, "message": "No results found"}));
    for (body, says) in [
        (
            json!({"query": "Dark", "media_type": "tv", "poster_type": "season"}),
            "Season number required for season posters",
        ),
        (
            json!({"query": "Dark", "poster_type": "titlecard", "season_number": 1}),
            "Season and episode numbers required for titlecards",
        ),
    ] {
        let answer = search(body).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["detail"]), (400, &json!(says)));
    }
}
