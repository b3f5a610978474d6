//! AuthKeeper: owner of API keys and sessions.
//!
//! Theory of operation: whoever checks a login reads the published [`AuthView`] and never waits. The keeper makes and
//! ends keys and sessions, and writes down when they were last used, at most once a minute each. Tokens are shown to
//! their holder once; the store has their SHA-256.

mod records;
#[cfg(test)]
mod tests;
mod token;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use actix::{AsyncContext, Message};
use chrono::{DateTime, Utc};
use serde_json::json;

use crate::commons::Commons;
use crate::guard::{Answer, Ctx, Reply, Service, Timers};
use crate::store::{Record, Store, StoreError, Table};

pub use records::{ApiKey, SESSION_LIFE, Scope, Session};
pub use token::{Fingerprint, KEY_PREFIX, Token, fingerprint};

/// More keys than this are a mistake.
const MOST_KEYS: usize = 100;
/// More open sessions than this end the one that was unused for longest.
const MOST_SESSIONS: usize = 100;
/// How often sessions that nobody used for long are removed.
const SWEEP_EVERY: Duration = Duration::from_secs(60 * 60);
/// How much of a key is kept readable.
const SHOWN: usize = 8;

/// The keys and sessions there are.
#[derive(Debug, Clone, Default)]
pub struct AuthView {
    keys: HashMap<Fingerprint, Arc<ApiKey>>,
    sessions: HashMap<Fingerprint, Arc<Session>>,
}

impl AuthView {
    /// The API key that this text is.
    pub fn key(&self, presented: &str) -> Option<&Arc<ApiKey>> {
        self.keys.get(&fingerprint(presented))
    }

    /// The session that this cookie opens, if it is open: see [`Session::is_open`].
    pub fn session(&self, presented: &str, login: &Fingerprint, now: DateTime<Utc>) -> Option<&Arc<Session>> {
        self.sessions.get(&fingerprint(presented)).filter(|session| session.is_open(login, now))
    }

    /// All keys, oldest first.
    pub fn keys(&self) -> Vec<Arc<ApiKey>> {
        let mut keys: Vec<_> = self.keys.values().cloned().collect();
        keys.sort_by(|left, right| left.created.cmp(&right.created).then_with(|| left.id.cmp(&right.id)));
        keys
    }
}

/// The keys and sessions to publish before the first request is served. A record that cannot be read is left out and told.
pub fn first_view(store: &Store) -> AuthView {
    let keys = all::<ApiKey>(store).into_iter().map(|(_, key)| (key.fingerprint, Arc::new(key))).collect();
    let by_token = |(token, session): (Vec<u8>, Session)| Some((token.try_into().ok()?, Arc::new(session)));
    AuthView { keys, sessions: all::<Session>(store).into_iter().filter_map(by_token).collect() }
}

fn all<T: Record>(store: &Store) -> Vec<(Vec<u8>, T)> {
    let records = store.table::<T>().map(|table| table.iter().collect::<Vec<_>>());
    let records = records.unwrap_or_else(|error| vec![Err(error)]);
    let readable = |record: Result<_, StoreError>| match record {
        Ok(record) => Some(record),
        Err(error) => {
            tracing::error!(%error, "a login is lost; make the key again, or log in again");
            None
        }
    };
    records.into_iter().filter_map(readable).collect()
}

/// Makes an API key. The name is not empty, there is at least one scope.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<NewKey, AuthError>")]
pub struct CreateKey {
    /// The user's name for it.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
}

/// A key that was just made.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// The key itself, shown this once.
    pub token: Token,
    /// What is kept of it.
    pub record: Arc<ApiKey>,
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
    /// The user.
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

/// The configuration changed, and perhaps the password with it.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
struct LoginChanged;

