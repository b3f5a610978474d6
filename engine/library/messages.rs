//! Messages to Discord or Apprise, and Uptime Kuma's pings.

use std::ffi::OsStr;
use std::time::Instant;

use chrono::{SecondsFormat, Utc};
use posterizarr_base::run::Mode;
use posterizarr_media::notify::Messengers;
use serde_json::{Value, json};

use super::rows::Row;
use super::settings::Notifications;
use crate::journal::Journal;
use crate::library::select::Fallback;
use crate::report::{Counts, readable_size};

const RED: u32 = 16_711_680;
const ORANGE: u32 = 15_120_384;
const GREEN: u32 = 5_763_719;
/// Whose picture it is where it is no provider's.
const OWN: &str = "Local / Plex";
/// Who has pictures that everybody can fetch, by where they are.
const PUBLIC: [(&str, &str); 3] = [
    ("https://image.tmdb.org/", "TMDB"),
    ("https://artworks.thetvdb.com/", "TVDB"),
    ("https://assets.fanart.tv/", "Fanart"),
];
/// What stands in the place of an empty name.
const BLANK: &str = "\u{200b}";
const PROJECT: &str = "https://github.com/fscorrupt/posterizarr";

/// Where messages go.
enum Target {
    Discord(String),
    /// The notify address of an Apprise API server.
    Apprise(String),
    /// An address for the program `apprise`.
    Program(String),
}

/// Tells the user's services.
pub(super) struct Messages<'a> {
    messengers: &'a Messengers,
    target: Option<Target>,
    name: &'a str,
    journal: &'a Journal,
    version: &'a str,
}

impl<'a> Messages<'a> {
    pub(super) fn new(
        messengers: &'a Messengers,
        wanted: &'a Notifications,
        container: bool,
        journal: &'a Journal,
        version: &'a str,
    ) -> Self {
        let target = if wanted.wanted { target(wanted, container, journal) } else { None };
        let name = if wanted.name.is_empty() { "Posterizarr" } else { &wanted.name };
        Self { messengers, target, name, journal, version }
    }

    /// One asset that was made, or whose text does not fit.
    pub(super) async fn asset(&self, row: &Row) {
        let Some(target) = &self.target else { return };
        let colour = if row.fallback != Fallback::No || row.truncated { ORANGE } else { GREEN };
        let flag = |on: bool| if on { "true" } else { "false" };
        let fields = vec![
            field(BLANK, ":bar_chart:", false),
            field("Type", row.kind, false),
            field("Fallback", row.fallback_word(), true),
            field("Language", row.language.as_deref().unwrap_or("false"), true),
            field("Truncated", flag(row.truncated), true),
            field(BLANK, ":frame_photo:", false),
            field("Title", &row.title, false),
            field("Library", &row.library, true),
            field("Provider Source", provider(row.source.as_deref().unwrap_or_default()), true),
            field("Fav Url", row.link.as_deref().unwrap_or("false"), true),
        ];
        // Only what everybody can fetch; and nobody needs the address of the user's server.
        let picture = row.source.as_deref().filter(|source| provider(source) != OWN);
        let summary = format!("Recently added: {} ({})", row.title, row.library);
        self.send(target, &self.embed("Recently Added", colour, fields, picture), &summary, true).await;
    }

