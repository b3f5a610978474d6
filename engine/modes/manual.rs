//! `-Manual`: one asset from a given picture.
//!
//! A source that was uploaded is consumed, when the asset is in place; any other stays. Whatever goes wrong before leaves
//! everything as it was.
//!
//! A title that is the address or the file of a picture is a logo, which stands in the place of a printed title. Where the
//! settings want uploads, the media server gets the picture, too.

use std::{
    fs,
    io::{self, Cursor},
    path::Path,
};

use posterizarr_base::run_events::{AssetEvent, AssetResult, AssetSource, RunEvent};

use posterizarr_base::image_choices::{FILE, ImageChoice, NOTHING, Writer, flag, type_word};
use posterizarr_base::items::ItemKind;
use posterizarr_base::said::Reason;
use posterizarr_base::{bounded, files};
use posterizarr_render::{
    ManualArtwork, Rendered, TitleLogo,
    design::ArtworkKind,
    memory, overlays,
    picture::{MAX_FILE_BYTES, Source, decode, head, head_of_file, open},
    without_season,
};

use super::target::target;
use crate::library::Why;
use crate::{
    arguments::{Card, Manual},
    library::by_hand::ManualUpload,
    report::Counts,
    work::{RunError, Work},
};

/// Makes the asset; gives the counts of the run.
pub fn run(manual: &Manual, work: &Work<'_>) -> Result<Counts, RunError> {
    let (config, journal) = (work.config, work.journal);
    let look = &config.look;
    let path = target(&config.asset_path, config.library_folders, manual)?;
    if !config.asset_path.is_dir() {
        let assets = config.asset_path.display();
        return Err(RunError::Failed(format!(
            "the asset folder {assets} does not exist; set PrerequisitePart.AssetPath in config.json"
        )));
    }
    journal.progress(0, 1, &shown(&manual.title));
    work.events.write(&RunEvent::Planned { total: 1, dry_run: false });
    let source = source(&manual.picture, work)?;
    work.check_cancelled()?;
    if look.processing {
        overlays::put_missing(&work.overlay_files()).map_err(|error| {
            RunError::Failed(format!("the overlays that come with the program cannot be put in place: {error}"))
        })?;
    }
    let (logo, title) = titling(manual, work);
    work.check_cancelled()?;
    let made = manual_artwork(manual, &title).make(source, logo.as_ref(), look, &work.overlay_files())?;
    let Rendered { file, truncated, missing, warnings } = made;
    warnings.iter().for_each(|warning| journal.warning(warning));
    work.check_cancelled()?;
    let shower = ManualUpload::of(manual, work);
    put(&path, &file).map_err(|error| RunError::Failed(format!("{} cannot be written: {error}", path.display())))?;
    journal.detail(format!("Added: {}", path.display()));
    consume(&manual.picture, work);
    if !missing.is_empty() {
        journal.characters_missing(&manual.title, &missing);
    }
    // Truncated or with blanks in it: either way the text is not whole.
    record(manual, (&title, logo.is_some()), truncated || !missing.is_empty(), work);
    let uploaded = show(shower, manual, &file, work);
    work.events.write(&RunEvent::Asset(AssetEvent { uploaded, ..event(manual, &path, &config.asset_path) }));
    journal.progress(1, 1, &shown(&manual.title));
    Ok(counts(&manual.card, truncated))
}

/// Shows the picture on the media server, where that is wanted; says whether the server got it. The file stays in any case.
fn show(shower: Result<Option<ManualUpload>, String>, manual: &Manual, file: &[u8], work: &Work<'_>) -> bool {
    let shown = shower.and_then(|shower| shower.map(|shower| shower.show(manual, file, work)).transpose());
    match shown {
        Ok(shown) => shown.is_some(),
        Err(reason) => {
            work.complain(format!("the picture could not be uploaded: {reason}"));
            false
        }
    }
}

