//! Colours as `config.json` writes them: every notation that ImageMagick takes.
//!
//! The poster script hands colours to ImageMagick, so what that understands has to be understood here: its names (those of
//! X11 with their shades, such as `DarkSeaGreen4`, and greys in steps, such as `gray37`), hexadecimal digits of any depth,
//! and functions. Where a name has two meanings, the one that ImageMagick gives it holds.

use std::collections::HashMap;
use std::sync::LazyLock;

/// A colour in sRGB with its opacity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour {
    /// Red, green and blue.
    pub rgb: [u8; 3],
    /// 0 for nothing to be seen, 255 for nothing to be seen through.
    pub alpha: u8,
}

/// What is no colour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownColour;

impl std::fmt::Display for UnknownColour {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        super::wrong::Wrong::Colour.fmt(formatter)
    }
}

impl std::error::Error for UnknownColour {}

/// Names in lower case without blanks, and their colours; generated from ImageMagick's list.
static NAMES: LazyLock<HashMap<&str, [u8; 3]>> = LazyLock::new(|| {
    let line = |line: &'static str| {
        let (name, digits) = line.split_once(' ')?;
        let [_, red, green, blue] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
        Some((name, [red, green, blue]))
    };
    include_str!("colours.table").lines().filter_map(line).collect()
});

impl Colour {
    pub const BLACK: Self = Self::opaque([0, 0, 0]);
    pub const WHITE: Self = Self::opaque([255, 255, 255]);
    /// Nothing to be seen.
    pub const NONE: Self = Self { alpha: 0, ..Self::BLACK };

    /// A colour that nothing is to be seen through.
    pub const fn opaque(rgb: [u8; 3]) -> Self {
        Self { rgb, alpha: 255 }
    }

    /// Reads a colour in any letter case.
    ///
    /// # Errors
    /// What ImageMagick would not take for a colour either. The error never repeats the text.
    pub fn parse(text: &str) -> Result<Self, UnknownColour> {
        let lower = text.trim().to_lowercase();
        let found = if let Some(digits) = lower.strip_prefix('#') {
            hexadecimal(digits)
        } else if let Some((name, arguments)) = lower.split_once('(') {
            let arguments = arguments.strip_suffix(')').ok_or(UnknownColour)?;
            function(name.trim_end(), arguments).or_else(|| by_css(&lower))
        } else {
            named(&lower)
        };
        found.ok_or(UnknownColour)
    }

    /// Paints over a pixel of three channels with this much coverage.
    pub fn over(self, pixel: &mut [u8], coverage: u8) {
        let alpha = u32::from(coverage) * u32::from(self.alpha);
        for (below, above) in pixel.iter_mut().zip(self.rgb) {
            // 65025 is full coverage by a full colour.
            let mixed = u32::from(above) * alpha + u32::from(*below) * (65_025 - alpha);
            *below = ((mixed + 32_512) / 65_025) as u8;
        }
    }
}

fn named(name: &str) -> Option<Colour> {
    let joined: String = name.split_whitespace().collect();
    if ["none", "transparent", "matte"].contains(&joined.as_str()) {
        return Some(Colour::NONE);
    }
    // Names that style sheets added later, which newer ImageMagicks may learn.
    NAMES
        .get(joined.as_str())
        .map(|rgb| Colour::opaque(*rgb))
        .or_else(|| by_css(&joined).filter(|_| !joined.is_empty()))
}

/// The notations of style sheets, such as `hwb(120 0% 0%)`.
fn by_css(text: &str) -> Option<Colour> {
    // Its parser takes digits without their sign for a colour; nobody else does.
    if text.starts_with(|first: char| !first.is_ascii_alphabetic()) || u32::from_str_radix(text, 16).is_ok() {
        return None;
    }
    let [red, green, blue, alpha] = csscolorparser::parse(text).ok()?.to_rgba8();
    Some(Colour { rgb: [red, green, blue], alpha })
}

/// Three or four channels of one to four digits each.
fn hexadecimal(digits: &str) -> Option<Colour> {
    let channels = match digits.len() {
        3 | 6 | 9 | 12 => 3,
        4 | 8 | 16 => 4,
        _ => return None,
    };
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let depth = digits.len() / channels;
    let full = f64::from((1_u32 << (4 * depth)) - 1);
    let channel = |index: usize| {
        let value = u32::from_str_radix(digits.get(index * depth..(index + 1) * depth)?, 16).ok()?;
        // Between 0 and 255 by construction.
        Some((f64::from(value) * 255.0 / full).round() as u8)
    };
    let alpha = if channels == 4 { channel(3)? } else { 255 };
    Some(Colour { rgb: [channel(0)?, channel(1)?, channel(2)?], alpha })
}

