//! `/api/auth/keys`: API keys for programs. A key is shown once, when it is made.

use actix_web::http::StatusCode;
use actix_web::{Responder, delete, get, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::actors::access::{ApiKey, AuthError, CreateKey, DeleteKey, Scope};
use crate::http::extract::json::Json;
use crate::http::respond::done::Done;
use crate::http::{ApiError, Code, State, ask};

const MAX_NAME_LENGTH: usize = 64;

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(create);
    config.service(list);
    config.service(remove);
}

/// What a new key is for.
#[derive(Debug, Deserialize, ToSchema)]
struct KeyRequest {
    /// A name to recognise it by; 1 to 64 characters.
    name: String,
    /// What it may do; at least one. Absent: everything, as keys of Posterizarr 3.x, whose page does not ask.
    scopes: Option<Vec<Scope>>,
}

impl KeyRequest {
    fn checked(self) -> Result<CreateKey, ApiError> {
        let name = self.name.trim().to_owned();
        if name.is_empty() || name.chars().count() > MAX_NAME_LENGTH || name.chars().any(char::is_control) {
            let text = format!("name must have 1 to {MAX_NAME_LENGTH} characters and no line breaks");
            return Err(ApiError::validation("value_error", &["body", "name"], text));
        }
        let scopes = self.scopes.unwrap_or_else(|| vec![Scope::Admin]);
        if scopes.is_empty() {
            let text = "scopes must name at least one of admin, read, webhook, metrics";
            return Err(ApiError::validation("value_error", &["body", "scopes"], text));
        }
        Ok(CreateKey { name, scopes })
    }
}

/// An API key without the key itself.
#[derive(Debug, Serialize, ToSchema)]
struct KeyInfo {
    id: String,
    name: String,
    /// The first characters of the key.
    prefix: String,
    scopes: Vec<Scope>,
    created: DateTime<Utc>,
    /// To the minute; null until the first use.
    last_used: Option<DateTime<Utc>>,
    /// `created` as upstream writes it: UTC, without offset.
    created_at: String,
    /// `last_used` likewise.
    last_used_at: Option<String>,
}

impl From<&ApiKey> for KeyInfo {
    fn from(key: &ApiKey) -> Self {
        Self {
            id: key.id.clone(),
            name: key.name.clone(),
            prefix: key.prefix.clone(),
            scopes: key.scopes.clone(),
            created: key.created,
            last_used: key.last_used,
            created_at: as_upstream(key.created),
            last_used_at: key.last_used.map(as_upstream),
        }
    }
}

fn as_upstream(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S").to_string()
}

/// A new key.
#[derive(Debug, Serialize, ToSchema)]
struct Created {
    success: bool,
    /// The key itself. It is shown this once.
    key: String,
    message: &'static str,
    #[serde(flatten)]
    info: KeyInfo,
}

/// All keys.
#[derive(Debug, Serialize, ToSchema)]
struct Keys {
    success: bool,
    /// Oldest first.
    keys: Vec<KeyInfo>,
}

fn refused(error: AuthError) -> ApiError {
    match error {
        AuthError::TooManyKeys => ApiError::of(Code::Conflict, &error),
        AuthError::Store(error) => error.into(),
        AuthError::Random(_) => ApiError::internal(error),
    }
}

/// Creates an API key and returns it; it is shown only this once.
#[utoipa::path(tag = "auth", request_body = KeyRequest, responses((status = 201, body = Created)))]
#[post("/api/auth/keys")]
async fn create(state: State, body: Json<KeyRequest>) -> Result<impl Responder, ApiError> {
    let message = body.0.checked()?;
    let new = ask(&state.auth, message).await?.map_err(refused)?;
    let message = "Key generated. Save it now, it won't be shown again!";
    let key = new.token.text().to_owned();
    let created = Created { success: true, key, message, info: new.record.as_ref().into() };
    Ok((web::Json(created), StatusCode::CREATED))
}

/// Lists the API keys, oldest first.
#[utoipa::path(tag = "auth", responses((status = 200, body = Keys)))]
#[get("/api/auth/keys")]
async fn list(state: State) -> impl Responder {
    let keys = state.views.auth.get().keys();
    web::Json(Keys { success: true, keys: keys.iter().map(|key| key.as_ref().into()).collect() })
}

/// Removes an API key; it stops working at once.
#[utoipa::path(tag = "auth", params(("id" = String, Path, description = "the key's id")),
    responses((status = 200, body = Done), (status = 404, description = "no such key")))]
#[delete("/api/auth/keys/{id}")]
async fn remove(state: State, id: web::Path<String>) -> Result<impl Responder, ApiError> {
    let removed = ask(&state.auth, DeleteKey { id: id.into_inner() }).await?.map_err(refused)?;
    let name = removed.ok_or_else(|| ApiError::not_found("there is no API key with this id"))?;
    Ok(web::Json(Done::new(format!("API key {name} was deleted"))))
}
