//! Whether a request was made by a page of ours, by a program, or by a foreign page that uses somebody's browser.
//!
//! Being on the same network is no login, and a browser sends its cookies (and, where no login is set, its place in the
//! network) with requests that any page asks it for. What the page cannot choose are the headers that the browser adds:
//! `Origin`, `Sec-Fetch-Site` and `Host`. [`decide`] is the one rule over them, and [`super::guard`] its one user. Programs
//! send neither of the first two, and a `Host` that is in their settings.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use actix_web::http::header::{self, HeaderMap, HeaderValue};

use super::names::OwnNames;
use crate::http::{ApiError, Code};

/// What the browser says of the page that asked. Not sent to plain HTTP addresses other than this machine's own.
const SITE: &str = "sec-fetch-site";
/// Where a proxy says what it was asked as.
const FORWARDED_HOST: &str = "x-forwarded-host";
/// How much of a header is repeated in texts.
const SHOWN: usize = 100;
/// Names and origins that are told in the log, each once; more are somebody's noise.
const MAX_TOLD: usize = 64;

/// Why a request is not served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Foreign {
    /// It was asked for under a name that is not known to be ours.
    Host(String),
    /// It comes from a page of this origin.
    Origin {
        /// The page's origin.
        origin: String,
        /// What we were asked as.
        host: String,
    },
    /// The browser says that a page of another site asked; this is its word for it.
    Site(String),
}

/// Decides by the headers of a request. `reads` tells whether its method is a safe one; `by_proxy` whether it comes from a
/// trusted proxy, whose word on the host counts.
pub fn decide(headers: &HeaderMap, reads: bool, by_proxy: bool, own: &OwnNames) -> Result<(), Foreign> {
    let forwarded = forwarded_host(headers).filter(|_| by_proxy);
    let hosts: Vec<_> = headers.get_all(header::HOST).map(text).filter(|host| *host != Some("")).collect();
    if forwarded.is_none()
        && let Some(unknown) = hosts.iter().find(|host| !host.is_some_and(|host| own.has_host(host)))
    {
        return Err(Foreign::Host(shown(unknown.unwrap_or_default())));
    }
    let asked_as: Vec<_> = forwarded.into_iter().chain(hosts.into_iter().flatten()).collect();
    let sites: Vec<_> = headers.get_all(SITE).map(|site| text(site).unwrap_or("?").to_ascii_lowercase()).collect();
    let by_own_page = !sites.is_empty() && sites.iter().all(|site| site == "same-origin");
    let origins: Vec<_> = headers.get_all(header::ORIGIN).map(text).collect();
    let is_own = |origin: &str| {
        own.has_origin(origin)
            || asked_as.iter().any(|host| is_same_host(origin, host))
            // Behind a proxy that rewrites Host the two differ, and the browser knows better.
            || (by_own_page && own.names_host_of(origin))
    };
    if let Some(foreign) = origins.iter().find(|origin| !origin.is_some_and(is_own)) {
        let host = asked_as.first().copied().map(shown).unwrap_or_default();
        return Err(Foreign::Origin { origin: shown(foreign.unwrap_or_default()), host });
    }
    let elsewhere = sites.into_iter().find(|site| !["", "none", "same-origin"].contains(&site.as_str()));
    match elsewhere {
        Some(site) if !is_of_named_page(headers, reads, &origins, own) => Err(Foreign::Site(shown(&site))),
        _ => Ok(()),
    }
}

/// Whether a request from another site comes from a page that the settings name. Pictures are asked for without `Origin`;
/// for those the page is in `Referer`, which it can leave out but not choose.
fn is_of_named_page(headers: &HeaderMap, reads: bool, origins: &[Option<&str>], own: &OwnNames) -> bool {
    if !origins.is_empty() {
        return origins.iter().all(|origin| origin.is_some_and(|origin| own.has_origin(origin)));
    }
    let mut pages = headers.get_all(header::REFERER).map(|page| text(page).and_then(origin_of)).peekable();
    reads && pages.peek().is_some() && pages.all(|origin| origin.is_some_and(|origin| own.has_origin(&origin)))
}

fn text(value: &HeaderValue) -> Option<&str> {
    value.to_str().ok().map(str::trim)
}

/// Each proxy adds its own value to the end; the first is what the client asked for.
fn forwarded_host(headers: &HeaderMap) -> Option<&str> {
    let first = headers.get(FORWARDED_HOST).and_then(text)?.split(',').next()?.trim();
    (!first.is_empty()).then_some(first)
}

fn origin_of(address: &str) -> Option<String> {
    let (scheme, rest) = address.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    Some(format!("{scheme}://{authority}"))
}

