//! Files of settings: TOML, of which every value is known by its dotted key.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use posterizarr_base::{bounded, files};

use super::parse::RawValue;

/// The largest settings file, in bytes.
const MAX_FILE_SIZE: u64 = 1024 * 1024;

/// Values under their dotted keys, or what is wrong with them.
pub type Values = BTreeMap<String, Result<RawValue, String>>;

/// The file's values.
pub fn read(path: &Path) -> Result<Values, String> {
    let text = bounded::read_text(path, MAX_FILE_SIZE).map_err(|error| unreadable(&error))?;
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| not_toml(&error, &text))?;
    let mut values = BTreeMap::new();
    flatten("", table, &mut values);
    Ok(values)
}

fn unreadable(error: &io::Error) -> String {
    // Settings may hold secrets, so those of a service are for its user only.
    let remedy = if error.kind() == io::ErrorKind::PermissionDenied {
        "; run this as the daemon's user (sudo -u posterizarrd posterizarrd …), or name another file with --config"
    } else {
        ""
    };
    format!("cannot be read: {error}{remedy}")
}

fn not_toml(error: &toml::de::Error, text: &str) -> String {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|letter| *letter != '\n').count() + 1;
    format!("is not TOML: line {line}, column {column}: {}", error.message())
}

fn flatten(prefix: &str, table: toml::Table, values: &mut Values) {
    for (name, value) in table {
        let key = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
        match value {
            toml::Value::Table(inner) => flatten(&key, inner, values),
            toml::Value::Array(items) => {
                let items: Option<_> = items.into_iter().map(scalar).collect();
                values.insert(key, items.map(RawValue::List).ok_or_else(|| "is a list of lists or tables".to_owned()));
            }
            other => {
                let text = scalar(other).map(RawValue::Text).ok_or_else(|| "is not text or number".to_owned());
                values.insert(key, text);
            }
        }
    }
}

fn scalar(value: toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Float(number) => Some(number.to_string()),
        toml::Value::Boolean(yes) => Some(yes.to_string()),
        toml::Value::Datetime(_) | toml::Value::Array(_) | toml::Value::Table(_) => None,
    }
}

/// Writes values, only for the owner's eyes, below a comment of one line.
pub fn write(path: &Path, comment: &str, values: &BTreeMap<String, RawValue>) -> io::Result<()> {
    let mut table = toml::Table::new();
    for (key, given) in values {
        let value = match given {
            RawValue::Text(text) => toml::Value::from(text.as_str()),
            RawValue::List(texts) => toml::Value::from(texts.clone()),
        };
        let (section, name) = key.split_once('.').unwrap_or(("", key));
        if section.is_empty() {
            table.insert(name.to_owned(), value);
        } else if let Some(section) = table.entry(section).or_insert_with(|| toml::Table::new().into()).as_table_mut() {
            section.insert(name.to_owned(), value);
        }
    }
    let content = format!("# {comment}\n{table}");
    if content.len() as u64 > MAX_FILE_SIZE {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it would be too large to be read again"));
    }
    files::write_private(path, content.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        let values = BTreeMap::from([
            ("bind".to_owned(), RawValue::Text("1.2.3.4:5".to_owned())),
            (
                "drawing.badges".to_owned(),
                RawValue::List(vec!["hdr north label=\"a, b\"".to_owned(), "new=3".to_owned()]),
            ),
            ("drawing.legibility".to_owned(), RawValue::Text("on".to_owned())),
        ]);
        write(&path, "by a test", &values).unwrap();
        let read: BTreeMap<_, _> = read(&path).unwrap().into_iter().map(|(key, value)| (key, value.unwrap())).collect();
        assert_eq!(read, values);
        assert!(std::fs::read_to_string(&path).unwrap().starts_with("# by a test\n"));
    }
}
