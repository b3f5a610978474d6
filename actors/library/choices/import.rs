//! Taking over a file: read off the mailbox, one at a time.

use std::io;
use std::path::{Path, PathBuf};

use posterizarr_base::image_choices;
use serde::Serialize;
use tokio::sync::oneshot;
use utoipa::ToSchema;

use super::choice_rows;
use super::fault::ChoiceError;
use super::row::ChoiceRow;
use super::source::{Content, FileOrigin, Source};

/// What an import did; the names are upstream's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ImportStats {
    /// New rows.
    pub added: usize,
    /// Rows that now say something else.
    pub updated: usize,
    /// Lines that changed nothing.
    pub skipped: usize,
    /// Lines that could not be read.
    pub errors: usize,
    /// What is wrong with them.
    pub error_details: Vec<String>,
}

/// Who waits for an import.
pub type Waiting = oneshot::Sender<Result<ImportStats, ChoiceError>>;

/// A file that is to be imported.
#[derive(Debug)]
pub struct Reading {
    /// Where it is.
    pub path: PathBuf,
    /// What that means.
    pub origin: FileOrigin,
    /// Whether nobody writes to it any more.
    pub complete: bool,
    /// Who asked.
    pub waiting: Option<Waiting>,
}

/// A file as it was read.
#[derive(Debug)]
pub struct ReadFile {
    /// The rows of all its lines.
    lines: usize,
    /// The rows of the lines that were not imported yet.
    pub fresh: Vec<ChoiceRow>,
    /// What is wrong with others of these lines.
    pub fresh_errors: usize,
    errors: Vec<String>,
    /// What is to be remembered of it.
    pub source: Source,
}

impl ReadFile {
    /// Reads a file; none if it is not there. One that is no table of image choices is [`io::ErrorKind::InvalidData`].
    pub fn read(
        path: &Path,
        origin: FileOrigin,
        complete: bool,
        imported: Option<&Source>,
    ) -> io::Result<Option<Self>> {
        let Some(content) = Content::read(path)? else { return Ok(None) };
        let table = image_choices::read(&content.bytes, complete)
            .map_err(|wrong| io::Error::new(io::ErrorKind::InvalidData, wrong))?;
        let begin = content.begin(origin, imported);
        let source = content.source(table.bytes, begin, imported);
        let mut file = Self { lines: 0, fresh: Vec::new(), fresh_errors: 0, errors: Vec::new(), source };
        for line in table.lines {
            let is_fresh = line.offset >= begin;
            match line.content {
                Ok(row) => {
                    file.lines += 1;
                    file.fresh.extend(is_fresh.then(|| row.into()));
                }
                Err(error) => {
                    file.fresh_errors += usize::from(is_fresh);
                    file.errors.push(error);
                }
            }
        }
        Ok(Some(file))
    }

    /// What to tell of the import.
    pub fn stats(self, merged: choice_rows::Merged) -> ImportStats {
        ImportStats {
            added: merged.added,
            updated: merged.updated,
            skipped: self.lines.saturating_sub(merged.added + merged.updated),
            errors: self.errors.len(),
            error_details: self.errors,
        }
    }
}
