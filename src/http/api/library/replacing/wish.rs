//! What a client asks for, as the providers are asked: which title that is, and which kinds of pictures.
//!
//! A title is known by the ids of the request, by those of the records of its folder, by those in the folder's name, or by
//! what is typed in the place of a name (`tmdb-603`, `tvdb:81189`, `tt0133093`); else it is searched for by name.

use posterizarr_base::items::ItemKind;
use posterizarr_media::sources::offers::{Known, Origin, Wish};
use posterizarr_media::sources::{Sought, Subject};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::actors::library::choices::ChoicesView;

/// What is looked for.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct ReplacementsWanted {
    /// The asset below the asset folder; one that begins with `manual_` is none.
    pub asset_path: String,
    /// `movie` or `tv`.
    pub media_type: String,
    /// `poster` or `standard`, `background`, `season`, `titlecard`, `collection`, `logo`.
    pub asset_type: String,
    #[serde(default)]
    pub tmdb_id: Option<String>,
    #[serde(default)]
    pub tvdb_id: Option<String>,
    #[serde(default)]
    pub imdb_id: Option<String>,
    /// The title; or an id, such as `tmdb-603`, `tvdb-81189` or `tt0133093`.
    #[serde(default)]
    pub title: Option<String>,
    /// The show's title where `title` is an episode's.
    #[serde(default)]
    pub show_title: Option<String>,
    #[serde(default)]
    pub year: Option<u32>,
    #[serde(default)]
    pub season_number: Option<u32>,
    #[serde(default)]
    pub episode_number: Option<u32>,
    /// Whether the ids on record do not count.
    #[serde(default)]
    pub is_manual_search: bool,
}

/// The three kinds of ids.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Ids {
    tmdb: Option<String>,
    tvdb: Option<String>,
    imdb: Option<String>,
}

impl Ids {
    fn or(self, other: Self) -> Self {
        Self { tmdb: self.tmdb.or(other.tmdb), tvdb: self.tvdb.or(other.tvdb), imdb: self.imdb.or(other.imdb) }
    }

    fn is_complete(&self) -> bool {
        self.tmdb.is_some() && self.tvdb.is_some()
    }
}

impl ReplacementsWanted {
    /// What the providers are asked, and the kind of id that was typed in the place of a name; nothing for what is no movie and
    /// no show.
    pub fn wish(&self, choices: &ChoicesView) -> Option<(Wish, Option<&'static str>)> {
        let kind = match self.media_type.as_str() {
            "movie" => ItemKind::Movie,
            "tv" => ItemKind::Show,
            _ => return None,
        };
        let given = self.given(choices);
        let name = [&self.show_title, &self.title].into_iter().flatten().find(|name| !name.trim().is_empty());
        let name = name.map(|name| name.trim().to_owned());
        let typed = name.as_deref().filter(|_| given.tmdb.is_none()).and_then(typed_id);
        let of = |which: &str, given: Option<String>, origin| {
            let typed = typed.as_ref().filter(|(kind, _)| *kind == which);
            let given = given.map(|id| Known { id, origin });
            given.or_else(|| typed.map(|(_, id)| Known { id: id.clone(), origin: Origin::TypedId }))
        };
        let imdb = of("imdb", given.imdb, Origin::Imdb).map(|known| Known { origin: Origin::Imdb, ..known });
        let wish = Wish {
            sought: if self.asset_type == "collection" { Sought::Collection } else { Sought::Title(kind) },
            subjects: self.subjects(kind),
            tmdb: of("tmdb", given.tmdb, Origin::Id),
            tvdb: of("tvdb", given.tvdb, Origin::Id),
            imdb,
            name: name.filter(|_| typed.is_none()),
            year: self.year,
        };
        Some((wish, typed.map(|(kind, _)| kind)))
    }

