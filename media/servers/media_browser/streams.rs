//! The tracks of a file on Jellyfin and Emby, and what is told of them.

use serde::Deserialize;

use crate::facts::{DynamicRange, Facts, Track};
use crate::servers::wire::text;

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Stream {
    #[serde(rename = "Type")]
    pub(super) kind: String,
    /// Jellyfin.
    #[serde(deserialize_with = "text")]
    video_range_type: String,
    #[serde(deserialize_with = "text")]
    audio_spatial_format: String,
    /// Emby.
    #[serde(deserialize_with = "text")]
    extended_video_type: String,
    #[serde(deserialize_with = "text")]
    extended_video_sub_type_description: String,
    /// Both.
    #[serde(deserialize_with = "text")]
    video_range: String,
    #[serde(deserialize_with = "text")]
    codec: String,
    #[serde(deserialize_with = "text")]
    profile: String,
    #[serde(deserialize_with = "text")]
    display_title: String,
    #[serde(deserialize_with = "text")]
    language: String,
    channels: Option<u32>,
}

impl Stream {
    /// The name of a 4K picture with this range of light, as overlays are named.
    pub(super) fn name_of_4k(&self) -> &'static str {
        let subtype = &self.extended_video_sub_type_description;
        let has_subtype = !subtype.is_empty() && !subtype.eq_ignore_ascii_case("none");
        let name = [&self.video_range_type, &self.extended_video_type].into_iter().find(|name| !name.is_empty());
        let name = if has_subtype { subtype } else { name.map_or("", String::as_str) };
        let name = name.to_ascii_lowercase();
        let (dolby, hdr) = (
            name.starts_with("dovi") || name.starts_with("dolbyvision") || name.starts_with("profile"),
            name.contains("hdr10"),
        );
        match (dolby, hdr || name == "doviwithel") {
            (true, true) => "4K DoVi/HDR10",
            (true, false) => "4K DoVi",
            (false, true) => "4K HDR10",
            (false, false) => "4K",
        }
    }

    /// What tells most comes first.
    fn range(&self) -> Option<DynamicRange> {
        let names = [&self.video_range_type, &self.extended_video_type, &self.video_range];
        names.into_iter().find_map(|name| DynamicRange::of(name))
    }

    /// Takes what the stream tells into the facts of its file.
    pub(super) fn tell(&self, facts: &mut Facts) {
        match self.kind.as_str() {
            "Video" => facts.range = facts.range.or_else(|| self.range()),
            "Audio" => {
                let described = format!("{} {} {}", self.profile, self.display_title, self.audio_spatial_format);
                let (codec, language) = (self.codec.as_str(), self.language.as_str());
                facts.hear(&Track { codec, described, channels: self.channels, language });
            }
            "Subtitle" => facts.read(&self.language),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::facts::Sound;

    fn facts(streams: Value) -> Facts {
        let mut facts = Facts::default();
        let streams: Vec<Stream> = serde_json::from_value(streams).unwrap();
        streams.iter().for_each(|stream| stream.tell(&mut facts));
        facts
    }

    #[test]
    fn jellyfin_and_emby_tell_the_same_in_their_words() {
        let tracks = |spatial: Value| {
            json!([{"Type": "Audio", "Codec": "eac3", "Channels": 6, "Language": "ger", "DisplayTitle": "German"},
                {"Type": "Audio", "Codec": "truehd", "Channels": 8, "Language": "eng", "AudioSpatialFormat": spatial["format"],
                 "Profile": spatial["profile"]},
                {"Type": "Subtitle", "Language": "fre"}])
        };
        for (video, spatial) in [
            (
                json!({"Type": "Video", "VideoRange": "HDR", "VideoRangeType": "DOVIWithHDR10"}),
                json!({"format": "DolbyAtmos"}),
            ),
            (
                json!({"Type": "Video", "VideoRange": "HDR 10", "ExtendedVideoType": "DolbyVision"}),
                json!({"profile": "Dolby TrueHD + Dolby Atmos"}),
            ),
        ] {
            let mut streams = tracks(spatial);
            streams.as_array_mut().unwrap().push(video);
            let expected = Facts {
                range: Some(DynamicRange::DolbyVision),
                sound: Some(Sound::Atmos),
                channels: Some(8),
                audio_languages: vec!["de".into(), "en".into()],
                subtitle_languages: vec!["fr".into()],
                ..Facts::default()
            };
            assert_eq!(facts(streams), expected);
        }
        assert_eq!(facts(json!([{"Type": "Video", "VideoRange": "SDR", "VideoRangeType": "SDR"}])), Facts::default());
    }
}