/// An argument of a function.
#[derive(Clone, Copy)]
struct Amount {
    number: f64,
    is_percentage: bool,
}

impl Amount {
    fn read(text: &str) -> Option<Self> {
        let (digits, is_percentage) = text.strip_suffix('%').map_or((text, false), |digits| (digits, true));
        let number =
            digits.strip_suffix("deg").unwrap_or(digits).parse::<f64>().ok().filter(|number| number.is_finite())?;
        Some(Self { number, is_percentage })
    }

    /// From 0 to 1, of a number that goes up to `full`.
    fn part(self, full: f64) -> f64 {
        (if self.is_percentage { self.number / 100.0 } else { self.number / full }).clamp(0.0, 1.0)
    }

    /// From 0 to 255.
    fn channel(self) -> u8 {
        byte(self.part(255.0))
    }
}

fn byte(part: f64) -> u8 {
    (part.clamp(0.0, 1.0) * 255.0).round() as u8
}

fn function(name: &str, arguments: &str) -> Option<Colour> {
    let parts = arguments.split([',', '/', ' ', '\t']).filter(|part| !part.is_empty());
    let amounts: Vec<Amount> = parts.map(Amount::read).collect::<Option<_>>()?;
    // A fourth value is an opacity also without the letter that announces it; five are the inks and theirs.
    let (values, alpha) = match (name, amounts.as_slice()) {
        ("cmyk" | "cmyka", [values @ .., alpha]) if values.len() == 4 => (values, Some(alpha)),
        ("cmyk" | "cmyka", values) => (values, None),
        ("gray" | "grey" | "graya" | "greya", [value, alpha]) => (std::slice::from_ref(value), Some(alpha)),
        (_, [values @ .., alpha]) if values.len() == 3 => (values, Some(alpha)),
        (_, values) => (values, None),
    };
    let rgb = match (name, values) {
        ("rgb" | "rgba" | "srgb" | "srgba", [red, green, blue]) => [red, green, blue].map(|amount| amount.channel()),
        ("gray" | "grey" | "graya" | "greya", [light]) => [light.channel(); 3],
        ("hsl" | "hsla", [hue, saturation, light]) => hsl(hue, saturation.part(255.0), light.part(255.0)),
        ("hsb" | "hsba" | "hsv" | "hsva", [hue, saturation, bright]) => {
            hsb(hue, saturation.part(255.0), bright.part(255.0))
        }
        ("cmyk" | "cmyka", [cyan, magenta, yellow, black]) => {
            let left = 1.0 - black.part(255.0);
            [cyan, magenta, yellow].map(|ink| byte((1.0 - ink.part(255.0)) * left))
        }
        _ => return None,
    };
    Some(Colour { rgb, alpha: alpha.map_or(255, |alpha| byte(alpha.part(1.0))) })
}

fn hue_part(hue: &Amount) -> f64 {
    // A percentage is one of the whole circle.
    let degrees = if hue.is_percentage { hue.number * 3.6 } else { hue.number };
    degrees.rem_euclid(360.0) / 60.0
}

fn hsl(hue: &Amount, saturation: f64, light: f64) -> [u8; 3] {
    let chroma = (1.0 - (2.0 * light - 1.0).abs()) * saturation;
    around(hue_part(hue), chroma, light - chroma / 2.0)
}

fn hsb(hue: &Amount, saturation: f64, bright: f64) -> [u8; 3] {
    let chroma = bright * saturation;
    around(hue_part(hue), chroma, bright - chroma)
}

