//! `config.json` as far as runs over the library need it.
//!
//! Keys of later versions of the script count where they are there; what is missing is as it was before them.

use std::path::PathBuf;
use std::time::Duration;

use posterizarr_base::artwork::Size;
use posterizarr_base::config::{find, keys};
use posterizarr_base::files::short_digest;
use posterizarr_base::servers::{Dialect, ServerKind};
use posterizarr_media::servers::Account;
use posterizarr_render::config::Document;
use posterizarr_render::design::ArtworkKind;
use serde_json::Value;

use super::heading::LogoRules;
use crate::library::select::{Languages, MinSize, Provider, Rules, Sorting};
use crate::request::Task;

/// For how long Agregarr is asked again where nothing is said.
const A_MINUTE: Duration = Duration::from_secs(60);

/// The part of `config.json` that is about a kind of server.
fn section_of(server: ServerKind) -> &'static str {
    match server {
        ServerKind::Plex => "PlexPart",
        ServerKind::Jellyfin => "JellyfinPart",
        ServerKind::Emby => "EmbyPart",
    }
}

/// What a run over the library is told.
#[derive(Clone, PartialEq)]
pub(super) struct LibrarySettings {
    pub(super) server: ServerKind,
    pub(super) account: Account,
    pub(super) excluded: Vec<String>,
    pub(super) upload: bool,
    pub(super) upload_existing: bool,
    pub(super) backdrop_as_thumb: bool,
    pub(super) tmdb_token: Option<String>,
    pub(super) tvdb_key: Option<String>,
    pub(super) fanart_key: Option<String>,
    pub(super) rules: Rules,
    pub(super) library_languages: Vec<(String, Languages)>,
    pub(super) manual_assets: PathBuf,
    pub(super) backups: PathBuf,
    pub(super) logos: LogoRules,
    /// The server that is to show what Plex shows.
    pub(super) recipient: Option<(Dialect, Account)>,
    pub(super) file_test_on_trigger: bool,
    pub(super) follow_links: bool,
    pub(super) kinds: Vec<ArtworkKind>,
    pub(super) skip_tba: bool,
    pub(super) skip_words: Vec<String>,
    pub(super) skip_japanese: bool,
    /// The original title is printed, and not only where the title is in a script that most fonts lack.
    pub(super) original_title: bool,
    /// What is there already is told, too.
    pub(super) show_skipped: bool,
    pub(super) skip_text: bool,
    pub(super) skip_text_and_overlay: bool,
    pub(super) skip_text_and_border: bool,
    /// Kinds of which the user's own pictures get no text.
    pub(super) own_without_text: Vec<ArtworkKind>,
    pub(super) take_marked: bool,
    pub(super) offline: Vec<ArtworkKind>,
    pub(super) cleanup: bool,
    pub(super) jobs: Option<usize>,
    pub(super) resolution_overlays: Vec<(ArtworkKind, String, String)>,
    pub(super) notifications: Notifications,
}

/// Who is told, and under which name.
#[derive(Clone, PartialEq)]
pub(super) struct Notifications {
    pub(super) wanted: bool,
    pub(super) name: String,
    pub(super) discord: String,
    pub(super) apprise: String,
    pub(super) kuma: Option<String>,
    pub(super) agregarr: Agregarr,
}

/// Whether and how Agregarr is told of what a trigger has brought.
#[derive(Clone, Default, PartialEq)]
pub(super) struct Agregarr {
    pub(super) wanted: bool,
    pub(super) url: String,
    pub(super) key: String,
    /// For how long it is asked again while it is busy.
    pub(super) patience: Duration,
}

/// The document, read without fuss: what is missing is as if it were empty.
struct Reader<'a>(&'a Document);

impl Reader<'_> {
    fn value(&self, section: &str, key: &str) -> Option<&Value> {
        find(self.0, section, key)
    }

    fn text(&self, section: &str, key: &str) -> String {
        match self.value(section, key) {
            Some(Value::String(text)) => text.trim().to_owned(),
            Some(Value::Bool(flag)) => flag.to_string(),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        }
    }

    fn flag(&self, section: &str, key: &str) -> bool {
        self.text(section, key).eq_ignore_ascii_case("true")
    }

    fn number(&self, section: &str, key: &str) -> u32 {
        self.text(section, key).parse().unwrap_or_default()
    }

    fn list(&self, section: &str, key: &str) -> Vec<String> {
        match self.value(section, key) {
            Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            Some(Value::String(text)) if !text.is_empty() => vec![text.clone()],
            _ => Vec::new(),
        }
    }
}

