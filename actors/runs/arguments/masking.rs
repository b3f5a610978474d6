//! Arguments without the secrets in them.

use posterizarr_base::redact::mask;

/// The arguments as they may be kept and shown: passwords and keys inside of addresses are masked, and what else is known
/// or looks like a secret.
pub fn masked(arguments: &[String]) -> Vec<String> {
    arguments.iter().map(|argument| masked_address(argument)).collect()
}

/// An address as it may be kept and shown.
pub fn masked_address(address: &str) -> String {
    mask(&mask_address(address)).into_owned()
}

fn mask_address(argument: &str) -> String {
    const SECRETS: [&str; 7] = ["token", "key", "secret", "password", "pin", "auth", "signature"];
    let Some((scheme, rest)) = argument.split_once("://") else { return argument.to_owned() };
    let (place, query) = rest.split_once('?').map_or((rest, None), |(place, query)| (place, Some(query)));
    let (host, path) = place.split_at(place.find('/').unwrap_or(place.len()));
    let host = host.rsplit_once('@').map_or(host.to_owned(), |(_, host)| format!("****@{host}"));
    let mask = |pair: &str| match pair.split_once('=') {
        Some((name, _)) if SECRETS.iter().any(|secret| name.to_ascii_lowercase().contains(secret)) => {
            format!("{name}=****")
        }
        _ => pair.to_owned(),
    };
    let query = query.map(|query| format!("?{}", query.split('&').map(mask).collect::<Vec<_>>().join("&")));
    format!("{scheme}://{host}{path}{}", query.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_in_addresses_are_masked() {
        let address = "https://me:pw@plex.local:32400/photo/1?width=10&X-Plex-Token=abc&api_key=x";
        let masked = masked(&["-PicturePath".into(), address.into(), "/plain?token=x".into()]);
        let expected = "https://****@plex.local:32400/photo/1?width=10&X-Plex-Token=****&api_key=****";
        assert_eq!(masked, ["-PicturePath", expected, "/plain?token=[MASKED]"]);
    }
}
