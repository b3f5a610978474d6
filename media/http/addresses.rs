//! Which addresses are on the public Internet.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use reqwest::Url;

/// Which addresses a door leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// All: who names the address may know it.
    Everywhere,
    /// Public and private ones, but none of this link: there a cloud tells its machines their passwords.
    Household,
    /// Public ones.
    Public,
}

impl Reach {
    /// Whether a door leads there.
    pub fn includes(self, address: IpAddr) -> bool {
        match self {
            Self::Everywhere => true,
            Self::Household => !is_of_this_link(address),
            Self::Public => is_public(address),
        }
    }
}

/// Whether only machines of this link have it, or those of a cloud that stand behind it.
fn is_of_this_link(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(inner) => inner.is_link_local(),
            None => address.is_unicast_link_local() || address.segments().starts_with(&[0xfd00, 0x0ec2]),
        },
    }
}

/// Whether anybody could reach this address: no loopback, private, link-local, shared (CGNAT), documentation, multicast or
/// reserved one, also not wrapped into IPv6. What is not known to be public is not.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = match (a, b, c) {
        (0 | 10 | 127, ..) | (172, 16..=31, _) | (192, 168, _) | (169, 254, _) => true,
        // Shared by a provider's customers.
        (100, 64..=127, _) => true,
        // Protocol assignments, documentation, the old 6to4 relays, benchmarks.
        (192, 0, 0 | 2) | (198, 51, 100) | (203, 0, 113) | (192, 88, 99) | (198, 18..=19, _) => true,
        // Multicast, reserved, broadcast.
        (224.., ..) => true,
        _ => false,
    };
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(inner) = address.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    let [first, second, third, fourth, fifth, sixth, seventh, eighth] = address.segments();
    // NAT64: how a network without IPv4 reaches IPv4.
    if [first, second, third, fourth, fifth, sixth] == [0x64, 0xff9b, 0, 0, 0, 0] {
        let [a, b] = seventh.to_be_bytes();
        let [c, d] = eighth.to_be_bytes();
        return is_public_v4(Ipv4Addr::new(a, b, c, d));
    }
    let global = first & 0xe000 == 0x2000;
    let special = match (first, second) {
        // Protocol assignments with Teredo, documentation, 6to4 (an IPv4 address inside).
        (0x2001, 0..=0x1ff | 0xdb8) | (0x2002, _) => true,
        (0x3fff, 0..=0xfff) => true,
        _ => false,
    };
    global && !special
}

/// The address that the URL names itself, without a lookup.
pub fn literal(url: &Url) -> Option<IpAddr> {
    // The URL's own parser has already read forms like 0x7f.1 or 2130706433 as addresses.
    let host = url.host_str()?;
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_household_has_private_addresses_and_no_cloud() {
        let includes = |reach: Reach, address: &str| reach.includes(address.parse().unwrap());
        for address in ["169.254.169.254", "::ffff:169.254.169.254", "fe80::1", "fd00:ec2::254"] {
            assert!(!includes(Reach::Household, address) && !includes(Reach::Public, address), "{address}");
            assert!(includes(Reach::Everywhere, address), "{address}");
        }
        for address in ["127.0.0.1", "10.0.0.9", "192.168.1.93", "::1", "fd12::1", "9.9.9.9"] {
            assert!(includes(Reach::Household, address), "{address}");
        }
    }

    use super::*;

    #[test]
    fn only_addresses_of_the_public_internet_are_public() {
        let public = ["1.1.1.1", "9.9.9.9", "172.32.0.1", "100.128.0.1", "192.0.1.1", "223.255.255.254"];
        let public_v6 = ["2620:fe::fe", "2a00:1450:4001::1", "::ffff:9.9.9.9", "64:ff9b::909:909"];
        for address in public.into_iter().chain(public_v6) {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
        let special = [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "127.0.0.1",
            "127.8.8.8",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
        ];
        let special_v6 = [
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "5f00::1",
        ];
        for address in special.into_iter().chain(special_v6) {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn an_address_in_a_url_is_seen_in_every_notation() {
        for url in [
            "http://127.0.0.1/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://0177.0.0.1/",
            "http://user@127.0.0.1:80/",
            "http://１２７.0.0.1/",
        ] {
            assert_eq!(literal(&Url::parse(url).unwrap()).unwrap(), Ipv4Addr::LOCALHOST, "{url}");
        }
        let v6 = literal(&Url::parse("http://[::ffff:7f00:1]/").unwrap()).unwrap();
        assert!(!is_public(v6));
        assert_eq!(literal(&Url::parse("http://localhost/").unwrap()), None);
    }
}
