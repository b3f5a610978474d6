//! What a build makes besides the program, and embeds: the web UI, a font, and the licences of all that is built in.

mod display_font;
mod licences;
mod web;

fn main() {
    web::build();
    display_font::write();
    licences::write();
}
