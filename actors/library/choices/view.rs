//! What the ImageChoices show.

use std::sync::Arc;

use super::answers::Answers;
use super::choice_rows::Rows;

/// The rows, and the answers made of them.
#[derive(Debug, Clone, Default)]
pub struct ChoicesView {
    /// Why there are no rows: the store cannot be used.
    pub problem: Option<String>,
    /// All rows, by id.
    pub rows: Arc<Rows>,
    /// How many rows were hidden with their files.
    pub hidden: usize,
    /// The newest answers; none until they were made once.
    pub answers: Option<Arc<Answers>>,
    /// The revision that answers must have to be given out: that of the last change that somebody was told of.
    pub needed: u64,
}

impl ChoicesView {
    /// The answers, if nobody can tell that they are from before something.
    pub fn current(&self, config_generation: u64) -> Option<&Arc<Answers>> {
        self.answers.as_ref().filter(|answers| {
            let basis = &answers.basis;
            basis.assets_known && basis.revision >= self.needed && basis.config == config_generation
        })
    }
}