fn is_same_host(origin: &str, host: &str) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    let default_port = if scheme.eq_ignore_ascii_case("https") { ":443" } else { ":80" };
    let bare = |authority: &str| authority.strip_suffix(default_port).unwrap_or(authority).to_ascii_lowercase();
    !host.is_empty() && bare(authority) == bare(host)
}

/// It is anybody's text.
fn shown(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}

impl Foreign {
    /// The refusal, with the way to allow it.
    pub fn refusal(&self) -> ApiError {
        let named = |host: &str| host.split(':').next().unwrap_or_default().to_ascii_lowercase();
        match self {
            Self::Host(host) => {
                let text = "{host:?} is not known as a name of this daemon, which a page from elsewhere could make up; if it \
                            is yours, add it to trusted_hosts (trusted_hosts = [\"{name}\"] in posterizarrd.toml, or \
                            POSTERIZARRD_TRUSTED_HOSTS={name}), or open the daemon by its IP address";
                let values = [("host", host.as_str().into()), ("name", named(host).into())];
                ApiError::told(Code::UnknownHost, text, values)
            }
            Self::Origin { origin, host } => {
                let text = "this request comes from a page of {origin:?}, and this daemon was asked as {host:?}; if the page \
                            is yours, list its origin in cors_origins; if a proxy shows the daemon under that name, let it \
                            pass on the Host header, or set base_url to the whole address";
                let values = [("origin", origin.as_str().into()), ("host", host.as_str().into())];
                ApiError::told(Code::ForeignOrigin, text, values)
            }
            Self::Site(site) => {
                let text = "the page of another site made the browser ask for this (Sec-Fetch-Site: {site}); open it from \
                            the web UI, or, if the page is yours, list its origin in cors_origins";
                ApiError::told(Code::ForeignOrigin, text, [("site", site.as_str().into())])
            }
        }
    }
}

/// Tells refused names and origins in the log, each once: the operator may look there first.
#[derive(Debug, Default)]
pub struct LoggedRefusals(Mutex<HashSet<String>>);

