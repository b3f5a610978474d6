//! Which values a key of `config.json` may have: what is taken, what it becomes, and what is wrong with the rest.
//!
//! Taken is whatever has one clear meaning; it becomes the form the script reads (`true` → `"true"`, `92` → `"92%"`). The
//! texts never repeat a value: it may be a secret.

use serde_json::{Map, Value, json};
use url::Url;

use super::colour::Colour;
pub use super::wrong::Wrong;

/// A class of values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValueKind {
    /// A real JSON boolean.
    Boolean,
    /// `true` or `false` as text, in any letter case.
    Switch,
    /// A whole number in this range, as text.
    Number {
        /// The least one.
        from: i64,
        /// The greatest one.
        to: i64,
    },
    /// A whole number that always has its sign, as text.
    Offset,
    /// `1%` to `100%`.
    Percent,
    /// One of these, in any letter case.
    OneOf(Vec<&'static str>),
    /// Where something stands: one of [`GRAVITIES`], in any letter case.
    Gravity,
    /// A colour as ImageMagick takes it, see [`Colour::parse`].
    Colour,
    /// The same, or nothing.
    ColourOrNothing,
    /// Any text.
    Text,
    /// A folder.
    Path,
    /// An `http` or `https` address, or nothing.
    Url,
    /// An address of any scheme, or nothing.
    Address,
    /// The name of an image file in `Overlayfiles`, or nothing.
    Image,
    /// The name of a font file in `Overlayfiles`, or nothing.
    Font,
    /// Language codes, best first.
    Languages,
    /// Names of libraries.
    Libraries,
    /// Texts in which spaces count.
    Symbols,
    /// Some of [`PROVIDERS`], best first, in any letter case.
    Providers,
    /// An object of texts and what is printed in their place.
    Replacements,
    /// An object of libraries, each with an object that has a `PreferredLanguageOrder`.
    LibraryLanguages,
}

/// Who has artwork, as the order of providers names them.
pub const PROVIDERS: [&str; 4] = ["TMDB", "TVDB", "Fanart", "Plex"];
/// The one member of a library's object that counts.
const LIBRARY_ORDER: &str = "PreferredLanguageOrder";

/// The nine places of a text in its box.
pub const GRAVITIES: [&str; 9] =
    ["NorthWest", "North", "NorthEast", "West", "Center", "East", "SouthWest", "South", "SouthEast"];

/// The language that stands for an image without text.
const TEXTLESS: &str = "xx";
/// In place of languages: those of the posters.
const INHERIT: &str = "PleaseFillMe";
/// Farther than any image is high.
const FARTHEST: i64 = 30_000;
/// What the script can use as a font; a collection (`.ttc`, `.otc`) is one too.
const FONTS: [&str; 4] = [".ttf", ".otf", ".ttc", ".otc"];
const COLLECTIONS: [&str; 2] = [".ttc", ".otc"];
const IMAGES: [&str; 4] = [".png", ".jpg", ".jpeg", ".webp"];

impl ValueKind {
    /// The kind that a row of the table names.
    pub fn named(name: &'static str) -> Option<Self> {
        if let Some(range) = name.strip_prefix("number ") {
            let (from, to) = range.split_once("..")?;
            return Some(Self::Number { from: from.parse().ok()?, to: to.parse().ok()? });
        }
        if let Some(choices) = name.strip_prefix("one of ") {
            return Some(Self::OneOf(choices.split(", ").collect()));
        }
        Some(match name {
            "boolean" => Self::Boolean,
            "switch" => Self::Switch,
            "offset" => Self::Offset,
            "percent" => Self::Percent,
            "gravity" => Self::Gravity,
            "colour" => Self::Colour,
            "colour or nothing" => Self::ColourOrNothing,
            "text" => Self::Text,
            "path" => Self::Path,
            "url" => Self::Url,
            "address" => Self::Address,
            "image" => Self::Image,
            "font" => Self::Font,
            "languages" => Self::Languages,
            "libraries" => Self::Libraries,
            "symbols" => Self::Symbols,
            "providers" => Self::Providers,
            "replacements" => Self::Replacements,
            "library languages" => Self::LibraryLanguages,
            _ => return None,
        })
    }

