//! Who wants the lines of one file.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::mpsc;

/// Bytes that wait for one subscriber at most, and batches. A client may stall for a while when little is written, or for
/// a moment when much is; all subscribers of a file share the text.
pub const QUEUED_BYTES: usize = 4 * 1024 * 1024;
const QUEUED_BATCHES: usize = 4096;

/// Lines that came together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// How many lines this subscriber lost before these, because it did not keep up.
    pub skipped: u64,
    text: Arc<str>,
}

impl Batch {
    /// The lines, oldest first: trimmed, none blank.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        lines(&self.text)
    }
}

/// The lines of a text that [`push`] made.
pub fn lines(text: &str) -> impl Iterator<Item = &str> {
    // Lines hold no line ends, so they share one allocation.
    text.split('\n').filter(|line| !line.is_empty())
}

/// Adds a line to a text of lines; blank ones are left out.
pub fn push(text: &mut String, line: &str) {
    if !line.is_empty() {
        text.push_str(line);
        text.push('\n');
    }
}

/// The lines of one subscription as they come. Dropping it ends the subscription.
#[derive(Debug)]
pub struct Lines {
    queue: mpsc::Receiver<Batch>,
    waiting: Arc<AtomicUsize>,
}

impl Lines {
    /// Waits for the next lines; none once the LogTailer is gone. May be cancelled without losing lines.
    pub async fn next(&mut self) -> Option<Batch> {
        let batch = self.queue.recv().await?;
        self.waiting.fetch_sub(batch.text.len(), Ordering::Relaxed);
        Some(batch)
    }

    /// Bytes that wait.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }
}

/// The subscribers of one file.
#[derive(Debug, Default)]
pub struct Subscribers {
    all: Vec<Subscriber>,
}

#[derive(Debug)]
struct Subscriber {
    queue: mpsc::Sender<Batch>,
    waiting: Arc<AtomicUsize>,
    skipped: u64,
}

impl Subscriber {
    fn send(&mut self, text: &Arc<str>, count: u64) {
        let fits = self.waiting.load(Ordering::Relaxed) + text.len() <= QUEUED_BYTES;
        let room = self.queue.try_reserve().ok().filter(|_| fits);
        match room {
            Some(room) => {
                self.waiting.fetch_add(text.len(), Ordering::Relaxed);
                room.send(Batch { skipped: std::mem::take(&mut self.skipped), text: text.clone() });
            }
            None => self.skipped += count,
        }
    }
}

impl Subscribers {
    /// Takes one more.
    pub fn add(&mut self) -> Lines {
        let (sender, queue) = mpsc::channel(QUEUED_BATCHES);
        let waiting = Arc::<AtomicUsize>::default();
        self.all.push(Subscriber { queue: sender, waiting: waiting.clone(), skipped: 0 });
        Lines { queue, waiting }
    }

    /// Gives everybody the lines of `text`. Never waits: who has no room loses them.
    pub fn send(&mut self, text: String) {
        if text.is_empty() || self.all.is_empty() {
            return;
        }
        let count = lines(&text).count() as u64;
        let text: Arc<str> = text.into();
        for subscriber in &mut self.all {
            subscriber.send(&text, count);
        }
    }

    /// Forgets those who are gone.
    pub fn sweep(&mut self) {
        self.all.retain(|subscriber| !subscriber.queue.is_closed());
    }

    /// Whether there is nobody.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_subscriber_that_does_not_keep_up_loses_lines_and_is_told_how_many() {
        let mut subscribers = Subscribers::default();
        let mut slow = subscribers.add();
        let mut quick = subscribers.add();
        let kibibyte = "x".repeat(1023) + "\n";
        let sent = QUEUED_BYTES / kibibyte.len() + 3;
        for _ in 0..sent {
            subscribers.send(kibibyte.clone());
            assert_eq!(quick.next().await.unwrap().skipped, 0);
        }
        assert_eq!(slow.waiting(), QUEUED_BYTES);
        while slow.waiting() > 0 {
            assert_eq!(slow.next().await.unwrap().skipped, 0);
        }
        subscribers.send("next\nand more\n".to_owned());
        let batch = slow.next().await.unwrap();
        assert_eq!(batch.skipped, 3);
        assert_eq!(batch.lines().collect::<Vec<_>>(), ["next", "and more"]);
        assert_eq!((slow.waiting(), quick.waiting()), (0, 14));
    }

    #[test]
    fn a_subscriber_that_is_gone_is_forgotten() {
        let mut subscribers = Subscribers::default();
        drop(subscribers.add());
        let _stays = subscribers.add();
        subscribers.sweep();
        assert_eq!(subscribers.all.len(), 1);
    }
}
