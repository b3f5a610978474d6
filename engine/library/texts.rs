//! What is printed on artwork, and how tables call it.

use posterizarr_media::model::Item;

use posterizarr_render::text::upper_cased;

/// Whether a title is in a script that most fonts for posters lack.
fn is_in_other_script(title: &str) -> bool {
    title.chars().any(|character| {
        matches!(character,
            '\u{3040}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}' | '\u{0400}'..='\u{04ff}' | '\u{0900}'..='\u{097f}'
            | '\u{0e00}'..='\u{0e7f}' | '\u{1200}'..='\u{137f}' | '\u{10a0}'..='\u{10ff}' | '\u{0530}'..='\u{058f}'
            | '\u{0980}'..='\u{09ff}')
    })
}

/// The title that is printed: the original one where the title is in a script that most fonts lack; or, where original titles
/// are wanted, unless they are in such a script. Of two titles of which one is blank it is the other.
pub(super) fn printed_title(item: &Item, wants_original: bool) -> &str {
    match item.original_title.as_deref().filter(|original| !original.trim().is_empty()) {
        Some(original) if item.title.trim().is_empty() => original,
        Some(original) if wants_original && !is_in_other_script(original) => original,
        Some(original) if !wants_original && is_in_other_script(&item.title) => original,
        _ => &item.title,
    }
}

/// Whether an episode's title is in Japanese, Chinese or Thai.
pub(super) fn is_japanese(title: &str) -> bool {
    title.chars().any(
        |character| matches!(character, '\u{3040}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}' | '\u{0e00}'..='\u{0e7f}'),
    )
}

/// Whether an episode has no title yet: its whole title is `TBA`, or begins with a word that the user has listed.
pub(super) fn is_unannounced(title: &str, words: &[String]) -> bool {
    let title = title.trim().to_lowercase();
    let listed = words.iter().map(|word| word.trim().to_lowercase()).filter(|word| !word.is_empty() && word != "tba");
    title == "tba" || listed.into_iter().any(|word| title.starts_with(&word))
}

/// How the table calls an episode.
pub(super) fn episode_title(code: &str, title: &str, capitals: bool) -> String {
    let title = title.trim();
    let title = if capitals { upper_cased(title) } else { title.to_owned() };
    format!("{code} | {title}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::plan::tests::movie;

    #[test]
    fn the_original_title_stands_in_for_scripts_that_fonts_lack() {
        let titled = |title: &str, original: Option<&str>| {
            let item = Item { original_title: original.map(str::to_owned), ..movie("1", title) };
            [false, true].map(|wants_original| printed_title(&item, wants_original).to_owned())
        };
        let same = |title: &str| [title.to_owned(), title.to_owned()];
        assert_eq!(titled("千と千尋", Some("Spirited Away")), same("Spirited Away"));
        assert_eq!(titled("千と千尋", None), same("千と千尋"));
        assert_eq!(titled("千と千尋", Some(" ")), same("千と千尋"));
        assert_eq!(titled("Your Name", Some("君の名は。")), same("Your Name"));
        assert_eq!(titled("ואלס", Some("Waltz")), ["ואלס", "Waltz"]);
        assert_eq!(
            titled("Die Verurteilten", Some("The Shawshank Redemption")),
            ["Die Verurteilten", "The Shawshank Redemption"]
        );
        assert_eq!(titled(" ", Some("君の名は。")), same("君の名は。"));
    }

    #[test]
    fn episodes_without_a_title_are_known_by_all_of_it() {
        assert!(is_unannounced(" tba ", &[]) && !is_unannounced("TBA or not", &[]));
        assert!(is_unannounced("Episode 7", &["episode".into()]) && !is_unannounced("x", &["".into(), "TBA".into()]));
        assert!(is_japanese("獣の巨人") && !is_japanese("Night"));
        assert_eq!(episode_title("S01E02", " Straße ", true), "S01E02 | STRAßE");
    }
}
