use std::io::ErrorKind;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use reqwest::Url;
use reqwest::header::{ACCEPT, HeaderMap, HeaderValue, LOCATION};

use super::doors::{MAX_REDIRECTS, keeps_secret, redirected};
use super::*;

/// A server that gives one recorded answer after the other, each on a connection of its own, and keeps what it was asked.
async fn server(answers: Vec<String>) -> (String, tokio::task::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let asked = tokio::spawn(async move {
        let mut asked = Vec::new();
        for answer in answers {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                let read = connection.read_buf(&mut request).await.unwrap();
                assert!(read > 0, "the client went away");
            }
            asked.push(String::from_utf8(request).unwrap());
            // The client may have seen enough before all is written.
            if let Err(error) = connection.write_all(answer.as_bytes()).await {
                assert!(matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset), "{error}");
            }
        }
        asked
    });
    (address, asked)
}

fn answer(head: &str, body: &str) -> String {
    format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

fn redirect(to: &str) -> String {
    answer(&format!("302 Found\r\nLocation: {to}"), "")
}

fn client(allow_private: bool) -> HttpClient {
    HttpClient::new(&HttpSettings { timeout: Duration::from_secs(5), allow_private })
}

fn url(text: &str) -> Url {
    parse(text).unwrap()
}

#[tokio::test]
async fn a_secret_follows_redirects_on_its_host_and_no_further() {
    let (address, asked) = server(vec![redirect("/there?x=1"), answer("200 OK", "hello")]).await;
    let request = Request::get(url(&format!("http://{address}/here"))).header(ACCEPT, "text/x-secret");
    assert_eq!(client(false).fetch(request).await.unwrap().body, b"hello");
    let asked = asked.await.unwrap();
    assert!(asked[1].starts_with("GET /there?x=1 "), "{asked:?}");
    assert!(asked[1].contains("text/x-secret"));

    for target in ["http://localhost:9/", "http://127.0.0.1:9/", "https://127.0.0.1/"] {
        let (address, _) = server(vec![redirect(target)]).await;
        let refused = client(false).fetch(Request::get(url(&format!("http://{address}/")))).await.unwrap_err();
        let expected =
            matches!(refused, HttpError::Redirected(_)) || (target.starts_with("https") && refused_port(&refused));
        assert!(expected, "{target}: {refused:?}");
    }
}

/// The way up to https on the same host is open; nothing listens there.
fn refused_port(error: &HttpError) -> bool {
    matches!(error, HttpError::Refused(_))
}

#[test]
fn secrets_stay_on_host_and_port_and_may_move_up_to_https_only() {
    let keeps = |from: &str, to: &str| keeps_secret(&url(from), &url(to));
    assert!(keeps("http://a/x", "http://a/y"));
    assert!(keeps("http://a:80/", "https://a/"));
    assert!(keeps("http://a:8096/", "https://a:8920/"));
    assert!(!keeps("https://a/", "http://a/"));
    assert!(!keeps("https://a/", "https://a:444/"));
    assert!(!keeps("https://a/", "https://b.a/"));
}

#[test]
fn a_redirect_repeats_the_request_or_is_not_followed() {
    let location = HeaderMap::from_iter([(LOCATION, HeaderValue::from_static("b"))]);
    let post = Request::post_json(url("http://a/"), String::new());
    let get = Request::get(url("http://a/x/"));
    for (request, status, followed) in
        [(&get, 302, true), (&get, 308, true), (&get, 304, false), (&post, 302, false), (&post, 307, true)]
    {
        let next = redirected(request, StatusCode::from_u16(status).unwrap(), &location);
        assert_eq!(next.is_some(), followed, "{} {status}", request.method);
    }
    assert_eq!(redirected(&get, StatusCode::FOUND, &location).unwrap().as_str(), "http://a/x/b");
}

#[tokio::test]
async fn circles_end_and_the_answer_is_bounded_while_it_comes() {
    let (address, _) = server(vec![redirect("/"); MAX_REDIRECTS + 1]).await;
    let request = || Request::get(url(&format!("http://{address}/")));
    assert_eq!(client(false).fetch(request()).await.unwrap_err(), HttpError::TooManyRedirects);

    // Without a length, so that only counting helps.
    let endless = format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}", "x".repeat(3 * 1024 * 1024));
    let (address, _) = server(vec![endless]).await;
    let request = Request::get(url(&format!("http://{address}/"))).at_most(2 * 1024 * 1024);
    assert_eq!(client(false).fetch(request).await.unwrap_err(), HttpError::TooLarge("2 MiB".to_owned()));
}

