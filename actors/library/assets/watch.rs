//! Hearing of changes: inotify, as hints.
//!
//! A folder is watched before it is read, so that nothing falls in between. An event only names a folder to read again;
//! where the kernel's queue or ours spills, everything is scanned. The kernel is asked for changes only: a library that
//! listens to reads as well would hear each picture that is served, and each folder that a scan opens.
//!
//! A folder that is moved loses its watches: it may have left the root. If not, it is found under its new name when that is
//! read, and watched again.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::event::{EventfdFlags, PollFd, PollFlags, eventfd, poll};
use rustix::fd::OwnedFd;
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
use rustix::io::Errno;

use super::diff::Paths;
use super::gallery::is_picture;
use super::left_out::is_left_out;

/// More folders than this are not remembered one by one.
const MAX_HINTS: usize = 4096;
const EVENTS_BUFFER: usize = 64 * 1024;

/// Watches the folders of one root.
pub struct Watcher {
    shared: Arc<WatchState>,
    stop: Arc<OwnedFd>,
}

struct WatchState {
    inotify: OwnedFd,
    state: Mutex<State>,
    /// Some folders are not watched.
    full: AtomicBool,
    /// How often the kernel's queue spilled.
    #[cfg(test)]
    spills: std::sync::atomic::AtomicU64,
    wake: Box<dyn Fn() + Send + Sync>,
}

#[derive(Default)]
struct State {
    /// Paths below the root by the kernel's number.
    folders: HashMap<i32, Box<str>>,
    hints: Hints,
    woken: bool,
}

/// What was heard.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Hints {
    /// Folders in which something changed; true for one that is new, with everything below it.
    pub folders: Paths,
    /// Whether something was missed.
    pub spilled: bool,
}

impl Hints {
    fn add(&mut self, folder: &str, deep: bool) {
        if let Some(known) = self.folders.get_mut(folder) {
            *known |= deep;
        } else if self.folders.len() < MAX_HINTS {
            self.folders.insert(folder.to_owned(), deep);
        } else {
            self.spilled = true;
        }
    }
}

impl Watcher {
    /// Calls `wake` after an event, once until [`Watcher::take`].
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> io::Result<Self> {
        let inotify = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        let stop = Arc::new(eventfd(0, EventfdFlags::CLOEXEC)?);
        let shared = Arc::new(WatchState {
            inotify,
            state: Mutex::default(),
            full: AtomicBool::new(false),
            #[cfg(test)]
            spills: Default::default(),
            wake: Box::new(wake),
        });
        let (listener, stopped) = (shared.clone(), stop.clone());
        std::thread::Builder::new().name("asset-events".to_owned()).spawn(move || listener.listen(&stopped))?;
        Ok(Self { shared, stop })
    }

    /// Watches a folder, from now on under this path. What cannot be watched is told by [`Watcher::is_full`].
    pub fn watch(&self, root: &Path, path: &str) {
        if self.is_full() {
            return;
        }
        let mut what = WatchFlags::CREATE
            | WatchFlags::DELETE
            | WatchFlags::CLOSE_WRITE
            | WatchFlags::ATTRIB
            | WatchFlags::MOVED_FROM
            | WatchFlags::MOVED_TO
            | WatchFlags::EXCL_UNLINK
            | WatchFlags::ONLYDIR;
        if path.is_empty() {
            what |= WatchFlags::DELETE_SELF | WatchFlags::MOVE_SELF;
        }
        // Held over both: an event must not come before its number has a path.
        let mut state = self.shared.lock();
        match inotify::add_watch(&self.shared.inotify, root.join(path), what) {
            Ok(number) => {
                state.folders.insert(number, path.into());
            }
            Err(Errno::NOSPC) => self.shared.full.store(true, Ordering::Relaxed),
            // It went away, or cannot be read; the scan that wants to read it finds out.
            Err(_) => {}
        }
    }

    /// Whether the system's limit of watches was reached.
    pub fn is_full(&self) -> bool {
        self.shared.full.load(Ordering::Relaxed)
    }

    /// How often the kernel told that its queue spilled.
    #[cfg(test)]
    pub fn spills(&self) -> u64 {
        self.shared.spills.load(Ordering::Relaxed)
    }

    /// Finds no room for more, as where the system's limit is reached.
    #[cfg(test)]
    pub fn fill(&self) {
        self.shared.full.store(true, Ordering::Relaxed);
    }

