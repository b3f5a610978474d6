//! Runs over a media server's library.
//!
//! A run is four values: which items, which artwork of them, when an asset counts as done, and where it goes. Discovery reads
//! what the server has; [`plan`] lists the assets; [`create`] is the one loop that makes them, some at a time, in order;
//! what it did becomes rows, a summary and messages. A picture is written by renaming, so that a run may end at any moment.
//!
//! Backup, restore, sync, reset and logos make no pictures: they take them from one place to another in the same loop (see [`copy`]).
//!
//! What is to be done about an asset is decided by a [`judge`], who only looks and asks. A run has its verdicts carried out;
//! a dry run has them told. The [`ledger`] remembers of each asset what it was made of and who shows it.

mod backups;
mod beginning;
pub(crate) mod by_hand;
mod catalogue;
mod cleanup;
mod collections;
mod copy;
mod create;
mod deliver;
mod dry_run;
mod events;
mod exports;
mod follow_up;
mod heading;
mod index;
mod judge;
mod known;
mod ledger;
mod logos;
mod looks;
mod lookups;
mod making;
mod marker;
mod messages;
mod needs;
mod network;
mod originals;
mod outcome;
mod picture;
mod places;
mod plan;
mod render;
mod reset;
mod rows;
mod run;
mod scene;
pub mod select;
mod sets;
mod settings;
mod texts;
mod title_logos;
mod twins;
mod why;

pub(crate) use beginning::{is_noted_empty, note_beginning};
pub use catalogue::name_problem;
pub use known::{Known, OnServer, known};
pub use needs::{InUse, Keys, Met, Need, Needs, needs};
pub use network::{Network, SaveFirst};
pub use run::run;
pub use why::Why;