#[tokio::test]
async fn failures_are_told_apart_and_no_text_holds_the_path() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let (plain, _) = server(vec!["SSH-2.0-OpenSSH_9\r\n".to_owned()]).await;
    let error = async |address: &str| {
        let settings = HttpSettings { timeout: Duration::from_secs(5), allow_private: false };
        HttpClient::new(&settings).fetch(Request::get(url(address))).await.unwrap_err()
    };
    let refused = error(&format!("http://{closed}/s3cret?t=s3cret")).await;
    assert_eq!(refused, HttpError::Refused(closed.to_string()));
    let unknown = error("http://nowhere.invalid:32400/s3cret").await;
    assert_eq!(unknown, HttpError::UnknownHost("nowhere.invalid:32400".to_owned()));
    let broken = error(&format!("http://{plain}/s3cret")).await;
    assert_eq!(broken, HttpError::Broken(plain));
    for error in [refused, unknown, broken] {
        assert!(!error.to_string().contains("s3cret"), "{error}");
    }
}

#[tokio::test]
async fn a_key_with_a_line_break_is_told_and_not_sent() {
    let request = Request::get(url("http://127.0.0.1:9/")).header(ACCEPT, "two\nlines");
    assert_eq!(client(false).fetch(request).await.unwrap_err(), HttpError::NotSendable);
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let request = Request::get(url(&format!("http://{}/", listener.local_addr().unwrap())));
    let quick = HttpClient::new(&HttpSettings { timeout: Duration::from_millis(200), allow_private: false });
    assert_eq!(quick.fetch(request.clone()).await.unwrap_err(), HttpError::TimedOut);
    assert_eq!(quick.tell(request).await.unwrap_err(), HttpError::TimedOut);
}

#[test]
fn what_a_person_enters_is_a_url_with_a_protocol() {
    for text in ["", "192.168.1.10:32400", "plex:32400", "localhost:8096/x", "ftp://host/", "file:///etc/passwd"] {
        assert_eq!(parse(text).unwrap_err(), HttpError::NoProtocol, "{text}");
    }
    assert!(matches!(parse("http://"), Err(HttpError::NotUrl(_))));
    assert_eq!(parse(" http://host:1 ").unwrap().as_str(), "http://host:1/");
}

async fn picture(http: &HttpClient, url: &str) -> Result<(picture::Picture, Vec<u8>), HttpError> {
    let mut file = Vec::new();
    let picture = http.picture(url, &mut file).await?;
    Ok((picture, file))
}

#[tokio::test]
async fn a_client_cannot_make_the_daemon_ask_private_addresses() {
    let guarded = client(false);
    // Each host names the address it is refused for, without any connection: nothing listens anywhere.
    for host in
        ["127.0.0.1:1", "localhost:1", "10.0.0.1", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]", "2130706433"]
    {
        let refused = picture(&guarded, &format!("http://{host}/x.jpg")).await.unwrap_err();
        assert!(matches!(refused, HttpError::Private(_)), "{host}: {refused:?}");
    }
    assert_eq!(picture(&guarded, "file:///etc/passwd").await.unwrap_err(), HttpError::NoProtocol);
}

#[tokio::test]
async fn where_private_addresses_are_allowed_those_of_a_cloud_still_are_not() {
    let household = client(true);
    for host in ["169.254.169.254", "[fe80::1]", "[fd00:ec2::254]", "[::ffff:169.254.169.254]", "2852039166"] {
        let refused = picture(&household, &format!("http://{host}/latest/meta-data")).await.unwrap_err();
        assert!(matches!(refused, HttpError::Private(_)), "{host}: {refused:?}");
    }
}

#[tokio::test]
async fn after_a_public_answer_only_public_addresses_are_asked() {
    // No public server is at hand, so the first door is one that counts this machine as public.
    let (address, _) = server(vec![redirect("http://localhost:1/"), redirect("http://127.0.0.1:1/")]).await;
    let doors = client(false).doors.unwrap();
    for _ in 0..2 {
        let request = Request::get(url(&format!("http://{address}/"))).without_secret();
        let first = doors.open.send(&request).await.unwrap();
        let next = redirected(&request, first.status(), first.headers()).unwrap();
        let refused = follow(&doors.guarded, &doors.guarded, Request { url: next, ..request }).await.unwrap_err();
        assert!(matches!(refused, HttpError::Private(_)), "{refused:?}");
    }
}

#[tokio::test]
async fn a_picture_comes_whole_with_its_kind_and_other_things_do_not() {
    let jpeg = |kind: &str, body: &str| answer(&format!("200 OK\r\nContent-Type: {kind}"), body);
    let answers = vec![
        redirect("/moved"),
        jpeg("Image/JPEG; q=1", "bytes"),
        jpeg("text/html", "<html>"),
        jpeg("image/svg+xml", "<svg/>"),
        jpeg("image/png", ""),
        answer("404 Not Found", "no"),
    ];
    let (address, _) = server(answers).await;
    let allowed = client(true);
    let url = format!("http://{address}/poster");
    let (picture_of, bytes) = picture(&allowed, &url).await.unwrap();
    assert_eq!((picture_of.extension, picture_of.bytes, bytes.as_slice()), ("jpg", 5, b"bytes".as_slice()));
    for _ in 0..4 {
        let refused = picture(&allowed, &url).await.unwrap_err();
        assert!(matches!(refused, HttpError::NotPicture(_)), "{refused:?}");
    }
}
