//! Each validator against a local mock of its service.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use posterizarrd::actors::config::MASK;
use posterizarrd::actors::servers::checks::Providers;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;
use wiremock::matchers::{any, body_json, header, method, path, query_param};
use wiremock::{Mock, MockBuilder, MockServer, ResponseTemplate};

use super::harness::TestApp;

/// What must never be in an answer.
const SECRET: &str = "s3cr3t-k3y";
/// Longer than any mock here takes that is not meant to be slow, also on a busy machine.
const TIMEOUT: Duration = Duration::from_secs(4);

/// Those that ask somebody.
const SERVICES: [&str; 8] = ["plex", "jellyfin", "emby", "tmdb", "tvdb", "fanart", "discord", "uptimekuma"];

fn start(base: &str) -> TestApp {
    start_in(tempfile::tempdir().unwrap(), base)
}

/// A daemon for which everything that has a fixed address is below `base`.
fn start_in(folder: tempfile::TempDir, base: &str) -> TestApp {
    let base = base.trim_end_matches('/').to_owned();
    TestApp::start_in(folder, |settings| {
        settings.fetch.timeout = TIMEOUT;
        settings.providers = Providers {
            tmdb_url: format!("{base}/3"),
            tmdb_image_url: format!("{base}/t/p"),
            tvdb_url: format!("{base}/v4"),
            fanart_url: format!("{base}/v3/"),
            plex_tv_url: format!("{base}/v2"),
        };
    })
}

/// What the web UI posts for a service at this address.
fn form(service: &str, base: &str, secret: &str) -> Value {
    match service {
        "plex" => json!({ "url": base, "token": secret }),
        "jellyfin" | "emby" => json!({ "url": base, "api_key": secret }),
        "tmdb" => json!({ "token": secret }),
        "tvdb" => json!({ "api_key": secret, "pin": null }),
        "fanart" => json!({ "api_key": secret }),
        "discord" => json!({ "webhook_url": format!("{base}/api/webhooks/1/{secret}") }),
        "uptimekuma" => json!({ "url": format!("{base}/api/push/{secret}?status=up&msg=OK&ping=&x=1") }),
        other => panic!("{other}"),
    }
}

async fn validate(app: &TestApp, service: &str, form: &Value) -> Value {
    let answer = app.post(&format!("/api/validate/{service}"), form).await;
    assert_eq!(answer.status, 200, "{service}: {}", answer.text());
    assert!(!answer.text().contains(SECRET), "{service} tells the secret: {}", answer.text());
    answer.json()
}

/// All services at once, at the same address; the verdicts in the order of [`SERVICES`].
async fn validate_all(app: &TestApp, base: &str) -> Vec<Value> {
    join_all(SERVICES.map(async |service| validate(app, service, &form(service, base, SECRET)).await)).await
}

fn messages(verdicts: &[Value]) -> Vec<&str> {
    for verdict in verdicts {
        assert_eq!(verdict["valid"], false, "{verdict}");
    }
    verdicts.iter().map(|verdict| verdict["message"].as_str().unwrap()).collect()
}

/// The request that the specification says a service gets.
fn wanted(service: &str) -> MockBuilder {
    match service {
        "plex" => Mock::given(path("/library/sections/")).and(header("x-plex-token", SECRET)),
        "jellyfin" => Mock::given(path("/System/Info"))
            .and(header("authorization", format!("MediaBrowser Token=\"{SECRET}\"").as_str())),
        "emby" => Mock::given(path("/System/Info")).and(header("x-emby-token", SECRET)),
        "tmdb" => {
            Mock::given(path("/3/configuration")).and(header("authorization", format!("Bearer {SECRET}").as_str()))
        }
        "tvdb" => Mock::given(path("/v4/login")).and(method("POST")).and(body_json(json!({ "apikey": SECRET }))),
        "fanart" => Mock::given(path("/v3/movies/603")).and(header("api-key", SECRET)),
        "discord" => Mock::given(path(format!("/api/webhooks/1/{SECRET}"))).and(method("POST")).and(body_json(json!({
            "content": "[SUCCESS] Posterizarr WebUI - Discord webhook validation successful!", "username": "Posterizarr"
        }))),
        "uptimekuma" => Mock::given(path(format!("/api/push/{SECRET}")))
            .and(query_param("status", "up"))
            .and(query_param("msg", "Posterizarr WebUI validation test"))
            .and(query_param("ping", ""))
            .and(query_param("x", "1")),
        other => panic!("{other}"),
    }
}

