//! Badges: short words in coloured shapes along the edges of a picture, as `4K`, `HDR` or `8.4`.

use zeno::{Command, Mask, PathBuilder};

use crate::{
    geometry::{Align, Area, Gravity, Point, Size},
    picture::{Canvas, Colour, Overlay},
    text::{Coverage, Fonts, draw_line},
};

/// What is around a badge's word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// Half circles left and right.
    #[default]
    Pill,
    /// Rounded corners.
    Plate,
    /// Nothing.
    Bare,
}

/// How a badge looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    pub shape: Shape,
    pub ground: Colour,
    pub text: Colour,
    /// Its height, in thousandths of the picture's.
    pub height: u16,
}

impl Default for Style {
    fn default() -> Self {
        Self { shape: Shape::Pill, ground: Colour::opaque([0x18, 0x18, 0x1b]), text: Colour::WHITE, height: 40 }
    }
}

/// One of them. Those at one place stand in a row, in the order in which they come.
#[derive(Clone, Debug)]
pub struct Badge {
    pub text: String,
    /// A picture before the word, as high as the word.
    pub icon: Option<Overlay>,
    pub place: Gravity,
    pub style: Style,
}

/// The distance from the edges, and between badges, in thousandths of the picture's height.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spacing {
    pub margin: u16,
    pub gap: u16,
}

impl Default for Spacing {
    fn default() -> Self {
        Self { margin: 20, gap: 8 }
    }
}

/// A badge of which it is known how large it is.
struct Laid<'a> {
    badge: &'a Badge,
    /// In pixels.
    size: Size,
}

/// The share of a badge's height that capitals have.
const CAPITALS: f64 = 0.46;
/// The height of capitals in an em of most fonts.
const CAPITALS_OF_EM: f64 = 0.72;

/// Puts badges on a canvas; gives where each is, in the order in which they came. What no font has is left out of the words.
pub fn draw(canvas: &mut Canvas, badges: &[Badge], spacing: Spacing, fonts: &Fonts) -> Vec<Area> {
    let mut areas = Vec::new();
    let Size { width, height } = canvas.size();
    let thousandths = |share: u16| (f64::from(height) * f64::from(share) / 1000.0).round() as u32;
    let (margin, gap) = (thousandths(spacing.margin), thousandths(spacing.gap));
    let laid: Vec<Laid<'_>> = badges
        .iter()
        .map(|badge| {
            let height = thousandths(badge.style.height).max(1);
            Laid { badge, size: Size::new(wide(badge, height, fonts), height) }
        })
        .collect();
    for (index, one) in laid.iter().enumerate() {
        let row: Vec<&Laid<'_>> = laid.iter().filter(|other| other.badge.place == one.badge.place).collect();
        let before = laid.iter().take(index).filter(|other| other.badge.place == one.badge.place);
        let gaps = gap * (row.len() as u32).saturating_sub(1);
        let total = Size {
            width: row.iter().map(|one| one.size.width).sum::<u32>() + gaps,
            height: row.iter().map(|one| one.size.height).max().unwrap_or(0),
        };
        let inner = Size::new(width.saturating_sub(2 * margin), height.saturating_sub(2 * margin));
        let in_row = Point {
            x: before.map(|other| i64::from(other.size.width + gap)).sum(),
            y: match one.badge.place.vertical {
                Align::Start => 0,
                Align::Middle => i64::from(total.height - one.size.height) / 2,
                Align::End => i64::from(total.height - one.size.height),
            },
        };
        let place = one.badge.place.place(total, inner) + in_row + Point::new(margin.into(), margin.into());
        let area = Area { place, size: one.size };
        one.draw(canvas, area.place, fonts);
        areas.push(area);
    }
    areas
}

fn text_size(height: u32) -> u32 {
    (f64::from(height) * CAPITALS / CAPITALS_OF_EM).round().max(1.0) as u32
}

/// The room left and right of what is in a badge.
fn padding(style: Style, height: u32) -> u32 {
    match style.shape {
        Shape::Pill => height / 2,
        Shape::Plate => height / 3,
        Shape::Bare => 0,
    }
}

fn wide(badge: &Badge, height: u32, fonts: &Fonts) -> u32 {
    let word = draw_line(&badge.text, fonts, text_size(height)).size.width;
    let icon = icon_size(badge, height).map_or(0, |icon| icon.width + if word > 0 { height / 5 } else { 0 });
    let room = 2 * padding(badge.style, height);
    // A single figure stands in a circle, or a square.
    (word + icon + room).max(if room > 0 { height } else { 1 })
}

fn icon_size(badge: &Badge, height: u32) -> Option<Size> {
    let Size { width, height: tall } = badge.icon.as_ref()?.size();
    let wanted = (f64::from(height) * CAPITALS).round().max(1.0);
    let scaled = (f64::from(width) * wanted / f64::from(tall.max(1))).round().clamp(1.0, f64::from(4 * height));
    Some(Size::new(scaled as u32, wanted as u32))
}

