//! Streams end with the login they were opened with.
//!
//! A request is judged once, when it comes; a WebSocket or an event stream lives for days. [`StreamLogin`] goes on judging:
//! it looks again whenever keys, sessions or the configuration change, and when the session would run out. Every stream
//! that needs a login holds one.

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use tokio::sync::watch;

use super::principal::{Principal, Via};
use crate::actors::access::AuthView;
use crate::actors::config::ConfigView;
use crate::views::Views;

/// How often is looked at what ends by time alone; the clock may be set meanwhile.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// The login that a stream was opened with.
pub struct StreamLogin {
    principal: Principal,
    auth: watch::Receiver<Arc<AuthView>>,
    config: watch::Receiver<Arc<ConfigView>>,
    is_new: bool,
}

impl StreamLogin {
    /// The login of a request that was let through.
    pub fn new(principal: Principal, views: &Views) -> Self {
        Self { principal, auth: views.auth.subscribe(), config: views.config.subscribe(), is_new: true }
    }

    /// Waits until the login is over. May be dropped and called again, as often as needed.
    pub async fn over(&mut self) {
        loop {
            let left = if self.has_news() { self.look() } else { self.time_left() };
            let Some(left) = left else { return };
            tokio::select! {
                changed = self.auth.changed() => if changed.is_err() { return },
                changed = self.config.changed() => if changed.is_err() { return },
                () = tokio::time::sleep(left) => {}
            }
            self.is_new = true;
        }
    }

    /// Whether the login is over by now.
    pub fn is_over(&mut self) -> bool {
        self.has_news() && self.look().is_none()
    }

    /// Whether something happened since it was last looked; cheap, since it is asked before each line that is sent.
    fn has_news(&self) -> bool {
        self.is_new || self.auth.has_changed().unwrap_or(true) || self.config.has_changed().unwrap_or(true)
    }

    /// How long the login still holds as things are, at most [`LOOK_EVERY`]; `None` once it is over.
    fn look(&mut self) -> Option<Duration> {
        self.auth.mark_unchanged();
        self.config.mark_unchanged();
        let left = self.time_left();
        // One that is over stays news, so that it is found to be over again.
        self.is_new = left.is_none();
        left
    }

    fn time_left(&self) -> Option<Duration> {
        let (auth, config) = (self.auth.borrow(), self.config.borrow());
        let (login, proof) = (&config.web_auth, &self.principal.proof);
        let lasts = |holds: bool| holds.then_some(LOOK_EVERY);
        match self.principal.via {
            Via::LocalSocket => lasts(true),
            Via::Open => lasts(!login.enabled),
            Via::Key => lasts(auth.has_key(proof)),
            Via::Basic => lasts(login.fingerprint == *proof),
            Via::Session => {
                let now = Utc::now();
                let session = auth.session_of(proof, &login.fingerprint, now)?;
                Some(session.time_left(now).clamp(Duration::from_millis(1), LOOK_EVERY))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actors::access::{Scope, Session, fingerprint, first_view};
    use crate::actors::config::WebAuth;
    use crate::actors::store::Store;
    use chrono::TimeDelta;

    const PATIENCE: Duration = Duration::from_secs(30);

    fn login(enabled: bool, password: &str) -> WebAuth {
        let section = serde_json::json!({"basicAuthEnabled": enabled, "basicAuthPassword": password});
        WebAuth::of(serde_json::json!({ "WebUI": section }).as_object().unwrap())
    }

    fn set(views: &Views, web_auth: WebAuth) {
        views.config.publish(ConfigView { web_auth, ..ConfigView::default() });
    }

    fn principal(via: Via, proof: [u8; 32]) -> Principal {
        Principal { scopes: vec![Scope::Admin], via, name: None, proof }
    }

    /// The views of a daemon with one session, which runs out after `left`.
    fn with_session(left: TimeDelta) -> (Views, StreamLogin) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let (views, auth, cookie) = (Views::default(), login(true, "secret"), fingerprint("cookie"));
        let used = Utc::now() - crate::actors::access::SESSION_LIFE + left;
        let session = Session { user: "admin".to_owned(), login: auth.fingerprint, created: used, last_used: used };
        store.table::<Session>().unwrap().put(&cookie, &session).unwrap();
        set(&views, auth);
        views.auth.publish(first_view(&store));
        let login = StreamLogin::new(principal(Via::Session, cookie), &views);
        (views, login)
    }

    async fn ends(login: &mut StreamLogin) {
        tokio::time::timeout(PATIENCE, login.over()).await.expect("it ends");
        assert!(login.is_over() && login.is_over(), "and stays so");
    }

    #[tokio::test]
    async fn a_session_that_runs_out_is_over_by_itself() {
        let (_views, mut login) = with_session(TimeDelta::milliseconds(300));
        ends(&mut login).await;
    }

    #[tokio::test]
    async fn a_session_is_over_with_its_password_or_when_it_is_gone() {
        let (views, mut session) = with_session(TimeDelta::days(20));
        assert!(!session.is_over() && !session.is_over());
        set(&views, login(true, "changed"));
        ends(&mut session).await;
        let (views, mut session) = with_session(TimeDelta::days(20));
        views.auth.publish(AuthView::default());
        ends(&mut session).await;
    }

    #[tokio::test]
    async fn without_a_login_it_is_over_when_one_is_needed() {
        let views = Views::default();
        set(&views, login(false, "secret"));
        let mut open = StreamLogin::new(principal(Via::Open, [0; 32]), &views);
        set(&views, login(false, "changed"));
        assert!(!open.is_over(), "another password is none of its business");
        set(&views, login(true, "changed"));
        ends(&mut open).await;
    }

    #[tokio::test]
    async fn a_key_is_over_when_it_is_deleted_and_the_owner_never() {
        let views = Views::default();
        let mut key = StreamLogin::new(principal(Via::Key, [1; 32]), &views);
        ends(&mut key).await;
        let mut owner = StreamLogin::new(Principal::owner(), &views);
        set(&views, login(true, "secret"));
        assert!(!owner.is_over());
    }
}