    /// The value in the form that the script reads, or what it must be instead.
    pub fn accept(&self, value: &Value) -> Result<Value, Wrong> {
        match self {
            Self::Boolean => boolean(value).map(Value::from).ok_or(Wrong::Switch),
            Self::Languages => {
                list(value, true, is_language).ok_or(Wrong::Languages { textless: TEXTLESS, inherit: INHERIT })
            }
            Self::Libraries => list(value, true, is_plain).ok_or(Wrong::Libraries),
            Self::Symbols => list(value, false, is_plain).ok_or(Wrong::Symbols),
            Self::Providers => list(value, true, |item| is_one_of(item, &PROVIDERS))
                .filter(has_no_doubles)
                .ok_or_else(|| Wrong::Providers { all: PROVIDERS.join(", ") }),
            Self::Replacements => map(value, |_, text| text.is_string().then(|| text.clone()))
                .ok_or(Wrong::Replacements { example: "{\"LONGWORD\": \"LONG-\\nWORD\"}" }),
            Self::LibraryLanguages => map(value, |_, library| languages_of(library)).ok_or_else(|| {
                let example = format!("{{\"Movies\": {{\"{LIBRARY_ORDER}\": [\"de\", \"en\"]}}}}");
                Wrong::LibraryLanguages { example }
            }),
            _ => {
                let text = text(value).ok_or(Wrong::Text)?;
                if text.contains('\0') {
                    return Err(Wrong::Nul);
                }
                self.accept_text(text).map(Value::from)
            }
        }
    }

    /// Values that are accepted: the least, the greatest, each choice, and odd ones. For tests of those who read the file.
    pub fn samples(&self) -> Vec<Value> {
        let texts = |texts: &[&str]| -> Vec<Value> { texts.iter().map(|text| Value::from(*text)).collect() };
        match self {
            Self::Boolean => vec![true.into(), false.into(), "yes".into(), "0".into()],
            Self::Switch => vec!["true".into(), "FALSE".into(), " True ".into(), false.into(), true.into()],
            Self::Number { from, to } => {
                let both = [*from, *to];
                both.into_iter().flat_map(|number| [number.into(), format!(" {number} ").into()]).collect()
            }
            Self::Offset => vec![(-FARTHEST).into(), FARTHEST.into(), "+0".into(), " 430 ".into()],
            Self::Percent => texts(&["1%", "100%", "1", " 100% "]),
            Self::OneOf(choices) => {
                choices.iter().flat_map(|choice| [(*choice).into(), choice.to_uppercase().into()]).collect()
            }
            Self::Gravity => GRAVITIES.iter().flat_map(|name| [(*name).into(), name.to_uppercase().into()]).collect(),
            Self::Colour => texts(&[
                "white",
                "DarkSeaGreen4",
                "Light Blue",
                "gray37",
                "none",
                "transparent",
                "#abc",
                "#AABBCC80",
                "#112233445566",
                "#1122334455667788",
                "rgb(100%, 0, 12)",
                "rgba(1,2,3,0.5)",
                "hsl(120, 100%, 50%)",
                "hsla(120,100%,50%,0.5)",
            ]),
            Self::ColourOrNothing => texts(&["white", "", "#abc"]),
            Self::Text => texts(&["", "0", "ä \u{5e9} \u{1f916}", "%s \\n $(x)"])
                .into_iter()
                .chain([5.into(), true.into()])
                .collect(),
            Self::Path => texts(&["", "/", "/a b/ü/", "C:\\x\\"]),
            Self::Url => texts(&["", "http://nas:1/", "HTTPS://a.example/b?c"]),
            Self::Address => texts(&["", "tgram://a/b"]),
            Self::Image => texts(&["", "a b.PNG", "ü.jpg", "x.webp"]),
            Self::Font => texts(&["", "a b.TTF", "ü.otf", "x.ttc", "x.otc", "x.TTC#2"]),
            Self::Languages => vec![vec!["xx", "pt-BR", INHERIT].into(), "en, de".into(), Value::Array(Vec::new())],
            Self::Libraries | Self::Symbols => vec![vec!["a", "ü, b"].into(), " - ,x".into(), Value::Array(Vec::new())],
            Self::Providers => vec![vec!["Plex", "tmdb"].into(), "Fanart, TVDB".into(), Value::Array(Vec::new())],
            Self::Replacements => vec![json!({"ab": "a-\nb", "c": ""}), "{\"a\": \"b\"}".into(), json!({})],
            Self::LibraryLanguages => vec![
                json!({"Ü b": {"PreferredLanguageOrder": ["xx", "de"], "ApplyToPoster": true}}),
                "{\"a\": {\"PreferredLanguageOrder\": \"en, de\"}}".into(),
                json!({}),
            ],
        }
    }

