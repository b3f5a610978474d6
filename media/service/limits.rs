//! How much others are asked.

/// How much a host is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Requests at the same time.
    pub in_flight: usize,
    /// Requests a second, and how many may come at once after a pause.
    pub per_second: Option<(u32, u32)>,
}

impl Limits {
    /// So many requests at the same time and a second; half a second's worth may come at once.
    pub const fn paced(in_flight: usize, per_second: u32) -> Self {
        Self { in_flight, per_second: Some((per_second, per_second.div_ceil(2))) }
    }

    /// So many requests at the same time, as fast as they are answered.
    pub const fn at_once(in_flight: usize) -> Self {
        Self { in_flight, per_second: None }
    }

    /// The same, with another number of requests a second.
    #[must_use]
    pub const fn with_rate(self, per_second: u32) -> Self {
        Self::paced(self.in_flight, per_second)
    }
}

/// The limits of each kind of host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostLimits {
    pub tmdb: Limits,
    pub tvdb: Limits,
    pub fanart: Limits,
    /// Each host that pictures are fetched from.
    pub pictures: Limits,
    pub server: Limits,
}

impl Default for HostLimits {
    /// Well below what the providers allow: TMDB, for one, about fifty requests a second and twenty connections.
    fn default() -> Self {
        Self {
            tmdb: Limits::paced(8, 20),
            tvdb: Limits::paced(4, 5),
            fanart: Limits::paced(2, 2),
            pictures: Limits::at_once(6),
            server: Limits::at_once(8),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_half_a_second() {
        assert_eq!(Limits::paced(8, 20).per_second, Some((20, 10)));
        assert_eq!(Limits::paced(2, 1).per_second, Some((1, 1)));
        assert_eq!(Limits::at_once(6).with_rate(5), Limits::paced(6, 5));
    }
}
