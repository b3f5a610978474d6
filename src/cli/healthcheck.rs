//! `healthcheck`: asks the running daemon whether it is ready. Containers and scripts need no other program for it.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use super::exit::{FAILED, fail};
use crate::settings::Loaded;

const PATIENCE: Duration = Duration::from_secs(5);
/// Of an answer only the first line matters.
const FIRST_LINE: usize = 64;

/// Exit code 0 if the daemon is ready, else 1; other codes mean something else to a container engine.
pub fn main(loaded: Result<Loaded, ()>) -> ExitCode {
    let Ok(Loaded { settings, .. }) = loaded else { return ExitCode::from(FAILED) };
    let address = reachable(settings.bind);
    match status(address, &settings.base_url) {
        Ok(200) => {
            println!("ready");
            ExitCode::SUCCESS
        }
        Ok(status) => fail(&format!("the daemon at {address} is not ready (status {status})")),
        Err(error) => fail(&format!("the daemon at {address} does not answer: {error}")),
    }
}

/// An address to connect to; "every address of this machine" is not one.
pub fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}

/// The status that the daemon at this address answers with when asked whether it is ready.
pub(super) fn status(address: SocketAddr, base: &str) -> io::Result<u16> {
    let deadline = Instant::now() + PATIENCE;
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let request = format!("GET {base}/api/health/ready HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    while !answer.contains(&b'\n') && answer.len() < FIRST_LINE {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        let mut buffer = [0; FIRST_LINE];
        let read = stream.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        answer.extend(buffer.iter().take(read));
    }
    status_of(&answer).ok_or_else(|| io::Error::other("the answer is not HTTP"))
}

/// The status in the first line of an answer.
fn status_of(answer: &[u8]) -> Option<u16> {
    let line = std::str::from_utf8(answer.split(|byte| *byte == b'\n').next()?).ok()?;
    line.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    fn answering(answer: &'static [u8]) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 512];
            let read = stream.read(&mut request).unwrap();
            assert!(request[..read].starts_with(b"GET /base/api/health/ready HTTP/1.1\r\n"));
            // Byte by byte: an answer need not come in one piece.
            answer.iter().for_each(|byte| stream.write_all(&[*byte]).unwrap());
        });
        address
    }

    #[test]
    fn the_status_is_read_from_the_first_line() {
        assert_eq!(status(answering(b"HTTP/1.1 200 OK\r\nx: y\r\n\r\n"), "/base").unwrap(), 200);
        assert_eq!(status(answering(b"HTTP/1.1 503 Service Unavailable\r\n\r\n"), "/base").unwrap(), 503);
        assert!(status(answering(b"SSH-2.0-hello\r\n"), "/base").is_err());
        assert!(status(answering(b""), "/base").is_err());
    }

    #[test]
    fn every_address_of_the_machine_is_asked_at_loopback() {
        for (bound, asked) in [("0.0.0.0:1", "127.0.0.1:1"), ("[::]:1", "[::1]:1"), ("10.0.0.1:1", "10.0.0.1:1")] {
            assert_eq!(reachable(bound.parse().unwrap()).to_string(), asked);
        }
    }
}
