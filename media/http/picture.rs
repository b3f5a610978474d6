//! Pictures by an address that a client names, which nobody has vouched for.

use std::time::Duration;

use image::ImageFormat;
use posterizarr_base::avif::is_avif;
use posterizarr_base::unsupported::Unsupported;
use reqwest::Url;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap};
use tokio::io::{AsyncWrite, AsyncWriteExt};

use super::doors::{follow, read};
use super::{HttpClient, HttpError, Request, parse, within};

/// The largest picture, in bytes; the same as of an upload.
pub const MAX_PICTURE_SIZE: usize = 64 * 1024 * 1024;
/// How long a picture may take: as long as a large one takes on a slow line.
const TIME: Duration = Duration::from_secs(60);

/// The kinds of pictures, by what servers call them, with their file extensions. No SVG: it may refer to files.
const KINDS: [(&str, &str); 10] = [
    ("image/jpeg", "jpg"),
    ("image/jpg", "jpg"),
    ("image/png", "png"),
    ("image/webp", "webp"),
    ("image/gif", "gif"),
    ("image/bmp", "bmp"),
    ("image/x-ms-bmp", "bmp"),
    ("image/tiff", "tiff"),
    ("image/tif", "tiff"),
    ("image/avif", "avif"),
];

/// What servers say of files of which they know nothing. Many send pictures like that; then the content tells.
const KIND_UNKNOWN: [&str; 4] = ["", "application/octet-stream", "binary/octet-stream", "application/x-octet-stream"];

/// As much of the content as tells what it is.
const TELLING_BYTES: usize = 64;

/// A picture that was fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Picture {
    /// The file extension of its kind, by its content or as the server told it. Whether it is whole is still to be looked at.
    pub extension: &'static str,
    /// Its size in bytes, never 0.
    pub bytes: usize,
}

impl HttpClient {
    /// Fetches a picture into `file`, through the guarded door: each address on the way is public, unless the settings allow
    /// others; it is a picture; neither too large nor too slow. After an error the file may hold a part of it.
    pub async fn picture(&self, url: &str, file: &mut (impl AsyncWrite + Unpin)) -> Result<Picture, HttpError> {
        let request = picture_request(parse(url)?);
        within(TIME, async {
            let guarded = &self.doors()?.guarded;
            let mut response = follow(guarded, guarded, request).await?;
            if !response.status().is_success() {
                return Err(HttpError::NotPicture(format!("the server answered {}", response.status())));
            }
            let told = DeclaredType::of(response.headers())?;
            let failed = |error: std::io::Error| HttpError::NotStored(error.to_string());
            let mut head = Vec::with_capacity(TELLING_BYTES);
            let keep = async |part: &[u8]| {
                head.extend(part.iter().take(TELLING_BYTES - head.len()));
                file.write_all(part).await.map_err(failed)
            };
            let bytes = read(&mut response, MAX_PICTURE_SIZE, keep).await?;
            file.flush().await.map_err(failed)?;
            if bytes == 0 {
                return Err(HttpError::NotPicture("the answer is empty".to_owned()));
            }
            Ok(Picture { extension: told.extension(&head)?, bytes })
        })
        .await
    }
}

fn picture_request(url: Url) -> Request {
    Request::get(url).without_secret().header(ACCEPT, "image/*")
}

/// What the server says that it sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DeclaredType {
    /// A picture of a kind that we know, by its file extension.
    Known(&'static str),
    /// Nothing, or a picture of another kind.
    Nothing,
}

impl DeclaredType {
    fn of(headers: &HeaderMap) -> Result<Self, HttpError> {
        let told = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = told.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if let Some((_, extension)) = KINDS.iter().find(|(name, _)| *name == kind) {
            return Ok(Self::Known(extension));
        }
        let may_be_one = KIND_UNKNOWN.contains(&kind.as_str()) || (kind.starts_with("image/") && !kind.contains("svg"));
        if may_be_one { Ok(Self::Nothing) } else { Err(no_picture("there is no picture at this address")) }
    }

    /// The extension by the first bytes, or else as the server told it.
    fn extension(self, head: &[u8]) -> Result<&'static str, HttpError> {
        if let Some(unsupported) = Unsupported::of(head) {
            return Err(no_picture(format!("this is {unsupported}; take a JPEG, PNG or WebP picture instead")));
        }
        let seen = match image::guess_format(head) {
            _ if is_avif(head) => Some("avif"),
            Ok(ImageFormat::Jpeg) => Some("jpg"),
            Ok(ImageFormat::Png) => Some("png"),
            Ok(ImageFormat::WebP) => Some("webp"),
            Ok(ImageFormat::Gif) => Some("gif"),
            Ok(ImageFormat::Bmp) => Some("bmp"),
            Ok(ImageFormat::Tiff) => Some("tiff"),
            _ => None,
        };
        match (seen, self) {
            (Some(extension), _) | (None, Self::Known(extension)) => Ok(extension),
            (None, Self::Nothing) => Err(no_picture("there is no picture at this address")),
        }
    }
}

fn no_picture(why: impl Into<String>) -> HttpError {
    HttpError::NotPicture(why.into())
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn extension(kind: Option<&'static str>, head: &[u8]) -> Result<&'static str, String> {
        let headers = kind.map(|kind| (CONTENT_TYPE, HeaderValue::from_static(kind)));
        let told = DeclaredType::of(&HeaderMap::from_iter(headers)).map_err(|refused| refused.to_string())?;
        told.extension(head).map_err(|refused| refused.to_string())
    }

    #[test]
    fn where_the_server_does_not_tell_the_kind_the_content_does() {
        const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR";
        for kind in
            [None, Some("application/octet-stream"), Some("binary/octet-stream; x=y"), Some("image/*"), Some("")]
        {
            assert_eq!(extension(kind, PNG).as_deref(), Ok("png"), "{kind:?}");
            assert_eq!(extension(kind, b"GIF89a\x01\0").as_deref(), Ok("gif"), "{kind:?}");
            assert!(extension(kind, b"{\"error\": 1}").is_err(), "{kind:?}");
        }
        assert_eq!(extension(Some("image/jpeg"), PNG).as_deref(), Ok("png"), "the content knows better");
        assert_eq!(extension(Some("IMAGE/JPG"), b"odd").as_deref(), Ok("jpg"), "decoding it says what is wrong");
        for kind in ["text/html", "image/svg+xml", "application/json", "video/mp4"] {
            assert!(extension(Some(kind), PNG).is_err(), "{kind}");
        }
    }

    #[test]
    fn what_is_known_and_not_taken_is_called_by_its_name() {
        let (avif, heic) = (b"\0\0\0\x14ftypavif\0\0\0\0mif1", b"\0\0\0\x14ftypheic\0\0\0\0mif1");
        for kind in ["image/avif", "image/jpeg", "application/octet-stream"] {
            assert!(extension(Some(kind), heic).unwrap_err().contains("HEIC"), "{kind}");
            assert_eq!(extension(Some(kind), avif).as_deref(), Ok("avif"), "{kind}");
        }
        assert!(extension(Some("image/jpeg"), b"<!doctype html>").unwrap_err().contains("web page"));
    }
}