async fn mock(answer: impl Fn(&str) -> ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    for service in SERVICES {
        wanted(service).respond_with(answer(service)).mount(&server).await;
    }
    server
}

fn good(service: &str) -> ResponseTemplate {
    let ok = ResponseTemplate::new(200);
    match service {
        "plex" => ok.set_body_string(
            r#"<MediaContainer size="3"><Directory key="1" type="movie" title="Movies"/></MediaContainer>"#,
        ),
        "jellyfin" | "emby" => ok.set_body_json(json!({ "Version": "10.11.2", "ServerName": "attic", "Id": SECRET })),
        "tvdb" => ok.set_body_json(json!({ "status": "success", "data": { "token": SECRET } })),
        "discord" => ResponseTemplate::new(204),
        "uptimekuma" => ok.set_body_json(json!({ "ok": true, "msg": SECRET })),
        _ => ok.set_body_json(json!({ "anything": SECRET })),
    }
}

#[actix_web::test]
async fn good_credentials_are_valid_with_the_requests_and_texts_of_upstream() {
    let server = mock(good).await;
    let app = start(&server.uri());
    // A slash at the end of an address makes no difference.
    let verdicts = validate_all(&app, &format!("{}/", server.uri())).await;
    let verdicts = SERVICES.iter().zip(verdicts).filter(|(service, _)| !["discord", "uptimekuma"].contains(service));
    let expected = [
        (
            "plex",
            "Plex connection successful! Found 3 libraries.",
            json!({ "library_count": 3, "server_name": "Unknown" }),
        ),
        (
            "jellyfin",
            " Jellyfin connection successful! Version: 10.11.2",
            json!({ "version": "10.11.2", "server_name": "attic" }),
        ),
        (
            "emby",
            " Emby connection successful! Version: 10.11.2",
            json!({ "version": "10.11.2", "server_name": "attic" }),
        ),
        ("tmdb", " TMDB API token is valid!", json!({ "status_code": 200 })),
        ("tvdb", "TVDB API key is valid!", json!({ "status_code": 200, "has_pin": false, "token_received": true })),
        ("fanart", " Fanart.tv API key is valid!", json!({ "status_code": 200 })),
    ];
    for ((service, mut verdict), (name, message, details)) in verdicts.zip(expected) {
        let because = verdict.as_object_mut().unwrap().remove("because").unwrap();
        assert!(because[0]["code"].as_str().unwrap().ends_with("_ok"), "{because}");
        assert_eq!((*service, verdict), (name, json!({ "valid": true, "message": message, "details": details })));
    }
    let verdict = validate(&app, "discord", &form("discord", &server.uri(), SECRET)).await;
    assert_eq!(verdict["message"], " Discord webhook is valid! Test message sent.");
    assert_eq!(verdict["details"], json!({ "status_code": 204 }));
    let verdict = validate(&app, "uptimekuma", &form("uptimekuma", &server.uri(), SECRET)).await;
    assert_eq!((&verdict["valid"], &verdict["message"]), (&json!(true), &json!(" Uptime Kuma push URL is valid!")));
}

#[actix_web::test]
async fn bad_credentials_are_told_as_such() {
    let server = mock(|_| ResponseTemplate::new(401).set_body_string(SECRET)).await;
    let verdicts = validate_all(&start(&server.uri()), &server.uri()).await;
    let expected = [
        "Invalid Plex token. Please check your token.",
        " Invalid Jellyfin API key. Please check your API key.",
        " Invalid Emby API key. Please check your API key.",
        " Invalid TMDB token. Please check your Read Access Token.",
        "Invalid TVDB API key. Please use a 'Project API Key' (not legacy key).",
        " Invalid Fanart.tv API key. Please check your Personal API key.",
        " Discord webhook validation failed (Status: 401)",
        " Uptime Kuma validation failed (Status: 401)",
    ];
    assert_eq!(messages(&verdicts), expected);
    assert!(
        verdicts
            .iter()
            .all(|verdict| verdict["details"]["status_code"] == 401 && verdict["details"]["hint"].is_string())
    );
}

