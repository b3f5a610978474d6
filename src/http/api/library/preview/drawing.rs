//! What a sample shows beyond what `config.json` tells.

use chrono::{NaiveDate, TimeDelta, Utc};
use posterizarr_engine::badges::BadgeRule;
use posterizarr_engine::{Drawing, Legibility};
use posterizarr_media::facts::{DynamicRange, Facts, ShowStatus, Sound};
use posterizarr_render::badge::{Badge, Shape, Style};
use posterizarr_render::design::ArtworkKind;
use posterizarr_render::finish::SeasonalBorder;
use posterizarr_render::geometry::Gravity;
use posterizarr_render::hiding::Hiding;
use posterizarr_render::picture::Colour;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::http::{ApiError, Code};

/// More are no badges any more, but the picture.
const MAX_BADGES: usize = 20;
const MAX_WORD_LENGTH: usize = 40;

/// How a sample is drawn beyond what `config.json` tells.
#[derive(Deserialize, ToSchema, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct DrawingOrder {
    /// Whether the picture is darkened, or made lighter, behind a title that can hardly be read.
    legibility: Option<bool>,
    /// Colours of borders by the time of the year, as `10-24..10-31 darkorange; 12-01..01-06 #b3001b`.
    seasonal_borders: Option<String>,
    /// The day on which the sample is made; today if absent.
    pub(super) date: Option<NaiveDate>,
    /// Whether lines are of lengths as even as can be.
    balanced_lines: Option<bool>,
    /// The weight of fonts that have several in one file, 100 to 900.
    font_weight: Option<u16>,
    /// How the picture is kept from giving away what happens in it: `off`, `blur` or `grey`, with a strength as in `blur 40%`. If
    /// absent, title cards look as those of episodes do that were not watched.
    hide: Option<String>,
    /// What is told of a movie, show or episode of which everything is known, as `drawing.badges` has it.
    badge_rules: Option<Vec<String>>,
    /// Words that stand on top, in this order, in place of what the rules tell.
    badges: Option<Vec<BadgeOrder>>,
}

#[derive(Deserialize, ToSchema, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum ShapeOrder {
    Pill,
    Plate,
    Bare,
}

/// A word in a coloured shape.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BadgeOrder {
    /// The word.
    text: String,
    /// One of the nine places, such as `northwest` or `south`.
    place: String,
    /// What is around the word.
    shape: Option<ShapeOrder>,
    /// The colour of the shape.
    ground: Option<String>,
    /// The colour of the word.
    color: Option<String>,
    /// The height in thousandths of the picture's, 10 to 200.
    height: Option<u16>,
}

impl From<ShapeOrder> for Shape {
    fn from(order: ShapeOrder) -> Self {
        match order {
            ShapeOrder::Pill => Self::Pill,
            ShapeOrder::Plate => Self::Plate,
            ShapeOrder::Bare => Self::Bare,
        }
    }
}

fn wrong(field: &str, text: impl Into<String>) -> ApiError {
    let values = [("field", format!("drawing.{field}").into()), ("cause", text.into().into())];
    ApiError::told(Code::InvalidValue, "{field}: {cause}", values)
}

impl DrawingOrder {
    /// What is set, with what is ordered in its place.
    pub(super) fn over(&self, mut set: Drawing) -> Result<Drawing, ApiError> {
        if let Some(helped) = self.legibility {
            set.legibility = if helped { Legibility::On } else { Legibility::Off };
        }
        if let Some(borders) = &self.seasonal_borders {
            set.finish.borders =
                SeasonalBorder::parse_all(borders).map_err(|error| wrong("seasonal_borders", error))?;
        }
        let typography = &mut set.finish.typography;
        typography.balanced_lines = self.balanced_lines.unwrap_or(typography.balanced_lines);
        if let Some(weight) = self.font_weight {
            let is_one = (100..=900).contains(&weight);
            typography.weight = Some(is_one.then_some(weight).ok_or_else(|| wrong("font_weight", "take 100 to 900"))?);
        }
        if let Some(hide) = &self.hide {
            set.unwatched = Hiding::parse(hide).map_err(|error| wrong("hide", error))?;
        }
        if let Some(rules) = &self.badge_rules {
            set.badges = BadgeRule::parse_all(&rules.join(";")).map_err(|error| wrong("badge_rules", error))?;
        }
        Ok(set)
    }

    /// How the picture is hidden: as ordered on every kind of artwork, else as it is set on title cards.
    pub(super) fn hiding(&self, kind: ArtworkKind, set: &Drawing) -> Option<Hiding> {
        set.unwatched.filter(|_| self.hide.is_some() || kind == ArtworkKind::TitleCard)
    }

    /// What stands on top.
    pub(super) fn badges(&self, kind: ArtworkKind, set: &Drawing) -> Result<Vec<Badge>, ApiError> {
        match &self.badges {
            Some(words) if words.len() > MAX_BADGES => Err(wrong("badges", format!("take {MAX_BADGES} at most"))),
            Some(words) => words.iter().map(BadgeOrder::badge).collect(),
            None => {
                let rules = set.badges.iter().filter(|rule| rule.is_for(kind));
                Ok(rules.filter_map(|rule| rule.badge(&example(), Utc::now())).collect())
            }
        }
    }
}

/// A movie, show and episode in one, of which everything is known.
fn example() -> Facts {
    Facts {
        resolution: Some("4K".to_owned()),
        range: Some(DynamicRange::DolbyVision),
        sound: Some(Sound::Atmos),
        channels: Some(8),
        audio_languages: ["en", "de"].map(str::to_owned).to_vec(),
        subtitle_languages: ["en", "fr"].map(str::to_owned).to_vec(),
        critic_rating: Some(92),
        audience_rating: Some(84),
        age_rating: Some("PG-13".to_owned()),
        status: Some(ShowStatus::Returning),
        edition: Some("Director's Cut".to_owned()),
        added: Some(Utc::now() - TimeDelta::hours(1)),
    }
}

impl BadgeOrder {
    fn badge(&self) -> Result<Badge, ApiError> {
        let plain = Style::default();
        let colour = |field: &str, text: &Option<String>, plain: Colour| match text {
            Some(text) => Colour::parse(text).map_err(|error| wrong(field, error.to_string())),
            None => Ok(plain),
        };
        let places = "it is one of northwest, north, northeast, west, center, east, southwest, south and southeast";
        let height = self.height.unwrap_or(plain.height);
        if !(10..=200).contains(&height) {
            return Err(wrong("badges.height", "take 10 to 200"));
        }
        Ok(Badge {
            text: self.text.chars().take(MAX_WORD_LENGTH).collect(),
            icon: None,
            place: Gravity::parse(&self.place).ok_or_else(|| wrong("badges.place", places))?,
            style: Style {
                shape: self.shape.map_or(plain.shape, Shape::from),
                ground: colour("badges.ground", &self.ground, plain.ground)?,
                text: colour("badges.color", &self.color, plain.text)?,
                height,
            },
        })
    }
}
