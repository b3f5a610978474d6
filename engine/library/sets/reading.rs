//! Reading the folder of sets.

use std::path::{Component, Path};
use std::{fs, io};

use csv::{ReaderBuilder, StringRecord, Trim};
use posterizarr_base::artwork::AssetName;
use posterizarr_base::bounded;
use posterizarr_media::sources::Subject;

use super::owner::Owner;
use super::{Pick, Picked, Sets};

/// The table beside the folders.
const TABLE: &str = "sets.csv";
const COLUMNS: [&str; 3] = ["item", "asset", "picture"];
/// The largest table that is read: for every picture of a very large library.
const MAX_TABLE_BYTES: u64 = 16 * 1024 * 1024;
const EXTENSIONS: [&str; 9] = ["jpg", "jpeg", "png", "webp", "avif", "bmp", "gif", "tif", "tiff"];

/// Reads all of it: what lies in folders, in the order of their names, then what the table names.
pub(super) fn read(folder: &Path) -> Sets {
    let mut sets = Sets::default();
    let names = match names(folder) {
        Ok(names) => names,
        Err(error) => {
            sets.problems.push(format!("{} cannot be read: {error}", folder.display()));
            return sets;
        }
    };
    let has_table = names.iter().any(|name| name == TABLE);
    for name in names.into_iter().filter(|name| name != TABLE) {
        let path = folder.join(&name);
        match Owner::parse(&name).filter(|_| path.is_dir()) {
            Some(owner) => sets.add_folder(&path, &owner),
            None => sets.problems.push(format!(
                "{}: pictures belong into folders that are called like their titles, such as Heat (1995)",
                path.display()
            )),
        }
    }
    if has_table {
        sets.add_table(folder);
    }
    sets
}

/// The names in a folder, sorted, without hidden ones.
fn names(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.retain(|name| !name.starts_with(['.', '@']));
    names.sort();
    Ok(names)
}

fn is_picture(path: &Path) -> bool {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    extension.is_some_and(|extension| EXTENSIONS.contains(&extension.as_str()))
}

impl Sets {
    fn add_folder(&mut self, folder: &Path, owner: &Owner) {
        let names = match names(folder) {
            Ok(names) => names,
            Err(error) => {
                self.problems.push(format!("{} cannot be read: {error}", folder.display()));
                return;
            }
        };
        for path in names.into_iter().map(|name| folder.join(name)) {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            match AssetName::of_stem(&stem).filter(|_| is_picture(&path)) {
                Some(name) => {
                    let subject = name.into();
                    self.picks.push(Pick { owner: owner.clone(), subject, picked: Picked::File(path.clone()) });
                }
                None => self.problems.push(format!(
                    "{}: a picture is called poster, background, Season01 or S01E02, and is a JPEG, PNG, WebP, AVIF, BMP, GIF or TIFF",
                    path.display()
                )),
            }
        }
    }

    fn add_table(&mut self, folder: &Path) {
        let path = folder.join(TABLE);
        let content = match bounded::read(&path, MAX_TABLE_BYTES) {
            Ok(content) => content,
            Err(error) => {
                self.problems.push(format!("{} cannot be read: {error}", path.display()));
                return;
            }
        };
        let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&content);
        // Spreadsheets of half the world put semicolons between columns.
        let head = content.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let delimiter = if head.contains(&b';') { b';' } else { b',' };
        let mut reader = ReaderBuilder::new().delimiter(delimiter).flexible(true).trim(Trim::All).from_reader(content);
        let columns = reader.headers().map(columns).unwrap_or_default();
        let Some(columns) = columns else {
            self.problems.push(format!("{}: its first line has to be {}", path.display(), COLUMNS.join(",")));
            return;
        };
        for record in reader.records() {
            let line = |record: &StringRecord| record.position().map_or(0, csv::Position::line);
            match record {
                Ok(record) => match pick(folder, columns.map(|at| record.get(at).unwrap_or_default())) {
                    Ok(pick) => self.picks.push(pick),
                    Err(problem) => {
                        self.problems.push(format!("{}, line {}: {problem}", path.display(), line(&record)));
                    }
                },
                Err(error) => self.problems.push(format!("{}: {error}", path.display())),
            }
        }
    }
}

