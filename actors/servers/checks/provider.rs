//! TMDB, TVDB and Fanart.tv.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{AUTHORIZATION, HeaderName};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout_at};

use super::{Finding, Verdict};
use posterizarr_media::http::{HttpClient, HttpError, Request, below};

/// Where the providers of artwork are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Providers {
    /// TMDB's API, without the last slash.
    pub tmdb_url: String,
    /// TMDB's pictures.
    pub tmdb_image_url: String,
    /// TVDB's API.
    pub tvdb_url: String,
    /// Fanart.tv's API.
    pub fanart_url: String,
    /// plex.tv's API, for signing in.
    pub plex_tv_url: String,
}

impl Default for Providers {
    fn default() -> Self {
        Self {
            tmdb_url: "https://api.themoviedb.org/3".to_owned(),
            tmdb_image_url: "https://image.tmdb.org/t/p".to_owned(),
            tvdb_url: "https://api4.thetvdb.com/v4".to_owned(),
            fanart_url: "https://webservice.fanart.tv/v3".to_owned(),
            plex_tv_url: "https://plex.tv/api/v2".to_owned(),
        }
    }
}

/// A movie that Fanart.tv has for sure.
const FANART_SAMPLE: [&str; 2] = ["movies", "603"];

/// Where Fanart.tv takes the key; in an address it would end up in the logs of proxies.
const FANART_KEY: HeaderName = HeaderName::from_static("api-key");
/// TVDB is asked so often; it is known to refuse good keys now and then.
const TVDB_ATTEMPTS: u32 = 6;
/// The pause in between. Upstream waits ten seconds, and the user with it.
const TVDB_PAUSE: Duration = Duration::from_millis(500);

/// Whether TMDB takes the read access token.
pub async fn tmdb(http: &HttpClient, providers: &Providers, token: &str) -> Verdict {
    let request = below(&providers.tmdb_url, &["configuration"])
        .map(|url| Request::get(url).wanting_json().header(AUTHORIZATION, &format!("Bearer {}", token.trim())));
    match tell(http, request).await {
        Ok(200) => {
            Verdict::new(true, " ", &Finding::KeyOk { service: "TMDB", key: "API token" }).with("status_code", 200)
        }
        Ok(401) => Verdict::status(401, " ", &Finding::TmdbRefuses),
        Ok(status) => Verdict::status(status, " ", &Finding::ServiceStatus { service: "TMDB", status }),
        Err(trouble) => {
            Verdict::trouble(&trouble, " ", &Finding::ServiceTrouble { service: "TMDB", what: "TMDB token" })
        }
    }
}

/// Whether Fanart.tv takes the personal key.
pub async fn fanart(http: &HttpClient, providers: &Providers, key: &str) -> Verdict {
    let request = below(&providers.fanart_url, &FANART_SAMPLE)
        .map(|url| Request::get(url).wanting_json().header(FANART_KEY, key.trim()));
    match tell(http, request).await {
        Ok(200) => {
            Verdict::new(true, " ", &Finding::KeyOk { service: "Fanart.tv", key: "API key" }).with("status_code", 200)
        }
        Ok(401) => Verdict::status(401, " ", &Finding::FanartRefuses),
        Ok(status) => Verdict::status(status, " ", &Finding::ServiceStatus { service: "Fanart.tv", status }),
        Err(trouble) => {
            Verdict::trouble(&trouble, " ", &Finding::ServiceTrouble { service: "Fanart.tv", what: "Fanart.tv key" })
        }
    }
}

async fn tell(http: &HttpClient, request: Result<Request, HttpError>) -> Result<u16, HttpError> {
    Ok(http.tell(request?).await?.as_u16())
}

/// Whether TVDB takes the project key, and the PIN where there is one. The key may hold the PIN, as in `config.json`.
pub async fn tvdb(http: &HttpClient, providers: &Providers, key: &str, pin: Option<&str>) -> Verdict {
    let (key, pin_in_key) = key.split_once('#').unwrap_or((key, ""));
    let pin = pin.filter(|pin| !pin.trim().is_empty()).unwrap_or(pin_in_key).trim();
    let key = key.trim();
    let login = if pin.is_empty() { json!({ "apikey": key }) } else { json!({ "apikey": key, "pin": pin }) };
    let request =
        below(&providers.tvdb_url, &["login"]).map(|url| Request::post_json(url, login.to_string()).wanting_json());
    let outcome = match request {
        Ok(request) => log_in_patiently(http, &request).await,
        Err(trouble) => LogIn::Hopeless(trouble),
    };
    tvdb_verdict(outcome, !pin.is_empty())
}

/// What TVDB made of a login.
enum LogIn {
    Accepted,
    Refused,
    /// Neither; with the number of attempts.
    Unclear(u32),
    /// There is no use in another attempt.
    Hopeless(HttpError),
}

/// Tries as often as upstream, but not for 110 seconds: no browser waits for that.
async fn log_in_patiently(http: &HttpClient, request: &Request) -> LogIn {
    let deadline = Instant::now() + http.timeout() * 2;
    let mut attempts = 0;
    loop {
        attempts += 1;
        match timeout_at(deadline, log_in(http, request.clone())).await {
            Ok(LogIn::Unclear(_)) if attempts < TVDB_ATTEMPTS && Instant::now() + TVDB_PAUSE < deadline => {
                sleep(TVDB_PAUSE).await;
            }
            Ok(LogIn::Unclear(_)) | Err(_) => return LogIn::Unclear(attempts),
            Ok(clear) => return clear,
        }
    }
}

async fn log_in(http: &HttpClient, request: Request) -> LogIn {
    match http.fetch(request).await {
        Ok(answer) if answer.status == StatusCode::UNAUTHORIZED => LogIn::Refused,
        Ok(answer) if answer.status == StatusCode::OK && has_token(&answer.body) => LogIn::Accepted,
        Ok(_) | Err(HttpError::TimedOut | HttpError::Broken(_)) => LogIn::Unclear(1),
        Err(trouble) => LogIn::Hopeless(trouble),
    }
}

fn has_token(body: &[u8]) -> bool {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    body.pointer("/data/token").and_then(Value::as_str).is_some_and(|token| !token.is_empty())
}

fn tvdb_verdict(outcome: LogIn, has_pin: bool) -> Verdict {
    match outcome {
        LogIn::Accepted => {
            // Upstream shows the PIN here.
            let plain = Finding::KeyOk { service: "TVDB", key: "API key" };
            let found = if has_pin { Finding::KeyWithPinOk } else { plain };
            Verdict::new(true, "", &found)
                .with("status_code", 200)
                .with("has_pin", has_pin)
                .with("token_received", true)
        }
        LogIn::Refused => Verdict::status(401, "", &Finding::TvdbRefuses).with("legacy_key_hint", true),
        LogIn::Unclear(attempts) => Verdict::new(false, "", &Finding::TvdbUnclear { attempts })
            .with("attempts", attempts)
            .with("legacy_key_hint", true),
        LogIn::Hopeless(trouble) => {
            Verdict::trouble(&trouble, "", &Finding::ServiceTrouble { service: "TVDB", what: "TVDB API key" })
        }
    }
}
