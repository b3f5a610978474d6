//! What is remembered of logins between requests.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::backoff::Backoff;
use super::foreign::LoggedRefusals;
use super::unclaimed::Unclaimed;
use super::verified::Verified;
use crate::actors::access::Fingerprint;

/// What is remembered of logins between requests, in memory only.
#[derive(Debug, Default)]
pub struct Logins {
    backoff: Mutex<Backoff>,
    /// Sessions whose cookie never came back.
    pub(super) unclaimed: Unclaimed,
    /// Refusals of foreign pages that the log has.
    pub(super) told: LoggedRefusals,
    /// Logins that were checked and are right.
    pub(super) verified: Verified,
}

impl Logins {
    /// How long this address still has to wait after wrong logins; none if it need not.
    pub(super) fn closed_for(&self, client: IpAddr) -> Option<Duration> {
        self.backoff.lock().unwrap_or_else(PoisonError::into_inner).closed_for(client, Instant::now())
    }

    /// Counts a wrong login; tells whether it is a new one.
    pub(super) fn failed(&self, client: IpAddr, login: Fingerprint) -> bool {
        self.backoff.lock().unwrap_or_else(PoisonError::into_inner).failed(client, login, Instant::now())
    }
}
