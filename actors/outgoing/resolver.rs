//! Name lookup that says why it failed, and that can leave out private addresses.

use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::addresses::is_public;

/// The lookup of one door.
#[derive(Debug, Clone, Copy)]
pub struct Resolver {
    /// Whether only public addresses are given.
    pub public_only: bool,
}

/// Why there is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LookupError {
    /// Nobody knows the name.
    #[error("the name is not known")]
    Unknown,
    /// There are only private ones.
    #[error("the name leads to a private address")]
    Private,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let public_only = self.public_only;
        Box::pin(async move {
            // The port is replaced by the URL's.
            let found = tokio::net::lookup_host((name.as_str(), 0)).await.map_err(|_| LookupError::Unknown)?;
            let allowed = allowed(found, public_only)?;
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// Any private address closes the door: a name with a public and a private one has no good reason.
fn allowed(found: impl Iterator<Item = SocketAddr>, public_only: bool) -> Result<Vec<SocketAddr>, LookupError> {
    let found: Vec<_> = found.collect();
    if found.is_empty() {
        return Err(LookupError::Unknown);
    }
    if public_only && found.iter().any(|address| !is_public(address.ip())) {
        return Err(LookupError::Private);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_private_address_among_public_ones_closes_the_guarded_door() {
        let lookup = |addresses: &[&str], public_only| {
            allowed(addresses.iter().map(|address| SocketAddr::new(address.parse().unwrap(), 0)), public_only)
        };
        assert_eq!(lookup(&["9.9.9.9", "2620:fe::fe"], true).unwrap().len(), 2);
        assert_eq!(lookup(&["9.9.9.9", "127.0.0.1"], true), Err(LookupError::Private));
        assert_eq!(lookup(&["9.9.9.9", "127.0.0.1"], false).unwrap().len(), 2);
        assert_eq!(lookup(&[], false), Err(LookupError::Unknown));
    }
}
