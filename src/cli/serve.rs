//! `serve`: the daemon.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use super::exit::fail;
use super::identity;
use super::signals::Signals;
use crate::actors::runtime::data_dir::DataDir;
use crate::settings::{Loaded, Settings};
use crate::startup::{Application, StartError};
use crate::{limits, telemetry};

/// What stopping may take beyond the grace of a run: its last cleaning up, open connections, the store.
const STOP_SLACK: Duration = Duration::from_secs(10);

/// Runs the daemon until a signal stops it.
pub fn main(loaded: Loaded) -> ExitCode {
    let settings = match prepare(loaded) {
        Ok(settings) => settings,
        Err(error) => return fail(&error),
    };
    let outcome = actix_web::rt::System::new().block_on(serve(settings));
    telemetry::flush();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

/// What every command that does the daemon's work begins with: umask, folders, log.
pub fn prepare(loaded: Loaded) -> Result<Settings, StartError> {
    let Loaded { settings, file, warnings } = loaded;
    identity::set_umask(&settings);
    limits::raise_open_files();
    let data = DataDir::new(&settings.data_dir)?;
    data.create().map_err(|(folder, cause)| StartError::Folder { folder, cause })?;
    telemetry::start(&settings, &data.ui_logs());
    warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
    if let Some(file) = file {
        tracing::info!(file = %file.display(), "settings read");
    }
    Ok(settings)
}

/// How long a stop may take before the process ends all the same.
pub fn longest_stop(settings: &Settings) -> Duration {
    settings.stop_grace.saturating_add(STOP_SLACK)
}

async fn serve(settings: Settings) -> Result<(), StartError> {
    let signals = Signals::catch()?;
    let patience = longest_stop(&settings);
    let app = Application::build(settings.clone())?;
    let (version, url) = (env!("CARGO_PKG_VERSION"), url(app.address(), &settings.base_url));
    tracing::info!(version, url, data = %settings.data_dir.display(), "posterizarrd is up");
    warn_if_open(&app);
    app.run_until_stopped(signals.stop_requested(patience)).await?;
    tracing::info!("stopped");
    Ok(())
}

/// An open door is what upstream's default is; in a network it should at least be a known one.
fn warn_if_open(app: &Application) {
    let needs_login = app.state().views.config.get().web_auth.enabled;
    if !needs_login && !app.address().ip().is_loopback() {
        tracing::warn!(
            address = %app.address(),
            "NO LOGIN IS NEEDED: whoever reaches this address can start runs and change settings; set \
             WebUI.basicAuthEnabled and a password in config.json, or listen on 127.0.0.1 only"
        );
    }
}

/// The URL to try in a browser on this machine.
fn url(address: SocketAddr, base: &str) -> String {
    format!("http://{}{base}/", super::healthcheck::reachable(address))
}
