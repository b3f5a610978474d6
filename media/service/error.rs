//! What goes wrong between us and another host.

use std::time::Duration;

use crate::http::HttpError;

/// Why there is no answer that can be used. The texts name the host only: addresses may hold keys.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServiceError {
    #[error("the address cannot be used: {0}")]
    Address(#[from] HttpError),
    #[error("{host} cannot be reached: {cause}")]
    Unreachable { host: String, cause: HttpError },
    #[error("{host} did not answer in time")]
    TimedOut { host: String },
    #[error("{host} refused the key (status {status}); check it in the settings")]
    Refused { host: String, status: u16 },
    #[error("{host} does not have it")]
    NotFound { host: String },
    #[error("{host} received too many requests")]
    TooManyRequests { host: String, after: Option<Duration> },
    #[error("{host} answered with status {status}")]
    Status { host: String, status: u16 },
    #[error("{host} sent more than {} MB", limit / 1024 / 1024)]
    TooLarge { host: String, limit: usize },
    #[error("{host} answered with something else: {cause}")]
    Malformed { host: String, cause: String },
    #[error("{host} has no user {wanted}; set drawing.watched_by to one of its users: {names}")]
    NoUser { host: String, wanted: String, names: String },
    #[error("{host} has failed too often and is left alone for now")]
    Down { host: String },
}

impl ServiceError {
    /// Whether asking again may help.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::TimedOut { .. } | Self::TooManyRequests { .. } | Self::Malformed { .. } => true,
            Self::Unreachable { cause, .. } => cause.is_passing(),
            Self::Status { status, .. } => matches!(status, 408 | 425 | 500..),
            Self::Address(_)
            | Self::Refused { .. }
            | Self::NotFound { .. }
            | Self::TooLarge { .. }
            | Self::NoUser { .. }
            | Self::Down { .. } => false,
        }
    }

    /// How long the host wants to be left alone.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::TooManyRequests { after, .. } => *after,
            _ => None,
        }
    }

    /// What went wrong on the way to a host, or on the way back.
    pub(crate) fn of(error: HttpError, host: &str) -> Self {
        let host = host.to_owned();
        match error {
            HttpError::TimedOut => Self::TimedOut { host },
            cause => Self::Unreachable { host, cause },
        }
    }
}
