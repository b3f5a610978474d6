//! How an asset is to look: the work for the renderer, and a digest by which a look that has changed is known.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use posterizarr_base::bounded;
use posterizarr_base::files::short_digest;
use posterizarr_base::servers::ServerKind;
use posterizarr_media::facts::Facts;
use posterizarr_media::model::ItemKind;
use posterizarr_media::sources::Subject;
use posterizarr_render::badge::Badge;
use posterizarr_render::config::Look;
use posterizarr_render::design::{ArtworkKind, Design};
use posterizarr_render::hiding::Hiding;
use posterizarr_render::picture::MAX_FILE_BYTES;
use posterizarr_render::text::StandIn;

use super::heading::{Heading, without_logo};
use super::picture::Source;
use super::plan::PlannedAsset;
use super::render::{Job, PLEX_LIMIT};
use super::settings::LibrarySettings;
use super::texts::printed_title;
use crate::Drawing;
use crate::library::select::Text;

/// To be raised when the same settings make other pictures than before.
const VERSION: u32 = 1;

/// The look of a run's assets.
pub(super) struct Looks<'a> {
    settings: &'a LibrarySettings,
    look: &'a Look,
    drawing: &'a Drawing,
    /// When the run began: what is new goes by that.
    now: DateTime<Utc>,
    /// The user's fonts and overlays.
    folder: PathBuf,
    /// Digests of those files, by name.
    files: Mutex<HashMap<String, String>>,
    /// What stands in for fonts that are not there.
    stand_in: &'static str,
    /// Whether what is made is uploaded.
    uploads: bool,
}

/// What decides how all assets are drawn.
pub(super) struct Drawn<'a> {
    pub(super) look: &'a Look,
    pub(super) drawing: &'a Drawing,
}

impl<'a> Looks<'a> {
    pub(super) fn new(
        settings: &'a LibrarySettings,
        Drawn { look, drawing }: Drawn<'a>,
        folder: PathBuf,
        uploads: bool,
    ) -> Self {
        let stand_in = StandIn::of_titles().name;
        Self { settings, look, drawing, now: Utc::now(), folder, files: Mutex::default(), stand_in, uploads }
    }

    /// Whether title cards have their title in capitals; then tables have it so, too.
    pub(super) fn capitals(&self) -> bool {
        self.look.design(ArtworkKind::TitleCard).is_ok_and(|design| design.title.capitals)
    }

    /// Whether a logo is to stand in the place of a title on it.
    pub(super) fn wants_logo(&self, asset: &PlannedAsset) -> bool {
        let is_on = self.settings.logos.covers(asset.kind) && !self.settings.offline.contains(&asset.kind);
        is_on && self.look.processing && self.look.design(asset.kind).is_ok_and(|design| design.logo_part().is_some())
    }

    /// What stands where the title belongs on an asset that is made again of the same picture; none where a logo has yet to
    /// be looked for, or none is wanted.
    pub(super) fn heading_again(&self, asset: &PlannedAsset, text: Text, known: Option<&Heading>) -> Option<Heading> {
        match known.filter(|_| self.wants_logo(asset))? {
            logo @ Heading::Logo(_) => Some(logo.clone()),
            Heading::Printed | Heading::Nothing => Some(without_logo(self.settings.logos, text)),
        }
    }

    /// How an asset is to be made of a picture.
    pub(super) fn job(&self, asset: &PlannedAsset, source: &Source, heading: Option<Heading>) -> Job {
        let (settings, has_text) = (self.settings, source.text == Text::With);
        let is_own = source.provider().is_none();
        let title = printed_title(&asset.entry.item, settings.original_title).to_owned();
        let (title, second) = match (asset.subject, asset.season(), asset.episode()) {
            (Subject::Season(number), Some(season), _) => (self.look.season_name(number, &season.title), title),
            (Subject::Episode { season, episode }, _, Some(found)) => {
                (found.title.clone(), self.look.episode_line(season, episode))
            }
            _ if asset.kind == ArtworkKind::Collection => {
                (self.collection_title(&title).to_owned(), self.look.collection_word.clone())
            }
            _ => (title, String::new()),
        };
        Job {
            kind: asset.kind,
            overlay: self.overlay(asset),
            with_text: !(has_text && (settings.skip_text || settings.skip_text_and_overlay)
                || is_own && settings.own_without_text.contains(&asset.kind)),
            heading,
            wants_logo: self.wants_logo(asset),
            with_overlay: !(has_text && settings.skip_text_and_overlay),
            with_border: !(has_text && settings.skip_text_and_border),
            title,
            second,
            badges: self.badges(asset),
            hiding: self.hiding(asset),
            limit: (self.uploads && settings.server == ServerKind::Plex).then_some(PLEX_LIMIT),
        }
    }

    /// What the asset tells of what the server knows.
    fn badges(&self, asset: &PlannedAsset) -> Vec<Badge> {
        let rules = self.drawing.badges.iter().filter(|rule| self.look.processing && rule.is_for(asset.kind));
        let mut rules = rules.peekable();
        let Some(facts) = rules.peek().and_then(|_| facts(asset)) else { return Vec::new() };
        rules.filter_map(|rule| rule.badge(&facts, self.now)).collect()
    }

