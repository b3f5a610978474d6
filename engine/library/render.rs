//! Making pictures on threads of their own, with prepared_designs that are read once.

use std::collections::HashMap;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use posterizarr_render::badge::{Badge, Spacing};
use posterizarr_render::config::Look;
use posterizarr_render::design::ArtworkKind;
use posterizarr_render::geometry::Size;
use posterizarr_render::hiding::Hiding;
use posterizarr_render::picture::{Canvas, DecodeError, decode, encode, head};
use posterizarr_render::prepared::{AssetCache, PreparedDesign, Printed};
use posterizarr_render::{LogoError, TitleLogo, memory};
use tokio::sync::{Semaphore, SemaphorePermit, oneshot};

use super::heading::Heading;
use super::picture::Bytes;

/// What Plex takes.
pub(super) const PLEX_LIMIT: usize = 10 * 1024 * 1024;
/// Below this quality a picture is not worth showing.
const MIN_QUALITY: u8 = 60;

/// Below this width or height a picture is nothing but blur on artwork.
const TINY: Size = Size::new(400, 225);

/// A picture to be made.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) kind: ArtworkKind,
    /// Another overlay than the kind's own.
    pub(super) overlay: Option<String>,
    pub(super) with_text: bool,
    pub(super) with_overlay: bool,
    pub(super) with_border: bool,
    /// What stands where the title belongs; none where the title is printed and no logo is wanted.
    pub(super) heading: Option<Heading>,
    /// Whether a logo is wanted.
    pub(super) wants_logo: bool,
    pub(super) title: String,
    pub(super) second: String,
    /// What stands on top.
    pub(super) badges: Vec<Badge>,
    /// How the picture is kept from giving away what happens in it.
    pub(super) hiding: Option<Hiding>,
    /// The largest file that the receiver takes.
    pub(super) limit: Option<usize>,
}

/// A picture that is made.
#[derive(Debug)]
pub(super) struct Rendered {
    pub(super) file: Vec<u8>,
    pub(super) truncated: bool,
    /// Characters that no font has.
    pub(super) missing: Vec<char>,
    /// The size of its source, where that is so small that it shows.
    pub(super) tiny: Option<Size>,
}

/// Why it is not.
#[derive(Debug)]
pub(super) enum RenderError {
    /// The source is no picture after all.
    Source(String),
    /// The file is not a logo.
    Logo(String),
    Other(String),
}

fn no_logo(error: LogoError) -> RenderError {
    RenderError::Logo(error.to_string())
}

/// Overlay and border of a prepared design.
type Dress = (ArtworkKind, Option<String>, bool);

/// Threads, fonts and overlays.
pub(super) struct Renderer {
    look: Look,
    cache: Mutex<AssetCache>,
    prepared_designs: Mutex<HashMap<Dress, Arc<PreparedDesign>>>,
    pool: rayon::ThreadPool,
    places: Semaphore,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Renderer {
    pub(super) fn new(look: Look, folder: &Path, jobs: Option<usize>) -> Result<Self, String> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = jobs.unwrap_or(cores).min(cores).clamp(1, crate::WORKERS);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().map_err(|error| error.to_string())?;
        Ok(Self {
            look,
            cache: Mutex::new(AssetCache::new(folder)),
            prepared_designs: Mutex::default(),
            pool,
            // One is fetched while another is made; more would only fill the memory.
            places: Semaphore::new(threads * 2),
        })
    }

