//! The names and origins under which this daemon is asked.
//!
//! A page of `evil.example` can make its own name point to this machine once it is loaded (DNS rebinding); for the browser
//! our answers are then its own. What gives it away is the `Host` header, which names `evil.example`. So a name counts as
//! ours only if no stranger can have it: an address, `localhost`, a name without a dot (the public DNS has none; compose
//! files and small networks use them), a name under a suffix that the public DNS does not have, the machine's own, and
//! what the settings name.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv6Addr};

use crate::settings::Settings;

/// Suffixes of private networks: RFC 6762 and its appendix G, RFC 8375, `internal` (reserved by ICANN for this), and the
/// one of Kubernetes' services. Nobody can register a name below them.
const PRIVATE_SUFFIXES: [&str; 11] =
    ["localhost", "local", "lan", "home", "home.arpa", "internal", "intranet", "private", "corp", "localdomain", "svc"];

/// Our own names and origins.
#[derive(Debug, Clone, Default)]
pub struct OwnNames {
    hosts: BTreeSet<String>,
    /// Domains whose every name is ours, from settings such as `*.example.org`.
    domains: Vec<String>,
    origins: Vec<String>,
}

impl OwnNames {
    /// What the settings name, and the machine's own names (in lower case).
    pub fn new(settings: &Settings, machine: impl IntoIterator<Item = String>) -> Self {
        let mut own = Self { hosts: machine.into_iter().collect(), ..Self::default() };
        for trusted in &settings.trusted_hosts {
            match trusted.strip_prefix("*.") {
                Some(domain) => own.domains.push(domain.to_owned()),
                None => drop(own.hosts.insert(trusted.clone())),
            }
        }
        if let Some(origin) = &settings.public_origin {
            let authority = origin.split_once("://").map_or("", |(_, authority)| authority);
            own.hosts.extend(name_of(authority).and_then(Name::text));
            own.origins.push(origin.clone());
        }
        own.origins.extend(settings.cors_origins.iter().cloned());
        own
    }

    /// Whether a `Host` header's value names this daemon, whatever the port.
    pub fn has_host(&self, host: &str) -> bool {
        match name_of(host) {
            None => false,
            Some(Name::Address) => true,
            Some(Name::Text(name)) => is_private(&name) || self.is_named(&name),
        }
    }

    /// Whether this origin was named, by `base_url` or `cors_origins`.
    pub fn has_origin(&self, origin: &str) -> bool {
        self.origins.iter().any(|own| own.eq_ignore_ascii_case(origin))
    }

    /// Whether the host of this origin was named as one of ours.
    pub fn names_host_of(&self, origin: &str) -> bool {
        let authority = origin.split_once("://").map(|(_, authority)| authority);
        authority.and_then(name_of).and_then(Name::text).is_some_and(|name| self.is_named(&name))
    }

    fn is_named(&self, name: &str) -> bool {
        self.hosts.contains(name) || self.domains.iter().any(|domain| is_below(name, domain))
    }
}

fn is_private(name: &str) -> bool {
    !name.contains('.') || PRIVATE_SUFFIXES.iter().any(|suffix| is_below(name, suffix))
}

fn is_below(name: &str, domain: &str) -> bool {
    name.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}

/// The host of an authority.
#[derive(Debug, PartialEq, Eq)]
enum Name {
    /// An IP address, which needs no DNS.
    Address,
    /// A name, in lower case and without a dot at its end.
    Text(String),
}

impl Name {
    fn text(self) -> Option<String> {
        match self {
            Self::Text(name) => Some(name),
            Self::Address => None,
        }
    }
}

/// The host of an authority such as `nas:8000` or `[::1]:8000`. `None` for what is none.
fn name_of(authority: &str) -> Option<Name> {
    let is_port = |port: &str| port.chars().all(|digit| digit.is_ascii_digit());
    if let Some(rest) = authority.strip_prefix('[') {
        let (address, rest) = rest.split_once(']')?;
        let is_right = rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port);
        let address = address.split_once('%').map_or(address, |(address, _)| address);
        return (is_right && address.parse::<Ipv6Addr>().is_ok()).then_some(Name::Address);
    }
    let (name, port) = authority.rsplit_once(':').unwrap_or((authority, ""));
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    if !is_port(port) || name.is_empty() || name.starts_with('.') || !name.chars().all(allowed) {
        return None;
    }
    Some(if name.parse::<IpAddr>().is_ok() { Name::Address } else { Name::Text(name) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> OwnNames {
        OwnNames {
            hosts: ["nas", "nas.fritz.box", "posters.example.org"].map(str::to_owned).into(),
            domains: vec!["tail1234.ts.net".to_owned()],
            origins: vec!["https://dash.example".to_owned()],
        }
    }

    #[test]
    fn names_that_no_stranger_can_have_are_ours() {
        let ours = [
            "127.0.0.1",
            "192.168.1.5:8000",
            "[::1]:8000",
            "[fe80::1%25eth0]",
            "localhost",
            "LocalHost:80",
            "posters.localhost",
            "posterizarr",
            "my_container:8000",
            "other.local",
            "nas.lan:8000",
            "nas.home.arpa.",
            "x.default.svc",
            "nas.fritz.box",
            "Posters.Example.org:8443",
            "nas.tail1234.ts.net",
        ];
        for host in ours {
            assert!(own().has_host(host), "{host}");
        }
    }

    #[test]
    fn names_that_anybody_can_have_and_what_is_no_name_are_not() {
        let foreign = [
            "",
            "rebind.evil.example",
            "evil.example:8000",
            "nas.evil.example",
            "posters.example.org.evil.example",
            "evilposters.example.org",
            "sub.posters.example.org",
            "tail1234.ts.net",
            "127.0.0.1.evil.example",
            "127.0.0.1.nip.io:8000",
            "localhost.evil.example",
            "evil.example.",
            "evil.example:80:80",
            "evil.example:8a",
            "127.0.0.1@evil.example",
            "evil.example/localhost",
            "[::1]evil.example",
            "[::1",
            "::1",
            ".local",
            "evil example",
            "home.arpa.com",
        ];
        for host in foreign {
            assert!(!own().has_host(host), "{host}");
        }
    }

    #[test]
    fn origins_are_ours_when_they_are_named() {
        assert!(own().has_origin("HTTPS://dash.example") && !own().has_origin("http://dash.example"));
        assert!(
            own().names_host_of("https://posters.example.org") && own().names_host_of("https://nas.fritz.box:8443")
        );
        assert!(!own().names_host_of("https://evil.example") && !own().names_host_of("null"));
        assert!(!own().names_host_of("http://127.0.0.1:9000"), "an address is not named");
    }
}
