//! `-Testing`: samples of posters, seasons, backgrounds and title cards, with short to long titles, as configured.
//!
//! A plain picture with a mark in its middle takes the place of artwork, and the boxes for text are filled, so that what a
//! setting does can be seen. Nothing is fetched.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fs, io};

use posterizarr_base::run_events::{AssetEvent, AssetResult, RunEvent};
use rayon::prelude::*;

use posterizarr_base::files;
use posterizarr_base::said::Reason;
use posterizarr_render::{
    BOX,
    config::Look,
    design::{ArtworkKind, Design, TextPart},
    ground, memory, overlays,
    picture::{Canvas, encode},
    prepared::{AssetCache, PreparedDesign, Printed},
};

use crate::library::Why;
use crate::{
    pool,
    report::Counts,
    work::{RunError, Work},
};

const TITLES: [(&str, &str); 3] = [
    ("ShortText", "The Hobbit"),
    ("MediumText", "The Hobbit is a great movie"),
    ("LongText", "The Hobbit is a great movie that we all loved and enjoyed watching"),
];

/// The kinds that have samples; how their files begin, and how the one without text is called.
const KINDS: [(ArtworkKind, &str, &str); 4] = [
    (ArtworkKind::Poster, "poster", "PosterTextless"),
    (ArtworkKind::Season, "SeasonPoster", "SeasonPosterTextless"),
    (ArtworkKind::Background, "background", "BackgroundTextless"),
    (ArtworkKind::TitleCard, "TitleCard", "TitleCardTextless"),
];
/// The same of those that look otherwise for shows, where an overlay of their own is set.
const KINDS_OF_SHOWS: [(ArtworkKind, &str, &str); 2] = [
    (ArtworkKind::Poster, "showPoster", "ShowPosterTextless"),
    (ArtworkKind::Background, "showBackground", "ShowBackgroundTextless"),
];

/// One sample: its file, and what is in each box; `None` leaves the box empty.
struct Sample {
    file: String,
    texts: Vec<(TextPart, Option<String>)>,
}

/// Makes all samples into the folder `test`, which is emptied first.
pub fn run(work: &Work<'_>) -> Result<Counts, RunError> {
    let folder = work.context.folder.join("test");
    empty(&folder).map_err(|error| RunError::Failed(format!("{} cannot be emptied: {error}", folder.display())))?;
    overlays::put_missing(&work.overlay_files()).map_err(|error| {
        RunError::Failed(format!("the overlays that come with the program cannot be put in place: {error}"))
    })?;
    let look = &work.config.look;
    let mut planned = Vec::new();
    for (kind, name, textless) in KINDS {
        match look.design(kind) {
            Ok(design) => planned.push((design.clone(), samples(design, name, textless, look))),
            // The other kinds have samples all the same.
            Err(problem) => work.journal.error(problem.to_string()),
        }
    }
    planned.extend(of_shows(look));
    let total = planned.iter().map(|(_, samples)| samples.len()).sum();
    work.events.write(&RunEvent::Planned { total: total as u64, dry_run: false });
    let (done, pool) = (AtomicUsize::new(0), pool()?);
    let mut shelf = AssetCache::new(&work.overlay_files());
    let mut counts = Counts::default();
    for (design, samples) in &planned {
        let prepared = shelf.prepared(design)?;
        shelf.take_warnings().iter().for_each(|warning| work.journal.warning(warning));
        let base = ground(&prepared);
        let made: Vec<Option<Lettered>> = pool.install(|| {
            let each = samples.par_iter().map(|sample| {
                work.check_cancelled()?;
                let lettered = make(sample, &prepared, &base, &folder, work);
                work.journal.progress(done.fetch_add(1, Ordering::Relaxed) + 1, total, &sample.file);
                work.events.write(&RunEvent::Asset(event(sample, design.kind, lettered.is_some())));
                Ok(lettered)
            });
            each.collect::<Result<_, RunError>>()
        })?;
        tell(&made, samples, work);
        counts.truncated += made.iter().flatten().map(|lettered| lettered.truncated).sum::<usize>();
        *counter(&mut counts, design.kind) += made.iter().flatten().count();
    }
    Ok(counts)
}