    /// The whole run.
    pub(super) async fn summary(
        &self,
        mode: Mode,
        counts: &Counts,
        errors: u32,
        took: (i64, i64, i64),
        with_cleanup: bool,
    ) {
        let Some(target) = &self.target else { return };
        let (hours, minutes, seconds) = took;
        let (intro, done, did) = match mode {
            Mode::Arr => ("Recently added Run took", "", "Created"),
            Mode::Backup => ("Backup Run took", " Downloaded", "Downloaded"),
            Mode::LogoUpdater => ("Logo Updater Run took", "", "Updated"),
            Mode::Restore => ("Restore Run took", " Restored", "Restored"),
            Mode::SyncJelly | Mode::SyncEmby => ("Sync Run took", " Uploaded", "Uploaded"),
            Mode::Normal
            | Mode::Testing
            | Mode::Manual
            | Mode::Reset
            | Mode::LogoRevert
            | Mode::Scheduled
            | Mode::Tautulli
            | Mode::Restyle
            | Mode::Remake => ("Run took", "", "Created"),
        };
        let mut description = format!("{intro}: {hours}h {minutes}m {seconds}s");
        if errors > 0 {
            description
                .push_str(&format!("\nDuring execution '{errors}' Errors occurred, please check the log for details."));
        }
        let colour = if errors > 0 {
            RED
        } else if counts.fallbacks > 1 || counts.truncated > 1 {
            ORANGE
        } else {
            GREEN
        };
        let number = |name: &str, number: usize, inline| field(name, &number.to_string(), inline);
        let mut fields = vec![
            field(BLANK, ":bar_chart:", false),
            number("Errors", errors as usize, false),
            number("Fallbacks", counts.fallbacks, true),
            number("Textless", counts.textless, true),
            number("Truncated", counts.truncated, true),
            field(BLANK, ":frame_photo:", false),
            number(&format!("Posters{done}"), counts.posters, false),
            number(&format!("Backgrounds{done}"), counts.backgrounds, true),
            number(&format!("Seasons{done}"), counts.seasons, true),
            number(&format!("TitleCards{done}"), counts.title_cards, true),
        ];
        if mode == Mode::LogoUpdater {
            fields.truncate(2);
            fields.push(number("Logos Updated", counts.posters, false));
        }
        if with_cleanup {
            fields.extend([
                field(BLANK, ":recycle:", false),
                number("Images cleared", counts.images_cleared, true),
                number("Folders Cleared", counts.folders_cleared, true),
                field("Space saved", &readable_size(counts.space_saved), true),
            ]);
        }
        let total = counts.posters + counts.backgrounds + counts.seasons + counts.title_cards;
        let what = if mode == Mode::LogoUpdater { "Logos" } else { "Images" };
        let text = format!("{description}\nIt {did} '{total}' {what}");
        self.send(target, &self.embed(&description, colour, fields, None), &text, errors == 0).await;
    }

    fn embed(&self, description: &str, colour: u32, fields: Vec<Value>, picture: Option<&str>) -> Value {
        let mut embed = json!({
            "author": {"name": "Posterizarr @Github", "url": PROJECT},
            "description": description,
            "timestamp": Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true),
            "color": colour,
            "fields": fields,
            "footer": {"text": format!("posterizarrd {}", self.version)},
        });
        if let (Some(picture), Some(parts)) = (picture, embed.as_object_mut()) {
            parts.insert("thumbnail".to_owned(), json!({ "url": picture }));
        }
        json!({"username": self.name, "content": "", "embeds": [embed]})
    }

    async fn send(&self, target: &Target, embed: &Value, text: &str, good: bool) {
        let sent = match target {
            Target::Discord(address) => {
                self.messengers.post(address, embed).await.map_err(|trouble| trouble.to_string())
            }
            Target::Apprise(address) => {
                let kind = if good { "success" } else { "failure" };
                let message = json!({"title": "Posterizarr", "body": text, "type": kind});
                self.messengers.post(address, &message).await.map_err(|trouble| trouble.to_string())
            }
            Target::Program(address) => self.messengers.apprise(OsStr::new("apprise"), address, text, good).await,
        };
        if let Err(reason) = sent {
            self.journal.warning(format!("the notification could not be sent: {reason}"));
        }
    }
}

/// Whose picture an address is.
fn provider(source: &str) -> &'static str {
    PUBLIC.iter().find(|(host, _)| source.starts_with(host)).map_or(OWN, |(_, name)| name)
}

fn field(name: &str, value: &str, inline: bool) -> Value {
    // Discord refuses what is longer, or empty.
    let value: String = value.chars().take(1000).collect();
    json!({"name": name, "value": if value.is_empty() { BLANK.to_owned() } else { value }, "inline": inline})
}

