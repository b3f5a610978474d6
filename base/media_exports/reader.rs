//! Reads an export, row by row.
//!
//! Columns are found by their header. Bytes that are no UTF-8 become marks rather than costing the file, a byte order mark
//! is passed over, and quotes that belong to a title stay.

use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::rc::Rc;

use super::ExportKind;
use crate::bounded;

/// How far upstream looks for a semicolon.
const LOOK_FOR_DELIMITER: usize = 1024;

/// The largest file, in bytes; it is never in memory as a whole.
const MAX_SIZE: u64 = 1024 * 1024 * 1024;
/// The largest row, in bytes. A quote that is never closed makes one row of all that follows.
const MAX_ROW_SIZE: usize = 1024 * 1024;

/// The rows of a file: the values of the columns that are kept, in their order.
pub struct Rows {
    kind: ExportKind,
    reader: csv::Reader<Box<dyn Read>>,
    /// For each column, its place in the file.
    places: Vec<Option<usize>>,
    record: csv::ByteRecord,
    /// How many bytes may be read before the current row ends.
    allowance: Rc<Cell<usize>>,
}

/// Ends with an error once more is read than the current row may have.
struct Allowed<R> {
    inner: R,
    left: Rc<Cell<usize>>,
}

impl<R: Read> Read for Allowed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let left = self.left.get().checked_sub(read).ok_or_else(|| {
            let message = format!("a row is larger than {} KiB; is a quote missing?", MAX_ROW_SIZE / 1024);
            io::Error::new(io::ErrorKind::InvalidData, message)
        })?;
        self.left.set(left);
        Ok(read)
    }
}

impl Rows {
    /// Opens a file and reads its header.
    pub fn open(path: &Path, kind: ExportKind) -> io::Result<Self> {
        let (file, metadata) = bounded::open(path)?;
        if metadata.len() > MAX_SIZE {
            return Err(bounded::too_large(MAX_SIZE));
        }
        Self::of(file, kind)
    }

    fn of(content: impl Read + 'static, kind: ExportKind) -> io::Result<Self> {
        let mut content = BufReader::with_capacity(64 * 1024, content);
        let begins = content.fill_buf()?;
        let has_mark = begins.starts_with(b"\xef\xbb\xbf");
        let delimiter = String::from_utf8_lossy(begins).chars().take(LOOK_FOR_DELIMITER).any(|letter| letter == ';');
        if has_mark {
            content.consume(3);
        }
        let allowance = Rc::new(Cell::new(MAX_ROW_SIZE));
        let content: Box<dyn Read> = Box::new(Allowed { inner: content, left: allowance.clone() });
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(if delimiter { b';' } else { b',' })
            .flexible(true)
            .from_reader(content);
        let header = reader.byte_headers()?.clone();
        let place = |name: &&str| header.iter().position(|found| found == name.as_bytes());
        let places = kind.columns().iter().map(|column| column.headers.iter().find_map(place)).collect();
        Ok(Self { kind, reader, places, record: csv::ByteRecord::new(), allowance })
    }

    fn row(&self) -> Vec<String> {
        let value = |place: &Option<usize>| {
            let field = place.and_then(|place| self.record.get(place)).unwrap_or_default();
            String::from_utf8_lossy(field).trim().to_owned()
        };
        self.places.iter().map(value).collect()
    }
}

