//! Name lookup that says why it failed, and that can leave out private addresses.

use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::addresses::Reach;

/// The lookup of one door.
#[derive(Debug, Clone, Copy)]
pub struct Resolver {
    /// Which addresses are given.
    pub reach: Reach,
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
        let reach = self.reach;
        Box::pin(async move {
            // The port is replaced by the URL's.
            let found = tokio::net::lookup_host((name.as_str(), 0)).await.map_err(|_| LookupError::Unknown)?;
            let allowed = allowed(found, reach)?;
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// One address that is not allowed refuses the whole name: no honest name has public and private ones.
fn allowed(found: impl Iterator<Item = SocketAddr>, reach: Reach) -> Result<Vec<SocketAddr>, LookupError> {
    let found: Vec<_> = found.collect();
    if found.is_empty() {
        return Err(LookupError::Unknown);
    }
    if found.iter().any(|address| !reach.includes(address.ip())) {
        return Err(LookupError::Private);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_private_address_among_public_ones_closes_the_guarded_door() {
        let lookup = |addresses: &[&str], reach| {
            allowed(addresses.iter().map(|address| SocketAddr::new(address.parse().unwrap(), 0)), reach)
        };
        assert_eq!(lookup(&["9.9.9.9", "2620:fe::fe"], Reach::Public).unwrap().len(), 2);
        assert_eq!(lookup(&["9.9.9.9", "127.0.0.1"], Reach::Public), Err(LookupError::Private));
        assert_eq!(lookup(&["9.9.9.9", "127.0.0.1"], Reach::Household).unwrap().len(), 2);
        assert_eq!(lookup(&[], Reach::Everywhere), Err(LookupError::Unknown));
    }
}
