//! Who is at the other end: address and scheme, believed from proxies that are trusted.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use actix_web::HttpRequest;
use actix_web::http::header::HeaderMap;
use ipnet::IpNet;

/// The other end of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Its address; of a proxy that is not trusted, the proxy's.
    pub address: IpAddr,
    /// Whether it came by HTTPS to a trusted proxy.
    pub https: bool,
}

impl Client {
    /// The client of a request. `X-Forwarded-*` counts only from a peer in `trusted`.
    pub fn of(request: &HttpRequest, trusted: &[IpNet]) -> Self {
        let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip().to_canonical());
        Self::from_parts(peer, request.headers(), trusted)
    }

    /// Whether a request comes from a peer in `trusted`.
    pub fn is_by_proxy(request: &HttpRequest, trusted: &[IpNet]) -> bool {
        request.peer_addr().is_some_and(|peer| is_trusted(peer.ip().to_canonical(), trusted))
    }

    fn from_parts(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let forwarded = |name: &str| first(text(name)).to_owned();
        if !is_trusted(peer, trusted) {
            return Self { address: peer, https: false };
        }
        Self {
            address: original(peer, headers, trusted),
            https: forwarded("x-forwarded-proto").eq_ignore_ascii_case("https"),
        }
    }
}

fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|network| network.contains(&address))
}

/// The last hop that is not a trusted proxy; what is left of it is the client's own claim.
fn original(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let values: Vec<_> = headers.get_all("x-forwarded-for").filter_map(|value| value.to_str().ok()).collect();
    let mut nearest = peer;
    for hop in values.join(",").rsplit(',') {
        let Some(address) = address_of(hop.trim()) else { break };
        nearest = address;
        if !is_trusted(address, trusted) {
            break;
        }
    }
    nearest
}

fn address_of(hop: &str) -> Option<IpAddr> {
    let bare = hop.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|socket| socket.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

/// Each proxy adds its own value to the end; the first is what the client asked for.
fn first(list: &str) -> &str {
    list.split(',').next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn client(peer: &str, headers: &[(&str, &str)]) -> Client {
        let trusted = ["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
        let mut request = TestRequest::default().peer_addr(format!("{peer}:1").parse().unwrap());
        for header in headers {
            request = request.append_header(*header);
        }
        Client::of(&request.to_http_request(), &trusted)
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        let claims = [("x-forwarded-for", "192.0.2.9"), ("x-forwarded-proto", "https")];
        let direct = client("192.0.2.1", &claims);
        assert_eq!(direct, Client { address: "192.0.2.1".parse().unwrap(), https: false });
        let proxied = client("10.0.0.1", &claims);
        assert_eq!(proxied, Client { address: "192.0.2.9".parse().unwrap(), https: true });
    }

    #[test]
    fn the_last_untrusted_hop_is_the_client_whatever_stands_before_it() {
        let address = |value: &str| client("10.0.0.1", &[("x-forwarded-for", value)]).address.to_string();
        assert_eq!(address("1.1.1.1, 192.0.2.9, 10.2.2.2"), "192.0.2.9");
        assert_eq!(address("1.1.1.1, 192.0.2.9:4711"), "192.0.2.9");
        assert_eq!(address("[2001:db8::1]:4711, 10.2.2.2"), "2001:db8::1");
        assert_eq!(address("1.1.1.1, nonsense, 10.2.2.2"), "10.2.2.2", "nothing beyond what cannot be read");
        assert_eq!(address(""), "10.0.0.1");
        let two = [("x-forwarded-for", "192.0.2.9"), ("x-forwarded-for", "10.2.2.2")];
        assert_eq!(client("10.0.0.1", &two).address.to_string(), "192.0.2.9");
        assert_eq!(client("[::ffff:10.0.0.1]", &two).address.to_string(), "192.0.2.9");
    }
}
