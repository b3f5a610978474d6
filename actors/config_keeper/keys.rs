//! The table of what `config.json` holds: 228 keys in 17 sections, in the order of the file.
//!
//! The poster script calls string methods on its values, so switches and numbers are strings; only
//! `WebUI.basicAuthEnabled` is a real JSON boolean. Everything that must know a key (defaults, masking) reads this table.

use serde_json::{Map, Value};

/// One top-level object of the file.
#[derive(Debug)]
pub struct Section {
    /// Its name in the file.
    pub name: &'static str,
    /// Its keys, in the order of the file.
    pub keys: &'static [Key],
}

/// One key of a section.
#[derive(Debug)]
pub struct Key {
    /// Its name in the file.
    pub name: &'static str,
    /// Its value in a fresh file; the value's JSON type is the key's type.
    pub default: Default,
    /// Whether its value is a password, a token or an address that works as one.
    pub secret: bool,
}

/// A key's default, which also tells its JSON type.
#[derive(Debug, Clone, Copy)]
pub enum Default {
    /// A JSON boolean.
    Flag(bool),
    /// A string, also for switches and numbers.
    Text(&'static str),
    /// An array of strings.
    List(&'static [&'static str]),
}

impl Default {
    /// The default as JSON.
    pub fn value(self) -> Value {
        match self {
            Self::Flag(flag) => Value::from(flag),
            Self::Text(text) => Value::from(text),
            Self::List(list) => list.iter().copied().collect(),
        }
    }
}

/// The key with this section and name, in any letter case.
pub fn find(section: &str, name: &str) -> Option<&'static Key> {
    let section = SECTIONS.iter().find(|known| known.name.eq_ignore_ascii_case(section))?;
    section.keys.iter().find(|known| known.name.eq_ignore_ascii_case(name))
}

/// A fresh configuration.
pub fn defaults() -> Map<String, Value> {
    let values =
        |section: &Section| section.keys.iter().map(|key| (key.name.to_owned(), key.default.value())).collect();
    SECTIONS.iter().map(|section| (section.name.to_owned(), Value::Object(values(section)))).collect()
}

const fn flag(name: &'static str, default: bool) -> Key {
    Key { name, default: Default::Flag(default), secret: false }
}

const fn text(name: &'static str, default: &'static str) -> Key {
    Key { name, default: Default::Text(default), secret: false }
}