#[actix_web::test]
async fn a_wrong_path_is_told_with_its_status_or_as_a_page_of_something_else() {
    let server = MockServer::start().await;
    let verdicts = validate_all(&start(&server.uri()), &server.uri()).await;
    let expected = [
        "Plex connection failed (Status: 404)",
        " Jellyfin connection failed (Status: 404)",
        " Emby connection failed (Status: 404)",
        " TMDB validation failed (Status: 404)",
        "Could not validate TVDB API key after 6 attempts. You may be using a legacy API key - please use a 'Project API Key'.",
        " Fanart.tv validation failed (Status: 404)",
        " Discord webhook not found. Please check your webhook URL.",
        " Uptime Kuma validation failed (Status: 404)",
    ];
    assert_eq!(messages(&verdicts), expected);
    assert!(verdicts[0]["details"]["hint"].as_str().unwrap().contains("path"));
    assert_eq!(verdicts[4]["details"], json!({ "attempts": 6, "legacy_key_hint": true }));

    let page = mock(|_| ResponseTemplate::new(200).set_body_string(format!("<html>{SECRET}</html>"))).await;
    let verdicts = validate_all(&start(&page.uri()), &page.uri()).await;
    let not_understood = |what| format!("the answer is not what {what} sends; check the URL");
    assert_eq!(verdicts[0]["message"], format!("Error connecting to Plex: {}", not_understood("a Plex server")));
    assert_eq!(
        verdicts[1]["message"],
        format!(" Error connecting to Jellyfin: {}", not_understood("a Jellyfin server"))
    );
    assert_eq!(verdicts[2]["details"], json!({ "error": not_understood("an Emby server") }));
    assert_eq!(verdicts[6]["message"], " Discord webhook validation failed (Status: 200)");
    assert_eq!(verdicts[7]["message"], format!(" Error validating Uptime Kuma URL: {}", not_understood("Uptime Kuma")));
}

/// A server with a certificate that nobody has vouched for. Its clients hang up on it.
async fn self_signed() -> String {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()).into();
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key);
    let acceptor = TlsAcceptor::from(Arc::new(config.unwrap()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    actix_web::rt::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            actix_web::rt::spawn(async move { acceptor.accept(connection).await.map(drop) });
        }
    });
    format!("https://{address}")
}

#[actix_web::test]
async fn a_certificate_that_is_not_trusted_is_told_with_what_to_do() {
    let base = self_signed().await;
    let verdicts = validate_all(&start(&base), &base).await;
    for message in messages(&verdicts) {
        let reason = "is not trusted (self-signed, or by an issuer that is not known here); use http://";
        assert!(message.contains(reason), "{message}");
    }
    // The other way round: https where there is none.
    let plain = MockServer::start().await.uri().replace("http://", "https://");
    let verdict = validate(&start(&plain), "plex", &form("plex", &plain, SECRET)).await;
    assert!(verdict["message"].as_str().unwrap().contains("does not speak https on this port"), "{verdict}");
}

#[actix_web::test]
async fn a_slow_service_is_given_up_and_holds_up_no_other_check() {
    let server = mock(|service| good(service).set_delay(TIMEOUT * 20)).await;
    let app = start(&server.uri());
    let began = Instant::now();
    let verdicts = validate_all(&app, &server.uri()).await;
    // TVDB has twice the time, the others waited beside it. Upstream's takes up to 110 seconds.
    assert!(began.elapsed() < TIMEOUT * 3, "{:?}", began.elapsed());
    let messages = messages(&verdicts);
    assert_eq!(messages[0], "Connection timeout. Check if Plex URL is correct and server is reachable.");
    assert_eq!(messages[1], " Connection timeout. Check if Jellyfin URL is correct and server is reachable.");
    assert_eq!(verdicts[2]["details"], json!({ "error": "timeout" }));
    assert!(
        messages[3].starts_with(" Error validating TMDB token: the server did not answer in time"),
        "{}",
        messages[3]
    );
    assert!(messages[4].starts_with("Could not validate TVDB API key after 2 attempts"), "{}", messages[4]);
    assert!(messages[7].starts_with(" Error validating Uptime Kuma URL: the server did not answer in time"));
}

