//! The media server's own pictures, as sources.

use std::sync::Arc;

use posterizarr_base::servers::ServerKind;
use posterizarr_media::ServiceError;
use posterizarr_media::servers::Slot;
use posterizarr_media::sources::Subject;

use super::{Held, Lookups, lock};
use crate::library::marker::is_marked;
use crate::library::plan::Entry;
use crate::library::select::Reply;

impl Lookups<'_> {
    /// The server's own picture, unless it is finished artwork already.
    pub(super) async fn own(&self, subject: Subject, entry: &Entry, held: &Held) -> Reply {
        let Some(mark) = self.own_mark(entry, subject) else { return Reply::NotAsked };
        if self.settings.take_marked {
            return Reply::Own(mark);
        }
        match self.own_picture(&mark).await {
            Ok(bytes) if is_marked(&bytes) => Reply::NotAsked,
            Ok(bytes) => {
                *lock(held) = Some((mark.clone(), Arc::new(bytes)));
                Reply::Own(mark)
            }
            Err(trouble) => {
                self.warn_once(trouble.to_string());
                Reply::NotAsked
            }
        }
    }

    /// What is known of the server's own picture, by which it is fetched. That of movies and shows on Jellyfin and Emby is a
    /// provider's; their collections may have one that no provider has.
    fn own_mark(&self, entry: &Entry, subject: Subject) -> Option<String> {
        let mark = listed_mark(entry, subject)?;
        match self.settings.server {
            ServerKind::Plex => mark.starts_with("/library/").then(|| mark.to_owned()),
            ServerKind::Jellyfin | ServerKind::Emby => entry.is_collection.then(|| format!("{} {mark}", entry.item.id)),
        }
    }

    pub(super) async fn own_picture(&self, mark: &str) -> Result<Vec<u8>, ServiceError> {
        let (id, mark) = parts_of(mark);
        self.server.picture(id, Slot::Poster, mark).await
    }

    pub(super) fn own_address(&self, mark: &str) -> String {
        let (id, mark) = parts_of(mark);
        self.server.picture_address(id, Slot::Poster, mark)
    }
}

/// What the listing has for the item's own picture of a subject.
fn listed_mark(entry: &Entry, subject: Subject) -> Option<&str> {
    let season = |number| entry.item.seasons.iter().find(move |season| season.number == number);
    match subject {
        Subject::Poster => entry.item.art.poster.as_deref(),
        Subject::Background => entry.item.art.background.as_deref(),
        Subject::Logo | Subject::ClearArt => entry.item.art.logo.as_deref(),
        Subject::Season(number) => season(number)?.art.poster.as_deref(),
        Subject::Episode { season: number, episode } => {
            let of = season(number)?.episodes.iter().find(|found| found.number == episode)?;
            of.art.poster.as_deref()
        }
    }
}

/// An item's id, where it is needed, and the mark of its picture.
fn parts_of(mark: &str) -> (&str, &str) {
    mark.split_once(' ').unwrap_or(("", mark))
}
