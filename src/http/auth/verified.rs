//! Checks of name and password, and of keys of Posterizarr 3.x. One that is stored as a hash takes a tenth of a second and much memory on purpose: such
//! checks run one after the other, away from the HTTP workers, and what was right is remembered.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::web;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use crate::actors::access::{self, Fingerprint, OldKey};
use crate::actors::config::WebAuth;

/// There is one right login at a time; more than a few are those of earlier passwords.
const MAX_REMEMBERED: usize = 8;

/// The logins that were found to be right, in memory only, and the line of those that are to be checked.
#[derive(Debug)]
pub struct Verified {
    right: Mutex<HashSet<Fingerprint>>,
    turns: Semaphore,
}

impl Default for Verified {
    fn default() -> Self {
        Self { right: Mutex::default(), turns: Semaphore::new(1) }
    }
}

impl Verified {
    /// Whether this name and password are the stored ones; `None` if nobody cared any more when it was this login's turn.
    pub async fn accepts(
        &self,
        auth: &WebAuth,
        user: &str,
        password: &str,
        still_matters: impl FnOnce() -> bool,
    ) -> Option<bool> {
        if !auth.is_slow() {
            return Some(auth.accepts(user, password));
        }
        let login = fingerprint(auth, user, password);
        if self.knows(&login) {
            return Some(true);
        }
        let Ok(_turn) = self.turns.acquire().await else { return None };
        // A browser asks for twenty pictures at once; the first check answers for all.
        if self.knows(&login) {
            return Some(true);
        }
        if !still_matters() {
            return None;
        }
        let (auth, user, password) = (auth.clone(), user.to_owned(), password.to_owned());
        let is_right = web::block(move || auth.accepts(&user, &password)).await.unwrap_or_default();
        if is_right {
            self.remember(login);
        }
        Some(is_right)
    }

    /// The key of 3.x that one of these texts is, with the text; `None` also if nobody cared any more when it was their turn.
    pub async fn old_key(
        &self,
        candidates: Vec<(String, Vec<Arc<OldKey>>)>,
        still_matters: impl FnOnce() -> bool,
    ) -> Option<(Arc<OldKey>, Fingerprint)> {
        let Ok(_turn) = self.turns.acquire().await else { return None };
        if !still_matters() {
            return None;
        }
        let find = move || {
            let is = |(text, keys): (String, Vec<Arc<OldKey>>)| {
                let key = keys.into_iter().find(|key| key.is(&text))?;
                Some((key, access::fingerprint(&text)))
            };
            candidates.into_iter().find_map(is)
        };
        web::block(find).await.ok().flatten()
    }

    fn knows(&self, login: &Fingerprint) -> bool {
        self.right.lock().unwrap_or_else(PoisonError::into_inner).contains(login)
    }

    fn remember(&self, login: Fingerprint) {
        let mut right = self.right.lock().unwrap_or_else(PoisonError::into_inner);
        if right.len() >= MAX_REMEMBERED {
            right.clear();
        }
        right.insert(login);
    }
}

/// Bound to the stored login, so that a new password forgets the old one.
fn fingerprint(auth: &WebAuth, user: &str, password: &str) -> Fingerprint {
    let length = u64::try_from(user.len()).unwrap_or(u64::MAX);
    let hash = Sha256::new().chain_update(auth.fingerprint).chain_update(length.to_be_bytes());
    hash.chain_update(user).chain_update(password).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Of the password `secret`, as cheap as can be.
    const HASH: &str = "$2b$04$t.ASETlG7QN1bx4oxN9LaeluMdvBhhQydZBgy3eNC76kFiQORPH/G";

    fn auth(user: &str, password: &str) -> WebAuth {
        let section = json!({"basicAuthEnabled": true, "basicAuthUsername": user, "basicAuthPassword": password});
        WebAuth::of(json!({ "WebUI": section }).as_object().unwrap())
    }

    #[actix_web::test]
    async fn a_right_login_is_checked_once_and_a_wrong_one_each_time() {
        let verified = Verified::default();
        let auth = auth("admin", HASH);
        assert_eq!(verified.accepts(&auth, "admin", "secret", || true).await, Some(true));
        let never = || panic!("it is known");
        assert_eq!(verified.accepts(&auth, "admin", "secret", never).await, Some(true));
        for (user, password) in [("admin", "wrong"), ("admi", "nsecret"), ("root", "secret")] {
            assert_eq!(verified.accepts(&auth, user, password, || true).await, Some(false), "{user}");
            assert_eq!(verified.accepts(&auth, user, password, || false).await, None, "{user}");
        }
    }

    #[actix_web::test]
    async fn what_was_right_is_forgotten_with_the_stored_login() {
        let verified = Verified::default();
        assert_eq!(verified.accepts(&auth("admin", HASH), "admin", "secret", || true).await, Some(true));
        let renamed = auth("root", HASH);
        assert_eq!(verified.accepts(&renamed, "admin", "secret", || true).await, Some(false));
    }

    #[actix_web::test]
    async fn a_plain_password_needs_no_turn() {
        let verified = Verified::default();
        let _taken = verified.turns.acquire().await.unwrap();
        assert_eq!(verified.accepts(&auth("admin", "secret"), "admin", "secret", || false).await, Some(true));
    }
}