impl LibrarySettings {
    /// Reads the document.
    ///
    /// # Errors
    /// What has to be set before a run over the library can be done, in words.
    pub(super) fn read(document: &Document) -> Result<Self, String> {
        Self::read_for(document, &Task::Create)
    }

    /// Reads the document for a task, which may be about another server, or about other kinds of artwork, than runs that make
    /// pictures.
    ///
    /// # Errors
    /// As [`LibrarySettings::read`].
    pub(super) fn read_for(document: &Document, task: &Task) -> Result<Self, String> {
        let read = Reader(document);
        let basics = |key| read.flag("PrerequisitePart", key);
        let path = |key| PathBuf::from(read.text("PrerequisitePart", key).trim_end_matches(['/', '\\']));
        let server = server_for(&read, task)?;
        let section = section_of(server);
        let key = |name: &str, placeholder: &str| {
            let key = read.text("ApiPart", name);
            Some(key).filter(|key| !key.is_empty() && !key.eq_ignore_ascii_case(placeholder))
        };
        Ok(Self {
            server,
            account: account(&read, server)?,
            excluded: read.list(section, "LibstoExclude"),
            // Jellyfin and Emby always get what is new; Plex where it is asked for.
            upload: server != ServerKind::Plex || basics("PlexUpload"),
            upload_existing: read.flag(section, "UploadExistingAssets"),
            backdrop_as_thumb: read.flag(section, "ReplaceThumbwithBackdrop"),
            tmdb_token: key("tmdbtoken", "TMDBTOKEN"),
            tvdb_key: key("tvdbapi", "TVDBAPIKEY"),
            fanart_key: key("FanartTvAPIKey", "FANARTAPIKEY"),
            rules: rules(&read),
            library_languages: library_languages(&read),
            manual_assets: path("ManualAssetPath"),
            backups: path("BackupPath"),
            logos: logos(&read),
            recipient: recipient(&read, task)?,
            file_test_on_trigger: basics("FileTestOnTrigger"),
            follow_links: basics("FollowSymlink"),
            kinds: task.kinds(kinds(&read)),
            skip_tba: basics("SkipTBA"),
            skip_words: read.list("TitleCardOverlayPart", "SkipWords"),
            skip_japanese: basics("SkipJapTitle"),
            original_title: basics("UseOriginalTitle"),
            show_skipped: basics("show_skipped"),
            skip_text: basics("SkipAddText"),
            skip_text_and_overlay: basics("SkipAddTextAndOverlay"),
            skip_text_and_border: basics("SkipAddTextAndBorder"),
            own_without_text: own_without_text(&read),
            take_marked: basics("DisableHashValidation"),
            offline: offline(&read),
            cleanup: basics("AssetCleanup"),
            jobs: Some(read.number("PrerequisitePart", "ParallelJobs") as usize).filter(|jobs| *jobs > 0),
            resolution_overlays: resolution_overlays(&read),
            notifications: Notifications {
                wanted: read.flag("Notification", "SendNotification"),
                name: read.text("Notification", "DiscordUserName"),
                discord: read.text("Notification", "Discord"),
                apprise: read.text("Notification", "AppriseUrl"),
                kuma: kuma(document),
                agregarr: agregarr(&read),
            },
        })
    }

    /// Tells the server from others in the ledger, without telling its address to whoever reads that.
    pub(super) fn server_id(&self) -> String {
        let kind = self.server.key();
        format!("{kind}:{}", short_digest(self.account.url.trim_end_matches('/').as_bytes()))
    }

    /// The same where collections get posters, too.
    #[must_use]
    pub(super) fn with_collections(mut self, wanted: bool) -> Self {
        self.kinds.extend(wanted.then_some(ArtworkKind::Collection));
        self
    }