#[actix_web::test]
async fn a_huge_body_is_not_read() {
    let server = mock(|service| {
        let status = if service == "discord" { 200 } else { 201 };
        ResponseTemplate::new(if ["plex", "jellyfin", "emby", "tvdb", "uptimekuma"].contains(&service) {
            200
        } else {
            status
        })
        .set_body_bytes(vec![b' '; 20 * 1024 * 1024])
    })
    .await;
    let verdicts = validate_all(&start(&server.uri()), &server.uri()).await;
    let messages = messages(&verdicts);
    for service in [0, 1, 2, 4, 7] {
        assert!(messages[service].contains("the answer is larger than 1 MiB"), "{}", messages[service]);
    }
    assert_eq!(messages[3], " TMDB validation failed (Status: 201)");
}

#[actix_web::test]
async fn a_redirect_to_another_address_gets_neither_request_nor_secret() {
    let private = mock(good).await;
    // Another host by its name, though the same machine: no wider network is needed to show it.
    let elsewhere = private.uri().replace("127.0.0.1", "localhost");
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(307).insert_header("location", format!("{elsewhere}/?x={SECRET}").as_str()))
        .mount(&server)
        .await;
    let verdicts = validate_all(&start(&server.uri()), &server.uri()).await;
    let host = elsewhere.trim_start_matches("http://");
    for message in messages(&verdicts) {
        assert!(
            message.contains(&format!("the server redirects to {host}, where the key must not be sent")),
            "{message}"
        );
    }
    assert_eq!(private.received_requests().await.unwrap().len(), 0);
}

#[actix_web::test]
async fn what_cannot_be_asked_says_what_is_missing() {
    let app = start("http://127.0.0.1:1");
    for (service, base, text) in [
        ("plex", "192.168.1.10:32400", "is missing an 'http://' or 'https://' protocol"),
        ("jellyfin", "localhost:8096", "is missing an 'http://' or 'https://' protocol"),
        ("emby", "http://127.0.0.1:1", "nothing listens at 127.0.0.1:1; check the port"),
        ("tmdb", "", "nothing listens at 127.0.0.1:1"),
        ("tvdb", "", "nothing listens at 127.0.0.1:1"),
        ("discord", "http://nowhere.invalid", "the host name nowhere.invalid is not known here"),
        ("uptimekuma", "kuma", "is missing an 'http://' or 'https://' protocol"),
    ] {
        let verdict = validate(&app, service, &form(service, base, SECRET)).await;
        assert!(verdict["message"].as_str().unwrap().contains(text), "{service}: {verdict}");
    }
    let verdict = validate(&app, "tmdb", &json!({ "token": "two\nlines" })).await;
    assert!(verdict["message"].as_str().unwrap().contains("characters that cannot be sent"), "{verdict}");
    for (service, body) in
        [("plex", json!({ "url": "http://h" })), ("tmdb", json!({ "token": 5 })), ("apprise", json!([]))]
    {
        let answer = app.post(&format!("/api/validate/{service}"), &body).await;
        assert_eq!(answer.status, 400, "{service}");
        assert!(answer.json()["detail"][0]["msg"].is_string());
    }
}

#[actix_web::test]
async fn keys_are_escaped_and_a_pin_is_sent_but_not_shown() {
    let server = MockServer::start().await;
    let odd = "a&b=c#d e+f";
    Mock::given(header("authorization", "MediaBrowser Token=\"a&b=c#d e%2Bf\""))
        .respond_with(good("jellyfin"))
        .mount(&server)
        .await;
    Mock::given(body_json(json!({ "apikey": "key", "pin": "P1N99" }))).respond_with(good("tvdb")).mount(&server).await;
    let app = start(&server.uri());
    let verdict = validate(&app, "jellyfin", &json!({ "url": server.uri(), "api_key": odd })).await;
    assert_eq!(verdict["valid"], true, "{verdict}");
    for form in [json!({ "api_key": "key", "pin": "P1N99" }), json!({ "api_key": "key#P1N99" })] {
        let verdict = validate(&app, "tvdb", &form).await;
        assert_eq!(verdict["message"], "TVDB API key is valid (with PIN)!");
        assert_eq!(verdict["details"]["has_pin"], true);
        assert!(!verdict.to_string().contains("P1N99"));
    }
}

