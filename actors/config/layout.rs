//! Changes values in the text of a `config.json` and leaves the rest of the text as its owner has it.
//!
//! Indentation, line ends, comments, the spelling of numbers and what else JSON does not care about stay, so that a file
//! under version control shows only what changed. The result is read back: if it does not say what it should, which no file is
//! known to bring about, the file is written anew.

use std::ops::Range;

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{PrettyFormatter, Serializer};

use super::document::{self, Document};
use super::lenient;

/// The text that says `wanted`, made from `text`, which says `before`.
pub fn rewrite(text: &str, before: &Document, wanted: &Document) -> Result<String, serde_json::Error> {
    let mut edit = Edit::of(text);
    let done = edit.adapt(before, wanted);
    let says_it = |text: &str| document::parse(text.as_bytes()).is_ok_and(|document| document == *wanted);
    if done.is_some() && says_it(&edit.text) { Ok(edit.text) } else { document::write(wanted) }
}

struct Edit {
    text: String,
    /// The same text with comments and trailing commas blanked: each byte in the same place.
    plain: String,
    /// What ends a line; `None` for a text in one line.
    line_end: Option<&'static str>,
    indent: String,
}

/// A name with its value, by their places in the text.
struct Member {
    name: String,
    starts: usize,
    value: Range<usize>,
}

impl Edit {
    fn of(text: &str) -> Self {
        let line_end = if text.contains("\r\n") { Some("\r\n") } else { text.contains('\n').then_some("\n") };
        // Whole comments are blanked, and single commas: it is UTF-8 as before.
        let plain = String::from_utf8(lenient::blanked(text.as_bytes())).unwrap_or_default();
        let first = plain.lines().skip(1).find(|line| line.trim_start().starts_with('"'));
        let indent = first.map_or("  ", |line| line.split('"').next().unwrap_or_default());
        Self { text: text.to_owned(), indent: indent.to_owned(), plain, line_end }
    }

    /// Goes through both levels of the document; `None` if the text is not what it should be.
    fn adapt(&mut self, before: &Document, wanted: &Document) -> Option<()> {
        for (name, old) in before {
            match (old, wanted.get(name)) {
                (_, None) => self.remove(None, name)?,
                (Value::Object(old), Some(Value::Object(new))) => self.adapt_section(name, old, new)?,
                (old, Some(new)) if old != new => self.set(None, name, new)?,
                _ => {}
            }
        }
        let new = wanted.iter().filter(|(name, _)| !before.contains_key(*name));
        new.map(|(name, value)| self.set(None, name, value)).collect()
    }

    fn adapt_section(&mut self, section: &str, before: &Document, wanted: &Document) -> Option<()> {
        for name in before.keys().filter(|name| !wanted.contains_key(*name)) {
            self.remove(Some(section), name)?;
        }
        let new = wanted.iter().filter(|(name, value)| before.get(*name) != Some(*value));
        new.map(|(name, value)| self.set(Some(section), name, value)).collect()
    }

    fn remove(&mut self, section: Option<&str>, name: &str) -> Option<()> {
        let members = self.members(&self.object(section)?)?;
        let at = members.iter().rposition(|member| member.name == name)?;
        let member = members.get(at)?;
        let before = at.checked_sub(1).and_then(|at| members.get(at));
        let cut = match (before, members.get(at + 1)) {
            (Some(before), _) => before.value.end..member.value.end,
            (None, Some(next)) => member.starts..next.starts,
            (None, None) => return self.replace(self.object(section)?, "{}"),
        };
        self.replace(cut, "")
    }

    fn set(&mut self, section: Option<&str>, name: &str, value: &Value) -> Option<()> {
        let depth = if section.is_some() { 2 } else { 1 };
        let text = self.print(value, depth)?;
        let object = self.object(section)?;
        let members = self.members(&object)?;
        if let Some(member) = members.iter().rfind(|member| member.name == name) {
            return self.replace(member.value.clone(), &text);
        }
        let (colon, new_line) =
            if self.line_end.is_some() { (": ", self.new_line(depth)) } else { (":", String::new()) };
        let entry = format!("{new_line}{}{colon}{text}", serde_json::to_string(name).ok()?);
        match members.last() {
            Some(last) => self.append(last.value.end, object.end - 1, &entry),
            // What is there besides the braces are comments.
            None if self.text.get(object.clone())? != self.plain.get(object.clone())? => {
                let end = object.start + 1 + self.text.get(object.start + 1..object.end - 1)?.trim_end().len();
                self.replace(end..end, &entry)
            }
            None => self.replace(object, &format!("{{{entry}{}}}", self.new_line(depth - 1))),
        }
    }

