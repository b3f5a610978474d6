//! `ImageChoices.csv`: read by its header, line by line, as far as it is whole.
//!
//! The script writes semicolons and appends to the file while it runs, so its last line may be half a line. A line is taken
//! once a line break ends it; when nobody writes any more, the last one is taken as it is. A spreadsheet may have saved the
//! file since: with commas or tabs, a `sep=` line, or carriage returns alone. What has no column `Title` whichever way it is
//! read is refused. The content is UTF-8.

use csv::{ByteRecord, ReaderBuilder};

use super::{COLUMNS, ImageChoice, NOTHING};

/// What separates the fields, the likeliest first.
const DELIMITERS: [u8; 4] = [b';', b',', b'\t', b'|'];
/// What a line begins with that names the delimiter; spreadsheets write and read it.
const SEPARATOR_LINE: &str = "sep=";
/// How much of an unknown first line is repeated in the refusal.
const SHOWN: usize = 80;

/// What a file says.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Its lines in order; those without title and folder are left out.
    pub lines: Vec<Line>,
    /// How many bytes from its beginning were read.
    pub bytes: u64,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Line {
    /// Where it begins, in bytes from the start of the file.
    pub offset: u64,
    /// The row it tells, or what is wrong with it.
    pub content: Result<ImageChoice, String>,
}

/// Where the columns are.
#[derive(PartialEq)]
struct Header(Vec<String>);

impl Header {
    fn of(record: &ByteRecord) -> Self {
        let name = |field| text(field).trim_start_matches('\u{feff}').trim().trim_matches('"').to_owned();
        Self(record.iter().map(name).collect())
    }

    /// How many of the columns that the script writes are there.
    fn known(&self) -> usize {
        COLUMNS.iter().filter(|column| self.0.iter().any(|name| name == *column)).count()
    }

    fn has_title(&self) -> bool {
        self.0.iter().any(|name| name == "Title")
    }

    /// A column's value; empty if the file lacks the column. As upstream has it, quotes at both ends are not part of it.
    fn value(&self, record: &ByteRecord, column: &str) -> String {
        let place = self.0.iter().position(|name| name == column);
        place
            .and_then(|place| record.get(place))
            .map(|field| text(field).trim_matches('"').to_owned())
            .unwrap_or_default()
    }

    /// The same for a column that only version 3 of the script writes; none if the file lacks it.
    fn of_3(&self, record: &ByteRecord, column: &str) -> Option<String> {
        self.0.iter().any(|name| name == column).then(|| self.value(record, column))
    }

    /// A number of a title; [`NOTHING`] where none is known.
    fn number(&self, record: &ByteRecord, column: &str) -> Option<String> {
        Some(self.value(record, column)).filter(|number| !number.is_empty() && !number.eq_ignore_ascii_case(NOTHING))
    }

    fn row(&self, record: &ByteRecord) -> ImageChoice {
        let value = |column| self.value(record, column);
        ImageChoice {
            title: value("Title"),
            kind: value("Type"),
            folder: value("Rootfolder"),
            library: value("LibraryName"),
            language: value("Language"),
            logo_source: self.of_3(record, "Logo Source"),
            logo_language: self.of_3(record, "Logo Language"),
            logo_text_fallback: self.of_3(record, "Logo TextFallback"),
            fallback: value("Fallback"),
            truncated: value("TextTruncated"),
            source: value("Download Source"),
            manual: value("Manual"),
            tmdb: self.number(record, "tmdbid"),
            tvdb: self.number(record, "tvdbid"),
            imdb: self.number(record, "imdbid"),
            link: value("Fav Provider Link"),
        }
    }
}

/// Where the header begins, and what separates its fields.
struct Layout {
    begin: usize,
    delimiter: u8,
}

impl Layout {
    /// Of a file's content; what its first line is, where that is no header.
    fn of(content: &[u8]) -> Result<Self, String> {
        let first = content.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
        let line = text(first);
        let line = line.trim_start_matches('\u{feff}').trim().trim_matches('"');
        let separator = line.get(..SEPARATOR_LINE.len()).filter(|start| start.eq_ignore_ascii_case(SEPARATOR_LINE));
        if let (Some(_), Some(delimiter)) = (separator, line.as_bytes().get(SEPARATOR_LINE.len())) {
            let layout = Self { begin: first.len(), delimiter: *delimiter };
            return if layout.header(content).has_title() { Ok(layout) } else { Err(line.to_owned()) };
        }
        let layouts = DELIMITERS.map(|delimiter| Self { begin: 0, delimiter });
        let with_titles = layouts.into_iter().rev().filter(|layout| layout.header(content).has_title());
        with_titles.max_by_key(|layout| layout.header(content).known()).ok_or_else(|| line.to_owned())
    }

    fn reader<'a>(&self, content: &'a [u8]) -> csv::Reader<&'a [u8]> {
        let content = content.get(self.begin..).unwrap_or_default();
        ReaderBuilder::new().delimiter(self.delimiter).flexible(true).has_headers(false).from_reader(content)
    }

    fn header(&self, content: &[u8]) -> Header {
        let mut record = ByteRecord::new();
        // Reading from memory cannot fail; a content without a line has no columns.
        let _ = self.reader(content).read_byte_record(&mut record);
        Header::of(&record)
    }
}

