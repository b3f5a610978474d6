//! What is drawn beyond what `config.json` tells, as the daemon's own settings have it: the script takes sections that it does
//! not know out of `config.json`.

use std::path::Path;

use chrono::NaiveDate;
use posterizarr_render::config::Look;
use posterizarr_render::design::Typography;
use posterizarr_render::finish::Finish;
use posterizarr_render::hiding::Hiding;

use crate::badges::BadgeRule;
use crate::library::is_noted_empty;

/// Whether texts are helped that can hardly be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Legibility {
    /// In installations that began without artwork: others have artwork already that looks otherwise.
    #[default]
    Auto,
    On,
    Off,
}

impl Legibility {
    const ALL: [Self; 3] = [Self::Auto, Self::On, Self::Off];

    /// Its word in settings.
    pub fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::On => "on",
            Self::Off => "off",
        }
    }

    /// Of its word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|legibility| legibility.word() == word)
    }
}

/// The settings of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawing {
    pub legibility: Legibility,
    /// All else that is the same on each picture.
    pub finish: Finish,
    /// What is told on a picture of what the media server knows, in this order.
    pub badges: Vec<BadgeRule>,
    /// How title cards look of episodes that were not watched yet; none: as all others.
    pub unwatched: Option<Hiding>,
    /// The user by whose playing that is known, on Jellyfin and Emby; none: the first administrator.
    pub viewer: Option<String>,
}

impl Default for Drawing {
    fn default() -> Self {
        let typography = Typography { system_fonts: true, ..Typography::default() };
        let finish = Finish { typography, ..Finish::default() };
        Self { legibility: Legibility::Auto, finish, badges: Vec::new(), unwatched: None, viewer: None }
    }
}

impl Drawing {
    /// The look with all of it, on a day, in the installation with this data folder.
    pub fn applied(&self, look: Look, data: &Path, today: NaiveDate) -> Look {
        let legibility = match self.legibility {
            Legibility::Auto => is_noted_empty(data),
            Legibility::On => true,
            Legibility::Off => false,
        };
        Finish { legibility, ..self.finish.clone() }.applied(look, today)
    }
}

#[cfg(test)]
mod tests {
    use posterizarr_base::config::keys;
    use posterizarr_render::design::{ArtworkKind, Design};
    use posterizarr_render::finish::SeasonalBorder;

    use super::*;

    fn design(drawing: &Drawing, data: &Path) -> Design {
        let look = Look::read(&keys::defaults()).unwrap();
        let christmas = NaiveDate::from_ymd_opt(2026, 12, 24).unwrap();
        drawing.applied(look, data, christmas).design(ArtworkKind::Poster).unwrap().clone()
    }

    #[test]
    fn what_is_set_reaches_the_designs() {
        let data = tempfile::tempdir().unwrap();
        let plain = design(&Drawing::default(), data.path());
        assert_eq!(plain.typography, Typography { system_fonts: true, ..Typography::default() });
        let typography = Typography { weight: Some(700), balanced_lines: true, system_fonts: false };
        let borders = SeasonalBorder::parse_all("12-01..12-26 red").unwrap();
        let finish = Finish { typography, borders, ..Finish::default() };
        let set = design(&Drawing { legibility: Legibility::On, finish, ..Drawing::default() }, data.path());
        assert_eq!((set.typography, set.legibility), (typography, true));
        assert_eq!(set.border.map(|border| border.colour.rgb), Some([255, 0, 0]));
    }

    #[test]
    fn texts_are_helped_by_themselves_where_an_installation_began_without_artwork() {
        let data = tempfile::tempdir().unwrap();
        let helped = |legibility| design(&Drawing { legibility, ..Drawing::default() }, data.path()).legibility;
        assert_eq!([Legibility::Auto, Legibility::On, Legibility::Off].map(helped), [false, true, false]);
        std::fs::create_dir_all(data.path().join("ledger")).unwrap();
        std::fs::write(data.path().join("ledger/began-empty"), "").unwrap();
        assert_eq!([Legibility::Auto, Legibility::On, Legibility::Off].map(helped), [true, true, false]);
    }
}
