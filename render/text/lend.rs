//! Fonts that lend what the configured ones lack: those in a folder of the user's, and those of the system.
//!
//! Nothing is read before a character is missing. Then of each file only the tables are read that tell which characters it
//! has, and the whole file of the one that is taken.

use std::{
    collections::HashMap,
    fs::File,
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use read_fonts::{FontData, FontRead, tables::cmap::Cmap};

use super::font::{Font, Fonts};

const EXTENSIONS: [&str; 4] = ["ttf", "otf", "ttc", "otc"];
/// A tree of fonts has no more folders in one another, and no more files.
const DEEPEST: usize = 8;
const MAX_FILES: usize = 20_000;
/// More than any table of characters has, in bytes.
const MAX_TABLE_SIZE: usize = 16 * 1024 * 1024;
/// Tables of pictures, which only fonts with colours have.
const COLOURS: [&[u8; 4]; 3] = [b"CBDT", b"COLR", b"sbix"];

/// Who lends a character, the system or the user's folder; none where nobody has it.
type Lent = HashMap<(char, bool), Option<Arc<Font>>>;

/// The fonts that lend.
#[derive(Debug)]
pub struct Lenders {
    own: PathBuf,
    own_files: OnceLock<Vec<PathBuf>>,
    system: Vec<PathBuf>,
    system_files: OnceLock<Vec<PathBuf>>,
    lent: Mutex<Lent>,
    opened: Mutex<HashMap<(PathBuf, u32), Arc<Font>>>,
}

impl Lenders {
    /// Those in the user's folder, by name, and those in the system's.
    pub fn new(own: PathBuf, system: Vec<PathBuf>) -> Self {
        Self {
            own,
            own_files: OnceLock::new(),
            system,
            system_files: OnceLock::new(),
            lent: Mutex::default(),
            opened: Mutex::default(),
        }
    }

    /// Where the system has its fonts, by the conventions of Linux.
    pub fn system_folders() -> Vec<PathBuf> {
        let home = std::env::var_os("HOME").map(PathBuf::from);
        let data = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from);
        let data = data.or_else(|| Some(home.as_ref()?.join(".local/share")));
        let of_user = data.map(|data| data.join("fonts")).into_iter().chain(home.map(|home| home.join(".fonts")));
        of_user.chain(["/usr/local/share/fonts".into(), "/usr/share/fonts".into()]).collect()
    }

    /// The fonts with what lends them the characters of a text that they lack. Emoji come in colours where a font has them;
    /// the `last` fonts stand in before the system's do.
    pub fn complete(&self, fonts: &Fonts, last: &[Arc<Font>], text: &str, with_system: bool) -> Fonts {
        let with_last = |fonts: Fonts| last.iter().cloned().fold(fonts, Fonts::or);
        let lacking = fonts.missing_of(text);
        if lacking.is_empty() {
            return with_last(fonts.clone());
        }
        let own = lacking.iter().filter_map(|character| self.lent(*character, false));
        let mut fonts = own.fold(fonts.clone(), Fonts::or_once);
        if !with_system {
            return with_last(fonts);
        }
        let emoji = fonts.missing_of(text).into_iter().filter(|character| is_emoji(*character));
        fonts = emoji.filter_map(|character| self.lent(character, true)).fold(fonts, Fonts::or_once);
        fonts = with_last(fonts);
        let still = fonts.missing_of(text);
        still.into_iter().filter_map(|character| self.lent(character, true)).fold(fonts, Fonts::or_once)
    }

    /// The font that lends a character.
    fn lent(&self, character: char, by_system: bool) -> Option<Arc<Font>> {
        // Those mean something else in every font.
        if by_system && is_private(character) {
            return None;
        }
        let known = lock(&self.lent).get(&(character, by_system)).cloned();
        known.unwrap_or_else(|| {
            let files = if by_system {
                self.system_files.get_or_init(|| files_of(&self.system))
            } else {
                self.own_files.get_or_init(|| files_of(std::slice::from_ref(&self.own)))
            };
            let having = files.iter().filter_map(|path| Candidate::of(path, character));
            // The user's are in the order of their names.
            let chosen = if by_system { having.min_by_key(Candidate::rank) } else { { having }.next() };
            let font = chosen.and_then(|candidate| self.open(candidate.path, candidate.face, character));
            lock(&self.lent).insert((character, by_system), font.clone());
            font
        })
    }

    fn open(&self, path: &Path, face: u32, character: char) -> Option<Arc<Font>> {
        let key = (path.to_owned(), face);
        let known = lock(&self.opened).get(&key).cloned();
        let font = known.or_else(|| {
            let content = posterizarr_base::bounded::read(path, Font::MAX_BYTES).ok()?;
            let font = Arc::new(Font::face(content, face).ok()?);
            lock(&self.opened).insert(key, font.clone());
            Some(font)
        })?;
        let glyph = font.glyph(character)?;
        font.ink(glyph).is_some().then_some(font)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Characters to which everybody may give a meaning.
fn is_private(character: char) -> bool {
    matches!(character, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..)
}

/// Signs that are pictures in colours unless the text asks for something else.
fn is_emoji(character: char) -> bool {
    matches!(character, '\u{1f000}'..='\u{1faff}')
}

/// The font files of folders, those of one folder by name.
fn files_of(folders: &[PathBuf]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for folder in folders {
        let tree = walkdir::WalkDir::new(folder).max_depth(DEEPEST).sort_by_file_name();
        let found = tree.into_iter().filter_map(Result::ok).map(walkdir::DirEntry::into_path);
        let is_font = |path: &PathBuf| {
            let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
            EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known))
        };
        files.extend(found.filter(is_font).take(MAX_FILES.saturating_sub(files.len())));
    }
    files
}

