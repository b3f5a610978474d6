//! AuthKeeper: owner of API keys and sessions.
//!
//! Theory of operation: whoever checks a login reads the published [`AuthView`] and never waits. The keeper makes and
//! ends keys and sessions, and writes down when they were last used, at most once a minute each. Tokens are shown to
//! their holder once; the store has their SHA-256.

mod messages;
pub mod old_keys;
mod records;
#[cfg(test)]
mod tests;
mod token;
mod view;

pub use messages::{AdoptKey, CreateKey, DeleteKey, EndSession, StartSession, TakeOldKeys, Used};
pub use old_keys::OldKey;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
pub use view::AuthView;

use actix::{AsyncContext, Message};
use chrono::Utc;
use posterizarr_base::said::{Params, Values, values};

use crate::config::ConfigView;
use crate::runtime::guard::{Ctx, Handler, Reply, Service, Timers};
use crate::runtime::shared::Shared;
use crate::runtime::view::View;
use crate::store::old_database::Moved;
use crate::store::{Record, Store, StoreError, Table};

pub use records::{ApiKey, Installation, SESSION_LIFE, Scope, Session};
pub use token::{Fingerprint, KEY_PREFIX, Token, fingerprint};

/// More keys than this are a mistake.
const MAX_KEYS: usize = 100;
/// More open sessions than this end the one that was unused for longest.
const MAX_SESSIONS: usize = 100;
/// How often sessions that nobody used for long are removed.
const SWEEP_EVERY: Duration = Duration::from_secs(60 * 60);
/// How much of a key is kept readable.
const SHOWN: usize = 8;

/// The key of the one record of [`Installation`].
const ONLY: &[u8] = b"installation";
/// Characters of an installation's name.
const NAME_LENGTH: usize = 8;

/// The keys and sessions to publish before the first request is served. A record that cannot be read is left out and told.
pub fn first_view(store: &Store) -> AuthView {
    let keys = all::<ApiKey>(store).into_iter().map(|(_, key)| (key.fingerprint, Arc::new(key))).collect();
    let by_token = |(token, session): (Vec<u8>, Session)| Some((token.try_into().ok()?, Arc::new(session)));
    let sessions = all::<Session>(store).into_iter().filter_map(by_token).collect();
    let installation = installation(store).unwrap_or_else(|error| {
        tracing::error!(%error, "the name of this installation cannot be kept; cookies go by their general name");
        String::new()
    });
    let old_keys = all::<OldKey>(store).into_iter().map(|(_, key)| Arc::new(key)).collect();
    AuthView { installation, keys, old_keys, sessions }
}

/// The name of this installation, made at the first start.
fn installation(store: &Store) -> Result<String, AuthError> {
    let table = store.table::<Installation>()?;
    if let Some(known) = table.get(ONLY)? {
        return Ok(known.id);
    }
    let id = Token::random("")?.text().chars().take(NAME_LENGTH).collect();
    let new = Installation { id };
    table.put(ONLY, &new)?;
    Ok(new.id)
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

/// A key that was just made.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// The key itself, shown this once.
    pub token: Token,
    /// What is kept of it.
    pub record: Arc<ApiKey>,
}

/// The configuration changed, and perhaps the password with it.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
struct LoginChanged;

/// Why a key or session was not made or removed.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// There are too many keys already.
    #[error("there are {MAX_KEYS} keys already; delete one that is no longer used")]
    TooManyKeys,
    /// The system has no randomness to give.
    #[error("the system gave no random bytes: {0}")]
    Random(#[from] getrandom::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Values for AuthError {
    fn values(&self) -> Params {
        match self {
            Self::TooManyKeys => values([("limit", &MAX_KEYS)]),
            Self::Random(cause) => values([("cause", cause)]),
            Self::Store(cause) => values([("cause", cause)]),
        }
    }
}

/// What the actor shows and what it reads.
#[derive(Debug, Clone, Default)]
pub struct Views {
    /// Published by the actor; the others are only read.
    pub auth: View<AuthView>,
    pub config: View<ConfigView>,
}

/// Owns the records of API keys and sessions.
pub struct AuthKeeper {
    shared: Shared,
    views: Views,
}

impl AuthKeeper {
    /// Made on top of the published [`first_view`].
    pub fn new(shared: Shared, views: Views) -> Self {
        Self { shared, views }
    }

    fn view(&self) -> AuthView {
        self.views.auth.get().as_ref().clone()
    }

    fn keys(&self) -> Result<Table<ApiKey>, StoreError> {
        self.shared.store.table()
    }

    fn sessions(&self) -> Result<Table<Session>, StoreError> {
        self.shared.store.table()
    }

