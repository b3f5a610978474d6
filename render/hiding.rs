//! Pictures that give nothing away of what happens in them.

use std::fmt;

use crate::picture::Canvas;

/// How a picture is kept from giving away what happens in it, and how thoroughly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hiding {
    /// Shapes and colours are all that is left.
    Blur(Strength),
    /// Its colours are taken away.
    Grey(Strength),
}

/// From 1 to 100 percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strength(u8);

/// How many times smaller a picture is made to be blurred entirely.
const MAX_BLUR: u32 = 64;

impl Strength {
    pub const FULL: Self = Self(100);

    fn parse(word: &str) -> Option<Self> {
        let percent = word.strip_suffix('%').unwrap_or(word).parse().ok()?;
        (1..=100).contains(&percent).then_some(Self(percent))
    }
}

impl Hiding {
    /// Of `blur`, `grey`, or one of them with a strength as `blur 40%`; none of `off`.
    ///
    /// # Errors
    /// How it is written.
    pub fn parse(text: &str) -> Result<Option<Self>, String> {
        let (word, strength) = text.trim().split_once(char::is_whitespace).unwrap_or((text.trim(), "100%"));
        let known = match (word, Strength::parse(strength.trim())) {
            ("off", Some(Strength::FULL)) => Some(None),
            ("blur", Some(strength)) => Some(Some(Self::Blur(strength))),
            ("grey", Some(strength)) => Some(Some(Self::Grey(strength))),
            _ => None,
        };
        known.ok_or_else(|| format!("`{text}` hides nothing; write off, blur or grey, with a strength as in blur 40%"))
    }

    /// Hides what is on a canvas.
    pub fn apply(self, canvas: &mut Canvas) {
        match self {
            // Below two there would be nothing to see of it.
            Self::Blur(Strength(percent)) => canvas.blur((MAX_BLUR * u32::from(percent) / 100).max(2)),
            Self::Grey(Strength(percent)) => canvas.grey(u32::from(percent)),
        }
    }
}

impl fmt::Display for Hiding {
    /// As it is written.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blur(Strength(percent)) => write!(formatter, "blur {percent}%"),
            Self::Grey(Strength(percent)) => write!(formatter, "grey {percent}%"),
        }
    }
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage};

    use super::*;
    use crate::picture::Source;

    #[test]
    fn a_way_to_hide_is_read_as_it_is_written() {
        for text in ["blur 40%", "grey 100%", "blur 1%"] {
            assert_eq!(Hiding::parse(text).unwrap().unwrap().to_string(), text);
        }
        assert_eq!(Hiding::parse("blur").unwrap(), Some(Hiding::Blur(Strength::FULL)));
        assert_eq!(Hiding::parse(" grey  25 ").unwrap().unwrap().to_string(), "grey 25%");
        assert_eq!(Hiding::parse("off").unwrap(), None);
        for wrong in ["", "on", "blur 0%", "blur 101%", "grey much", "off 50%"] {
            assert!(Hiding::parse(wrong).unwrap_err().contains("blur 40%"), "{wrong}");
        }
    }

    /// How much neighbours differ at most, and how much the colours of all pixels do.
    fn seen(hiding: &str) -> (u64, u64) {
        // Stripes of two colours, twenty pixels wide.
        let stripes =
            RgbImage::from_fn(400, 200, |x, _| if x / 20 % 2 == 0 { Rgb([200, 40, 40]) } else { Rgb([40, 40, 200]) });
        let mut canvas =
            Canvas::covered_by(Source { pixels: stripes, had_alpha: false }, crate::geometry::Size::new(400, 200));
        if let Some(hiding) = Hiding::parse(hiding).unwrap() {
            hiding.apply(&mut canvas);
        }
        let row: Vec<[u8; 3]> = (0..400).map(|x| canvas.pixels().get_pixel(x, 100).0).collect();
        let edge = row.windows(2).map(|two| u64::from(two[0][0].abs_diff(two[1][0]))).max().unwrap();
        let colours = row.iter().map(|pixel| u64::from(pixel[0].abs_diff(pixel[2]))).sum();
        (edge, colours)
    }

    #[test]
    fn the_stronger_it_is_the_less_is_seen() {
        let [plain, soft, full] = ["off", "blur 10%", "blur"].map(|hiding| seen(hiding).0);
        assert!(plain > soft && soft > 2 * full, "{plain} {soft} {full}");
        let [plain, half, none] = ["off", "grey 50%", "grey"].map(|hiding| seen(hiding).1);
        assert!(half < plain * 6 / 10 && half > plain * 4 / 10 && none == 0, "{plain} {half} {none}");
    }
}
