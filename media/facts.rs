//! What a media server knows of a movie, a show or an episode beside its name: the file's picture and sound, ratings, dates.
//!
//! Servers have other words for the same; here each fact has one form.

use chrono::{DateTime, Utc};

use crate::sources::languages::two_letters;

/// What is known; all of it may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The resolution of the best file, such as `4K` or `1080p`.
    pub resolution: Option<String>,
    /// None for the ordinary range of light.
    pub range: Option<DynamicRange>,
    pub sound: Option<Sound>,
    /// How many channels of sound there are at most, the low one among them: 6 is what is called 5.1.
    pub channels: Option<u8>,
    /// Codes of two letters in lower case, each once, in the file's order.
    pub audio_languages: Vec<String>,
    pub subtitle_languages: Vec<String>,
    /// In percent.
    pub critic_rating: Option<u8>,
    /// In tenths of a point; there are ten points.
    pub audience_rating: Option<u8>,
    /// Such as `PG-13` or `FSK 12`.
    pub age_rating: Option<String>,
    pub status: Option<ShowStatus>,
    /// Such as `Director's Cut`.
    pub edition: Option<String>,
    /// When the server got it.
    pub added: Option<DateTime<Utc>>,
}

/// How much brighter and darker than ordinary a picture may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DynamicRange {
    DolbyVision,
    Hdr10Plus,
    Hdr10,
    Hlg,
    /// One of which the server does not tell the kind.
    Hdr,
}

/// How sound is stored; the later, the better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sound {
    Mp3,
    Opus,
    Aac,
    DolbyDigital,
    Dts,
    DolbyDigitalPlus,
    DtsHd,
    Pcm,
    Flac,
    DtsHdMa,
    TrueHd,
    DtsX,
    Atmos,
}

/// Whether there will be more of a show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShowStatus {
    Returning,
    Ended,
}

impl DynamicRange {
    /// By what servers call it; none for the ordinary range and for what nobody knows.
    pub(crate) fn of(name: &str) -> Option<Self> {
        let name: String = name.chars().filter(|letter| letter.is_alphanumeric() || *letter == '+').collect();
        let name = name.to_ascii_lowercase();
        // The first that is in the name; `dovi with hdr10` is Dolby Vision.
        const NAMES: [(&str, DynamicRange); 9] = [
            ("dovi", DynamicRange::DolbyVision),
            ("dolbyvision", DynamicRange::DolbyVision),
            ("hdr10plus", DynamicRange::Hdr10Plus),
            ("hdr10+", DynamicRange::Hdr10Plus),
            ("hdr10", DynamicRange::Hdr10),
            ("smpte2084", DynamicRange::Hdr10),
            ("hyperloggamma", DynamicRange::Hlg),
            ("hlg", DynamicRange::Hlg),
            ("hdr", DynamicRange::Hdr),
        ];
        NAMES.iter().find(|(part, _)| name.contains(part)).map(|(_, range)| *range)
    }
}

impl Sound {
    /// By the codec, and by its profile and titles, in which spatial sound and lossless kinds of DTS are told.
    pub(crate) fn of(codec: &str, described: &str) -> Option<Self> {
        let (codec, described) = (codec.to_ascii_lowercase(), described.to_ascii_lowercase());
        let says = |words: &[&str]| words.iter().any(|word| described.contains(word));
        Some(match codec.as_str() {
            "truehd" | "eac3" if says(&["atmos"]) => Self::Atmos,
            "truehd" | "mlp" => Self::TrueHd,
            "eac3" => Self::DolbyDigitalPlus,
            "ac3" => Self::DolbyDigital,
            "dts" | "dca" | "dca-ma" if says(&["dts:x", "dts-x", "dtsx"]) => Self::DtsX,
            "dca-ma" => Self::DtsHdMa,
            // Plex says `ma`, the others `DTS-HD MA`.
            "dts" | "dca" if described.split_whitespace().any(|word| word == "ma") => Self::DtsHdMa,
            "dts" | "dca" if says(&["dts-hd", "hra"]) => Self::DtsHd,
            "dts" | "dca" => Self::Dts,
            "flac" | "alac" => Self::Flac,
            "opus" => Self::Opus,
            "mp3" => Self::Mp3,
            "aac" => Self::Aac,
            pcm if pcm.starts_with("pcm") => Self::Pcm,
            _ => return None,
        })
    }
}

impl ShowStatus {
    pub(crate) fn of(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "continuing" | "returning series" => Some(Self::Returning),
            "ended" | "canceled" => Some(Self::Ended),
            _ => None,
        }
    }
}