    fn subjects(&self, kind: ItemKind) -> Vec<Subject> {
        vec![match (self.asset_type.as_str(), kind, self.season_number, self.episode_number) {
            ("background", ..) => Subject::Background,
            ("logo", ..) => return vec![Subject::Logo, Subject::ClearArt],
            ("season", ItemKind::Show, Some(season), _) => Subject::Season(season),
            ("titlecard", ItemKind::Show, Some(season), Some(episode)) => Subject::Episode { season, episode },
            // Without numbers a background is the nearest thing: it is as wide.
            ("titlecard", ..) => Subject::Background,
            _ => Subject::Poster,
        }]
    }

    /// The ids of the request, or else of the records, or else in the path.
    fn given(&self, choices: &ChoicesView) -> Ids {
        let given = [&self.tmdb_id, &self.tvdb_id, &self.imdb_id].map(|id| id.as_deref().and_then(usable));
        let [tmdb, tvdb, imdb] = given;
        let given = Ids { tmdb, tvdb, imdb };
        // A collection has an id of its own, which no record tells.
        if given.is_complete() || self.is_manual_search || self.asset_type == "collection" {
            return given;
        }
        given.or(recorded(&self.asset_path, choices)).or(in_path(&self.asset_path))
    }
}

/// An id that is one: what was not found is written as `false` in the script's table.
fn usable(id: &str) -> Option<String> {
    let id = id.trim();
    (!id.is_empty() && !id.eq_ignore_ascii_case("false")).then(|| id.to_owned())
}

/// The ids that the rows of an asset's folder tell.
fn recorded(path: &str, choices: &ChoicesView) -> Ids {
    let mut folders = path.rsplit('/').skip(1);
    let Some(folder) = folders.next() else { return Ids::default() };
    let above: Vec<&str> = folders.collect();
    let is_here = |library: Option<&str>| library.is_some_and(|library| above.contains(&library));
    let rows = choices.rows.values().map(|kept| &kept.row);
    let rows = rows.filter(|row| row.rootfolder.as_deref() == Some(folder) && is_here(row.library.as_deref()));
    rows.fold(Ids::default(), |ids, row| {
        let of_row = [&row.tmdbid, &row.tvdbid, &row.imdbid].map(|id| id.as_deref().and_then(usable));
        let [tmdb, tvdb, imdb] = of_row;
        ids.or(Ids { tmdb, tvdb, imdb })
    })
}

/// The ids in the name of a folder, such as `{tmdb-603}`.
fn in_path(path: &str) -> Ids {
    let path = path.to_lowercase();
    let id = |word: &str, is_id: fn(&str) -> bool| {
        let found = path.split(word).skip(1).filter_map(|rest| rest.strip_prefix(['-', ':', '=']));
        let mut ids =
            found.map(|rest| rest.split(|letter: char| !letter.is_ascii_alphanumeric()).next().unwrap_or_default());
        ids.find(|id| is_id(id)).map(str::to_owned)
    };
    Ids { tmdb: id("tmdb", is_number), tvdb: id("tvdb", is_number), imdb: id("imdb", is_imdb) }
}

/// The id that is typed in the place of a name, with its kind.
fn typed_id(name: &str) -> Option<(&'static str, String)> {
    let name = name.trim().to_lowercase();
    let digits = |text: &str| {
        let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
        (!digits.is_empty()).then_some(digits)
    };
    let after = |word: &str| name.strip_prefix(word).and_then(|rest| rest.strip_prefix(['-', ':']));
    for word in ["tmdb", "tvdb"] {
        if let Some(id) = after(word).and_then(digits) {
            return Some((word, id));
        }
    }
    let imdb = after("imdb").map(|rest| rest.strip_prefix("tt").unwrap_or(rest)).or_else(|| name.strip_prefix("tt"));
    imdb.and_then(digits).map(|id| ("imdb", format!("tt{id}")))
}

