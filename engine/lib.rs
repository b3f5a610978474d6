//! The poster engine: decodes, composes and letters artwork. It knows neither actors nor HTTP.

pub mod geometry;
pub mod text;