/// A track of sound, or of subtitles, in the words of its server.
#[derive(Default)]
pub(crate) struct Track<'a> {
    pub(crate) codec: &'a str,
    /// Profile and titles.
    pub(crate) described: String,
    pub(crate) channels: Option<u32>,
    pub(crate) language: &'a str,
}

impl Facts {
    /// Takes in a track of sound.
    pub(crate) fn hear(&mut self, track: &Track<'_>) {
        self.sound = self.sound.max(Sound::of(track.codec, &track.described));
        self.channels = self.channels.max(track.channels.and_then(|channels| u8::try_from(channels).ok()));
        add_language(&mut self.audio_languages, track.language);
    }

    /// Takes in subtitles.
    pub(crate) fn read(&mut self, language: &str) {
        add_language(&mut self.subtitle_languages, language);
    }
}

fn add_language(languages: &mut Vec<String>, code: &str) {
    let code = code.split('-').next().unwrap_or_default().to_ascii_lowercase();
    let code = two_letters(&code);
    // `und`, `mis` and the like are none.
    if code.len() == 2 && !languages.contains(&code) {
        languages.push(code);
    }
}

/// A rating of so many points of ten, in tenths of a point.
pub(crate) fn tenths(points: f64) -> Option<u8> {
    (points > 0.0 && points <= 10.0).then(|| (points * 10.0).round() as u8)
}

/// The edition that a file's or a folder's name tells: `Heat {edition-Director's Cut}.mkv`.
pub(crate) fn edition_in(path: &str) -> Option<String> {
    let at = path.to_ascii_lowercase().rfind("{edition-")? + "{edition-".len();
    let name = path.get(at..)?.split('}').next()?.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_server_has_its_words_for_a_range_of_light() {
        for (name, range) in [
            ("DOVIWithHDR10", Some(DynamicRange::DolbyVision)),
            ("4K DoVi/HDR10", Some(DynamicRange::DolbyVision)),
            ("DolbyVision", Some(DynamicRange::DolbyVision)),
            ("HDR10Plus", Some(DynamicRange::Hdr10Plus)),
            ("4K HDR10+", Some(DynamicRange::Hdr10Plus)),
            ("HDR10", Some(DynamicRange::Hdr10)),
            ("smpte2084", Some(DynamicRange::Hdr10)),
            ("HyperLogGamma", Some(DynamicRange::Hlg)),
            ("1080p HDR", Some(DynamicRange::Hdr)),
            ("SDR", None),
            ("", None),
        ] {
            assert_eq!(DynamicRange::of(name), range, "{name}");
        }
    }

    #[test]
    fn spatial_and_lossless_sound_is_told_by_profiles_and_titles() {
        for (codec, described, sound) in [
            ("truehd", "English (Dolby Atmos 7.1)", Some(Sound::Atmos)),
            ("truehd", "", Some(Sound::TrueHd)),
            ("EAC3", "Dolby Digital Plus + Dolby Atmos", Some(Sound::Atmos)),
            ("eac3", "", Some(Sound::DolbyDigitalPlus)),
            ("dca", "ma English (DTS-HD MA 5.1)", Some(Sound::DtsHdMa)),
            ("dts", "DTS-HD MA + DTS:X", Some(Sound::DtsX)),
            ("dts", "DTS-HD HRA", Some(Sound::DtsHd)),
            ("dts", "DTS", Some(Sound::Dts)),
            ("pcm_s24le", "", Some(Sound::Pcm)),
            ("cook", "", None),
        ] {
            assert_eq!(Sound::of(codec, described), sound, "{codec} {described}");
        }
    }

    #[test]
    fn the_best_track_counts_and_each_language_once() {
        let mut facts = Facts::default();
        let track = |codec, channels, language| Track { codec, channels: Some(channels), language, ..Track::default() };
        for track in
            [track("ac3", 6, "ger"), track("truehd", 8, "eng"), track("aac", 2, "en-US"), track("aac", 2, "und")]
        {
            facts.hear(&track);
        }
        facts.read("fra");
        assert_eq!((facts.sound, facts.channels), (Some(Sound::TrueHd), Some(8)));
        assert_eq!(
            (facts.audio_languages, facts.subtitle_languages),
            (vec!["de".into(), "en".into()], vec!["fr".into()])
        );
    }

    #[test]
    fn an_edition_is_in_a_name_and_a_rating_in_its_bounds() {
        assert_eq!(edition_in("/m/Heat (1995) {Edition-Director's Cut}/heat.mkv").as_deref(), Some("Director's Cut"));
        assert_eq!((edition_in("/m/Heat {edition-}.mkv"), edition_in("/m/Heat.mkv")), (None, None));
        assert_eq!([8.44, 0.0, 10.0, 84.0, f64::NAN].map(tenths), [Some(84), None, Some(100), None, None]);
    }
}
