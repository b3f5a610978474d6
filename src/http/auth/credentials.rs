//! What a request brings to prove who it is.

use actix_web::HttpRequest;
use actix_web::http::header;
use actix_web::web::Query;
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::general_purpose::GeneralPurpose;
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};
use sha2::{Digest, Sha256};

use crate::actors::access::KEY_PREFIX;

/// What the name of the session's cookie begins with; all of it in earlier versions.
pub const COOKIE: &str = "posterizarrd_session";
/// Query parameters that carry an API key; the last one is how Sonarr and Radarr spell it.
const KEY_PARAMETERS: [&str; 3] = ["api_key", "secret", "apikey"];

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The name of the session's cookie. Browsers keep cookies by host and not by port, so that two daemons on one host would
/// replace each other's if they had the same name.
pub fn cookie_name(installation: &str) -> String {
    if installation.is_empty() { COOKIE.to_owned() } else { format!("{COOKIE}_{installation}") }
}

/// Everything a request brings.
#[derive(Default, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub struct Presented {
    /// Name and password of Basic authentication.
    pub basic: Option<(String, String)>,
    /// Texts that may be API keys.
    pub keys: Vec<String>,
    /// Values of the session cookie, also under its earlier name; there are two when it was set for two paths.
    pub cookies: Vec<String>,
    /// Whether there is a Basic header that cannot be read.
    pub garbled: bool,
}

impl Presented {
    /// Reads a request's headers and query; the session's cookie has this name.
    pub fn of(request: &HttpRequest, cookie: &str) -> Self {
        let headers = request.headers();
        let texts = |name| headers.get_all(name).filter_map(|value| value.to_str().ok());
        let mut presented = Self::default();
        presented.keys.extend(texts(header::HeaderName::from_static("x-api-key")).map(|key| key.trim().to_owned()));
        for value in texts(header::AUTHORIZATION) {
            presented.read_authorization(value);
        }
        let query = Query::<Vec<(String, String)>>::from_query(request.query_string());
        let parameters = query.map(Query::into_inner).unwrap_or_default().into_iter();
        let of_query = parameters.filter(|(name, _)| KEY_PARAMETERS.contains(&name.as_str())).map(|(_, value)| value);
        presented.keys.extend(of_query);
        presented.keys.retain(|key| !key.is_empty());
        let cookies = || texts(header::COOKIE).flat_map(|value| value.split(';'));
        let of_name = |name: &str| cookies().filter_map(|one| value_of(one, name)).collect::<Vec<_>>();
        presented.cookies = of_name(cookie);
        if cookie != COOKIE {
            presented.cookies.extend(of_name(COOKIE));
        }
        presented
    }

    fn read_authorization(&mut self, value: &str) {
        let (scheme, rest) = value.trim().split_once(' ').unwrap_or((value, ""));
        let rest = rest.trim();
        if scheme.eq_ignore_ascii_case("bearer") {
            self.keys.push(rest.to_owned());
        } else if scheme.eq_ignore_ascii_case("basic") {
            self.basic = read_basic(rest);
            self.garbled = self.basic.is_none();
            // Sonarr and Radarr have fields for a name and a password only; a key does as the password.
            let key = self.basic.iter().map(|(_, password)| password).find(|password| password.starts_with(KEY_PREFIX));
            self.keys.extend(key.cloned());
        }
        // Other schemes are meant for a proxy in front of us.
    }

    /// Whether the request tries a login of its own, so that a cookie does not count.
    pub fn is_explicit(&self) -> bool {
        self.basic.is_some() || self.garbled || !self.keys.is_empty()
    }

    /// Tells this login from another one.
    pub fn fingerprint(&self) -> [u8; 32] {
        let (user, password) = self.basic.clone().unwrap_or_default();
        let mut hash = Sha256::new();
        for part in [user, password].iter().chain(&self.keys) {
            let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
            hash.update(length.to_be_bytes());
            hash.update(part);
        }
        hash.finalize().into()
    }
}

/// Name and password. Browsers' `btoa` gives Latin-1 for characters beyond ASCII, everything else UTF-8.
fn read_basic(encoded: &str) -> Option<(String, String)> {
    let bytes = LENIENT.decode(encoded).ok()?;
    let pair =
        String::from_utf8(bytes).unwrap_or_else(|error| error.into_bytes().into_iter().map(char::from).collect());
    pair.split_once(':').map(|(user, password)| (user.to_owned(), password.to_owned()))
}

fn value_of(cookie: &str, wanted: &str) -> Option<String> {
    let (name, value) = cookie.trim().split_once('=')?;
    (name == wanted && !value.is_empty()).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn presented(uri: &str, headers: &[(&str, &str)]) -> Presented {
        let mut request = TestRequest::with_uri(uri);
        for header in headers {
            request = request.append_header(*header);
        }
        Presented::of(&request.to_http_request(), &cookie_name("abcd1234"))
    }

    fn basic(header: &str) -> Option<(String, String)> {
        presented("/", &[("authorization", header)]).basic
    }

    #[test]
    fn basic_is_read_whatever_the_case_of_its_scheme_its_padding_and_its_encoding() {
        let admin = Some(("admin".to_owned(), "a:b".to_owned()));
        for header in ["Basic YWRtaW46YTpi", "basic YWRtaW46YTpi", "BASIC   YWRtaW46YTpi "] {
            assert_eq!(basic(header), admin, "{header}");
        }
        assert_eq!(basic("Basic dTpwcQ"), Some(("u".to_owned(), "pq".to_owned())), "padding may be missing");
        assert_eq!(basic("Basic dTpwcQ=="), basic("Basic dTpwcQ"), "and may be there");
        let own = |password: &str| Some(("u".to_owned(), password.to_owned()));
        assert_eq!(basic("Basic dTrDvA=="), own("ü"), "UTF-8");
        assert_eq!(basic("Basic dTr8"), own("ü"), "Latin-1, as btoa gives it");
    }

    #[test]
    fn what_cannot_be_read_is_a_wrong_login_and_not_none() {
        for header in ["Basic", "Basic !!!", "Basic bm9jb2xvbg=="] {
            let presented = presented("/", &[("authorization", header)]);
            assert!(presented.garbled && presented.is_explicit(), "{header}");
        }
        assert_eq!(presented("/", &[("authorization", "Negotiate abc")]), Presented::default());
    }

    #[test]
    fn keys_are_found_in_both_headers_and_both_parameters() {
        let headers = [("x-api-key", "a"), ("authorization", "bearer b")];
        let found = presented("/api?api_key=c%2B&secret=d&Secret=no&api_key=", &headers);
        assert_eq!(found.keys, ["a", "b", "c+", "d"]);
    }

    #[test]
    fn the_session_is_found_among_other_cookies() {
        let cookies = [
            ("cookie", "a=b; posterizarrd_session=one;x"),
            ("cookie", "posterizarrd_session=two; xposterizarrd_session=no; posterizarrd_session_abcd1234=own"),
            ("cookie", "posterizarrd_session_other123=another's; posterizarrd_session_abcd1234="),
        ];
        assert_eq!(presented("/", &cookies).cookies, ["own", "one", "two"]);
        assert!(!presented("/", &cookies).is_explicit());
    }
}