    fn create_key(&self, name: String, mut scopes: Vec<Scope>) -> Result<NewKey, AuthError> {
        let mut view = self.view();
        if view.keys.len() >= MAX_KEYS {
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
        self.views.auth.publish(view);
        tracing::info!(target: "auth", "API key {:?} was created", record.name);
        Ok(NewKey { token, record })
    }

    /// Takes over the keys of 3.x that were never seen here.
    fn take_old_keys(&self, file: &Path) -> Result<Option<Moved>, StoreError> {
        let what = format!("{}: {}", old_keys::FILE, old_keys::TABLE);
        let found = match old_keys::read(file) {
            Ok(Some(found)) => found,
            Ok(None) => return Ok(None),
            Err(error) => return Ok(Some(Moved { what, problem: Some(error.to_string()), ..Moved::default() })),
        };
        let (mut view, table) = (self.view(), self.shared.store.table::<OldKey>()?);
        let mut moved = Moved { what, found: found.len(), ..Moved::default() };
        for key in found.into_iter().take(MAX_KEYS) {
            if !view.old_keys.iter().any(|known| known.id == key.id) {
                table.put(key.id.as_bytes(), &key)?;
                view.old_keys.push(Arc::new(key));
                moved.imported += 1;
            }
        }
        self.views.auth.publish(view);
        Ok(Some(moved))
    }

    /// Makes a key of 3.x one of ours, now that it is known; none if it is not there any more.
    fn adopt_key(&self, id: &str, token: Fingerprint) -> Result<Option<Arc<ApiKey>>, AuthError> {
        let mut view = self.view();
        let Some(old) = view.old_keys.iter().find(|key| key.id == id && key.hash.is_some()).cloned() else {
            return Ok(view.keys.get(&token).cloned());
        };
        let key = Arc::new(old.as_ours(token));
        // First ours: a crash in between leaves both, and one more check.
        self.keys()?.put(key.id.as_bytes(), &key)?;
        self.forget_old(&mut view, &old)?;
        view.keys.insert(token, key.clone());
        self.views.auth.publish(view);
        tracing::info!(target: "auth", "API key {:?} of the old backend was used for the first time here", key.name);
        Ok(Some(key))
    }

    /// Keeps of a key of 3.x that it was here.
    fn forget_old(&self, view: &mut AuthView, old: &OldKey) -> Result<(), StoreError> {
        let gone = OldKey { hash: None, ..old.clone() };
        self.shared.store.table::<OldKey>()?.put(gone.id.as_bytes(), &gone)?;
        view.old_keys.retain(|key| key.id != gone.id);
        view.old_keys.push(Arc::new(gone));
        Ok(())
    }

    fn delete_key(&self, id: &str) -> Result<Option<String>, AuthError> {
        let mut view = self.view();
        if let Some(old) = view.old_keys.iter().find(|key| key.id == id && key.hash.is_some()).cloned() {
            self.forget_old(&mut view, &old)?;
            self.views.auth.publish(view);
            tracing::info!(target: "auth", "API key {:?} was deleted", old.name);
            return Ok(Some(old.name.clone()));
        }
        let Some(key) = view.keys.values().find(|key| key.id == id).cloned() else { return Ok(None) };
        self.keys()?.remove(id.as_bytes())?;
        view.keys.remove(&key.fingerprint);
        self.views.auth.publish(view);
        tracing::info!(target: "auth", "API key {:?} was deleted", key.name);
        Ok(Some(key.name.clone()))
    }

    fn start_session(&self, user: String, login: Fingerprint) -> Result<Token, AuthError> {
        let mut view = self.view();
        let sessions = self.sessions()?;
        while view.sessions.len() >= MAX_SESSIONS {
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
        self.views.auth.publish(view);
        Ok(token)
    }

    fn end_session(&self, token: &Fingerprint) -> Result<(), AuthError> {
        let mut view = self.view();
        if let Some(session) = view.sessions.remove(token) {
            self.sessions()?.remove(token)?;
            self.views.auth.publish(view);
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
        self.views.auth.publish(view);
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
        let login = self.views.config.get().web_auth.fingerprint;
        let over = view.sessions.iter().filter(|(_, session)| !session.is_open(&login, now)).map(|(token, _)| *token);
        let over: Vec<_> = over.collect();
        for token in &over {
            self.sessions()?.remove(token)?;
            view.sessions.remove(token);
        }
        if !over.is_empty() {
            self.views.auth.publish(view);
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
        let (keeper, mut config) = (ctx.address(), self.views.config.subscribe());
        ctx.spawn(actix::fut::wrap_future(async move {
            while config.changed().await.is_ok() {
                keeper.do_send(LoginChanged);
            }
        }));
        self.sweep_and_rearm(ctx);
    }
}

impl Handler<CreateKey> for AuthKeeper {
    fn answer(&mut self, message: CreateKey, _: &mut Ctx<Self>) -> Reply<Result<NewKey, AuthError>> {
        self.create_key(message.name, message.scopes).into()
    }
}

impl Handler<TakeOldKeys> for AuthKeeper {
    fn answer(&mut self, message: TakeOldKeys, _: &mut Ctx<Self>) -> Reply<Result<Option<Moved>, StoreError>> {
        self.take_old_keys(&message.file).into()
    }
}

impl Handler<AdoptKey> for AuthKeeper {
    fn answer(&mut self, message: AdoptKey, _: &mut Ctx<Self>) -> Reply<Result<Option<Arc<ApiKey>>, AuthError>> {
        self.adopt_key(&message.id, message.token).into()
    }
}

impl Handler<DeleteKey> for AuthKeeper {
    fn answer(&mut self, message: DeleteKey, _: &mut Ctx<Self>) -> Reply<Result<Option<String>, AuthError>> {
        self.delete_key(&message.id).into()
    }
}

impl Handler<StartSession> for AuthKeeper {
    fn answer(&mut self, message: StartSession, _: &mut Ctx<Self>) -> Reply<Result<Token, AuthError>> {
        self.start_session(message.user, message.login).into()
    }
}

impl Handler<EndSession> for AuthKeeper {
    fn answer(&mut self, message: EndSession, _: &mut Ctx<Self>) -> Reply<Result<(), AuthError>> {
        self.end_session(&message.token).into()
    }
}

impl Handler<LoginChanged> for AuthKeeper {
    fn answer(&mut self, _: LoginChanged, _: &mut Ctx<Self>) -> Reply<()> {
        self.sweep();
        ().into()
    }
}

impl Handler<Used> for AuthKeeper {
    fn answer(&mut self, message: Used, _: &mut Ctx<Self>) -> Reply<()> {
        if let Err(error) = self.used(&message.token) {
            tracing::warn!(%error, "the last use of a key or session cannot be written down");
        }
        ().into()
    }
}
