//! What keys must keep to among each other.

use serde_json::Value;

use super::document::{self, Document, Switch};
use super::fault::ConfigFault;
use super::keys::{self, Key};
use super::password::Password;

/// Keys that do not go together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// Their flat names; changing any of them can mend it.
    pub keys: Vec<&'static str>,
    /// What is wrong, said of any of them.
    pub wrong: ConfigFault,
    /// Whether the script refuses to work like this.
    pub stops_script: bool,
    /// Where it is mended, if that is always the same key.
    pub mended_at: Option<&'static str>,
    /// The stable name of this contradiction, where clients act on it.
    pub code: Option<&'static str>,
}

/// What is wrong with a login that has the shipped password.
pub const SHIPPED_PASSWORD: &str = "the login has the password that every installation begins with, which everybody \
                                    knows; set another basicAuthPassword";
/// The code of that.
pub const SHIPPED_PASSWORD_CODE: &str = "shipped_password";

/// All contradictions of a document, in which missing keys have their defaults.
pub fn contradictions(document: &Document) -> Vec<Conflict> {
    let mut found = font_sizes(document);
    found.extend(servers(document));
    found.extend(login(document));
    found
}

fn value(document: &Document, key: &Key) -> Value {
    document::find(document, key.section, key.name).cloned().unwrap_or_else(|| key.default.value())
}

fn named(document: &Document, flat: &str) -> Value {
    keys::by_flat_name(flat).map(|key| value(document, key)).unwrap_or_default()
}

fn font_sizes(document: &Document) -> Vec<Conflict> {
    let size = |key| document::scalar(&value(document, key))?.parse::<i64>().ok();
    let check = |greatest: &'static Key| {
        let least = keys::find(greatest.section, "minPointSize")?;
        let (from, to) = (size(least)?, size(greatest)?);
        (from > to).then(|| Conflict {
            keys: vec![least.flat, greatest.flat],
            wrong: ConfigFault::FontSizes { least: from, greatest: to },
            stops_script: false,
            mended_at: None,
            code: None,
        })
    };
    keys::all().filter(|key| key.name == "maxPointSize").filter_map(check).collect()
}

fn servers(document: &Document) -> Option<Conflict> {
    let is_on =
        |flat: &&str| document::scalar(&named(document, flat)).is_some_and(|text| text.eq_ignore_ascii_case("true"));
    let on: Vec<_> = ["UsePlex", "UseJellyfin", "UseEmby"].into_iter().filter(is_on).collect();
    (on.len() > 1).then_some(Conflict {
        keys: on,
        wrong: ConfigFault::OneServer,
        stops_script: true,
        mended_at: None,
        code: None,
    })
}

/// A login that nobody could get past, or that anybody could.
fn login(document: &Document) -> Vec<Conflict> {
    let is_on = document::switch(&named(document, "basicAuthEnabled")) != Switch::Off;
    let text = |flat| document::scalar(&named(document, flat)).unwrap_or_default();
    let password = text("basicAuthPassword");
    let found = |is_wrong: bool, keys: &[&'static str], wrong: ConfigFault| {
        is_wrong.then(|| Conflict { keys: keys.to_vec(), wrong, stops_script: false, mended_at: None, code: None })
    };
    let rules = [
        found(text("basicAuthUsername").contains(':'), &["basicAuthUsername"], ConfigFault::Colon),
        found(is_on && password.is_empty(), &["basicAuthPassword", "basicAuthEnabled"], ConfigFault::NoPassword),
        found(Password::of(&password) == Password::TooCostly, &["basicAuthPassword"], ConfigFault::CostlyHash),
    ];
    rules.into_iter().flatten().chain(shipped_login(document)).collect()
}

/// A login that everybody could get past: it is on, and its password is the one that every installation begins with.
pub fn shipped_login(document: &Document) -> Option<Conflict> {
    let is_on = document::switch(&named(document, "basicAuthEnabled")) != Switch::Off;
    let shipped = keys::by_flat_name("basicAuthPassword").map(|key| key.default.value());
    (is_on && shipped == Some(named(document, "basicAuthPassword"))).then(|| Conflict {
        keys: vec!["basicAuthPassword", "basicAuthEnabled"],
        wrong: ConfigFault::ShippedPassword,
        stops_script: false,
        mended_at: Some("basicAuthPassword"),
        code: Some(SHIPPED_PASSWORD_CODE),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(document: Value) -> Vec<String> {
        let found = contradictions(document.as_object().unwrap());
        found.into_iter().map(|found| format!("{}: {}", found.keys.join(", "), found.wrong.english())).collect()
    }

    #[test]
    fn the_defaults_keep_to_all_rules() {
        assert_eq!(contradictions(&keys::defaults()), []);
        assert_eq!(contradictions(&Document::new()), []);
    }

    #[test]
    fn font_sizes_are_a_range() {
        assert_eq!(
            found(json!({"PosterOverlayPart": {"maxPointSize": "44"}, "TitleCardEPTextPart": {"minPointSize": 81}})),
            [
                "PosterMinPointSize, PosterMaxPointSize: makes the smallest font size, 45, larger than the largest, 44",
                "TitleCardEPMinPointSize, TitleCardEPMaxPointSize: makes the smallest font size, 81, larger than the largest, 80",
            ]
        );
        assert_eq!(found(json!({"PosterOverlayPart": {"maxPointSize": "big"}})), [""; 0]);
    }

    #[test]
    fn one_media_server_at_most_is_on() {
        let both = json!({"JellyfinPart": {"UseJellyfin": "TRUE"}});
        assert_eq!(
            contradictions(both.as_object().unwrap())[0].keys,
            ["UsePlex", "UseJellyfin"],
            "Plex is on by default"
        );
        assert_eq!(found(json!({"JellyfinPart": {"UseJellyfin": "true"}, "PlexPart": {"UsePlex": "false"}})), [""; 0]);
    }

    #[test]
    fn a_login_must_be_one_that_somebody_can_get_past_and_not_anybody() {
        let web = |on: bool, user: &str, password: &str| {
            let section = json!({"basicAuthEnabled": on, "basicAuthUsername": user, "basicAuthPassword": password});
            found(json!({ "WebUI": section })).len()
        };
        assert_eq!(web(true, "admin", ""), 1);
        assert_eq!(web(false, "admin", ""), 0);
        assert_eq!(web(true, "admin", "hunter22"), 0);
        assert_eq!(web(true, "root", "posterizarr"), 1, "everybody knows it");
        assert_eq!(web(false, "admin", "posterizarr"), 0);
        assert_eq!(found(json!({"WebUI": {"basicAuthEnabled": "ture"}})).len(), 1);
        assert_eq!(web(false, "a:b", "x"), 1);
        let costly = "$2b$31$abcdefghijklmnopqrstuu5Q0Oe0j9oO0Qyk5VxQ0u1tZ1e3yQm3K";
        assert_eq!(web(true, "admin", costly), 1);
    }
}
