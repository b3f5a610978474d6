//! Writing `config.json`: a post, or a backup that is put back.
//!
//! Theory of operation: the file on disk is the truth, so each write begins with reading it; an edit by hand that nobody
//! has seen yet is in force before the post is looked at. The keeper is the one writer, so posts come one after the other:
//! with a revision, a post fails if the file has changed since the client read it. Without one the last post wins, as
//! upstream has it; what it replaced is kept as a backup and told in the answer, so that nothing is lost unnoticed. A
//! partial post changes only the keys it names and never takes back another's change.

use std::io;
use std::path::PathBuf;

use actix::Message;
use chrono::Utc;
use posterizarr_base::bounded;
use posterizarr_base::said::{Params, Values, values};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::backups::BackupFolder;
use super::change::{self, Change, MissingKeys, Plan, Refusal};
use super::view::{AssetPaths, ConfigView};
use super::{ConfigKeeper, contradictions, document, flat, layout};
use crate::files;
use crate::runtime::guard::{Ctx, Handler, Reply};

/// The id under which the last good content is put back while the file is broken.
pub const LAST_GOOD: &str = "last-good";

/// Changes `config.json`: all of it, or nothing.
#[derive(Clone, Message)]
#[rtype(result = "Result<Saved, ConfigError>")]
pub struct SaveConfig {
    /// New values by their flat names.
    pub posted: Map<String, Value>,
    /// What happens to the others.
    pub mode: MissingKeys,
    /// The revisions of the file that the client knows; `None` if it does not say.
    pub known: Option<Vec<String>>,
    /// Lists, by their flat names, that a full post does not clear.
    pub guarded: Vec<&'static str>,
    /// Only tell what would change.
    pub dry_run: bool,
}

/// Puts a backup back, byte for byte. What it replaces becomes a backup itself.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<Saved, ConfigError>")]
pub struct RestoreConfig {
    /// One of the ids of [`BackupFolder::list`], or [`LAST_GOOD`].
    pub id: String,
    /// See [`SaveConfig::known`].
    pub known: Option<Vec<String>>,
}

/// Keeps the content of the file as a backup; answers its id, or that there is no file.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Result<Option<String>, ConfigError>")]
pub struct BackUpConfig;

/// What was changed.
#[derive(Debug, Clone)]
pub struct Saved {
    /// What changed; nothing, if the file said all of it already.
    pub changes: Vec<Change>,
    /// How many posted values differed from the stored ones, by upstream's count.
    pub count: usize,
    /// Posted keys that nobody knows.
    pub ignored: Vec<String>,
    /// The backup of what was replaced; `None` if nothing was written.
    pub backup: Option<String>,
    /// The revision afterwards.
    pub revision: String,
}

/// Why the file was left as it is.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Values that cannot be.
    #[error("{}", told(.0))]
    Refused(Vec<Refusal>),
    /// With the posted values the file would be larger than one that is read.
    #[error("with these values config.json would be larger than the {} KiB that are read; shorten them", document::MAX_SIZE / 1024)]
    TooLarge,
    /// The file is not what the client read.
    #[error("the configuration has changed since it was read; read it again and repeat the change")]
    Stale {
        /// The revision it has now.
        revision: String,
    },
    /// The file is broken.
    #[error("{0}, or put an earlier one back with POST /api/config/restore/{LAST_GOOD}")]
    Broken(String),
    /// There is no such backup.
    #[error("there is no backup {0:?}; GET /api/config/backups lists those there are")]
    NoBackup(String),
    /// A backup is no configuration.
    #[error("the backup {id} cannot be put back: {wrong}")]
    BadBackup {
        id: String,
        /// What is wrong with it.
        wrong: String,
    },
    /// A file cannot be read or written.
    #[error("{}: {cause}; nothing was changed", .path.display())]
    Disk {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
}

impl Values for ConfigError {
    fn values(&self) -> Params {
        match self {
            Self::Refused(_) | Self::Stale { .. } => values([]),
            Self::TooLarge => values([("kib", &(document::MAX_SIZE / 1024))]),
            Self::Broken(cause) => values([("cause", cause)]),
            Self::NoBackup(id) => values([("id", id)]),
            Self::BadBackup { id, wrong } => values([("id", id), ("cause", wrong)]),
            Self::Disk { path, cause } => values([("path", &path.display()), ("cause", cause)]),
        }
    }
}