    fn hiding(&self, asset: &PlannedAsset) -> Option<Hiding> {
        let is_hidden = self.look.processing
            && asset.kind == ArtworkKind::TitleCard
            && asset.episode().is_some_and(|episode| !episode.watched);
        self.drawing.unwatched.filter(|_| is_hidden)
    }

    /// What the asset tells or hides that may be otherwise tomorrow; empty for most.
    pub(super) fn told(&self, asset: &PlannedAsset) -> String {
        told(&self.badges(asset), self.hiding(asset))
    }

    /// The title of a collection. Where the word for it is printed below, it is not printed twice.
    fn collection_title<'t>(&self, title: &'t str) -> &'t str {
        let is_below = |design: &Design| design.second.is_some_and(|word| word.enabled);
        let (word, title) = (self.look.collection_word.trim(), title.trim());
        if word.is_empty() || !self.look.design(ArtworkKind::Collection).is_ok_and(is_below) {
            return title;
        }
        let start = title.len().checked_sub(word.len()).and_then(|at| title.split_at_checked(at));
        let name = start.filter(|(name, end)| name.ends_with(' ') && end.eq_ignore_ascii_case(word));
        name.map(|(name, _)| name.trim_end()).filter(|name| !name.is_empty()).unwrap_or(title)
    }

    /// The overlay for the resolution, where there is one; else that of shows.
    fn overlay(&self, asset: &PlannedAsset) -> Option<String> {
        let of_shows = || {
            let design = self.look.design(asset.kind).ok().filter(|_| asset.entry.item.kind == ItemKind::Show);
            design.and_then(|design| design.show_overlay.clone())
        };
        self.resolution_overlay(asset).or_else(of_shows)
    }

    fn resolution_overlay(&self, asset: &PlannedAsset) -> Option<String> {
        let resolution = match asset.episode() {
            Some(episode) => episode.resolution.as_deref(),
            None => asset.entry.item.resolution.as_deref(),
        };
        let resolution = resolution?.to_lowercase();
        let found =
            self.settings.resolution_overlays.iter().find(|(kind, name, _)| *kind == asset.kind && *name == resolution);
        found.map(|(.., file)| file.clone())
    }

    /// The digest of everything that decides how the asset looks, but for the picture that it is made of.
    pub(super) fn digest(&self, job: &Job) -> String {
        let Ok(design) = self.look.design(job.kind) else { return String::new() };
        let quality = self.look.quality;
        if !self.look.processing {
            return short_digest(format!("{VERSION} plain {quality} {:?}", job.kind).as_bytes());
        }
        let overlay = design.overlay.as_ref().filter(|_| job.with_overlay);
        let overlay = overlay.map(|normal| job.overlay.as_ref().unwrap_or(normal));
        let overlay = overlay.map(|name| self.file(name));
        let font = design.font.as_ref().map(|name| self.title_font(name));
        let rtl_font = design.rtl_font.as_ref().map(|name| self.file(name));
        let files: Vec<String> = [overlay, font, rtl_font].into_iter().flatten().collect();
        let text = job.with_text.then_some((&job.title, &job.second));
        let logo = (job.with_text && job.wants_logo).then_some((&job.heading, self.look.logo_colour));
        let logo = logo.map(|logo| format!(" {logo:?}")).unwrap_or_default();
        let told =
            (!job.badges.is_empty() || job.hiding.is_some()).then(|| format!(" {:?} {:?}", job.badges, job.hiding));
        let told = told.unwrap_or_default();
        short_digest(
            format!("{VERSION} {quality} {design:?} {files:?} {text:?} {}{logo}{told}", job.with_border).as_bytes(),
        )
    }

    /// The digest of a font for titles, or the name of what stands in for it.
    fn title_font(&self, name: &str) -> String {
        let file = self.file(name);
        if file.is_empty() { self.stand_in.to_owned() } else { file }
    }

    /// The digest of a font or an overlay.
    fn file(&self, name: &str) -> String {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let read = || bounded::read(&self.folder.join(name), MAX_FILE_BYTES).map(|content| short_digest(&content));
        // A file that is not there is one of those that come with the program, or will be complained of.
        files.entry(name.to_owned()).or_insert_with(|| read().unwrap_or_default()).clone()
    }
}

/// What is known of what the asset is for. A season has its show's facts, and a date of its own.
fn facts(asset: &PlannedAsset) -> Option<Cow<'_, Facts>> {
    if let Some(episode) = asset.episode() {
        return episode.facts.as_deref().map(Cow::Borrowed);
    }
    let facts = asset.entry.item.facts.as_deref()?;
    Some(match asset.season() {
        Some(season) => Cow::Owned(Facts { added: season.added, ..facts.clone() }),
        None => Cow::Borrowed(facts),
    })
}

/// The words of badges, and whether the picture is hidden.
pub(super) fn told(badges: &[Badge], hiding: Option<Hiding>) -> String {
    let words = badges.iter().map(|badge| badge.text.clone());
    words.chain(hiding.map(|_| "not watched".to_owned())).collect::<Vec<_>>().join(" | ")
}
