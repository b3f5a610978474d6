//! TMDB, TVDB and Fanart.tv.

use std::time::Duration;

use posterizarr_media::http::{HttpClient, HttpError};
use posterizarr_media::sources;
use posterizarr_media::sources::tvdb::{Login, key_and_pin, log_in};
use reqwest::StatusCode;
use tokio::time::{Instant, sleep, timeout_at};

use super::{CheckVerdict, Finding};

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

/// TVDB is asked so often; it is known to refuse good keys now and then.
const TVDB_ATTEMPTS: u32 = 6;
/// The pause in between. Upstream waits ten seconds, and the user with it.
const TVDB_PAUSE: Duration = Duration::from_millis(500);

/// Whether TMDB takes the read access token.
pub async fn tmdb(http: &HttpClient, providers: &Providers, token: &str) -> CheckVerdict {
    match sources::tmdb::check(http, &providers.tmdb_url, token).await {
        Ok(StatusCode::OK) => {
            CheckVerdict::new(true, " ", &Finding::KeyOk { service: "TMDB", key: "API token" }).with("status_code", 200)
        }
        Ok(StatusCode::UNAUTHORIZED) => CheckVerdict::status(401, " ", &Finding::TmdbRefuses),
        Ok(status) => {
            let status = status.as_u16();
            CheckVerdict::status(status, " ", &Finding::ServiceStatus { service: "TMDB", status })
        }
        Err(trouble) => {
            CheckVerdict::trouble(&trouble, " ", &Finding::ServiceTrouble { service: "TMDB", what: "TMDB token" })
        }
    }
}

/// Whether Fanart.tv takes the personal key.
pub async fn fanart(http: &HttpClient, providers: &Providers, key: &str) -> CheckVerdict {
    match sources::fanart::check(http, &providers.fanart_url, key).await {
        Ok(StatusCode::OK) => CheckVerdict::new(true, " ", &Finding::KeyOk { service: "Fanart.tv", key: "API key" })
            .with("status_code", 200),
        Ok(StatusCode::UNAUTHORIZED) => CheckVerdict::status(401, " ", &Finding::FanartRefuses),
        Ok(status) => {
            let status = status.as_u16();
            CheckVerdict::status(status, " ", &Finding::ServiceStatus { service: "Fanart.tv", status })
        }
        Err(trouble) => CheckVerdict::trouble(
            &trouble,
            " ",
            &Finding::ServiceTrouble { service: "Fanart.tv", what: "Fanart.tv key" },
        ),
    }
}

/// Whether TVDB takes the project key, and the PIN where there is one. The key may hold the PIN, as in `config.json`.
pub async fn tvdb(http: &HttpClient, providers: &Providers, key: &str, pin: Option<&str>) -> CheckVerdict {
    let (key, pin_in_key) = key_and_pin(key);
    let pin = pin.map(str::trim).filter(|pin| !pin.is_empty()).or(pin_in_key);
    tvdb_verdict(log_in_patiently(http, &providers.tvdb_url, key, pin).await, pin.is_some())
}

/// What came of all attempts.
enum Attempts {
    Clear {
        accepted: bool,
    },
    /// Neither accepted nor refused; with their number.
    Unclear(u32),
    /// There is no use in another one.
    Hopeless(HttpError),
}

/// Tries as often as upstream, but not for 110 seconds: no browser waits for that.
async fn log_in_patiently(http: &HttpClient, base: &str, key: &str, pin: Option<&str>) -> Attempts {
    let deadline = Instant::now() + http.timeout() * 2;
    let mut attempts = 0;
    loop {
        attempts += 1;
        match timeout_at(deadline, log_in(http, base, key, pin)).await {
            Ok(Ok(Login::Unclear)) if attempts < TVDB_ATTEMPTS && Instant::now() + TVDB_PAUSE < deadline => {
                sleep(TVDB_PAUSE).await;
            }
            Ok(Ok(Login::Unclear)) | Err(_) => return Attempts::Unclear(attempts),
            Ok(Ok(clear)) => return Attempts::Clear { accepted: clear == Login::Accepted },
            Ok(Err(hopeless)) => return Attempts::Hopeless(hopeless),
        }
    }
}

fn tvdb_verdict(outcome: Attempts, has_pin: bool) -> CheckVerdict {
    match outcome {
        Attempts::Clear { accepted: true } => {
            // Upstream shows the PIN here.
            let plain = Finding::KeyOk { service: "TVDB", key: "API key" };
            let found = if has_pin { Finding::KeyWithPinOk } else { plain };
            CheckVerdict::new(true, "", &found)
                .with("status_code", 200)
                .with("has_pin", has_pin)
                .with("token_received", true)
        }
        Attempts::Clear { accepted: false } => {
            CheckVerdict::status(401, "", &Finding::TvdbRefuses).with("legacy_key_hint", true)
        }
        Attempts::Unclear(attempts) => CheckVerdict::new(false, "", &Finding::TvdbUnclear { attempts })
            .with("attempts", attempts)
            .with("legacy_key_hint", true),
        Attempts::Hopeless(trouble) => {
            CheckVerdict::trouble(&trouble, "", &Finding::ServiceTrouble { service: "TVDB", what: "TVDB API key" })
        }
    }
}