    /// The rules for a library: its own languages, where it has some.
    pub(super) fn rules_for(&self, library: &str) -> Rules {
        let Some((_, languages)) = self.library_languages.iter().find(|(name, _)| name == library) else {
            return self.rules.clone();
        };
        let mut cards = languages.order().to_vec();
        if !languages.prefers_textless() {
            cards.insert(0, "xx".to_owned());
        }
        Rules {
            poster: languages.clone(),
            season: languages.clone(),
            background: languages.clone(),
            card: Languages::new(&cards),
            logo: two_letters(languages.order()).unwrap_or_else(|| self.rules.logo.clone()),
            ..self.rules.clone()
        }
    }
}

/// Whether pictures that are made by hand are shown on a media server: on Plex where that is asked for, on others always.
pub(super) fn shows_manual(document: &Document) -> bool {
    let read = Reader(document);
    let on_plex = read.flag("PlexPart", "UsePlex") && read.flag("PrerequisitePart", "PlexUpload");
    on_plex || read.flag("JellyfinPart", "UseJellyfin") || read.flag("EmbyPart", "UseEmby")
}

/// Where Uptime Kuma is told how a run ended; none where that is switched off.
pub(super) fn kuma(document: &Document) -> Option<String> {
    let read = Reader(document);
    let address = read.text("Notification", "UptimeKumaUrl");
    read.flag("Notification", "UseUptimeKuma").then_some(address).filter(|address| !address.is_empty())
}

fn agregarr(read: &Reader<'_>) -> Agregarr {
    Agregarr {
        wanted: read.flag("Notification", "AgregarrTriggerEnabled"),
        url: read.text("Notification", "AgregarrUrl"),
        key: read.text("Notification", "AgregarrApiKey"),
        patience: read.text("Notification", "AgregarrRetryTimeout").parse().map_or(A_MINUTE, Duration::from_secs),
    }
}

/// The server that a task is about.
fn server_for(read: &Reader<'_>, task: &Task) -> Result<ServerKind, String> {
    // For a sync both servers need an address; which of them is in use does not matter.
    if matches!(task, Task::Sync(_)) {
        return Ok(ServerKind::Plex);
    }
    let server = server(read)?;
    if server == ServerKind::Plex || !task.is_about_plex() {
        return Ok(server);
    }
    let what = if task.is_about_logos() { "logos can be set" } else { "posters can be reset" };
    let name = server.name();
    Err(format!("{what} on Plex only, and {name} is the media server in use; set UsePlex in config.json"))
}

/// A logo is text, so that one without a language is none. Who has no order for logos gets them in that for posters.
fn logo_languages(read: &Reader<'_>) -> Vec<String> {
    let orders = ["LogoLanguageOrder", "PreferredLanguageOrder"];
    orders.into_iter().find_map(|key| two_letters(&read.list("ApiPart", key))).unwrap_or_else(|| vec!["en".to_owned()])
}

/// The languages of an order in which there can be text; none if there are none.
fn two_letters(order: &[String]) -> Option<Vec<String>> {
    let order = order.iter().map(|code| code.to_lowercase()).filter(|code| code.len() == 2 && code != "xx");
    Some(order.collect::<Vec<_>>()).filter(|order| !order.is_empty())
}

fn logos(read: &Reader<'_>) -> LogoRules {
    let flag = |key| read.flag("PrerequisitePart", key);
    LogoRules {
        posters: flag("UseLogo"),
        backgrounds: flag("UseBGLogo"),
        art: flag("UseClearart"),
        clear: flag("UseClearlogo"),
        or_title: flag("LogoTextFallback"),
    }
}

fn recipient(read: &Reader<'_>, task: &Task) -> Result<Option<(Dialect, Account)>, String> {
    let Task::Sync(dialect) = task else { return Ok(None) };
    account(read, (*dialect).into()).map(|account| Some((*dialect, account)))
}

