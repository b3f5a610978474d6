//! Discord, Apprise and Uptime Kuma.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{CheckVerdict, Finding};
use crate::notify::kuma::{self, Push};
use posterizarr_media::http::{HttpClient, HttpError, Request, Response, parse};

/// Posts a message to a Discord webhook. Only that shows that it works.
pub async fn discord(http: &HttpClient, webhook: &str) -> CheckVerdict {
    let message = json!({
        "content": "[SUCCESS] Posterizarr WebUI - Discord webhook validation successful!",
        "username": "Posterizarr",
    });
    let told = match parse(webhook) {
        Ok(url) => http.tell(Request::post_json(url, message.to_string())).await,
        Err(trouble) => Err(trouble),
    };
    match told {
        Ok(StatusCode::NO_CONTENT) => CheckVerdict::new(true, " ", &Finding::DiscordOk).with("status_code", 204),
        Ok(StatusCode::NOT_FOUND) => CheckVerdict::status(404, " ", &Finding::DiscordUnknown),
        Ok(status) => status_of("Discord webhook", status),
        Err(trouble) => trouble_of("Discord", "Discord webhook", &trouble),
    }
}

fn status_of(service: &'static str, status: StatusCode) -> CheckVerdict {
    let status = status.as_u16();
    CheckVerdict::status(status, " ", &Finding::ServiceStatus { service, status })
}

fn trouble_of(service: &'static str, what: &'static str, trouble: &HttpError) -> CheckVerdict {
    CheckVerdict::trouble(trouble, " ", &Finding::ServiceTrouble { service, what })
}

/// Pushes a heartbeat to Uptime Kuma.
pub async fn uptime_kuma(http: &HttpClient, url: &str) -> CheckVerdict {
    match push(http, url).await {
        Ok(answer) if answer.status != StatusCode::OK => status_of("Uptime Kuma", answer.status),
        Ok(answer) => match serde_json::from_slice::<Value>(&answer.body) {
            Ok(Value::Object(body)) => kuma_verdict(body.get("ok").is_some_and(truthy)),
            _ => trouble_of("Uptime Kuma", "Uptime Kuma URL", &HttpError::NotUnderstood("Uptime Kuma")),
        },
        Err(trouble) => trouble_of("Uptime Kuma", "Uptime Kuma URL", &trouble),
    }
}

async fn push(http: &HttpClient, url: &str) -> Result<Response, HttpError> {
    parse(url)?;
    let push = Push { up: true, message: "Posterizarr WebUI validation test".to_owned(), ping_ms: None };
    http.fetch(Request::get(kuma::address(url, &push).ok_or(HttpError::NoProtocol)?)).await
}

fn kuma_verdict(ok: bool) -> CheckVerdict {
    if ok {
        return CheckVerdict::new(true, " ", &Finding::KumaOk).with("status_code", 200);
    }
    // Upstream gives the whole body, which nobody knows what it holds.
    CheckVerdict::new(false, " ", &Finding::KumaRefuses)
        .with("response", json!({ "ok": false }))
        .with("hint", "check the token at the end of the push URL, and that the monitor is active")
}

/// As Python has it.
fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}

/// The services that upstream's web UI accepts, whether Apprise knows them or not.
const UPSTREAM: [&str; 11] = [
    "discord",
    "telegram",
    "slack",
    "email",
    "mailto",
    "pushover",
    "gotify",
    "ntfy",
    "pushbullet",
    "rocket",
    "mattermost",
];

/// The schemes of Apprise. Those that come with a second one for TLS (`gotify`, `gotifys`) stand here without the `s`.
const APPRISE: &[&str] = &[
    "africas",
    "apprise",
    "aprs",
    "bark",
    "bluesky",
    "bulksms",
    "bulkvs",
    "burstsms",
    "chanify",
    "clickatell",
    "clicksend",
    "dapnet",
    "d7sms",
    "dbus",
    "dingtalk",
    "emby",
    "enigma2",
    "fcm",
    "feishu",
    "flock",
    "form",
    "freemobile",
    "gchat",
    "glib",
    "gnome",
    "growl",
    "guilded",
    "hassio",
    "home_assistant",
    "httpsms",
    "ifttt",
    "join",
    "json",
    "kavenegar",
    "kde",
    "kodi",
    "kumulos",
    "lametric",
    "lark",
    "line",
    "macosx",
    "mailgun",
    "mastodon",
    "matrix",
    "misskey",
    "mmost",
    "mqtt",
    "msg91",
    "msgbird",
    "msteams",
    "nctalk",
    "ncloud",
    "nexmo",
    "notica",
    "notifiarr",
    "notifico",
    "o365",
    "azure",
    "office365",
    "onesignal",
    "opsgenie",
    "pagerduty",
    "pagertree",
    "palot",
    "parsep",
    "pbul",
    "pjet",
    "plivo",
    "popcorn",
    "pover",
    "prowl",
    "psafer",
    "push",
    "pushdeer",
    "pushed",
    "pushme",
    "pushplus",
    "pushy",
    "qq",
    "qt",
    "reddit",
    "resend",
    "revolt",
    "ringc",
    "rsyslog",
    "ryver",
    "schan",
    "sendgrid",
    "sendpulse",
    "ses",
    "seven",
    "sfr",
    "signal",
    "signl4",
    "sinch",
    "smpp",
    "smseagle",
    "smsmanager",
    "smsmgr",
    "smtp2go",
    "sns",
    "sparkpost",
    "spike",
    "splunk",
    "spugpush",
    "spush",
    "strmlabs",
    "synology",
    "syslog",
    "tgram",
    "threema",
    "toot",
    "tweet",
    "twilio",
    "twist",
    "twitter",
    "vapid",
    "viber",
    "victorops",
    "voipms",
    "vonage",
    "webex",
    "wecombot",
    "whatsapp",
    "windows",
    "workflow",
    "wxpusher",
    "wxteams",
    "x",
    "xbmc",
    "xml",
    "zulip",
];

/// Whether this looks like an address of Apprise; nothing is sent. Like Apprise, it does not care for upper and lower case.
pub fn apprise(url: &str) -> CheckVerdict {
    let scheme = url.trim().split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    match scheme.filter(|scheme| is_of_apprise(scheme)) {
        Some(scheme) => CheckVerdict::new(true, " ", &Finding::AppriseOk)
            .with("format_check", true)
            .with("service", format!("{scheme}://")),
        None => CheckVerdict::new(false, " ", &Finding::AppriseInvalid).with("format_check", false),
    }
}

fn is_of_apprise(scheme: &str) -> bool {
    let known = |name: &str| UPSTREAM.contains(&name) || APPRISE.contains(&name);
    known(scheme) || scheme.strip_suffix('s').is_some_and(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schemes_of_apprise_are_known_in_any_case_and_others_are_not() {
        let real = ["tgram://1/2", "pover://u@t", "mailtos://u:p@host", "gotifys://h/t", "ntfys://t", "Discord://a/b"];
        for url in UPSTREAM.map(|service| format!("{service}://a")).into_iter().chain(real.map(str::to_owned)) {
            let verdict = apprise(&url);
            assert!(verdict.valid, "{url}");
            assert_eq!(verdict.message, " Apprise URL format looks valid!");
        }
        assert_eq!(apprise("Discord://a").details["service"], "discord://");
        for url in ["", "discord", "discord:/a", "://", "javascript://x", "file:///etc/passwd", "s://", "http://host"] {
            let verdict = apprise(url);
            assert!(!verdict.valid && verdict.message.starts_with(" Invalid Apprise URL format."), "{url}");
        }
    }
}
