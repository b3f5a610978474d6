//! Which lines of a log are asked for.

use utoipa::IntoParams;

use crate::actors::logs::{Filter, Part};
use crate::http::extract::parameters::{FromQuery, Parameters};

/// How many lines are given if the client does not say.
const TAIL: i64 = 100;
/// The same for the browsers' and the backend's lines together.
const UNIFIED_TAIL: i64 = 500;
const LEVELS: &str = "DEBUG, INFO, WARNING, ERROR or CRITICAL";

/// Which lines, and how.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LinesQuery {
    /// The last so many lines (100 if absent); 0: all; -n: all but the first n.
    #[param(value_type = Option<i64>)]
    pub tail: Part,
    /// Only these levels, separated by commas.
    #[param(value_type = Option<String>)]
    level: Option<Filter>,
    /// Only this level and graver ones.
    #[param(value_type = Option<String>)]
    min_level: Option<Filter>,
    /// Only lines that contain this text, in any case.
    q: Option<String>,
    /// `true`: records under `records` instead of lines under `content`.
    #[param(required = false)]
    pub structured: bool,
}

impl FromQuery for LinesQuery {
    fn take(parameters: &mut Parameters<'_>) -> Self {
        Self {
            tail: tail(parameters, TAIL),
            level: parameters.parsed("level", LEVELS, |names| Filter::default().levels(names)),
            min_level: parameters.parsed("min_level", LEVELS, |name| Filter::default().at_least(name)),
            q: parameters.filled("q"),
            structured: matches!(parameters.text("structured"), Some("true" | "1" | "yes" | "on")),
        }
    }
}

impl LinesQuery {
    /// What a line must have.
    pub fn filter(&self) -> Filter {
        let levels = [&self.level, &self.min_level].into_iter().flatten();
        let filter = levels.fold(Filter::default(), |filter, levels| filter.and_levels_of(levels));
        filter.text(self.q.as_deref().unwrap_or_default())
    }
}

/// How many of the lines of browsers and backend.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UnifiedLinesQuery {
    /// The last so many records (500 if absent); 0: all; -n: all but the first n.
    #[param(value_type = Option<i64>)]
    pub tail: Part,
}

impl FromQuery for UnifiedLinesQuery {
    fn take(parameters: &mut Parameters<'_>) -> Self {
        Self { tail: tail(parameters, UNIFIED_TAIL) }
    }
}

/// The last lines; 0 all; below zero all but the first ones, as upstream takes it.
fn tail(parameters: &mut Parameters<'_>, default: i64) -> Part {
    let tail = parameters.number("tail", default, i64::MIN, i64::MAX);
    let count = usize::try_from(tail.unsigned_abs()).unwrap_or(usize::MAX);
    match tail {
        0 => Part::All,
        1.. => Part::Last(count),
        _ => Part::AfterFirst(count),
    }
}
