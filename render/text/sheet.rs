//! A sheet with titles in many scripts, to be looked at by a person, and a look that a machine can have: no glyph is blank,
//! and no line runs into another.
//!
//! `POSTERIZARRD_GOLDEN=write` writes it to `docs/pictures/scripts.jpg`. Fonts are Debian's (fonts-noto-core, fonts-noto-cjk,
//! fonts-noto-color-emoji); what they lack on a machine is left out, and said.

use harfrust::GlyphId;

use super::{
    draw::Lettering,
    fit::{Fit, TextBox},
    font::{Font, Fonts},
    lend::Lenders,
    shape::{Direction, Shaped, shape},
};
use crate::{
    geometry::{Area, Gravity, Point, Size},
    picture::{Canvas, Colour, encode},
};

const TITLES: [(&str, &str); 15] = [
    ("Latin", "Amélie and the Fjord of Ghosts"),
    ("Greek", "Ο Θίασος και οι Κυνηγοί"),
    ("Cyrillic", "Сталкер и Солярис вместе"),
    ("Armenian", "Նռան գույնը և այլ պատմություններ"),
    ("Georgian", "მონანიება და სხვა ამბები"),
    ("Hebrew", "ואלס עם באשיר: הסיפור"),
    ("Arabic", "باب الحديد والمصير الطويل"),
    ("Devanagari", "दिलवाले दुल्हनिया ले जायेंगे"),
    ("Bengali", "পথের পাঁচালী ও অপরাজিত"),
    ("Tamil", "நாயகன் மற்றும் தளபதி"),
    ("Thai", "ลุงบุญมีระลึกชาติและเรื่องอื่นอีกมาก"),
    ("Khmer", "រូបភាពដែលបាត់បង់និងរឿងផ្សេងទៀត"),
    ("Japanese", "千と千尋の神隠し、「天気の子」。"),
    ("Chinese", "卧虎藏龙：青冥宝剑，花样年华"),
    ("Korean and emoji", "기생충과 올드보이 🎬🇰🇷👩🏽‍🚀"),
];

const CELL: Size = Size::new(780, 300);
const COLUMNS: usize = 3;

fn space() -> TextBox {
    TextBox {
        width: CELL.width - 60,
        height: CELL.height - 50,
        line_spacing: 0,
        stroke: 0,
        min_size: 20,
        max_size: 110,
    }
}

/// Where the ink of each line is, in the box.
fn inks(shaped: &Shaped, fit: &Fit) -> Vec<Area> {
    // Each line alone stands at the bottom; in the text it is that much higher.
    let step = shaped.line_height(f64::from(fit.size)) as i64;
    let lines = fit.lines.iter().rev().zip(0_i64..);
    let drawn = lines.map(|(line, above)| {
        let alone = Fit { size: fit.size, lines: vec![line.clone()], truncated: false };
        let [left, top, right, bottom] = shaped.ink_bounds(&alone, &space()).map(|edge| edge.round() as i64);
        let size = Size::new((right - left) as u32, (bottom - top) as u32);
        Area { place: Point::new(left, top - above * step), size }
    });
    drawn.collect()
}

#[test]
fn titles_in_many_scripts_have_no_blank_and_no_line_that_runs_into_another() {
    let lenders = Lenders::new("/nowhere".into(), vec!["/usr/share/fonts".into()]);
    let bold = Fonts::new(Font::bundled_bold().into());
    let regular = Font::bundled().into();
    let rows = TITLES.len().div_ceil(COLUMNS) as u32;
    let mut sheet =
        Canvas::plain(Size::new(CELL.width * COLUMNS as u32, CELL.height * rows), Colour::opaque([0x20, 0x24, 0x2c]));
    let mut left_out = Vec::new();
    for (index, (script, title)) in TITLES.iter().enumerate() {
        let fonts = lenders.complete(&bold, std::slice::from_ref(&regular), title, true);
        let shaped = shape(title, &fonts, Direction::FromText);
        if !shaped.missing().is_empty() {
            left_out.push(*script);
            continue;
        }
        let blank = shaped
            .clusters
            .iter()
            .flat_map(|cluster| shaped.glyphs(cluster))
            .filter(|glyph| glyph.id == GlyphId::NOTDEF);
        assert_eq!(blank.count(), 0, "{script}");
        let fit = shaped.balanced(shaped.fit(&space()), &space());
        assert!(!fit.truncated && fit.lines.len() > 1, "{script}: {fit:?}");
        let inks = inks(&shaped, &fit);
        for (one, other) in inks.iter().zip(inks.iter().skip(1)) {
            // Marks of one line may reach a little way between those of another, as in every book.
            let overlap = other.place.y + i64::from(other.size.height) - one.place.y;
            assert!(overlap <= i64::from(fit.size) / 6, "{script}: lines overlap by {overlap} at {}", fit.size);
        }
        let (column, row) = ((index % COLUMNS) as u32, (index / COLUMNS) as u32);
        let place = Point::new((column * CELL.width + 30).into(), (row * CELL.height + 25).into());
        let size = space().size();
        let lettering: Lettering = shaped.draw(&fit, &space(), Gravity::CENTER, Area { place: Point::default(), size });
        sheet.letter(&lettering, Gravity::CENTER, place, size, (Colour::WHITE, Colour::WHITE));
    }
    if !left_out.is_empty() {
        eprintln!("no font on this machine has {left_out:?}; install fonts-noto-core, -cjk and -color-emoji");
    }
    assert!(TITLES.len() - left_out.len() >= 6, "the bundled fonts have six of them: {left_out:?}");
    if std::env::var("POSTERIZARRD_GOLDEN").is_ok_and(|how| how == "write") && left_out.is_empty() {
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/pictures/scripts.jpg");
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, encode(sheet.pixels(), 80, false).unwrap()).unwrap();
    }
}
