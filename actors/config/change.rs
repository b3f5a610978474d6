//! What a posted configuration makes of the one in force: pure, and all or nothing.
//!
//! A post never fails over a value it does not change: an existing file may hold what we would not take today. Keys that
//! the table does not know stay, whether they are posted or not, and keep their JSON type. A mask that comes back means the
//! stored value. A post may hold whole sections in place of flat names.

use std::collections::HashMap;

use posterizarr_base::said::{Clause, Reason};
use serde_json::{Map, Value};

use super::document::Document;
use super::flat::{self, KeyPlace};
use super::keys::{self, Key};
use super::view::MASK;
use super::{contradictions, unknown};

/// What happens to known keys that are not posted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MissingKeys {
    /// They are removed, and their defaults hold; this is upstream's way.
    #[default]
    Remove,
    /// They stay.
    Keep,
}

/// One key's change.
#[derive(Debug, Clone)]
pub struct Change {
    /// Its name in the API.
    pub flat: String,
    /// What the table knows of it.
    pub key: Option<&'static Key>,
    /// Its value before, if it had one.
    pub old: Option<Value>,
    /// Its value now; `None` if it is removed.
    pub new: Option<Value>,
}

impl Change {
    /// The old and the new value, as they may be shown: secrets never are.
    pub fn shown(&self) -> [Option<Value>; 2] {
        [&self.old, &self.new].map(|value| value.as_ref().map(|value| flat::shown(self.key, &self.flat, value)))
    }
}

/// A value that is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The key's name in the API.
    pub flat: String,
    /// What is wrong, and what would be right; never the value itself.
    pub wrong: String,
    /// The same by its code, for those who say it in another language.
    pub because: Vec<Clause>,
    /// A stable name of what is wrong, where clients act on it.
    pub code: Option<&'static str>,
}

impl Refusal {
    /// With what is wrong.
    pub fn new(flat: impl Into<String>, wrong: impl Into<Reason>) -> Self {
        let Reason { text, because } = wrong.into();
        Self { flat: flat.into(), wrong: text, because, code: None }
    }

    /// What is wrong, in English and by its code.
    pub fn reason(&self) -> Reason {
        Reason { text: self.wrong.clone(), because: self.because.clone() }
    }
}

/// What a post comes to.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The document afterwards.
    pub document: Document,
    /// What changes, in the order of the post; removed keys last.
    pub changes: Vec<Change>,
    /// Posted keys that differ from the stored ones, by upstream's count: without the removed ones, with the ignored ones.
    pub count: usize,
    /// Posted keys that nobody knows.
    pub ignored: Vec<String>,
}

/// Plans a post. `guarded` tells of which lists a full post does not clear: those that the client had no way to know. All
/// that is wrong is told at once.
pub fn plan(
    current: &Document,
    posted: &Map<String, Value>,
    mode: MissingKeys,
    guarded: impl Fn(&Key) -> bool,
) -> Result<Plan, Vec<Refusal>> {
    let posted = &flat::ungrouped(posted, current);
    let mut planning = Planning {
        places: flat::places(current).into_iter().map(|place| (place.flat.clone(), place)).collect(),
        plan: Plan { document: current.clone(), changes: Vec::new(), count: 0, ignored: Vec::new() },
        refusals: Vec::new(),
    };
    let keeps = |key: Option<&Key>, value: Option<&Value>| {
        let is_cleared = value.is_none_or(|value| value.as_array().is_some_and(Vec::is_empty) || value.is_null());
        mode == MissingKeys::Remove && is_cleared && key.is_some_and(&guarded)
    };
    for (flat, value) in posted {
        if !keeps(keys::by_flat_name(flat), Some(value)) {
            planning.take(flat, value);
        }
    }
    if mode == MissingKeys::Remove {
        for place in flat::places(current) {
            if place.key.is_some() && !posted.contains_key(&place.flat) && !keeps(place.key, None) {
                planning.remove(&place);
            }
        }
    }
    planning.finish()
}