/// What became of a sample. It is no asset of an item, so that its path is that below the data folder.
fn event(sample: &Sample, kind: ArtworkKind, made: bool) -> AssetEvent {
    let name = sample.file.trim_end_matches(".jpg");
    let Reason { text: why, because } = if made { Why::Sample } else { Why::SampleFailed }.into();
    AssetEvent {
        path: format!("test/{name}"),
        title: name.to_owned(),
        library: String::new(),
        kind: kind.word().to_owned(),
        result: if made { AssetResult::Created } else { AssetResult::Failed },
        why,
        because,
        source: None,
        uploaded: false,
        provisional: Vec::new(),
    }
}

fn counter(counts: &mut Counts, kind: ArtworkKind) -> &mut usize {
    match kind {
        ArtworkKind::Poster => &mut counts.posters,
        ArtworkKind::Season => &mut counts.seasons,
        ArtworkKind::Background => &mut counts.backgrounds,
        ArtworkKind::TitleCard => &mut counts.title_cards,
        ArtworkKind::Collection => &mut counts.collections,
    }
}

/// What became of a sample's texts.
struct Lettered {
    /// How many of them did not fit.
    truncated: usize,
    /// What else is wrong with them.
    complaints: Vec<String>,
}

/// Makes a sample; gives nothing if it could not be made.
fn make(sample: &Sample, prepared: &PreparedDesign, base: &Canvas, folder: &Path, work: &Work<'_>) -> Option<Lettered> {
    // The canvas, and what the encoder makes of it.
    let _memory = memory::reserve(base.pixels().len() as u64 * 2);
    let mut canvas = base.clone();
    let (mut truncated, mut all) = (0, Printed::default());
    for (part, text) in &sample.texts {
        let mut printed = prepared.print(&mut canvas, part, text.as_deref().unwrap_or(""), Some(BOX));
        // Counted and not complained of: some samples are made to be too long.
        truncated += usize::from(std::mem::take(&mut printed.truncated));
        all.add(printed);
    }
    let written = encode(canvas.pixels(), work.config.look.quality, true)
        .map_err(|error| error.to_string())
        .and_then(|file| files::write(&folder.join(&sample.file), &file).map_err(|error| error.to_string()));
    match written {
        Ok(()) => Some(Lettered { truncated, complaints: all.complaints() }),
        Err(error) => {
            work.journal.error(format!("{} could not be made: {error}", sample.file));
            None
        }
    }
}

/// Tells what is wrong with the texts of a kind, each thing once.
fn tell(made: &[Option<Lettered>], samples: &[Sample], work: &Work<'_>) {
    let mut told = Vec::new();
    for (sample, lettered) in samples.iter().zip(made) {
        for complaint in lettered.iter().flat_map(|lettered| &lettered.complaints) {
            if !told.contains(&complaint) {
                work.journal.warning(format!("{}: {complaint}", sample.file));
                told.push(complaint);
            }
        }
    }
}

/// Samples for shows, where these look otherwise than movies.
fn of_shows(look: &Look) -> Vec<(Design, Vec<Sample>)> {
    let designs = KINDS_OF_SHOWS.into_iter().filter_map(|(kind, name, textless)| {
        let design = look.design(kind).ok().filter(|design| design.show_overlay.is_some())?.clone().of_show();
        let samples = samples(&design, name, textless, look);
        Some((design, samples))
    });
    designs.collect()
}