impl LoggedRefusals {
    /// Writes a line if this is new.
    pub fn tell(&self, foreign: &Foreign, refusal: &ApiError) {
        let what = match foreign {
            Foreign::Host(name) | Foreign::Origin { origin: name, .. } | Foreign::Site(name) => name,
        };
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() < MAX_TOLD && told.insert(what.clone()) {
            tracing::warn!(target: "auth", "a request was refused: {refusal}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Environment, Flags, load};
    use actix_web::http::header::HeaderName;

    const DASHBOARD: &str = "https://dash.example";

    fn own() -> OwnNames {
        let environment = Environment::new([("HOME".into(), "/nowhere".into())], "/nowhere");
        let mut settings = load(&Flags::new(), &environment).unwrap().settings;
        settings.cors_origins = vec![DASHBOARD.to_owned()];
        settings.trusted_hosts = vec!["posters.example.org".to_owned()];
        OwnNames::new(&settings, ["nas".to_owned()])
    }

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(HeaderName::try_from(*name).unwrap(), HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    /// The code of the refusal of a read and of a write; empty where it is let through.
    fn verdicts(pairs: &[(&str, &str)], by_proxy: bool) -> [&'static str; 2] {
        [true, false].map(|reads| match decide(&headers(pairs), reads, by_proxy, &own()) {
            Ok(()) => "",
            Err(foreign) => foreign.refusal().code().name(),
        })
    }

    const HOST: (&str, &str) = ("host", "nas:8000");
    const OK: [&str; 2] = ["", ""];
    const ORIGIN: [&str; 2] = ["foreign_origin"; 2];
    const NAME: [&str; 2] = ["unknown_host"; 2];

    #[test]
    fn programs_and_our_own_pages_are_let_through() {
        let own: [&[(&str, &str)]; 10] = [
            &[],
            &[("host", "")],
            &[HOST],
            &[("host", "192.168.1.5:8000"), ("origin", "http://192.168.1.5:8000")],
            &[HOST, ("origin", "http://NAS:8000"), ("sec-fetch-site", "same-origin")],
            &[HOST, ("sec-fetch-site", "none")],
            &[HOST, ("sec-fetch-site", "Same-Origin")],
            &[("host", "posters.example.org"), ("origin", "https://posters.example.org")],
            &[("host", "posters.example.org:443"), ("origin", "https://posters.example.org")],
            &[("host", "nas"), ("origin", "http://nas:80")],
        ];
        for pairs in own {
            assert_eq!(verdicts(pairs, false), OK, "{pairs:?}");
        }
    }

    #[test]
    fn foreign_pages_are_not() {
        for origin in
            ["http://evil.example", "null", "", "http://nas", "http://nas:9000", "nas:8000", "http://nas:8000.e"]
        {
            assert_eq!(verdicts(&[HOST, ("origin", origin)], false), ORIGIN, "{origin}");
            let twice = [HOST, ("origin", "http://nas:8000"), ("origin", origin)];
            assert_eq!(verdicts(&twice, false), ORIGIN, "{origin} as the second");
        }
        // Behind a proxy that rewrites Host the browser knows better, but only for pages of a host of ours.
        for origin in ["http://evil.example", "null", "", "nas:8000", "http://nas:8000.e"] {
            let odd = [HOST, ("origin", origin), ("sec-fetch-site", "same-origin")];
            assert_eq!(verdicts(&odd, false), ORIGIN, "{origin} from the same origin");
        }
        let two_in_one = [HOST, ("origin", "http://nas:8000 http://evil.example")];
        assert_eq!(verdicts(&two_in_one, false), ORIGIN);
        for site in ["cross-site", "same-site", "Cross-Site", "anything"] {
            assert_eq!(verdicts(&[HOST, ("sec-fetch-site", site)], false), ORIGIN, "{site}");
            let with_origin = [HOST, ("origin", "http://nas:8000"), ("sec-fetch-site", site)];
            assert_eq!(verdicts(&with_origin, false), ORIGIN, "{site}");
        }
        assert_eq!(verdicts(&[HOST, ("sec-fetch-site", "none"), ("sec-fetch-site", "cross-site")], false), ORIGIN);
    }

    #[test]
    fn an_unknown_name_is_refused_with_and_without_a_browser() {
        for more in [&[][..], &[("sec-fetch-site", "same-origin")], &[("origin", "http://rebind.evil.example:8000")]] {
            let pairs = [&[("host", "rebind.evil.example:8000")], more].concat();
            assert_eq!(verdicts(&pairs, false), NAME, "{more:?}");
        }
        assert_eq!(verdicts(&[HOST, ("host", "rebind.evil.example")], false), NAME);
        assert_eq!(verdicts(&[("host", "rebind.evil.example"), ("x-forwarded-host", "nas")], false), NAME);
        assert_eq!(verdicts(&[("host", "rebind.evil.example"), ("x-forwarded-host", "")], true), NAME);
    }

    #[test]
    fn pages_that_the_settings_name_are_ours_also_their_pictures() {
        let cross = ("sec-fetch-site", "cross-site");
        assert_eq!(verdicts(&[HOST, cross, ("origin", DASHBOARD)], false), OK);
        assert_eq!(verdicts(&[HOST, cross, ("referer", "https://dash.example/a?b")], false), ["", "foreign_origin"]);
        for page in ["https://evil.example/https://dash.example", "https://dash.example.evil/", "", "about:client"] {
            assert_eq!(verdicts(&[HOST, cross, ("referer", page)], false), ORIGIN, "{page}");
        }
        let both = [HOST, cross, ("referer", "https://dash.example/"), ("referer", "https://evil.example/")];
        assert_eq!(verdicts(&both, false), ORIGIN);
    }

    #[test]
    fn proxies_that_keep_set_or_rewrite_the_host_work() {
        let page = ("origin", "https://posters.example.org");
        let rewritten = ("host", "127.0.0.1:8000");
        assert_eq!(verdicts(&[("host", "posters.example.org"), page], false), OK, "kept or set");
        assert_eq!(verdicts(&[rewritten, page], false), ORIGIN, "rewritten, and an old browser");
        assert_eq!(verdicts(&[rewritten, page, ("sec-fetch-site", "same-origin")], false), OK, "rewritten");
        let told = [rewritten, ("x-forwarded-host", "p.other.example"), ("origin", "https://p.other.example")];
        assert_eq!(verdicts(&told, true), OK, "rewritten and told by a trusted proxy");
        assert_eq!(verdicts(&told, false), ORIGIN, "told by anybody");
        let through = [rewritten, ("x-forwarded-host", "p.other.example"), ("origin", "https://evil.example")];
        assert_eq!(verdicts(&through, true), ORIGIN, "a foreign page through the proxy");
    }

    #[test]
    fn the_refusal_says_how_to_allow_it() {
        let text = |foreign: Foreign| foreign.refusal().to_string();
        let host = text(Foreign::Host("posters.example.org:8000".to_owned()));
        assert!(host.contains("POSTERIZARRD_TRUSTED_HOSTS=posters.example.org)"), "{host}");
        let origin = Foreign::Origin { origin: "https://a".to_owned(), host: "b".to_owned() };
        assert!(text(origin).contains("cors_origins"));
        assert!(text(Foreign::Site("cross-site".to_owned())).contains("cors_origins"));
    }
}
