//! Being woken when something happens in a folder.
//!
//! File events are hints: one that is missed (network folders deliver none, queues overflow) only means that the next
//! poll finds the change. The callback sets one flag and wakes the actor once until the actor has looked.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

/// Watches folders, not what is below them.
pub struct FileEvents {
    /// Whose folders they are, for the log.
    of: &'static str,
    watcher: Option<RecommendedWatcher>,
    watched: Vec<(PathBuf, Identity)>,
    woken: Arc<AtomicBool>,
    troubled: bool,
}

type Identity = (u64, u64);

impl FileEvents {
    /// Calls `wake` after an event, once until [`FileEvents::looked`]; `wake` tells whether it got through. `of` says in
    /// the log what goes without events if there are none.
    pub fn new(of: &'static str, wake: impl Fn() -> bool + Send + 'static) -> Self {
        let woken = Arc::new(AtomicBool::new(false));
        let flag = woken.clone();
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            if is_change(&event) && !flag.swap(true, Ordering::AcqRel) && !wake() {
                flag.store(false, Ordering::Release);
            }
        });
        let mut watch = Self { of, watcher: None, watched: Vec::new(), woken, troubled: false };
        match watcher {
            Ok(watcher) => watch.watcher = Some(watcher),
            Err(error) => watch.complain(&error),
        }
        watch
    }

    /// Lets the next event wake again. To be called before looking, so that nothing falls in between.
    pub fn looked(&self) {
        self.woken.store(false, Ordering::Release);
    }

    /// Watches these folders and no others. A folder that was replaced is watched anew; one that is missing, once it is
    /// there again.
    pub fn keep(&mut self, folders: &[PathBuf]) {
        let Some(watcher) = &mut self.watcher else { return };
        let current =
            |folder: &Path| std::fs::metadata(folder).ok().filter(Metadata::is_dir).map(|m| (m.dev(), m.ino()));
        self.watched.retain(|(folder, identity)| {
            let kept = folders.contains(folder) && current(folder) == Some(*identity);
            if !kept {
                // Fails where the folder went away and its watch with it.
                let _ = watcher.unwatch(folder);
            }
            kept
        });
        let mut trouble = None;
        for folder in folders {
            if self.watched.iter().any(|(watched, _)| watched == folder) {
                continue;
            }
            let Some(identity) = current(folder) else { continue };
            match watcher.watch(folder, RecursiveMode::NonRecursive) {
                Ok(()) => self.watched.push((folder.clone(), identity)),
                Err(error) => trouble = Some(error),
            }
        }
        if let Some(error) = trouble {
            self.complain(&error);
        }
    }

    fn complain(&mut self, error: &notify::Error) {
        if std::mem::replace(&mut self.troubled, true) {
            return;
        }
        tracing::warn!(
            %error,
            "no file events for {}, polled instead. If the limit of watches is reached, raise the sysctls \
             fs.inotify.max_user_watches and fs.inotify.max_user_instances",
            self.of
        );
    }
}

/// Whether a file may have changed. Our own reading makes events too: they must not wake us.
fn is_change(event: &notify::Result<Event>) -> bool {
    event.as_ref().map_or(true, |event| event.need_rescan() || !matches!(event.kind, EventKind::Access(_)))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, channel};
    use std::time::Duration;

    use super::*;

    /// The events of a folder, and what wakes.
    fn watched(folder: &Path) -> (FileEvents, Receiver<()>) {
        let (tell, told) = channel();
        let mut events = FileEvents::new("tests", move || tell.send(()).is_ok());
        events.keep(&[folder.to_owned()]);
        (events, told)
    }

    fn is_woken(told: &Receiver<()>) {
        told.recv_timeout(Duration::from_secs(20)).expect("an event wakes");
    }

    #[test]
    fn an_event_wakes_once_until_somebody_looked() {
        let folder = tempfile::tempdir().unwrap();
        let (events, told) = watched(folder.path());
        std::fs::write(folder.path().join("a"), "x").unwrap();
        is_woken(&told);
        std::fs::write(folder.path().join("b"), "x").unwrap();
        assert!(told.try_recv().is_err(), "nobody looked yet");
        events.looked();
        std::fs::write(folder.path().join("c"), "x").unwrap();
        is_woken(&told);
    }

    #[test]
    fn a_folder_that_was_replaced_is_watched_anew() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("watched");
        std::fs::create_dir(&folder).unwrap();
        let (mut events, told) = watched(&folder);
        std::fs::rename(&folder, root.path().join("away")).unwrap();
        std::fs::create_dir(&folder).unwrap();
        events.keep(std::slice::from_ref(&folder));
        events.looked();
        while told.try_recv().is_ok() {}
        events.looked();
        std::fs::write(folder.join("a"), "x").unwrap();
        is_woken(&told);
    }
}
