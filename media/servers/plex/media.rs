//! The files of an item on Plex, and what is told of them.

use serde::Deserialize;

use crate::facts::{DynamicRange, Facts, Track};
use crate::servers::wire::{number, optional, text};

const VIDEO: Option<u32> = Some(1);
const AUDIO: Option<u32> = Some(2);
const SUBTITLES: Option<u32> = Some(3);

/// A version of a movie or an episode.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Media {
    #[serde(rename = "videoResolution", deserialize_with = "text")]
    resolution: String,
    #[serde(rename = "audioCodec", deserialize_with = "text")]
    audio_codec: String,
    #[serde(rename = "audioProfile", deserialize_with = "text")]
    audio_profile: String,
    #[serde(rename = "audioChannels", deserialize_with = "number")]
    audio_channels: Option<u32>,
    #[serde(rename = "Part")]
    pub(super) parts: Vec<Part>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Part {
    #[serde(deserialize_with = "optional")]
    pub(super) file: Option<String>,
    #[serde(rename = "Stream")]
    streams: Vec<Stream>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Stream {
    #[serde(rename = "streamType", deserialize_with = "number")]
    kind: Option<u32>,
    #[serde(rename = "displayTitle", deserialize_with = "text")]
    title: String,
    #[serde(rename = "extendedDisplayTitle", deserialize_with = "text")]
    long_title: String,
    #[serde(deserialize_with = "text")]
    codec: String,
    #[serde(deserialize_with = "text")]
    profile: String,
    #[serde(deserialize_with = "number")]
    channels: Option<u32>,
    #[serde(rename = "languageTag", deserialize_with = "text")]
    language_tag: String,
    #[serde(rename = "languageCode", deserialize_with = "text")]
    language_code: String,
    #[serde(rename = "DOVIPresent", deserialize_with = "text")]
    dolby_vision: String,
    #[serde(rename = "colorTrc", deserialize_with = "text")]
    transfer: String,
}

impl Media {
    /// As it is shown everywhere else: Plex calls it `1080` or `4k`.
    pub(super) fn resolution(&self) -> Option<String> {
        let word = self.resolution.as_str();
        let is_number = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
        let shown = if is_number { format!("{word}p") } else { word.to_uppercase() };
        Some(shown).filter(|shown| !shown.is_empty())
    }

    /// The width of words such as `4k` and `sd` among numbers.
    fn lines(&self) -> u32 {
        match self.resolution.to_ascii_lowercase().as_str() {
            "8k" => 4320,
            "4k" => 2160,
            other => other.parse().unwrap_or(0),
        }
    }

    /// What the first picture is called, such as `4K HDR10`.
    pub(super) fn video_title(media: &[Self]) -> Option<String> {
        let video = media.iter().flat_map(Self::streams).find(|stream| stream.kind == VIDEO)?;
        // `4K HDR10 (HEVC Main 10)`: what is in brackets is the codec.
        let title = video.title.split(" (").next().unwrap_or_default();
        Some(title.to_owned()).filter(|title| !title.is_empty())
    }

    fn streams(&self) -> impl Iterator<Item = &Stream> {
        self.parts.iter().flat_map(|part| &part.streams)
    }

    /// What the best version has. A listing has no streams; then it is what the version itself tells.
    pub(super) fn facts(media: &[Self]) -> Facts {
        let Some(best) = media.iter().rev().max_by_key(|media| media.lines()) else { return Facts::default() };
        let mut facts = Facts { resolution: best.resolution(), ..Facts::default() };
        let (codec, channels) = (best.audio_codec.as_str(), best.audio_channels);
        facts.hear(&Track { codec, channels, described: best.audio_profile.clone(), language: "" });
        for stream in best.streams() {
            let language = if stream.language_tag.is_empty() { &stream.language_code } else { &stream.language_tag };
            match stream.kind {
                VIDEO => facts.range = facts.range.or_else(|| stream.range()),
                AUDIO => {
                    let described = format!("{} {} {}", stream.profile, stream.title, stream.long_title);
                    facts.hear(&Track { codec: &stream.codec, channels: stream.channels, described, language });
                }
                SUBTITLES => facts.read(language),
                _ => {}
            }
        }
        facts
    }
}

impl Stream {
    fn range(&self) -> Option<DynamicRange> {
        if matches!(self.dolby_vision.as_str(), "true" | "1") {
            return Some(DynamicRange::DolbyVision);
        }
        // HLG is told by its transfer alone, HDR10+ by the title alone.
        let by_title = DynamicRange::of(&self.title).filter(|range| *range != DynamicRange::Hdr);
        by_title.or_else(|| DynamicRange::of(transfer(&self.transfer))).or_else(|| DynamicRange::of(&self.title))
    }
}

fn transfer(name: &str) -> &str {
    if name == "arib-std-b67" { "hlg" } else { name }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::facts::Sound;

    fn facts(media: serde_json::Value) -> Facts {
        Media::facts(&serde_json::from_value::<Vec<Media>>(media).unwrap())
    }

    #[test]
    fn streams_tell_more_than_the_version_that_they_are_in() {
        let streams = json!([
            {"streamType": 1, "displayTitle": "4K DoVi/HDR10 (HEVC Main 10)", "DOVIPresent": true, "colorTrc": "smpte2084"},
            {"streamType": 2, "codec": "truehd", "channels": 8, "displayTitle": "English (TRUEHD 7.1)",
             "extendedDisplayTitle": "TrueHD Atmos 7.1 (English)", "languageTag": "en", "languageCode": "eng"},
            {"streamType": 2, "codec": "ac3", "channels": 6, "languageCode": "ger"},
            {"streamType": 3, "languageTag": "fr"}]);
        let found = facts(json!([
            {"videoResolution": "1080", "audioCodec": "aac", "audioChannels": 2, "Part": [{"file": "/a"}]},
            {"videoResolution": "4k", "audioCodec": "truehd", "audioChannels": "8", "Part": [{"Stream": streams}]}]));
        assert_eq!((found.resolution.as_deref(), found.range), (Some("4K"), Some(DynamicRange::DolbyVision)));
        assert_eq!((found.sound, found.channels), (Some(Sound::Atmos), Some(8)));
        assert_eq!(
            (found.audio_languages.join(" "), found.subtitle_languages.join(" ")),
            ("en de".into(), "fr".into())
        );
    }

    #[test]
    fn a_listing_tells_resolution_and_sound() {
        let found =
            facts(json!([{"videoResolution": "1080", "audioCodec": "dca", "audioProfile": "ma", "audioChannels": 6}]));
        let expected = Facts {
            resolution: Some("1080p".into()),
            sound: Some(Sound::DtsHdMa),
            channels: Some(6),
            ..Facts::default()
        };
        assert_eq!(found, expected);
        assert_eq!(facts(json!([])), Facts::default());
    }

    #[test]
    fn a_range_of_light_is_told_by_transfer_or_title() {
        let range = |title: &str, transfer: &str| {
            let stream = json!({"streamType": 1, "displayTitle": title, "colorTrc": transfer});
            facts(json!([{"videoResolution": "4k", "Part": [{"Stream": [stream]}]}])).range
        };
        assert_eq!(range("4K HDR (HEVC Main 10)", "arib-std-b67"), Some(DynamicRange::Hlg));
        assert_eq!(range("4K HDR (HEVC Main 10)", "smpte2084"), Some(DynamicRange::Hdr10));
        assert_eq!(range("4K HDR10+ (HEVC Main 10)", "smpte2084"), Some(DynamicRange::Hdr10Plus));
        assert_eq!(range("4K (HEVC Main 10)", "bt709"), None);
    }
}