fn is_number(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_imdb(id: &str) -> bool {
    id.strip_prefix("tt").is_some_and(is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(asset_path: &str, asset_type: &str, title: &str) -> ReplacementsWanted {
        ReplacementsWanted {
            asset_path: asset_path.to_owned(),
            media_type: "tv".to_owned(),
            asset_type: asset_type.to_owned(),
            title: Some(title.to_owned()),
            ..ReplacementsWanted::default()
        }
    }

    fn known(id: &str, origin: Origin) -> Option<Known> {
        Some(Known { id: id.to_owned(), origin })
    }

    #[test]
    fn an_id_that_is_typed_counts_and_then_nothing_is_searched_for_by_name() {
        let none = ChoicesView::default();
        for (typed, kind, id) in [
            ("tmdb-603", "tmdb", "603"),
            (" TVDB:81189 Breaking", "tvdb", "81189"),
            ("imdb-133093", "imdb", "tt133093"),
            ("imdb:tt0133093", "imdb", "tt0133093"),
            ("tt0133093", "imdb", "tt0133093"),
        ] {
            let (wish, detected) = wanted("manual_poster_1", "poster", typed).wish(&none).unwrap();
            let found = match kind {
                "tmdb" => wish.tmdb,
                "tvdb" => wish.tvdb,
                _ => wish.imdb,
            };
            assert_eq!(
                (detected, wish.name, found.map(|known| known.id)),
                (Some(kind), None, Some(id.to_owned())),
                "{typed}"
            );
        }
        let (wish, detected) = wanted("manual_poster_1", "poster", " Ttown ").wish(&none).unwrap();
        assert_eq!((detected, wish.name.as_deref(), wish.tmdb), (None, Some("Ttown"), None));
        assert!(ReplacementsWanted { media_type: "music".into(), ..wanted("x", "poster", "x") }.wish(&none).is_none());
    }

    #[test]
    fn ids_are_those_of_the_request_then_those_in_the_path() {
        let none = ChoicesView::default();
        let mut asked = wanted("TV/Dark (2017) {tmdb-70523} [imdb-tt5753856]/Season01.jpg", "season", "Dark");
        asked.season_number = Some(0);
        let (wish, _) = asked.wish(&none).unwrap();
        assert_eq!(
            (wish.tmdb.clone(), wish.tvdb, wish.imdb),
            (known("70523", Origin::Id), None, known("tt5753856", Origin::Imdb))
        );
        assert_eq!((wish.subjects, wish.name.as_deref()), (vec![Subject::Season(0)], Some("Dark")));
        asked.tmdb_id = Some("1".into());
        asked.tvdb_id = Some("false".into());
        let (wish, _) = asked.wish(&none).unwrap();
        assert_eq!((wish.tmdb, wish.tvdb), (known("1", Origin::Id), None));
        let (wish, _) = ReplacementsWanted { is_manual_search: true, tmdb_id: None, ..asked }.wish(&none).unwrap();
        assert_eq!(wish.tmdb, None);
    }

    #[test]
    fn each_kind_of_asset_has_its_pictures() {
        let subjects = |asset_type: &str, kind: &str, season, episode| {
            let asked = ReplacementsWanted {
                media_type: kind.into(),
                season_number: season,
                episode_number: episode,
                ..wanted("x", asset_type, "x")
            };
            asked.wish(&ChoicesView::default()).unwrap().0.subjects
        };
        assert_eq!(subjects("standard", "movie", None, None), [Subject::Poster]);
        assert_eq!(subjects("background", "tv", Some(1), None), [Subject::Background]);
        assert_eq!(subjects("logo", "movie", None, None), [Subject::Logo, Subject::ClearArt]);
        assert_eq!(subjects("season", "tv", None, None), [Subject::Poster]);
        assert_eq!(subjects("season", "movie", Some(1), None), [Subject::Poster]);
        assert_eq!(subjects("titlecard", "tv", Some(1), Some(2)), [Subject::Episode { season: 1, episode: 2 }]);
        assert_eq!(subjects("titlecard", "tv", Some(1), None), [Subject::Background]);
    }
}