const fn list(name: &'static str, default: &'static [&'static str]) -> Key {
    Key { name, default: Default::List(default), secret: false }
}

impl Key {
    const fn secret(self) -> Self {
        Self { secret: true, ..self }
    }
}

/// The table.
pub const SECTIONS: [Section; 17] = [
    Section {
        name: "WebUI",
        keys: &[
            flag("basicAuthEnabled", false),
            text("basicAuthUsername", "admin"),
            text("basicAuthPassword", "posterizarr").secret(),
        ],
    },
    Section {
        name: "ApiPart",
        keys: &[
            text("tvdbapi", "TVDBAPIKEY").secret(),
            text("tmdbtoken", "TMDBTOKEN").secret(),
            text("FanartTvAPIKey", "FANARTAPIKEY").secret(),
            text("PlexToken", "").secret(),
            text("JellyfinAPIKey", "JELLYFINAPIKEY").secret(),
            text("EmbyAPIKey", "EMBYAPIKEY").secret(),
            text("FavProvider", "tmdb"),
            text("WidthHeightFilter", "false"),
            text("PosterMinWidth", "2000"),
            text("PosterMinHeight", "3000"),
            text("BgTcMinWidth", "3840"),
            text("BgTcMinHeight", "2160"),
            text("tmdb_vote_sorting", "vote_average"),
            list("PreferredLanguageOrder", &["xx", "en", "de"]),
            list("PreferredSeasonLanguageOrder", &["xx", "en", "de"]),
            list("PreferredBackgroundLanguageOrder", &["PleaseFillMe"]),
            list("PreferredTCLanguageOrder", &["PleaseFillMe"]),
        ],
    },
    Section {
        name: "PlexPart",
        keys: &[
            list("LibstoExclude", &["Youtube", "Audiobooks", "Kids Audiobooks", "Tech Trainings"]),
            text("PlexUrl", "http://192.168.1.93:32400"),
            text("UsePlex", "true"),
            text("UploadExistingAssets", "false"),
        ],
    },
    Section {
        name: "JellyfinPart",
        keys: &[
            list("LibstoExclude", &["Youtube", "Audiobooks", "KidsAudiobooks", "TechTrainings"]),
            text("JellyfinUrl", "http://192.168.1.93:8096"),
            text("UseJellyfin", "false"),
            text("UploadExistingAssets", "false"),
            text("ReplaceThumbwithBackdrop", "false"),
        ],
    },
    Section {
        name: "EmbyPart",
        keys: &[
            list("LibstoExclude", &["Youtube", "Audiobooks", "KidsAudiobooks", "TechTrainings"]),
            text("EmbyUrl", "http://192.168.1.93:8096/emby"),
            text("UseEmby", "false"),
            text("UploadExistingAssets", "false"),
            text("ReplaceThumbwithBackdrop", "false"),
        ],
    },
    Section {
        name: "Notification",
        keys: &[
            text("SendNotification", "false"),
            text("DiscordUserName", "Posterizarr"),
            text("UseUptimeKuma", "false"),
            text("AppriseUrl", "discord://{WebhookID}/{WebhookToken}/").secret(),
            text("Discord", "https://discordapp.com/api/webhooks/{WebhookID}/{WebhookToken}").secret(),
            text("UptimeKumaUrl", "https://uptime-kuma.domain.com/api/push/qXpb7Mf1vW").secret(),
        ],
    },
    Section {
        name: "PrerequisitePart",
        keys: &[
            text("FileTestOnTrigger", "true"),
            text("AssetPath", "/assets"),
            text("SkipAddText", "false"),
            text("SkipAddTextAndOverlay", "false"),
            text("FollowSymlink", "false"),
            text("ForceRunningDeletion", "false"),
            text("AutoUpdatePosterizarr", "false"),
            text("BackupPath", "/assetsbackup"),
            text("ManualAssetPath", "/manualassets"),
            text("PlexUpload", "false"),
            text("show_skipped", "false"),
            text("magickinstalllocation", "C:\\PosterTemp\\ImageMagickPortable"),
            text("maxLogs", "5"),
            text("logLevel", "2"),
            text("font", "Colus-Regular.ttf"),
            text("collectionfont", "Colus-Regular.ttf"),
            text("RTLFont", "Colus-Regular.ttf"),
            text("backgroundfont", "Colus-Regular.ttf"),
            text("titlecardfont", "Colus-Regular.ttf"),
            text("overlayfile", "overlay-innerglow.png"),
            text("seasonoverlayfile", "overlay-innerglow.png"),
            text("collectionoverlayfile", "overlay-innerglow.png"),
            text("backgroundoverlayfile", "backgroundoverlay-innerglow.png"),
            text("titlecardoverlayfile", "backgroundoverlay-innerglow.png"),
            text("poster4k", "overlay-innerglow.png"),
            text("Poster1080p", "overlay-innerglow.png"),
            text("Background4k", "backgroundoverlay-innerglow.png"),
            text("Background1080p", "backgroundoverlay-innerglow.png"),
            text("TC4k", "backgroundoverlay-innerglow.png"),
            text("TC1080p", "backgroundoverlay-innerglow.png"),
            text("4KDoVi", "overlay-innerglow.png"),
            text("4KHDR10", "overlay-innerglow.png"),
            text("4KDoViHDR10", "overlay-innerglow.png"),
            text("4KDoViBackground", "backgroundoverlay-innerglow.png"),
            text("4KHDR10Background", "backgroundoverlay-innerglow.png"),
            text("4KDoViHDR10Background", "backgroundoverlay-innerglow.png"),
            text("4KDoViTC", "backgroundoverlay-innerglow.png"),
            text("4KHDR10TC", "backgroundoverlay-innerglow.png"),
            text("4KDoViHDR10TC", "backgroundoverlay-innerglow.png"),
            text("UsePosterResolutionOverlays", "false"),
            text("UseBackgroundResolutionOverlays", "false"),
            text("UseTCResolutionOverlays", "false"),
            text("LibraryFolders", "true"),
            text("Posters", "true"),
            text("SeasonPosters", "true"),
            text("BackgroundPosters", "false"),
            text("TitleCards", "false"),
            text("NewLineOnSpecificSymbols", "false"),
            list("NewLineSymbols", &[" - "]),
            list("SymbolsToKeepOnNewLine", &[]),
            text("SkipTBA", "false"),
            text("SkipJapTitle", "false"),
            text("AssetCleanup", "false"),
            text("AutoUpdateIM", "false"),
            text("DisableHashValidation", "false"),
            text("DisableOnlineAssetFetch", "false"),
        ],
    },
    Section { name: "OverlayPart", keys: &[text("ImageProcessing", "true"), text("outputQuality", "92%")] },
    Section {
        name: "PosterOverlayPart",
        keys: &[
            text("fontAllCaps", "true"),
            text("AddBorder", "true"),
            text("AddText", "true"),
            text("AddTextStroke", "false"),
            text("strokecolor", "black"),
            text("strokewidth", "6"),
            text("AddOverlay", "true"),
            text("fontcolor", "white"),
            text("bordercolor", "black"),
            text("minPointSize", "45"),
            text("maxPointSize", "300"),
            text("borderwidth", "30"),
            text("MaxWidth", "1900"),
            text("MaxHeight", "500"),
            text("text_offset", "+430"),
            text("lineSpacing", "0"),
            text("TextGravity", "south"),
        ],
    },
    Section {
        name: "SeasonPosterOverlayPart",
        keys: &[
            text("fontAllCaps", "true"),
            text("ShowFallback", "false"),
            text("AddBorder", "true"),
            text("AddText", "true"),
            text("AddTextStroke", "false"),
            text("strokecolor", "black"),
            text("strokewidth", "6"),
            text("AddOverlay", "true"),
            text("fontcolor", "white"),
            text("bordercolor", "black"),
            text("minPointSize", "95"),
            text("maxPointSize", "250"),
            text("borderwidth", "30"),
            text("MaxWidth", "1900"),
            text("MaxHeight", "500"),
            text("text_offset", "+400"),
            text("lineSpacing", "0"),
            text("TextGravity", "south"),
        ],
    },
    Section {
        name: "ShowTitleOnSeasonPosterPart",
        keys: &[
            text("AddShowTitletoSeason", "false"),
            text("fontAllCaps", "true"),
            text("AddTextStroke", "false"),
            text("strokecolor", "black"),
            text("strokewidth", "6"),
            text("fontcolor", "white"),
            text("minPointSize", "45"),
            text("maxPointSize", "300"),
            text("MaxWidth", "1900"),
            text("MaxHeight", "500"),
            text("text_offset", "+300"),
            text("lineSpacing", "0"),
            text("TextGravity", "south"),
        ],
    },
    Section {
        name: "CollectionTitlePosterPart",
        keys: &[
            text("AddCollectionTitle", "true"),
            text("CollectionTitle", "Collection"),
            text("fontAllCaps", "true"),
            text("AddTextStroke", "false"),
            text("strokecolor", "black"),
            text("strokewidth", "6"),
            text("fontcolor", "white"),
            text("minPointSize", "50"),
            text("maxPointSize", "100"),
            text("MaxWidth", "1000"),
            text("MaxHeight", "140"),
            text("text_offset", "+150"),
            text("lineSpacing", "0"),
            text("TextGravity", "south"),
        ],
    },
    Section {
        name: "CollectionPosterOverlayPart",
        keys: &[
            text("fontAllCaps", "true"),
            text("AddBorder", "true"),
            text("AddText", "true"),
            text("AddTextStroke", "false"),
            text("strokecolor", "black"),
            text("strokewidth", "6"),
            text("AddOverlay", "true"),
            text("fontcolor", "white"),
            text("bordercolor", "black"),
            text("minPointSize", "100"),
            text("maxPointSize", "250"),
            text("borderwidth", "30"),
            text("MaxWidth", "1900"),
            text("MaxHeight", "500"),
            text("text_offset", "+300"),
            text("lineSpacing", "0"),
            text("TextGravity", "south"),
        ],
    },
    Section {
        name: "BackgroundOverlayPart",
        keys: &[
            text("fontAllCaps", "true"),
            text("AddOverlay", "true"),
            text("AddBorder", "true"),
            text("AddText", "true"),
            text("AddTextStroke", "false"),
            text("strokecolor", "black"),
            text("strokewidth", "6"),
            text("fontcolor", "white"),
            text("bordercolor", "black"),
            text("minPointSize", "100"),
            text("maxPointSize", "300"),
            text("borderwidth", "30"),
            text("MaxWidth", "3640"),
            text("MaxHeight", "500"),
            text("text_offset", "+200"),
            text("lineSpacing", "0"),
            text("TextGravity", "south"),
        ],
    },
    Section {
        name: "TitleCardOverlayPart",
        keys: &[
            text("UseBackgroundAsTitleCard", "false"),
            text("BackgroundFallback", "true"),
            text("AddOverlay", "true"),
            text("AddBorder", "true"),
            text("bordercolor", "black"),
            text("borderwidth", "30"),
        ],
    },
    Section {
        name: "TitleCardTitleTextPart",
        keys: &[
            text("fontAllCaps", "true"),
            text("AddEPTitleText", "true"),
            text("AddTextStroke", "false"),
            text("strokecolor", "black"),
            text("strokewidth", "6"),
            text("fontcolor", "white"),
            text("minPointSize", "50"),
            text("maxPointSize", "150"),
            text("MaxWidth", "3640"),
            text("MaxHeight", "280"),
            text("text_offset", "+300"),
            text("lineSpacing", "0"),
            text("TextGravity", "south"),
        ],
    },
    Section {
        name: "TitleCardEPTextPart",
        keys: &[
            text("SeasonTCText", "Season"),
            text("EpisodeTCText", "Episode"),
            text("fontAllCaps", "true"),
            text("AddEPText", "true"),
            text("AddTextStroke", "false"),
            text("strokecolor", "black"),
            text("strokewidth", "4"),
            text("fontcolor", "white"),
            text("minPointSize", "50"),
            text("maxPointSize", "80"),
            text("MaxWidth", "1000"),
            text("MaxHeight", "120"),
            text("text_offset", "+150"),
            text("lineSpacing", "0"),
            text("TextGravity", "south"),
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_228_keys_in_17_sections_and_one_real_boolean() {
        let keys: Vec<_> = SECTIONS.iter().flat_map(|section| section.keys).collect();
        assert_eq!((SECTIONS.len(), keys.len()), (17, 228));
        let flags = keys.iter().filter(|key| matches!(key.default, Default::Flag(_))).map(|key| key.name);
        assert_eq!(flags.collect::<Vec<_>>(), ["basicAuthEnabled"]);
        let lists = keys.iter().filter(|key| matches!(key.default, Default::List(_))).count();
        assert_eq!(lists, 9, "four language orders, three exclusions, two lists of symbols");
        assert_eq!(keys.iter().filter(|key| key.secret).count(), 10);
    }

    #[test]
    fn no_section_has_a_key_twice_even_in_another_letter_case() {
        for section in &SECTIONS {
            let mut names: Vec<_> = section.keys.iter().map(|key| key.name.to_lowercase()).collect();
            names.sort();
            names.dedup();
            assert_eq!(names.len(), section.keys.len(), "{}", section.name);
        }
    }

    #[test]
    fn keys_are_found_in_any_letter_case() {
        assert_eq!(find("webui", "BASICAUTHUSERNAME").unwrap().name, "basicAuthUsername");
        assert!(find("WebUI", "AssetPath").is_none());
        assert!(find("Nope", "AssetPath").is_none());
    }
}
