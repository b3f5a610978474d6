//! The stored password of the web login: plain text, as upstream has it, or a hash.

use std::fmt;

use argon2::password_hash::PasswordVerifier;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, Params};
use bcrypt::HashParts;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// A bcrypt hash of more than 2^16 rounds takes longer than anybody waits for a login.
const MAX_BCRYPT_COST: u32 = 16;
/// An argon2 hash that fills more memory than this (in KiB) would end a small machine.
const MAX_ARGON2_MEMORY: u32 = 256 * 1024;
/// Passes over that memory.
const MAX_ARGON2_PASSES: u32 = 64;

/// A stored password.
#[derive(Clone, PartialEq, Eq)]
pub enum Password {
    /// The password itself.
    Plain(String),
    /// `$2…`
    Bcrypt(String),
    /// `$argon2…`
    Argon2(String),
    /// A hash that takes too long to check; nothing matches it.
    TooCostly,
}

impl fmt::Debug for Password {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Plain(_) => "Plain",
            Self::Bcrypt(_) => "Bcrypt",
            Self::Argon2(_) => "Argon2",
            Self::TooCostly => "TooCostly",
        })
    }
}

impl Password {
    /// What a stored text is. One that begins like a hash and is none is a password like any other.
    pub fn of(text: &str) -> Self {
        if let Some(cost) = bcrypt_cost(text) {
            return if cost <= MAX_BCRYPT_COST { Self::Bcrypt(text.to_owned()) } else { Self::TooCostly };
        }
        if text.starts_with("$argon2")
            && let Ok(hash) = PasswordHash::new(text)
            && let Ok(parameters) = Params::try_from(&hash)
        {
            let affordable = parameters.m_cost() <= MAX_ARGON2_MEMORY && parameters.t_cost() <= MAX_ARGON2_PASSES;
            return if affordable { Self::Argon2(text.to_owned()) } else { Self::TooCostly };
        }
        Self::Plain(text.to_owned())
    }

    /// A bcrypt hash of a password, at the cost that version 3 of the script's web UI takes; none for one that bcrypt would
    /// compare a part of only. Takes some tenths of a second.
    pub fn hash(password: &str) -> Option<String> {
        bcrypt::non_truncating_hash(password, bcrypt::DEFAULT_COST).ok()
    }

    /// Whether checking it takes so long that no HTTP worker may do it.
    pub fn is_slow(&self) -> bool {
        matches!(self, Self::Bcrypt(_) | Self::Argon2(_))
    }

    /// Whether this is the password. Takes the same time for every wrong one.
    pub fn matches(&self, presented: &str) -> bool {
        match self {
            Self::Plain(stored) => Sha256::digest(presented).as_slice().ct_eq(Sha256::digest(stored).as_slice()).into(),
            Self::Bcrypt(hash) => bcrypt::verify(presented, hash).unwrap_or_default(),
            Self::Argon2(hash) => PasswordHash::new(hash)
                .is_ok_and(|hash| Argon2::default().verify_password(presented.as_bytes(), &hash).is_ok()),
            Self::TooCostly => false,
        }
    }
}

/// The cost of a bcrypt hash; `None` if the text is none.
fn bcrypt_cost(text: &str) -> Option<u32> {
    let hash: HashParts = text.starts_with("$2").then(|| text.parse().ok())??;
    Some(hash.get_cost())
}

#[cfg(test)]
mod tests {
    use super::*;
    use argon2::password_hash::PasswordHasher;

    #[test]
    fn plain_bcrypt_and_argon2_passwords_match_themselves_only() {
        let bcrypt = bcrypt::hash("pä:ss", 4).unwrap();
        let argon2 = Argon2::new(Default::default(), Default::default(), Params::new(64, 1, 1, None).unwrap());
        let argon2 = argon2.hash_password("pä:ss".as_bytes()).unwrap().to_string();
        for (stored, slow) in [("pä:ss", false), (bcrypt.as_str(), true), (argon2.as_str(), true)] {
            let password = Password::of(stored);
            assert_eq!(password.is_slow(), slow, "{stored}");
            assert!(password.matches("pä:ss"), "{stored}");
            for wrong in ["", "pä:s", "PÄ:SS", "pä:ss\0", stored.get(1..).unwrap()] {
                assert!(!password.matches(wrong), "{stored}: {wrong}");
            }
        }
        assert!(!Password::of(&bcrypt).matches(&bcrypt), "a hash is not its own password");
    }

    #[test]
    fn htpasswds_kind_of_bcrypt_is_read_too() {
        let hash = bcrypt::hash("hunter22", 4).unwrap().replacen("$2b$", "$2y$", 1);
        assert!(Password::of(&hash).matches("hunter22"));
    }

    #[test]
    fn what_only_begins_like_a_hash_is_a_password() {
        for text in ["$2", "$2b$10$short", "$argon2id$v=19$nonsense", "$2,50", ""] {
            assert_eq!(Password::of(text), Password::Plain(text.to_owned()));
            assert!(Password::of(text).matches(text));
        }
    }

    #[test]
    fn a_hash_that_would_take_for_ever_matches_nothing() {
        let hash = bcrypt::hash("x", 4).unwrap().replacen("$04$", "$31$", 1);
        assert_eq!(Password::of(&hash), Password::TooCostly);
        let argon2 = "$argon2id$v=19$m=4194304,t=3,p=1$c29tZXNhbHRzYWx0$RdescudvJCsgt3ub+b3dWRWJTmaaZ9Xr0ufFhZ5kYtE";
        assert_eq!(Password::of(argon2), Password::TooCostly);
        assert!(!Password::TooCostly.matches(""));
    }

    #[test]
    fn debug_output_holds_no_password() {
        assert!(!format!("{:?}", Password::of("hunter22")).contains("hunter22"));
    }
}