    /// Puts an entry behind the last one, whose value ends at `end`; `close` is where the braces close. A comment on the
    /// rest of the line belongs to the value before, and a comma that is there already is used.
    fn append(&mut self, end: usize, close: usize, entry: &str) -> Option<()> {
        let rest = self.text.get(end..close)?;
        let line = rest.find(['\r', '\n']).and_then(|length| rest.get(..length)).unwrap_or(rest);
        let has_comma = line.trim_start().starts_with(',');
        let is_whole = line.matches("/*").count() == line.matches("*/").count();
        if !is_whole || line.len() == rest.len() || line.trim_matches([' ', '\t', ',']).is_empty() && !has_comma {
            return self.replace(end..end, &format!(",{entry}"));
        }
        let line_end = end + line.trim_end().len();
        self.replace(line_end..line_end, entry)?;
        if has_comma { Some(()) } else { self.replace(end..end, ",") }
    }

    fn new_line(&self, depth: usize) -> String {
        self.line_end.map(|end| end.to_owned() + &self.indent.repeat(depth)).unwrap_or_default()
    }

    /// The value as it is written at this depth. No string in JSON holds a raw line feed, so each one is a new line.
    fn print(&self, value: &Value, depth: usize) -> Option<String> {
        if self.line_end.is_none() {
            return serde_json::to_string(value).ok();
        }
        let mut printed = Vec::new();
        let formatter = PrettyFormatter::with_indent(self.indent.as_bytes());
        value.serialize(&mut Serializer::with_formatter(&mut printed, formatter)).ok()?;
        Some(String::from_utf8(printed).ok()?.replace('\n', &self.new_line(depth)))
    }

    fn replace(&mut self, range: Range<usize>, with: &str) -> Option<()> {
        self.text.get(range.clone())?;
        self.plain.get(range.clone())?;
        self.text.replace_range(range.clone(), with);
        self.plain.replace_range(range, with);
        Some(())
    }

    /// Where the section stands, braces included; the whole document for `None`.
    fn object(&self, section: Option<&str>) -> Option<Range<usize>> {
        let start = self.plain.find('{')?;
        let root = start..value_end(&self.plain, start)?;
        let Some(section) = section else { return Some(root) };
        let member = self.members(&root)?.into_iter().rfind(|member| member.name == section)?;
        self.plain.get(member.value.clone())?.starts_with('{').then_some(member.value)
    }

    fn members(&self, object: &Range<usize>) -> Option<Vec<Member>> {
        let mut members = Vec::new();
        let mut at = self.skip(object.start + 1, " \t\r\n,")?;
        while at + 1 < object.end {
            let name_end = value_end(&self.plain, at)?;
            let value = self.skip(name_end, " \t\r\n:")?;
            let member = Member {
                name: serde_json::from_str(self.plain.get(at..name_end)?).ok()?,
                starts: at,
                value: value..value_end(&self.plain, value)?,
            };
            at = self.skip(member.value.end, " \t\r\n,")?;
            members.push(member);
        }
        Some(members)
    }

    fn skip(&self, from: usize, what: &str) -> Option<usize> {
        let rest = self.plain.get(from..)?;
        Some(self.plain.len() - rest.trim_start_matches(|c| what.contains(c)).len())
    }
}

