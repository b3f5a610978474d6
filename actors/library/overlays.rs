//! Overlay images and fonts: one flat folder that the script reads, and the user fills.
//!
//! Names are upstream's: of what a client sends, letters, digits, dots, underscores, dashes and spaces are kept. Only images
//! and fonts are listed, shown and deleted; whatever else is in the folder is not ours. Everything here blocks for the disk.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use image::ImageFormat;
use posterizarr_base::bounded;
use posterizarr_base::said::{Params, Values, values};
use posterizarr_render::picture::Overlay;
use posterizarr_render::text::Font;
use serde::Serialize;
use serde_json::{Map, Value};
use tempfile::NamedTempFile;
use utoipa::ToSchema;

use crate::files;
use crate::library::{picture_budget, pictures};
use crate::runtime::safe_path::{self, PathError, harmless_name};

const IMAGES: [&str; 3] = ["png", "jpg", "jpeg"];
const FONTS: [&str; 6] = ["ttf", "otf", "ttc", "otc", "woff", "woff2"];
/// Fonts that upstream takes and nothing can use. Those that are there already are listed, so that they can be deleted.
const WEB_FONTS: [&str; 2] = ["woff", "woff2"];

/// What a file of the folder is, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum OverlayKind {
    /// An overlay.
    Image,
    /// A font.
    Font,
}

/// A file of the folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OverlayFile {
    /// With its extension.
    pub name: String,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: OverlayKind,
    /// In lower case, with its dot.
    pub extension: String,
    /// In bytes.
    pub size: u64,
    /// When its content last changed, in whole seconds since 1970: a page asks for its picture anew when this is another.
    pub mtime: u64,
}

