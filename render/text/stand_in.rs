//! The font that stands in for a title font that is missing.
//!
//! It is a display face where the program brought one, and DejaVu Sans Bold else: the only display faces under an open
//! licence that a registry has are packages for web pages, which the program's build gets and this library's does not.

use std::sync::{Arc, OnceLock};

use super::{Font, FontError};

static BROUGHT: OnceLock<StandIn> = OnceLock::new();

/// A font, and what it is called.
#[derive(Clone, Debug)]
pub struct StandIn {
    pub name: &'static str,
    pub font: Arc<Font>,
}

impl StandIn {
    /// Of a font file.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(name: &'static str, data: &'static [u8]) -> Result<Self, FontError> {
        Font::new(data).map(|font| Self { name, font: font.into() })
    }

    /// For all titles from now on. Only the first one counts.
    pub fn bring(self) {
        let _ = BROUGHT.set(self);
    }

    /// The one for titles.
    pub fn of_titles() -> Self {
        BROUGHT.get().cloned().unwrap_or_else(Self::dejavu)
    }

    /// For scripts that are read from the right, which no display face has.
    pub fn of_right_to_left() -> Self {
        Self::dejavu()
    }

    fn dejavu() -> Self {
        Self { name: "DejaVu Sans Bold", font: Font::bundled_bold().into() }
    }
}
