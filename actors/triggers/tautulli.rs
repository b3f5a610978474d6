//! Tautulli's webhook: a JSON object of our own making, pasted by the user into Tautulli's template.

use serde_json::Value;

use super::media_event::{MediaEvent, Pairs, PayloadVerdict, Source};
use super::payload::{field_any_case, text};
use super::reason::IngestReason;

/// The script's parameters with the other spelling users try.
const KEYS: [(&str, &str); 3] = [
    ("RatingKey", "rating_key"),
    ("parentratingkey", "parent_rating_key"),
    ("grandparentratingkey", "grandparent_rating_key"),
];
const MEDIA_TYPE: (&str, &str) = ("mediatype", "media_type");
/// What Tautulli tells of; who set it up before this was asked for does not say.
const ACTION: (&str, &str) = ("action", "notify_action");
/// Events after which an episode may have been watched.
const WATCHED: [&str; 2] = ["watched", "stop"];
/// Events of playing after which nothing looks otherwise.
const PLAYING: [&str; 6] = ["play", "pause", "resume", "buffer", "error", "change"];

/// Decides on a payload that is an object with at least one field.
pub fn read(payload: &Value) -> PayloadVerdict {
    let keys: Vec<_> = KEYS.iter().filter_map(|names| Some((names.0, value(payload, *names)?))).collect();
    let media_type = value(payload, MEDIA_TYPE);
    if is_test(payload) {
        return PayloadVerdict::Test;
    }
    let Some((given, media_type)) = media_type.map(|given| (given.clone(), given.to_ascii_lowercase())) else {
        return PayloadVerdict::Unprocessable(IngestReason::NoMediaType);
    };
    if let Some((name, key)) = keys.iter().find(|(_, key)| !is_rating_key(key)) {
        let key = super::media_event::one_line(key);
        return PayloadVerdict::Unprocessable(IngestReason::NotRatingKey { field: name, key });
    }
    let Some(item) = item_of(&media_type, &keys) else {
        return match media_type.as_str() {
            "movie" | "show" | "season" | "episode" => {
                PayloadVerdict::Unprocessable(IngestReason::NoRatingKey { kind: media_type })
            }
            _ => PayloadVerdict::Ignored(IngestReason::IgnoredMedia { kind: super::media_event::one_line(&given) }),
        };
    };
    let action = value(payload, ACTION).map(|action| action.to_ascii_lowercase()).unwrap_or_default();
    if PLAYING.contains(&action.as_str()) {
        return PayloadVerdict::Ignored(IngestReason::IgnoredAction { event: action });
    }
    let was_played = WATCHED.contains(&action.as_str());
    let episode = keys.iter().find(|(name, _)| *name == KEYS[0].0).filter(|_| media_type == "episode");
    let (subject, event) = match (was_played, episode) {
        (false, _) => (format!("tautulli {item}"), media_type.clone()),
        (true, Some((_, key))) => (format!("tautulli watched {key}"), action.clone()),
        (true, None) => {
            return PayloadVerdict::Ignored(IngestReason::WatchedOther);
        }
    };
    let mut pairs = Pairs::default();
    for (name, key) in &keys {
        pairs.add(name, Some(key.clone()));
    }
    pairs.add(MEDIA_TYPE.0, Some(media_type));
    pairs.add(ACTION.0, Some(action).filter(|_| was_played));
    let pairs = pairs.into_vec();
    let delivery = format!("tautulli|{}", pairs.iter().map(|(_, value)| value.as_str()).collect::<Vec<_>>().join("|"));
    PayloadVerdict::Act(vec![MediaEvent { source: Source::Tautulli, event, pairs, subject, delivery, upgrade: false }])
}

/// The key the script will use for this media type.
fn item_of<'a>(media_type: &str, keys: &'a [(&str, String)]) -> Option<&'a str> {
    let key = |name: &str| keys.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str());
    match media_type {
        "movie" | "show" => key("RatingKey"),
        "season" => key("parentratingkey"),
        "episode" => key("grandparentratingkey").or(key("parentratingkey")),
        _ => None,
    }
}

/// What Tautulli fills in for every real event. A name that it does not know stays as it is there, too.
const TEMPLATE: [&str; 2] = ["{rating_key}", "{media_type}"];

