//! Requests that lie about their size, come in halves, want another protocol, or have a slash too many.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use rustix::process::{Resource, Signal};

use super::raw::{Answer, Raw, exchange, peak};
use crate::daemon::{BINARY, Daemon, command, within};

fn daemon() -> (tempfile::TempDir, Daemon) {
    let folder = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(folder.path());
    (folder, daemon)
}

fn gzip(plain: &[u8], times: usize) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    (0..times).for_each(|_| encoder.write_all(plain).unwrap());
    encoder.finish().unwrap()
}

const GZIP: &str = "Content-Encoding: gzip\r\nContent-Type: application/json\r\n";
const WEBHOOKS: [&str; 2] = ["/api/webhook/arr", "/api/webhook/tautulli"];

#[test]
fn compressed_bombs_stop_at_the_limit_eight_at_once() {
    let (_folder, daemon) = daemon();
    let bomb = gzip(&[b' '; 1 << 20], 128);
    exchange(&daemon, "POST", "/api/webhook/arr", GZIP, &gzip(br#"{"eventType":"Test"}"#, 1));
    let before = peak(daemon.pid());
    std::thread::scope(|scope| {
        for path in WEBHOOKS.into_iter().chain(["/api/config", "/api/scheduler/config"]).cycle().take(8) {
            scope.spawn(|| {
                let answer = exchange(&daemon, "POST", path, GZIP, &bomb);
                let refused = [(413, "payload_too_large"), (503, "actor_unavailable")];
                assert!(refused.contains(&(answer.status, answer.code().as_str())), "{}", answer.head);
            });
        }
    });
    let grown = peak(daemon.pid()).saturating_sub(before);
    assert!(grown <= 64, "{grown} MiB");
}

#[test]
fn a_body_of_a_million_little_values_is_refused_before_each_becomes_an_object() {
    let (_folder, daemon) = daemon();
    exchange(&daemon, "POST", "/api/webhook/arr", "", br#"{"eventType":"Test"}"#);
    let before = peak(daemon.pid());
    let body = [&b"{\"a\":["[..], &b"0,".repeat(3 << 20), b"0]}"].concat();
    for path in WEBHOOKS {
        assert_eq!(exchange(&daemon, "POST", path, "", &body).code(), "payload_too_large");
    }
    let grown = peak(daemon.pid()).saturating_sub(before);
    assert!(grown <= 64, "{grown} MiB");
}

#[test]
fn every_body_that_cannot_be_read_is_told_in_our_own_error() {
    let (_folder, daemon) = daemon();
    for path in WEBHOOKS {
        let large = vec![b' '; 9 << 20];
        assert_eq!(exchange(&daemon, "POST", path, "", &large).code(), "payload_too_large", "{path}");
        assert_eq!(exchange(&daemon, "POST", path, GZIP, b"{}").code(), "invalid_request", "{path}");
        let brotli = exchange(&daemon, "POST", path, "Content-Encoding: br\r\n", b"{}");
        assert_eq!((brotli.status, brotli.code().as_str()), (415, "unsupported_encoding"), "{path}");
        let test = exchange(&daemon, "POST", path, GZIP, &gzip(b"{}", 1));
        assert_eq!(test.status, 200, "{path}: {}", String::from_utf8_lossy(&test.body));
    }
}

#[test]
fn forms_are_bounded_in_number_and_total() {
    let (_folder, daemon) = daemon();
    exchange(&daemon, "GET", "/api/status", "", b"");
    let before = peak(daemon.pid());
    let part = |name: &str, value: &str| {
        format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").into_bytes()
    };
    let value = "v".repeat(60_000);
    let many: Vec<u8> = (0..1000).flat_map(|n| part(&format!("f{n}"), &value)).chain(*b"--x--\r\n").collect();
    let small: Vec<u8> = (0..1000).flat_map(|n| part(&format!("f{n}"), "")).chain(*b"--x--\r\n").collect();
    let head = "Content-Type: multipart/form-data; boundary=x\r\n";
    for path in ["/api/preview-upload", "/api/run-manual-upload", "/api/overlayfiles/upload", "/api/fonts/upload"] {
        for form in [&many, &small] {
            let answer = exchange(&daemon, "POST", path, head, form);
            assert_eq!((answer.status, answer.code().as_str()), (413, "payload_too_large"), "{path}");
        }
    }
    let grown = peak(daemon.pid()).saturating_sub(before);
    assert!(grown <= 64, "{grown} MiB");
}

#[test]
fn half_a_body_is_answered_and_closed() {
    let (_folder, daemon) = daemon();
    let form = "Content-Type: multipart/form-data; boundary=x\r\n";
    let halves = WEBHOOKS.map(|path| (path, "", &b"{\"eventType\""[..]));
    let uploads = [("/api/preview-upload", form, &b"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb"[..])];
    let sized = "Content-Length: 1000\r\n\r\n";
    let chunked = "Transfer-Encoding: chunked\r\n\r\n400\r\n";
    let mut connections: Vec<_> = halves
        .into_iter()
        .chain(uploads)
        .flat_map(|(path, head, half)| [sized, chunked].map(|size| (path, head, size, half)))
        .chain([("/api/config", "Content-Type: application/json\r\n", "Transfer-Encoding: chunked\r\n\r\n", &b""[..])])
        .map(|(path, head, size, half)| {
            let mut connection = Raw::to(&daemon);
            connection.send(format!("POST {path} HTTP/1.1\r\nHost: localhost\r\n{head}{size}"));
            connection.send(half);
            (path, connection)
        })
        .collect();
    for (path, connection) in &mut connections {
        connection.0.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
        let answer = connection.answer().unwrap();
        assert_eq!((answer.status, answer.code().as_str()), (408, "request_timeout"), "{path}");
        assert_eq!(answer.header("connection").as_deref(), Some("close"), "{path}");
        assert!(connection.is_closed(), "{path}");
    }
}

#[test]
fn half_a_body_that_nobody_reads_keeps_no_connection_open() {
    let (_folder, daemon) = daemon();
    for (method, path, status) in
        [("GET", "/api/status", 200), ("POST", "/api/nothing", 404), ("POST", "/api/stop", 200)]
    {
        for size in ["Content-Length: 1000", "Transfer-Encoding: chunked"] {
            let mut connection = Raw::to(&daemon);
            connection.send(format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n{size}\r\n\r\n5\r\n{{\"a"));
            assert_eq!(connection.answer().unwrap().status, status, "{path} {size}");
            connection.0.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
            assert!(connection.is_closed(), "{path} {size}");
        }
    }
}

/// Two requests on one connection; the second one goes on where the answer does not say that the connection ends.
fn twice(daemon: &Daemon, first: &str, body: &str) -> Answer {
    let mut connection = Raw::to(daemon);
    connection.send(format!("{first}{body}"));
    let answer = connection.answer().unwrap();
    match answer.header("connection").as_deref() {
        Some("close") => assert!(connection.is_closed(), "it says that it ends: {first}"),
        None | Some("keep-alive") => {
            connection.send("GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\n");
            assert_eq!(connection.answer().unwrap().status, 200, "{first}");
        }
        other => panic!("connection: {other:?} to {first}"),
    }
    answer
}

#[test]
fn a_wish_to_upgrade_is_harmless_on_ordinary_routes() {
    let (_folder, daemon) = daemon();
    let wishes = [
        "Connection: upgrade\r\n",
        "Connection: Upgrade\r\nUpgrade: websocket\r\n",
        "Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n",
        "Upgrade: websocket\r\n",
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n",
        "",
    ];
    for wish in wishes {
        let get = twice(&daemon, &format!("GET /ping HTTP/1.1\r\nHost: localhost\r\n{wish}\r\n"), "");
        assert_eq!(get.status, 200, "{wish}");
        let body = "{}";
        for path in WEBHOOKS {
            let head =
                format!("POST {path} HTTP/1.1\r\nHost: localhost\r\n{wish}Content-Length: {}\r\n\r\n", body.len());
            assert_eq!(twice(&daemon, &head, body).status, 200, "{wish}");
        }
        let empty = format!("POST /api/auth/logout HTTP/1.1\r\nHost: localhost\r\n{wish}Content-Length: 0\r\n\r\n");
        assert_ne!(twice(&daemon, &empty, "").status, 101, "{wish}");
        let chunked =
            format!("POST /api/webhook/arr HTTP/1.1\r\nHost: localhost\r\n{wish}Transfer-Encoding: chunked\r\n\r\n");
        assert_eq!(twice(&daemon, &chunked, &format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len())).status, 200, "{wish}");
    }
    // A WebSocket still is one.
    let mut socket = Raw::to(&daemon);
    socket.send(
        "GET /ws/logs HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    assert_eq!(socket.answer().unwrap().status, 101);
}

const METHODS: [&str; 6] = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

#[test]
fn an_unknown_path_is_404_with_any_method_and_a_known_one_tells_its_methods() {
    let (_folder, daemon) = daemon();
    for path in ["/api/nope", "/api/webhook/nope", "/api/webhook/arr/more", "/ws/nope", "/api/nope/"] {
        for method in METHODS {
            let answer = exchange(&daemon, method, path, "", b"");
            assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{method} {path}");
        }
    }
    // Every route that there is, with every method that it has not.
    let operations: Vec<_> =
        include_str!("../api/operations.txt").lines().filter_map(|line| line.split_once(' ')).collect();
    for (_, path) in &operations {
        let mut own: Vec<_> = operations.iter().filter(|(_, other)| other == path).map(|(method, _)| *method).collect();
        if own.contains(&"GET") {
            own.push("HEAD");
        }
        if WEBHOOKS.contains(path) {
            own.push("PUT");
        }
        own.sort_unstable();
        own.dedup();
        // A number is what some of them want.
        let filled =
            path.split('/').map(|part| if part.starts_with('{') { "1" } else { part }).collect::<Vec<_>>().join("/");
        for method in METHODS.into_iter().filter(|method| !own.contains(method)) {
            let answer = exchange(&daemon, method, &filled, "", b"");
            // `/api/a/{b}` may be met by another route's path, which has that method.
            if answer.status != 405 {
                let others = operations.iter().any(|(other, pattern)| *other == method && meets(pattern, &filled));
                assert!(others, "{method} {filled}: {}", answer.head);
                continue;
            }
            assert_eq!(answer.code(), "method_not_allowed");
            let allow = answer.header("allow").unwrap_or_default().to_uppercase();
            let mut told: Vec<_> = allow.split(", ").collect();
            told.sort_unstable();
            assert_eq!(told, own, "{method} {filled}");
        }
    }
}

/// Whether a pattern such as `/api/a/{b}` fits a path, be its last part one segment or more.
fn meets(pattern: &str, path: &str) -> bool {
    let (mut pattern, mut path) = (pattern.split('/'), path.split('/'));
    loop {
        match (pattern.next(), path.next()) {
            (None, None) => return true,
            (Some(part), Some(_)) if part.starts_with('{') => {}
            (Some(part), Some(segment)) if part == segment => {}
            (None, Some(_)) => return true,
            _ => return false,
        }
    }
}

#[test]
fn slashes_too_many_do_no_harm() {
    let (_folder, daemon) = daemon();
    for path in ["/api/webhook/arr/", "//api/webhook/arr", "/api//webhook//arr//"] {
        let answer = exchange(&daemon, "POST", path, "", br#"{"eventType":"Test"}"#);
        assert_eq!(answer.status, 200, "{path}: {}", String::from_utf8_lossy(&answer.body));
    }
    assert_eq!(exchange(&daemon, "GET", "/api/status/", "", b"").status, 404);
}

#[test]
fn as_many_files_are_allowed_as_the_system_allows() {
    let folder = tempfile::tempdir().unwrap();
    let hard = rustix::process::getrlimit(Resource::Nofile).maximum;
    let mut command = command("sh", folder.path());
    command.args(["-c", "ulimit -Sn 256; exec \"$0\""]).arg(BINARY).process_group(0);
    let daemon = Daemon::start_with(command);
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", daemon.pid())).unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    let [soft, most] = [3, 4].map(|word| line.split_whitespace().nth(word).unwrap().to_owned());
    assert_eq!(soft, most);
    assert_eq!(most, hard.map_or_else(|| "unlimited".to_owned(), |hard| hard.to_string()));
}

#[test]
fn a_hangup_ends_nothing_and_other_signals_end_it_in_order() {
    for signal in [Signal::USR1, Signal::USR2, Signal::ALARM, Signal::QUIT] {
        let (_folder, mut daemon) = daemon();
        daemon.signal(Signal::HUP);
        daemon.wait_for_line("SIGHUP");
        assert_eq!(exchange(&daemon, "GET", "/ping", "", b"").status, 200);
        daemon.signal(signal);
        assert_eq!(daemon.ended().code(), Some(0), "{signal:?}");
        assert!(daemon.log().iter().any(|line| line.contains("stopped")), "{signal:?}: {:#?}", daemon.log());
    }
}

#[test]
fn metrics_have_their_own_address_and_nothing_else_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let config = r#"{"WebUI":{"basicAuthEnabled":true,"basicAuthUsername":"a","basicAuthPassword":"b c d e f"}}"#;
    std::fs::write(folder.path().join("config.json"), config).unwrap();
    let mut command = command(BINARY, folder.path());
    let mut daemon = Daemon::start_with({
        command.env("POSTERIZARRD_METRICS_BIND", "127.0.0.1:0");
        command
    });
    let line = daemon.wait_for_line("metrics are answered here");
    let from = line.find("127.0.0.1:").unwrap();
    let address = line[from..].split('/').next().unwrap().to_owned();
    let ask_with = |path: &str, head: &str| {
        let mut stream = std::net::TcpStream::connect(&address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\n{head}\r\nConnection: close\r\n\r\n").unwrap();
        Raw(stream).answer().unwrap()
    };
    let ask = |path: &str| ask_with(path, "Host: x");
    let metrics = ask("/metrics");
    assert_eq!(metrics.status, 200);
    assert!(
        String::from_utf8_lossy(&metrics.body).contains("posterizarr_"),
        "{}",
        String::from_utf8_lossy(&metrics.body)
    );
    for path in ["/api/config", "/", "/api/status", "/metrics/x"] {
        assert_eq!(ask(path).code(), "not_found", "{path}");
    }
    assert_eq!(ask_with("/metrics", "Host: rebind.evil.example").code(), "unknown_host");
    assert_eq!(ask_with("/metrics", "Host: x\r\nOrigin: https://evil.example").code(), "foreign_origin");
    assert_eq!(exchange(&daemon, "GET", "/metrics", "", b"").status, 401, "on the main address it asks for a login");
    // Taken already: a start error that names the remedy.
    let other = tempfile::tempdir().unwrap();
    let mut second = self::command(BINARY, other.path());
    let output = second.env("POSTERIZARRD_METRICS_BIND", &address).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("for metrics") && said.contains("--metrics-bind"), "{said}");
    daemon.signal(Signal::TERM);
    assert_eq!(within("its end", || Some(daemon.ended())).code(), Some(0));
}
