//! What a build makes besides the program, and embeds: the web UI, and the licences of all that is built in.

mod licences;
mod web;

fn main() {
    web::build();
    licences::write();
}
