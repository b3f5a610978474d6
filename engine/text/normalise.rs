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

/// The symbols after which a title goes on in a new line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineBreaks {
    /// Each is replaced by a line break, whatever its letters' case.
    pub symbols: Vec<String>,
    /// A symbol that contains one of these stays, before the line break.
    pub kept: Vec<String>,
}

impl LineBreaks {
    /// The text with its line breaks.
    pub fn apply(&self, text: &str) -> String {
        let mut broken = text.to_owned();
        for symbol in self.symbols.iter().filter(|symbol| !symbol.is_empty()) {
            let kept = self.kept.iter().any(|part| !part.is_empty() && symbol.contains(part.as_str()));
            broken = replace_ignoring_case(&broken, symbol, kept);
        }
        broken
    }
}

fn replace_ignoring_case(text: &str, symbol: &str, keep: bool) -> String {
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
            replaced.push('\n');
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
        let breaks = LineBreaks { symbols: vec![": ".into(), " - ".into(), " OR ".into()], kept: vec![":".into()] };
        assert_eq!(breaks.apply("Mission: Impossible - Part or Whole"), "Mission: \nImpossible\nPart\nWhole");
        assert_eq!(breaks.apply("nothing"), "nothing");
    }
}
