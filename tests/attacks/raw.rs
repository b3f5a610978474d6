//! HTTP byte by byte, and what a process takes: what a client library would not let a test do or see.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Pid;
use serde_json::Value;

use crate::daemon::Daemon;

/// How long an answer may take on a machine that is busy with other things.
pub const PATIENCE: Duration = Duration::from_secs(300);

/// A connection to a daemon.
pub struct Raw(pub TcpStream);

/// An answer: its status, head and body.
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    /// The error's code in the body that all errors have.
    pub fn code(&self) -> String {
        let json: Value = serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}{}", self.head, String::from_utf8_lossy(&self.body)));
        assert!(json["request_id"].is_string() && json["detail"] != Value::Null, "{json}");
        json["code"].as_str().unwrap().to_owned()
    }

    /// A header's value, in lower case.
    pub fn header(&self, name: &str) -> Option<String> {
        let lines = self.head.lines().filter_map(|line| line.split_once(':'));
        let mut found = lines.filter(|(key, _)| key.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value.trim().to_lowercase())
    }
}

impl Raw {
    pub fn to(daemon: &Daemon) -> Self {
        let stream = TcpStream::connect(daemon.url.trim_start_matches("http://")).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(stream)
    }

    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).unwrap();
    }

    /// Reads one answer that says how long it is.
    pub fn answer(&mut self) -> io::Result<Answer> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            self.0.read_exact(&mut byte)?;
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut answer = Answer { status, head, body: Vec::new() };
        match answer.header("content-length") {
            Some(length) => {
                answer.body = vec![0; length.parse().unwrap()];
                self.0.read_exact(&mut answer.body)?;
            }
            None if status != 101 && status != 304 => {
                self.0.read_to_end(&mut answer.body)?;
            }
            None => {}
        }
        Ok(answer)
    }

    /// Whether the daemon closes the connection.
    pub fn is_closed(&mut self) -> bool {
        // A reset is an end, too.
        !matches!(self.0.read(&mut [0]), Ok(1)) && self.0.take_error().is_ok()
    }
}

/// Sends a request with this method, path, further head lines and body, and reads the answer.
pub fn exchange(daemon: &Daemon, method: &str, path: &str, head: &str, body: &[u8]) -> Answer {
    let mut connection = Raw::to(daemon);
    connection
        .send(format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n{head}Content-Length: {}\r\n\r\n", body.len()));
    // An early answer may close the connection before all is sent.
    let _ = connection.0.write_all(body);
    connection.answer().unwrap()
}

/// The most memory a process has had, in MiB.
pub fn peak(pid: Pid) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().unwrap() / 1024
}

/// What may stand in the place of a file.
#[derive(Debug, Clone, Copy)]
pub enum Odd {
    Folder,
    Pipe,
    Endless,
    Sparse,
    OneLine,
    Circle,
}

impl Odd {
    pub const ALL: [Self; 6] = [Self::Folder, Self::Pipe, Self::Endless, Self::Sparse, Self::OneLine, Self::Circle];

    /// Puts it in all these places; what is large is there once.
    pub fn put_all(self, paths: &[PathBuf]) {
        let Some((first, others)) = paths.split_first() else { return };
        self.put(first);
        for path in others {
            if matches!(self, Self::OneLine) {
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                remove(path);
                std::fs::hard_link(first, path).unwrap();
            } else {
                self.put(path);
            }
        }
    }

    /// Puts it in the place of whatever is there.
    pub fn put(self, path: &Path) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        remove(path);
        match self {
            Self::Folder => std::fs::create_dir(path).unwrap(),
            Self::Pipe => rustix::fs::mkfifoat(rustix::fs::CWD, path, rustix::fs::Mode::from_raw_mode(0o600)).unwrap(),
            Self::Endless => symlink("/dev/zero", path).unwrap(),
            Self::Sparse => std::fs::File::create(path).unwrap().set_len(6 << 30).unwrap(),
            Self::OneLine => std::fs::write(path, vec![b'x'; 100 << 20]).unwrap(),
            Self::Circle => symlink(path.file_name().unwrap(), path).unwrap(),
        }
    }
}

/// Removes a file, a link or a folder, if it is there.
pub fn remove(path: &Path) {
    match std::fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => std::fs::remove_dir_all(path).unwrap(),
        Ok(_) => std::fs::remove_file(path).unwrap(),
        Err(_) => {}
    }
}