    /// A place for one picture, from before it is fetched until it is made: this bounds the memory.
    pub(super) async fn place(&self) -> Option<SemaphorePermit<'_>> {
        self.places.acquire().await.ok()
    }

    /// Reads what a kind needs; tells what is missing before anything is made.
    ///
    /// # Errors
    /// An overlay that cannot be used, in words.
    pub(super) fn prepare(&self, kind: ArtworkKind) -> Result<(), String> {
        let design = self.look.design(kind).map_err(|problem| problem.to_string())?;
        for overlay in [design.overlay.clone(), design.clone().of_show().overlay] {
            self.prepared((kind, overlay, design.border.is_some()))?;
        }
        Ok(())
    }

    /// What had to be done in another way than configured, since this was asked last.
    pub(super) fn take_warnings(&self) -> Vec<String> {
        lock(&self.cache).take_warnings()
    }

    fn prepared(&self, dress: Dress) -> Result<Arc<PreparedDesign>, String> {
        if let Some(prepared) = lock(&self.prepared_designs).get(&dress) {
            return Ok(prepared.clone());
        }
        let mut design = self.look.design(dress.0).map_err(|problem| problem.to_string())?.clone();
        design.overlay.clone_from(&dress.1);
        design.border = design.border.filter(|_| dress.2);
        let prepared = Arc::new(lock(&self.cache).prepared(&design).map_err(|error| error.to_string())?);
        lock(&self.prepared_designs).insert(dress, prepared.clone());
        Ok(prepared)
    }

    /// Makes the picture on one of the threads, with a logo where the job has one.
    pub(super) async fn render(
        self: &Arc<Self>,
        job: Job,
        source: Bytes,
        logo: Option<Bytes>,
    ) -> Result<Rendered, RenderError> {
        let (done, result) = oneshot::channel();
        let this = self.clone();
        self.pool.spawn(move || {
            // A picture that breaks a decoder is one picture lost, not the run.
            let made = catch_unwind(AssertUnwindSafe(|| this.make(&job, &source, logo.as_deref())));
            let broke = |_| Err(RenderError::Source("it breaks the decoder".to_owned()));
            let _ = done.send(made.unwrap_or_else(broke));
        });
        result.await.unwrap_or_else(|_| Err(RenderError::Other("the thread is gone".to_owned())))
    }

    fn make(&self, job: &Job, source: &[u8], logo: Option<&Vec<u8>>) -> Result<Rendered, RenderError> {
        let broken = |error: DecodeError| RenderError::Source(error.to_string());
        let head = |bytes| head(Cursor::new(bytes));
        let source_head = head(source).map_err(broken)?;
        // A drawing has no pixels until it is drawn in the size of a text.
        let logo_head = logo.and_then(|logo| head(logo).ok());
        let cost = memory::to_decode(source_head) + logo_head.map_or(0, memory::to_decode);
        let memory = memory::reserve(cost);
        let logo = logo.map(|logo| TitleLogo::decode(logo)).transpose().map_err(no_logo)?;
        let source = decode(source).map_err(broken)?;
        let size = Size::from(source.pixels.dimensions());
        let tiny = (size.width < TINY.width || size.height < TINY.height).then_some(size);
        let design = self.look.design(job.kind).map_err(|problem| RenderError::Other(problem.to_string()))?;
        if !self.look.processing {
            let canvas = Canvas::covered_by(source, design.kind.canvas());
            let file = self.encoded(&canvas, job.limit, false)?;
            return Ok(Rendered { file, truncated: false, missing: Vec::new(), tiny });
        }
        let overlay = design.overlay.clone().filter(|_| job.with_overlay);
        let overlay = overlay.map(|normal| job.overlay.clone().unwrap_or(normal));
        let prepared = self
            .prepared((job.kind, overlay, job.with_border && design.border.is_some()))
            .map_err(RenderError::Other)?;
        let mut canvas = prepared.compose_hidden(source, job.hiding);
        drop(memory);
        let printed = self.lettered(&mut canvas, &prepared, job, logo.as_ref()).map_err(no_logo)?;
        if printed.truncated {
            // Nobody will see it.
            return Ok(Rendered { file: Vec::new(), truncated: true, missing: printed.missing, tiny });
        }
        if !job.badges.is_empty() {
            prepared.badges(&mut canvas, &job.badges, Spacing::default());
        }
        let file = self.encoded(&canvas, job.limit, true)?;
        Ok(Rendered { file, truncated: false, missing: printed.missing, tiny })
    }

    /// Puts the title, or what stands in its place, and the other text on the picture.
    fn lettered(
        &self,
        canvas: &mut Canvas,
        prepared: &PreparedDesign,
        job: &Job,
        logo: Option<&TitleLogo>,
    ) -> Result<Printed, LogoError> {
        let (title, second) = (job.title.as_str(), job.second.as_str());
        Ok(match (&job.heading, logo) {
            _ if !job.with_text => Printed::default(),
            (Some(Heading::Logo(_)), Some(logo)) => {
                prepared.letter_with_logo(canvas, logo, self.look.logo_colour, (title, second))?
            }
            // On a season the logo would stand for the show; its own name is printed all the same.
            (Some(Heading::Nothing), _) if job.kind == ArtworkKind::Season => prepared.letter(canvas, title, "", None),
            (Some(Heading::Nothing), _) => Printed::default(),
            _ => prepared.letter(canvas, title, second, None),
        })
    }

    /// The file; of less quality where it would be too large for its receiver.
    fn encoded(&self, canvas: &Canvas, limit: Option<usize>, marked: bool) -> Result<Vec<u8>, RenderError> {
        let mut quality = self.look.quality;
        loop {
            let file =
                encode(canvas.pixels(), quality, marked).map_err(|error| RenderError::Other(error.to_string()))?;
            if limit.is_none_or(|limit| file.len() <= limit) || quality <= MIN_QUALITY {
                return Ok(file);
            }
            quality = quality.saturating_sub(4).max(MIN_QUALITY);
        }
    }
}
