//! Pictures by an address that a client names, which nobody has vouched for.

use std::time::Duration;

use reqwest::Url;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue};
use tokio::io::{AsyncWrite, AsyncWriteExt};

use super::{Ask, Outgoing, Trouble, follow, parse, read, within};

/// The largest picture, in bytes; the same as of an upload.
pub const LARGEST_PICTURE: usize = 64 * 1024 * 1024;
/// How long a picture may take: as long as a large one takes on a slow line.
const TIME: Duration = Duration::from_secs(60);

/// The kinds of pictures, by what servers call them, with their file extensions. No SVG: it may refer to files.
const KINDS: [(&str, &str); 8] = [
    ("image/jpeg", "jpg"),
    ("image/jpg", "jpg"),
    ("image/png", "png"),
    ("image/webp", "webp"),
    ("image/bmp", "bmp"),
    ("image/x-ms-bmp", "bmp"),
    ("image/tiff", "tiff"),
    ("image/tif", "tiff"),
];

/// A picture that was fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Picture {
    /// The file extension of its kind, as the server told it. What the bytes really are is still to be looked at.
    pub extension: &'static str,
    /// Its size in bytes, never 0.
    pub bytes: usize,
}

impl Outgoing {
    /// Fetches a picture into `file`, through the guarded door: each address on the way is public, unless the settings allow
    /// others; it is a picture; neither too large nor too slow. After an error the file may hold a part of it.
    pub async fn picture(&self, url: &str, file: &mut (impl AsyncWrite + Unpin)) -> Result<Picture, Trouble> {
        let ask = picture_ask(parse(url)?);
        within(TIME, async {
            let guarded = &self.doors()?.guarded;
            let mut response = follow(guarded, guarded, ask).await?;
            if !response.status().is_success() {
                return Err(Trouble::NotPicture(format!("the server answered {}", response.status())));
            }
            let extension = extension(response.headers())?;
            let failed = |error: std::io::Error| Trouble::NotStored(error.to_string());
            let bytes = read(&mut response, LARGEST_PICTURE, async |part| file.write_all(part).await.map_err(failed));
            let bytes = bytes.await?;
            file.flush().await.map_err(failed)?;
            if bytes == 0 {
                return Err(Trouble::NotPicture("the answer is empty".to_owned()));
            }
            Ok(Picture { extension, bytes })
        })
        .await
    }
}

fn picture_ask(url: Url) -> Ask {
    let mut ask = Ask::get(url).without_secret();
    ask.headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("image/*"))]);
    ask
}

fn extension(headers: &HeaderMap) -> Result<&'static str, Trouble> {
    let told = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = told.split(';').next().unwrap_or_default().trim();
    let known = KINDS.iter().find(|(name, _)| name.eq_ignore_ascii_case(kind)).map(|(_, extension)| *extension);
    known.ok_or_else(|| Trouble::NotPicture("there is no picture at this address".to_owned()))
}