/// Why a key or session was not made or removed.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// There are too many keys already.
    #[error("there are {MOST_KEYS} keys already; delete one that is no longer used")]
    TooManyKeys,
    /// The system has no randomness to give.
    #[error("the system gave no random bytes: {0}")]
    Random(#[from] getrandom::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The actor.
pub struct AuthKeeper {
    commons: Commons,
}

impl AuthKeeper {
    /// Made on top of the published [`first_view`].
    pub fn new(commons: Commons) -> Self {
        Self { commons }
    }

    fn view(&self) -> AuthView {
        self.commons.views.auth.get().as_ref().clone()
    }

    fn keys(&self) -> Result<Table<ApiKey>, StoreError> {
        self.commons.store.table()
    }

    fn sessions(&self) -> Result<Table<Session>, StoreError> {
        self.commons.store.table()
    }

    fn create_key(&self, name: String, mut scopes: Vec<Scope>) -> Result<NewKey, AuthError> {
        let mut view = self.view();
        if view.keys.len() >= MOST_KEYS {
            return Err(AuthError::TooManyKeys);
        }
        scopes.sort_unstable();
        scopes.dedup();
        let token = Token::random(KEY_PREFIX)?;
        let record = Arc::new(ApiKey {
            id: uuid::Uuid::new_v4().simple().to_string(),
            name,
            prefix: token.text().chars().take(SHOWN).collect(),
            scopes,
            fingerprint: fingerprint(token.text()),
            created: Utc::now(),
            last_used: None,
        });
        self.keys()?.put(record.id.as_bytes(), &record)?;
        view.keys.insert(record.fingerprint, record.clone());
        self.commons.views.auth.publish(view);
        tracing::info!(target: "auth", "API key {:?} was created", record.name);
        Ok(NewKey { token, record })
    }

    fn delete_key(&self, id: &str) -> Result<Option<String>, AuthError> {
        let mut view = self.view();
        let Some(key) = view.keys.values().find(|key| key.id == id).cloned() else { return Ok(None) };
        self.keys()?.remove(id.as_bytes())?;
        view.keys.remove(&key.fingerprint);
        self.commons.views.auth.publish(view);
        tracing::info!(target: "auth", "API key {:?} was deleted", key.name);
        Ok(Some(key.name.clone()))
    }

    fn start_session(&self, user: String, login: Fingerprint) -> Result<Token, AuthError> {
        let mut view = self.view();
        let sessions = self.sessions()?;
        while view.sessions.len() >= MOST_SESSIONS {
            let idle_longest =
                view.sessions.iter().min_by_key(|(_, session)| session.last_used).map(|(token, _)| *token);
            let Some(token) = idle_longest else { break };
            sessions.remove(&token)?;
            view.sessions.remove(&token);
        }
        let token = Token::random("")?;
        let now = Utc::now();
        let session = Session { user, login, created: now, last_used: now };
        sessions.put(&fingerprint(token.text()), &session)?;
        tracing::info!(target: "auth", "user {:?} logged in", session.user);
        view.sessions.insert(fingerprint(token.text()), Arc::new(session));
        self.commons.views.auth.publish(view);
        Ok(token)
    }

    fn end_session(&self, token: &Fingerprint) -> Result<(), AuthError> {
        let mut view = self.view();
        if let Some(session) = view.sessions.remove(token) {
            self.sessions()?.remove(token)?;
            self.commons.views.auth.publish(view);
            tracing::info!(target: "auth", "user {:?} logged out", session.user);
        }
        Ok(())
    }

    fn used(&self, token: &Fingerprint) -> Result<(), AuthError> {
        let (mut view, now) = (self.view(), Utc::now());
        if let Some(key) = view.keys.get(token).filter(|key| key.use_is_news(now)) {
            let key = Arc::new(ApiKey { last_used: Some(now), ..key.as_ref().clone() });
            self.keys()?.put(key.id.as_bytes(), &key)?;
            view.keys.insert(*token, key);
        } else if let Some(session) = view.sessions.get(token).filter(|session| session.use_is_news(now)) {
            let session = Arc::new(Session { last_used: now, ..session.as_ref().clone() });
            self.sessions()?.put(token, &session)?;
            view.sessions.insert(*token, session);
        } else {
            return Ok(());
        }
        self.commons.views.auth.publish(view);
        Ok(())
    }

    /// Removes sessions that are over, also those of an earlier password: it may come back, they must not.
    fn sweep(&self) {
        if let Err(error) = self.remove_over() {
            tracing::error!(%error, "sessions that are over cannot be removed");
        }
    }

    fn remove_over(&self) -> Result<(), AuthError> {
        let (mut view, now) = (self.view(), Utc::now());
        let login = self.commons.views.config.get().web_auth.fingerprint;
        let over = view.sessions.iter().filter(|(_, session)| !session.is_open(&login, now)).map(|(token, _)| *token);
        let over: Vec<_> = over.collect();
        for token in &over {
            self.sessions()?.remove(token)?;
            view.sessions.remove(token);
        }
        if !over.is_empty() {
            self.commons.views.auth.publish(view);
        }
        Ok(())
    }

    fn sweep_and_rearm(&mut self, ctx: &mut Ctx<Self>) {
        self.sweep();
        ctx.later(SWEEP_EVERY, Self::sweep_and_rearm);
    }
}

impl Service for AuthKeeper {
    const NAME: &'static str = "AuthKeeper";

    fn started(&mut self, ctx: &mut Ctx<Self>) {
        let (keeper, mut config) = (ctx.address(), self.commons.views.config.subscribe());
        ctx.spawn(actix::fut::wrap_future(async move {
            while config.changed().await.is_ok() {
                keeper.do_send(LoginChanged);
            }
        }));
        self.sweep_and_rearm(ctx);
    }

    fn observe(&self) -> serde_json::Value {
        let view = self.view();
        json!({ "keys": view.keys.len(), "sessions": view.sessions.len() })
    }
}

impl Answer<CreateKey> for AuthKeeper {
    fn answer(&mut self, message: CreateKey, _: &mut Ctx<Self>) -> Reply<Result<NewKey, AuthError>> {
        self.create_key(message.name, message.scopes).into()
    }
}

impl Answer<DeleteKey> for AuthKeeper {
    fn answer(&mut self, message: DeleteKey, _: &mut Ctx<Self>) -> Reply<Result<Option<String>, AuthError>> {
        self.delete_key(&message.id).into()
    }
}

impl Answer<StartSession> for AuthKeeper {
    fn answer(&mut self, message: StartSession, _: &mut Ctx<Self>) -> Reply<Result<Token, AuthError>> {
        self.start_session(message.user, message.login).into()
    }
}

impl Answer<EndSession> for AuthKeeper {
    fn answer(&mut self, message: EndSession, _: &mut Ctx<Self>) -> Reply<Result<(), AuthError>> {
        self.end_session(&message.token).into()
    }
}

impl Answer<LoginChanged> for AuthKeeper {
    fn answer(&mut self, _: LoginChanged, _: &mut Ctx<Self>) -> Reply<()> {
        self.sweep();
        ().into()
    }
}

impl Answer<Used> for AuthKeeper {
    fn answer(&mut self, message: Used, _: &mut Ctx<Self>) -> Reply<()> {
        if let Err(error) = self.used(&message.token) {
            tracing::warn!(%error, "the last use of a key or session cannot be written down");
        }
        ().into()
    }
}
