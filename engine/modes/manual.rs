//! `-Manual`: one asset from a given picture.
//!
//! The source is consumed only when the asset is in place; whatever goes wrong before leaves everything as it was.

use std::{fs, io, path::Path};

use crate::{
    arguments::{Card, Manual},
    files,
    handmade::{Handmade, Made, without_season},
    naming::target,
    overlays,
    picture::{Source, decode, open},
    report::{Choice, Counts},
    run::{Broken, Work},
};

/// Makes the asset.
pub fn run(manual: &Manual, work: &Work<'_>) -> Result<Counts, Broken> {
    let (config, journal) = (work.config, work.journal);
    let look = &config.look;
    let path = target(&config.asset_path, config.library_folders, manual)?;
    if !config.asset_path.is_dir() {
        let assets = config.asset_path.display();
        return Err(Broken::Failed(format!(
            "the asset folder {assets} is not there; set PrerequisitePart.AssetPath in config.json"
        )));
    }
    journal.progress(0, 1, &manual.title);
    let source = source(&manual.picture, work)?;
    work.go_on()?;
    if look.processing {
        overlays::put_missing(&work.overlay_files()).map_err(|error| {
            Broken::Failed(format!("the overlays that come with the program cannot be put in place: {error}"))
        })?;
    }
    let Made { file, truncated, warnings } = Handmade::from(manual).make(&source, look, &work.overlay_files())?;
    warnings.iter().for_each(|warning| journal.warning(warning));
    work.go_on()?;
    put(&path, &file).map_err(|error| Broken::Failed(format!("{} cannot be written: {error}", path.display())))?;
    journal.detail(format!("Added: {}", path.display()));
    consume(&manual.picture, &path, work);
    record(manual, truncated, work);
    journal.progress(1, 1, &manual.title);
    Ok(counts(&manual.card, truncated))
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

fn source(picture: &str, work: &Work<'_>) -> Result<Source, Broken> {
    let broken = |error: &dyn ToString| Broken::Failed(format!("{}: {}", shown(picture), error.to_string()));
    if is_address(picture) {
        let fetched = (work.around.fetch)(picture);
        work.go_on()?;
        let bytes = fetched.map_err(|error| broken(&error))?;
        decode(&bytes).map_err(|error| broken(&error))
    } else {
        open(Path::new(picture)).map_err(|error| broken(&error))
    }
}

fn put(path: &Path, file: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
        files::sweep(folder);
    }
    files::write(path, file)
}

/// Removes a local source, unless it is the asset itself.
fn consume(picture: &str, target: &Path, work: &Work<'_>) {
    if is_address(picture) {
        return;
    }
    let source = Path::new(picture);
    let same = matches!((source.canonicalize(), target.canonicalize()), (Ok(one), Ok(other)) if one == other);
    if !same && let Err(error) = fs::remove_file(source) {
        work.journal.warning(format!("{picture} cannot be removed: {error}"));
    }
}

fn record(manual: &Manual, truncated: bool, work: &Work<'_>) {
    let title = match &manual.card {
        Card::Season { name, .. } => format!("{} | {name}", without_season(&manual.title).0),
        Card::Episode(place) => format!("{} | {}", place.code(), manual.title),
        _ => manual.title.clone(),
    };
    let choice = Choice {
        title: &title,
        kind: manual.label,
        folder: &manual.folder,
        library: &manual.library,
        truncated,
        source: &shown(&manual.picture),
    };
    if let Err(error) = choice.append(&work.logs()) {
        work.journal.error(format!("ImageChoices.csv cannot be written: {error}"));
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
}
