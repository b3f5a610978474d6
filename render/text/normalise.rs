//! From a title to what is printed.

/// Straight quotes for typographic ones, no backticks, and no control characters but line breaks.
pub fn plain(title: &str) -> String {
    let printed = title.chars().filter(|character| *character != '`').map(|character| match character {
        '\u{201c}' | '\u{201d}' | '\u{201e}' => '"',
        '\n' => '\n',
        control if control.is_control() => ' ',
        other => other,
    });
    printed.collect()
}

/// Capital letters, one for one: ß stays what it is.
pub fn upper_cased(text: &str) -> String {
    let capital = |character: char| {
        let mut upper = character.to_uppercase();
        match (upper.next(), upper.next()) {
            (Some(single), None) => single,
            _ => character,
        }
    };
    text.chars().map(capital).collect()
}

/// Where a title goes on in a new line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineBreaks {
    /// Each is replaced by a line break, whatever its letters' case.
    pub symbols: Vec<String>,
    /// A symbol that contains one of these stays, before the line break.
    pub kept: Vec<String>,
    /// Words, whatever their letters' case, and what is printed in their place, such as the same with a line break in it.
    pub words: Vec<(String, String)>,
}

impl LineBreaks {
    /// The text with its line breaks.
    pub fn apply(&self, text: &str) -> String {
        let mut broken = text.to_owned();
        for symbol in self.symbols.iter().filter(|symbol| !symbol.is_empty()) {
            let kept = self.kept.iter().any(|part| !part.is_empty() && symbol.contains(part.as_str()));
            broken = replace_ignoring_case(&broken, symbol, kept, "\n");
        }
        for (word, instead) in self.words.iter().filter(|(word, _)| !word.is_empty()) {
            broken = replace_ignoring_case(&broken, word, false, instead);
        }
        broken
    }
}

fn replace_ignoring_case(text: &str, symbol: &str, keep: bool, instead: &str) -> String {
    let folded =
        |text: &str| text.chars().map(|character| upper_cased(character.encode_utf8(&mut [0; 4]))).collect::<Vec<_>>();
    let (characters, wanted): (Vec<char>, _) = (text.chars().collect(), folded(symbol));
    let haystack = folded(text);
    let mut replaced = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(character) = characters.get(at) {
        if haystack.get(at..).is_some_and(|rest| rest.starts_with(&wanted)) {
            if keep {
                replaced.extend(characters.iter().skip(at).take(wanted.len()));
            }
            replaced.push_str(instead);
            at += wanted.len();
        } else {
            replaced.push(*character);
            at += 1;
        }
    }
    replaced
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typographic_quotes_become_straight_and_controls_become_spaces() {
        assert_eq!(plain("\u{201e}A\u{201c} `b`\r\nc\t\0"), "\"A\" b \nc  ");
    }

    #[test]
    fn capitals_are_one_for_one() {
        assert_eq!(
            upper_cased("stra\u{df}e, \u{e9}t\u{e9}, \u{434}\u{430}"),
            "STRA\u{df}E, \u{c9}T\u{c9}, \u{414}\u{410}"
        );
    }

    #[test]
    fn symbols_break_lines_and_some_stay() {
        let symbols = vec![": ".into(), " - ".into(), " OR ".into()];
        let breaks = LineBreaks { symbols, kept: vec![":".into()], words: Vec::new() };
        assert_eq!(breaks.apply("Mission: Impossible - Part or Whole"), "Mission: \nImpossible\nPart\nWhole");
        assert_eq!(breaks.apply("nothing"), "nothing");
    }

    #[test]
    fn words_are_replaced_in_their_order_and_after_symbols() {
        let words = [("feuerzangenbowle", "FEUERZANGEN-\nBOWLE"), ("BOWLE", "PUNCH"), ("", "x")];
        let words = words.map(|(word, instead)| (word.to_owned(), instead.to_owned())).to_vec();
        let breaks = LineBreaks { symbols: vec![" - ".into()], words, ..LineBreaks::default() };
        assert_eq!(breaks.apply("Die Feuerzangenbowle - Bowl"), "Die FEUERZANGEN-\nPUNCH\nBowl");
    }
}