fn server(read: &Reader<'_>) -> Result<ServerKind, String> {
    let all = [(ServerKind::Plex, "UsePlex"), (ServerKind::Jellyfin, "UseJellyfin"), (ServerKind::Emby, "UseEmby")];
    let used: Vec<ServerKind> =
        all.into_iter().filter(|(kind, key)| read.flag(section_of(*kind), key)).map(|(kind, _)| kind).collect();
    match used.as_slice() {
        [only] => Ok(*only),
        [] => Err("no media server is in use; set UsePlex, UseJellyfin or UseEmby in config.json".to_owned()),
        _ => Err("several media servers are in use; leave one of UsePlex, UseJellyfin and UseEmby on in config.json"
            .to_owned()),
    }
}

fn account(read: &Reader<'_>, server: ServerKind) -> Result<Account, String> {
    let (url, key) = match server {
        ServerKind::Plex => ("PlexUrl", "PlexToken"),
        ServerKind::Jellyfin => ("JellyfinUrl", "JellyfinAPIKey"),
        ServerKind::Emby => ("EmbyUrl", "EmbyAPIKey"),
    };
    let section = section_of(server);
    let mut account =
        Account { url: read.text(section, url), key: read.text("ApiPart", key), viewer: None, in_flight: 0 };
    if account.url.is_empty() {
        return Err(format!("the media server's address is missing; set {section}.{url} in config.json"));
    }
    // Somebody's server may well have that address, but then there is a key, too.
    let is_keyless = account.key.is_empty() || account.key.eq_ignore_ascii_case(key);
    if is_keyless && is_example(section, url, &account.url) {
        return Err(format!(
            "{section}.{url} is still the example {}; enter your server's address, and its key in ApiPart.{key}",
            account.url
        ));
    }
    // A Plex server may let its own network in without a token.
    if server != ServerKind::Plex && is_keyless {
        return Err(format!("the media server's key is missing; set ApiPart.{key} in config.json"));
    }
    if is_keyless {
        account.key.clear();
    }
    Ok(account)
}

/// Whether an address is the one that a new config.json has.
fn is_example(section: &str, name: &str, url: &str) -> bool {
    let example = keys::find(section, name).map(|key| key.default.value());
    example.is_some_and(|example| example.as_str() == Some(url))
}

fn rules(read: &Reader<'_>) -> Rules {
    let size = |width, height| Size::new(read.number("ApiPart", width), read.number("ApiPart", height));
    let languages = |key| Languages::new(&read.list("ApiPart", key));
    let like_posters = |key: &str| {
        let order = read.list("ApiPart", key);
        let same = order.is_empty() || order.iter().any(|code| code == "PleaseFillMe");
        if same { languages("PreferredLanguageOrder") } else { Languages::new(&order) }
    };
    let ordered = read.flag("ApiPart", "OverrideProviderOrder");
    let order: Vec<Provider> =
        read.list("ApiPart", "ProviderOrder").iter().filter_map(|name| Provider::parse(name)).collect();
    let order = Some(order).filter(|order| ordered && !order.is_empty());
    let favourite = Provider::parse(&read.text("ApiPart", "FavProvider")).unwrap_or(Provider::Fanart);
    Rules {
        favourite: order.as_ref().and_then(|order| order.first().copied()).unwrap_or(favourite),
        order,
        poster: languages("PreferredLanguageOrder"),
        season: languages("PreferredSeasonLanguageOrder"),
        background: like_posters("PreferredBackgroundLanguageOrder"),
        card: like_posters("PreferredTCLanguageOrder"),
        logo: logo_languages(read),
        min_size: read.flag("ApiPart", "WidthHeightFilter").then(|| MinSize {
            portrait: size("PosterMinWidth", "PosterMinHeight"),
            landscape: size("BgTcMinWidth", "BgTcMinHeight"),
        }),
        sorting: match read.text("ApiPart", "tmdb_vote_sorting").to_ascii_lowercase().as_str() {
            "primary" => Sorting::Primary,
            "vote_count" => Sorting::Votes,
            _ => Sorting::Average,
        },
        show_fallback: read.flag("SeasonPosterOverlayPart", "ShowFallback"),
        background_fallback: read.flag("TitleCardOverlayPart", "BackgroundFallback"),
        background_as_card: read.flag("TitleCardOverlayPart", "UseBackgroundAsTitleCard"),
    }
}

