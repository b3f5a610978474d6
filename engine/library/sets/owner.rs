//! Whose a picture of a set is.

use std::fmt;

use posterizarr_media::model::ItemKind;

/// A title as a user has written it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    /// All of it.
    pub(super) name: String,
    /// `Heat (1995)` in its parts.
    pub(super) title_and_year: Option<(String, u32)>,
    /// Where there is one, nothing else counts.
    pub(super) id: Option<Id>,
}

/// What a provider knows it by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Id {
    /// `tmdb`, `tvdb` or `imdb`.
    pub(super) provider: &'static str,
    pub(super) id: String,
    /// Where that is told.
    pub(super) kind: Option<ItemKind>,
}

impl Id {
    /// Of a provider's name and a number: `tmdb` and `949`, or `tmdbid` as Jellyfin has it.
    fn of(provider: &str, id: &str) -> Option<Self> {
        let provider = provider.trim().to_ascii_lowercase();
        let provider = ["tmdb", "tvdb", "imdb"]
            .into_iter()
            .find(|known| provider == *known || provider.strip_suffix("id") == Some(known))?;
        let number = if provider == "imdb" { id.trim().strip_prefix("tt")? } else { id.trim() };
        let is_one = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        is_one.then(|| Self { provider, id: id.trim().to_owned(), kind: None })
    }

    /// `tmdb:949`, `tt0113277`, and as in TMDB's addresses `movie/949` and `tv/1399`.
    fn parse(text: &str) -> Option<Self> {
        for (word, kind) in [("movie/", ItemKind::Movie), ("tv/", ItemKind::Show)] {
            if let Some(number) = text.strip_prefix(word) {
                return Self::of("tmdb", number).map(|id| Self { kind: Some(kind), ..id });
            }
        }
        text.split_once(':').and_then(|(provider, id)| Self::of(provider, id)).or_else(|| Self::of("imdb", text))
    }
}

impl Owner {
    /// Of the name of a folder, or what stands in the table; none where there is nothing.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (name, id) = match Id::parse(text) {
            Some(id) => (text, Some(id)),
            None => tagged(text),
        };
        let title_and_year = name.strip_suffix(')').and_then(|name| name.rsplit_once('(')).and_then(|(title, year)| {
            let year = year.parse().ok().filter(|_| year.len() == 4)?;
            Some((title.trim().to_owned(), year))
        });
        (!name.is_empty() || id.is_some()).then(|| Self { name: name.to_owned(), title_and_year, id })
    }
}

/// A folder's name and the id in it: `Heat (1995) {tmdb-949}`, `Heat (1995) [tmdbid-949]`.
fn tagged(text: &str) -> (&str, Option<Id>) {
    for (open, close) in [('{', '}'), ('[', ']')] {
        let inner = text.strip_suffix(close).and_then(|text| text.rsplit_once(open));
        if let Some((name, tag)) = inner
            && let Some(id) = tag.split_once(['-', '=']).and_then(|(provider, id)| Id::of(provider, id))
        {
            return (name.trim(), Some(id));
        }
    }
    (text, None)
}

impl fmt::Display for Owner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.id {
            Some(id) => write!(formatter, "{} {}", id.provider, id.id),
            None => formatter.write_str(&self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> Option<(&'static str, String)> {
        Owner::parse(text).unwrap().id.map(|id| (id.provider, id.id))
    }

    #[test]
    fn ids_are_known_and_titles_are_not_taken_for_them() {
        for (text, provider, number) in [
            ("tmdb:949", "tmdb", "949"),
            ("TMDB: 949", "tmdb", "949"),
            ("movie/949", "tmdb", "949"),
            ("tv/1399", "tmdb", "1399"),
            ("tvdb:121361", "tvdb", "121361"),
            ("tt0113277", "imdb", "tt0113277"),
            ("imdb:tt0113277", "imdb", "tt0113277"),
            ("Heat (1995) {tmdb-949}", "tmdb", "949"),
            ("Heat [tvdbid=7]", "tvdb", "7"),
        ] {
            assert_eq!(id(text), Some((provider, number.to_owned())), "{text}");
        }
        for title in ["949", "Heat", "Mission: Impossible", "tt", "[REC]", "Who {framed-1}", "movie/night", "tmdb:x"] {
            assert_eq!(id(title), None, "{title}");
        }
        assert_eq!(Owner::parse("  "), None);
    }

    #[test]
    fn a_year_is_what_stands_in_brackets_at_the_end() {
        let year = |text: &str| Owner::parse(text).unwrap().title_and_year;
        assert_eq!(year("Heat (1995)"), Some(("Heat".to_owned(), 1995)));
        assert_eq!(year("Heat (1995) {tmdb-949}"), Some(("Heat".to_owned(), 1995)));
        assert_eq!((year("Blade Runner 2049"), year("Alien (Director's Cut)")), (None, None));
    }
}
