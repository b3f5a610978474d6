//! The one thread that writes log lines.

use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

use posterizarr_base::redact;

use super::rotating::RotatingFile;

/// Lines that may wait for the disk; about a megabyte.
const QUEUE: usize = 4096;
/// Lines that are written at once.
const BATCH: usize = 512;
/// How long [`Writer::flush`] waits.
const PATIENCE: Duration = Duration::from_secs(1);

/// Where a line goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sink {
    /// Standard error.
    Console,
    /// `BackendServer.log`.
    Backend,
    /// `FrontendUI.log`, which the browser's lines share.
    Frontend,
    /// `AuthServer.log`.
    Auth,
}

enum Order {
    Line(Sink, String),
    Flush(SyncSender<()>),
}

/// The way to the writing thread; clones share it. The thread ends with the last of them.
#[derive(Debug, Clone)]
pub struct Writer {
    queue: SyncSender<Order>,
    lost: Arc<AtomicU64>,
}

impl Writer {
    /// Starts the thread. The files in `folder` are opened when the first line comes, and by name each time, since they
    /// may be moved away or removed.
    pub fn start(folder: &Path) -> Self {
        let (queue, orders) = sync_channel(QUEUE);
        let lost = Arc::<AtomicU64>::default();
        let files = ["BackendServer.log", "FrontendUI.log", "AuthServer.log"];
        let mut outputs = Outputs {
            lost: lost.clone(),
            files: files.map(|name| Output { file: RotatingFile::new(folder.join(name)), failed: false }),
        };
        let thread = std::thread::Builder::new().name("log-writer".to_owned());
        if let Err(error) = thread.spawn(move || outputs.work(&orders)) {
            complain(&format!("cannot start the thread that writes logs: {error}"));
        }
        Self { queue, lost }
    }

    /// Queues a line that has its line end. Never waits.
    pub fn write(&self, sink: Sink, line: String) {
        if self.queue.try_send(Order::Line(sink, line)).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits until everything queued so far is written, at most a second.
    pub fn flush(&self) {
        let deadline = Instant::now() + PATIENCE;
        let (done, written) = sync_channel(1);
        let mut order = Order::Flush(done);
        while let Err(TrySendError::Full(back)) = self.queue.try_send(order) {
            if Instant::now() >= deadline {
                return;
            }
            order = back;
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = written.recv_timeout(deadline.saturating_duration_since(Instant::now()));
    }
}

struct Outputs {
    lost: Arc<AtomicU64>,
    files: [Output; 3],
}

struct Output {
    file: RotatingFile,
    failed: bool,
}

/// What one turn writes to each output.
#[derive(Default)]
struct Turn {
    console: String,
    files: [String; 3],
    flushes: Vec<SyncSender<()>>,
}

impl Turn {
    fn take(&mut self, order: Order) {
        let (sink, line) = match order {
            Order::Line(sink, line) => (sink, line),
            Order::Flush(done) => return self.flushes.push(done),
        };
        let [backend, frontend, auth] = &mut self.files;
        let output = match sink {
            Sink::Console => &mut self.console,
            Sink::Backend => backend,
            Sink::Frontend => frontend,
            Sink::Auth => auth,
        };
        output.push_str(&redact::mask(&line));
    }
}

impl Outputs {
    fn work(&mut self, orders: &Receiver<Order>) {
        while let Ok(first) = orders.recv() {
            let mut turn = Turn::default();
            turn.take(first);
            orders.try_iter().take(BATCH).for_each(|order| turn.take(order));
            self.write(&turn);
            for done in turn.flushes {
                // The one who asked may have stopped waiting.
                let _ = done.try_send(());
            }
        }
    }

    fn write(&mut self, turn: &Turn) {
        // A closed console is nobody's fault; the files have it all.
        let _ = io::stderr().lock().write_all(turn.console.as_bytes());
        for (output, text) in self.files.iter_mut().zip(&turn.files) {
            output.write(text);
        }
        let lost = self.lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            complain(&format!("{lost} log lines were left out, because the disk or the console was too slow"));
        }
    }
}

impl Output {
    /// A file that cannot be written is told once on the console, until it can be again.
    fn write(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        match self.file.append(text.as_bytes()) {
            Ok(()) => self.failed = false,
            Err(_) if self.failed => {}
            Err(error) => {
                self.failed = true;
                complain(&format!("cannot write the log file {}: {error}", self.file.path().display()));
            }
        }
    }
}

/// The writer's own troubles cannot go through itself.
fn complain(text: &str) {
    let _ = writeln!(io::stderr().lock(), "posterizarrd: {text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_queued_is_on_disk_after_a_flush() {
        let folder = tempfile::tempdir().unwrap();
        let writer = Writer::start(folder.path());
        for n in 0..1000 {
            writer.write(Sink::Backend, format!("{n}\n"));
        }
        writer.flush();
        let text = std::fs::read_to_string(folder.path().join("BackendServer.log")).unwrap();
        assert_eq!(text.lines().count(), 1000);
        assert!(!std::fs::exists(folder.path().join("AuthServer.log")).unwrap(), "nothing was logged about logins");
    }

    #[test]
    fn a_full_queue_never_holds_up_the_one_who_logs() {
        let (queue, orders) = sync_channel(1);
        let writer = Writer { queue, lost: Arc::default() };
        (0..5).for_each(|_| writer.write(Sink::Backend, "x\n".to_owned()));
        assert_eq!(writer.lost.load(Ordering::Relaxed), 4);
        drop(orders);
        writer.flush();
    }
}
