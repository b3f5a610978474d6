//! Reading rules of badges.

use posterizarr_media::sources::languages::two_letters;
use posterizarr_render::badge::{Shape, Style};
use posterizarr_render::design::ArtworkKind;
use posterizarr_render::geometry::Gravity;
use posterizarr_render::picture::Colour;

use super::facts::lines;
use super::{BadgeRule, Condition, Subject};

/// More cannot be told apart.
const MAX_RULES: usize = 50;
const EXAMPLE: &str = "write it as audience_rating>=7.5 northeast plate ground=#15803d";
const PLACES: &str = "northwest, north, northeast, west, center, east, southwest, south or southeast";
/// How many days something is new where nothing else is said.
const NEW_DAYS: u32 = 7;

impl BadgeRule {
    /// Reads rules with semicolons between them.
    ///
    /// # Errors
    /// What is wrong, and how it is written.
    pub fn parse_all(text: &str) -> Result<Vec<Self>, String> {
        let rules = split(text, |letter| letter == ';');
        let rules: Vec<&str> = rules.into_iter().map(str::trim).filter(|rule| !rule.is_empty()).collect();
        if rules.len() > MAX_RULES {
            return Err(format!("{} badges are more than there is room for; write {MAX_RULES} at most", rules.len()));
        }
        rules
            .into_iter()
            .map(|rule| Self::parse(rule).map_err(|wrong| format!("the badge `{rule}`: {wrong}")))
            .collect()
    }

    fn parse(text: &str) -> Result<Self, String> {
        let words = split(text, char::is_whitespace).into_iter().filter(|word| !word.is_empty());
        let mut words = words.map(|word| word.replace('"', ""));
        let (subject, condition) = subject(&words.next().ok_or(EXAMPLE)?)?;
        let (mut place, mut opacity) = (None, None);
        let style = Style::default();
        let mut rule = Self {
            written: text.to_owned(),
            subject,
            condition,
            kinds: vec![ArtworkKind::Poster],
            place: Gravity::CENTER,
            style,
            label: None,
        };
        for word in words {
            match word.split_once('=') {
                Some(("ground", value)) => rule.style.ground = colour(value)?,
                Some(("text", value)) => rule.style.text = colour(value)?,
                Some(("opacity", value)) => opacity = Some(share(value)?),
                Some(("height", value)) => rule.style.height = height(value)?,
                Some(("on", value)) => rule.kinds = kinds(value)?,
                Some(("label", value)) => rule.label = Some(value.to_owned()),
                _ => match (Gravity::parse(&word), shape(&word)) {
                    (Some(gravity), _) => place = Some(gravity),
                    (None, Some(shape)) => rule.style.shape = shape,
                    (None, None) => {
                        return Err(format!(
                            "`{word}` means nothing here; after the fact come a place ({PLACES}), a shape (pill, plate or bare), and ground=, text=, opacity=, height=, on= and label="
                        ));
                    }
                },
            }
        }
        rule.place = place.ok_or_else(|| format!("it has no place; add {PLACES}"))?;
        if let Some(opacity) = opacity {
            rule.style.ground.alpha = opacity;
        }
        Ok(rule)
    }
}

/// The parts of a text; what is between quotation marks stays whole.
fn split(text: &str, is_end: impl Fn(char) -> bool) -> Vec<&str> {
    let mut is_quoted = false;
    text.split(move |letter| {
        is_quoted ^= letter == '"';
        !is_quoted && is_end(letter)
    })
    .collect()
}

fn subject(word: &str) -> Result<(Subject, Option<Condition>), String> {
    let end = word.find(['=', '<', '>']).unwrap_or(word.len());
    let (name, condition) = word.split_at(end);
    let subject = Subject::ALL.iter().find(|(known, _)| *known == name).map(|(_, subject)| *subject);
    let subject = subject.ok_or_else(|| {
        let known: Vec<&str> = Subject::ALL.iter().map(|(known, _)| *known).collect();
        format!("`{name}` is nothing that is known; it is one of {}", known.join(", "))
    })?;
    Ok((subject, subject.condition(condition)?))
}

impl Subject {
    fn condition(self, written: &str) -> Result<Option<Condition>, String> {
        let number = |value: &str| {
            self.number(value).ok_or_else(|| format!("`{written}` compares with nothing that it could be"))
        };
        if let Some(value) = written.strip_prefix(">=") {
            return number(value).map(Condition::AtLeast).map(Some);
        }
        if let Some(value) = written.strip_prefix("<=") {
            return number(value).map(Condition::AtMost).map(Some);
        }
        match (written.strip_prefix('='), self) {
            (Some(days), Self::New) => {
                let days = days.trim_end_matches('d').parse().ok().filter(|days| (1..=3650).contains(days));
                let days: u32 = days.ok_or_else(|| "write the days as new=14".to_owned())?;
                Ok(Some(Condition::AtMost(days * 10)))
            }
            (Some(names), _) => self.among(names).map(Some),
            (None, Self::New) => Ok(Some(Condition::AtMost(NEW_DAYS * 10))),
            (None, _) if written.is_empty() => Ok(None),
            (None, _) => Err(format!("`{written}` is not a condition; write =, >= or <=")),
        }
    }