/// A colour of this chroma over this least channel; the hue counts the sixths of the circle.
fn around(hue: f64, chroma: f64, least: f64) -> [u8; 3] {
    let second = chroma * (1.0 - (hue % 2.0 - 1.0).abs());
    let rgb = match hue as u8 {
        0 => [chroma, second, 0.0],
        1 => [second, chroma, 0.0],
        2 => [0.0, chroma, second],
        3 => [0.0, second, chroma],
        4 => [second, 0.0, chroma],
        _ => [chroma, 0.0, second],
    };
    rgb.map(|channel| byte(channel + least))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rgb(text: &str) -> Option<[u8; 3]> {
        Colour::parse(text).ok().filter(|colour| colour.alpha == 255).map(|colour| colour.rgb)
    }

    fn rgba(text: &str) -> Option<[u8; 4]> {
        let Colour { rgb: [red, green, blue], alpha } = Colour::parse(text).ok()?;
        Some([red, green, blue, alpha])
    }

    #[test]
    fn every_name_of_imagemagick_is_known_in_any_letter_case_and_with_blanks() {
        assert!(NAMES.len() > 660);
        assert_eq!(NAMES.len(), include_str!("colours.table").lines().count());
        for (name, colour) in [
            ("White", [255, 255, 255]),
            ("DarkSeaGreen4", [105, 139, 105]),
            ("light  Blue", [173, 216, 230]),
            ("gray37", [94, 94, 94]),
            ("GREY100", [255, 255, 255]),
            ("VioletRed3", [205, 50, 120]),
            ("green", [0, 128, 0]),
            ("Navy Blue", [0, 0, 128]),
            ("rebeccapurple", [102, 51, 153]),
        ] {
            assert_eq!(rgb(name), Some(colour), "{name}");
        }
        for name in ["none", "Transparent", " NONE "] {
            assert_eq!(rgba(name), Some([0, 0, 0, 0]), "{name}");
        }
    }

    #[test]
    fn digits_of_any_depth_are_read() {
        for (text, colour) in [
            ("#FC7E10", [252, 126, 16, 255]),
            ("#f80", [255, 136, 0, 255]),
            ("#f808", [255, 136, 0, 136]),
            ("#11223380", [17, 34, 51, 128]),
            ("#123456789", [18, 69, 120, 255]),
            ("#123412341234", [18, 18, 18, 255]),
            ("#1234123412345678", [18, 18, 18, 86]),
        ] {
            assert_eq!(rgba(text), Some(colour), "{text}");
        }
    }

    #[test]
    fn functions_are_read_with_numbers_and_percentages() {
        for (text, colour) in [
            ("rgb(1, 2, 3)", [1, 2, 3, 255]),
            ("RGB(1 2 3)", [1, 2, 3, 255]),
            ("srgb(255,0,300)", [255, 0, 255, 255]),
            ("rgb(100%,0%,50%)", [255, 0, 128, 255]),
            ("rgba(1,2,3,0.5)", [1, 2, 3, 128]),
            ("rgb(1 2 3 / 50%)", [1, 2, 3, 128]),
            ("hsl(120,100%,50%)", [0, 255, 0, 255]),
            ("hsl(0,100%,25%)", [128, 0, 0, 255]),
            ("hsla(240, 100%, 50%, 0.2)", [0, 0, 255, 51]),
            ("hsb(60,100%,100%)", [255, 255, 0, 255]),
            ("hsv(180deg,100%,50%)", [0, 128, 128, 255]),
            ("gray(50%)", [128, 128, 128, 255]),
            ("graya(128, 0.5)", [128, 128, 128, 128]),
            ("cmyk(0,255,255,0)", [255, 0, 0, 255]),
            ("cmyk(0%,100%,100%,50%)", [128, 0, 0, 255]),
            ("hwb(120 0% 0%)", [0, 255, 0, 255]),
        ] {
            assert_eq!(rgba(text), Some(colour), "{text}");
        }
    }

    #[test]
    fn what_is_no_colour_is_refused_without_repeating_it() {
        for text in [
            "",
            "#",
            "#12",
            "#ggg",
            "#12345",
            "rgb(1",
            "rgb()",
            "rgb(1,2)",
            "rgb(a,b,c)",
            "red;",
            "-x",
            "fff",
            "frog",
            "gray101",
            "$(reboot)",
            "rgb(NaN,1,2)",
        ] {
            assert_eq!(Colour::parse(text), Err(UnknownColour), "{text}");
        }
        assert!(UnknownColour.to_string().contains("#RRGGBB"));
    }

    #[test]
    fn painting_covers_in_part() {
        let mut pixel = [0, 0, 0];
        Colour::WHITE.over(&mut pixel, 255);
        assert_eq!(pixel, [255, 255, 255]);
        Colour::BLACK.over(&mut pixel, 128);
        assert_eq!(pixel, [127, 127, 127]);
    }
}
