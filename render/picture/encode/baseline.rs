//! A baseline JPEG file from its header to its end.

use image::RgbImage;

use super::entropy::{Codes, Coding, Scan};
use super::planes::{Band, Bands};
use super::tables::{COLOUR_AC, COLOUR_DC, Huffman, LIGHT_AC, LIGHT_DC, ZIGZAG, divisors};
use super::transform::{Quantiser, coefficients};

/// What a file is to be like.
pub(super) struct Form<'a> {
    /// From 1 to 100.
    pub(super) quality: u8,
    /// Whether colours have the resolution of the light, or half of it.
    pub(super) full_colour: bool,
    /// A comment behind the header; at most 60,000 bytes.
    pub(super) comment: Option<&'a str>,
}

/// The file of a picture of which no side is longer than 65,535 pixels.
pub(super) fn file(picture: &RgbImage, form: &Form<'_>) -> Vec<u8> {
    let divisors = divisors(form.quality);
    let mut out = Vec::with_capacity(picture.len() / 6 + 4096);
    header(&mut out, picture.dimensions(), form, &divisors);
    let mut out = scan(out, picture, form.full_colour, &divisors);
    out.extend_from_slice(b"\xff\xd9");
    out
}

/// A segment with its length, which counts itself.
fn segment(out: &mut Vec<u8>, marker: u8, content: &[&[u8]]) {
    let length = content.iter().map(|part| part.len()).sum::<usize>() + 2;
    out.extend_from_slice(&[0xff, marker]);
    out.extend_from_slice(&(length as u16).to_be_bytes());
    content.iter().for_each(|part| out.extend_from_slice(part));
}

fn header(out: &mut Vec<u8>, (width, height): (u32, u32), form: &Form<'_>, divisors: &[[u8; 64]; 2]) {
    out.extend_from_slice(b"\xff\xd8");
    segment(out, 0xe0, &[b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"]);
    if let Some(comment) = form.comment {
        segment(out, 0xfe, &[comment.as_bytes()]);
    }
    for (id, table) in (0..).zip(divisors) {
        segment(out, 0xdb, &[&[id], &ZIGZAG.map(|at| table.get(usize::from(at)).copied().unwrap_or(1))]);
    }
    let sampling = if form.full_colour { 0x11 } else { 0x22 };
    let (height, width) = ((height as u16).to_be_bytes(), (width as u16).to_be_bytes());
    segment(out, 0xc0, &[&[8], &height, &width, &[3, 1, sampling, 0, 2, 0x11, 1, 3, 0x11, 1]]);
    for (id, table) in [(0x00, &LIGHT_DC), (0x10, &LIGHT_AC), (0x01, &COLOUR_DC), (0x11, &COLOUR_AC)] {
        segment(out, 0xc4, &[&[id], &table.lengths, table.symbols]);
    }
    segment(out, 0xda, &[&[3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0]]);
}

fn coding(dc: &Huffman, ac: &Huffman) -> Coding {
    Coding { dc: Codes::new(dc), ac: Codes::new(ac) }
}

/// A component while it is coded.
struct Component {
    quantiser: Quantiser,
    coding: Coding,
    before: i16,
}

impl Component {
    fn block(&mut self, scan: &mut Scan, band: &Band, across: usize, first_row: usize) {
        let (mut block, mut ordered) = (band.block(across, first_row), [0; 64]);
        coefficients(&mut block, &self.quantiser, &mut ordered);
        scan.block(&ordered, &mut self.before, &self.coding);
    }
}

fn scan(out: Vec<u8>, picture: &RgbImage, full_colour: bool, [light, colour]: &[[u8; 64]; 2]) -> Vec<u8> {
    let (width, side) = (picture.width() as usize, if full_colour { 8 } else { 16 });
    let units = width.div_ceil(side);
    let component =
        |divisors, dc, ac| Component { quantiser: Quantiser::new(divisors), coding: coding(dc, ac), before: 0 };
    let mut light = component(light, &LIGHT_DC, &LIGHT_AC);
    let mut blue = component(colour, &COLOUR_DC, &COLOUR_AC);
    let mut red = component(colour, &COLOUR_DC, &COLOUR_AC);
    let mut scan = Scan::new(out);
    let mut bands = Bands::new(units * side, side);
    let (mut half_blue, mut half_red) = (Band::new(units * 8, 8), Band::new(units * 8, 8));
    for rows in picture.as_raw().chunks(width.max(1) * 3 * side) {
        bands.fill(rows, width);
        if full_colour {
            for across in 0..units {
                light.block(&mut scan, &bands.light, across, 0);
                blue.block(&mut scan, &bands.blue, across, 0);
                red.block(&mut scan, &bands.red, across, 0);
            }
        } else {
            bands.blue.halved(&mut half_blue);
            bands.red.halved(&mut half_red);
            for across in 0..units {
                for (right, down) in [(0, 0), (1, 0), (0, 8), (1, 8)] {
                    light.block(&mut scan, &bands.light, 2 * across + right, down);
                }
                blue.block(&mut scan, &half_blue, across, 0);
                red.block(&mut scan, &half_red, across, 0);
            }
        }
    }
    scan.finish()
}
