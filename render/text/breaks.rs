//! Where a line may begin, by the rules of Unicode (UAX 14).
//!
//! Between words of Latin, Greek and Cyrillic titles lines are broken at spaces and nowhere else, as ImageMagick does it. The
//! rules are for scripts without spaces: no closing bracket, full stop or small kana begins a line of Chinese or Japanese,
//! and words of Thai, Lao, Khmer and Burmese, which a model finds, stay whole. Words of Korean stay whole, too.

use icu_segmenter::{LineSegmenter, options::LineBreakOptions};
use unicode_script::{Script, UnicodeScript};

/// From here on scripts are found that have no spaces; ImageMagick breaks before these characters wherever it has to.
const FIRST_WIDE: char = '\u{800}';

/// Whether a line may be broken before the character where nothing else helps.
pub(super) fn is_wide(character: char) -> bool {
    character >= FIRST_WIDE
}

/// The places in a paragraph where a line may begin and no space is before it.
#[derive(Debug, Default)]
pub(super) struct Breaks(Vec<usize>);

impl Breaks {
    pub(super) fn of(paragraph: &str) -> Self {
        if !paragraph.chars().any(is_wide) {
            return Self::default();
        }
        let segmenter = LineSegmenter::new_lstm(LineBreakOptions::default());
        let places = segmenter.segment_str(paragraph).filter(|at| {
            let (before, after) = paragraph.split_at_checked(*at).unwrap_or_default();
            before.chars().next_back().zip(after.chars().next()).is_some_and(|(last, next)| {
                let is_korean = last.script() == Script::Hangul && next.script() == Script::Hangul;
                (is_wide(last) || is_wide(next)) && !last.is_whitespace() && !is_korean
            })
        });
        Self(places.collect())
    }

    /// Whether a line may begin at this byte.
    pub(super) fn are_before(&self, at: usize) -> bool {
        self.0.binary_search(&at).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> Vec<&str> {
        let mut rest = text;
        let mut pieces = Vec::new();
        for at in Breaks::of(text).0.iter().rev() {
            let (before, last) = rest.split_at(*at);
            pieces.push(last);
            rest = before;
        }
        pieces.push(rest);
        pieces.reverse();
        pieces
    }

    #[test]
    fn spaces_are_all_that_latin_titles_are_broken_at() {
        assert_eq!(pieces("Spider-Man: Far/From Home"), ["Spider-Man: Far/From Home"]);
        assert_eq!(pieces("Война и мир"), ["Война и мир"]);
    }

    #[test]
    fn no_line_begins_with_a_closing_sign_or_a_small_kana() {
        assert_eq!(pieces("「天気の子」。"), ["「天", "気", "の", "子」。"]);
        assert_eq!(pieces("ちょっと"), ["ちょっ", "と"]);
    }

    #[test]
    fn words_without_spaces_are_found() {
        assert_eq!(pieces("สวัสดีชาวโลก"), ["สวัสดี", "ชาว", "โลก"]);
        assert!(pieces("ព្រះរាជាណាចក្រកម្ពុជា").len() > 1);
    }

    #[test]
    fn words_of_korean_stay_whole() {
        assert_eq!(pieces("기생충 어벤져스"), ["기생충 어벤져스"]);
    }
}
