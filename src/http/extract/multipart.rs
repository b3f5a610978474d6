//! Forms with a file: the file is streamed to disk, the texts are kept in memory, both within bounds.

use std::collections::HashMap;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use actix_multipart::{Field, Multipart, MultipartError};
use futures_util::StreamExt;
use tempfile::NamedTempFile;
use tokio::io::AsyncWriteExt;
use tokio::time::Instant;

use crate::http::extract::body::{deadline, next_part};
use crate::http::{ApiError, Code};

/// The longest text field, in bytes.
const MAX_TEXT_LENGTH: usize = 64 * 1024;
/// The most fields, and the most bytes that all texts may have together, their names included.
const MAX_FIELDS: usize = 64;
const MAX_TEXT: usize = 256 * 1024;

/// Where a form's file goes, and how large it may be.
pub(in crate::http) struct Intake<'a> {
    pub folder: &'a Path,
    /// What the temporary file's name begins with.
    pub prefix: &'a str,
    /// In bytes.
    pub largest: u64,
}

/// A form that was read to its end.
pub(in crate::http) struct FileForm {
    /// The file's name, as it was sent.
    pub name: String,
    /// The file under a temporary name, which goes away on every way out but a rename. A disk that failed is told in its turn.
    pub file: Result<NamedTempFile, NotReceived>,
    /// The other fields.
    pub texts: HashMap<String, String>,
}

/// Why a file is not on disk.
#[derive(Debug)]
pub(in crate::http) enum NotReceived {
    /// The folder cannot be written.
    Folder(io::Error),
    /// Writing ended early.
    Write(io::Error),
}

impl FileForm {
    /// Reads a form whose file is the field `file`.
    pub async fn read(mut payload: Multipart, intake: &Intake<'_>) -> Result<Self, ApiError> {
        let deadline = deadline();
        let mut received = None;
        let mut texts = HashMap::new();
        let (mut fields, mut text_left) = (0, MAX_TEXT);
        while let Some(field) = next_part(deadline, payload.next()).await? {
            let mut field = field.map_err(malformed)?;
            fields += 1;
            if fields > MAX_FIELDS {
                let values = [("fields", MAX_FIELDS.into())];
                return Err(ApiError::told(Code::PayloadTooLarge, "the form has more than {fields} fields", values));
            }
            let name = field.name().unwrap_or_default().to_owned();
            let file_name = field.content_disposition().and_then(|header| header.get_filename()).map(str::to_owned);
            match file_name {
                Some(_) if name == "file" && received.is_some() => {
                    return Err(ApiError::validation("value_error", &["body", "file"], "there is more than one file"));
                }
                Some(file_name) if name == "file" => {
                    received = Some((file_name, receive(&mut field, intake, deadline).await?));
                }
                _ => {
                    let text = text(&mut field, deadline).await?;
                    let left = text_left.checked_sub(name.len() + text.len());
                    text_left =
                        left.ok_or_else(|| ApiError::new(Code::PayloadTooLarge, "the texts of the form are too long"))?;
                    texts.insert(name, text);
                }
            }
        }
        let missing = || ApiError::validation("missing", &["body", "file"], "Field required");
        let (name, file) = received.ok_or_else(missing)?;
        Ok(Self { name, file, texts })
    }
}

/// Streams a file to disk. Where the disk fails, the rest is read all the same: an answer reaches the client only then.
async fn receive(
    field: &mut Field,
    intake: &Intake<'_>,
    deadline: Instant,
) -> Result<Result<NamedTempFile, NotReceived>, ApiError> {
    let mut staged = Staged::create(intake).map_err(NotReceived::Folder);
    let mut size = 0;
    while let Some(chunk) = next_part(deadline, field.next()).await? {
        let chunk = chunk.map_err(malformed)?;
        size += chunk.len() as u64;
        if size > intake.largest {
            let mib = intake.largest / 1024 / 1024;
            return Err(ApiError::told(
                Code::PayloadTooLarge,
                "the file is larger than {mib} MiB",
                [("mib", mib.into())],
            ));
        }
        if let Ok(open) = &mut staged
            && let Err(error) = open.writer.write_all(&chunk).await
        {
            staged = Err(NotReceived::Write(error));
        }
    }
    match staged {
        Ok(mut open) => Ok(open.writer.flush().await.map(|()| open.file).map_err(NotReceived::Write)),
        Err(error) => Ok(Err(error)),
    }
}

struct Staged {
    file: NamedTempFile,
    writer: tokio::fs::File,
}

impl Staged {
    /// Media servers and the script read the file later: its mode is an ordinary file's.
    fn create(intake: &Intake<'_>) -> io::Result<Self> {
        let file = tempfile::Builder::new()
            .prefix(intake.prefix)
            .permissions(std::fs::Permissions::from_mode(0o666))
            .tempfile_in(intake.folder)?;
        let writer = tokio::fs::File::from_std(file.reopen()?);
        Ok(Self { file, writer })
    }
}

async fn text(field: &mut Field, deadline: Instant) -> Result<String, ApiError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = next_part(deadline, field.next()).await? {
        let chunk = chunk.map_err(malformed)?;
        if bytes.len() + chunk.len() > MAX_TEXT_LENGTH {
            return Err(ApiError::new(Code::PayloadTooLarge, "a text field is too long"));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn malformed(error: MultipartError) -> ApiError {
    ApiError::validation("value_error", &["body"], format!("the form cannot be read: {error}"))
}
