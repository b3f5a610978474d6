//! Random tokens: API keys and session cookies.

use std::fmt;

use sha2::{Digest, Sha256};

/// What an API key begins with, so that people and secret scanners recognise one.
pub const KEY_PREFIX: &str = "pzr_";
/// 43 characters of 62 hold 256 bits.
const LENGTH: usize = 43;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Bytes from here on are drawn again: 248 is the highest multiple of 62, so that every character is equally likely.
const UNBIASED: u8 = 248;

/// A secret that is shown to its holder once; only its [`Fingerprint`] is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(…)")
    }
}

impl Token {
    /// A new one, 256 random bits after `prefix`. Fails if the system has no randomness to give.
    pub fn random(prefix: &str) -> Result<Self, getrandom::Error> {
        let mut text = prefix.to_owned();
        let mut bytes = [0_u8; LENGTH];
        while text.len() < prefix.len() + LENGTH {
            getrandom::fill(&mut bytes)?;
            let drawn = bytes.iter().filter(|byte| **byte < UNBIASED);
            let characters =
                drawn.filter_map(|byte| ALPHABET.get(usize::from(byte % 62))).map(|byte| char::from(*byte));
            text.extend(characters.take(prefix.len() + LENGTH - text.len()));
        }
        Ok(Self(text))
    }

    /// The secret itself.
    pub fn text(&self) -> &str {
        &self.0
    }
}

/// SHA-256 of a token; enough for a secret of 256 bits.
pub type Fingerprint = [u8; 32];

/// The fingerprint under which a presented token would be known.
pub fn fingerprint(token: &str) -> Fingerprint {
    Sha256::digest(token).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_have_their_prefix_and_256_bits_and_differ() {
        let tokens: std::collections::HashSet<_> =
            (0..200).map(|_| Token::random(KEY_PREFIX).unwrap().text().to_owned()).collect();
        assert_eq!(tokens.len(), 200);
        for token in &tokens {
            let random = token.strip_prefix(KEY_PREFIX).unwrap();
            assert!(random.len() == LENGTH && random.bytes().all(|byte| ALPHABET.contains(&byte)), "{token}");
        }
        let used: std::collections::HashSet<_> = tokens.iter().flat_map(|token| token[4..].bytes()).collect();
        assert_eq!(used.len(), 62, "every character occurs");
    }
}