    fn among(self, names: &str) -> Result<Condition, String> {
        let names: Vec<String> = names.split('|').map(|name| name.trim().to_lowercase()).collect();
        if let Some(known) = self.names()
            && let Some(odd) = names.iter().find(|name| !known.contains(&name.as_str()))
        {
            return Err(format!("`{odd}` is none of {}", known.join(", ")));
        }
        let is_language = matches!(self, Self::AudioLanguages | Self::Subtitles);
        let names = names.iter().map(|name| if is_language { two_letters(name) } else { name.clone() }).collect();
        Ok(Condition::Among(names))
    }

    /// The number of a value in tenths; none where there is no more and less of it.
    fn number(self, value: &str) -> Option<u32> {
        let value = match self {
            Self::Resolution => return lines(value),
            Self::Channels | Self::AudienceRating => value,
            Self::CriticRating => value.trim_end_matches('%'),
            _ => return None,
        };
        let number: f64 = value.parse().ok()?;
        (0.0..=100.0).contains(&number).then(|| (number * 10.0).round() as u32)
    }
}

fn colour(value: &str) -> Result<Colour, String> {
    Colour::parse(value).map_err(|error| error.to_string())
}

/// How opaque: 0 to 100 percent.
fn share(value: &str) -> Result<u8, String> {
    let percent = value.trim_end_matches('%').parse::<u16>().ok().filter(|percent| *percent <= 100);
    let percent = percent.ok_or_else(|| format!("`{value}` is not an opacity; write 0% to 100%"))?;
    Ok((percent * 255 / 100) as u8)
}

fn height(value: &str) -> Result<u16, String> {
    let height = value.parse().ok().filter(|height| (10..=200).contains(height));
    height.ok_or_else(|| format!("`{value}` is not a height; write 10 to 200, in thousandths of the picture's height"))
}

fn shape(word: &str) -> Option<Shape> {
    match word {
        "pill" => Some(Shape::Pill),
        "plate" => Some(Shape::Plate),
        "bare" => Some(Shape::Bare),
        _ => None,
    }
}

fn kinds(value: &str) -> Result<Vec<ArtworkKind>, String> {
    let kind = |word: &str| {
        let found = ArtworkKind::WORDS.into_iter().find(|(known, _)| *known == word.trim());
        found.map(|(_, kind)| kind).ok_or_else(|| {
            format!("`{word}` is not a kind of artwork that has badges; write poster, season, background or titlecard")
        })
    };
    value.split(',').map(kind).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_has_a_place_and_a_style_and_is_written_as_it_was() {
        let text = "hdr=dv|hdr10+ southwest plate ground=navy text=gold opacity=50% height=60 on=poster,titlecard";
        let rules = BadgeRule::parse_all(&format!("{text}; new south label=\"Just in; {{}}\" ;")).unwrap();
        let style = Style {
            shape: Shape::Plate,
            ground: Colour { alpha: 127, ..Colour::parse("navy").unwrap() },
            text: Colour::parse("gold").unwrap(),
            height: 60,
        };
        assert_eq!((rules.len(), rules[0].style, rules[0].place), (2, style, Gravity::parse("southwest").unwrap()));
        let has = [ArtworkKind::Poster, ArtworkKind::Season, ArtworkKind::TitleCard].map(|kind| rules[0].is_for(kind));
        assert_eq!(has, [true, false, true]);
        assert_eq!(rules[1].label.as_deref(), Some("Just in; {}"));
        let written: Vec<String> = rules.iter().map(ToString::to_string).collect();
        assert_eq!(written[0], text);
        assert_eq!(BadgeRule::parse_all(&written.join("; ")).unwrap(), rules);
        assert_eq!(BadgeRule::parse_all(" ; ").unwrap(), []);
    }

    #[test]
    fn what_is_no_rule_is_told_with_the_way_to_write_it() {
        for (wrong, remedy) in [
            ("colour north", "resolution, hdr, audio"),
            ("resolution", "northwest"),
            ("resolution top", "pill, plate or bare"),
            ("hdr=hdr11 north", "dv, hdr10+"),
            ("status>=ended north", "compares with nothing"),
            ("audience_rating>=good north", "compares with nothing"),
            ("channels>5.1 north", "=, >= or <="),
            ("new=soon north", "new=14"),
            ("hdr north ground=nored", "nored"),
            ("hdr north opacity=120%", "0% to 100%"),
            ("hdr north height=5", "10 to 200"),
            ("hdr north on=logo", "titlecard"),
        ] {
            let error = BadgeRule::parse_all(wrong).unwrap_err();
            assert!(error.contains(wrong) && error.contains(remedy), "{wrong}: {error}");
        }
        let many = vec!["hdr north"; MAX_RULES + 1].join(";");
        assert!(BadgeRule::parse_all(&many).unwrap_err().contains("50 at most"));
    }
}
