//! The ScriptSupervisor with real processes: its own shim, and shell scripts in the place of the script.

mod ends;
mod native;
mod queue;
mod recovery;
mod runs;
mod stage;
