//! The mark on testing pictures: a poster with a play sign.

use image::{Rgba, RgbaImage};
use zeno::{Command, Mask, PathBuilder};

use crate::picture::Overlay;

const WIDTH: u32 = 500;
const HEIGHT: u32 = 691;

/// Draws the mark.
pub fn draw() -> Overlay {
    let sheet = cover(|path| rounded(path, (6.0, 6.0), (488.0, 679.0), 48.0));
    let window = cover(|path| rounded(path, (46.0, 46.0), (408.0, 480.0), 20.0));
    let play = cover(|path| {
        path.move_to([180.0, 176.0]).line_to([350.0, 286.0]).line_to([180.0, 396.0]).close();
    });
    let lines = cover(|path| {
        rounded(path, (90.0, 560.0), (320.0, 28.0), 14.0);
        rounded(path, (150.0, 612.0), (200.0, 22.0), 11.0);
    });
    let mut picture = RgbaImage::new(WIDTH, HEIGHT);
    for (pixel, (((sheet, window), play), lines)) in
        picture.pixels_mut().zip(sheet.iter().zip(&window).zip(&play).zip(&lines))
    {
        let part = |value: &u8| f32::from(*value) / 255.0;
        // White paper, a dark window with a white sign, dark lines below.
        let dark = (part(window) * (1.0 - part(play))).max(part(lines));
        let shade = |light: f32, deep: f32| (light + (deep - light) * dark).round() as u8;
        *pixel = Rgba([shade(255.0, 38.0), shade(255.0, 42.0), shade(255.0, 56.0), *sheet]);
    }
    Overlay::from(picture)
}

fn cover(draw: impl Fn(&mut Vec<Command>)) -> Vec<u8> {
    let mut path = Vec::new();
    draw(&mut path);
    let mut values = vec![0; (WIDTH * HEIGHT) as usize];
    Mask::new(&path).size(WIDTH, HEIGHT).render_into(&mut values, None);
    values
}

fn rounded(path: &mut Vec<Command>, (x, y): (f32, f32), (width, height): (f32, f32), radius: f32) {
    let (right, bottom) = (x + width, y + height);
    path.move_to([x + radius, y])
        .line_to([right - radius, y])
        .quad_to([right, y], [right, y + radius])
        .line_to([right, bottom - radius])
        .quad_to([right, bottom], [right - radius, bottom])
        .line_to([x + radius, bottom])
        .quad_to([x, bottom], [x, bottom - radius])
        .line_to([x, y + radius])
        .quad_to([x, y], [x + radius, y])
        .close();
}
