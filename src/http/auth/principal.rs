//! Who sent a request, and how they proved it.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};

use crate::actors::access::{Fingerprint, Scope};
use crate::http::error::{ApiError, Code};

/// Marks a connection over the owner-only socket.
#[derive(Debug, Clone, Copy)]
pub struct LocalOwner;

/// How a request proved who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// No login is needed: everyone is admin.
    Open,
    /// The owner-only socket.
    LocalSocket,
    /// Name and password.
    Basic,
    /// The session cookie.
    Session,
    /// An API key.
    Key,
}

/// Who sent a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// What they may do.
    pub scopes: Vec<Scope>,
    /// How they proved who they are.
    pub via: Via,
    /// The user's or the key's name, where there is one.
    pub name: Option<String>,
    /// What proved it: the fingerprint of the key, of the cookie, or of the stored login; zeros where nothing did.
    pub proof: Fingerprint,
}

/// In place of a proof where none is needed.
pub const NOTHING: Fingerprint = [0; 32];

impl Principal {
    /// Whoever comes over the owner-only socket.
    pub fn owner() -> Self {
        Self::admin(Via::LocalSocket, None, NOTHING)
    }

    /// Who may do everything.
    pub fn admin(via: Via, name: Option<String>, proof: Fingerprint) -> Self {
        Self { scopes: vec![Scope::Admin], via, name, proof }
    }

    /// Whether they may do what needs this scope.
    pub fn may(&self, scope: Scope) -> bool {
        scope.is_granted_by(&self.scopes)
    }
}

impl FromRequest for Principal {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let known = request.extensions().get::<Self>().cloned();
        ready(known.ok_or_else(|| ApiError::new(Code::Unauthorized, "a login is needed")))
    }
}
