//! The process that decodes an AVIF picture: how it is asked, and how it answers.
//!
//! It reads the file from its standard input and writes to its standard output: a byte that tells whether it succeeded; then
//! either what is wrong, in words, or the width, the height, the number of channels and the length of the colour profile, in
//! four bytes each, the profile and the pixels.

use std::{
    io::{self, Read, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{OnceLock, mpsc},
    thread,
    time::Duration,
};

use image::{DynamicImage, GrayImage, RgbImage, RgbaImage};

use super::super::{
    decoded::{DecodeError, Decoded, MAX_FILE_BYTES},
    profile::MAX_PROFILE_BYTES,
};
use super::coded;

/// The argument by which the program knows that it is the helper.
pub const HELPER_WORD: &str = "decode-avif";
/// How long it may take. It ends itself when it has computed for a good part of this.
const PATIENCE: Duration = Duration::from_secs(120);
const SUCCEEDED: u8 = 0;
const FAILED: u8 = 1;
/// Of what is wrong so much is read.
const MAX_MESSAGE: u64 = 1000;

static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// Names the program that is the helper if it is given [`HELPER_WORD`]. Before that, no AVIF picture is decoded. Only the first
/// call counts.
pub fn decode_by(program: impl Into<PathBuf>) {
    let _ = PROGRAM.set(program.into());
}

/// Has a file decoded whose picture has this size.
pub(super) fn ask(file: &[u8], (width, height): (u32, u32)) -> Result<Decoded, DecodeError> {
    let program = PROGRAM.get().ok_or_else(|| DecodeError::damaged("nothing is there that decodes AVIF"))?;
    ask_of(program, file, (width, height))
}

fn ask_of(program: &Path, file: &[u8], (width, height): (u32, u32)) -> Result<Decoded, DecodeError> {
    let most = 1 + 16 + MAX_PROFILE_BYTES + 4 * u64::from(width) * u64::from(height);
    let mut helper = Command::new(program)
        .arg(HELPER_WORD)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let answer = talk(&mut helper, file, most.max(MAX_MESSAGE));
    // It has answered, or is not to go on.
    let _ = helper.kill();
    helper.wait()?;
    understood(&answer?)
}

/// Gives it the file and takes its answer; none that is too long, or comes too late.
fn talk(helper: &mut Child, file: &[u8], most: u64) -> Result<Vec<u8>, DecodeError> {
    let (Some(mut to), Some(from)) = (helper.stdin.take(), helper.stdout.take()) else { return Err(ended()) };
    let (answered, answer) = mpsc::sync_channel(1);
    thread::spawn(move || {
        let mut read = Vec::new();
        let _ = answered.send(from.take(most).read_to_end(&mut read).map(|_| read));
    });
    // A helper that ends before it has read all of it has told why, or has not.
    let _ = to.write_all(file);
    drop(to);
    match answer.recv_timeout(PATIENCE) {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(DecodeError::damaged(format!("decoding it takes more than {} s", PATIENCE.as_secs()))),
    }
}

fn ended() -> DecodeError {
    DecodeError::damaged("the decoder broke down over it")
}

fn understood(answer: &[u8]) -> Result<Decoded, DecodeError> {
    match answer.split_first() {
        Some((&SUCCEEDED, rest)) => picture(rest).ok_or_else(ended),
        Some((&FAILED, message)) => Err(DecodeError::damaged(String::from_utf8_lossy(message))),
        _ => Err(ended()),
    }
}

fn picture(answer: &[u8]) -> Option<Decoded> {
    let (numbers, rest) = answer.split_at_checked(16)?;
    let [width, height, channels, profile]: [u32; 4] =
        std::array::from_fn(|index| numbers.as_chunks().0.get(index).copied().map_or(0, u32::from_le_bytes));
    let (profile, pixels) = rest.split_at_checked(usize::try_from(profile).ok()?)?;
    let pixels = pixels.to_vec();
    let picture: DynamicImage = match channels {
        1 => GrayImage::from_raw(width, height, pixels)?.into(),
        3 => RgbImage::from_raw(width, height, pixels)?.into(),
        4 => RgbaImage::from_raw(width, height, pixels)?.into(),
        _ => return None,
    };
    Some(Decoded { picture, profile: (!profile.is_empty()).then(|| profile.to_vec()) })
}

/// What the helper does: reads a file and answers. Damaged ones may end the process.
///
/// # Errors
/// Nobody listens.
pub fn answer(file: impl Read, mut to: impl Write) -> io::Result<()> {
    let mut content = Vec::new();
    file.take(MAX_FILE_BYTES).read_to_end(&mut content)?;
    match coded::decode(&content) {
        Ok(decoded) => write(decoded, &mut to)?,
        Err(error) => {
            let message = match error {
                DecodeError::Damaged(what) => what,
                other => other.to_string(),
            };
            to.write_all(&[FAILED])?;
            to.write_all(message.as_bytes())?;
        }
    }
    to.flush()
}

fn write(Decoded { picture, profile }: Decoded, to: &mut impl Write) -> io::Result<()> {
    let profile = profile.filter(|profile| profile.len() as u64 <= MAX_PROFILE_BYTES).unwrap_or_default();
    to.write_all(&[SUCCEEDED])?;
    for number in [picture.width(), picture.height(), picture.color().channel_count().into(), profile.len() as u32] {
        to.write_all(&number.to_le_bytes())?;
    }
    to.write_all(&profile)?;
    to.write_all(picture.as_bytes())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn fixture(name: &str) -> Vec<u8> {
        std::fs::read(format!("{}/fixtures/pictures/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
    }

    fn answered(file: &[u8]) -> Vec<u8> {
        let mut said = Vec::new();
        answer(file, &mut said).unwrap();
        said
    }

    #[test]
    fn what_the_helper_says_is_understood() {
        for (name, channels) in [("444.avif", 3), ("alpha.avif", 4), ("grey.avif", 1)] {
            let Decoded { picture, profile } = understood(&answered(&fixture(name))).unwrap();
            let found = (picture.width(), picture.height(), picture.color().channel_count(), profile);
            assert_eq!(found, (96, 64, channels, None), "{name}");
        }
        assert!(understood(&answered(&fixture("icc.avif"))).unwrap().profile.is_some());
        let told = understood(&answered(b"no picture")).err().unwrap().to_string();
        assert!(told.starts_with("the picture is damaged: "), "{told}");
    }

    /// Whatever ends it, also before it has read the file or after half an answer.
    #[test]
    fn a_helper_that_dies_is_an_error_of_the_picture() {
        let folder = tempfile::tempdir().unwrap();
        for (name, script) in [
            ("at-once", "kill -ABRT $$"),
            ("later", "cat >/dev/null; kill -SEGV $$"),
            ("half", "printf '\\0ab'; kill -ABRT $$"),
        ] {
            let program = folder.path().join(name);
            std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
            std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
            let told = ask_of(&program, &[0; 300_000], (96, 64)).err().unwrap().to_string();
            assert_eq!(told, "the picture is damaged: the decoder broke down over it", "{name}");
        }
    }

    #[test]
    fn a_helper_that_breaks_off_is_an_error_of_the_picture() {
        let whole = answered(&fixture("alpha.avif"));
        for end in (0..40).chain([whole.len() - 1]) {
            assert!(understood(&whole[..end]).is_err(), "{end}");
        }
        let mut odd = whole;
        odd.push(0);
        assert!(understood(&odd).is_ok_and(|decoded| decoded.picture.width() == 96), "more than a picture is no harm");
        assert!(understood(&[7]).is_err());
    }
}