/// Where the columns are; none where one is missing.
fn columns(head: &StringRecord) -> Option<[usize; 3]> {
    let at = |name: &str| head.iter().position(|found| found.eq_ignore_ascii_case(name));
    let [item, asset, picture] = COLUMNS;
    Some([at(item)?, at(asset)?, at(picture)?])
}

/// A line of the table.
fn pick(folder: &Path, [item, asset, picture]: [&str; 3]) -> Result<Pick, String> {
    let owner = Owner::parse(item).ok_or("the item is missing: write a title such as Heat (1995), or an id")?;
    let subject = AssetName::of_stem(asset)
        .map(Subject::from)
        .ok_or_else(|| format!("{asset:?} is not an asset: write poster, background, Season01 or S01E02"))?;
    let picked = if ["http://", "https://"].iter().any(|scheme| picture.to_ascii_lowercase().starts_with(scheme)) {
        Picked::Address(picture.to_owned())
    } else {
        let is_inside = Path::new(picture).components().all(|part| matches!(part, Component::Normal(_)));
        if picture.is_empty() || !is_inside {
            return Err(format!("{picture:?} is not a picture: write an address, or a file in the folder of sets"));
        }
        Picked::File(folder.join(picture))
    };
    Ok(Pick { owner, subject, picked })
}

#[cfg(test)]
mod tests {
    use posterizarr_media::sources::Subject;

    use super::*;

    fn read_with(files: &[(&str, &str)]) -> (Vec<(String, Subject, String)>, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        let Sets { picks, problems } = read(folder.path());
        let root = format!("{}/", folder.path().display());
        let picks = picks
            .into_iter()
            .map(|pick| (pick.owner.to_string(), pick.subject, pick.picked.place().replace(&root, "")));
        (picks.collect(), problems.into_iter().map(|problem| problem.replace(&root, "")).collect())
    }

    #[test]
    fn folders_have_pictures_under_the_names_of_assets() {
        let (picks, problems) = read_with(&[
            ("Dark/S01E02.png", ""),
            ("Dark/season01.webp", ""),
            ("Heat (1995)/Poster.JPG", ""),
            ("Heat (1995)/.DS_Store", ""),
            ("@eaDir/poster.jpg", ""),
        ]);
        let pick = |owner: &str, subject, file: &str| (owner.to_owned(), subject, file.to_owned());
        assert_eq!(
            picks,
            [
                pick("Dark", Subject::Episode { season: 1, episode: 2 }, "Dark/S01E02.png"),
                pick("Dark", Subject::Season(1), "Dark/season01.webp"),
                pick("Heat (1995)", Subject::Poster, "Heat (1995)/Poster.JPG"),
            ]
        );
        assert!(problems.is_empty(), "{problems:?}");
    }

    #[test]
    fn what_is_not_understood_is_told_with_its_place() {
        let (picks, problems) = read_with(&[("poster.jpg", ""), ("Heat/cover.jpg", ""), ("Heat/poster.txt", "")]);
        assert!(picks.is_empty());
        assert_eq!(problems.len(), 3);
        assert!(problems[0].starts_with("Heat/cover.jpg: a picture is called poster, background"), "{problems:?}");
        assert!(problems[2].starts_with("poster.jpg: pictures belong into folders"), "{problems:?}");
        assert!(read(Path::new("/not/there")).problems[0].contains("/not/there cannot be read"));
    }

    #[test]
    fn the_table_names_pictures_by_address_and_by_file() {
        for delimiter in [",", ";"] {
            let table = "\u{feff}Item,Asset,Picture\n\"tv/70523\",Season01,https://x/y.jpg\nHeat,poster,a/b.png\n,poster,x\nHeat,cover,x\nHeat,poster,../x\nHeat\n";
            let (picks, problems) = read_with(&[("sets.csv", &table.replace(',', delimiter))]);
            let found: Vec<_> = picks.iter().map(|(owner, _, file)| format!("{owner} {file}")).collect();
            assert_eq!(found, ["tmdb 70523 https://x/y.jpg", "Heat a/b.png"]);
            for (at, part) in [
                "line 4: the item is missing",
                "line 5: \"cover\" is not an asset",
                "line 6: \"../x\" is not a picture",
                "line 7",
            ]
            .iter()
            .enumerate()
            {
                assert!(problems[at].contains(part), "{problems:?}");
            }
        }
        assert!(read_with(&[("sets.csv", "a,b\n1,2\n")]).1[0].contains("its first line has to be item,asset,picture"));
    }
}
