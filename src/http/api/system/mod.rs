//! `GET /api/system-info` and `GET /api/upload-diagnostics`: the machine, and whether its folders can be used.

pub mod admin;
pub mod docs;
pub mod folders;
pub mod footprint;
pub mod health;
pub mod licences;
pub mod metrics;
pub mod readiness;
pub mod root;
pub mod settings;
pub mod support;
pub mod version;

use std::io;
use std::path::{Path, PathBuf};

use actix_web::{Responder, get, web};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::actors::runtime::system::{Account, HostFacts, Memory};
use crate::http::{ApiError, AppState, State};

/// The routes of this area.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(system_info).service(upload_diagnostics);
}

/// The machine: host values, as upstream shows them.
#[derive(Debug, Serialize, ToSchema)]
pub struct SystemInfo {
    /// `Linux`, `Darwin`, ….
    platform: String,
    /// Name and version of the operating system, or `Unknown`.
    os_version: String,
    /// The processor's name, or `Unknown`.
    cpu_model: String,
    /// Logical processors; 0 if unknown.
    cpu_cores: usize,
    /// `<number> MB`, or `Unknown`.
    #[schema(example = "24105 MB")]
    total_memory: String,
    /// `<number> MB`, or `Unknown`.
    used_memory: String,
    /// What programs could get: `<number> MB`, or `Unknown`.
    free_memory: String,
    /// The part of the memory in use, one decimal; 0 if unknown.
    memory_percent: f64,
    /// Whether the daemon runs in a container.
    is_docker: bool,
}

impl SystemInfo {
    /// The machine as of now; memory is at most a second old.
    pub fn now(state: &AppState) -> Self {
        Self::of(state.machine.facts(), state.machine.memory(), state.settings.container)
    }

    fn of(facts: &HostFacts, memory: Option<Memory>, container: bool) -> Self {
        let megabytes = |part: fn(Memory) -> u64| {
            memory.map_or_else(|| "Unknown".to_owned(), |memory| format!("{} MB", part(memory)))
        };
        Self {
            platform: facts.platform.clone(),
            os_version: facts.os_version.clone(),
            cpu_model: facts.cpu_model.clone(),
            cpu_cores: facts.cpu_cores,
            total_memory: megabytes(|memory| memory.total_mib),
            used_memory: megabytes(Memory::used_mib),
            free_memory: megabytes(|memory| memory.available_mib),
            memory_percent: memory.map_or(0.0, Memory::percent),
            is_docker: container,
        }
    }
}

/// Returns what the machine is and how much of its memory is in use.
#[utoipa::path(tag = "system", responses((status = 200, body = SystemInfo)))]
#[get("/api/system-info")]
async fn system_info(state: State) -> impl Responder {
    web::Json(SystemInfo::now(&state))
}

