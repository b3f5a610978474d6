//! What kind of library a name stands for, as the media server's exports tell.

use std::collections::BTreeMap;

use posterizarr_base::items::ItemKind;

/// Library names with their type in lower case (`movie`, `show`; `series` from Jellyfin and Emby). Published by whoever
/// imports the exports, read wherever an image is named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LibraryTypes(pub BTreeMap<String, String>);

impl LibraryTypes {
    /// The type as the export spells it, in lower case.
    pub fn text(&self, library: &str) -> Option<&str> {
        self.0.get(library).map(String::as_str)
    }

    /// The kind; none where no export names the library, or names it something else.
    pub fn kind(&self, library: &str) -> Option<ItemKind> {
        match self.text(library)? {
            "movie" => Some(ItemKind::Movie),
            "show" | "series" => Some(ItemKind::Show),
            _ => None,
        }
    }
}