/// Why a file is not found, taken or deleted. The texts are upstream's where it has them.
#[derive(Debug, thiserror::Error)]
pub enum OverlayError {
    /// Nothing is left of the name.
    #[error("Invalid filename")]
    InvalidName,
    /// Nothing is there.
    #[error("File not found")]
    Missing,
    /// Not of a kind that is wanted here.
    #[error("Invalid file type")]
    WrongKind,
    /// The name is taken.
    #[error("File '{0}' already exists. Please rename or delete the existing file first.")]
    Exists(String),
    /// Nothing was sent.
    #[error("Uploaded file is empty")]
    Empty,
    /// The content is not what the name says.
    #[error("{0}")]
    WrongContent(String),
    /// The disk failed, or forbids it.
    #[error(transparent)]
    Disk(#[from] io::Error),
}

impl Values for OverlayError {
    fn values(&self) -> Params {
        match self {
            Self::InvalidName | Self::Missing | Self::WrongKind | Self::Empty => values([]),
            Self::Exists(name) => values([("name", name)]),
            Self::WrongContent(cause) => values([("cause", cause)]),
            Self::Disk(cause) => values([("cause", cause)]),
        }
    }
}

impl From<PathError> for OverlayError {
    fn from(error: PathError) -> Self {
        match error {
            // A link that leaves the folder is not shown, and not told from nothing.
            PathError::Forbidden | PathError::Missing => Self::Missing,
            PathError::Io(error) => Self::Disk(error),
        }
    }
}

impl OverlayKind {
    /// None for what is neither.
    pub fn of(name: &str) -> Option<Self> {
        let extension = extension(name);
        let is = |known: &[&str]| known.contains(&extension.as_str());
        if is(&IMAGES) {
            Some(Self::Image)
        } else if is(&FONTS) {
            Some(Self::Font)
        } else {
            None
        }
    }
}

/// In lower case, without its dot.
fn extension(name: &str) -> String {
    Path::new(name).extension().map(|extension| extension.to_string_lossy().to_lowercase()).unwrap_or_default()
}

/// The images and fonts of the folder, by name.
pub fn list(folder: &Path) -> io::Result<Vec<OverlayFile>> {
    std::fs::create_dir_all(folder)?;
    let mut files: Vec<_> = std::fs::read_dir(folder)?.flatten().filter_map(|entry| listed(&entry)).collect();
    files.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(files)
}

fn listed(entry: &std::fs::DirEntry) -> Option<OverlayFile> {
    let name = entry.file_name().into_string().ok()?;
    let kind = OverlayKind::of(&name)?;
    let found = std::fs::metadata(entry.path()).ok().filter(std::fs::Metadata::is_file)?;
    let changed = found.modified().ok()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    let (size, mtime) = (found.len(), changed.as_secs());
    Some(OverlayFile { extension: format!(".{}", extension(&name)), name, kind, size, mtime })
}

/// The longest name that file systems take, in bytes.
const MAX_NAME_LENGTH: usize = 255;

/// A file that a client names. One with characters that uploads do not keep is found too, if it is there.
pub fn find(folder: &Path, sent: &str, wanted: &[OverlayKind]) -> Result<PathBuf, OverlayError> {
    let name = harmless_name(sent);
    if name.is_empty() || name.chars().all(|letter| letter == '.') {
        return Err(OverlayError::InvalidName);
    }
    let path = match safe_path::file_name(folder, sent) {
        Ok(path) if std::fs::symlink_metadata(&path).is_ok() => path,
        _ => safe_path::existing(folder, &name)?,
    };
    let found = std::fs::metadata(&path)
        .map_err(|error| if safe_path::is_missing(&error) { OverlayError::Missing } else { error.into() })?;
    if !found.is_file() {
        return Err(OverlayError::Missing);
    }
    let kind = path.file_name().and_then(|name| OverlayKind::of(name.to_str()?));
    kind.filter(|kind| wanted.contains(kind)).map(|_| path).ok_or(OverlayError::WrongKind)
}

/// Gives a received file its name in the folder, if it is what that name says, and tells the name. Never overwrites.
pub fn store(staged: NamedTempFile, folder: &Path, sent: &str, wanted: &[OverlayKind]) -> Result<String, OverlayError> {
    let kind = OverlayKind::of(sent).filter(|kind| wanted.contains(kind)).ok_or(OverlayError::WrongKind)?;
    let name = harmless_name(sent);
    // What was dropped may have been all but the extension.
    if OverlayKind::of(&name).is_none() || name.len() > MAX_NAME_LENGTH {
        return Err(OverlayError::InvalidName);
    }
    let path = folder.join(&name);
    if std::fs::symlink_metadata(&path).is_ok() {
        return Err(OverlayError::Exists(name));
    }
    if staged.as_file().metadata()?.len() == 0 {
        return Err(OverlayError::Empty);
    }
    if WEB_FONTS.contains(&extension(&name).as_str()) {
        return Err(OverlayError::WrongContent(WEB_FONT.to_owned()));
    }
    check(staged.path(), kind).map_err(OverlayError::WrongContent)?;
    staged.as_file().sync_all()?;
    match staged.persist_noclobber(path) {
        Ok(_) => File::open(folder)?.sync_all()?,
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => return Err(OverlayError::Exists(name)),
        Err(error) => return Err(error.error.into()),
    }
    Ok(name)
}

/// The name of an image that is made here, from what a client would call it: with `.png` at its end.
pub fn image_name(wanted: &str) -> Result<String, OverlayError> {
    // A name that begins with a dot is that of a hidden file.
    let mut name = harmless_name(wanted).trim_matches([' ', '.']).to_owned();
    if !name.to_lowercase().ends_with(".png") {
        name.push_str(".png");
    }
    let is_bare = name.len() == ".png".len();
    if is_bare || name.len() > MAX_NAME_LENGTH { Err(OverlayError::InvalidName) } else { Ok(name) }
}

/// Puts an image that was made here into the folder; one that has the name is only replaced if that is wanted.
pub fn put(folder: &Path, name: &str, png: &[u8], overwrite: bool) -> Result<(), OverlayError> {
    std::fs::create_dir_all(folder)?;
    let path = folder.join(name);
    if !overwrite && std::fs::symlink_metadata(&path).is_ok() {
        return Err(OverlayError::Exists(name.to_owned()));
    }
    Ok(files::write_atomic(&path, png)?)
}

/// What is wrong with the content, in words.
fn check(file: &Path, kind: OverlayKind) -> Result<(), String> {
    match kind {
        OverlayKind::Image => check_image(file),
        OverlayKind::Font => check_font(&bounded::read(file, Font::MAX_BYTES).map_err(|error| error.to_string())?),
    }
}

fn check_image(file: &Path) -> Result<(), String> {
    let unusable = |error: pictures::PictureError| format!("The file cannot be used as an overlay: {error}");
    let picture = pictures::open(file).map_err(unusable)?;
    if !matches!(picture.format, ImageFormat::Png | ImageFormat::Jpeg) {
        return Err("The file is neither PNG nor JPEG inside. Convert it first.".to_owned());
    }
    let _share = picture_budget::reserve(picture.cost()).map_err(unusable)?;
    // As a run reads it, which takes no picture that was cut off.
    Overlay::open(file).map(drop).map_err(|error| format!("The file cannot be used as an overlay: {error}"))
}

fn check_font(content: &[u8]) -> Result<(), String> {
    match media_type(content) {
        "font/woff" | "font/woff2" => Err(WEB_FONT.to_owned()),
        "font/ttf" | "font/otf" | "font/collection" => {
            Font::new(content.to_vec()).map(drop).map_err(|error| error.to_string())
        }
        _ => Err("The file is not a font. Allowed: TTF, OTF, TTC, and OTC".to_owned()),
    }
}

const WEB_FONT: &str = "WOFF and WOFF2 are fonts for web pages and cannot be drawn on images. \
                        Convert the font to TTF or OTF first.";

/// What a file is by its first bytes, for a browser.
pub fn media_type(head: &[u8]) -> &'static str {
    const KNOWN: [(&[u8], &str); 8] = [
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"\0\x01\0\0", "font/ttf"),
        (b"true", "font/ttf"),
        (b"OTTO", "font/otf"),
        (b"ttcf", "font/collection"),
        (b"wOFF", "font/woff"),
        (b"wOF2", "font/woff2"),
    ];
    KNOWN.iter().find(|(mark, _)| head.starts_with(mark)).map_or("application/octet-stream", |(_, kind)| kind)
}

