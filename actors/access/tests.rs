//! The actor on a real store, through its messages and its view.

use std::sync::Arc;

use chrono::TimeDelta;

use super::*;
use crate::config::{ConfigView, WebAuth};
use crate::runtime::guard::{ActorSystem, Handle};
use crate::runtime::testing::Home;

struct AuthKeeperFixture {
    shared: Shared,
    views: Views,
    actor_system: ActorSystem,
    keeper: Handle<AuthKeeper>,
    _folder: tempfile::TempDir,
}

impl Drop for AuthKeeperFixture {
    fn drop(&mut self) {
        self.actor_system.stop();
    }
}

fn login(password: &str) -> WebAuth {
    let document = serde_json::json!({"WebUI": {"basicAuthEnabled": true, "basicAuthPassword": password}});
    WebAuth::of(document.as_object().unwrap())
}

impl AuthKeeperFixture {
    fn start() -> Self {
        let Home { folder, shared, actor_system } = Home::make();
        let views = Views::default();
        let given = (shared.clone(), views.clone());
        views.config.publish(ConfigView { web_auth: login("first"), ..ConfigView::default() });
        let keeper = actor_system.start(move || AuthKeeper::new(given.0.clone(), given.1.clone()));
        Self { shared, views, actor_system, keeper, _folder: folder }
    }

    async fn key(&self, name: &str, scopes: &[Scope]) -> NewKey {
        let message = CreateKey { name: name.to_owned(), scopes: scopes.to_vec() };
        self.keeper.send(message).await.unwrap().unwrap()
    }

    async fn session(&self) -> Token {
        let message = StartSession { user: "admin".to_owned(), login: login("first").fingerprint };
        self.keeper.send(message).await.unwrap().unwrap()
    }

    fn set_password(&self, password: &str) {
        self.views.config.publish(ConfigView { web_auth: login(password), ..ConfigView::default() });
    }

    fn is_open(&self, token: &Token) -> bool {
        let view = self.views.auth.get();
        view.session(token.text(), &login("first").fingerprint, Utc::now()).is_some()
    }

    /// What the next start of the daemon would find.
    fn after_restart(&self) -> AuthView {
        first_view(&self.shared.store)
    }
}

#[actix::test]
async fn a_key_is_known_until_it_is_deleted_also_after_a_restart() {
    let fixture = AuthKeeperFixture::start();
    let first = fixture.key("sonarr", &[Scope::Webhook, Scope::Read, Scope::Webhook]).await;
    let second = fixture.key("homepage", &[Scope::Read]).await;
    assert!(first.token.text().starts_with(&first.record.prefix));
    assert_eq!(first.record.scopes, [Scope::Read, Scope::Webhook], "sorted, each once");
    for view in [fixture.views.auth.get().as_ref().clone(), fixture.after_restart()] {
        assert_eq!(view.key(first.token.text()).unwrap().name, "sonarr");
        assert_eq!(view.keys().len(), 2);
        assert!(view.key(&first.record.prefix).is_none() && view.key("").is_none());
    }
    let delete = DeleteKey { id: first.record.id.clone() };
    assert_eq!(fixture.keeper.send(delete.clone()).await.unwrap().unwrap().as_deref(), Some("sonarr"));
    assert_eq!(fixture.keeper.send(delete).await.unwrap().unwrap(), None);
    for view in [fixture.views.auth.get().as_ref().clone(), fixture.after_restart()] {
        assert!(view.key(first.token.text()).is_none());
        assert!(view.key(second.token.text()).is_some());
    }
}

#[actix::test]
async fn the_store_never_sees_a_key_or_a_cookie() {
    let fixture = AuthKeeperFixture::start();
    let tokens = [fixture.key("k", &[Scope::Admin]).await.token, fixture.session().await];
    let keys = fixture.shared.store.table::<ApiKey>().unwrap().iter().map(|pair| format!("{:?}", pair.unwrap()));
    let sessions = fixture.shared.store.table::<Session>().unwrap().iter().map(|pair| format!("{:?}", pair.unwrap()));
    let stored: String = keys.chain(sessions).collect();
    assert!(tokens.iter().all(|token| !stored.contains(token.text())), "{stored}");
    assert!(tokens.iter().all(|token| !format!("{token:?}").contains(token.text())));
}

