//! Why a picture was not taken, or is not in its place, sentence by sentence.

use posterizarr_base::sentences;

use super::messages::{MAX_WAITING, ReplaceError};

sentences! {
    /// What is wrong with a replacement.
    pub enum ReplaceFault {
        Forbidden => "path_forbidden", "Path traversal attempt detected";
        NoPicture { path: String } => "no_picture", "\"{path}\" is not a picture of the library; give a path such as Movies/Heat (1995)/poster.jpg";
        NoFolder => "no_assets_folder", "the folder of the assets cannot be reached; check that it is mounted, and its path in the settings";
        Full { limit: usize } => "pictures_full", "{limit} pictures wait already; let the queue run, or clear it";
        Disk { cause: String } => "picture_not_placed", "the picture cannot be put in place: {cause}";
        RunFailed => "replacing_failed", "the run failed";
        RunGone => "replacing_gone", "its run was taken out of the queue";
        // Of other parts of the daemon, which say it whole.
        Told { text: String } => "told", "{text}";
    }
}

impl From<&ReplaceError> for ReplaceFault {
    fn from(error: &ReplaceError) -> Self {
        match error {
            ReplaceError::Forbidden => Self::Forbidden,
            ReplaceError::NoPicture(path) => Self::NoPicture { path: path.clone() },
            ReplaceError::NoFolder => Self::NoFolder,
            ReplaceError::Full => Self::Full { limit: MAX_WAITING },
            ReplaceError::Disk(cause) => Self::Disk { cause: cause.clone() },
            ReplaceError::Invalid(_) | ReplaceError::Store(_) => Self::Told { text: error.to_string() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_and_its_sentence_are_the_same_english() {
        for error in [
            ReplaceError::Forbidden,
            ReplaceError::NoPicture("a.txt".to_owned()),
            ReplaceError::NoFolder,
            ReplaceError::Full,
            ReplaceError::Disk("no space left".to_owned()),
        ] {
            assert_eq!(ReplaceFault::from(&error).english(), error.to_string());
        }
    }
}