/// Reads a file's content. `complete` says that nobody writes to it any more. Fails with what is wrong where it is no table of
/// image choices.
pub fn read(content: &[u8], complete: bool) -> Result<Table, String> {
    let has_line = content.iter().any(|byte| matches!(byte, b'\n' | b'\r'));
    if content.trim_ascii().is_empty() || (!complete && !has_line) {
        return Ok(Table::default());
    }
    let layout = Layout::of(content).map_err(|line| refusal(&line))?;
    let mut reader = layout.reader(content);
    let (mut table, mut record, mut header, mut number) = (Table::default(), ByteRecord::new(), None, 0);
    loop {
        let offset = table.bytes;
        // Reading from memory into bytes of any length cannot fail.
        if !reader.read_byte_record(&mut record).unwrap_or(false) {
            return Ok(table);
        }
        let end = after_line_break(content, layout.begin as u64 + reader.position().byte());
        if !complete && end >= content.len() as u64 && !is_whole(content, &record) {
            return Ok(table);
        }
        table.bytes = end;
        let Some(header) = &header else {
            header = Some(Header::of(&record));
            continue;
        };
        number += 1;
        // Two files that were joined have two.
        if Header::of(&record) == *header {
            continue;
        }
        let content = if record.len() == header.0.len() {
            Ok(header.row(&record))
        } else {
            Err(format!("Row {number}: it has {} fields, the header has {}", record.len(), header.0.len()))
        };
        if content.as_ref().is_ok_and(|row| row.title.is_empty() && row.folder.is_empty()) {
            continue;
        }
        table.lines.push(Line { offset, content });
    }
}

fn refusal(line: &str) -> String {
    let shown: String = line.chars().filter(|letter| !letter.is_control()).take(SHOWN).collect();
    format!(
        "it has no column Title, so it is not a table of image choices; its first line is \"{shown}\", and should name columns \
         such as {}",
        COLUMNS.join(";")
    )
}

/// The reader stops between the two characters of a line break.
fn after_line_break(content: &[u8], end: u64) -> u64 {
    let rest = usize::try_from(end).ok().and_then(|end| content.get(end.saturating_sub(1)..)).unwrap_or_default();
    if rest.starts_with(b"\r\n") { end + 1 } else { end }
}

/// Whether a line break ends the last record. One inside of a field whose closing quote is yet to come does not count: it
/// is then the field's last character.
fn is_whole(content: &[u8], last: &ByteRecord) -> bool {
    // Where lines end with line feeds, a carriage return may be the first half of a line break.
    let line_break = if content.contains(&b'\n') { b'\n' } else { b'\r' };
    let ends = |text: &[u8]| text.last() == Some(&line_break);
    ends(content) && !last.iter().next_back().is_some_and(ends)
}

