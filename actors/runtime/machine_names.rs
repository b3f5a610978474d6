//! The names under which this machine is known: its own, and those that its resolver and hosts file add a domain to.

use std::collections::BTreeSet;
use std::path::Path;

use posterizarr_base::bounded;
use sysinfo::System;

/// What the resolver's configuration and the hosts file may hold, in bytes; lists of blocked names make the latter long.
const MAX_FILE_SIZE: u64 = 4 * 1024 * 1024;

/// This machine's names in lower case: `nas`, `nas.local`, `nas.example.org`. None if it has none.
pub fn own_names() -> BTreeSet<String> {
    let text = |path: &str| bounded::read_text(Path::new(path), MAX_FILE_SIZE).unwrap_or_default();
    names(&System::host_name().unwrap_or_default(), &text("/etc/resolv.conf"), &text("/etc/hosts"))
}

fn names(host: &str, resolver: &str, hosts: &str) -> BTreeSet<String> {
    let host = host.trim().trim_end_matches('.').to_ascii_lowercase();
    let short = host.split('.').next().unwrap_or_default().to_owned();
    if short.is_empty() || short == "localhost" {
        return BTreeSet::new();
    }
    let mut names = BTreeSet::from([format!("{short}.local")]);
    names.extend(domains(resolver).map(|domain| format!("{short}.{domain}")));
    names.extend(aliases(hosts, &host, &short));
    names.extend([host, short]);
    names
}

/// The domains that the resolver adds to a bare name.
fn domains(resolver: &str) -> impl Iterator<Item = String> {
    let of_line = |line: &str| {
        let mut words = line.split_whitespace();
        let is_list = matches!(words.next(), Some("search" | "domain"));
        words.filter(|_| is_list).map(tidy).filter(|domain| !domain.is_empty()).collect::<Vec<_>>()
    };
    resolver.lines().flat_map(of_line).collect::<Vec<_>>().into_iter()
}

/// The names that the hosts file has beside our own, such as the one with the domain.
fn aliases(hosts: &str, host: &str, short: &str) -> Vec<String> {
    let of_line = |line: &str| {
        let line = line.split('#').next().unwrap_or_default();
        let names: Vec<_> = line.split_whitespace().skip(1).map(tidy).collect();
        if names.iter().any(|name| name == host || name == short) { names } else { Vec::new() }
    };
    hosts.lines().flat_map(of_line).collect()
}

fn tidy(name: &str) -> String {
    name.trim_matches('.').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(host: &str, resolver: &str, hosts: &str) -> Vec<String> {
        names(host, resolver, hosts).into_iter().collect()
    }

    #[test]
    fn a_name_comes_with_its_domains() {
        let resolver = "# made by hand\nnameserver 192.0.2.1\nsearch fritz.box Lan.\noptions edns0\n";
        assert_eq!(of("NAS", resolver, ""), ["nas", "nas.fritz.box", "nas.lan", "nas.local"]);
        let hosts = "127.0.0.1 localhost\n127.0.1.1\tnas.example.org nas # own\n192.0.2.9 other.example.org other\n";
        assert_eq!(of("nas", "", hosts), ["nas", "nas.example.org", "nas.local"]);
        assert_eq!(of("nas.example.org", "", hosts), ["nas", "nas.example.org", "nas.local"]);
    }

    #[test]
    fn a_machine_without_a_name_has_none() {
        assert_eq!(of("", "search lan", ""), [""; 0]);
        assert_eq!(of("localhost", "search lan", "127.0.0.1 localhost evil.example"), [""; 0]);
    }
}
