//! plex.tv: signing in by a PIN, which the user confirms on Plex's own page.
//!
//! The daemon asks, and not the browser: so pages connect to nothing else, and the token is in no browser.

use reqwest::header::HeaderName;
use reqwest::{Method, StatusCode};
use serde::Deserialize;

use crate::http::{HttpClient, HttpError, Request, below};
use crate::servers::admin::ServerError;

const X_PLEX_PRODUCT: HeaderName = HeaderName::from_static("x-plex-product");
const X_PLEX_CLIENT_IDENTIFIER: HeaderName = HeaderName::from_static("x-plex-client-identifier");
const PRODUCT: &str = "posterizarrd";
/// Where the user signs in, and confirms.
const PAGE: &str = "https://app.plex.tv/auth";

/// A sign-in that was begun.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pin {
    /// Plex's number of it.
    pub id: u64,
    /// What the page of the sign-in is given.
    pub code: String,
    /// There when the user has confirmed.
    #[serde(default)]
    pub auth_token: Option<String>,
    /// For how many seconds it holds.
    #[serde(default)]
    pub expires_in: u32,
}

impl Pin {
    /// Where the user confirms it for this client.
    pub fn page(&self, client: &str) -> String {
        let code = percent_encoding::utf8_percent_encode(&self.code, percent_encoding::NON_ALPHANUMERIC);
        format!("{PAGE}#?clientID={client}&code={code}&context%5Bdevice%5D%5Bproduct%5D={PRODUCT}")
    }
}

/// Begins a sign-in. `client` is known to nobody else: with it and the number, anybody may ask for the token.
pub async fn begin(http: &HttpClient, base: &str, client: &str) -> Result<Pin, ServerError> {
    let request = Request::new(Method::POST, below(base, &["pins"])?).query("strong", "true");
    let pin = ask(http, request, client).await?;
    pin.ok_or(ServerError::Status(StatusCode::NOT_FOUND.as_u16()))
}

/// How a sign-in stands; none when it has run out.
pub async fn look(http: &HttpClient, base: &str, client: &str, id: u64) -> Result<Option<Pin>, ServerError> {
    ask(http, Request::get(below(base, &["pins", &id.to_string()])?), client).await
}

async fn ask(http: &HttpClient, request: Request, client: &str) -> Result<Option<Pin>, ServerError> {
    let request = request.wanting_json().header(X_PLEX_PRODUCT, PRODUCT).header(X_PLEX_CLIENT_IDENTIFIER, client);
    let response = http.fetch(request).await?;
    match response.status {
        StatusCode::NOT_FOUND => Ok(None),
        status if status.is_success() => serde_json::from_slice(&response.body)
            .map(Some)
            .map_err(|_| ServerError::Http(HttpError::NotUnderstood("plex.tv"))),
        status => Err(ServerError::Status(status.as_u16())),
    }
}
