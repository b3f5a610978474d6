//! Runs that make no pictures, as the real binary does them.

mod copies;
mod logos;
mod servers;