    fn accept_text(&self, text: String) -> Result<String, Wrong> {
        let trimmed = text.trim();
        match self {
            Self::Switch if is_one_of(trimmed, &["true", "false"]) => Ok(trimmed.to_owned()),
            Self::Switch => Err(Wrong::Switch),
            Self::Number { from, to } => match trimmed.parse::<i64>() {
                Ok(number) if (*from..=*to).contains(&number) => Ok(number.to_string()),
                _ => Err(Wrong::Number { from: *from, to: *to }),
            },
            Self::Offset => match trimmed.parse::<i64>() {
                Ok(number) if number.abs() <= FARTHEST => Ok(format!("{number:+}")),
                _ => Err(Wrong::Offset { most: FARTHEST }),
            },
            Self::Percent => match trimmed.strip_suffix('%').unwrap_or(trimmed).parse::<u8>() {
                Ok(percent @ 1..=100) => Ok(format!("{percent}%")),
                _ => Err(Wrong::Percent),
            },
            Self::OneOf(choices) if is_one_of(trimmed, choices) => Ok(trimmed.to_owned()),
            Self::OneOf(choices) => Err(Wrong::OneOf { choices: choices.join(", ") }),
            Self::Gravity if is_one_of(trimmed, &GRAVITIES) => Ok(trimmed.to_owned()),
            Self::Gravity => Err(Wrong::OneOf { choices: GRAVITIES.join(", ") }),
            Self::ColourOrNothing if trimmed.is_empty() => Ok(String::new()),
            Self::Colour | Self::ColourOrNothing => {
                Colour::parse(trimmed).map(|_| trimmed.to_owned()).map_err(|_| Wrong::Colour)
            }
            Self::Url if trimmed.is_empty() || is_url(trimmed) => Ok(trimmed.to_owned()),
            Self::Url => Err(Wrong::Url),
            Self::Address if trimmed.is_empty() || has_scheme(trimmed) => Ok(trimmed.to_owned()),
            Self::Address => Err(Wrong::Address),
            Self::Image if trimmed.is_empty() || is_file(trimmed, &IMAGES) => Ok(trimmed.to_owned()),
            Self::Image => Err(Wrong::Image { endings: IMAGES.join(", ") }),
            Self::Font if trimmed.is_empty() || is_file(without_face(trimmed), &FONTS) => Ok(trimmed.to_owned()),
            Self::Font => Err(Wrong::Font { endings: FONTS.join(", ") }),
            Self::Path if text.chars().any(char::is_control) => Err(Wrong::Controls),
            // The rest is JSON of another type; `accept` has dealt with it.
            Self::Path
            | Self::Text
            | Self::Boolean
            | Self::Languages
            | Self::Libraries
            | Self::Symbols
            | Self::Providers
            | Self::Replacements
            | Self::LibraryLanguages => Ok(text),
        }
    }
}

/// A JSON boolean, or a text that upstream takes for one.
fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) if is_one_of(text.trim(), &["true", "1", "yes"]) => Some(true),
        Value::String(text) if is_one_of(text.trim(), &["false", "0", "no"]) => Some(false),
        _ => None,
    }
}

/// A text; numbers and booleans have one clear form as text.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A list of texts that are all right. One text is a list with commas, as people type it.
fn list(value: &Value, trim: bool, is_right: impl Fn(&str) -> bool) -> Option<Value> {
    let items: Vec<String> = match value {
        Value::Array(items) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<_>>()?,
        Value::String(text) => text.split(',').map(str::to_owned).filter(|item| !item.trim().is_empty()).collect(),
        _ => return None,
    };
    let items = items.into_iter().map(|item| if trim { item.trim().to_owned() } else { item });
    items.map(|item| is_right(&item).then(|| Value::from(item))).collect()
}

/// An object whose members are all right. A text is one that says it in JSON, as pages without a field for objects send it.
fn map(value: &Value, right: impl Fn(&str, &Value) -> Option<Value>) -> Option<Value> {
    let parsed = value.as_str().and_then(|text| serde_json::from_str::<Map<String, Value>>(text.trim()).ok());
    let members = parsed.as_ref().or_else(|| value.as_object())?;
    let member = |(name, value): (&String, &Value)| {
        let value = is_plain(name).then(|| right(name, value))??;
        Some((name.clone(), value))
    };
    members.iter().map(member).collect::<Option<Map<_, _>>>().map(Value::Object)
}

/// A library's object with its order of languages; what else is in it stays.
fn languages_of(library: &Value) -> Option<Value> {
    let mut members = library.as_object()?.clone();
    let order = list(members.get(LIBRARY_ORDER)?, true, is_language)?;
    members.insert(LIBRARY_ORDER.to_owned(), order);
    Some(Value::Object(members))
}

