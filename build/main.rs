//! What a build makes besides the program, and embeds: the web UI.

mod web;

fn main() {
    web::build();
}