/// The logo, where the title is one, and what is printed.
fn titling(manual: &Manual, work: &Work<'_>) -> (Option<TitleLogo>, String) {
    const PICTURES: [&str; 5] = [".png", ".jpg", ".jpeg", ".webp", ".svg"];
    let title = manual.title.trim();
    let is_file = PICTURES.iter().any(|ending| title.to_lowercase().ends_with(ending));
    // On a title card there is no place for one.
    if manual.card.kind() == ArtworkKind::TitleCard || !(is_address(title) || is_file) {
        return (None, manual.title.clone());
    }
    let read = if is_address(title) { (work.context.fetch)(title) } else { logo_file(title, &work.overlay_files()) };
    match read.and_then(|bytes| TitleLogo::decode(&bytes).map_err(|error| error.to_string())) {
        Ok(logo) => (Some(logo), String::new()),
        Err(reason) => {
            work.journal.warning(format!("the logo {} cannot be used: {reason}", shown(title)));
            // Nobody wants an address on a poster.
            (None, if is_address(title) { String::new() } else { manual.title.clone() })
        }
    }
}

/// A logo among the user's overlays. Others could be anybody's files.
fn logo_file(name: &str, folder: &Path) -> Result<Vec<u8>, String> {
    if name.contains(['/', '\\', '\0']) {
        return Err(format!("it must be the name of a file in {}, or an address", folder.display()));
    }
    bounded::read(&folder.join(name), MAX_FILE_BYTES).map_err(|error| error.to_string())
}

fn event(manual: &Manual, path: &Path, assets: &Path) -> AssetEvent {
    let below = path.strip_prefix(assets).unwrap_or(path).with_extension("");
    let Reason { text: why, because } = Why::ByHand.into();
    AssetEvent {
        path: below.to_string_lossy().into_owned(),
        title: shown(&manual.title),
        library: manual.library.clone(),
        kind: manual.card.kind().word().to_owned(),
        result: AssetResult::Created,
        why,
        because,
        source: Some(AssetSource {
            provider: "manual".to_owned(),
            address: shown(&manual.picture),
            language: None,
            textless: false,
        }),
        uploaded: false,
        provisional: Vec::new(),
    }
}

fn is_address(picture: &str) -> bool {
    let lower = picture.to_ascii_lowercase();
    lower.starts_with("http://") || lower.starts_with("https://")
}

/// The picture as logs and tables may have it: an address without its query and its user, which are where tokens are.
fn shown(picture: &str) -> String {
    if !is_address(picture) {
        return picture.to_owned();
    }
    let place = picture.split(['?', '#']).next().unwrap_or_default();
    match place.split_once("://").map(|(scheme, rest)| (scheme, rest.split_at(rest.find('/').unwrap_or(rest.len())))) {
        Some((scheme, (host, path))) => format!("{scheme}://{}{path}", host.rsplit('@').next().unwrap_or_default()),
        None => place.to_owned(),
    }
}

fn source(picture: &str, work: &Work<'_>) -> Result<Source, RunError> {
    let broken = |error: &dyn ToString| RunError::Failed(format!("{}: {}", shown(picture), error.to_string()));
    if is_address(picture) {
        let fetched = (work.context.fetch)(picture);
        work.check_cancelled()?;
        let bytes = fetched.map_err(|error| broken(&error))?;
        let head = head(Cursor::new(&bytes)).map_err(|error| broken(&error))?;
        let _memory = memory::reserve(memory::to_decode(head));
        decode(&bytes).map_err(|error| broken(&error))
    } else {
        let path = Path::new(picture);
        let head = head_of_file(path).map_err(|error| broken(&error))?;
        let _memory = memory::reserve(memory::to_decode(head));
        open(path).map_err(|error| broken(&error))
    }
}

/// Writes the asset; folders that were made for it go again if it cannot be written.
fn put(path: &Path, file: &[u8]) -> io::Result<()> {
    let Some(folder) = path.parent() else { return files::write(path, file) };
    let new: Vec<_> = folder.ancestors().take_while(|folder| !folder.try_exists().unwrap_or(true)).collect();
    let written = fs::create_dir_all(folder).and_then(|()| {
        files::sweep(folder);
        files::write(path, file)
    });
    if written.is_err() {
        // Those that are not empty stay: another run may have put something there.
        new.iter().for_each(|folder| drop(fs::remove_dir(folder)));
    }
    written
}

/// Removes a source that was uploaded for this run. Any other picture is somebody's own, and only read.
fn consume(picture: &str, work: &Work<'_>) {
    if is_address(picture) || !is_upload(Path::new(picture), &work.context.folder) {
        return;
    }
    if let Err(error) = fs::remove_file(picture) {
        work.journal.warning(format!("{} cannot be removed: {error}", shown(picture)));
    }
}