/// [`media_type`] of an open file, whose place is left where it is.
pub fn media_type_of(file: &File) -> io::Result<&'static str> {
    use std::os::unix::fs::FileExt;
    let mut head = [0; 8];
    let read = file.read_at(&mut head, 0)?;
    Ok(media_type(head.get(..read).unwrap_or_default()))
}

/// The settings of `config.json` that name this file, as `Section.Key`.
pub fn users_of(name: &str, document: &Map<String, Value>) -> Vec<String> {
    let named = |(section, keys): (&String, &Value)| {
        let keys = keys.as_object().into_iter().flatten();
        let users = keys.filter(|(_, value)| value.as_str() == Some(name));
        users.map(|(key, _)| format!("{section}.{key}")).collect::<Vec<_>>()
    };
    document.iter().flat_map(named).collect()
}

#[cfg(test)]
mod tests {
    use image::DynamicImage;

    use super::*;

    fn staged(folder: &Path, content: &[u8]) -> NamedTempFile {
        let file = tempfile::Builder::new().prefix(".posterizarrd-").suffix(".tmp").tempfile_in(folder).unwrap();
        std::fs::write(file.path(), content).unwrap();
        file
    }

    fn encoded(format: ImageFormat) -> Vec<u8> {
        let mut bytes = io::Cursor::new(Vec::new());
        DynamicImage::new_rgb8(4, 6).write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    fn web_font(mark: &[u8]) -> Vec<u8> {
        [mark, b"\0\x01\0\0\0\0\0\x10\0\x01\0\0"].concat()
    }

    /// A collection of one font: its head, and the font's tables moved behind that.
    fn collection() -> Vec<u8> {
        const HEAD: u32 = 16;
        let mut font = dejavu::sans_mono::regular().to_vec();
        let tables = u16::from_be_bytes([font[4], font[5]]);
        for table in 0..usize::from(tables) {
            let at = 12 + 16 * table + 8;
            let offset = u32::from_be_bytes(font[at..at + 4].try_into().unwrap()) + HEAD;
            font[at..at + 4].copy_from_slice(&offset.to_be_bytes());
        }
        [b"ttcf\0\x01\0\0\0\0\0\x01".as_slice(), &HEAD.to_be_bytes(), &font].concat()
    }

    const ANY: [OverlayKind; 2] = [OverlayKind::Image, OverlayKind::Font];

    #[test]
    fn images_and_fonts_are_listed_by_name_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.PNG", "a.ttf", "notes.txt", "archive.zip", ".posterizarrd-x.tmp"] {
            std::fs::write(folder.path().join(name), "xy").unwrap();
        }
        std::fs::create_dir(folder.path().join("folder.png")).unwrap();
        let listed = list(folder.path()).unwrap();
        let found: Vec<_> =
            listed.iter().map(|file| (file.name.as_str(), file.kind, file.extension.as_str())).collect();
        assert_eq!(found, [("a.ttf", OverlayKind::Font, ".ttf"), ("b.PNG", OverlayKind::Image, ".png")]);
        assert_eq!(list(&folder.path().join("new")).unwrap(), []);
    }

    #[test]
    fn what_is_taken_in_is_what_its_name_says_and_never_overwrites() {
        let folder = tempfile::tempdir().unwrap();
        let take = |name: &str, content: &[u8], wanted: &[OverlayKind]| {
            store(staged(folder.path(), content), folder.path(), name, wanted).map_err(|error| error.to_string())
        };
        let png = encoded(ImageFormat::Png);
        assert_eq!(take("../../ü§x.png", &png, &ANY).as_deref(), Ok("....üx.png"));
        assert_eq!(take("a.JPG", &encoded(ImageFormat::Jpeg), &ANY).as_deref(), Ok("a.JPG"));
        assert_eq!(take("a.TTC", &collection(), &[OverlayKind::Font]).as_deref(), Ok("a.TTC"));
        for (name, content, says) in [
            ("a.JPG", png.as_slice(), "File 'a.JPG' already exists. Please rename or delete the existing file first."),
            ("b.gif", &png, "Invalid file type"),
            ("§.png/", &png, "Invalid filename"),
            ("b.png", b"", "Uploaded file is empty"),
            ("b.png", b"x", "The file cannot be used as an overlay"),
            ("b.png", png.get(..40).unwrap(), "The file cannot be used as an overlay"),
            ("b.png", &encoded(ImageFormat::WebP), "The file is neither PNG nor JPEG"),
            ("b.ttf", &png, "The file is not a font"),
            ("b.ttf", b"\0\x01\0\0 and more", "the font cannot be used"),
            ("b.ttc", b"ttcf\0\x01\0\0", "the font cannot be used"),
            ("b.woff", &web_font(b"wOFF"), "WOFF and WOFF2 are fonts for web pages"),
            ("b.woff2", &web_font(b"wOF2"), "WOFF and WOFF2 are fonts for web pages"),
            ("b.woff", dejavu::sans_mono::regular(), "WOFF and WOFF2 are fonts for web pages"),
            ("b.ttf", &web_font(b"wOFF"), "WOFF and WOFF2 are fonts for web pages"),
            ("b.otf", &web_font(b"wOF2"), "WOFF and WOFF2 are fonts for web pages"),
        ] {
            let error = take(name, content, &ANY).unwrap_err();
            assert!(error.starts_with(says), "{name}: {error}");
        }
        assert_eq!(take("c.png", &png, &[OverlayKind::Font]).unwrap_err(), "Invalid file type");
        assert_eq!(take(".png", &png, &ANY).unwrap_err(), "Invalid file type");
        assert_eq!(take("§.png", &png, &ANY).unwrap_err(), "Invalid filename");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3, "nothing is left of what was refused");
    }

    #[test]
    fn security_9_only_what_is_listed_is_found() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("Overlayfiles");
        std::fs::create_dir_all(folder.join("folder.png")).unwrap();
        for name in ["ü (1)'s.png", "plain.png", "a.ttf", "shipped.zip", "../secret.png"] {
            std::fs::write(folder.join(name), "x").unwrap();
        }
        std::os::unix::fs::symlink("../secret.png", folder.join("out.png")).unwrap();
        let found =
            |name: &str| find(&folder, name, &[OverlayKind::Image]).map(|path| path.file_name().unwrap().to_owned());
        assert_eq!(found("ü (1)'s.png").unwrap(), "ü (1)'s.png", "put there by hand");
        assert_eq!(found("pl§ain.png").unwrap(), "plain.png");
        for name in ["shipped.zip", "a.ttf"] {
            assert!(matches!(found(name), Err(OverlayError::WrongKind)), "{name}");
        }
        for name in ["folder.png", "out.png", "../secret.png", "nope.png"] {
            assert!(matches!(found(name), Err(OverlayError::Missing)), "{name}");
        }
        for name in ["", "..", "§", "/"] {
            assert!(matches!(found(name), Err(OverlayError::InvalidName)), "{name}");
        }
    }

    #[test]
    fn the_settings_that_name_a_file_are_told() {
        let document = serde_json::json!({
            "PrerequisitePart": {"font": "a.ttf", "RTLFont": "b.ttf", "backgroundfont": "a.ttf", "n": 1}, "odd": 2
        });
        let users = users_of("a.ttf", document.as_object().unwrap());
        assert_eq!(users, ["PrerequisitePart.font", "PrerequisitePart.backgroundfont"]);
    }
}
