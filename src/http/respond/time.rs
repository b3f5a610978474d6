//! Times that are kept without a zone, as upstream writes them, for clients that may be in another one.

use chrono::{DateTime, FixedOffset, Local, TimeZone};

use crate::actors::history::parse_iso;

/// The instant of a local time; none for what is no time. Of an hour that a change of the clocks brings twice it is the first.
pub fn with_offset(local: &str) -> Option<DateTime<FixedOffset>> {
    let at = Local.from_local_datetime(&parse_iso(local)?).earliest()?;
    Some(at.fixed_offset())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_local_time_is_an_instant_of_this_machine() {
        let at = with_offset("2026-11-23T08:55:14.977365").unwrap();
        assert_eq!(at.with_timezone(&Local).format("%Y-%m-%dT%H:%M:%S").to_string(), "2026-11-23T08:55:14");
        assert_eq!(with_offset("2026-11-23 08:55:14").map(|at| at.timestamp()), Some(at.timestamp()));
        assert_eq!((with_offset(""), with_offset("soon")), (None, None));
    }
}