fn has_no_doubles(list: &Value) -> bool {
    let names: Vec<String> =
        list.as_array().into_iter().flatten().map(|name| name.to_string().to_lowercase()).collect();
    names.iter().enumerate().all(|(at, name)| !names.iter().skip(at + 1).any(|other| other == name))
}

fn is_plain(item: &str) -> bool {
    !item.is_empty() && !item.contains('\0')
}

/// A code of two or three letters, with a region if need be, or [`INHERIT`].
fn is_language(item: &str) -> bool {
    let letters = |part: &str, lengths: &[usize]| {
        lengths.contains(&part.len()) && part.chars().all(|letter| letter.is_ascii_alphanumeric())
    };
    let (language, region) = item.split_once(['-', '_']).unwrap_or((item, ""));
    let is_code = letters(language, &[2, 3]) && (region.is_empty() == (language.len() == item.len()));
    item.eq_ignore_ascii_case(INHERIT) || (is_code && (region.is_empty() || letters(region, &[2, 3, 4])))
}

fn is_one_of(text: &str, choices: &[&str]) -> bool {
    choices.iter().any(|choice| choice.eq_ignore_ascii_case(text))
}

fn is_url(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

fn has_scheme(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, rest)| {
        !rest.is_empty()
            && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && !scheme.contains(char::is_whitespace)
    })
}

/// The name of a font's file: a face of a collection is named by its number after it, as in `x.ttc#2`.
fn without_face(name: &str) -> &str {
    match name.rsplit_once('#') {
        Some((file, face)) if is_file(file, &COLLECTIONS) && face.parse::<u32>().is_ok() => file,
        _ => name,
    }
}