fn samples(design: &Design, name: &str, textless: &str, look: &Look) -> Vec<Sample> {
    // A second text of a season is there or not; that of a title card always has its box.
    let second = design.second.filter(|part| part.enabled || design.kind == ArtworkKind::TitleCard);
    let lettered =
        design.title.enabled || (design.kind == ArtworkKind::TitleCard && second.is_some_and(|part| part.enabled));
    if !lettered {
        let boxes = [Some(design.title), second].into_iter().flatten().map(|part| (part, None)).collect();
        return vec![Sample { file: format!("{textless}.jpg"), texts: boxes }];
    }
    let episode = look.episode_line(9999, 9999);
    let sample = |suffix: &str, cased: &dyn Fn(&str) -> String, length: &str, title: &str| {
        let second_text = if design.kind == ArtworkKind::TitleCard { &episode } else { title };
        let shown = |part: TextPart, text: &str| (part, part.enabled.then(|| cased(text)));
        let texts = [Some(shown(design.title, title)), second.map(|part| shown(part, second_text))];
        Sample { file: format!("{name}{length}{suffix}.jpg"), texts: texts.into_iter().flatten().collect() }
    };
    let as_written = TITLES.iter().map(|(length, title)| sample("", &str::to_owned, length, title));
    let capitals =
        TITLES.iter().map(|(length, title)| sample("CAPS", &posterizarr_render::text::upper_cased, length, title));
    as_written.chain(capitals).collect()
}

/// Makes a folder empty: files only, folders in it are somebody else's.
fn empty(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.file_type()?.is_dir() {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use posterizarr_base::config::keys;
    use posterizarr_render::config::Document;
    use serde_json::Value;

    fn with(section: &str, key: &str, value: impl Into<Value>) -> Document {
        let mut document = keys::defaults();
        document[section][key] = value.into();
        document
    }

    fn planned(document: &Document, kind: ArtworkKind) -> Vec<Sample> {
        let look = Look::read(document).unwrap();
        let (_, name, textless) = KINDS.into_iter().find(|(known, ..)| *known == kind).unwrap();
        samples(look.design(kind).unwrap(), name, textless, &look)
    }

    #[test]
    fn a_kind_without_text_has_one_sample_with_its_empty_box() {
        let poster = planned(&with("PosterOverlayPart", "AddText", "false"), ArtworkKind::Poster);
        assert_eq!(poster.len(), 1);
        assert_eq!((poster[0].file.as_str(), poster[0].texts.len()), ("PosterTextless.jpg", 1));
        let mut document = with("TitleCardTitleTextPart", "AddEPTitleText", "false");
        let card = planned(&document, ArtworkKind::TitleCard);
        assert_eq!(card.len(), 6, "the episode's line is text too");
        assert_eq!(
            (card[0].texts[0].1.as_deref(), card[5].texts[1].1.as_deref()),
            (None, Some("SEASON 9999 \u{2022} EPISODE 9999"))
        );
        document["TitleCardEPTextPart"]["AddEPText"] = "false".into();
        let card = planned(&document, ArtworkKind::TitleCard);
        assert_eq!((card.len(), card[0].texts.len()), (1, 2));
    }

    #[test]
    fn shows_have_samples_where_they_have_an_overlay_of_their_own() {
        let files = |document: &Document| -> Vec<String> {
            let planned = of_shows(&Look::read(document).unwrap());
            planned.iter().flat_map(|(_, samples)| samples.iter().map(|sample| sample.file.clone())).collect()
        };
        assert_eq!(files(&keys::defaults()), [""; 0]);
        let posters = files(&with("PrerequisitePart", "showoverlayfile", "show.png"));
        assert_eq!((posters.len(), posters[0].as_str()), (6, "showPosterShortText.jpg"));
    }

    #[test]
    fn a_season_shows_the_shows_title_only_where_that_is_set() {
        let second =
            |document: &posterizarr_render::config::Document| planned(document, ArtworkKind::Season)[0].texts.len();
        assert_eq!(second(&keys::defaults()), 1);
        assert_eq!(second(&with("ShowTitleOnSeasonPosterPart", "AddShowTitletoSeason", "true")), 2);
    }
}
