//! The display face that comes with the program: it stands in for title fonts that are missing.

use posterizarr_render::text::StandIn;

const NAME: &str = "Oswald SemiBold";
/// Empty where the program was built without Node.js, which gets it.
const FONT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/display.ttf"));

/// It, where the program has one.
pub fn stand_in() -> Option<StandIn> {
    // One that is damaged is as good as none.
    StandIn::new(NAME, FONT).ok()
}
