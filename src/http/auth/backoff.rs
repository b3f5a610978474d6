//! Slows down whoever guesses passwords.
//!
//! The first wrong logins of an address are free. From then on each further one locks the address out for twice as
//! long as the one before. A browser that keeps sending the same stale login counts once. Time comes from outside.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

/// Wrong logins before the door closes.
const FREE: u32 = 5;
/// How long it closes at first.
const FIRST_WAIT: Duration = Duration::from_secs(2);
/// How long it closes at most.
const MAX_WAIT: Duration = Duration::from_secs(15 * 60);
/// An address that guessed nothing wrong for this long starts anew.
const FORGET_AFTER: Duration = Duration::from_secs(60 * 60);
/// Addresses remembered; beyond, the one that was quiet for longest is forgotten.
const MAX_CLIENTS: usize = 4096;
/// Wrong logins remembered per address, to know a repeated one.
const MAX_REMEMBERED: usize = 32;

/// What identifies a wrong login without being it.
pub type Fingerprint = [u8; 32];

/// The wrong logins of all addresses.
#[derive(Debug, Default)]
pub struct Backoff {
    clients: HashMap<IpAddr, Guesses>,
}

#[derive(Debug)]
struct Guesses {
    count: u32,
    wrong: Vec<Fingerprint>,
    last: Instant,
    closed_until: Instant,
}

impl Backoff {
    /// How long the door is still closed to this address.
    pub fn closed_for(&self, client: IpAddr, now: Instant) -> Option<Duration> {
        let guesses = self.clients.get(&whole_network(client))?;
        guesses.closed_until.checked_duration_since(now).filter(|left| !left.is_zero())
    }

    /// Counts a wrong login. Tells whether it was a new one, worth a line in the log.
    pub fn failed(&mut self, client: IpAddr, login: Fingerprint, now: Instant) -> bool {
        let client = whole_network(client);
        self.make_room(client, now);
        let fresh = || Guesses { count: 0, wrong: Vec::new(), last: now, closed_until: now };
        let guesses = self.clients.entry(client).or_insert_with(fresh);
        if guesses.is_old(now) {
            *guesses = fresh();
        }
        if guesses.wrong.contains(&login) {
            return false;
        }
        if guesses.wrong.len() == MAX_REMEMBERED {
            guesses.wrong.remove(0);
        }
        guesses.wrong.push(login);
        guesses.count = guesses.count.saturating_add(1);
        guesses.last = now;
        guesses.closed_until = now + wait_after(guesses.count);
        true
    }

    fn make_room(&mut self, client: IpAddr, now: Instant) {
        if self.clients.len() < MAX_CLIENTS || self.clients.contains_key(&client) {
            return;
        }
        self.clients.retain(|_, guesses| !guesses.is_old(now));
        if self.clients.len() >= MAX_CLIENTS
            && let Some(quietest) = self.clients.iter().min_by_key(|(_, guesses)| guesses.last).map(|pair| *pair.0)
        {
            self.clients.remove(&quietest);
        }
    }
}

impl Guesses {
    fn is_old(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.last) > FORGET_AFTER
    }
}

fn wait_after(count: u32) -> Duration {
    match count.checked_sub(FREE) {
        None => Duration::ZERO,
        Some(beyond) => FIRST_WAIT.saturating_mul(1 << beyond.min(20)).min(MAX_WAIT),
    }
}

/// An IPv6 customer has a whole /64: all its addresses are one.
fn whole_network(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(n: u32) -> Fingerprint {
        let mut login = [0; 32];
        login[..4].copy_from_slice(&n.to_be_bytes());
        login
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn waits_double_from_the_fifth_wrong_login_on_up_to_fifteen_minutes() {
        let (mut backoff, client, mut now) = (Backoff::default(), address("192.0.2.1"), Instant::now());
        let mut waits = Vec::new();
        for n in 0..16 {
            assert!(backoff.failed(client, login(n), now));
            let wait = backoff.closed_for(client, now).unwrap_or_default();
            waits.push(wait.as_secs());
            now += wait;
            assert_eq!(backoff.closed_for(client, now), None, "open again when the wait is over");
        }
        assert_eq!(waits, [0, 0, 0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
        assert_eq!(backoff.closed_for(address("192.0.2.2"), now), None, "others are not concerned");
    }

    #[test]
    fn the_same_stale_login_counts_once() {
        let (mut backoff, client, now) = (Backoff::default(), address("192.0.2.1"), Instant::now());
        assert!(backoff.failed(client, login(1), now));
        for n in 0..100 {
            assert!(!backoff.failed(client, login(1), now + Duration::from_secs(n * 3)));
        }
        assert_eq!(backoff.closed_for(client, now), None);
    }

    #[test]
    fn an_hour_without_a_wrong_login_is_forgiven() {
        let (mut backoff, client, now) = (Backoff::default(), address("192.0.2.1"), Instant::now());
        (0..20).for_each(|n| {
            backoff.failed(client, login(n), now);
        });
        let later = now + FORGET_AFTER + Duration::from_secs(1);
        assert!(backoff.failed(client, login(0), later));
        assert_eq!(backoff.closed_for(client, later), None);
    }

    #[test]
    fn all_addresses_of_an_ipv6_network_are_one_and_mapped_ones_are_ipv4() {
        let (mut backoff, now) = (Backoff::default(), Instant::now());
        for n in 0..5 {
            backoff.failed(address(&format!("2001:db8:0:1::{n:x}")), login(n), now);
            backoff.failed(address("::ffff:192.0.2.7"), login(n), now);
        }
        assert!(backoff.closed_for(address("2001:db8:0:1:ffff::"), now).is_some());
        assert!(backoff.closed_for(address("2001:db8:0:2::"), now).is_none());
        assert!(backoff.closed_for(address("192.0.2.7"), now).is_some());
    }

    #[test]
    fn the_table_is_bounded_and_forgets_the_quietest() {
        let (mut backoff, start) = (Backoff::default(), Instant::now());
        let client = |n: u32| IpAddr::from(n.to_be_bytes());
        for n in 0..MAX_CLIENTS as u32 + 10 {
            (0..5).for_each(|guess| {
                backoff.failed(client(n), login(guess), start + Duration::from_millis(n.into()));
            });
        }
        assert_eq!(backoff.clients.len(), MAX_CLIENTS);
        assert!(!backoff.clients.contains_key(&client(9)));
        assert!(backoff.clients.contains_key(&client(10)));
    }
}
