//! A picture that an asset is made of: where it is from, and its bytes.

use std::sync::Arc;

use posterizarr_base::run_events::AssetSource;
use serde::{Deserialize, Serialize};

use crate::library::select::{Chosen, Provider, Text};

/// The bytes of a picture, shared by those who need them.
pub(super) type Bytes = Arc<Vec<u8>>;

/// What an asset was made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Source {
    /// `TMDB`, `TVDB`, `FANART`, `PLEX`, `manual`.
    pub(super) provider: String,
    /// The picture's address; the server's own mark of it for `PLEX`, the path or the address for `manual`.
    pub(super) url: String,
    pub(super) language: Option<String>,
    pub(super) text: Text,
}

impl Source {
    /// The user's own picture, by its path or its address.
    pub(super) fn manual(url: String) -> Self {
        Self { provider: "manual".to_owned(), url, language: None, text: Text::Unknown }
    }

    /// The provider; none for a manual picture.
    pub(super) fn provider(&self) -> Option<Provider> {
        Provider::ALL.into_iter().find(|provider| provider.word() == self.provider)
    }

    /// What a provider or the server has.
    pub(super) fn of(picture: &Chosen) -> Self {
        Self {
            provider: picture.provider.word().to_owned(),
            url: picture.url.clone(),
            language: picture.language.clone(),
            text: picture.text,
        }
    }

    /// As event files have it.
    pub(super) fn shown(&self, address: String) -> AssetSource {
        AssetSource {
            provider: self.provider.clone(),
            address,
            language: self.language.clone(),
            textless: self.text == Text::Without,
        }
    }
}