/// Whether a file is one of the uploads in the data folder, links followed.
fn is_upload(source: &Path, data: &Path) -> bool {
    match (source.canonicalize(), data.join("uploads").canonicalize()) {
        (Ok(source), Ok(uploads)) => source.starts_with(uploads),
        _ => false,
    }
}

fn record(manual: &Manual, (title, has_logo): (&str, bool), truncated: bool, work: &Work<'_>) {
    // Under a logo the item is called like its folder.
    let title = if has_logo { &manual.folder } else { title };
    let title = match &manual.card {
        Card::Season { name, .. } => format!("{} | {name}", without_season(title).0),
        Card::Episode(place) => format!("{} | {title}", place.code()),
        _ => title.to_owned(),
    };
    let logo = has_logo.then(|| shown(manual.title.trim()));
    let row = ImageChoice {
        title,
        kind: type_word(manual.card.kind(), manual.of).to_owned(),
        folder: manual.folder.clone(),
        library: manual.library.clone(),
        language: NOTHING.to_owned(),
        logo_source: logo,
        fallback: NOTHING.to_owned(),
        truncated: flag(truncated),
        source: shown(&manual.picture),
        manual: flag(true),
        link: NOTHING.to_owned(),
        ..ImageChoice::default()
    };
    let written = Writer::open(&work.logs()).and_then(|mut table| {
        table.write(&row)?;
        table.finish()
    });
    if let Err(error) = written {
        work.journal.error(format!("{FILE} cannot be written: {error}"));
    }
}

fn counts(card: &Card, truncated: bool) -> Counts {
    let mut counts = Counts { truncated: usize::from(truncated), ..Counts::default() };
    *match card {
        Card::Poster => &mut counts.posters,
        Card::Background => &mut counts.backgrounds,
        Card::Collection => &mut counts.collections,
        Card::Season { .. } => &mut counts.seasons,
        Card::Episode(_) => &mut counts.title_cards,
    } = 1;
    counts
}

/// What the arguments ask for, as a picture.
fn manual_artwork(manual: &Manual, title: &str) -> ManualArtwork {
    let (season, episode) = match &manual.card {
        Card::Season { name, .. } => (name.clone(), None),
        Card::Episode(episode) => (String::new(), Some(*episode)),
        Card::Poster | Card::Background | Card::Collection => (String::new(), None),
    };
    let of_show = manual.of == Some(ItemKind::Show);
    ManualArtwork { kind: manual.card.kind(), title: title.to_owned(), season, episode, of_show }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R-3 of the reference: the media server's token stayed in the table.
    #[test]
    fn tokens_in_addresses_are_not_recorded() {
        assert_eq!(shown("https://u:p@plex:32400/art/1?X-Plex-Token=s3cret"), "https://plex:32400/art/1");
        assert_eq!(shown("HTTP://host"), "HTTP://host");
        assert_eq!(shown("/pictures/what?.jpg"), "/pictures/what?.jpg");
    }

    #[test]
    fn only_what_was_uploaded_counts_as_uploaded_links_included() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        fs::create_dir_all(data.join("uploads")).unwrap();
        for name in ["data/uploads/a.jpg", "data/b.jpg"] {
            fs::write(folder.path().join(name), "x").unwrap();
        }
        std::os::unix::fs::symlink("../b.jpg", data.join("uploads/link.jpg")).unwrap();
        assert!(is_upload(&data.join("uploads/a.jpg"), &data));
        for own in ["b.jpg", "uploads/../b.jpg", "uploads/link.jpg", "uploads/none.jpg"] {
            assert!(!is_upload(&data.join(own), &data), "{own}");
        }
    }

    #[test]
    fn folders_made_for_an_asset_that_cannot_be_written_go_again() {
        let folder = tempfile::tempdir().unwrap();
        let name = format!("{}.jpg", "x".repeat(300));
        assert!(put(&folder.path().join("Movies/Heat").join(name), b"x").is_err());
        assert!(!folder.path().join("Movies").try_exists().unwrap());
        put(&folder.path().join("Movies/Heat/poster.jpg"), b"x").unwrap();
    }
}
