//! Cells of tables that people open in a spreadsheet.

use std::borrow::Cow;

/// The text of a cell that no spreadsheet takes for a formula: one that begins with `=`, `+`, `-`, `@`, a tab or a line
/// end, also after blanks, gets an apostrophe, which spreadsheets do not show. A number stays one.
pub fn defused(text: &str) -> Cow<'_, str> {
    let begins = text
        .trim_start_matches(' ')
        .starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}']);
    if begins && !is_number(text) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

fn is_number(text: &str) -> bool {
    // What else `f64` takes, such as `-inf`, is text to a spreadsheet.
    text.parse::<f64>().is_ok()
        && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_defused_and_numbers_stay_numbers() {
        for (text, cell) in [
            ("=1+1", "'=1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
            ("-30-", "'-30-"),
            ("-2+3", "'-2+3"),
            ("\t=1", "'\t=1"),
            ("\r=1", "'\r=1"),
            ("  =1", "'  =1"),
            ("-inf", "'-inf"),
            ("-1.5", "-1.5"),
            ("+3e2", "+3e2"),
            ("Heat", "Heat"),
            ("a=b", "a=b"),
            ("", ""),
        ] {
            assert_eq!(defused(text), cell);
        }
    }
}
