//! Badges as they are set: which fact of a movie, show or episode is told, when, where, and in which style.
//!
//! A rule is written as `audience_rating>=7.5 northeast plate ground=#15803d on=poster,titlecard`: the fact with its condition
//! first, then the place, then what differs from the usual style. [`parse`] reads it, [`facts`] says what a fact is in words.

mod facts;
mod parse;

use std::fmt;

use chrono::{DateTime, Utc};
use posterizarr_media::facts::Facts;
use posterizarr_render::badge::{Badge, Style};
use posterizarr_render::design::ArtworkKind;
use posterizarr_render::geometry::Gravity;

use facts::Subject;

/// More are no words any more, but a picture of their own.
const MAX_WORD_LENGTH: usize = 40;

/// One badge, where what it tells is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadgeRule {
    /// As it was written.
    written: String,
    subject: Subject,
    condition: Option<Condition>,
    kinds: Vec<ArtworkKind>,
    place: Gravity,
    style: Style,
    /// What stands in the place of the fact's own words; `{}` in it stands for these.
    label: Option<String>,
}

/// When a fact is told.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Condition {
    /// It is one of these, in lower case.
    Among(Vec<String>),
    /// In tenths.
    AtLeast(u32),
    /// In tenths.
    AtMost(u32),
}

impl BadgeRule {
    /// Whether artwork of this kind gets it.
    pub fn is_for(&self, kind: ArtworkKind) -> bool {
        self.kinds.contains(&kind)
    }

    /// Whether what it tells is known of each track of a file, and not of the file.
    pub fn needs_streams(&self) -> bool {
        matches!(self.subject, Subject::Hdr | Subject::Audio | Subject::AudioLanguages | Subject::Subtitles)
    }

    /// The badge; none where the fact is not known, or is another one than the badge is for.
    pub fn badge(&self, facts: &Facts, now: DateTime<Utc>) -> Option<Badge> {
        let told = self.subject.told(facts, now);
        let meant: Vec<String> = told.into_iter().filter(|told| self.is_met_by(told)).map(|told| told.words).collect();
        let words = self.subject.joined(&meant)?;
        let text = self.label.as_ref().map_or_else(|| words.clone(), |label| label.replace("{}", &words));
        let text = text.chars().take(MAX_WORD_LENGTH).collect();
        Some(Badge { text, icon: None, place: self.place, style: self.style })
    }

    fn is_met_by(&self, told: &facts::FactText) -> bool {
        match &self.condition {
            None => true,
            Some(Condition::Among(names)) => names.contains(&told.name),
            Some(Condition::AtLeast(least)) => told.tenths.is_some_and(|tenths| tenths >= *least),
            Some(Condition::AtMost(most)) => told.tenths.is_some_and(|tenths| tenths <= *most),
        }
    }
}

impl fmt::Display for BadgeRule {
    /// As it is written.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.written)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use posterizarr_media::facts::{DynamicRange, ShowStatus, Sound};

    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn facts() -> Facts {
        Facts {
            resolution: Some("4K".into()),
            range: Some(DynamicRange::DolbyVision),
            sound: Some(Sound::Atmos),
            channels: Some(8),
            audio_languages: ["en", "de", "fr", "es", "it"].map(str::to_owned).to_vec(),
            subtitle_languages: vec!["de".into()],
            critic_rating: Some(92),
            audience_rating: Some(84),
            age_rating: Some("FSK 12".into()),
            status: Some(ShowStatus::Returning),
            edition: Some("Director's Cut".into()),
            added: Some(now() - TimeDelta::days(10)),
        }
    }

    fn words(rule: &str, facts: &Facts) -> Option<String> {
        let rules = BadgeRule::parse_all(rule).unwrap();
        assert_eq!(rules.len(), 1, "{rule}");
        rules[0].badge(facts, now()).map(|badge| badge.text)
    }

    #[test]
    fn each_fact_has_its_words_and_none_where_it_is_not_known() {
        for (name, expected) in [
            ("resolution", "4K"),
            ("hdr", "DOLBY VISION"),
            ("audio", "ATMOS"),
            ("channels", "7.1"),
            ("audio_languages", "EN DE FR ES +1"),
            ("subtitles", "DE"),
            ("critic_rating", "92%"),
            ("audience_rating", "8.4"),
            ("age_rating", "FSK 12"),
            ("status", "RETURNING"),
            ("edition", "Director's Cut"),
            ("new=14", "NEW"),
        ] {
            let rule = format!("{name} northwest");
            assert_eq!(words(&rule, &facts()).as_deref(), Some(expected), "{name}");
            assert_eq!(words(&rule, &Facts::default()), None, "{name}");
        }
    }

    #[test]
    fn a_condition_decides_whether_a_fact_is_told() {
        for (condition, is_told) in [
            ("resolution>=1080p", true),
            ("resolution<=1080p", false),
            ("resolution=4k|8k", true),
            ("resolution=1080p", false),
            ("hdr=dv", true),
            ("hdr=hdr10|hlg", false),
            ("audio=truehd|atmos", true),
            ("channels>=5.1", true),
            ("channels<=2.0", false),
            ("critic_rating>=92%", true),
            ("critic_rating>=93", false),
            ("audience_rating<=8.4", true),
            ("age_rating=\"fsk 12\"", true),
            ("age_rating=R", false),
            ("status=returning", true),
            ("status=ended", false),
            ("edition=\"director's cut\"", true),
            ("new", false),
            ("new=9d", false),
            ("new=10d", true),
        ] {
            assert_eq!(words(&format!("{condition} north"), &facts()).is_some(), is_told, "{condition}");
        }
        assert_eq!(words("audio_languages=ger|es|pl north", &facts()).as_deref(), Some("DE ES"));
        assert_eq!(words("subtitles=en north", &facts()), None);
    }

    #[test]
    fn a_label_takes_the_place_of_the_words_or_stands_around_them() {
        assert_eq!(words("audience_rating north label=\"IMDb {}\"", &facts()).as_deref(), Some("IMDb 8.4"));
        assert_eq!(
            words("status=returning north label=\"More to come; soon\"", &facts()).as_deref(),
            Some("More to come; soon")
        );
    }
}
