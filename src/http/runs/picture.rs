//! Pictures that a manual run is given: each belongs to its request until a run owns it, so that none is left behind.

use std::io;
use std::path::{Path, PathBuf};

use actix_web::web;
use chrono::Local;
use tempfile::{NamedTempFile, TempPath};

use super::{BUSY_MANUAL, refused, start};
use crate::actors::runs::Trigger;
use crate::actors::safe_path::harmless_name;
use crate::actors::script_supervisor::{CheckStart, ManualForm, RunRequest, StartRun, Started, UPLOAD_PREFIX};
use crate::http::multipart::{Intake, Staged};
use crate::http::{ApiError, Code, State, ask};

/// The largest picture, in bytes; the same as of one that is fetched.
pub const LARGEST: u64 = crate::actors::outgoing::picture::LARGEST_PICTURE as u64;
/// The longest part of the sent file name that is kept, in characters.
const LONGEST_NAME: usize = 100;

/// Whether a picture is named by an address instead of a path.
pub fn is_address(picture: &str) -> bool {
    let picture = picture.trim_start().to_ascii_lowercase();
    ["http://", "https://"].iter().any(|scheme| picture.starts_with(scheme))
}

/// Starts a manual run whose picture is somewhere else. The daemon fetches it, not the run: so the limits hold whatever makes
/// the asset, and an address that does not work is told at once.
pub async fn start_fetched(state: &State, mut form: ManualForm) -> Result<Started, ApiError> {
    if let Err(invalid) = RunRequest::manual(&form) {
        return start(state, Trigger::Api, Err(invalid), BUSY_MANUAL).await;
    }
    ask(&state.supervisor, CheckStart).await?.map_err(|error| refused(error, BUSY_MANUAL))?;
    let picture = fetch(state, &form.picture_path).await?;
    form.picture_path = picture.display().to_string();
    let request = RunRequest::manual(&form).map_err(|invalid| refused(invalid.into(), BUSY_MANUAL))?;
    Ok(start_owning(state, request, picture).await?.0)
}

/// Starts a run that owns this picture from now on and removes it at its end. Gives the picture's path.
///
/// In a task of its own: a client that goes away meanwhile must leave no picture that nobody owns, nor a run without one.
pub async fn start_owning(
    state: &State,
    request: RunRequest,
    picture: TempPath,
) -> Result<(Started, PathBuf), ApiError> {
    let state = state.clone();
    let started = actix_web::rt::spawn(async move {
        let start = StartRun { request, trigger: Trigger::Api, remove_after: Some(picture.to_path_buf()) };
        // An actor that does not answer may not know of the picture: it goes then.
        let started = ask(&state.supervisor, start).await?.map_err(|error| refused(error, BUSY_MANUAL))?;
        Ok((started, picture.keep().map_err(ApiError::internal)?))
    });
    started.await.map_err(ApiError::internal)?
}

async fn fetch(state: &State, address: &str) -> Result<TempPath, ApiError> {
    let uploads = state.commons.data.uploads();
    let intake = Intake { folder: &uploads, prefix: UPLOAD_PREFIX, largest: LARGEST };
    let mut staged = Staged::create(&intake).map_err(ApiError::internal)?;
    let fetched = state.outgoing.picture(address, &mut staged.writer).await;
    let fetched = fetched.map_err(|trouble| not_fetched(&trouble.to_string()))?;
    let check_and_place = move || {
        imagesize::size(staged.file.path()).map_err(|_| not_fetched("there is no picture at this address"))?;
        let path = free_path(&uploads, &format!("fetched.{}", fetched.extension));
        place(staged.file, path).map_err(ApiError::internal)
    };
    web::block(check_and_place).await.map_err(ApiError::internal)?
}

fn not_fetched(reason: &str) -> ApiError {
    ApiError::new(Code::InvalidValue, format!("the picture cannot be fetched: {reason}"))
}

/// Puts a picture into its place; it still goes away with what is given back.
pub fn place(file: NamedTempFile, path: PathBuf) -> io::Result<TempPath> {
    file.persist_noclobber(&path)?;
    TempPath::try_from_path(path)
}

/// A path in the folder that is not taken: the time, and what is harmless of the sent name.
pub fn free_path(folder: &Path, name: &str) -> PathBuf {
    let safe = harmless_name(name);
    // The end is kept, for the extension is there.
    let start = safe.char_indices().rev().nth(LONGEST_NAME - 1).map_or(0, |(place, _)| place);
    let safe = safe.get(start..).filter(|safe| !safe.is_empty()).unwrap_or("upload.jpg");
    let time = Local::now().format("%Y%m%d_%H%M%S");
    let plain = folder.join(format!("{time}_{safe}"));
    let numbered = (1..1000).map(|number| folder.join(format!("{time}_{number}_{safe}")));
    let is_free = |path: &PathBuf| std::fs::symlink_metadata(path).is_err();
    std::iter::once(plain.clone()).chain(numbered).find(is_free).unwrap_or(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sent_name_becomes_a_harmless_one() {
        let uploads = tempfile::tempdir().unwrap();
        let stored = |name: &str| {
            let path = free_path(uploads.path(), name);
            assert_eq!(path.parent().unwrap(), uploads.path(), "{name:?}");
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            name.split_at("20261123_030000_".len()).1.to_owned()
        };
        assert_eq!(stored("../we ird(ü)#name.jpg"), "..we irdüname.jpg");
        assert_eq!(stored("///"), "upload.jpg");
        assert_eq!(stored(" \u{0}a/b\\c.png "), "abc.png");
        let long = stored(&format!("{}.jpeg", "ü".repeat(500)));
        assert!(long.ends_with("ü.jpeg") && long.chars().count() == LONGEST_NAME, "{long}");
        let first = free_path(uploads.path(), "a.jpg");
        std::fs::write(&first, "").unwrap();
        assert_ne!(free_path(uploads.path(), "a.jpg"), first);
    }

    #[test]
    fn an_address_is_told_from_a_path() {
        for address in ["http://h/a.jpg", " HTTPS://h/a.jpg"] {
            assert!(is_address(address), "{address}");
        }
        for path in ["/p.jpg", "http.jpg", "httpx://h/a.jpg", "C:\\p.jpg", "ftp://h/a.jpg"] {
            assert!(!is_address(path), "{path}");
        }
    }
}
