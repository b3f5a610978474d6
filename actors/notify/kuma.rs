//! Uptime Kuma's push address.

use reqwest::Url;

/// What a push says.
#[derive(Debug, Clone, PartialEq)]
pub struct Push {
    /// Up or down.
    pub up: bool,
    /// In words.
    pub message: String,
    /// How long it took, in milliseconds.
    pub ping_ms: Option<f64>,
}

/// The largest ping Kuma takes, in milliseconds.
const MAX_PING: f64 = 1e11;

/// The address to ask for a push. Kuma's copy button gives an address that already has these parameters: they are replaced,
/// others stay.
pub fn address(base: &str, push: &Push) -> Option<Url> {
    let mut url =
        Url::parse(base.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())?;
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| !matches!(name.as_ref(), "status" | "msg" | "ping"))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    let ping = push.ping_ms.map(|ping| format!("{:.0}", ping.clamp(0.0, MAX_PING))).unwrap_or_default();
    url.query_pairs_mut()
        .clear()
        .extend_pairs(kept)
        .append_pair("status", if push.up { "up" } else { "down" })
        .append_pair("msg", &push.message)
        .append_pair("ping", &ping);
    url.set_fragment(None);
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_address_gives_one_well_formed_query() {
        let push = |message: &str| Push { up: true, message: message.to_owned(), ping_ms: Some(254_627.4) };
        let table = [
            (
                "https://kuma.example/api/push/abc",
                "OK",
                "https://kuma.example/api/push/abc?status=up&msg=OK&ping=254627",
            ),
            (
                "https://kuma.example/api/push/abc?status=up&msg=OK&ping=",
                "OK",
                "https://kuma.example/api/push/abc?status=up&msg=OK&ping=254627",
            ),
            (
                "http://host:3001/kuma/api/push/abc?x=1#y",
                "OK",
                "http://host:3001/kuma/api/push/abc?x=1&status=up&msg=OK&ping=254627",
            ),
            (" https://k.example/p ", "a&b ü\n=", "https://k.example/p?status=up&msg=a%26b+%C3%BC%0A%3D&ping=254627"),
        ];
        for (base, message, expected) in table {
            assert_eq!(address(base, &push(message)).unwrap().as_str(), expected);
        }
        assert_eq!(address("not an address", &push("OK")), None);
        assert_eq!(address("file:///etc/passwd", &push("OK")), None);
        let down = Push { up: false, message: "x".into(), ping_ms: None };
        assert!(address("https://k.example/p", &down).unwrap().as_str().ends_with("?status=down&msg=x&ping="));
    }
}
