//! What a value of `config.json` must be instead. The texts never repeat a value: it may be a secret.

use crate::sentences;

sentences! {
    /// What is wrong with a value.
    pub enum Wrong {
        Switch => "must_be_switch", "must be true or false";
        Text => "must_be_text", "must be text";
        Nul => "has_nul", "must not contain a NUL character";
        Controls => "has_controls", "must be a path without control characters";
        Number { from: i64, to: i64 } => "must_be_number", "must be a whole number from {from} to {to}";
        Offset { most: i64 } => "must_be_offset", "must be a whole number from -{most} to +{most}, such as +300";
        Percent => "must_be_percent", "must be a percentage from 1% to 100%";
        OneOf { choices: String } => "must_be_one_of", "must be one of {choices}";
        Colour => "must_be_colour", "must be the name of a colour, such as white, or #RRGGBB";
        Url => "must_be_url", "must be an address that begins with http:// or https://";
        Address => "must_be_address", "must be an address such as discord://id/token/";
        Image { endings: String } => "must_be_image", "must be the name of an image file in Overlayfiles, ending in {endings}";
        Font { endings: String } => "must_be_font", "must be the name of a font file in Overlayfiles, ending in {endings}";
        Languages { textless: &'static str, inherit: &'static str } => "must_be_languages", "must be a list of language codes such as en or pt-BR, {textless} (no text) or {inherit}";
        Libraries => "must_be_libraries", "must be a list of names of libraries";
        Symbols => "must_be_symbols", "must be a list of texts, none of them empty";
        Providers { all: String } => "must_be_providers", "must be a list of some of {all}, each once";
        Replacements { example: &'static str } => "must_be_replacements", "must be an object of texts, such as {example}";
        LibraryLanguages { example: String } => "must_be_library_languages", "must be an object of libraries, such as {example}";
    }
}
