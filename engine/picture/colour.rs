//! Colours as `config.json` writes them.

/// A colour in sRGB with its opacity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour {
    pub rgb: [u8; 3],
    pub alpha: u8,
}

/// What is no colour.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no colour; write a name such as white, or #rrggbb")]
pub struct UnknownColour(String);

impl Colour {
    pub const BLACK: Self = Self::opaque([0, 0, 0]);
    pub const WHITE: Self = Self::opaque([255, 255, 255]);

    pub const fn opaque(rgb: [u8; 3]) -> Self {
        Self { rgb, alpha: 255 }
    }

    /// A name of CSS, `#rgb`, `#rrggbb`, `#rrggbbaa`, `rgb(…)` or `none`, in any case.
    pub fn parse(text: &str) -> Result<Self, UnknownColour> {
        let name = text.trim();
        if name.eq_ignore_ascii_case("none") {
            return Ok(Self { alpha: 0, ..Self::BLACK });
        }
        let parsed = csscolorparser::parse(name).map_err(|_| UnknownColour(text.to_owned()))?;
        let [red, green, blue, alpha] = parsed.to_rgba8();
        Ok(Self { rgb: [red, green, blue], alpha })
    }

    /// Paints over a pixel with this much coverage.
    pub(super) fn over(self, pixel: &mut [u8], coverage: u8) {
        let alpha = u32::from(coverage) * u32::from(self.alpha);
        for (below, above) in pixel.iter_mut().zip(self.rgb) {
            // 65025 is full coverage by a full colour.
            let mixed = u32::from(above) * alpha + u32::from(*below) * (65_025 - alpha);
            *below = ((mixed + 32_512) / 65_025) as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read_in_the_forms_people_use() {
        assert_eq!(Colour::parse("White"), Ok(Colour::WHITE));
        assert_eq!(Colour::parse("#FC7E10"), Ok(Colour::opaque([252, 126, 16])));
        assert_eq!(Colour::parse("rgb(1, 2, 3)"), Ok(Colour::opaque([1, 2, 3])));
        assert_eq!(Colour::parse("#11223380").map(|colour| colour.alpha), Ok(128));
        assert_eq!(Colour::parse("none").map(|colour| colour.alpha), Ok(0));
        assert!(Colour::parse("$(reboot)").unwrap_err().to_string().contains("#rrggbb"));
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
