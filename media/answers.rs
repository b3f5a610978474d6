//! What providers have answered, kept on disk: whoever asks again within the time is told the same without a request.
//!
//! Only answers are kept, never troubles, and by addresses that have no key in them. A provider that had nothing may have
//! something tomorrow; that it had something is good for a week.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use posterizarr_base::disk_cache::SealedCache;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::memo::Memo;
use crate::service::ServiceError;

/// How long an answer with something in it is good, in seconds.
pub const HITS: u64 = 7 * 24 * 60 * 60;
/// How long an answer with nothing in it is.
pub const MISSES: u64 = 24 * 60 * 60;
/// All answers together, in bytes.
const MAX_BYTES: u64 = 256 << 20;
/// A single one, in bytes.
const MAX_SIZE: u64 = 8 << 20;
/// The form of what is kept; answers of another one are not found.
const VERSION: &str = "1";

/// What is done with the folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Answers are read and kept.
    Full,
    /// Nothing is written.
    ReadOnly,
    /// Everybody is asked anew; the answers are kept.
    Fresh,
}

#[derive(Debug, Default)]
pub struct Answers {
    reads: Option<SealedCache>,
    writes: Option<SealedCache>,
}

/// An answer, and when it was given, in seconds since 1970.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Dated<T> {
    asked: u64,
    answer: T,
}

impl<T> Dated<T> {
    /// A clock that was set back makes an answer old.
    fn is_older_than(&self, seconds: u64) -> bool {
        now().checked_sub(self.asked).is_none_or(|age| age > seconds)
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

impl Answers {
    /// The answers below a folder.
    pub fn open(folder: &Path, kind: Use) -> Self {
        let cache = || Some(SealedCache::new(folder.join(VERSION), MAX_BYTES, MAX_SIZE));
        Self {
            reads: (kind != Use::Fresh).then(cache).flatten(),
            writes: (kind != Use::ReadOnly).then(cache).flatten(),
        }
    }

    fn kept<T: DeserializeOwned>(&self, address: &str) -> Option<Dated<T>> {
        let content = self.reads.as_ref()?.get(address)?;
        let kept: Dated<T> = serde_json::from_slice(&content).ok()?;
        Some(kept).filter(|kept| !kept.is_older_than(HITS))
    }

    fn keep<T: Serialize>(&self, address: &str, answer: &Dated<T>) {
        let Some(cache) = &self.writes else { return };
        if let Ok(content) = serde_json::to_vec(answer) {
            // Without it the provider is asked again, which is all.
            let _ = cache.put(address, &content);
        }
    }
}

/// Answers of one kind about one title: each is asked for once a run, and not at all while a kept one is good.
#[derive(Debug)]
pub(crate) struct Remembered<T>(Memo<(String, bool), Result<Dated<T>, ServiceError>>);

impl<T> Default for Remembered<T> {
    fn default() -> Self {
        Self(Memo::default())
    }
}

impl<T: Clone + Serialize + DeserializeOwned> Remembered<T> {
    /// The answer at an address. `is_miss` says whether it has nothing of what is sought: then a kept one is good for a
    /// shorter time.
    ///
    /// # Errors
    /// What the host answers instead.
    pub(crate) async fn get(
        &self,
        answers: &Answers,
        address: &str,
        is_miss: impl Fn(&T) -> bool,
        ask: impl AsyncFn() -> Result<T, ServiceError>,
    ) -> Result<T, ServiceError> {
        let anew = async || {
            let answer = Dated { answer: ask().await?, asked: now() };
            answers.keep(address, &answer);
            Ok(answer)
        };
        let known = async {
            match answers.kept(address) {
                Some(kept) => Ok(kept),
                None => anew().await,
            }
        };
        let found = self.0.get_or((address.to_owned(), false), known).await?;
        if is_miss(&found.answer) && found.is_older_than(MISSES) {
            return Ok(self.0.get_or((address.to_owned(), true), anew()).await?.answer);
        }
        Ok(found.answer)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    const AT: &str = "http://tmdb/movie/1/images?language=en";

    /// Asks in a run of its own; gives what was said, and whether somebody was asked.
    async fn asked(
        folder: &Path,
        kind: Use,
        reply: Result<Vec<u32>, ServiceError>,
    ) -> (Result<Vec<u32>, ServiceError>, bool) {
        let (answers, count) = (Answers::open(folder, kind), AtomicU32::new(0));
        let remembered = Remembered::default();
        let mut said = Ok(Vec::new());
        for _ in 0..2 {
            let ask = async || {
                count.fetch_add(1, Ordering::Relaxed);
                reply.clone()
            };
            said = remembered.get(&answers, AT, |answer: &Vec<u32>| answer.is_empty(), ask).await;
        }
        let count = count.into_inner();
        assert!(count <= 1, "a run asks once");
        (said, count == 1)
    }

    fn made_older(folder: &Path, seconds: u64, answer: &[u32]) {
        let answers = Answers::open(folder, Use::Full);
        answers.keep(AT, &Dated { asked: now() - seconds, answer });
    }

    #[tokio::test]
    async fn hits_are_good_for_a_week_misses_for_a_day_and_troubles_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let trouble = || Err(ServiceError::TimedOut { host: "TMDB".into() });
        assert_eq!(asked(folder, Use::Full, trouble()).await, (trouble(), true));
        assert_eq!(asked(folder, Use::Full, Ok(vec![1])).await, (Ok(vec![1]), true));
        assert_eq!(asked(folder, Use::Full, Ok(vec![2])).await, (Ok(vec![1]), false));
        assert_eq!(asked(folder, Use::Fresh, trouble()).await, (trouble(), true));
        assert_eq!(asked(folder, Use::Fresh, Ok(vec![3])).await, (Ok(vec![3]), true));
        for (seconds, answer, again) in
            [(HITS - 60, &[9][..], false), (HITS + 60, &[9], true), (MISSES - 60, &[], false), (MISSES + 60, &[], true)]
        {
            made_older(folder, seconds, answer);
            assert_eq!(asked(folder, Use::Full, Ok(vec![4])).await.1, again, "{seconds} {answer:?}");
        }
    }

    #[tokio::test]
    async fn who_only_reads_writes_nothing_and_damage_costs_a_question() {
        let folder = tempfile::tempdir().unwrap();
        assert!(asked(folder.path(), Use::ReadOnly, Ok(vec![1])).await.1);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        let cache = SealedCache::new(folder.path().join(VERSION), MAX_BYTES, MAX_SIZE);
        cache.put(AT, b"{\"asked\": \"never\"}").unwrap();
        assert!(asked(folder.path(), Use::ReadOnly, Ok(vec![1])).await.1);
    }
}