fn told(refusals: &[Refusal]) -> String {
    refusals.iter().map(|refusal| format!("{} {}", refusal.flat, refusal.wrong)).collect::<Vec<_>>().join("; ")
}

impl ConfigKeeper {
    fn save(&mut self, message: SaveConfig) -> Result<Saved, ConfigError> {
        let view = self.newest();
        if let Some(problem) = view.problem.as_ref().filter(|_| self.file_is_there()) {
            return Err(ConfigError::Broken(problem.clone()));
        }
        check_known(&view, message.known.as_deref())?;
        let guarded = |key: &super::keys::Key| message.guarded.contains(&key.flat);
        let plan =
            change::plan(&view.document, &message.posted, message.mode, guarded).map_err(ConfigError::Refused)?;
        self.check_rooms(&plan.changes)?;
        if message.dry_run || plan.changes.is_empty() {
            return Ok(Saved::of(plan, None, &view));
        }
        let (old, text) = self.rewritten(&view, &plan)?;
        let backup = self.write(old.as_deref(), &text)?;
        tell(&plan.changes);
        Ok(Saved::of(plan, backup, &self.newest()))
    }

    /// Asset roots that cannot be are refused where they are set; one that is there already is no reason to refuse other
    /// changes.
    fn check_rooms(&self, changes: &[Change]) -> Result<(), ConfigError> {
        let refusal = |change: &Change| {
            let value = change.new.as_ref()?.as_str()?;
            let wrong = AssetPaths::refusal(&change.flat, value, &self.shared.data)?;
            Some(Refusal { code: Some("folder_not_allowed"), ..Refusal::new(change.flat.clone(), wrong) })
        };
        let refusals: Vec<_> = changes.iter().filter_map(refusal).collect();
        if refusals.is_empty() { Ok(()) } else { Err(ConfigError::Refused(refusals)) }
    }

    /// The content on disk, and what it becomes. An edit since the file was read a moment ago is not overwritten.
    fn rewritten(&self, view: &ConfigView, plan: &Plan) -> Result<(Option<Vec<u8>>, Vec<u8>), ConfigError> {
        let old = self.content()?;
        let Some(old) = old else {
            let text = document::write(&plan.document).map_err(|error| self.disk(error.into()))?;
            return Ok((None, text.into_bytes()));
        };
        if Sha256::digest(&old).as_slice() != view.digest {
            return Err(ConfigError::Stale { revision: view.revision() });
        }
        let (mark, json) = match old.strip_prefix(document::BYTE_ORDER_MARK) {
            Some(json) => (document::BYTE_ORDER_MARK, json),
            None => (&[][..], old.as_slice()),
        };
        let text = layout::rewrite(&String::from_utf8_lossy(json), &view.document, &plan.document);
        let text = text.map_err(|error| self.disk(error.into()))?;
        let content = [mark, text.as_bytes()].concat();
        Ok((Some(old), content))
    }

    fn restore(&mut self, message: &RestoreConfig) -> Result<Saved, ConfigError> {
        let view = self.newest();
        check_known(&view, message.known.as_deref())?;
        let content = self.earlier(&message.id, &view)?;
        let restored = document::parse(&content)
            .map_err(|wrong| ConfigError::BadBackup { id: message.id.clone(), wrong: format!("it {wrong}") })?;
        if let Some(found) =
            contradictions::shipped_login(&restored).filter(|_| contradictions::shipped_login(&view.document).is_none())
        {
            let flat = found.mended_at.unwrap_or_default().to_owned();
            return Err(ConfigError::Refused(vec![Refusal { code: found.code, ..Refusal::new(flat, found.wrong) }]));
        }
        let changes = differences(&view, &restored);
        let count = changes.len();
        let plan = Plan { document: restored, changes, count, ignored: Vec::new() };
        let old = self.content()?;
        if old.as_deref() == Some(content.as_slice()) {
            return Ok(Saved::of(plan, None, &view));
        }
        let backup = self.write(old.as_deref(), &content)?;
        tracing::info!(backup = message.id, "an earlier config.json was put back");
        tell(&plan.changes);
        Ok(Saved::of(plan, backup, &self.newest()))
    }

