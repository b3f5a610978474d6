//! `/api/plex/pin`: signing in to Plex by a PIN. The user confirms on Plex's own page; the token is stored with the address of
//! the server that it is for, and does not come to the browser.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::PoisonError;

use actix_web::{Responder, post, web};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use crate::actors::config::MissingKeys;
use crate::actors::config::SaveConfig;
use crate::http::extract::json::Json;
use crate::http::{ApiError, AppState, Code, State, ask};
use posterizarr_media::plex_tv;
use posterizarr_media::servers::admin::ServerError;

/// How many are remembered; nobody signs in at more places at once.
const MAX_COUNT: usize = 16;

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(begin).service(go_on);
}

/// The sign-ins that were begun since the start, by Plex's numbers.
#[derive(Default)]
pub struct SignIns(Mutex<BTreeMap<u64, SignIn>>);

/// One of them.
#[derive(Clone)]
struct SignIn {
    /// By what Plex knows who asks; for each sign-in another, that nobody can guess.
    client: String,
    /// The address of the server that the token is for.
    server: String,
}

impl SignIns {
    fn add(&self, id: u64, begun: SignIn) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MAX_COUNT {
            // Plex counts up: the lowest is the oldest.
            all.pop_first();
        }
        all.insert(id, begun);
    }

    fn get(&self, id: u64) -> Option<SignIn> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    fn remove(&self, id: u64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }
}

/// What the token is for.
#[derive(Deserialize, ToSchema)]
struct PlexSignIn {
    /// The address of the Plex server, such as `http://192.168.1.10:32400`; the token is only ever sent there.
    url: String,
}

/// A sign-in that was begun.
#[derive(Serialize, ToSchema)]
struct PlexPin {
    /// To go on with it.
    id: u64,
    /// The page of Plex on which the user confirms it.
    page: String,
    /// For how many seconds it holds.
    expires_in: u32,
}

/// How a sign-in stands.
#[derive(Serialize, ToSchema)]
struct PlexPinState {
    state: PinState,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum PinState {
    /// The user has not confirmed it yet.
    Waiting,
    /// The token is stored, with the address.
    SignedIn,
    /// It has expired: start again.
    Expired,
}

/// Begins a sign-in to Plex.
#[utoipa::path(tag = "libraries", operation_id = "begin_plex_sign_in", responses((status = 200, body = PlexPin),
    (status = 400, description = "the address cannot be one"), (status = 422, description = "plex.tv could not be asked")))]
#[post("/api/plex/pin")]
async fn begin(state: State, sign_ins: web::Data<SignIns>, body: Json<PlexSignIn>) -> Result<impl Responder, ApiError> {
    let server = body.url.trim().to_owned();
    // Better told now than when the user comes back from Plex.
    store(&state, [("PlexUrl", &server)], true).await?;
    let client = Uuid::new_v4().to_string();
    let pin = plex_tv::begin(&state.http, &state.settings.providers.plex_tv_url, &client).await;
    let pin = pin.map_err(|error| unreachable_now(&error))?;
    let answer = PlexPin { id: pin.id, page: pin.page(&client), expires_in: pin.expires_in };
    sign_ins.add(pin.id, SignIn { client, server });
    Ok(web::Json(answer))
}

/// Continues a sign-in and returns its state. Once the user has confirmed it, the token is stored before this answers.
#[utoipa::path(tag = "libraries", operation_id = "go_on_with_plex_sign_in", params(("id" = u64, Path, description = "the number of the sign-in")),
    responses((status = 200, body = PlexPinState), (status = 404, description = "no such sign-in was begun since the start"),
    (status = 422, description = "plex.tv could not be asked")))]
#[post("/api/plex/pin/{id}")]
async fn go_on(state: State, sign_ins: web::Data<SignIns>, id: web::Path<u64>) -> Result<impl Responder, ApiError> {
    let id = id.into_inner();
    let unknown = || ApiError::not_found("no sign-in with this number is waiting; start again");
    let SignIn { client, server } = sign_ins.get(id).ok_or_else(unknown)?;
    let found = plex_tv::look(&state.http, &state.settings.providers.plex_tv_url, &client, id).await;
    let state_of_it = match found.map_err(|error| unreachable_now(&error))?.map(|pin| pin.auth_token) {
        None => PinState::Expired,
        Some(None) => return Ok(web::Json(PlexPinState { state: PinState::Waiting })),
        Some(Some(token)) => {
            store(&state, [("PlexUrl", &server), ("PlexToken", &token)], false).await?;
            PinState::SignedIn
        }
    };
    sign_ins.remove(id);
    Ok(web::Json(PlexPinState { state: state_of_it }))
}

async fn store<const N: usize>(state: &AppState, values: [(&str, &String); N], dry_run: bool) -> Result<(), ApiError> {
    let posted: Map<_, _> =
        values.map(|(key, value)| (key.to_owned(), Value::from(value.clone()))).into_iter().collect();
    let message = SaveConfig { posted, mode: MissingKeys::Keep, known: None, guarded: Vec::new(), dry_run };
    ask(&state.config, message).await??;
    Ok(())
}

fn unreachable_now(error: &ServerError) -> ApiError {
    let template = "plex.tv could not be asked: {cause}; try again, or enter the token by hand";
    ApiError::told(Code::Unprocessable, template, [("cause", error.to_string().into())])
}