#[actix::test]
async fn the_last_use_of_a_key_is_written_down_at_most_once_a_minute() {
    let fixture = AuthKeeperFixture::start();
    let key = fixture.key("k", &[Scope::Metrics]).await;
    let used = Used { token: key.record.fingerprint };
    fixture.keeper.send(used).await.unwrap();
    let first = fixture.views.auth.get().key(key.token.text()).unwrap().last_used.unwrap();
    fixture.keeper.send(used).await.unwrap();
    assert_eq!(fixture.views.auth.get().key(key.token.text()).unwrap().last_used, Some(first));
    assert_eq!(fixture.after_restart().key(key.token.text()).unwrap().last_used, Some(first));
    fixture.keeper.send(Used { token: [7; 32] }).await.unwrap();
}

#[actix::test]
async fn a_session_survives_a_restart_and_ends_with_a_logout() {
    let fixture = AuthKeeperFixture::start();
    let (token, other) = (fixture.session().await, fixture.session().await);
    let now = Utc::now();
    assert!(fixture.after_restart().session(token.text(), &login("first").fingerprint, now).is_some());
    fixture.keeper.send(EndSession { token: fingerprint(token.text()) }).await.unwrap().unwrap();
    assert!(!fixture.is_open(&token) && fixture.is_open(&other));
    assert!(fixture.after_restart().session(token.text(), &login("first").fingerprint, now).is_none());
    fixture.keeper.send(EndSession { token: fingerprint(token.text()) }).await.unwrap().unwrap();
}

#[actix::test]
async fn a_session_ends_with_its_password_even_if_that_comes_back() {
    let fixture = AuthKeeperFixture::start();
    let token = fixture.session().await;
    assert!(fixture.views.auth.get().session(token.text(), &login("second").fingerprint, Utc::now()).is_none());
    fixture.set_password("second");
    let patience = std::time::Duration::from_secs(10);
    let swept = fixture.views.auth.wait_for(|view| view.sessions.is_empty());
    tokio::time::timeout(patience, swept).await.unwrap();
    fixture.set_password("first");
    assert!(!fixture.is_open(&token));
    assert!(fixture.after_restart().sessions.is_empty());
}

#[actix::test]
async fn too_many_sessions_end_the_one_unused_for_longest() {
    let fixture = AuthKeeperFixture::start();
    let sessions = fixture.shared.store.table::<Session>().unwrap();
    let old = Utc::now() - TimeDelta::days(2);
    let mut view = AuthView::default();
    for n in 0..MAX_SESSIONS {
        let last_used = if n == 7 { old - TimeDelta::days(1) } else { old };
        let session = Session { user: "admin".to_owned(), login: login("first").fingerprint, created: old, last_used };
        let token = fingerprint(&n.to_string());
        sessions.put(&token, &session).unwrap();
        view.sessions.insert(token, Arc::new(session));
    }
    fixture.views.auth.publish(view);
    let token = fixture.session().await;
    for view in [fixture.views.auth.get().as_ref().clone(), fixture.after_restart()] {
        assert_eq!(view.sessions.len(), MAX_SESSIONS);
        assert!(view.session("7", &login("first").fingerprint, Utc::now()).is_none());
        assert!(view.session(token.text(), &login("first").fingerprint, Utc::now()).is_some());
    }
}

#[actix::test]
async fn there_is_an_end_to_the_number_of_keys() {
    let fixture = AuthKeeperFixture::start();
    let mut view = AuthView::default();
    let key = fixture.key("k", &[Scope::Read]).await.record;
    (0..MAX_KEYS).for_each(|n| {
        view.keys.insert(fingerprint(&n.to_string()), key.clone());
    });
    fixture.views.auth.publish(view);
    let refused =
        fixture.keeper.send(CreateKey { name: "one more".to_owned(), scopes: vec![Scope::Read] }).await.unwrap();
    assert!(matches!(refused, Err(AuthError::TooManyKeys)));
}

#[actix::test]
async fn an_installation_has_a_name_of_its_own_that_stays() {
    let (one, other) = (AuthKeeperFixture::start(), AuthKeeperFixture::start());
    let name = one.after_restart().installation;
    assert_eq!(name.len(), NAME_LENGTH);
    assert_eq!(one.after_restart().installation, name);
    assert_ne!(other.after_restart().installation, name);
}