impl Iterator for Rows {
    type Item = io::Result<Vec<String>>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            self.allowance.set(MAX_ROW_SIZE);
            match self.reader.read_byte_record(&mut self.record) {
                Ok(false) => return None,
                Err(error) => return Some(Err(error.into())),
                Ok(true) => {
                    let row = self.row();
                    if self.kind.says_anything(&row) {
                        return Some(Ok(row));
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(content: &'static [u8], kind: ExportKind) -> Vec<Vec<String>> {
        Rows::of(content, kind).unwrap().map(Result::unwrap).collect()
    }

    fn values<'a>(row: &'a [String], kind: ExportKind, columns: &[&str]) -> Vec<&'a str> {
        columns.iter().map(|column| row[kind.place(column).unwrap()].as_str()).collect()
    }

    #[test]
    fn the_files_of_jellyfin_and_emby_are_read_with_the_names_they_really_have() {
        let kind = ExportKind::OtherEpisodes;
        let rows = rows(
            "\"Library Name\";\"Show Name\";\"Show Original Name\";\"Library Language\";\"ShowID\";\"SeasonId\";\"EpisodeIds\";\
             \"Resolutions\";\"tvdbid\";\"imdbid\";\"tmdbid\";\"type\";\"Season Number\";\"SeasonName\";\"Episodes\";\"Title\";\
             \"OtherMediaServerTitleCardTag\";\"OtherMediaServerSeasonTag\"\n\
             \"Serien\";\"Dark\";\"Dark\";\"de\";\"c3d4\";\"s1\";\"e1,e2\";\"1080p,1080p\";\"334824\";\"tt5753856\";\"70523\";\
             \"Episode\";\"1\";\"Staffel 1\";\"1,2\";\"Geheimnisse;Lügen\";\"t1,t2\";\"p1\"\n"
                .as_bytes(),
            kind,
        );
        let names = ["type", "rating_keys", "other_media_titlecard_urls", "title", "library_name"];
        assert_eq!(values(&rows[0], kind, &names), ["Episode", "e1,e2", "t1,t2", "Geheimnisse;Lügen", "Serien"]);
    }

    #[test]
    fn a_byte_order_mark_other_delimiters_quotes_lines_and_short_rows_are_no_trouble() {
        let kind = ExportKind::PlexLibrary;
        let names = ["library_name", "title", "rating_key", "path"];
        let marked = rows(
            b"\xef\xbb\xbf\"Library Name\",\"title\",\"ratingKey\",\"Path\"\n\
              Movies,\"\"\"Crocodile\"\" Dundee\", 7 ,\"two\nlines\"\nMovies,Short\n",
            kind,
        );
        assert_eq!(values(&marked[0], kind, &names), ["Movies", "\"Crocodile\" Dundee", "7", "two\nlines"]);
        assert_eq!(values(&marked[1], kind, &names), ["Movies", "Short", "", ""]);
    }

    #[test]
    fn a_byte_that_is_no_text_does_not_cost_the_file() {
        let rows = rows(b"title;ratingKey\nHeat\xff;1\nRonin;2\n", ExportKind::PlexLibrary);
        let titles: Vec<_> = rows.iter().flat_map(|row| values(row, ExportKind::PlexLibrary, &["title"])).collect();
        assert_eq!(titles, ["Heat\u{fffd}", "Ronin"]);
    }

    #[test]
    fn a_row_that_never_ends_is_refused_and_many_rows_are_not() {
        let endless = io::Read::chain(&b"title;ratingKey\n\"Heat"[..], io::repeat(b'x'));
        let error = Rows::of(endless, ExportKind::PlexLibrary).unwrap().next().unwrap().unwrap_err();
        assert!(error.to_string().contains("a row is larger than 1024 KiB"), "{error}");
        assert!(Rows::of(io::repeat(0), ExportKind::PlexLibrary).is_err(), "a header without an end");
        let many = "Heat;1\n".repeat(2 * MAX_ROW_SIZE / 7);
        let content = io::Cursor::new(format!("title;ratingKey\n{many}"));
        assert_eq!(
            Rows::of(content, ExportKind::PlexLibrary).unwrap().map(Result::unwrap).count(),
            2 * MAX_ROW_SIZE / 7
        );
    }

    #[test]
    fn the_scripts_empty_files_have_no_rows() {
        assert_eq!(rows(b"", ExportKind::PlexLibrary), [[""; 0]; 0]);
        assert_eq!(rows(b"\"Show Name\";\"Season Number\"\n;\n", ExportKind::PlexEpisodes), [[""; 0]; 0]);
        assert_eq!(rows(b"\"Show Name\";\"Season Number\"\n\"\";\"\"\n", ExportKind::PlexEpisodes), [[""; 0]; 0]);
    }
}
