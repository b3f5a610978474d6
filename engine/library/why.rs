//! Why an asset became what it became: a picture was chosen by a rule, it was left as it is, or something went wrong.
//!
//! A reason is some sentences one after the other. The English of the whole is for logs and for clients that know no other;
//! whoever speaks another language says it by the codes.

use posterizarr_base::said::Reason;
use posterizarr_base::sentences;

sentences! {
    /// A sentence of a reason.
    pub enum Why {
        // The rule by which a picture was chosen.
        OwnFirst => "own_first", "the media server's own picture comes first in the order";
        Textless { provider: &'static str } => "textless", "the best textless picture of {provider}";
        WithText { provider: &'static str, language: String } => "with_text", "the best picture with text in {language} of {provider}";
        Best { provider: &'static str } => "best", "the best picture of {provider}";
        Favourite => "favourite", "the favourite";
        NobodyTextless => "nobody_textless", "no provider has a textless picture";
        OwnLast => "own_last", "no provider has a picture; the media server's own";
        ShowsPoster => "shows_poster", "no season poster; the show's poster";
        ShowsBackground => "shows_background", "no still; the show's background";
        Logo { provider: &'static str, language: String } => "logo", "the logo of {provider} in {language}";
        NobodyLogo => "nobody_logo", "no provider has a logo";
        Manual => "manual", "a manual picture";
        Picked => "picked", "picked by hand, from a set";
        ByHand => "by_hand", "made by hand";
        Sample => "sample", "a sample";
        // Why it was made again.
        Redesigned => "redesigned", "the design has changed";
        FactsChanged => "facts_changed", "the media server has new information about it";
        SamePicture => "same_picture", "made again from the same picture";
        // Why it was left.
        Existed => "existed", "already exists";
        Unannounced => "unannounced", "the episode has no title yet (SkipTBA)";
        Japanese => "japanese", "the episode's title is in Japanese, Chinese or Thai (SkipJapTitle)";
        Offline => "offline", "there is no manual picture, and asking providers is switched off for this kind of artwork";
        Absent => "absent", "does not exist, and nothing new is made";
        Foreign => "foreign", "was not made by this engine and is left unchanged";
        Styled => "styled", "already matches the design";
        // Why there is none.
        Nobody => "nobody", "no provider has a picture that is allowed";
        AskedAgain { providers: String, names: String } => "asked_again", "{providers} did not answer and will be asked again";
        // What is wrong with its text or its picture.
        Truncated => "truncated", "the text does not fit; make its box larger or its smallest size smaller (MaxWidth, MaxHeight, minPointSize)";
        Tiny { width: u32, height: u32 } => "tiny", "the picture has only {width}x{height} pixels; choose a larger one";
        Blank { characters: String } => "blank", "no font has these characters, they stay blank: {characters}; choose a font in config.json that has them";
        Unprintable { characters: String } => "unprintable", "no font has these characters: {characters}; choose a font in config.json that has them";
        // What was taken from one place to another, and what not.
        To { server: &'static str } => "to", "for {server}";
        AsShown { server: &'static str } => "as_shown", "as {server} shows it";
        FromBackup => "from_backup", "from the backup";
        NoPictureShown { server: &'static str } => "no_picture_shown", "{server} shows no picture";
        NoBackup => "no_backup", "there is no backup of it";
        NotOnServer { server: &'static str } => "not_on_server", "{server} does not have it";
        PictureGone => "picture_gone", "its picture is gone";
        NoLogoInLanguages => "no_logo_in_languages", "no provider has a logo in a language of LogoLanguageOrder";
        NoLogoAnswer { providers: String, names: String } => "no_logo_answer", "{providers} did not answer, and no other provider has a logo";
        NoLogoShown { server: &'static str } => "no_logo_shown", "{server} shows no logo";
        LogoNotOurs => "logo_not_ours", "its logo is not one of ours";
        OwnLogo { server: &'static str } => "own_logo", "{server} shows its own logo";
        NoOwnLogo { server: &'static str } => "no_own_logo", "{server} shows no logo, as it has none of its own";
        OwnPoster { server: &'static str } => "own_poster", "{server} shows its own poster";
        NoOwnPoster { server: &'static str } => "no_own_poster", "{server} has no poster of its own for it";
        SamePlace { title: String, other: String } => "same_place", "{title} and {other} have folders with the same name, and one place in the backup; it is left to the latter";
        // What went wrong.
        NotUploaded { reason: String } => "not_uploaded", "it could not be uploaded: {reason}";
        NotSaved { reason: String } => "not_saved", "it could not be saved: {reason}";
        NotReverted { reason: String } => "not_reverted", "it could not be reverted: {reason}";
        NotReset { reason: String } => "not_reset", "it could not be reset: {reason}";
        NotWritten { reason: String } => "not_written", "it cannot be written: {reason}";
        SourceGone { reason: String } => "source_gone", "the picture that it was made of is gone: {reason}";
        NotPng { address: String } => "not_png", "{address} is not a PNG";
        SampleFailed => "sample_failed", "it could not be made; the log says why";
        Told { text: String } => "told", "{text}";
    }
}

impl Why {
    /// Of sentences in their order; one that was said just before is not said again.
    pub(crate) fn reason(sentences: &[Self]) -> Reason {
        let mut reason = Reason::default();
        let mut before: Option<&Self> = None;
        for sentence in sentences.iter() {
            if before != Some(sentence) {
                let between = before.map_or("", |before| between(before, sentence));
                reason.add(between, &sentence.english(), sentence.said());
            }
            before = Some(sentence);
        }
        reason
    }

    /// Those who did not answer and will be asked again.
    pub fn asked_again(names: &[String]) -> Self {
        Self::AskedAgain { providers: names.join(" and "), names: names.join(", ") }
    }
}

/// What others said, which nobody here can say in another language.
impl From<String> for Why {
    fn from(text: String) -> Self {
        Self::Told { text }
    }
}

impl From<Why> for Reason {
    fn from(why: Why) -> Self {
        Why::reason(&[why])
    }
}

/// What stands between two sentences. The web UI does the same.
fn between(before: &Why, next: &Why) -> &'static str {
    match (before, next) {
        (_, Why::Favourite) | (Why::To { .. }, _) => ", ",
        (Why::ShowsPoster | Why::ShowsBackground, _) => ": ",
        _ => "; ",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_make_a_reason_and_each_has_its_code() {
        let (provider, language) = ("TMDB", "de".to_owned());
        let sentences = [
            Why::ShowsPoster,
            Why::NobodyTextless,
            Why::WithText { provider, language },
            Why::Favourite,
            Why::Favourite,
        ];
        let reason = Why::reason(&sentences);
        assert_eq!(
            reason.text,
            "no season poster; the show's poster: no provider has a textless picture; the best picture with text in de of TMDB, the favourite"
        );
        let codes: Vec<_> = reason.because.iter().map(|clause| clause.code.as_str()).collect();
        assert_eq!(codes, ["shows_poster", "nobody_textless", "with_text", "favourite"]);
        assert_eq!(reason.because[2].params["language"], "de");
    }

    #[test]
    fn no_two_sentences_have_one_code() {
        let codes: std::collections::HashSet<_> = Why::ALL.iter().map(|(code, _)| code).collect();
        assert_eq!(codes.len(), Why::ALL.len());
    }
}