/// Where the value that begins at `start` ends. The text is known to be JSON.
fn value_end(text: &str, start: usize) -> Option<usize> {
    let (mut depth, mut in_string, mut escaped) = (0usize, false, false);
    for (at, byte) in text.as_bytes().iter().enumerate().skip(start) {
        if in_string {
            in_string = escaped || *byte != b'"';
            escaped = !escaped && *byte == b'\\';
            if !in_string && depth == 0 {
                return Some(at + 1);
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => depth += 1,
            // The end of what a number or word stands in.
            b',' | b'}' | b']' | b' ' | b'\t' | b'\r' | b'\n' if depth == 0 => return Some(at),
            b'}' | b']' if depth == 1 => return Some(at + 1),
            b'}' | b']' => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn changed(text: &str, change: impl FnOnce(&mut Document)) -> String {
        let before = document::parse(text.as_bytes()).unwrap();
        let mut wanted = before.clone();
        change(&mut wanted);
        let text = rewrite(text, &before, &wanted).unwrap();
        assert_eq!(document::parse(text.as_bytes()).unwrap(), wanted, "{text}");
        text
    }

    #[test]
    fn only_the_changed_value_changes() {
        let odd = "\r\n{ \"A\" :\t{\r\n\t\"big\": 12345678901234567890123456789, \"e\":1.50E+2,\r\n\t\"ü\\\"x\": [ 1,2 ],\r\n\t\"k\": \"old\" }\r\n}\r\n\r\n";
        let text = changed(odd, |document| document["A"]["k"] = json!("new"));
        assert_eq!(text, odd.replace("old", "new"));
        let text = changed(odd, |document| document["A"]["ü\"x"] = json!([]));
        assert_eq!(text, odd.replace("[ 1,2 ]", "[]"));
    }

    #[test]
    fn comments_and_trailing_commas_stay() {
        let text = "// mine\n{\n  \"A\": { // a { brace\n    \"a\": 1, /* first */\n    \"b\": \"x//y\", // the \"b\"\n  },\n  // end\n}\n";
        let set = |name: &str, value: Value| changed(text, |document| document["A"][name] = value);
        assert_eq!(set("a", json!(2)), text.replace("\"a\": 1", "\"a\": 2"));
        assert_eq!(set("b", json!("z")), text.replace("x//y", "z"));
        assert_eq!(set("c", json!(3)), text.replace("the \"b\"\n", "the \"b\"\n    \"c\": 3\n"));
        let section = changed(text, |document| document.extend([("B".to_owned(), json!({"d": 1}))]));
        assert_eq!(section, text.replace("  },\n", "  },\n  \"B\": {\n    \"d\": 1\n  }\n"));
        let last = "{\n  \"A\": {\n    \"a\": 1 // one\n  }\n}";
        assert_eq!(
            changed(last, |document| document["A"]["b"] = json!(2)),
            last.replace("1 // one", "1, // one\n    \"b\": 2")
        );
        let empty = "{\n  \"A\": {\n    // nothing yet\n  }\n}";
        let filled = changed(empty, |document| document["A"]["a"] = json!(1));
        assert_eq!(filled, empty.replace("yet\n", "yet\n    \"a\": 1\n"));
        let spanning = "{\n  \"A\": {\n    \"a\": 1 /* one\n  two */\n  }\n}";
        let kept = changed(spanning, |document| document["A"]["b"] = json!(2));
        assert!(kept.contains("/* one\n  two */"), "{kept}");
        let removed = changed(text, |document| drop(document["A"].as_object_mut().unwrap().shift_remove("a")));
        assert!(removed.contains("// the \"b\"") && removed.contains("// a { brace"), "{removed}");
    }

    #[test]
    fn new_values_are_written_the_way_the_file_is() {
        let text = changed("{\n    \"A\": {\n        \"a\": 1\n    }\n}\n", |document| {
            document["A"]["b"] = json!(["x", "y"]);
            document.insert("B".to_owned(), json!({"c": true}));
        });
        let expected = "{\n    \"A\": {\n        \"a\": 1,\n        \"b\": [\n            \"x\",\n            \"y\"\n        ]\n    },\n    \"B\": {\n        \"c\": true\n    }\n}\n";
        assert_eq!(text, expected);
        let crlf = changed("{\r\n\t\"A\": {}\r\n}", |document| document["A"]["a"] = json!([1]));
        assert_eq!(crlf, "{\r\n\t\"A\": {\r\n\t\t\"a\": [\r\n\t\t\t1\r\n\t\t]\r\n\t}\r\n}");
        assert_eq!(changed(r#"{"A":{"a":1}}"#, |document| document["A"]["b"] = json!([2])), r#"{"A":{"a":1,"b":[2]}}"#);
        assert_eq!(changed("{}", |document| document.extend([("A".to_owned(), json!(1))])), r#"{"A":1}"#);
    }

    #[test]
    fn what_is_removed_leaves_no_comma_behind() {
        let text = "{\n  \"A\": {\n    \"a\": 1,\n    \"b\": 2,\n    \"c\": 3\n  },\n  \"B\": {\n    \"d\": 4\n  }\n}";
        let without = |name: &str| {
            changed(text, |document| {
                document["A"].as_object_mut().unwrap().shift_remove(name);
            })
        };
        assert_eq!(without("a"), text.replace("\"a\": 1,\n    ", ""));
        assert_eq!(without("b"), text.replace(",\n    \"b\": 2", ""));
        assert_eq!(without("c"), text.replace(",\n    \"c\": 3", ""));
        let section = changed(text, |document| {
            document.shift_remove("A");
        });
        assert_eq!(section, "{\n  \"B\": {\n    \"d\": 4\n  }\n}");
    }

    #[test]
    fn of_a_name_that_is_there_twice_the_last_counts() {
        let text = changed(r#"{"A": {"a": 1, "a": 2}}"#, |document| document["A"]["a"] = json!(3));
        assert_eq!(text, r#"{"A": {"a": 1, "a": 3}}"#);
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf =
            prop_oneof![Just(Value::Null), any::<i64>().prop_map(Value::from), "\\PC{0,5}".prop_map(Value::from)];
        leaf.prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::vec(("[a-c\"\\\\]{0,2}", inner), 0..3)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    fn any_document() -> impl Strategy<Value = Document> {
        prop::collection::vec(("[a-d]", any_value()), 0..5).prop_map(|members| members.into_iter().collect())
    }

    proptest! {
        #[test]
        fn any_change_of_any_file_says_what_it_should(before in any_document(), wanted in any_document(), style in 0..3) {
            let pretty = document::write(&before).unwrap();
            let text = match style {
                0 => pretty,
                1 => pretty.replace('\n', "\r\n"),
                _ => serde_json::to_string(&before).unwrap(),
            };
            let mut edit = Edit::of(&text);
            prop_assert!(edit.adapt(&before, &wanted).is_some());
            prop_assert_eq!(document::parse(edit.text.as_bytes()).unwrap(), wanted, "{}", edit.text);
        }
    }
}