impl Laid<'_> {
    fn draw(&self, canvas: &mut Canvas, place: Point, fonts: &Fonts) {
        let (badge, Size { width, height }) = (self.badge, self.size);
        if let Some(ground) = ground(badge.style.shape, self.size) {
            canvas.cover(&ground, place, badge.style.ground);
        }
        let word = draw_line(&badge.text, fonts, text_size(height));
        let mut content = word.size.width;
        let icon = badge.icon.as_ref().zip(icon_size(badge, height));
        if let Some((_, icon_size)) = icon {
            content += icon_size.width + if word.size.width > 0 { height / 5 } else { 0 };
        }
        let mut pen = place.x + (i64::from(width) - i64::from(content)) / 2;
        if let Some((icon, icon_size)) = icon {
            let top = place.y + (i64::from(height) - i64::from(icon_size.height)) / 2;
            canvas.overlay_at(&icon.scaled(icon_size), Point::new(pen, top));
            pen += i64::from(icon_size.width) + i64::from(height / 5);
        }
        let space = Size::new(word.size.width, height);
        canvas.letter(&word, Gravity::CENTER, Point::new(pen, place.y), space, (badge.style.text, badge.style.text));
    }
}

/// The shape, filled.
fn ground(shape: Shape, Size { width, height }: Size) -> Option<Coverage> {
    let radius = match shape {
        Shape::Pill => height as f32 / 2.0,
        Shape::Plate => height as f32 / 6.0,
        Shape::Bare => return None,
    };
    let mut path: Vec<Command> = Vec::new();
    path.add_round_rect((0.0, 0.0), width as f32, height as f32, radius, radius);
    let mut values = vec![0; width as usize * height as usize];
    Mask::new(&path).size(width, height).render_into(&mut values, None);
    Some(Coverage { width, height, values })
}

#[cfg(test)]
mod tests {
    use image::{Rgba, RgbaImage};

    use super::*;
    use crate::text::Font;

    const NAMES: [&str; 9] =
        ["northwest", "north", "northeast", "west", "center", "east", "southwest", "south", "southeast"];

    fn fonts() -> Fonts {
        Fonts::new(Font::bundled_bold().into())
    }

    fn badge(text: &str, place: &str) -> Badge {
        Badge { text: text.to_owned(), icon: None, place: Gravity::parse(place).unwrap(), style: Style::default() }
    }

    fn drawn(badges: &[Badge]) -> (Canvas, Vec<Area>) {
        let mut canvas = Canvas::plain(Size::new(1000, 1500), Colour::opaque([200, 100, 50]));
        let areas = draw(&mut canvas, badges, Spacing::default(), &fonts());
        (canvas, areas)
    }

    #[test]
    fn badges_stand_at_their_places_within_the_margin() {
        for name in NAMES {
            let (canvas, areas) = drawn(&[badge("4K", name)]);
            let Area { place: Point { x, y }, size: Size { width, height } } = areas[0];
            let (right, bottom) = (1000 - x - i64::from(width), 1500 - y - i64::from(height));
            assert_eq!(height, 60, "40 thousandths");
            let near = |one: i64, other: i64| (one - other).abs() <= 1;
            assert_eq!(name.contains("west"), x == 30, "{name}");
            assert_eq!(name.contains("east"), right == 30, "{name}");
            assert_eq!(name.contains("north"), y == 30, "{name}");
            assert_eq!(name.contains("south"), bottom == 30, "{name}");
            assert!(
                name.contains("st") && name.len() != 5
                    || near(x, right)
                    || !matches!(name, "north" | "south" | "center")
            );
            let middle = canvas.pixels().get_pixel((x + 6) as u32, (y + 30) as u32).0;
            assert_eq!(middle, Style::default().ground.rgb, "{name}");
        }
    }

    #[test]
    fn badges_at_one_place_stand_in_a_row_in_their_order() {
        let (_, areas) = drawn(&[badge("4K", "southeast"), badge("HDR", "southeast"), badge("8.4", "northwest")]);
        let end = |area: Area| area.place.x + i64::from(area.size.width);
        assert_eq!(areas[1].place.x - end(areas[0]), 12, "the gap");
        assert_eq!(end(areas[1]), 970);
        assert_eq!(areas[2].place, Point::new(30, 30));
        assert!(!areas[0].meets(areas[1]));
    }

    #[test]
    fn a_badge_has_its_shape_its_colours_and_its_icon() {
        let plain = badge("HDR", "center");
        let (canvas, areas) = drawn(std::slice::from_ref(&plain));
        let at = |canvas: &Canvas, area: Area, x: u32, y: u32| {
            canvas.pixels().get_pixel(area.place.x as u32 + x, area.place.y as u32 + y).0
        };
        assert_eq!(at(&canvas, areas[0], 0, 0), [200, 100, 50], "the corner of a pill is free");
        let white = |canvas: &Canvas| canvas.pixels().pixels().filter(|pixel| pixel.0 == [255; 3]).count();
        assert!(white(&canvas) > 200, "the word is there");
        let bare = Badge { style: Style { shape: Shape::Bare, ..Style::default() }, ..plain.clone() };
        let (canvas, _) = drawn(&[bare]);
        assert!(canvas.pixels().pixels().all(|pixel| pixel.0 != Style::default().ground.rgb));
        let icon = Overlay::from(RgbaImage::from_pixel(40, 20, Rgba([0, 255, 0, 255])));
        let (canvas, with_icon) = drawn(&[Badge { icon: Some(icon), ..plain }]);
        assert!(with_icon[0].size.width > areas[0].size.width + 50);
        assert!(canvas.pixels().pixels().filter(|pixel| pixel.0 == [0, 255, 0]).count() > 1000);
    }

    #[test]
    fn odd_badges_do_no_harm() {
        let odd = Badge { style: Style { height: 0, ..Style::default() }, ..badge("", "north") };
        let huge = Badge { style: Style { height: 2000, ..Style::default() }, ..badge(&"W".repeat(500), "south") };
        let (_, areas) = drawn(&[odd, huge, badge("\u{1f600}\u{5343}", "west")]);
        assert_eq!(areas.len(), 3);
    }
}