/// A face that has a character.
struct Candidate<'a> {
    path: &'a Path,
    face: u32,
    has_colours: bool,
    is_for_emoji: bool,
}

impl<'a> Candidate<'a> {
    /// The first face of a file that has the character.
    fn of(path: &'a Path, character: char) -> Option<Self> {
        let (file, _) = posterizarr_base::bounded::open(path).ok()?;
        faces(&file).ok()?.into_iter().zip(0..).find_map(|(tables, face)| {
            let (_, offset, length) = *tables.iter().find(|(tag, ..)| tag == b"cmap")?;
            let content = part(&file, u64::from(offset), length as usize).ok()?;
            let cmap = Cmap::read(FontData::new(&content)).ok()?;
            cmap.map_codepoint(character).filter(|glyph| glyph.to_u32() != 0)?;
            let has_colours = tables.iter().any(|(tag, ..)| COLOURS.contains(&tag));
            Some(Self { path, face, has_colours, is_for_emoji: is_emoji(character) })
        })
    }

    /// Less is better: colours for emoji and for nothing else, upright, sans, bold as titles are, of a usual width.
    fn rank(&self) -> (bool, usize, usize) {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        let has = |words: &[&str]| words.iter().filter(|word| name.contains(**word)).count();
        let unusual = ["italic", "oblique", "condensed", "mono", "thin", "light", "black", "serif", "ui", "display"];
        let usual = ["sans", "bold"];
        (self.has_colours != self.is_for_emoji, has(&unusual), usual.len() - has(&usual))
    }
}

/// A table's tag, and where it is in the file.
type Table = ([u8; 4], u32, u32);

/// The tables of each face.
fn faces(file: &File) -> io::Result<Vec<Vec<Table>>> {
    let head = part(file, 0, 12)?;
    if !head.starts_with(b"ttcf") {
        return Ok(vec![tables(file, 0)?]);
    }
    let count = (number(&head, 8) as usize).min(64);
    let offsets = part(file, 12, count * 4)?;
    (0..count).map(|face| tables(file, u64::from(number(&offsets, face * 4)))).collect()
}

fn tables(file: &File, at: u64) -> io::Result<Vec<Table>> {
    let head = part(file, at, 12)?;
    let count = usize::from(u16::from_be_bytes([head.get(4), head.get(5)].map(|byte| byte.copied().unwrap_or(0))));
    let entries = part(file, at + 12, count * 16)?;
    let entries = entries.as_chunks::<16>().0;
    Ok(entries
        .iter()
        .map(|entry| ([entry[0], entry[1], entry[2], entry[3]], number(entry, 8), number(entry, 12)))
        .collect())
}

fn number(bytes: &[u8], at: usize) -> u32 {
    let bytes = bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
    bytes.map_or(0, u32::from_be_bytes)
}

fn part(file: &File, at: u64, length: usize) -> io::Result<Vec<u8>> {
    let mut content = vec![0; length.min(MAX_TABLE_SIZE)];
    file.read_exact_at(&mut content, at)?;
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundled() -> Fonts {
        Fonts::new(Font::bundled_bold().into())
    }

    fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in files {
            std::fs::write(folder.path().join(name), content).unwrap();
        }
        folder
    }

    #[test]
    fn what_the_fonts_lack_is_lent_by_the_users_folder_first_and_then_by_the_system() {
        let emoji = folder(&[("a.ttf", font_test_data::NOTO_HANDWRITING_SBIX), ("no-font.ttf", b"<html>")]);
        let chinese = folder(&[("tc.ttf", font_test_data::NOTOSERIFTC_AUTOHINT_METRICS)]);
        let has = Font::new(font_test_data::NOTOSERIFTC_AUTOHINT_METRICS).unwrap();
        let characters = has.inner().charmap().unicodes().filter_map(|(character, _)| char::from_u32(character));
        let lacking: Vec<char> = bundled().missing_of(&characters.collect::<String>());
        let text = format!("A{}", lacking[0]);
        for (own, system, with_system, is_lent) in [
            (chinese.path(), emoji.path(), false, true),
            (emoji.path(), chinese.path(), false, false),
            (emoji.path(), chinese.path(), true, true),
        ] {
            let lenders = Lenders::new(own.to_owned(), vec![system.to_owned()]);
            let fonts = lenders.complete(&bundled(), &[], &text, with_system);
            assert_eq!(fonts.missing_of(&text).is_empty(), is_lent, "{own:?} {with_system}");
        }
    }

    #[test]
    fn fonts_that_lack_nothing_are_left_as_they_are() {
        let lenders = Lenders::new("/nowhere".into(), Vec::new());
        assert!(lenders.complete(&bundled(), &[], "Heat", true).get(1).is_none());
        assert!(lenders.own_files.get().is_none(), "nobody looked");
    }

    #[test]
    fn upright_bold_faces_are_taken_before_others() {
        let rank = |name: &str| {
            let (path, has_colours) = (Path::new(name), name.contains("Color"));
            Candidate { path, face: 0, has_colours, is_for_emoji: false }.rank()
        };
        let mut names =
            ["NotoSerifThai-Bold.ttf", "NotoColorEmoji.ttf", "NotoSansThai-Thin.ttf", "NotoSansThai-Bold.ttf"];
        names.sort_by_key(|name| rank(name));
        assert_eq!(names[0], "NotoSansThai-Bold.ttf");
        assert_eq!(names[3], "NotoColorEmoji.ttf");
    }
}