fn target(wanted: &Notifications, container: bool, journal: &Journal) -> Option<Target> {
    let is_set = |address: &&String| !address.is_empty() && !address.contains("{WebhookID}");
    // As the script has it: in its image Apprise goes first, elsewhere Discord.
    let (first, second) =
        if container { (&wanted.apprise, &wanted.discord) } else { (&wanted.discord, &wanted.apprise) };
    let Some(address) = [first, second].into_iter().find(is_set) else {
        journal.warning(
            "notifications are switched on, but there is no address; set Notification.Discord or Notification.AppriseUrl in config.json",
        );
        return None;
    };
    if let Some(hook) = address.strip_prefix("discord://") {
        // A name may stand before the id.
        let hook = hook.rsplit('@').next().unwrap_or_default().trim_end_matches('/');
        return Some(Target::Discord(format!("https://discord.com/api/webhooks/{hook}")));
    }
    if address.contains("discord") {
        return Some(Target::Discord(address.trim_end_matches('/').to_owned()));
    }
    let rest = [("apprises://", "https"), ("apprise://", "http")]
        .into_iter()
        .find_map(|(start, scheme)| Some((scheme, address.strip_prefix(start)?)));
    match rest.and_then(|(scheme, rest)| Some((scheme, rest.trim_end_matches('/').rsplit_once('/')?))) {
        Some((scheme, (host, key))) => Some(Target::Apprise(format!("{scheme}://{host}/notify/{key}"))),
        // The program has its own forms of addresses; what begins like an option never reaches it.
        None if is_address(address) => Some(Target::Program(address.clone())),
        None => {
            journal.warning(
                "this kind of notification address cannot be used here; use a Discord webhook, apprise://host/key of an Apprise API server, or any address that the program apprise knows",
            );
            None
        }
    }
}

fn is_address(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, _)| {
        scheme.starts_with(|letter: char| letter.is_ascii_alphabetic()) && !scheme.contains(char::is_whitespace)
    })
}

/// Tells Uptime Kuma how the run ended.
pub(super) async fn push(
    messengers: &Messengers,
    address: Option<&str>,
    end: Result<(), &str>,
    started: Instant,
    journal: &Journal,
) {
    let Some(address) = address else { return };
    let (message, ping) = match end {
        Ok(()) => ("OK", started.elapsed().as_millis()),
        Err(reason) => (reason, 0),
    };
    match messengers.push(address, end.is_ok(), message, ping).await {
        Ok(()) => journal.info(format!("Uptime Kuma webhook sent: Status={}", if end.is_ok() { "up" } else { "down" })),
        Err(trouble) => journal.warning(format!("Uptime Kuma could not be told: {trouble}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::settings::Agregarr;

    fn target_of(apprise: &str, discord: &str, container: bool) -> Option<String> {
        let wanted = Notifications {
            wanted: true,
            name: String::new(),
            discord: discord.into(),
            apprise: apprise.into(),
            kuma: None,
            agregarr: Agregarr::default(),
        };
        target(&wanted, container, &Journal::printed()).map(|target| match target {
            Target::Discord(address) | Target::Apprise(address) | Target::Program(address) => address,
        })
    }

    #[test]
    fn a_picture_is_somebodys_by_its_host_and_own_otherwise() {
        assert_eq!(provider("https://image.tmdb.org/t/p/original/a.jpg"), "TMDB");
        assert_eq!(provider("https://assets.fanart.tv/fanart/a.jpg"), "Fanart");
        for own in
            ["http://plex:32400/library/metadata/1/thumb/2", "/manualassets/a.jpg", "https://image.tmdb.org.evil/a", ""]
        {
            assert_eq!(provider(own), OWN, "{own}");
        }
    }

    #[test]
    fn messages_go_where_the_place_we_run_in_says() {
        let hook = "https://discord.com/api/webhooks/1/x";
        assert_eq!(target_of("discord://me@1/x/", "", true).as_deref(), Some(hook));
        assert_eq!(target_of("discord://2/y", hook, false).as_deref(), Some(hook));
        assert_eq!(target_of("discord://{WebhookID}/{WebhookToken}/", hook, true).as_deref(), Some(hook));
        assert_eq!(target_of("apprises://host:8000/key", "", true).as_deref(), Some("https://host:8000/notify/key"));
        assert_eq!(target_of("tgram://bot/chat", "", true).as_deref(), Some("tgram://bot/chat"));
        assert_eq!(target_of("https://ntfy.example/topic", "", true).as_deref(), Some("https://ntfy.example/topic"));
        assert_eq!(target_of("tgram://bot/chat", hook, true).as_deref(), Some("tgram://bot/chat"));
        assert_eq!(target_of("tgram://bot/chat", hook, false).as_deref(), Some(hook));
        assert_eq!(target_of("tgram://bot/chat", "", false).as_deref(), Some("tgram://bot/chat"));
        assert_eq!(target_of("--config=/etc/passwd", "", true), None);
        assert_eq!(target_of("", "https://discordapp.com/api/webhooks/{WebhookID}/{WebhookToken}", false), None);
    }
}
