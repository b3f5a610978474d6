//! `ImageChoices.csv`: read by its header, line by line, as far as it is whole.
//!
//! The script appends to the file while it runs, so its last line may be half a line. A line is taken once a line break
//! ends it; when nobody writes any more, the last one is taken as it is.

use csv::{ByteRecord, ReaderBuilder};

use super::row::ChoiceRow;

/// What upstream says of a line with too few or too many fields.
const WRONG_FIELDS: &str = "'NoneType' object has no attribute 'strip'";

/// What a file says.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Its lines in order; those without title and folder are left out.
    pub lines: Vec<Line>,
    /// How many bytes from its beginning were read.
    pub bytes: u64,
}

/// One line.
#[derive(Debug, PartialEq, Eq)]
pub struct Line {
    /// Where it begins.
    pub offset: u64,
    /// The row it tells, without id and times; or what is wrong with it.
    pub content: Result<ChoiceRow, String>,
}

/// Where the columns are.
struct Header(Vec<String>);

impl Header {
    fn of(record: &ByteRecord) -> Self {
        Self(record.iter().map(|name| text(name).trim_start_matches('\u{feff}').trim_matches('"').to_owned()).collect())
    }

    /// A column's value; empty if the file lacks the column. As upstream has it, quotes at both ends are not part of it.
    fn value(&self, record: &ByteRecord, column: &str) -> String {
        let place = self.0.iter().position(|name| name == column);
        place
            .and_then(|place| record.get(place))
            .map(|field| text(field).trim_matches('"').to_owned())
            .unwrap_or_default()
    }

    /// A number of a title; the script writes `false` where it knows none.
    fn number(&self, record: &ByteRecord, column: &str) -> Option<String> {
        Some(self.value(record, column)).filter(|number| !number.is_empty() && !number.eq_ignore_ascii_case("false"))
    }

    fn row(&self, record: &ByteRecord) -> ChoiceRow {
        let value = |column| Some(self.value(record, column));
        ChoiceRow {
            title: self.value(record, "Title"),
            kind: value("Type"),
            rootfolder: value("Rootfolder"),
            library: value("LibraryName"),
            language: value("Language"),
            fallback: value("Fallback"),
            text_truncated: value("TextTruncated"),
            download_source: value("Download Source"),
            fav_provider_link: value("Fav Provider Link"),
            manual: value("Manual"),
            tmdbid: self.number(record, "tmdbid"),
            tvdbid: self.number(record, "tvdbid"),
            imdbid: self.number(record, "imdbid"),
            ..ChoiceRow::default()
        }
    }
}

/// Reads a file's content. `complete` says that nobody writes to it any more.
pub fn read(content: &[u8], complete: bool) -> Table {
    let mut reader = ReaderBuilder::new().delimiter(b';').flexible(true).has_headers(false).from_reader(content);
    let (mut table, mut record, mut header, mut number) = (Table::default(), ByteRecord::new(), None, 0);
    loop {
        let offset = reader.position().byte();
        // Reading from memory into bytes of any length cannot fail.
        if !reader.read_byte_record(&mut record).unwrap_or(false) {
            return table;
        }
        let end = after_line_break(content, reader.position().byte());
        if !complete && end >= content.len() as u64 && !is_whole(content, &record) {
            return table;
        }
        table.bytes = end;
        let Some(header) = &header else {
            header = Some(Header::of(&record));
            continue;
        };
        number += 1;
        let content = if record.len() == header.0.len() {
            Ok(header.row(&record))
        } else {
            Err(format!("Row {number}: {WRONG_FIELDS}"))
        };
        if content.as_ref().is_ok_and(|row| row.title.is_empty() && row.rootfolder.as_deref() == Some("")) {
            continue;
        }
        table.lines.push(Line { offset, content });
    }
}

/// The reader stops between the two characters of a line break.
fn after_line_break(content: &[u8], end: u64) -> u64 {
    let rest = usize::try_from(end).ok().and_then(|end| content.get(end.saturating_sub(1)..)).unwrap_or_default();
    if rest.starts_with(b"\r\n") { end + 1 } else { end }
}

/// Whether a line break ends the last record. One inside of a field whose closing quote is yet to come does not count: it
/// is then the field's last character.
fn is_whole(content: &[u8], last: &ByteRecord) -> bool {
    content.ends_with(b"\n") && !last.iter().next_back().is_some_and(|field| field.ends_with(b"\n"))
}

