//! Sizes and places on a canvas, in whole pixels.

use std::ops::{Add, Sub};

pub use posterizarr_base::artwork::Size;

/// A place on a canvas, from its top left corner; it may be outside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Point {
    pub x: i64,
    pub y: i64,
}

impl Point {
    pub const fn new(x: i64, y: i64) -> Self {
        Self { x, y }
    }
}

impl Add for Point {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { x: self.x + other.x, y: self.y + other.y }
    }
}

impl Sub for Point {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self { x: self.x - other.x, y: self.y - other.y }
    }
}

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
    pub fn place(self, size: Size, space: Size) -> Point {
        Point::new(self.horizontal.place(size.width, space.width), self.vertical.place(size.height, space.height))
    }
}

/// A rectangle on a canvas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    /// Its top left corner; it may be outside of the canvas.
    pub place: Point,
    pub size: Size,
}

impl Area {
    /// Whether both have a pixel in common.
    pub fn meets(self, other: Self) -> bool {
        let overlap = |one: i64, length: u32, other: i64, other_length: u32| {
            one < other + i64::from(other_length) && other < one + i64::from(length)
        };
        overlap(self.place.x, self.size.width, other.place.x, other.size.width)
            && overlap(self.place.y, self.size.height, other.place.y, other.size.height)
    }

    /// What of it is on a canvas, counted from its own corner; empty if nothing is.
    pub fn on(self, canvas: Size) -> Self {
        let part = |place: i64, length: u32, canvas: u32| {
            let start = place.max(0).min(i64::from(canvas));
            let end = (place + i64::from(length)).min(i64::from(canvas)).max(start);
            // No longer than the canvas.
            (start - place, (end - start) as u32)
        };
        let (x, width) = part(self.place.x, self.size.width, canvas.width);
        let (y, height) = part(self.place.y, self.size.height, canvas.height);
        Self { place: Point::new(x, y), size: Size::new(width, height) }
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

    const SPACE: Size = Size::new(100, 50);

    #[test]
    fn things_are_put_flush_or_in_the_middle() {
        assert_eq!(Gravity::SOUTH.place(Size::new(11, 5), SPACE), Point::new(44, 45));
        let corner = Gravity::parse("NorthEast").map(|gravity| gravity.place(Size::new(10, 5), SPACE));
        assert_eq!(corner, Some(Point::new(90, 0)));
        assert_eq!(Gravity::CENTER.place(Size::new(120, 5), SPACE), Point::new(-10, 22));
    }

    fn area(x: i64, y: i64, width: u32, height: u32) -> Area {
        Area { place: Point::new(x, y), size: Size::new(width, height) }
    }

    #[test]
    fn the_part_of_an_area_that_is_on_the_canvas_is_found() {
        assert_eq!(area(10, 5, 20, 20).on(SPACE), area(0, 0, 20, 20));
        assert_eq!(area(-10, 45, 200, 20).on(SPACE), area(10, 0, 100, 5));
        assert_eq!(area(0, -30, 10, 20).on(SPACE).size.height, 0);
        assert_eq!(area(0, 60, 10, 20).on(SPACE).size.height, 0);
    }

    #[test]
    fn areas_meet_where_they_share_a_pixel() {
        let area = |x, y| area(x, y, 10, 10);
        assert!(area(0, 0).meets(area(9, 9)) && area(5, 5).meets(area(0, 0)));
        assert!(!area(0, 0).meets(area(10, 0)) && !area(0, 20).meets(area(0, 0)));
    }
}