    /// Hears nothing until what is given back is dropped, while the kernel's queue fills.
    #[cfg(test)]
    pub fn pause(&self) -> impl Drop {
        struct Paused<'a>(Option<std::sync::MutexGuard<'a, State>>);
        impl Drop for Paused<'_> {
            fn drop(&mut self) {
                self.0.take();
            }
        }
        Paused(Some(self.shared.lock()))
    }

    /// What was heard since the last time.
    pub fn take(&self) -> Hints {
        let mut state = self.shared.lock();
        state.woken = false;
        std::mem::take(&mut state.hints)
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        // Cannot fail: the counter is at zero. The thread ends and closes the rest.
        let _ = rustix::io::write(&self.stop, &1_u64.to_ne_bytes());
    }
}

impl WatchState {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn listen(&self, stop: &OwnedFd) {
        let mut buffer = Vec::with_capacity(EVENTS_BUFFER);
        loop {
            let mut ready = [PollFd::new(&self.inotify, PollFlags::IN), PollFd::new(stop, PollFlags::IN)];
            match poll(&mut ready, None) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(_) => return self.hear_nothing_more(),
            }
            if ready.last().is_some_and(|stop| !stop.revents().is_empty()) {
                return;
            }
            let mut events = Reader::new(&self.inotify, buffer.spare_capacity_mut());
            loop {
                match events.next() {
                    Ok(event) => {
                        let name = event.file_name().map(|name| name.to_bytes());
                        self.note(event.wd(), event.events(), name);
                    }
                    Err(Errno::AGAIN | Errno::INTR) => break,
                    Err(_) => return self.hear_nothing_more(),
                }
            }
            self.wake();
        }
    }

    fn note(&self, number: i32, what: ReadFlags, name: Option<&[u8]>) {
        let mut state = self.lock();
        let State { folders, hints, .. } = &mut *state;
        if what.contains(ReadFlags::QUEUE_OVERFLOW) {
            hints.spilled = true;
            #[cfg(test)]
            self.spills.fetch_add(1, Ordering::Relaxed);
            return;
        }
        if what.contains(ReadFlags::IGNORED) {
            folders.remove(&number);
            return;
        }
        let Some(folder) = folders.get(&number) else { return };
        if name.is_some_and(is_left_out) {
            return;
        }
        if matters(what, name) {
            hints.add(folder, false);
        }
        let Some(name) = name.and_then(|name| std::str::from_utf8(name).ok()) else { return };
        if !what.contains(ReadFlags::ISDIR) {
            return;
        }
        let below = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
        if what.intersects(ReadFlags::CREATE | ReadFlags::MOVED_TO) {
            // There may have been another one of that name.
            hints.add(&below, true);
        }
        if what.contains(ReadFlags::MOVED_FROM) {
            // It may have left the root; if not, it is watched again where it is found.
            folders.retain(|number, path| {
                let gone =
                    path.strip_prefix(below.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
                if gone {
                    // Fails where the folder went away and its watch with it.
                    let _ = inotify::remove_watch(&self.inotify, *number);
                }
                !gone
            });
        }
    }

    /// Wakes whoever listens, once until the hints are taken.
    fn wake(&self) {
        let mut state = self.lock();
        let something = state.hints != Hints::default();
        if something && !std::mem::replace(&mut state.woken, true) {
            drop(state);
            (self.wake)();
        }
    }

    fn hear_nothing_more(&self) {
        tracing::error!("events of the asset folders can no longer be read; they are polled instead");
        self.full.store(true, Ordering::Relaxed);
    }
}

/// Whether an event changes what a listing of its folder shows.
fn matters(what: ReadFlags, name: Option<&[u8]>) -> bool {
    let came_or_went = ReadFlags::CREATE | ReadFlags::DELETE | ReadFlags::MOVED_FROM | ReadFlags::MOVED_TO;
    match name {
        // The root itself went.
        None => what.intersects(ReadFlags::DELETE_SELF | ReadFlags::MOVE_SELF),
        Some(name) => what.intersects(came_or_went) || (is_picture(name) && !name.starts_with(b".")),
    }
}

/// Whether changes of another machine may happen in a folder, of which no event tells.
pub fn is_shared(folder: &Path) -> bool {
    /// NFS, SMB, CIFS, SMB2, FUSE, 9p, Ceph.
    const SHARED: [u32; 7] = [0x6969, 0x517b, 0xff53_4d42, 0xfe53_4d42, 0x6573_5546, 0x0102_1997, 0x00c3_6400];
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the type is a 32-bit number")]
    rustix::fs::statfs(folder).is_ok_and(|system| SHARED.contains(&(system.f_type as u32)))
}