fn library_languages(read: &Reader<'_>) -> Vec<(String, Languages)> {
    let all = read.value("ApiPart", "LibraryLanguageOverrides").and_then(Value::as_object);
    let order = |value: &Value| {
        let codes = value.get("PreferredLanguageOrder").unwrap_or(value).as_array()?;
        Some(codes.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>())
    };
    all.into_iter().flatten().filter_map(|(name, value)| Some((name.clone(), Languages::new(&order(value)?)))).collect()
}

/// The kinds whose switches are on, given in this order.
fn switched(read: &Reader<'_>, keys: [&str; 4]) -> Vec<ArtworkKind> {
    let kinds = [ArtworkKind::Poster, ArtworkKind::Background, ArtworkKind::Season, ArtworkKind::TitleCard];
    let switches = kinds.into_iter().zip(keys);
    switches.filter(|(_, key)| read.flag("PrerequisitePart", key)).map(|(kind, _)| kind).collect()
}

fn kinds(read: &Reader<'_>) -> Vec<ArtworkKind> {
    switched(read, ["Posters", "BackgroundPosters", "SeasonPosters", "TitleCards"])
}

fn offline(read: &Reader<'_>) -> Vec<ArtworkKind> {
    if read.flag("PrerequisitePart", "DisableOnlineAssetFetch") {
        return vec![ArtworkKind::Poster, ArtworkKind::Background, ArtworkKind::Season, ArtworkKind::TitleCard];
    }
    let keys = [
        "DisableOnlinePosterFetch",
        "DisableOnlineBackgroundFetch",
        "DisableOnlineSeasonFetch",
        "DisableOnlineTitleCardFetch",
    ];
    switched(read, keys)
}

fn own_without_text(read: &Reader<'_>) -> Vec<ArtworkKind> {
    let keys = ["SkipLocalPosterTextAdd", "SkipLocalBackgroundTextAdd", "SkipLocalSeasonTextAdd", "SkipLocalTCTextAdd"];
    switched(read, keys)
}

/// ArtworkKind, resolution in lower case, overlay file; of the kinds for which it is switched on.
fn resolution_overlays(read: &Reader<'_>) -> Vec<(ArtworkKind, String, String)> {
    const NAMES: [&str; 5] = ["4k", "1080p", "4k dovi", "4k hdr10", "4k dovi/hdr10"];
    let kinds = [
        (
            ArtworkKind::Poster,
            "UsePosterResolutionOverlays",
            ["poster4k", "Poster1080p", "4KDoVi", "4KHDR10", "4KDoViHDR10"],
        ),
        (
            ArtworkKind::Background,
            "UseBackgroundResolutionOverlays",
            ["Background4k", "Background1080p", "4KDoViBackground", "4KHDR10Background", "4KDoViHDR10Background"],
        ),
        (
            ArtworkKind::TitleCard,
            "UseTCResolutionOverlays",
            ["TC4k", "TC1080p", "4KDoViTC", "4KHDR10TC", "4KDoViHDR10TC"],
        ),
    ];
    let used = kinds.into_iter().filter(|(_, switch, _)| read.flag("PrerequisitePart", switch));
    let each = used.flat_map(|(kind, _, keys)| NAMES.into_iter().zip(keys).map(move |(name, key)| (kind, name, key)));
    let files = each.map(|(kind, name, key)| (kind, name.to_owned(), read.text("PrerequisitePart", key)));
    files.filter(|(.., file)| !file.is_empty() && !file.contains(['/', '\\', '\0'])).collect()
}

