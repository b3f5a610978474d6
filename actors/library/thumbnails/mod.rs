//! Thumbnailer: small versions of pictures, made once and kept on disk.
//!
//! Theory of operation: a thumbnail's name holds the picture's path, time, size, the width and the format, so that a changed picture has
//! another name and the old file just falls out of use. What is on disk already is served without coming here. The actor
//! sees to it that a picture is rendered once however many ask for it, and that few are decoded at a time, within the budget
//! that all pictures share: memory is bounded whatever they are.

mod encoding;
mod messages;
mod render;
mod view;

pub use encoding::Encoding;
pub use messages::MakeThumbnail;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
pub use view::ThumbnailView;

use actix::{AsyncContext, Message};
use futures_util::FutureExt;
use futures_util::future::{LocalBoxFuture, Shared as SharedFuture};
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use crate::library::pictures::PictureError;
use crate::runtime::guard::{Ctx, Handler, Reply, Service};
use crate::runtime::offload::attempt;
use crate::runtime::shared::Shared;
use crate::runtime::view::View;
use posterizarr_base::disk_cache::DiskCache;
use posterizarr_base::files::short_hex;

/// The widths there are; any other becomes the next larger one.
pub const WIDTHS: [u32; 6] = [160, 320, 480, 640, 960, 1280];
/// The width where the client does not say.
pub const USUAL_WIDTH: u32 = 320;

/// A picture that changed less than this ago may change once more and keep its time: there are file systems that count by two
/// seconds.
const SETTLED: Duration = Duration::from_secs(5);

/// The name of a thumbnail: of this picture, as it is now, at this width, encoded like this.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ThumbnailName {
    text: String,
    encoding: Encoding,
    /// When the picture last changed.
    changed: SystemTime,
}

impl ThumbnailName {
    /// Looks at the picture on disk. Blocks.
    pub fn of(picture: &Path, width: u32, encoding: Encoding) -> Result<Self, PictureError> {
        let found = std::fs::metadata(picture)?;
        if !found.is_file() {
            return Err(PictureError::Missing);
        }
        let changed = found.modified()?;
        let name = Sha256::new()
            .chain_update(picture.as_os_str().as_encoded_bytes())
            .chain_update([0])
            .chain_update(since_1970(changed).as_nanos().to_be_bytes())
            .chain_update(found.len().to_be_bytes())
            .chain_update(width.to_be_bytes())
            .finalize();
        Ok(Self { text: short_hex(&name), encoding, changed })
    }

    /// Whether this time, in milliseconds since 1970 and rounded either way, tells the picture apart from all it was before
    /// and will be later.
    pub fn is_edition(&self, milliseconds: u64, now: SystemTime) -> bool {
        let told = Duration::from_millis(milliseconds);
        since_1970(self.changed).abs_diff(told) <= Duration::from_millis(1)
            && now.duration_since(self.changed).is_ok_and(|age| age >= SETTLED)
    }

    /// How it is encoded.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Its file in the folder of thumbnails: letters, digits and a dot.
    pub fn file(&self) -> String {
        format!("{}.{}", self.text, self.encoding.extension())
    }
}

fn since_1970(time: SystemTime) -> Duration {
    time.duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// The width that is made where this one is asked for.
pub fn snapped(width: u32) -> u32 {
    let largest = WIDTHS.iter().copied().max().unwrap_or(USUAL_WIDTH);
    WIDTHS.into_iter().find(|step| *step >= width).unwrap_or(largest)
}

/// A thumbnail is made, or will not be.
#[derive(Debug, Message)]
#[rtype(result = "()")]
struct Finished {
    name: ThumbnailName,
    well: bool,
}

type Making = SharedFuture<LocalBoxFuture<'static, Result<PathBuf, PictureError>>>;

/// Owns the cache of small pictures, and what is being made for it.
pub struct Thumbnailer {
    view: View<ThumbnailView>,
    cache: Arc<DiskCache>,
    making: HashMap<ThumbnailName, Making>,
    permits: Arc<Semaphore>,
}

impl Thumbnailer {
    /// Made with what the folder holds; it keeps at most so many bytes.
    pub fn new(shared: Shared, view: View<ThumbnailView>, most: u64) -> Self {
        let cache = Arc::new(DiskCache::open(shared.data.thumbnails(), most));
        let at_once = std::thread::available_parallelism().map_or(1, |cores| cores.get().min(4));
        view.publish(ThumbnailView { bytes: cache.used(), ..*view.get() });
        Self { view, cache, making: HashMap::new(), permits: Arc::new(Semaphore::new(at_once)) }
    }

    fn make(&self, MakeThumbnail { picture, name, width }: MakeThumbnail, ctx: &mut Ctx<Self>) -> Making {
        let (cache, permits, this) = (self.cache.clone(), self.permits.clone(), ctx.address());
        let making = async move {
            let permit = permits.acquire_owned().await;
            let (file, encoding) = (name.file(), name.encoding());
            let rendered = attempt(move || {
                let _permit = permit;
                let content = render::thumbnail(&picture, width, encoding)?;
                Ok(cache.put(&file, &content)?)
            });
            // A decoder that panics has met a picture it cannot read.
            let broken = |_| Err(PictureError::Unreadable("its decoder gave up".to_owned()));
            let result = rendered.await.unwrap_or_else(broken);
            this.do_send(Finished { name, well: result.is_ok() });
            result
        };
        making.boxed_local().shared()
    }
}

impl Service for Thumbnailer {
    const NAME: &'static str = "Thumbnailer";
}

impl Handler<MakeThumbnail> for Thumbnailer {
    fn answer(&mut self, asked: MakeThumbnail, ctx: &mut Ctx<Self>) -> Reply<Result<PathBuf, PictureError>> {
        if let Some(making) = self.making.get(&asked.name) {
            return Reply::later(making.clone());
        }
        // It may have been made while this was on its way.
        if let Some(path) = self.cache.get(&asked.name.file()) {
            return Ok(path).into();
        }
        let name = asked.name.clone();
        let making = self.make(asked, ctx);
        self.making.insert(name, making.clone());
        Reply::later(making)
    }
}

impl Handler<Finished> for Thumbnailer {
    fn answer(&mut self, Finished { name, well }: Finished, _: &mut Ctx<Self>) -> Reply<()> {
        self.making.remove(&name);
        let mut view = *self.view.get();
        *(if well { &mut view.rendered } else { &mut view.failed }) += 1;
        view.bytes = self.cache.used();
        self.view.publish(view);
        ().into()
    }
}

#[cfg(test)]
mod tests;
