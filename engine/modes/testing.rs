//! `-Testing`: samples of posters, seasons, backgrounds and title cards, with short to long titles, as configured.
//!
//! A plain picture with a mark in its middle takes the place of artwork, and the boxes for text are filled, so that what a
//! setting does can be seen. Nothing is fetched.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use crate::{
    config::Look,
    design::{Design, Kind, TextPart},
    files,
    kit::{Kit, Shelf},
    overlays,
    picture::{Canvas, encode},
    pool,
    report::Counts,
    run::{Broken, Work, empty},
    sample::{BOX, ground},
};

const TITLES: [(&str, &str); 3] = [
    ("ShortText", "The Hobbit"),
    ("MediumText", "The Hobbit is a great movie"),
    ("LongText", "The Hobbit is a great movie that we all loved and enjoyed watching"),
];

/// The kinds that have samples; how their files begin, and how the one without text is called.
const KINDS: [(Kind, &str, &str); 4] = [
    (Kind::Poster, "poster", "PosterTextless"),
    (Kind::Season, "SeasonPoster", "SeasonPosterTextless"),
    (Kind::Background, "background", "BackgroundTextless"),
    (Kind::TitleCard, "TitleCard", "TitleCardTextless"),
];

/// One sample: its file, and what is in each box; `None` leaves the box empty.
struct Sample {
    file: String,
    texts: Vec<(TextPart, Option<String>)>,
}

/// Makes all samples.
pub fn run(work: &Work<'_>) -> Result<Counts, Broken> {
    let folder = work.around.folder.join("test");
    empty(&folder).map_err(|error| Broken::Failed(format!("{} cannot be emptied: {error}", folder.display())))?;
    overlays::put_missing(&work.overlay_files()).map_err(|error| {
        Broken::Failed(format!("the overlays that come with the program cannot be put in place: {error}"))
    })?;
    let look = &work.config.look;
    let designs = KINDS.into_iter().map(|(kind, name, textless)| (look.design(kind), name, textless));
    let planned: Vec<_> =
        designs.map(|(design, name, textless)| (design, samples(design, name, textless, look))).collect();
    let total = planned.iter().map(|(_, samples)| samples.len()).sum();
    let (done, pool) = (AtomicUsize::new(0), pool()?);
    let mut shelf = Shelf::new(&work.overlay_files());
    let mut counts = Counts::default();
    for (design, samples) in &planned {
        let kit = shelf.kit(design)?;
        shelf.take_warnings().iter().for_each(|warning| work.journal.warning(warning));
        let base = ground(&kit);
        let made: Vec<Option<usize>> = pool.install(|| {
            let each = samples.par_iter().map(|sample| {
                work.go_on()?;
                let truncated = make(sample, &kit, &base, &folder, work);
                work.journal.progress(done.fetch_add(1, Ordering::Relaxed) + 1, total, &sample.file);
                Ok(truncated)
            });
            each.collect::<Result<_, Broken>>()
        })?;
        counts.truncated += made.iter().flatten().sum::<usize>();
        *counter(&mut counts, design.kind) += made.iter().flatten().count();
    }
    Ok(counts)
}

fn counter(counts: &mut Counts, kind: Kind) -> &mut usize {
    match kind {
        Kind::Poster => &mut counts.posters,
        Kind::Season => &mut counts.seasons,
        Kind::Background => &mut counts.backgrounds,
        Kind::TitleCard => &mut counts.title_cards,
        Kind::Collection => &mut counts.collections,
    }
}

/// Makes a sample; gives how many of its texts did not fit, or nothing if it could not be made.
fn make(sample: &Sample, kit: &Kit, base: &Canvas, folder: &Path, work: &Work<'_>) -> Option<usize> {
    let mut canvas = base.clone();
    let printed =
        sample.texts.iter().map(|(part, text)| kit.print(&mut canvas, part, text.as_deref().unwrap_or(""), Some(BOX)));
    let truncated = printed.filter(|printed| printed.truncated).count();
    let written = encode(canvas.pixels(), work.config.look.quality, true)
        .map_err(|error| error.to_string())
        .and_then(|file| files::write(&folder.join(&sample.file), &file).map_err(|error| error.to_string()));
    match written {
        Ok(()) => Some(truncated),
        Err(error) => {
            work.journal.error(format!("{} could not be made: {error}", sample.file));
            None
        }
    }
}

fn samples(design: &Design, name: &str, textless: &str, look: &Look) -> Vec<Sample> {
    // A second text of a season is there or not; that of a title card always has its box.
    let second = design.second.filter(|part| part.enabled || design.kind == Kind::TitleCard);
    let lettered = design.title.enabled || (design.kind == Kind::TitleCard && second.is_some_and(|part| part.enabled));
    if !lettered {
        let boxes = [Some(design.title), second].into_iter().flatten().map(|part| (part, None)).collect();
        return vec![Sample { file: format!("{textless}.jpg"), texts: boxes }];
    }
    let episode = look.episode_line(9999, 9999);
    let sample = |suffix: &str, cased: &dyn Fn(&str) -> String, length: &str, title: &str| {
        let second_text = if design.kind == Kind::TitleCard { &episode } else { title };
        let shown = |part: TextPart, text: &str| (part, part.enabled.then(|| cased(text)));
        let texts = [Some(shown(design.title, title)), second.map(|part| shown(part, second_text))];
        Sample { file: format!("{name}{length}{suffix}.jpg"), texts: texts.into_iter().flatten().collect() }
    };
    let as_written = TITLES.iter().map(|(length, title)| sample("", &str::to_owned, length, title));
    let capitals = TITLES.iter().map(|(length, title)| sample("CAPS", &crate::text::upper_cased, length, title));
    as_written.chain(capitals).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::with;

    fn planned(document: &crate::config::Document, kind: Kind) -> Vec<Sample> {
        let look = Look::read(document).unwrap();
        let (_, name, textless) = KINDS.into_iter().find(|(known, ..)| *known == kind).unwrap();
        samples(look.design(kind), name, textless, &look)
    }

    #[test]
    fn a_kind_without_text_has_one_sample_with_its_empty_box() {
        let poster = planned(&with("PosterOverlayPart", "AddText", "false"), Kind::Poster);
        assert_eq!(poster.len(), 1);
        assert_eq!((poster[0].file.as_str(), poster[0].texts.len()), ("PosterTextless.jpg", 1));
        let mut document = with("TitleCardTitleTextPart", "AddEPTitleText", "false");
        let card = planned(&document, Kind::TitleCard);
        assert_eq!(card.len(), 6, "the episode's line is text too");
        assert_eq!(
            (card[0].texts[0].1.as_deref(), card[5].texts[1].1.as_deref()),
            (None, Some("SEASON 9999 \u{2022} EPISODE 9999"))
        );
        document["TitleCardEPTextPart"]["AddEPText"] = "false".into();
        let card = planned(&document, Kind::TitleCard);
        assert_eq!((card.len(), card[0].texts.len()), (1, 2));
    }

    #[test]
    fn a_season_shows_the_shows_title_only_where_that_is_set() {
        let second = |document: &crate::config::Document| planned(document, Kind::Season)[0].texts.len();
        assert_eq!(second(&crate::config::tests::fresh()), 1);
        assert_eq!(second(&with("ShowTitleOnSeasonPosterPart", "AddShowTitletoSeason", "true")), 2);
    }
}