#[actix_web::test]
async fn uptime_kumas_refusal_is_told_without_its_body() {
    let refusal = ResponseTemplate::new(200).set_body_json(json!({ "ok": false, "msg": SECRET }));
    let server = mock(|_| refusal.clone()).await;
    let verdict = validate(&start(&server.uri()), "uptimekuma", &form("uptimekuma", &server.uri(), SECRET)).await;
    assert_eq!(verdict["message"], " Uptime Kuma responded but validation failed.");
    assert_eq!(verdict["details"]["response"], json!({ "ok": false }));
}

#[actix_web::test]
async fn a_masked_secret_stands_for_the_stored_one() {
    let server = mock(good).await;
    let folder = tempfile::tempdir().unwrap();
    let config = json!({
        "ApiPart": {
            "PlexToken": SECRET, "JellyfinAPIKey": SECRET, "EmbyAPIKey": SECRET, "tmdbtoken": SECRET, "tvdbapi": SECRET,
            "FanartTvAPIKey": SECRET,
        },
        "PlexPart": { "PlexUrl": server.uri() },
        "JellyfinPart": { "JellyfinUrl": server.uri() },
        "EmbyPart": { "EmbyUrl": server.uri() },
        "Notification": {
            "Discord": form("discord", &server.uri(), SECRET)["webhook_url"],
            "UptimeKumaUrl": form("uptimekuma", &server.uri(), SECRET)["url"],
            "AppriseUrl": "tgram://a/b",
        },
    });
    std::fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
    let app = start_in(folder, &server.uri());
    for service in SERVICES {
        let masked = match service {
            "discord" => json!({ "webhook_url": MASK }),
            "uptimekuma" => json!({ "url": MASK }),
            _ => form(service, &server.uri(), MASK),
        };
        let verdict = validate(&app, service, &masked).await;
        assert_eq!(verdict["valid"], true, "{service}: {verdict}");
    }
    assert_eq!(validate(&app, "apprise", &json!({ "url": MASK })).await["details"]["service"], "tgram://");
}

#[actix_web::test]
async fn a_check_ends_when_its_client_goes_away() {
    let service = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", service.local_addr().unwrap());
    let app = TestApp::start_with(|settings| settings.fetch.timeout = Duration::from_secs(3600));
    let body = form("plex", &base, SECRET).to_string();
    let request = format!(
        "POST /api/validate/plex HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut client = tokio::net::TcpStream::connect(app.url.trim_start_matches("http://")).await.unwrap();
    client.write_all(request.as_bytes()).await.unwrap();
    let (mut asked, _) = service.accept().await.unwrap();
    let mut head = vec![0; 16];
    asked.read_exact(&mut head).await.unwrap();
    drop(client);
    let closed = async {
        let mut rest = Vec::new();
        asked.read_to_end(&mut rest).await.map(drop).unwrap_or_default();
    };
    tokio::time::timeout(Duration::from_secs(10), closed).await.expect("the service is still being asked");
}

#[actix_web::test]
async fn validators_and_libraries_need_an_admin() {
    let folder = tempfile::tempdir().unwrap();
    let config =
        json!({"WebUI": {"basicAuthEnabled": true, "basicAuthUsername": "admin", "basicAuthPassword": "secret"}});
    std::fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
    let app = start_in(folder, "http://127.0.0.1:1");
    for path in ["/api/validate/apprise", "/api/libraries/plex", "/api/libraries/plex/exclusions"] {
        assert_eq!(app.post(path, &json!({ "url": "discord://x" })).await.status, 401, "{path}");
    }
    assert_eq!(app.get("/api/libraries/plex/cached").await.status, 401);
}
