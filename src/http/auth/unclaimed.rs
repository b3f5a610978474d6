//! Sessions that were opened and whose cookie never came back.
//!
//! Each login opens a session of its own: two browsers of one household may look the same (address, program) and are
//! still two, and a log-out of one must not end the other. But a program that sends its password each time and keeps no
//! cookies would open thousands. So a few sessions of one program may be unclaimed; after that it is given the newest of
//! them again until a cookie comes back.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::actors::access::{Fingerprint, Token, fingerprint};

/// Unclaimed sessions that one program may have.
const MAX_OF_ONE: usize = 4;
/// Unclaimed sessions that are remembered in all.
const MAX_COUNT: usize = 256;

/// See the module.
#[derive(Debug, Default)]
pub struct Unclaimed(Mutex<Sessions>);

#[derive(Debug, Default)]
struct Sessions {
    by_cookie: HashMap<Fingerprint, IssuedSession>,
    counter: u64,
}

#[derive(Debug)]
struct IssuedSession {
    program: Fingerprint,
    token: Token,
    order: u64,
}

impl Unclaimed {
    /// The session to give to a program again, if it has left too many unclaimed.
    pub fn again(&self, program: &Fingerprint) -> Option<Token> {
        let sessions = self.lock();
        let of_program = || sessions.by_cookie.values().filter(|given| given.program == *program);
        if of_program().count() < MAX_OF_ONE {
            return None;
        }
        of_program().max_by_key(|given| given.order).map(|given| given.token.clone())
    }

    /// Remembers a session that was opened for a program.
    pub fn opened(&self, program: Fingerprint, token: Token) {
        let mut sessions = self.lock();
        if sessions.by_cookie.len() >= MAX_COUNT {
            sessions.by_cookie.clear();
        }
        sessions.counter += 1;
        let given = IssuedSession { program, order: sessions.counter, token };
        sessions.by_cookie.insert(fingerprint(given.token.text()), given);
    }

    /// A cookie came back, or its session is over.
    pub fn claimed(&self, cookie: &Fingerprint) {
        self.lock().by_cookie.remove(cookie);
    }

    fn lock(&self) -> MutexGuard<'_, Sessions> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> Token {
        Token::random("").unwrap()
    }

    #[test]
    fn a_program_that_keeps_no_cookies_is_given_its_newest_session_again() {
        let unclaimed = Unclaimed::default();
        let (program, other) = ([1; 32], [2; 32]);
        let tokens: Vec<_> = (0..MAX_OF_ONE).map(|_| token()).collect();
        for token in &tokens {
            assert_eq!(unclaimed.again(&program), None);
            unclaimed.opened(program, token.clone());
        }
        assert_eq!(unclaimed.again(&program).as_ref(), tokens.last());
        assert_eq!(unclaimed.again(&other), None);
        unclaimed.claimed(&fingerprint(tokens[0].text()));
        assert_eq!(unclaimed.again(&program), None, "there is a browser behind it");
    }

    #[test]
    fn there_is_an_end_to_what_is_remembered() {
        let unclaimed = Unclaimed::default();
        (0..=MAX_COUNT).for_each(|_| unclaimed.opened([1; 32], token()));
        assert_eq!(unclaimed.lock().by_cookie.len(), 1);
    }
}
