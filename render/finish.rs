//! What is drawn beyond what the script knows, and is off unless it is asked for.

use std::fmt;

use chrono::{Datelike, NaiveDate};

use crate::{config::Look, design::Typography, picture::Colour};

/// How all artwork is finished.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finish {
    pub typography: Typography,
    /// Where a title can hardly be read, the picture behind it is darkened, or made lighter.
    pub legibility: bool,
    /// The colours of borders by the time of the year; the first that fits is taken.
    pub borders: Vec<SeasonalBorder>,
}

/// A day of any year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day {
    pub month: u32,
    pub day: u32,
}

/// The colour of borders from one day to another, both included; over the turn of the year where the first is the later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeasonalBorder {
    pub from: Day,
    pub to: Day,
    pub colour: Colour,
}

impl Finish {
    /// The look with this finish, on a day.
    #[must_use]
    pub fn applied(&self, mut look: Look, today: NaiveDate) -> Look {
        let colour = self.borders.iter().find(|border| border.is_on(today)).map(|border| border.colour);
        for design in look.designs_mut() {
            design.typography = self.typography;
            design.legibility = self.legibility;
            if let (Some(border), Some(colour)) = (&mut design.border, colour) {
                border.colour = colour;
            }
        }
        look
    }
}

impl fmt::Display for SeasonalBorder {
    /// As it is written.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to, colour } = self;
        let [red, green, blue] = colour.rgb;
        write!(formatter, "{:02}-{:02}..{:02}-{:02} ", from.month, from.day, to.month, to.day)?;
        write!(formatter, "#{red:02x}{green:02x}{blue:02x}{:02x}", colour.alpha)
    }
}

impl Day {
    /// Of `12-24`.
    fn parse(text: &str) -> Option<Self> {
        let (month, day) = text.trim().split_once('-')?;
        let (month, day) = (month.parse().ok()?, day.parse().ok()?);
        // Of a leap year, so that 29 February is one.
        NaiveDate::from_ymd_opt(2024, month, day).map(|_| Self { month, day })
    }
}

impl SeasonalBorder {
    /// Whether a date is in its days.
    pub fn is_on(&self, date: NaiveDate) -> bool {
        let day = Day { month: date.month(), day: date.day() };
        if self.from <= self.to { (self.from..=self.to).contains(&day) } else { day >= self.from || day <= self.to }
    }

    /// Reads `10-24..10-31 darkorange; 12-01..01-06 #b3001b`.
    ///
    /// # Errors
    /// What is wrong, and how it is written.
    pub fn parse_all(text: &str) -> Result<Vec<Self>, String> {
        text.split(';').map(str::trim).filter(|part| !part.is_empty()).map(Self::parse).collect()
    }

    fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a border of a season; write it as 12-01..01-06 #b3001b");
        let (days, colour) = text.split_once(char::is_whitespace).ok_or_else(wrong)?;
        let (from, to) = days.split_once("..").ok_or_else(wrong)?;
        let day = |text| Day::parse(text).ok_or_else(wrong);
        let colour = Colour::parse(colour.trim()).map_err(|error| format!("`{text}`: {error}"))?;
        Ok(Self { from: day(from)?, to: day(to)?, colour })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::tests::fresh, design::ArtworkKind};

    fn date(month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, month, day).unwrap()
    }

    #[test]
    fn a_season_may_reach_over_the_turn_of_the_year() {
        let borders = SeasonalBorder::parse_all("10-24..10-31 darkorange; 12-01..01-06 #b3001b;").unwrap();
        let on = |month, day| borders.iter().position(|border| border.is_on(date(month, day)));
        for ((month, day), season) in [
            ((10, 23), None),
            ((10, 24), Some(0)),
            ((10, 31), Some(0)),
            ((11, 30), None),
            ((12, 1), Some(1)),
            ((1, 6), Some(1)),
            ((1, 7), None),
        ] {
            assert_eq!(on(month, day), season, "{month}-{day}");
        }
    }

    #[test]
    fn what_is_no_season_is_told_with_the_way_to_write_it() {
        for wrong in ["12-01 red", "13-01..01-06 red", "02-30..03-01 red", "12-01..12-24", "12-01..12-24 nored"] {
            let error = SeasonalBorder::parse_all(wrong).unwrap_err();
            assert!(error.contains(wrong), "{error}");
        }
        assert!(SeasonalBorder::parse_all("12-01 red").unwrap_err().contains("12-01..01-06"));
        assert_eq!(SeasonalBorder::parse_all("  "), Ok(Vec::new()));
        let borders = SeasonalBorder::parse_all("2-29..10-1 #11223344").unwrap();
        assert_eq!(borders[0].to_string(), "02-29..10-01 #11223344");
    }

    #[test]
    fn borders_have_the_colour_of_the_season_and_their_own_else() {
        let finish = Finish { borders: SeasonalBorder::parse_all("12-01..12-26 red").unwrap(), ..Finish::default() };
        let border = |today| {
            let look = finish.applied(Look::read(&fresh()).unwrap(), today);
            look.design(ArtworkKind::Poster).unwrap().border.unwrap().colour
        };
        assert_eq!((border(date(12, 24)), border(date(12, 27))), (Colour::opaque([255, 0, 0]), Colour::BLACK));
    }
}
