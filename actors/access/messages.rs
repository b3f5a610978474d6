//! What the AuthKeeper is asked.

use std::path::PathBuf;
use std::sync::Arc;

use actix::Message;

use super::records::{ApiKey, Scope};
use super::token::{Fingerprint, Token};
use super::{AuthError, NewKey};
use crate::store::StoreError;
use crate::store::old_database::Moved;

/// Makes an API key. The name is not empty, there is at least one scope.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<NewKey, AuthError>")]
pub struct CreateKey {
    /// The user's name for it.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
}

/// Takes over the API keys of Posterizarr 3.x; answers none where it had none.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<Option<Moved>, StoreError>")]
pub struct TakeOldKeys {
    /// Its database.
    pub file: PathBuf,
}

/// Makes a key of 3.x, which was just presented and found to be right, one of ours.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<Option<Arc<ApiKey>>, AuthError>")]
pub struct AdoptKey {
    /// As 3.x numbered it.
    pub id: String,
    /// The fingerprint of the key.
    pub token: Fingerprint,
}

/// Removes an API key. Gives its name, or `None` if there was none with this id.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<Option<String>, AuthError>")]
pub struct DeleteKey {
    /// The key's id.
    pub id: String,
}

/// Opens a session for a login that was just verified; gives the cookie's value.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<Token, AuthError>")]
pub struct StartSession {
    pub user: String,
    /// The stored login it was verified against.
    pub login: Fingerprint,
}

/// Ends the session of this cookie. One that is not there is as good as ended.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<(), AuthError>")]
pub struct EndSession {
    /// The fingerprint of the cookie's value.
    pub token: Fingerprint,
}

/// Tells that a key or session was just used.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct Used {
    /// The fingerprint of the key or cookie.
    pub token: Fingerprint,
}
