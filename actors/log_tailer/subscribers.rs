//! Who wants the lines of one file.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

/// Batches that wait for one subscriber; with the size of a read it bounds what a slow one can hold (4 MiB, and all
/// subscribers of a file share it).
pub const QUEUED_BATCHES: usize = 64;

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

/// The subscribers of one file.
#[derive(Debug, Default)]
pub struct Subscribers {
    all: Vec<Subscriber>,
}

#[derive(Debug)]
struct Subscriber {
    queue: mpsc::Sender<Batch>,
    skipped: u64,
}

impl Subscribers {
    /// Takes one more.
    pub fn add(&mut self) -> mpsc::Receiver<Batch> {
        let (queue, lines) = mpsc::channel(QUEUED_BATCHES);
        self.all.push(Subscriber { queue, skipped: 0 });
        lines
    }

    /// Gives everybody the lines of `text`. Never waits: who has no room loses them.
    pub fn send(&mut self, text: String) {
        if text.is_empty() || self.all.is_empty() {
            return;
        }
        let count = lines(&text).count() as u64;
        let text: Arc<str> = text.into();
        for subscriber in &mut self.all {
            let batch = Batch { skipped: subscriber.skipped, text: text.clone() };
            match subscriber.queue.try_send(batch) {
                Ok(()) => subscriber.skipped = 0,
                Err(TrySendError::Full(_)) => subscriber.skipped += count,
                Err(TrySendError::Closed(_)) => {}
            }
        }
    }

    /// Forgets those who are gone.
    pub fn sweep(&mut self) {
        self.all.retain(|subscriber| !subscriber.queue.is_closed());
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there is nobody.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscriber_that_does_not_keep_up_loses_lines_and_is_told_how_many() {
        let mut subscribers = Subscribers::default();
        let mut slow = subscribers.add();
        let mut quick = subscribers.add();
        for n in 0..QUEUED_BATCHES + 3 {
            subscribers.send(format!("{n}\n{n} again\n"));
            assert_eq!(quick.try_recv().unwrap().skipped, 0);
        }
        for n in 0..QUEUED_BATCHES {
            let batch = slow.try_recv().unwrap();
            assert_eq!(batch.skipped, 0);
            assert_eq!(batch.lines().collect::<Vec<_>>(), [n.to_string(), format!("{n} again")]);
        }
        assert!(slow.try_recv().is_err());
        subscribers.send("next\n".to_owned());
        let batch = slow.try_recv().unwrap();
        assert_eq!(batch.skipped, 6);
        assert_eq!(batch.lines().collect::<Vec<_>>(), ["next"]);
    }

    #[test]
    fn a_subscriber_that_is_gone_is_forgotten() {
        let mut subscribers = Subscribers::default();
        drop(subscribers.add());
        let _stays = subscribers.add();
        subscribers.sweep();
        assert_eq!(subscribers.len(), 1);
    }
}
