//! Forms with a picture that a manual run is to be made of, or shown of: which pictures are taken, and what is said of others.
//! The texts are upstream's.

use std::io;
use std::path::Path;

use actix_multipart::Multipart;
use posterizarr_render::picture::{DecodeError, Head, head_of_file};

use crate::actors::runs::{PosterType, UPLOAD_PREFIX};
use crate::http::extract::multipart::{FileForm, Intake, NotReceived};
use crate::http::{ApiError, AppState, Code};

/// The largest picture, in bytes.
pub const MAX_SIZE: u64 = 64 * 1024 * 1024;
/// How far the ratio of the sides may be off.
const TOLERANCE: f64 = 0.05;

/// Reads the form. Its picture is a temporary file in the folder of uploads, which goes away with the form.
pub(in crate::http) async fn read(state: &AppState, payload: Multipart) -> Result<FileForm, ApiError> {
    let uploads = state.shared.data.uploads();
    FileForm::read(payload, &Intake { folder: &uploads, prefix: UPLOAD_PREFIX, largest: MAX_SIZE }).await
}

/// What is to be made; none for one that is not known.
pub(in crate::http) fn poster_type(form: &FileForm) -> Option<PosterType> {
    form.texts.get("posterType").map_or(Some(PosterType::Standard), |word| PosterType::of_word(word))
}

/// Whether the name is one of a picture.
pub(in crate::http) fn check_extension(name: &str) -> Result<(), ApiError> {
    const ALLOWED: [&str; 8] = [".jpg", ".jpeg", ".png", ".webp", ".avif", ".gif", ".bmp", ".tiff"];
    let extension = Path::new(name).extension().map(|extension| format!(".{}", extension.to_string_lossy()));
    let extension = extension.unwrap_or_default().to_lowercase();
    if ALLOWED.contains(&extension.as_str()) {
        return Ok(());
    }
    let values = [("extension", extension.into()), ("allowed", ALLOWED.join(", ").into())];
    Err(ApiError::told(Code::InvalidValue, "Invalid file type '{extension}'. Allowed: {allowed}", values))
}

/// Reads the picture's head: its size, and whether it is one at all. Its ratio counts where it is known what is to be made.
pub(in crate::http) fn check_picture(file: &Path, poster_type: Option<PosterType>) -> Result<Head, ApiError> {
    let refuse = |message| Err(ApiError::new(Code::InvalidValue, message));
    if file.metadata().map_err(|error| not_written(&error))?.len() == 0 {
        return refuse("Uploaded file is empty");
    }
    // As the engine reads it: a photograph that is stored lying on its side stands upright.
    let size = match head_of_file(file) {
        Ok(size) => size,
        Err(DecodeError::Unreadable(error)) => return Err(not_written(&error)),
        Err(DecodeError::Format) => {
            return refuse("Uploaded file is not an image. Allowed: jpg, png, webp, avif, gif, bmp, tiff");
        }
        Err(error) => {
            let values = [("cause", error.to_string().into())];
            return Err(ApiError::told(Code::InvalidValue, "Uploaded file cannot be used: {cause}", values));
        }
    };
    let Some(poster_type) = poster_type else { return Ok(size) };
    let (what, sides, wanted) = match poster_type {
        PosterType::Background | PosterType::TitleCard => ("background/title card", "16:9", 16.0 / 9.0),
        PosterType::Standard | PosterType::Season | PosterType::Collection => ("poster", "2:3", 2.0 / 3.0),
    };
    if size.height == 0 {
        return refuse("Image height cannot be zero.");
    }
    let ratio = f64::from(size.width) / f64::from(size.height);
    if (ratio - wanted).abs() <= TOLERANCE {
        return Ok(size);
    }
    Err(ApiError::told(
        Code::InvalidValue,
        "Invalid aspect ratio for {what}. Image is {width}x{height} (ratio ~{ratio}), but must be {sides} (ratio ~{wanted}).",
        [
            ("what", what.into()),
            ("width", size.width.into()),
            ("height", size.height.into()),
            ("ratio", format!("{ratio:.2}").into()),
            ("sides", sides.into()),
            ("wanted", format!("{wanted:.2}").into()),
        ],
    ))
}

/// Why a picture could not be put on disk.
pub(in crate::http) fn not_received(error: NotReceived) -> ApiError {
    match error {
        NotReceived::Folder(error) => not_writable(&error),
        NotReceived::Write(error) => not_written(&error),
    }
}

fn not_writable(error: &io::Error) -> ApiError {
    if error.kind() == io::ErrorKind::PermissionDenied {
        let message = "No write permission for uploads directory. This may be a Docker/NAS permission issue. \
                       Please check folder permissions.";
        return ApiError::new(Code::Internal, message);
    }
    let values = [("cause", error.to_string().into())];
    ApiError::told(Code::Internal, "Cannot create uploads directory: {cause}", values)
}

/// See [`not_received`].
pub(in crate::http) fn not_written(error: &io::Error) -> ApiError {
    if error.kind() == io::ErrorKind::PermissionDenied {
        let message = "Permission denied: Unable to write uploaded file. Check Docker/NAS/Unraid volume permissions.";
        return ApiError::new(Code::Internal, message);
    }
    let template = "File system error: {cause}. This may be a Docker volume mount issue.";
    ApiError::told(Code::Internal, template, [("cause", error.to_string().into())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_are_compared_without_case() {
        assert!(check_extension("a.JPG").is_ok());
        for (name, extension) in [("a.SVG", ".svg"), ("a", ""), (".jpg", "")] {
            let expected =
                format!("Invalid file type '{extension}'. Allowed: .jpg, .jpeg, .png, .webp, .avif, .gif, .bmp, .tiff");
            assert_eq!(check_extension(name).unwrap_err().to_string(), expected);
        }
    }
}