    fn earlier(&self, id: &str, view: &ConfigView) -> Result<Vec<u8>, ConfigError> {
        if id == LAST_GOOD {
            return document::write(&view.document).map(String::into_bytes).map_err(|error| self.disk(error.into()));
        }
        let backups = self.backups();
        let content =
            backups.read(id).map_err(|cause| ConfigError::Disk { path: self.shared.data.config_backups(), cause });
        content?.ok_or_else(|| ConfigError::NoBackup(id.to_owned()))
    }

    /// Keeps the old content, then writes the new one. Nothing is written that has no backup.
    fn write(&self, old: Option<&[u8]>, new: &[u8]) -> Result<Option<String>, ConfigError> {
        if new.len() as u64 > document::MAX_SIZE {
            return Err(ConfigError::TooLarge);
        }
        let kept = old.filter(|old| !old.is_empty()).map(|old| self.backups().keep(old, Utc::now())).transpose();
        let backup = kept.map_err(|cause| ConfigError::Disk { path: self.shared.data.config_backups(), cause })?;
        files::write_private(&self.shared.data.config(), new).map_err(|cause| self.disk(cause))?;
        Ok(backup)
    }

    /// What the file says now, in force.
    fn newest(&mut self) -> std::sync::Arc<ConfigView> {
        self.seen = None;
        self.look();
        self.shown.get()
    }

    fn content(&self) -> Result<Option<Vec<u8>>, ConfigError> {
        match bounded::read(&self.shared.data.config(), document::MAX_SIZE) {
            Ok(content) => Ok(Some(content)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.disk(error)),
        }
    }

    fn file_is_there(&self) -> bool {
        std::fs::symlink_metadata(self.shared.data.config()).is_ok()
    }

    fn backups(&self) -> BackupFolder {
        BackupFolder::in_folder(self.shared.data.config_backups())
    }

    fn disk(&self, cause: io::Error) -> ConfigError {
        ConfigError::Disk { path: self.shared.data.config(), cause }
    }
}

impl Saved {
    fn of(plan: Plan, backup: Option<String>, view: &ConfigView) -> Self {
        let Plan { changes, count, ignored, .. } = plan;
        Self { changes, count, ignored, backup, revision: view.revision() }
    }
}

fn check_known(view: &ConfigView, known: Option<&[String]>) -> Result<(), ConfigError> {
    let revision = view.revision();
    match known {
        Some(known) if !known.contains(&revision) => Err(ConfigError::Stale { revision }),
        _ => Ok(()),
    }
}

/// What putting back changes, by flat names.
fn differences(view: &ConfigView, restored: &document::Document) -> Vec<Change> {
    let (before, after) = (flat::places(&view.document), flat::places(restored));
    let value = |places: &[flat::KeyPlace<'_>], flat: &str| {
        places.iter().find(|place| place.flat == flat).map(|place| place.value.clone())
    };
    let gone = before.iter().filter(|place| value(&after, &place.flat).is_none());
    let every = after.iter().chain(gone).map(|place| Change {
        flat: place.flat.clone(),
        key: place.key,
        old: value(&before, &place.flat),
        new: value(&after, &place.flat),
    });
    every.filter(|change| change.old != change.new).collect()
}

/// Writes down what changed; secrets are masked by the table.
fn tell(changes: &[Change]) {
    for change in changes {
        let [old, new] =
            change.shown().map(|value| value.map_or_else(|| "nothing".to_owned(), |value| value.to_string()));
        tracing::info!("config.json: {} was {old} and is {new}", change.flat);
    }
}

impl Handler<SaveConfig> for ConfigKeeper {
    fn answer(&mut self, message: SaveConfig, _: &mut Ctx<Self>) -> Reply<Result<Saved, ConfigError>> {
        self.save(message).into()
    }
}

impl Handler<BackUpConfig> for ConfigKeeper {
    fn answer(&mut self, _: BackUpConfig, _: &mut Ctx<Self>) -> Reply<Result<Option<String>, ConfigError>> {
        let keep = |content: Vec<u8>| {
            self.backups()
                .keep(&content, Utc::now())
                .map_err(|cause| ConfigError::Disk { path: self.shared.data.config_backups(), cause })
        };
        self.content().and_then(|content| content.map(keep).transpose()).into()
    }
}

impl Handler<RestoreConfig> for ConfigKeeper {
    fn answer(&mut self, message: RestoreConfig, _: &mut Ctx<Self>) -> Reply<Result<Saved, ConfigError>> {
        self.restore(&message).into()
    }
}
