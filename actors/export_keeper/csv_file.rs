//! Reading an export of the script, row by row.
//!
//! Columns are found by their header. Bytes that are no UTF-8 become marks rather than costing the file, a byte order mark
//! is passed over, and quotes that belong to a title stay.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use super::columns::Kind;
use super::row::ExportRow;

/// How far upstream looks for a semicolon.
const LOOK_FOR_DELIMITER: usize = 1024;

/// The rows of a file, without number and times.
pub struct Rows {
    kind: Kind,
    reader: csv::Reader<Box<dyn Read>>,
    /// For each column, its place in the file.
    places: Vec<Option<usize>>,
    record: csv::ByteRecord,
}

impl Rows {
    /// Opens a file and reads its header.
    pub fn open(path: &Path, kind: Kind) -> io::Result<Self> {
        Self::of(File::open(path)?, kind)
    }

    fn of(content: impl Read + 'static, kind: Kind) -> io::Result<Self> {
        let mut content = BufReader::with_capacity(64 * 1024, content);
        let begins = content.fill_buf()?;
        let has_mark = begins.starts_with(b"\xef\xbb\xbf");
        let delimiter = String::from_utf8_lossy(begins).chars().take(LOOK_FOR_DELIMITER).any(|letter| letter == ';');
        if has_mark {
            content.consume(3);
        }
        let content: Box<dyn Read> = Box::new(content);
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(if delimiter { b';' } else { b',' })
            .flexible(true)
            .from_reader(content);
        let header = reader.byte_headers()?.clone();
        let place = |name: &&str| header.iter().position(|found| found == name.as_bytes());
        let places = kind.columns().iter().map(|column| column.headers.iter().find_map(place)).collect();
        Ok(Self { kind, reader, places, record: csv::ByteRecord::new() })
    }

    fn row(&self) -> ExportRow {
        let value = |place: &Option<usize>| {
            let field = place.and_then(|place| self.record.get(place)).unwrap_or_default();
            String::from_utf8_lossy(field).trim().to_owned()
        };
        ExportRow { values: self.places.iter().map(value).collect(), ..ExportRow::default() }
    }
}

impl Iterator for Rows {
    type Item = io::Result<ExportRow>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.reader.read_byte_record(&mut self.record) {
                Ok(false) => return None,
                Err(error) => return Some(Err(error.into())),
                Ok(true) => {
                    let row = self.row();
                    if row.says_anything(self.kind) {
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

    fn rows(content: &'static [u8], kind: Kind) -> Vec<ExportRow> {
        Rows::of(content, kind).unwrap().map(Result::unwrap).collect()
    }

    fn values<'a>(row: &'a ExportRow, kind: Kind, columns: &[&str]) -> Vec<&'a str> {
        columns.iter().map(|column| row.value(kind, column)).collect()
    }

    #[test]
    fn the_files_of_jellyfin_and_emby_are_read_with_the_names_they_really_have() {
        let kind = Kind::OtherEpisodes;
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
        let kind = Kind::PlexLibrary;
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
        let rows = rows(b"title;ratingKey\nHeat\xff;1\nRonin;2\n", Kind::PlexLibrary);
        let titles: Vec<_> = rows.iter().map(|row| row.value(Kind::PlexLibrary, "title")).collect();
        assert_eq!(titles, ["Heat\u{fffd}", "Ronin"]);
    }

    #[test]
    fn the_scripts_empty_files_have_no_rows() {
        assert_eq!(rows(b"", Kind::PlexLibrary), []);
        assert_eq!(rows(b"\"Show Name\";\"Season Number\"\n;\n", Kind::PlexEpisodes), []);
        assert_eq!(rows(b"\"Show Name\";\"Season Number\"\n\"\";\"\"\n", Kind::PlexEpisodes), []);
    }
}
