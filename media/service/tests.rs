use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::http::below;

fn service() -> Service {
    limited(Limits::at_once(4))
}

fn limited(limits: Limits) -> Service {
    let settings = HttpSettings { timeout: Duration::from_secs(20), allow_private: true };
    Service::new(&Client::new(&settings, HostLimits::default()), "the host", limits)
}

fn ask(server: &MockServer, segment: &str) -> Request {
    Request::get(below(&server.uri(), &[segment]).unwrap())
}

#[tokio::test]
async fn passing_trouble_is_tried_again_and_changes_nothing() {
    let server = MockServer::start().await;
    let once = |answer: ResponseTemplate| Mock::given(path("/a")).respond_with(answer).up_to_n_times(1);
    once(ResponseTemplate::new(503)).mount(&server).await;
    once(ResponseTemplate::new(200).set_body_string("<html>")).mount(&server).await;
    once(ResponseTemplate::new(429).insert_header("Retry-After", "1")).mount(&server).await;
    Mock::given(path("/a"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"a": 1})))
        .mount(&server)
        .await;
    let answer: Value = service().json(&ask(&server, "a")).await.unwrap();
    assert_eq!(answer, json!({"a": 1}));
    assert_eq!(server.received_requests().await.unwrap().len(), 4);
}

#[tokio::test]
async fn what_is_not_there_or_refused_is_asked_once() {
    let server = MockServer::start().await;
    Mock::given(path("/gone")).respond_with(ResponseTemplate::new(404)).expect(1).mount(&server).await;
    Mock::given(path("/key")).respond_with(ResponseTemplate::new(401)).expect(1).mount(&server).await;
    let service = service();
    assert!(matches!(service.json::<Value>(&ask(&server, "gone")).await, Err(ServiceError::NotFound { .. })));
    let refused = service.json::<Value>(&ask(&server, "key").query("token", "s3cret")).await.unwrap_err();
    assert_eq!(refused.to_string(), "the host refused the key (status 401); check it in the settings");
}

#[tokio::test]
async fn a_host_that_keeps_failing_is_left_alone() {
    let server = MockServer::start().await;
    Mock::given(method("GET")).respond_with(ResponseTemplate::new(500)).mount(&server).await;
    let service = service();
    let mut asked = 0;
    while !service.is_down() && asked < 10 {
        let address = format!("a{asked}");
        assert!(service.json::<Value>(&ask(&server, &address)).await.is_err());
        asked += 1;
    }
    assert!(service.is_down() && asked <= 3, "{asked}");
    let before = server.received_requests().await.unwrap().len();
    assert!(matches!(service.json::<Value>(&ask(&server, "other")).await, Err(ServiceError::Down { .. })));
    assert_eq!(server.received_requests().await.unwrap().len(), before);
}

#[tokio::test]
async fn cut_pictures_are_tried_again_a_few_times() {
    let server = MockServer::start().await;
    let whole = b"\xff\xd8\xff\xe0 picture \xff\xd9".to_vec();
    let cut = ResponseTemplate::new(200).set_body_bytes(whole.get(..8).unwrap().to_vec());
    Mock::given(path("/p")).respond_with(cut.clone()).up_to_n_times(1).mount(&server).await;
    Mock::given(path("/p")).respond_with(ResponseTemplate::new(200).set_body_bytes(whole.clone())).mount(&server).await;
    Mock::given(path("/broken")).respond_with(cut).expect(DAMAGED_ATTEMPTS as u64).mount(&server).await;
    let service = service();
    assert_eq!(service.picture(below(&server.uri(), &["p"]).unwrap()).await.unwrap(), whole);
    assert!(service.picture(below(&server.uri(), &["broken"]).unwrap()).await.is_err());
    assert!(!service.was_down());
}

#[tokio::test]
async fn a_host_never_gets_more_at_the_same_time_than_it_may() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    static OPEN: AtomicUsize = AtomicUsize::new(0);
    static MAX_COUNT: AtomicUsize = AtomicUsize::new(0);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let mut request = [0; 1024];
                while socket.read(&mut request).await.is_ok_and(|read| read > 0) {
                    MAX_COUNT.fetch_max(OPEN.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    // Others have their chance to come too early.
                    for _ in 0..50 {
                        tokio::task::yield_now().await;
                    }
                    OPEN.fetch_sub(1, Ordering::SeqCst);
                    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
                    if socket.write_all(answer).await.is_err() {
                        break;
                    }
                }
            });
        }
    });
    let service = limited(Limits::at_once(3));
    let url = below(&base, &["x"]).unwrap();
    let asks = (0..40).map(|_| async { service.json::<Value>(&Request::get(url.clone())).await });
    let answers = futures_util::future::join_all(asks).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    let most = MAX_COUNT.load(Ordering::SeqCst);
    assert!((1..=3).contains(&most), "{most}");
}

#[test]
fn what_is_no_whole_picture_is_seen_without_decoding() {
    assert_eq!(picture_fault(b"<html>"), Some("it is not a picture"));
    assert_eq!(picture_fault(b""), Some("it is empty"));
    assert_eq!(picture_fault(b"\xff\xd8\xff\xe0abc"), Some("the picture is cut off"));
    assert_eq!(picture_fault(b"\xff\xd8\xff\xe0abc\xff\xd9 and more"), None);
}
