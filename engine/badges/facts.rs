//! The facts that badges can tell, and what each is in words.

use chrono::{DateTime, Utc};
use posterizarr_media::facts::{DynamicRange, Facts, ShowStatus, Sound};

/// Of more languages than these only the number is told.
const MAX_LANGUAGES: usize = 4;

/// What a badge tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    Resolution,
    Hdr,
    Audio,
    Channels,
    AudioLanguages,
    Subtitles,
    CriticRating,
    AudienceRating,
    AgeRating,
    Status,
    Edition,
    New,
}

/// A fact as it is shown, and as conditions know it.
pub(super) struct FactText {
    pub(super) words: String,
    /// In lower case.
    pub(super) name: String,
    /// How much it is, where more and less can be told apart: in tenths.
    pub(super) tenths: Option<u32>,
}

impl FactText {
    fn named(words: impl Into<String>) -> Self {
        let words = words.into();
        Self { name: words.to_lowercase(), words, tenths: None }
    }

    fn known_as(words: &str, name: &str) -> Self {
        Self { words: words.to_owned(), name: name.to_owned(), tenths: None }
    }

    fn of(self, tenths: u32) -> Self {
        Self { tenths: Some(tenths), ..self }
    }
}

const RANGES: [(DynamicRange, &str, &str); 5] = [
    (DynamicRange::DolbyVision, "DOLBY VISION", "dv"),
    (DynamicRange::Hdr10Plus, "HDR10+", "hdr10+"),
    (DynamicRange::Hdr10, "HDR10", "hdr10"),
    (DynamicRange::Hlg, "HLG", "hlg"),
    (DynamicRange::Hdr, "HDR", "hdr"),
];

const SOUNDS: [(Sound, &str, &str); 13] = [
    (Sound::Atmos, "ATMOS", "atmos"),
    (Sound::DtsX, "DTS:X", "dts:x"),
    (Sound::TrueHd, "TRUEHD", "truehd"),
    (Sound::DtsHdMa, "DTS-HD MA", "dts-hd-ma"),
    (Sound::DtsHd, "DTS-HD", "dts-hd"),
    (Sound::Dts, "DTS", "dts"),
    (Sound::DolbyDigitalPlus, "DD+", "dd+"),
    (Sound::DolbyDigital, "DD", "dd"),
    (Sound::Flac, "FLAC", "flac"),
    (Sound::Pcm, "PCM", "pcm"),
    (Sound::Aac, "AAC", "aac"),
    (Sound::Opus, "OPUS", "opus"),
    (Sound::Mp3, "MP3", "mp3"),
];

const STATUSES: [(ShowStatus, &str, &str); 2] =
    [(ShowStatus::Returning, "RETURNING", "returning"), (ShowStatus::Ended, "ENDED", "ended")];

impl Subject {
    pub(super) const ALL: [(&'static str, Self); 12] = [
        ("resolution", Self::Resolution),
        ("hdr", Self::Hdr),
        ("audio", Self::Audio),
        ("channels", Self::Channels),
        ("audio_languages", Self::AudioLanguages),
        ("subtitles", Self::Subtitles),
        ("critic_rating", Self::CriticRating),
        ("audience_rating", Self::AudienceRating),
        ("age_rating", Self::AgeRating),
        ("status", Self::Status),
        ("edition", Self::Edition),
        ("new", Self::New),
    ];

    /// The names that there are, where there are only these.
    pub(super) fn names(self) -> Option<Vec<&'static str>> {
        match self {
            Self::Hdr => Some(RANGES.iter().map(|(.., name)| *name).collect()),
            Self::Audio => Some(SOUNDS.iter().map(|(.., name)| *name).collect()),
            Self::Status => Some(STATUSES.iter().map(|(.., name)| *name).collect()),
            _ => None,
        }
    }

    /// What is known of it; of languages each for itself.
    pub(super) fn told(self, facts: &Facts, now: DateTime<Utc>) -> Vec<FactText> {
        let one: Option<FactText> = match self {
            Self::AudioLanguages => return languages(&facts.audio_languages),
            Self::Subtitles => return languages(&facts.subtitle_languages),
            Self::Resolution => {
                facts.resolution.as_ref().map(|word| FactText { tenths: lines(word), ..FactText::named(word) })
            }
            Self::Hdr => facts.range.and_then(|range| word_of(&RANGES, range)),
            Self::Audio => facts.sound.and_then(|sound| word_of(&SOUNDS, sound)),
            Self::Channels => facts.channels.map(channels),
            Self::CriticRating => {
                facts.critic_rating.map(|rating| FactText::named(format!("{rating}%")).of(u32::from(rating) * 10))
            }
            Self::AudienceRating => facts
                .audience_rating
                .map(|rating| FactText::named(format!("{}.{}", rating / 10, rating % 10)).of(rating.into())),
            Self::AgeRating => facts.age_rating.as_ref().map(FactText::named),
            Self::Status => facts.status.and_then(|status| word_of(&STATUSES, status)),
            Self::Edition => facts.edition.as_ref().map(FactText::named),
            Self::New => facts.added.map(|added| FactText::named("NEW").of(days_between(added, now) * 10)),
        };
        one.into_iter().collect()
    }

    /// What is told, on one badge; none where nothing is.
    pub(super) fn joined(self, words: &[String]) -> Option<String> {
        let (shown, rest) = words.split_at(words.len().min(MAX_LANGUAGES));
        let more = if rest.is_empty() { String::new() } else { format!(" +{}", rest.len()) };
        (!shown.is_empty()).then(|| format!("{}{more}", shown.join(" ")))
    }
}

fn word_of<T: Copy + PartialEq>(table: &[(T, &str, &str)], fact: T) -> Option<FactText> {
    table.iter().find(|(known, ..)| *known == fact).map(|(_, words, name)| FactText::known_as(words, name))
}

fn languages(codes: &[String]) -> Vec<FactText> {
    codes.iter().map(|code| FactText::known_as(&code.to_uppercase(), code)).collect()
}

/// 6 channels are called 5.1.
fn channels(count: u8) -> FactText {
    let (full, low) = if count > 2 { (count - 1, 1) } else { (count, 0) };
    FactText::named(format!("{full}.{low}")).of(u32::from(full) * 10 + low)
}

/// Whole days; none in between where the server's clock is ahead.
fn days_between(added: DateTime<Utc>, now: DateTime<Utc>) -> u32 {
    u32::try_from((now - added).num_days()).unwrap_or(0)
}

/// How many lines a picture has by its name, in tenths.
pub(super) fn lines(resolution: &str) -> Option<u32> {
    let lines: u16 = match resolution.to_lowercase().as_str() {
        "8k" => 4320,
        "5k" => 2880,
        "4k" => 2160,
        "sd" => 480,
        other => other.strip_suffix('p').unwrap_or(other).parse().ok()?,
    };
    Some(u32::from(lines) * 10)
}
