//! What the daemon is started in: environment variables, and whether that is a container.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The environment and the file system's root; tests bring their own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    unreadable: Vec<String>,
    root: PathBuf,
}

impl Environment {
    /// Those of this process.
    pub fn of_process() -> Self {
        Self::new(std::env::vars_os(), "/")
    }

    /// The given variables, and a folder that stands for the root of the file system.
    pub fn new(variables: impl IntoIterator<Item = (OsString, OsString)>, root: impl Into<PathBuf>) -> Self {
        let mut environment = Self { variables: BTreeMap::new(), unreadable: Vec::new(), root: root.into() };
        for (name, value) in variables {
            let Ok(name) = name.into_string() else { continue };
            match value.into_string() {
                Ok(value) => drop(environment.variables.insert(name, value)),
                Err(_) => environment.unreadable.push(name),
            }
        }
        environment
    }

    /// A variable; an empty one counts as absent, since compose files pass unset ones on like that.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.trim().is_empty())
    }

    /// The names of all variables, those that are not UTF-8 included.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.variables.keys().chain(&self.unreadable).map(String::as_str)
    }

    /// Whether a variable is there, but is not UTF-8.
    pub fn is_unreadable(&self, name: &str) -> bool {
        self.unreadable.iter().any(|unreadable| unreadable == name)
    }

    /// Whether this is a container, by upstream's rule.
    pub fn container(&self) -> bool {
        let is_true = |name| self.variable(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
        self.has("/.dockerenv") || is_true("DOCKER_ENV") || is_true("POSTERIZARR_NON_ROOT")
    }

    /// The data folder where none is given.
    pub fn data_dir(&self) -> PathBuf {
        if let Some(folders) = self.variable("STATE_DIRECTORY") {
            // systemd separates several folders with colons; the first is ours.
            return PathBuf::from(folders.split(':').next().unwrap_or(folders));
        }
        if self.container() {
            return PathBuf::from("/config");
        }
        let xdg = self.variable("XDG_DATA_HOME").map(PathBuf::from).filter(|folder| folder.is_absolute());
        let home = || Path::new(self.variable("HOME").unwrap_or("/var/lib")).join(".local/share");
        xdg.unwrap_or_else(home).join("posterizarrd")
    }

    /// The folder of the script where none is given.
    pub fn app_dir(&self, data_dir: &Path) -> PathBuf {
        if self.container() && self.has("/app/Posterizarr.ps1") {
            return PathBuf::from("/app");
        }
        data_dir.to_owned()
    }

    /// Whether something is at this absolute path. What cannot be looked at counts as absent.
    pub fn has(&self, path: impl AsRef<Path>) -> bool {
        std::fs::exists(self.below_root(path)).unwrap_or(false)
    }

    /// An absolute path, as seen from the root.
    pub fn below_root(&self, path: impl AsRef<Path>) -> PathBuf {
        let path = path.as_ref();
        if self.root == Path::new("/") {
            path.to_owned()
        } else {
            self.root.join(path.strip_prefix("/").unwrap_or(path))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(root: &Path, variables: &[(&str, &str)]) -> Environment {
        Environment::new(variables.iter().map(|(name, value)| (name.into(), value.into())), root)
    }

    #[test]
    fn the_data_folder_follows_the_service_manager_then_the_container_then_the_home() {
        let root = tempfile::tempdir().unwrap();
        let folder = |variables: &[(&str, &str)]| environment(root.path(), variables).data_dir();
        let home = ("HOME", "/home/x");
        assert_eq!(folder(&[home]), Path::new("/home/x/.local/share/posterizarrd"));
        assert_eq!(folder(&[home, ("XDG_DATA_HOME", "/data")]), Path::new("/data/posterizarrd"));
        assert_eq!(folder(&[home, ("XDG_DATA_HOME", "relative")]), Path::new("/home/x/.local/share/posterizarrd"));
        assert_eq!(folder(&[home, ("POSTERIZARR_NON_ROOT", "TRUE")]), Path::new("/config"));
        let both = [("DOCKER_ENV", "true"), ("STATE_DIRECTORY", "/var/lib/p:/var/lib/q")];
        assert_eq!(folder(&both), Path::new("/var/lib/p"));
    }

    #[test]
    fn a_container_is_known_by_its_marker_file_or_upstreams_variables() {
        let root = tempfile::tempdir().unwrap();
        assert!(!environment(root.path(), &[("DOCKER_ENV", "1"), ("POSTERIZARR_NON_ROOT", "")]).container());
        assert!(environment(root.path(), &[("DOCKER_ENV", "True")]).container());
        std::fs::write(root.path().join(".dockerenv"), "").unwrap();
        assert!(environment(root.path(), &[]).container());
    }

    #[test]
    fn the_script_folder_of_the_image_is_used_only_where_the_script_is() {
        let root = tempfile::tempdir().unwrap();
        let image = environment(root.path(), &[("POSTERIZARR_NON_ROOT", "TRUE")]);
        assert_eq!(image.app_dir(Path::new("/config")), Path::new("/config"));
        std::fs::create_dir(root.path().join("app")).unwrap();
        std::fs::write(root.path().join("app/Posterizarr.ps1"), "").unwrap();
        assert_eq!(image.app_dir(Path::new("/config")), Path::new("/app"));
        assert_eq!(environment(root.path(), &[]).app_dir(Path::new("/data")), Path::new("/data"));
    }
}
