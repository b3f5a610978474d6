//! Writes an export.

use std::collections::HashMap;
use std::io;
use std::path::Path;

use csv::{QuoteStyle, WriterBuilder};

use super::ExportKind;

/// The cells of a row by the names of their columns; those that are not given stay empty.
pub type Cells = HashMap<&'static str, String>;

/// Writes the file of an export into the folder of logs: whole or not at all.
pub fn write(logs: &Path, kind: ExportKind, rows: impl Iterator<Item = Cells>) -> io::Result<()> {
    let mut writer = WriterBuilder::new().delimiter(b';').quote_style(QuoteStyle::Always).from_writer(Vec::new());
    let columns = kind.written();
    writer.write_record(columns.iter().filter_map(|name| kind.header(name)))?;
    for mut row in rows {
        writer.write_record(columns.iter().map(|name| row.remove(name).unwrap_or_default()))?;
    }
    let content = writer.into_inner().map_err(|error| error.into_error())?;
    crate::files::write(&logs.join(kind.file()), &content)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::media_exports::Rows;

    fn header(kind: ExportKind) -> String {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), kind, std::iter::empty()).unwrap();
        std::fs::read_to_string(folder.path().join(kind.file())).unwrap()
    }

    #[test]
    fn the_headers_are_the_scripts() {
        let other = "Library Name;Show Name;Show Original Name;Library Language;ShowID;SeasonId;EpisodeIds;Resolutions;tvdbid;\
                     imdbid;tmdbid;type;Season Number;SeasonName;Episodes;Title;OtherMediaServerTitleCardTag;\
                     OtherMediaServerSeasonTag";
        let quoted = |header: &str| format!("\"{}\"\n", header.replace(';', "\";\""));
        assert_eq!(header(ExportKind::OtherEpisodes), quoted(other));
        let plex = "Show Name;Type;tvdbid;tmdbid;Library Name;Season Number;Episodes;Title;RatingKeys;PlexTitleCardUrls;\
                    Resolutions";
        assert_eq!(header(ExportKind::PlexEpisodes), quoted(plex));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(kind in 0..4_usize, rows in prop::collection::vec(prop::collection::vec("[^\u{feff}]{0,9}", 22), 0..5)) {
            let kind = ExportKind::ALL[kind];
            let folder = tempfile::tempdir().unwrap();
            let cells = |row: &Vec<String>| -> Cells {
                kind.columns().iter().zip(row).map(|(column, cell)| (column.name, format!("x{cell}y"))).collect()
            };
            write(folder.path(), kind, rows.iter().map(cells)).unwrap();
            let read: Vec<_> = Rows::open(&folder.path().join(kind.file()), kind).unwrap().map(Result::unwrap).collect();
            let wanted: Vec<Vec<String>> =
                rows.iter().map(|row| row.iter().take(kind.columns().len()).map(|cell| format!("x{cell}y")).collect()).collect();
            prop_assert_eq!(read, wanted);
        }
    }
}
