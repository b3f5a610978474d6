//! How the API starts a run: what is answered, and why none may start. Texts are upstream's.

use std::path::Path;

use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::actors::runs::{
    CheckStart, InvalidRequest, PosterType, RunId, RunRequest, StartError, StartRun, Started, Trigger,
};
use crate::http::extract::parameters::{FromQuery, Parameters};
use crate::http::{ApiError, AppState, Code, ask};

/// What upstream says where a run is in the way.
pub(in crate::http) const BUSY: &str = "Script is already running";
pub const BUSY_MANUAL: &str = "Script is already running. Please stop the script first.";
const NO_POWERSHELL: &str =
    "PowerShell not found. Please install PowerShell 7+ (pwsh) or ensure Windows PowerShell is in PATH.";
/// The same for the modes that are started by name: there upstream's text has the system's error at its end.
const NO_POWERSHELL_ERROR: &str = "PowerShell not found. Please install PowerShell 7+ (pwsh) or ensure Windows PowerShell is \
                                   in PATH. Error: [Errno 2] No such file or directory: 'pwsh'";

/// A run that was started.
#[derive(Serialize, ToSchema)]
pub struct RunStarted {
    success: bool,
    message: String,
    /// The process id of the script.
    pid: u32,
    /// The run's number.
    run_id: RunId,
    /// Where a picture that came with the request was put.
    #[serde(skip_serializing_if = "Option::is_none")]
    upload_path: Option<String>,
}

impl RunStarted {
    pub fn new(started: Started, message: String) -> Self {
        Self { success: true, message, pid: started.pid, run_id: started.run, upload_path: None }
    }

    /// With the place of the picture that came with the request.
    pub fn with_upload(self, path: &Path) -> Self {
        Self { upload_path: Some(path.display().to_string()), ..self }
    }
}

/// Whether anything is to be changed.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DryRun {
    /// `true`: only tells what would be done, see `/api/runs/{id}/assets`.
    #[param(required = false)]
    pub dry_run: bool,
}

impl FromQuery for DryRun {
    fn take(parameters: &mut Parameters<'_>) -> Self {
        Self { dry_run: parameters.switch("dry_run") }
    }
}

/// Starts a run for the API. That the slot is free and the script is there comes before what is wrong with the request.
pub async fn start(
    state: &AppState,
    trigger: Trigger,
    request: Result<RunRequest, InvalidRequest>,
    busy: &'static str,
) -> Result<Started, ApiError> {
    match request {
        Ok(request) => {
            let start = StartRun { request, trigger, remove_after: None };
            ask(&state.supervisor, start).await?.map_err(|error| refused(error, busy))
        }
        Err(invalid) => Err(refused_request(state, invalid, busy).await),
    }
}

/// Why a request that is wrong is refused: that no run may start now, or what is wrong with it.
pub async fn refused_request(state: &AppState, invalid: InvalidRequest, busy: &'static str) -> ApiError {
    match ask(&state.supervisor, CheckStart).await {
        Ok(Ok(())) => refused(StartError::Invalid(invalid), busy),
        Ok(Err(error)) => refused(error, busy),
        Err(error) => error,
    }
}

pub(in crate::http) fn refused(error: StartError, busy: &'static str) -> ApiError {
    match &error {
        StartError::Busy(holder) => {
            ApiError::new(Code::RunBusy, busy).with("holder", serde_json::to_value(holder).unwrap_or_default())
        }
        StartError::Stopping => ApiError::of(Code::ActorUnavailable, &error),
        StartError::ScriptMissing => ApiError::of(Code::NotFound, &error),
        StartError::Invalid(
            InvalidRequest::ManualNeedsParameters
            | InvalidRequest::ResetNeedsPlex(_)
            | InvalidRequest::LogosNeedPlex(_)
            | InvalidRequest::NeedsVersion3(_)
            | InvalidRequest::OnlyNative(_)
            | InvalidRequest::NoDryRun(_),
        ) => ApiError::of(Code::ModeNotSupported, &error),
        StartError::Invalid(_) => ApiError::of(Code::InvalidValue, &error),
        StartError::InterpreterMissing { program, .. } if program == "pwsh" => {
            ApiError::new(Code::RunnerUnavailable, if busy == BUSY { NO_POWERSHELL_ERROR } else { NO_POWERSHELL })
        }
        StartError::InterpreterMissing { program, cause } => ApiError::told(
            Code::RunnerUnavailable,
            "{program} not found: {cause}; set runner.command to a program that is there",
            [("program", program.as_str().into()), ("cause", cause.as_str().into())],
        ),
        StartError::Failed(_) => ApiError::of(Code::RunnerUnavailable, &error),
        StartError::Storage(_) | StartError::Store(_) => ApiError::of(Code::StorageUnavailable, &error),
    }
}

/// How upstream calls what a manual run makes.
pub fn label(poster_type: PosterType) -> &'static str {
    match poster_type {
        PosterType::Standard => "standard poster",
        PosterType::Season => "season poster",
        PosterType::Collection => "collection poster",
        PosterType::TitleCard => "episode title card",
        PosterType::Background => "background poster",
    }
}
