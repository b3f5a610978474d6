//! Scheduler.

pub mod due;
pub mod file;
pub mod timetable;
