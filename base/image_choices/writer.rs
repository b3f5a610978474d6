//! Writes the table, row by row.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use csv::{QuoteStyle, WriterBuilder};

use super::{COLUMNS, FILE, ImageChoice, NOTHING};

/// The table in the making: each row is there as soon as it is written.
pub struct Writer {
    writer: csv::Writer<File>,
    empty: bool,
}

impl Writer {
    /// Goes on with the table in the folder of logs, or begins it.
    pub fn open(logs: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(logs.join(FILE))?;
        let empty = file.metadata()?.len() == 0;
        let mut writer = WriterBuilder::new().delimiter(b';').quote_style(QuoteStyle::Always).from_writer(file);
        if empty {
            writer.write_record(COLUMNS)?;
        }
        Ok(Self { writer, empty })
    }

    /// Adds a row, which is in the file when this returns; it is on disk after [`Writer::finish`].
    pub fn write(&mut self, row: &ImageChoice) -> io::Result<()> {
        self.empty = false;
        self.writer.write_record(cells(row))?;
        self.writer.flush()
    }

    /// Ends the table, which is on disk then. One without rows gets an empty one, as the script's readers expect it.
    pub fn finish(mut self) -> io::Result<()> {
        self.writer.flush()?;
        if self.empty {
            self.writer.get_ref().write_all(b";;;;;;;;;;;;;;;\n")?;
        }
        self.writer.get_ref().sync_all()
    }
}

/// In the order of [`COLUMNS`].
fn cells(row: &ImageChoice) -> [&str; COLUMNS.len()] {
    let given = |value| Option::<&String>::map_or(value, NOTHING, |value| value);
    [
        &row.title,
        &row.kind,
        &row.folder,
        &row.library,
        &row.language,
        given(row.logo_source.as_ref()),
        given(row.logo_language.as_ref()),
        given(row.logo_text_fallback.as_ref()),
        &row.fallback,
        &row.truncated,
        &row.source,
        &row.manual,
        given(row.tmdb.as_ref()),
        given(row.tvdb.as_ref()),
        given(row.imdb.as_ref()),
        &row.link,
    ]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::image_choices::read;

    fn written(rows: &[ImageChoice]) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = Writer::open(folder.path()).unwrap();
        rows.iter().for_each(|row| writer.write(row).unwrap());
        writer.finish().unwrap();
        std::fs::read(folder.path().join(FILE)).unwrap()
    }

    #[test]
    fn rows_are_quoted_and_what_there_is_not_is_false() {
        let row = ImageChoice { title: "Say \"a;b\"".into(), kind: "Movie".into(), ..ImageChoice::default() };
        let text = String::from_utf8(written(&[row])).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("\"Title\";\"Type\";\"Rootfolder\""), "{text}");
        let rest = r#""Movie";"";"";"";"false";"false";"false";"";"";"";"";"false";"false";"false";"""#;
        assert_eq!(lines[1], format!(r#""Say ""a;b""";{rest}"#));
    }

    #[test]
    fn a_table_without_rows_has_an_empty_one_and_reads_as_none() {
        let content = written(&[]);
        assert!(content.ends_with(b"\n;;;;;;;;;;;;;;;\n"));
        assert_eq!(read(&content, true).unwrap().lines, []);
    }

    prop_compose! {
        fn rows()(
            title in "[^\"\u{feff}]{1,20}",
            cells in prop::collection::vec("([^\"\u{feff}]|x\"y){0,12}", 8),
            logo in prop::array::uniform3("[a-z:/]{1,8}"),
            ids in prop::array::uniform3(prop::option::of("[1-9a-z][0-9]{0,6}")),
        ) -> ImageChoice {
            let [tmdb, tvdb, imdb] = ids;
            let [logo_source, logo_language, logo_text_fallback] = logo.map(Some);
            let mut cells = cells.into_iter();
            let mut cell = || cells.next().unwrap_or_default();
            ImageChoice {
                title,
                kind: cell(),
                folder: cell(),
                library: cell(),
                language: cell(),
                logo_source,
                logo_language,
                logo_text_fallback,
                fallback: cell(),
                truncated: "true".into(),
                source: cell(),
                manual: cell(),
                tmdb,
                tvdb,
                imdb,
                link: cell(),
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(rows in prop::collection::vec(rows(), 0..6)) {
            let table = read(&written(&rows), true).unwrap();
            let read: Vec<_> = table.lines.into_iter().map(|line| line.content.unwrap()).collect();
            prop_assert_eq!(read, rows);
        }
    }
}
