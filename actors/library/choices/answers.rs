//! The answers that web UIs poll, made from the rows and the index whenever one of them changes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use posterizarr_base::redact::{Depth, json::mask_json};

use super::choice_rows::Rows;
use super::encoded::Encoded;
use super::image_file::Finder;
use super::overview::{Counts, Overview, Preferred};
use super::recent::Recent;
use crate::library::assets::Index;

/// What the answers are made of, as it was at a moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Basis {
    /// The count of changes of the rows.
    pub revision: u64,
    /// The configuration's generation.
    pub config: u64,
    /// The index's generation.
    pub assets: u64,
    /// Whether the index said something by then.
    pub assets_known: bool,
}

/// Everything that is needed to make the answers, off the mailbox.
pub struct Order {
    /// The moment.
    pub basis: Basis,
    pub rows: Arc<Rows>,
    /// The rows whose files are gone.
    pub hidden: Arc<Rows>,
    /// The finished assets.
    pub assets: Arc<Index>,
    /// What the user prefers.
    pub preferred: Preferred,
}

#[derive(Debug, Default)]
pub struct Answers {
    /// What they are made of.
    pub basis: Basis,
    /// `/api/assets/overview`.
    pub overview: Encoded,
    /// `/api/recent-assets`.
    pub recent: Encoded,
    /// How many rows are in each category.
    pub counts: Counts,
    /// How long it took to make them.
    pub took: Duration,
}

/// The answers, and the rows that were hidden and whose files are back.
pub struct BuiltAnswers {
    pub answers: Answers,
    /// Ids.
    pub back: Vec<u64>,
}

impl Order {
    /// Makes the answers.
    pub fn make(self) -> std::io::Result<BuiltAnswers> {
        let begun = Instant::now();
        let finder = Finder::new(&self.assets);
        let (mut overview, mut recent) = (Overview::default(), Recent::default());
        for kept in self.rows.values().rev() {
            let found = finder.find(&kept.row);
            overview.add(&kept.row, found.as_ref(), &self.preferred)?;
            if let Some(found) = found {
                recent.add(&kept.row, found);
            }
        }
        let back = self.hidden.iter().filter(|(_, kept)| kept.is_back(&finder)).map(|(id, _)| *id).collect();
        let (overview, counts) = overview.finish(&self.preferred)?;
        let recent = serde_json::to_vec(&recent.finish())?;
        // They go out as they are, compressed, so what is secret is masked here: as deep as in any other text, but for names of
        // files, which clients send back.
        let overview = Encoded::new(&mask_json(&overview, Depth::Text))?;
        let recent = Encoded::new(&mask_json(&recent, Depth::Names))?;
        Ok(BuiltAnswers {
            answers: Answers { basis: self.basis, overview, recent, counts, took: begun.elapsed() },
            back,
        })
    }
}
