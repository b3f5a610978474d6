//! Lines of the engine's log that the daemon reads: how far a run is, and which characters no font has. Texts are JSON strings, so that
//! a title may hold anything.

use std::fmt;

use serde_json::Value;

const PROGRESS: &str = "progress: ";
const CHARACTERS: &str = "characters missing: characters=";
const TITLE: &str = "title=";

/// How far a run is: `progress: done=12 total=340 title="Heat (1995)"`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProgressLine {
    /// How many items are finished.
    pub done: Option<u64>,
    /// Of how many.
    pub total: Option<u64>,
    /// The item in work.
    pub title: Option<String>,
}

impl fmt::Display for ProgressLine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |name: &str, number: Option<u64>| number.map(|number| format!("{name}={number}"));
        let title = self.title.as_ref().map(|title| format!("{TITLE}{}", quoted(title)));
        let fields = [number("done", self.done), number("total", self.total), title];
        write!(formatter, "{PROGRESS}{}", fields.into_iter().flatten().collect::<Vec<_>>().join(" "))
    }
}

impl ProgressLine {
    /// Reads a line's message. Fields that cannot be understood are left out; `None` for other messages.
    pub fn read(message: &str) -> Option<Self> {
        let fields = message.strip_prefix(PROGRESS)?;
        let (numbers, title) = match fields.split_once(TITLE) {
            Some((numbers, title)) => (numbers, serde_json::from_str(title).ok()),
            None => (fields, None),
        };
        let mut line = Self { title, ..Self::default() };
        for field in numbers.split_whitespace() {
            match field.split_once('=').map(|(name, value)| (name, value.parse())) {
                Some(("done", Ok(done))) => line.done = Some(done),
                Some(("total", Ok(total))) => line.total = Some(total),
                _ => {}
            }
        }
        Some(line)
    }
}

/// Characters of a title that no font has: `characters missing: characters="千" title="千と千尋"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CharactersLine {
    pub characters: String,
    pub title: String,
}

impl fmt::Display for CharactersLine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{CHARACTERS}{} {TITLE}{}", quoted(&self.characters), quoted(&self.title))
    }
}

impl CharactersLine {
    /// Reads a line's message; `None` for other messages.
    pub fn read(message: &str) -> Option<Self> {
        let rest = message.strip_prefix(CHARACTERS)?;
        let mut texts = serde_json::Deserializer::from_str(rest).into_iter::<String>();
        let characters = texts.next()?.ok()?;
        let title = rest.get(texts.byte_offset()..)?.strip_prefix(' ')?.strip_prefix(TITLE)?;
        Some(Self { characters, title: serde_json::from_str(title).ok()? })
    }
}

fn quoted(text: &str) -> Value {
    Value::from(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_lines_are_as_documented() {
        let progress = ProgressLine { done: Some(12), total: Some(340), title: Some("say \"hi\"".into()) };
        assert_eq!(progress.to_string(), r#"progress: done=12 total=340 title="say \"hi\"""#);
        let line = CharactersLine { characters: "千".into(), title: "千と".into() };
        assert_eq!(line.to_string(), r#"characters missing: characters="千" title="千と""#);
    }

    #[test]
    fn what_cannot_be_understood_is_left_out() {
        let read = |line: &str| ProgressLine::read(line);
        assert_eq!(read("progress: done=x total=2"), Some(ProgressLine { total: Some(2), ..ProgressLine::default() }));
        assert_eq!(
            read("progress: done=1 title=Heat"),
            Some(ProgressLine { done: Some(1), ..ProgressLine::default() })
        );
        assert_eq!(read("Added: x"), None);
        for line in
            ["characters missing: characters=", "characters missing: characters=\"a\"", "Added: characters missing"]
        {
            assert_eq!(CharactersLine::read(line), None, "{line}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            done in any::<Option<u64>>(),
            total in any::<Option<u64>>(),
            title in any::<Option<String>>(),
            texts in any::<(String, String)>(),
        ) {
            let progress = ProgressLine { done, total, title };
            prop_assert_eq!(ProgressLine::read(&progress.to_string()), Some(progress));
            let line = CharactersLine { characters: texts.0, title: texts.1 };
            prop_assert_eq!(CharactersLine::read(&line.to_string()), Some(line));
        }
    }
}
