//! Why a run did not start, or a job could not be changed.

use posterizarr_base::said::{Params, Reason, Values, values};

use super::arguments::InvalidRequest;
use super::reason::RunReason;
use super::view::Holder;
use crate::store::StoreError;

/// Why a run did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another run holds the slot.
    #[error("Script is already running")]
    Busy(Box<Holder>),
    /// The daemon stops.
    #[error("the daemon is stopping; start the run again once it is back")]
    Stopping,
    /// The script is not where the settings say.
    #[error("Posterizarr.ps1 not found")]
    ScriptMissing,
    /// The request cannot be given to the script.
    #[error(transparent)]
    Invalid(#[from] InvalidRequest),
    /// The interpreter, or the configured program, is not there.
    #[error("{program} not found: {cause}")]
    InterpreterMissing {
        program: String,
        /// What the system said.
        cause: String,
    },
    /// The system refused for another reason.
    #[error("the run could not be started: {0}")]
    Failed(String),
    /// The data folder cannot be written: it is full, or read-only.
    #[error("the run could not be started: {0}; free some space in the data folder, or make it writable")]
    Storage(String),
    /// The record could not be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Values for StartError {
    fn values(&self) -> Params {
        match self {
            Self::Busy(_) | Self::Stopping | Self::ScriptMissing => values([]),
            Self::Invalid(invalid) => invalid.values(),
            Self::InterpreterMissing { program, cause } => values([("program", program), ("cause", cause)]),
            Self::Failed(cause) | Self::Storage(cause) => values([("cause", cause)]),
            Self::Store(cause) => values([("cause", cause)]),
        }
    }
}

/// Why a job could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// No such job.
    #[error("no such job")]
    Missing,
    /// Its run holds the slot.
    #[error("this job is running; stop its run first")]
    Running,
    /// It was done; submit a new one.
    #[error("this job is done")]
    Done,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Values for JobError {
    fn values(&self) -> Params {
        match self {
            Self::Missing | Self::Running | Self::Done => values([]),
            Self::Store(cause) => values([("cause", cause)]),
        }
    }
}

impl From<&StartError> for RunReason {
    fn from(error: &StartError) -> Self {
        match error {
            StartError::Busy(_) => Self::Busy,
            StartError::Stopping => Self::Stopping,
            StartError::ScriptMissing => Self::ScriptMissing,
            StartError::InterpreterMissing { cause, .. } => Self::NoProgram { cause: cause.clone() },
            StartError::Failed(cause) => Self::NotStarted { cause: cause.clone() },
            StartError::Storage(cause) => Self::Storage { cause: cause.clone() },
            StartError::Invalid(InvalidRequest::OnlyNative(mode)) => Self::OnlyNative { mode: mode.to_string() },
            StartError::Invalid(InvalidRequest::NeedsVersion3(mode)) => Self::NeedsVersion3 { mode: mode.to_string() },
            StartError::Invalid(InvalidRequest::ResetNeedsPlex(server)) => Self::ResetNeedsPlex { server },
            StartError::Invalid(InvalidRequest::LogosNeedPlex(server)) => Self::LogosNeedPlex { server },
            StartError::Invalid(_) | StartError::Store(_) => Self::Told { text: error.to_string() },
        }
    }
}

impl From<&StartError> for Reason {
    fn from(error: &StartError) -> Self {
        let mut reason = Self::default();
        reason.add("", &error.to_string(), RunReason::from(error).said());
        reason
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_a_run_did_not_start_is_the_same_sentence_whole_and_by_its_code() {
        for error in [
            StartError::Stopping,
            StartError::ScriptMissing,
            StartError::Failed("x".to_owned()),
            StartError::Storage("x".to_owned()),
        ] {
            assert_eq!(RunReason::from(&error).english(), error.to_string());
        }
    }
}