/// Whether the daemon can read and write its folders, and under which account.
#[derive(Debug, Serialize, ToSchema)]
struct UploadDiagnostics {
    platform: String,
    is_docker: bool,
    /// What answers in place of Python.
    python_version: String,
    directories: Directories,
    environment: Environment,
    user: User,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
struct Directories {
    base_dir: Directory,
    uploads_dir: Directory,
    overlayfiles_dir: Directory,
    assets_dir: Directory,
    logs_dir: Directory,
    temp_dir: Directory,
}

/// One folder and what may be done in it.
#[derive(Debug, Serialize, ToSchema)]
struct Directory {
    path: String,
    name: &'static str,
    exists: bool,
    readable: bool,
    writable: bool,
    /// What is wrong with it; a text about writing wins over one about reading.
    error: Option<String>,
    platform: &'static str,
    is_docker: bool,
}

/// Environment variables that tell a container, or `not set`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
struct Environment {
    docker_env: String,
    posterizarr_non_root: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
enum User {
    Known { uid: u32, gid: u32, username: String, groupname: String },
    Unknown { error: String },
}

/// Returns whether the folders that uploads go through can be used. Leaves nothing behind.
#[utoipa::path(tag = "system", responses((status = 200, body = UploadDiagnostics)))]
#[get("/api/upload-diagnostics")]
async fn upload_diagnostics(state: State) -> Result<impl Responder, ApiError> {
    let diagnostics = web::block(move || diagnose(&state)).await.map_err(ApiError::internal)?;
    Ok(web::Json(diagnostics))
}

fn diagnose(state: &AppState) -> UploadDiagnostics {
    let data = &state.shared.data;
    let container = state.settings.container;
    let look = |name, path: PathBuf| Directory::look(name, &path, container);
    UploadDiagnostics {
        platform: state.machine.facts().platform.clone(),
        is_docker: container,
        python_version: format!("none (posterizarrd {})", env!("CARGO_PKG_VERSION")),
        directories: Directories {
            base_dir: look("BASE_DIR", data.root().to_owned()),
            uploads_dir: look("UPLOADS_DIR", data.uploads()),
            overlayfiles_dir: look("OVERLAYFILES_DIR", data.overlay_files()),
            assets_dir: look("ASSETS_DIR", state.views.config.get().asset_paths.assets.clone()),
            logs_dir: look("LOGS_DIR", data.logs()),
            temp_dir: look("TEMP_DIR", data.temp()),
        },
        environment: Environment {
            docker_env: variable("DOCKER_ENV"),
            posterizarr_non_root: variable("POSTERIZARR_NON_ROOT"),
        },
        user: User::of(Account::current()),
    }
}

impl Directory {
    fn look(name: &'static str, path: &Path, is_docker: bool) -> Self {
        let exists = std::fs::metadata(path).is_ok();
        let read = std::fs::read_dir(path).map(drop);
        // Without a name from the start where the file system can, so that not even a crash leaves it behind.
        let write = tempfile::tempfile_in(path).map(drop);
        let error = if exists {
            let unreadable = read.as_ref().err().map(|cause| complaint(name, "read", "Cannot read", cause));
            write.as_ref().err().map(|cause| complaint(name, "write", "Cannot write to", cause)).or(unreadable)
        } else {
            Some(format!("{name} does not exist"))
        };
        Self {
            path: path.display().to_string(),
            name,
            exists,
            readable: read.is_ok(),
            writable: write.is_ok(),
            error,
            platform: if cfg!(target_os = "macos") { "darwin" } else { std::env::consts::OS },
            is_docker,
        }
    }
}

fn complaint(name: &str, permission: &str, cannot: &str, cause: &io::Error) -> String {
    match cause.kind() {
        io::ErrorKind::PermissionDenied => format!("No {permission} permission for {name}"),
        _ => format!("{cannot} {name}: {cause}"),
    }
}

fn variable(name: &str) -> String {
    std::env::var_os(name).map_or_else(|| "not set".to_owned(), |value| value.to_string_lossy().into_owned())
}

impl User {
    fn of(account: Account) -> Self {
        let Account { uid, gid, user, group } = account;
        match (user, group) {
            (Some(username), Some(groupname)) => Self::Known { uid, gid, username, groupname },
            (None, _) => Self::Unknown { error: format!("user {uid} is not in the user database") },
            (_, None) => Self::Unknown { error: format!("group {gid} is not in the group database") },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> HostFacts {
        HostFacts {
            platform: "Linux".to_owned(),
            os_version: "Debian".to_owned(),
            cpu_model: "Unknown".to_owned(),
            cpu_cores: 2,
        }
    }

    #[test]
    fn memory_is_text_but_its_percentage_a_number() {
        let memory = Memory { total_mib: 24105, available_mib: 23563 };
        let info = serde_json::to_value(SystemInfo::of(&facts(), Some(memory), false)).unwrap();
        assert_eq!(info["total_memory"], "24105 MB");
        assert_eq!(info["used_memory"], "542 MB");
        assert_eq!(info["free_memory"], "23563 MB");
        assert_eq!(info["memory_percent"], 2.2);
        let unknown = serde_json::to_value(SystemInfo::of(&facts(), None, false)).unwrap();
        assert_eq!(unknown["free_memory"], "Unknown");
        assert!(unknown["memory_percent"].is_number());
    }

    #[test]
    fn a_folder_that_is_missing_or_a_file_is_told_in_upstreams_words() {
        let folder = tempfile::tempdir().unwrap();
        let fine = Directory::look("TEMP_DIR", folder.path(), false);
        assert!(fine.exists && fine.readable && fine.writable && fine.error.is_none());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
        let missing = Directory::look("LOGS_DIR", &folder.path().join("no"), false);
        assert_eq!(missing.error.as_deref(), Some("LOGS_DIR does not exist"));
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let no_folder = Directory::look("LOGS_DIR", &file, false);
        assert!(no_folder.exists && !no_folder.readable && !no_folder.writable);
        assert!(no_folder.error.unwrap().starts_with("Cannot write to LOGS_DIR: "));
    }

    #[test]
    fn an_account_without_a_name_is_an_error_text() {
        let account = Account { uid: 1000, gid: 1000, user: None, group: None };
        let user = serde_json::to_value(User::of(account)).unwrap();
        assert_eq!(user["error"], "user 1000 is not in the user database");
    }
}