struct Planning<'a> {
    places: HashMap<String, KeyPlace<'a>>,
    plan: Plan,
    refusals: Vec<Refusal>,
}

impl Planning<'_> {
    fn take(&mut self, flat: &str, value: &Value) {
        let place = self.places.get(flat);
        let key = place.map_or_else(|| keys::by_flat_name(flat), |place| place.key);
        let stored = place.map(|place| place.value);
        if stored == Some(value) || (value == MASK && key.is_none_or(|key| key.secret)) {
            return;
        }
        let accepted = match (key, stored) {
            (Some(key), _) => key.kind.accept(value).map_err(|wrong| wrong.as_reason()),
            (None, Some(stored)) => unknown::accept(flat, value, stored).map_err(Reason::from),
            (None, None) => Ok(value.clone()),
        };
        if key.is_none() && accepted.as_ref().ok() == stored {
            return;
        }
        self.plan.count += 1;
        let (section, name) = match (place, key) {
            (Some(place), _) => (place.section.to_owned(), place.name.to_owned()),
            (None, Some(key)) => (key.section.to_owned(), key.name.to_owned()),
            (None, None) => return self.plan.ignored.push(flat.to_owned()),
        };
        match accepted {
            Err(wrong) => self.refusals.push(Refusal::new(flat, wrong)),
            Ok(value) if stored == Some(&value) => {}
            Ok(value) => {
                let change = Change { flat: flat.to_owned(), key, old: stored.cloned(), new: Some(value.clone()) };
                self.plan.changes.push(change);
                self.put(section, name, value);
            }
        }
    }

    fn put(&mut self, section: String, name: String, value: Value) {
        let members = self.plan.document.entry(section).or_insert_with(|| Value::Object(Map::new()));
        if !members.is_object() {
            // A section that is not an object has nothing to lose but its own wrong value.
            *members = Value::Object(Map::new());
        }
        if let Some(members) = members.as_object_mut() {
            members.insert(name, value);
        }
    }

    fn remove(&mut self, place: &KeyPlace<'_>) {
        if let Some(members) = self.plan.document.get_mut(place.section).and_then(Value::as_object_mut) {
            members.shift_remove(place.name);
            if members.is_empty() {
                self.plan.document.shift_remove(place.section);
            }
        }
        let old = Some(place.value.clone());
        self.plan.changes.push(Change { flat: place.flat.clone(), key: place.key, old, new: None });
    }

    fn finish(mut self) -> Result<Plan, Vec<Refusal>> {
        for found in contradictions::contradictions(&self.plan.document) {
            // A conflict that was there before is not held against a post that does not touch it.
            let is_changed = |flat: &&&str| self.plan.changes.iter().any(|change| change.flat == ***flat);
            if let Some(changed) = found.keys.iter().find(is_changed) {
                let flat = (*found.mended_at.as_ref().unwrap_or(changed)).to_owned();
                self.refusals.push(Refusal { code: found.code, ..Refusal::new(flat, found.wrong.clone()) });
            }
        }
        if self.refusals.is_empty() { Ok(self.plan) } else { Err(self.refusals) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(value: Value) -> Document {
        value.as_object().unwrap().clone()
    }

    fn planned(current: Value, posted: Value, mode: MissingKeys) -> Plan {
        plan(&object(current), &object(posted), mode, |_| false).unwrap()
    }

    fn refused(current: Value, posted: Value) -> Vec<String> {
        let refusals = plan(&object(current), &object(posted), MissingKeys::Keep, |_| false).unwrap_err();
        refusals.into_iter().map(|refusal| format!("{} {}", refusal.flat, refusal.wrong)).collect()
    }

    #[test]
    fn an_unchanged_post_changes_nothing_whatever_the_file_holds() {
        let odd = json!({
            "PlexPart": {"UsePlex": true, "PlexUrl": 5, "LibstoExclude": "x"},
            "JellyfinPart": {"UseJellyfin": "true"},
            "PosterOverlayPart": {"maxPointSize": "big", "text_offset": null, "own_key": {"a": 1}},
            "WebUI": {"basicAuthEnabled": 1, "basicAuthPassword": ""},
            "Own": {"x": 1.5},
            "root": [1],
        });
        let posted = Value::Object(flat::flatten(&object(odd.clone()), false));
        for mode in [MissingKeys::Remove, MissingKeys::Keep] {
            let plan = planned(odd.clone(), posted.clone(), mode);
            assert_eq!(Value::Object(plan.document), odd);
            assert_eq!((plan.count, plan.changes.len(), plan.ignored.len()), (0, 0, 0));
        }
    }

    #[test]
    fn a_full_post_removes_known_keys_and_keeps_unknown_ones() {
        let current = json!({"PrerequisitePart": {"AssetPath": "/a", "font": "x.ttf", "new": 1}, "Own": {"k": 2}, "PlexPart": {"UsePlex": "true"}});
        let replaced = planned(current.clone(), json!({"AssetPath": "/b", "Nobody": 3}), MissingKeys::Remove);
        assert_eq!(
            Value::Object(replaced.document),
            json!({"PrerequisitePart": {"AssetPath": "/b", "new": 1}, "Own": {"k": 2}})
        );
        assert_eq!((replaced.count, replaced.ignored), (2, vec!["Nobody".to_owned()]), "removed keys are not counted");
        assert_eq!(replaced.changes.len(), 3);
        let merged = planned(current, json!({"AssetPath": "/b", "k": "3", "PlexToken": "t"}), MissingKeys::Keep);
        let expected = json!({
            "PrerequisitePart": {"AssetPath": "/b", "font": "x.ttf", "new": 1}, "Own": {"k": 3},
            "PlexPart": {"UsePlex": "true"}, "ApiPart": {"PlexToken": "t"},
        });
        assert_eq!(Value::Object(merged.document), expected);
        assert_eq!(merged.count, 3);
    }

    #[test]
    fn unknown_keys_keep_their_type_in_flat_and_in_grouped_posts() {
        let current = json!({"ApiPart": {"LaterOrder": ["TMDB"], "LaterFlag": false, "Token2": "t"}});
        let flat = json!({"LaterOrder": "[\"TVDB\"]", "LaterFlag": "true", "Token2": MASK});
        let expected = json!({"ApiPart": {"LaterOrder": ["TVDB"], "LaterFlag": true, "Token2": "t"}});
        for posted in [flat.clone(), json!({"ApiPart": flat})] {
            let plan = planned(current.clone(), posted, MissingKeys::Keep);
            assert_eq!((Value::Object(plan.document), plan.count), (expected.clone(), 2));
        }
        for posted in [json!({"LaterOrder": "TVDB"}), json!({"ApiPart": {"LaterOrder": "TVDB"}})] {
            let wrong = refused(current.clone(), posted);
            assert_eq!(wrong, [r#"LaterOrder must remain a list, as JSON such as ["a", "b"]"#]);
        }
        let unchanged = json!({"LaterFlag": "False", "LaterOrder": "[\"TMDB\"]"});
        assert_eq!(planned(current, unchanged, MissingKeys::Keep).count, 0);
    }

    #[test]
    fn a_grouped_post_replaces_no_more_than_a_flat_one() {
        let current = json!({"PlexPart": {"PlexUrl": "http://a", "UsePlex": "true"}, "Own": {"k": 1}});
        let grouped = planned(current.clone(), json!({"PlexPart": {"PlexUrl": "http://b"}}), MissingKeys::Remove);
        let flat = planned(current, json!({"PlexUrl": "http://b"}), MissingKeys::Remove);
        assert_eq!(grouped.document, flat.document);
        assert!(grouped.ignored.is_empty());
    }

    #[test]
    fn values_are_stored_in_the_form_the_script_reads() {
        let posted =
            json!({"PosterTextOffset": 430, "outputQuality": "92", "UsePlex": true, "basicAuthEnabled": "false"});
        let plan = planned(json!({"WebUI": {"basicAuthEnabled": false}}), posted, MissingKeys::Keep);
        let expected = json!({
            "WebUI": {"basicAuthEnabled": false}, "PosterOverlayPart": {"text_offset": "+430"},
            "OverlayPart": {"outputQuality": "92%"}, "PlexPart": {"UsePlex": "true"},
        });
        assert_eq!(Value::Object(plan.document), expected);
        assert_eq!((plan.count, plan.changes.len()), (4, 3), "\"false\" differs from false, and means the same");
    }

    #[test]
    fn a_mask_means_the_stored_value_only_where_something_is_masked() {
        let current = json!({"ApiPart": {"tmdbtoken": "secret"}, "Own": {"k": "v"}});
        let plan =
            planned(current.clone(), json!({"tmdbtoken": MASK, "k": MASK, "PlexToken": MASK}), MissingKeys::Remove);
        assert_eq!(Value::Object(plan.document), current);
        assert_eq!(plan.count, 0);
        let named = planned(json!({}), json!({"DiscordUserName": MASK}), MissingKeys::Keep);
        assert_eq!(named.document["Notification"]["DiscordUserName"], MASK);
    }

    #[test]
    fn everything_wrong_is_told_at_once_and_no_value_is_repeated() {
        let posted = json!({"PosterMaxWidth": "wide", "UsePlex": "on", "tmdbtoken": ["s3cret"], "AssetPath": "/fine"});
        let wrong = refused(json!({}), posted);
        assert_eq!(
            wrong,
            [
                "PosterMaxWidth must be a whole number from 1 to 30000",
                "UsePlex must be true or false",
                "tmdbtoken must be text",
            ]
        );
    }

    #[test]
    fn keys_that_do_not_go_together_are_refused_only_where_the_post_brings_it_about() {
        let posted =
            json!({"PosterMaxPointSize": "44", "UseJellyfin": true, "basicAuthEnabled": true, "basicAuthPassword": ""});
        let wrong = refused(json!({"PlexPart": {"UsePlex": "true"}}), posted);
        assert_eq!(wrong.len(), 3, "{wrong:?}");
        assert_eq!(wrong[0], "PosterMaxPointSize makes the smallest font size, 45, larger than the largest, 44");
        assert_eq!(wrong[1], "UseJellyfin must be the only one of UsePlex, UseJellyfin and UseEmby that is on");
        assert!(wrong[2].starts_with("basicAuthPassword leaves the login with an empty password"), "{wrong:?}");
        let switched = json!({"UseJellyfin": "true", "UsePlex": "false"});
        assert_eq!(planned(json!({"PlexPart": {"UsePlex": "true"}}), switched, MissingKeys::Keep).changes.len(), 2);
        let odd = json!({"PosterOverlayPart": {"minPointSize": "900"}, "EmbyPart": {"UseEmby": "true"}});
        planned(odd, json!({"AssetPath": "/x"}), MissingKeys::Keep);
    }

    #[test]
    fn an_exclusion_list_that_a_client_could_not_know_is_not_cleared_by_a_full_post() {
        let current = object(json!({"PlexPart": {"LibstoExclude": ["Kids"]}, "EmbyPart": {"LibstoExclude": ["Old"]}}));
        let guarded = |key: &Key| key.name == "LibstoExclude";
        let post = |posted: Value, mode| plan(&current, &object(posted), mode, guarded).unwrap().document;
        assert_eq!(post(json!({"PlexLibstoExclude": []}), MissingKeys::Remove), current);
        assert_eq!(
            post(json!({"PlexLibstoExclude": ["Other"]}), MissingKeys::Remove)["PlexPart"]["LibstoExclude"],
            json!(["Other"])
        );
        assert_eq!(
            post(json!({"PlexLibstoExclude": []}), MissingKeys::Keep)["PlexPart"]["LibstoExclude"],
            json!([]),
            "on purpose"
        );
    }
}