#[cfg(test)]
#[path = "settings/honoured.rs"]
mod honoured;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fresh() -> Document {
        posterizarr_base::config::keys::defaults()
    }

    fn with(changes: &Value) -> Document {
        let mut document = fresh();
        for (section, values) in changes.as_object().unwrap() {
            let part = document.entry(section).or_insert_with(|| json!({}));
            part.as_object_mut().unwrap().extend(values.as_object().unwrap().clone());
        }
        document
    }

    #[test]
    fn one_server_has_to_be_in_use_and_needs_an_address() {
        let wrong = |changes: Value| LibrarySettings::read(&with(&changes)).err().unwrap_or_default();
        assert!(wrong(json!({"PlexPart": {"UsePlex": "false"}})).contains("UseJellyfin"));
        let two = json!({"PlexPart": {"UsePlex": "true"}, "EmbyPart": {"UseEmby": "True"}});
        assert!(wrong(two).contains("leave one"));
        assert!(wrong(json!({"PlexPart": {"UsePlex": "true", "PlexUrl": ""}})).contains("PlexPart.PlexUrl"));
        let keyless = json!({"PlexPart": {"UsePlex": "false"}, "ApiPart": {"JellyfinAPIKey": "JELLYFINAPIKEY"},
            "JellyfinPart": {"UseJellyfin": true, "JellyfinUrl": "http://j"}});
        assert!(wrong(keyless).contains("JellyfinAPIKey"));
    }

    #[test]
    fn the_example_of_a_new_file_is_nobodys_server_unless_a_key_was_entered_for_it() {
        let read = |part: &str, url: &str, value: &str, key: &str, entered: &str| {
            let kinds = ["UsePlex", "UseJellyfin", "UseEmby"].map(|switch| {
                (switch.replace("Use", "") + "Part", json!({switch: (switch == format!("Use{part}")).to_string()}))
            });
            let mut changes: Value = kinds.into_iter().collect();
            changes[format!("{part}Part")][url] = value.into();
            changes["ApiPart"] = json!({key: entered});
            LibrarySettings::read(&with(&changes)).map(|settings| settings.account.key)
        };
        for (part, url, example, key) in [
            ("Plex", "PlexUrl", "http://192.168.1.93:32400", "PlexToken"),
            ("Jellyfin", "JellyfinUrl", "http://192.168.1.93:8096", "JellyfinAPIKey"),
            ("Emby", "EmbyUrl", "http://192.168.1.93:8096/emby", "EmbyAPIKey"),
        ] {
            for entered in ["", &key.to_uppercase(), key] {
                let refused = read(part, url, example, key, entered).unwrap_err();
                assert!(refused.contains(&format!("{part}Part.{url} is still the example {example}")), "{refused}");
                assert!(refused.contains(&format!("ApiPart.{key}")), "{refused}");
            }
            assert_eq!(read(part, url, example, key, "secret").as_deref(), Ok("secret"));
        }
        // A Plex server may let its own network in without a token; the placeholder is none.
        assert_eq!(read("Plex", "PlexUrl", "http://plex:32400", "PlexToken", "PLEXTOKEN").as_deref(), Ok(""));
    }

    #[test]
    fn languages_of_a_library_win_and_its_title_cards_stay_textless() {
        let changes = json!({"PlexPart": {"UsePlex": "true", "PlexUrl": "http://p"}, "ApiPart": {
            "PreferredLanguageOrder": ["xx", "en"], "LibraryLanguageOverrides": {"Filme": {"PreferredLanguageOrder": ["de", "en"]}}}});
        let settings = LibrarySettings::read(&with(&changes)).unwrap();
        assert_eq!(settings.rules_for("Filme").poster.order(), ["de", "en"]);
        assert_eq!(settings.rules_for("Filme").card.order(), ["xx", "de", "en"]);
        assert_eq!(settings.rules_for("filme").poster.order(), ["xx", "en"]);
        assert_eq!(settings.rules.background.order(), ["xx", "en"]);
        assert_eq!(
            (settings.rules_for("Filme").logo, settings.rules.logo),
            (vec!["de", "en"].into_iter().map(str::to_owned).collect(), vec!["en".to_owned(), "de".to_owned()])
        );
    }

    #[test]
    fn an_order_of_providers_counts_only_with_its_switch() {
        let changes = |switch: &str| {
            with(&json!({"PlexPart": {"UsePlex": "true", "PlexUrl": "http://p"},
                "ApiPart": {"FavProvider": "tmdb", "OverrideProviderOrder": switch, "ProviderOrder": ["Plex", "TVDB", "x"]}}))
        };
        let rules = |switch| LibrarySettings::read(&changes(switch)).unwrap().rules;
        assert_eq!((rules("false").favourite, rules("false").order), (Provider::Tmdb, None));
        assert_eq!((rules("true").favourite, rules("true").order.unwrap().len()), (Provider::Server, 2));
    }
}
