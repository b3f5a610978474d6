//! Sizes and places on a canvas, in whole pixels.

/// Where something is put along one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Start,
    Middle,
    End,
}

impl Align {
    /// Where something of this length begins; negative where it is longer than the space.
    fn place(self, length: u32, space: u32) -> i64 {
        let free = i64::from(space) - i64::from(length);
        match self {
            Self::Start => 0,
            Self::Middle => free / 2,
            Self::End => free,
        }
    }
}

/// Where something is put on an area: ImageMagick's nine gravities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gravity {
    pub horizontal: Align,
    pub vertical: Align,
}

impl Gravity {
    pub const CENTER: Self = Self { horizontal: Align::Middle, vertical: Align::Middle };
    pub const SOUTH: Self = Self { horizontal: Align::Middle, vertical: Align::End };

    /// The gravity of a name such as `south` or `NorthWest`.
    pub fn parse(name: &str) -> Option<Self> {
        let (horizontal, vertical) = match name.to_ascii_lowercase().as_str() {
            "northwest" => (Align::Start, Align::Start),
            "north" => (Align::Middle, Align::Start),
            "northeast" => (Align::End, Align::Start),
            "west" => (Align::Start, Align::Middle),
            "center" => (Align::Middle, Align::Middle),
            "east" => (Align::End, Align::Middle),
            "southwest" => (Align::Start, Align::End),
            "south" => (Align::Middle, Align::End),
            "southeast" => (Align::End, Align::End),
            _ => return None,
        };
        Some(Self { horizontal, vertical })
    }

    /// Where the top left corner of something of this size comes to be.
    pub fn place(self, size: (u32, u32), space: (u32, u32)) -> (i64, i64) {
        (self.horizontal.place(size.0, space.0), self.vertical.place(size.1, space.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gravities_are_read_whatever_their_case() {
        assert_eq!(Gravity::parse("South"), Some(Gravity::SOUTH));
        assert_eq!(Gravity::parse("CENTER"), Some(Gravity::CENTER));
        assert_eq!(Gravity::parse("down"), None);
    }

    #[test]
    fn things_are_put_flush_or_in_the_middle() {
        assert_eq!(Gravity::SOUTH.place((11, 5), (100, 50)), (44, 45));
        assert_eq!(Gravity::parse("NorthEast").map(|g| g.place((10, 5), (100, 50))), Some((90, 0)));
        assert_eq!(Gravity::CENTER.place((120, 5), (100, 50)), (-10, 22));
    }
}