/// Tautulli's test dialog sends the template as it is, or with every value blank.
fn is_test(payload: &Value) -> bool {
    let Some(fields) = payload.as_object() else { return false };
    let texts: Vec<_> = fields.values().filter_map(Value::as_str).map(str::trim).collect();
    texts.len() == fields.len() && texts.iter().all(|text| text.is_empty())
        || texts.iter().any(|text| TEMPLATE.contains(text))
}

fn value(payload: &Value, (name, other): (&str, &str)) -> Option<String> {
    field_any_case(payload, name).or_else(|| field_any_case(payload, other)).and_then(|value| text(value, &[]))
}

fn is_rating_key(key: &str) -> bool {
    (1..=20).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn act(payload: &Value) -> MediaEvent {
        match read(payload) {
            PayloadVerdict::Act(mut media_events) => media_events.remove(0),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_documented_samples_give_the_scripts_parameters() {
        let table = [
            (include_str!("samples/tautulli_movie.json"), "RatingKey=51234 mediatype=movie", "tautulli 51234"),
            (
                include_str!("samples/tautulli_episode.json"),
                "RatingKey=60031 parentratingkey=60030 grandparentratingkey=60000 mediatype=episode",
                "tautulli 60000",
            ),
            (
                include_str!("samples/tautulli_season.json"),
                "RatingKey=60030 parentratingkey=60000 mediatype=season",
                "tautulli 60000",
            ),
        ];
        for (sample, expected, subject) in table {
            let media_event = act(&serde_json::from_str(sample).unwrap());
            let pairs: Vec<_> = media_event.pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
            assert_eq!(pairs.join(" "), expected);
            assert_eq!(media_event.subject, subject);
        }
    }

    #[test]
    fn names_are_read_in_any_case_and_numbers_as_text() {
        let media_event = act(&json!({"ratingkey": 7, "MediaType": "Movie", "evil; rm -rf": "x"}));
        assert_eq!(
            media_event.pairs,
            [("RatingKey", "7"), ("mediatype", "movie")].map(|(a, b)| (a.to_owned(), b.to_owned()))
        );
    }

    #[test]
    fn an_episode_that_was_played_is_another_job_than_one_that_was_added() {
        let event = |kind: &str, action: &str| {
            read(&json!({"RatingKey": "3", "parentratingkey": "2", "grandparentratingkey": "1", "mediatype": kind,
                "action": action}))
        };
        for action in ["watched", "stop", "Watched"] {
            let PayloadVerdict::Act(media_events) = event("episode", action) else { panic!("{action}") };
            assert_eq!(media_events[0].subject, "tautulli watched 3");
            let action = action.to_lowercase();
            assert_eq!(
                (media_events[0].pairs.last(), &media_events[0].event),
                (Some(&("action".into(), action.clone())), &action)
            );
        }
        let added =
            act(&json!({"RatingKey": "3", "grandparentratingkey": "1", "mediatype": "episode", "action": "created"}));
        assert_eq!((added.subject.as_str(), added.pairs.len(), added.event.as_str()), ("tautulli 1", 3, "episode"));
        assert!(
            matches!(event("episode", "pause"), PayloadVerdict::Ignored(IngestReason::IgnoredAction { event }) if event == "pause")
        );
        assert!(matches!(event("movie", "watched"), PayloadVerdict::Ignored(IngestReason::WatchedOther)));
    }

    #[test]
    fn tests_other_media_and_bad_keys_make_no_job() {
        let template: Value = serde_json::from_str(include_str!("samples/tautulli_template.json")).unwrap();
        assert_eq!(read(&template), PayloadVerdict::Test);
        assert_eq!(read(&json!({"RatingKey": "", "mediatype": " "})), PayloadVerdict::Test);
        assert!(matches!(read(&json!({"RatingKey": "5", "mediatype": "track"})), PayloadVerdict::Ignored(_)));
        for bad in [
            json!({"RatingKey": "1; reboot", "mediatype": "movie"}),
            json!({"RatingKey": "-Testing", "mediatype": "movie"}),
            json!({"RatingKey": "123456789012345678901", "mediatype": "movie"}),
            json!({"mediatype": "movie"}),
            json!({"RatingKey": "5"}),
            json!({"RatingKey": "5", "mediatype": "season"}),
        ] {
            assert!(matches!(read(&bad), PayloadVerdict::Unprocessable(_)), "{bad}");
        }
    }
}