fn text(field: &[u8]) -> String {
    // The content is UTF-8.
    String::from_utf8_lossy(field).into_owned()
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

    fn rows(table: &Table) -> Vec<&ImageChoice> {
        table.lines.iter().map(|line| line.content.as_ref().unwrap()).collect()
    }

    #[test]
    fn columns_are_found_by_name_in_both_orders_and_numbers_that_are_false_are_none() {
        let manual = "\"Heat\";\"Movie\";\"Heat (1995)\";\"Movies\";\"de\";\"false\";\"true\";\"https://a/b.jpg\";\"https://fav\";\
                      \"false\";\"949\";\"false\";\"tt0113277\"\n";
        for text in [format!("{AUTOMATIC}{HEAT}"), format!("\u{feff}{MANUAL}{manual}")] {
            let table = read(text.as_bytes(), true).unwrap();
            let [heat] = rows(&table)[..] else { panic!("{table:?}") };
            assert_eq!((heat.title.as_str(), heat.kind.as_str()), ("Heat", "Movie"));
            assert_eq!((heat.folder.as_str(), heat.library.as_str()), ("Heat (1995)", "Movies"));
            assert_eq!(heat.source, "https://a/b.jpg");
            assert_eq!((heat.link.as_str(), heat.manual.as_str()), ("https://fav", "false"));
            assert_eq!((heat.tmdb.as_deref(), heat.tvdb.as_deref()), (Some("949"), None));
            assert_eq!(heat.imdb.as_deref(), Some("tt0113277"));
            assert_eq!(table.bytes, text.len() as u64);
        }
    }

    #[test]
    fn missing_columns_are_empty_and_fields_may_hold_anything() {
        let text = "\"Title\";\"Rootfolder\"\n\"Amélie \"\"x\"\"\";\"Größe; mit\nUmbruch\"\n";
        let table = read(text.as_bytes(), true).unwrap();
        let [row] = rows(&table)[..] else { panic!("{table:?}") };
        assert_eq!((row.title.as_str(), row.folder.as_str()), ("Amélie \"x", "Größe; mit\nUmbruch"));
        assert_eq!((row.kind.as_str(), row.tmdb.as_deref()), ("", None));
    }

    #[test]
    fn lines_with_too_few_or_too_many_fields_are_errors_and_empty_ones_are_nothing() {
        let text = format!("{AUTOMATIC}{HEAT}\"x\";\"y\"\n;;;;;;;;;;;;\n\n{}", HEAT.replace("\r\n", ";\"more\"\n"));
        let table = read(text.as_bytes(), true).unwrap();
        let errors: Vec<_> = table.lines.iter().filter_map(|line| line.content.as_ref().err()).collect();
        assert_eq!(errors, ["Row 2: it has 2 fields, the header has 13", "Row 4: it has 14 fields, the header has 13"]);
        assert_eq!(table.lines.len(), 3);
    }

    #[test]
    fn half_a_line_is_not_taken_while_the_file_is_written() {
        let whole = format!("{AUTOMATIC}{HEAT}");
        let text = format!("{whole}{}", HEAT.replace("Heat", "Line\nBreak"));
        for cut in whole.len()..text.len() {
            let table = read(&text.as_bytes()[..cut], false).unwrap();
            assert_eq!((table.lines.len(), table.bytes), (1, whole.len() as u64), "{:?}", &text[whole.len()..cut]);
        }
        assert_eq!(read(text.as_bytes(), false).unwrap().lines.len(), 2);
        let without_end = text.trim_end();
        assert_eq!(read(without_end.as_bytes(), true).unwrap().lines.len(), 2, "nobody writes any more");
        assert_eq!(read(&AUTOMATIC.as_bytes()[..20], false).unwrap(), Table::default());
        assert_eq!(read(b"", true).unwrap(), Table::default());
    }

    #[test]
    fn spreadsheets_files_are_read_whatever_separates_their_fields_and_lines() {
        let plain = format!("{AUTOMATIC}{HEAT}");
        let comma = plain.replace(';', ",");
        let tab = plain.replace(';', "\t");
        let files = [
            plain.replace('"', ""),
            comma.clone(),
            comma.replace('"', ""),
            tab.replace('"', ""),
            plain.replace(';', "|"),
            format!("sep=;\r\n{plain}"),
            format!("\u{feff}sep=,\r\n{comma}"),
            format!("\"sep=\t\"\n{tab}"),
            format!("SEP=^\n{}", plain.replace(';', "^")),
            format!("\u{feff}{comma}"),
            plain.replace("\r\n", "\r").replace('\n', "\r"),
            plain.replace("\r\n", "\n").replace('\n', "\r\n"),
            format!("\r\n\n{plain}"),
        ];
        let expected = read(plain.as_bytes(), true).unwrap();
        for text in files {
            for complete in [true, false] {
                let table = read(text.as_bytes(), complete).unwrap();
                assert_eq!(rows(&table), rows(&expected), "{text:?}");
                assert_eq!(table.bytes, text.len() as u64, "{text:?}");
            }
        }
    }

    #[test]
    fn lines_that_are_appended_begin_where_the_others_ended() {
        for line_break in ["\n", "\r\n", "\r"] {
            for begin in [String::new(), format!("sep=;{line_break}")] {
                let heat = HEAT.replace("\r\n", line_break);
                let first = format!("{begin}{}{heat}", AUTOMATIC.replace('\n', line_break));
                let imported = read(first.as_bytes(), false).unwrap().bytes;
                let all = format!("{first}{}", heat.replace("Heat", "Ran"));
                let table = read(all.as_bytes(), false).unwrap();
                let fresh: Vec<_> = table.lines.iter().filter(|line| line.offset >= imported).collect();
                assert_eq!(fresh.len(), 1, "{all:?}");
                assert_eq!(fresh[0].content.as_ref().unwrap().title, "Ran");
            }
        }
    }

    #[test]
    fn a_header_in_the_middle_is_no_row() {
        let text = format!("{AUTOMATIC}{HEAT}{AUTOMATIC}{}", HEAT.replace("Heat", "Ran"));
        let table = read(text.as_bytes(), true).unwrap();
        let titles: Vec<_> = rows(&table).iter().map(|row| row.title.clone()).collect();
        assert_eq!(titles, ["Heat", "Ran"]);
    }

    #[test]
    fn what_is_no_table_of_image_choices_is_refused_with_its_first_line() {
        for text in ["<html>\n<body>\n", "Name;Year\nHeat;1995\n", "sep=;\nName;Year\n", "{\"a\": 1}", "Heat\n"] {
            let wrong = read(text.as_bytes(), true).unwrap_err();
            assert!(wrong.contains("no column Title") && wrong.contains("Rootfolder"), "{wrong}");
        }
        let binary = [b"PK\x03\x04\0\0".as_slice(), &[b'x'; 500]].concat();
        assert!(read(&binary, true).unwrap_err().len() < 400);
        assert_eq!(read(b"\n\n", true).unwrap(), Table::default());
    }
}