/// A name and no path, with one of these endings.
fn is_file(text: &str, endings: &[&str]) -> bool {
    let lower = text.to_lowercase();
    !text.contains(['/', '\\', '\0']) && endings.iter().any(|ending| lower.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn kind(name: &'static str) -> ValueKind {
        ValueKind::named(name).unwrap()
    }

    /// What each value becomes; null where it is refused.
    fn becomes(name: &'static str, cases: &[(Value, Value)]) {
        for (given, expected) in cases {
            let taken = kind(name).accept(given).unwrap_or_default();
            assert_eq!(taken, *expected, "{name}: {given}");
        }
    }

    const NO: Value = Value::Null;

    #[test]
    fn switches_are_texts_and_the_one_boolean_is_a_boolean() {
        let kept = [json!("true"), json!("False"), json!("TRUE")].map(|value| (value.clone(), value));
        becomes("switch", &kept);
        becomes("switch", &[(json!(true), json!("true")), (json!("yes"), NO), (json!(1), NO), (json!(""), NO)]);
        becomes("boolean", &[(json!(true), json!(true)), (json!("False"), json!(false)), (json!("yes"), json!(true))]);
        becomes("boolean", &[(json!("on"), NO), (json!(1), NO), (NO, NO), (json!([]), NO)]);
    }

    #[test]
    fn numbers_are_texts_in_their_range() {
        becomes(
            "number 0..1000",
            &[(json!("6"), json!("6")), (json!(6), json!("6")), (json!(" 1000 "), json!("1000"))],
        );
        becomes("number 0..1000", &[(json!("1001"), NO), (json!(-1), NO), (json!("6px"), NO), (json!(""), NO)]);
        becomes("number 0..1000", &[(json!(1.5), NO), (json!(true), NO), (NO, NO), (json!(["6"]), NO)]);
        becomes("offset", &[(json!("+430"), json!("+430")), (json!("430"), json!("+430")), (json!(-20), json!("-20"))]);
        becomes("offset", &[(json!("0"), json!("+0")), (json!("+"), NO), (json!("+99999"), NO)]);
        becomes("percent", &[(json!("92%"), json!("92%")), (json!(92), json!("92%")), (json!("100"), json!("100%"))]);
        becomes("percent", &[(json!("0%"), NO), (json!("101%"), NO), (json!("%"), NO)]);
    }

    #[test]
    fn choices_and_colours_are_taken_in_any_letter_case() {
        becomes("one of tmdb, tvdb", &[(json!("TVDB"), json!("TVDB")), (json!("imdb"), NO)]);
        becomes("gravity", &[(json!("south"), json!("south")), (json!("NorthWest"), json!("NorthWest"))]);
        becomes("gravity", &[(json!("middle"), NO)]);
        for good in
            ["white", "#FFF", "#a0B1c2", "#00000080", "rgb(1, 2, 3)", "Light Blue", "none", "DarkSeaGreen4", "gray37"]
        {
            becomes("colour", &[(json!(good), json!(good))]);
        }
        for bad in ["", "#12345", "#ggg", "rgb(1", "red;", "-x", "notacolour"] {
            becomes("colour", &[(json!(bad), NO)]);
        }
    }

    #[test]
    fn addresses_and_files_may_be_empty_and_must_be_what_they_claim() {
        for empty in ["url", "address", "image", "font", "text", "path"] {
            becomes(empty, &[(json!(""), json!(""))]);
        }
        becomes("url", &[(json!(" http://nas:32400/ "), json!("http://nas:32400/")), (json!("nas:32400"), NO)]);
        becomes("url", &[(json!("ftp://nas"), NO), (json!("http://"), NO)]);
        becomes(
            "address",
            &[(json!("tgram://a/b"), json!("tgram://a/b")), (json!("discord"), NO), (json!("://x"), NO)],
        );
        becomes("image", &[(json!("a b.PNG"), json!("a b.PNG")), (json!("../a.png"), NO), (json!("a.ttf"), NO)]);
        becomes(
            "font",
            &[
                (json!("x.otf"), json!("x.otf")),
                (json!("x.ttc#2"), json!("x.ttc#2")),
                (json!("x.ttf#2"), NO),
                (json!("/etc/x.ttf"), NO),
                (json!("x.png"), NO),
            ],
        );
        becomes("path", &[(json!("C:\\Ä b\\"), json!("C:\\Ä b\\")), (json!("/a\nb"), NO), (json!("/a\0"), NO)]);
    }

    #[test]
    fn lists_are_lists_of_texts_and_a_text_with_commas_is_one() {
        becomes(
            "languages",
            &[(json!(["xx", "en", "pt-BR", "PleaseFillMe"]), json!(["xx", "en", "pt-BR", "PleaseFillMe"]))],
        );
        becomes("languages", &[(json!("xx, de,"), json!(["xx", "de"])), (json!([]), json!([]))]);
        becomes("languages", &[(json!(["english"]), NO), (json!([5]), NO), (json!(["en-"]), NO), (json!([""]), NO)]);
        becomes("libraries", &[(json!([" Filme "]), json!(["Filme"])), (json!([""]), NO), (json!({}), NO)]);
        becomes("symbols", &[(json!([" - ", ":"]), json!([" - ", ":"])), (json!([""]), NO)]);
    }

    #[test]
    fn providers_are_known_ones_each_once() {
        becomes("providers", &[(json!(["Plex", "tmdb"]), json!(["Plex", "tmdb"])), (json!("TVDB"), json!(["TVDB"]))]);
        becomes("providers", &[(json!(["TMDB", "tmdb"]), NO), (json!(["IMDB"]), NO), (json!({}), NO)]);
    }

    #[test]
    fn objects_may_come_as_text_and_have_members_of_their_kind() {
        let words = json!({"LONGWORD": "LONG-\nWORD"});
        becomes("replacements", &[(words.clone(), words.clone()), (json!(words.to_string()), words)]);
        becomes("replacements", &[(json!({"a": 1}), NO), (json!({"": "b"}), NO), (json!(["a"]), NO), (json!("a"), NO)]);
        let library = |order: Value| json!({"Filme": {"PreferredLanguageOrder": order, "ApplyToPoster": true}});
        becomes("library languages", &[(library(json!("de, en")), library(json!(["de", "en"])))]);
        becomes(
            "library languages",
            &[(json!({"Filme": ["de"]}), NO), (library(json!(["german"])), NO), (json!({}), json!({}))],
        );
    }

    #[test]
    fn what_is_refused_is_not_repeated() {
        for name in [
            "switch",
            "offset",
            "percent",
            "gravity",
            "colour",
            "url",
            "address",
            "image",
            "languages",
            "providers",
            "replacements",
            "library languages",
        ] {
            let error = kind(name).accept(&json!("s3cr3t value!")).unwrap_err().english();
            assert!(error.starts_with("must ") && !error.contains("s3cr3t"), "{error}");
        }
    }

    #[test]
    fn all_samples_are_accepted() {
        for key in super::super::keys::all() {
            for sample in key.kind.samples() {
                assert!(key.kind.accept(&sample).is_ok(), "{}: {sample}", key.flat);
            }
        }
    }

    #[test]
    fn only_kinds_there_are_can_be_named() {
        assert_eq!(ValueKind::named("numbers"), None);
        assert_eq!(ValueKind::named("number 5"), None);
    }
}