/// The field without its undecodable bytes.
fn text(field: &[u8]) -> String {
    match str::from_utf8(field) {
        Ok(text) => text.to_owned(),
        Err(_) => field.utf8_chunks().map(|chunk| chunk.valid()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AUTOMATIC: &str = "\"Title\";\"Type\";\"Rootfolder\";\"LibraryName\";\"Language\";\"Fallback\";\"TextTruncated\";\
                             \"Download Source\";\"Manual\";\"tmdbid\";\"tvdbid\";\"imdbid\";\"Fav Provider Link\"\n";
    const MANUAL: &str = "\"Title\";\"Type\";\"Rootfolder\";\"LibraryName\";\"Language\";\"Fallback\";\"TextTruncated\";\
                          \"Download Source\";\"Fav Provider Link\";\"Manual\";\"tmdbid\";\"tvdbid\";\"imdbid\"\n";
    const HEAT: &str = "\"Heat\";\"Movie\";\"Heat (1995)\";\"Movies\";\"de\";\"false\";\"true\";\"https://a/b.jpg\";\"false\";\
                        \"949\";\"false\";\"tt0113277\";\"https://fav\"\r\n";

    fn rows(table: &Table) -> Vec<&ChoiceRow> {
        table.lines.iter().map(|line| line.content.as_ref().unwrap()).collect()
    }

    #[test]
    fn columns_are_found_by_name_in_both_orders_and_numbers_that_are_false_are_none() {
        let manual = "\"Heat\";\"Movie\";\"Heat (1995)\";\"Movies\";\"de\";\"false\";\"true\";\"https://a/b.jpg\";\"https://fav\";\
                      \"false\";\"949\";\"false\";\"tt0113277\"\n";
        for text in [format!("{AUTOMATIC}{HEAT}"), format!("\u{feff}{MANUAL}{manual}")] {
            let table = read(text.as_bytes(), true);
            let [heat] = rows(&table)[..] else { panic!("{table:?}") };
            assert_eq!((heat.title.as_str(), heat.key()), ("Heat", Some(("Heat", "Heat (1995)", "Movie", "Movies"))));
            assert_eq!(heat.download_source.as_deref(), Some("https://a/b.jpg"));
            assert_eq!(
                (heat.fav_provider_link.as_deref(), heat.manual.as_deref()),
                (Some("https://fav"), Some("false"))
            );
            assert_eq!((heat.tmdbid.as_deref(), heat.tvdbid.as_deref()), (Some("949"), None));
            assert_eq!(heat.imdbid.as_deref(), Some("tt0113277"));
            assert_eq!(table.bytes, text.len() as u64);
        }
    }

    #[test]
    fn missing_columns_are_empty_and_undecodable_bytes_are_dropped() {
        let mut text = b"\"Title\";\"Rootfolder\"\n\"Am\xe9lie \"\"x\"\"\";".to_vec();
        text.extend_from_slice("\"Größe; mit\nUmbruch\"\n".as_bytes());
        let table = read(&text, true);
        let [row] = rows(&table)[..] else { panic!("{table:?}") };
        assert_eq!((row.title.as_str(), row.rootfolder.as_deref()), ("Amlie \"x", Some("Größe; mit\nUmbruch")));
        assert_eq!((row.kind.as_deref(), row.tmdbid.as_deref()), (Some(""), None));
    }

    #[test]
    fn lines_with_too_few_or_too_many_fields_are_errors_in_upstreams_words_and_empty_ones_are_nothing() {
        let text = format!("{AUTOMATIC}{HEAT}\"x\";\"y\"\n;;;;;;;;;;;;\n\n{}", HEAT.replace("\r\n", ";\"more\"\n"));
        let table = read(text.as_bytes(), true);
        let errors: Vec<_> = table.lines.iter().filter_map(|line| line.content.as_ref().err()).collect();
        assert_eq!(
            errors,
            ["Row 2: 'NoneType' object has no attribute 'strip'", "Row 4: 'NoneType' object has no attribute 'strip'"]
        );
        assert_eq!(table.lines.len(), 3);
    }

    #[test]
    fn half_a_line_is_not_taken_while_the_file_is_written() {
        let whole = format!("{AUTOMATIC}{HEAT}");
        let text = format!("{whole}{}", HEAT.replace("Heat", "Line\nBreak"));
        for cut in whole.len()..text.len() {
            let table = read(&text.as_bytes()[..cut], false);
            assert_eq!((table.lines.len(), table.bytes), (1, whole.len() as u64), "{:?}", &text[whole.len()..cut]);
        }
        assert_eq!(read(text.as_bytes(), false).lines.len(), 2);
        let without_end = text.trim_end();
        assert_eq!(read(without_end.as_bytes(), true).lines.len(), 2, "nobody writes any more");
        assert_eq!(read(&AUTOMATIC.as_bytes()[..20], false), Table::default());
        assert_eq!(read(b"", true), Table::default());
    }
}
