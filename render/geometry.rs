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

/// A rectangle on a canvas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    /// Its top left corner; it may be outside of the canvas.
    pub place: (i64, i64),
    /// Width and height.
    pub size: (u32, u32),
}

impl Area {
    /// Whether both have a pixel in common.
    pub fn meets(self, other: Self) -> bool {
        let overlap = |one: i64, length: u32, other: i64, other_length: u32| {
            one < other + i64::from(other_length) && other < one + i64::from(length)
        };
        overlap(self.place.0, self.size.0, other.place.0, other.size.0)
            && overlap(self.place.1, self.size.1, other.place.1, other.size.1)
    }

    /// What of it is on a canvas, counted from its own corner; empty if nothing is.
    pub fn on(self, canvas: (u32, u32)) -> Self {
        let part = |place: i64, length: u32, canvas: u32| {
            let start = place.max(0).min(i64::from(canvas));
            let end = (place + i64::from(length)).min(i64::from(canvas)).max(start);
            // No longer than the canvas.
            (start - place, (end - start) as u32)
        };
        let (x, width) = part(self.place.0, self.size.0, canvas.0);
        let (y, height) = part(self.place.1, self.size.1, canvas.1);
        Self { place: (x, y), size: (width, height) }
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

    #[test]
    fn the_part_of_an_area_that_is_on_the_canvas_is_found() {
        let on = |place, size| Area { place, size }.on((100, 50));
        assert_eq!(on((10, 5), (20, 20)), Area { place: (0, 0), size: (20, 20) });
        assert_eq!(on((-10, 45), (200, 20)), Area { place: (10, 0), size: (100, 5) });
        assert_eq!(on((0, -30), (10, 20)).size.1, 0);
        assert_eq!(on((0, 60), (10, 20)).size.1, 0);
    }

    #[test]
    fn areas_meet_where_they_share_a_pixel() {
        let area = |x, y| Area { place: (x, y), size: (10, 10) };
        assert!(area(0, 0).meets(area(9, 9)) && area(5, 5).meets(area(0, 0)));
        assert!(!area(0, 0).meets(area(10, 0)) && !area(0, 20).meets(area(0, 0)));
    }
}
