//! The one that brings changes to the disk, and the database back after the disk failed.

use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::changes::Before;
use super::current::{Current, Open, lock};
use super::fault::{StoreError, caught};
use super::ledger::{Ledger, Position};
use super::{check, opening};

/// How often it is tried to open the database anew while the disk fails.
const REOPEN_EVERY: Duration = Duration::from_millis(500);

/// Called with how a change ended.
pub type Done = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

struct Request {
    opening: u64,
    change: Result<Before, StoreError>,
    done: Done,
}

/// The thread that commits.
pub struct Committer {
    requests: Option<mpsc::Sender<Request>>,
    thread: Option<JoinHandle<()>>,
}

impl Committer {
    /// Starts the thread; it ends when this is dropped.
    pub fn start(current: Arc<Current>) -> std::io::Result<Self> {
        let (requests, asked) = mpsc::channel();
        let thread = std::thread::Builder::new().name("store".to_owned()).spawn(move || {
            Work { current, refused: Before::nothing(), tried: Instant::now() }.run(&asked);
        })?;
        Ok(Self { requests: Some(requests), thread: Some(thread) })
    }

    /// Asks for a change that was made in memory, to the database of that opening, to be brought to the disk.
    pub fn ask(&self, opening: u64, change: Result<Before, StoreError>, done: Done) {
        let Some(requests) = &self.requests else { return };
        // Without a thread the request is dropped, and whoever asked sees that.
        let _ = requests.send(Request { opening, change, done });
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        self.requests = None;
        if let Some(Err(_)) = self.thread.take().map(JoinHandle::join) {
            tracing::error!("the record store's writer crashed");
        }
    }
}

struct Work {
    current: Arc<Current>,
    /// What was under the keys of refused changes, some of which may have reached the disk nevertheless.
    refused: Before,
    tried: Instant,
}

impl Work {
    fn run(mut self, asked: &mpsc::Receiver<Request>) {
        loop {
            let failed = self.current.read(|state| state.failure.is_some());
            let first = if failed {
                asked.recv_timeout(REOPEN_EVERY)
            } else {
                asked.recv().map_err(|_| mpsc::RecvTimeoutError::Disconnected)
            };
            match first {
                Ok(first) => self.commit(std::iter::once(first).chain(asked.try_iter()).collect()),
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => return,
            }
            if failed && self.tried.elapsed() >= REOPEN_EVERY {
                self.reopen();
                self.tried = Instant::now();
            }
        }
    }

    /// One flush for all of them.
    fn commit(&mut self, requests: Vec<Request>) {
        let opening = self.current.read(|state| state.opening);
        let failed = requests.iter().find_map(|request| request.change.as_ref().err().filter(|error| is_fatal(error)));
        let flushed = failed.map_or_else(|| self.flush(), |error| Err(error.clone()));
        if let Err(error) = &flushed {
            self.fail(error);
        }
        for Request { opening: of, change, done } in requests {
            match (change, &flushed) {
                (Err(error), _) => done(Err(error)),
                (Ok(_), Ok(())) if of == opening => done(Ok(())),
                (Ok(_), Ok(())) => {
                    done(Err(StoreError::Damaged("the database was reopened in the meantime; try again".to_owned())))
                }
                (Ok(before), Err(error)) => {
                    self.refused.append(before);
                    done(Err(error.clone()));
                }
            }
        }
    }

    fn flush(&self) -> Result<(), StoreError> {
        let open = self.current.read(|state| match &state.failure {
            Some(failure) => Err(failure.clone()),
            None => Ok(state.open.clone()),
        })?;
        let Some(Open { database, ledger }) = open else { return opening::sync(&self.current.folder) };
        // What was noted by now was made by now.
        let position = lock(&ledger).position();
        caught(|| {
            if let Some(position) = position {
                database.open_tree(check::MARK)?.insert(check::POSITION, &position.to_bytes())?;
            }
            Ok(database.flush()?)
        })?;
        // sled hands the pages to the disk, but leaves the file's new size, and the disk's own cache, to a later moment.
        opening::sync(&self.current.folder)?;
        if let Some(position) = position {
            settle(&mut lock(&ledger), position);
        }
        Ok(())
    }

    fn fail(&self, error: &StoreError) {
        let known = self.current.change(|state| state.failure.replace(error.clone()));
        if known.is_none() {
            tracing::error!(%error, "nothing can be stored until the disk takes writes again; make room, or look at the disk");
        }
    }

    fn reopen(&mut self) {
        match self.try_reopen() {
            Ok(()) => tracing::info!("the record store works again"),
            Err(error) => {
                tracing::debug!(%error, "the record store cannot be reopened yet");
                self.current.change(|state| state.failure = Some(error));
            }
        }
    }

    fn try_reopen(&mut self) -> Result<(), StoreError> {
        // Reading goes on with the old database until there is room.
        opening::has_room(&self.current.folder)?;
        drop(self.current.change(|state| state.open.take()));
        let (database, mut ledger) = caught(|| opening::open_once_free(&self.current.folder))?;
        caught(|| {
            self.refused.restore(&database, &mut ledger)?;
            Ok(database.flush().map(drop)?)
        })?;
        self.refused = Before::nothing();
        self.current.change(|state| {
            state.open = Some(Open::new(database, ledger));
            state.opening += 1;
            state.failure = None;
        });
        Ok(())
    }
}

/// The changes up to there are on disk. Where that cannot be noted, less is known for certain, which is no reason to refuse them.
fn settle(ledger: &mut Ledger, position: Position) {
    let settled = ledger.mark(position).and_then(|()| if ledger.is_long() { ledger.rewrite() } else { Ok(()) });
    if let Err(error) = settled {
        tracing::debug!(%error, "the record store's ledger cannot be written");
    }
}

/// Whether the database is of no use after it.
fn is_fatal(error: &StoreError) -> bool {
    matches!(error, StoreError::Disk(_) | StoreError::Damaged(_) | StoreError::Misplaced(_))
}
