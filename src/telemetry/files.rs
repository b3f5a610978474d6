//! The files in `UILogs`: `BackendServer.log`, `FrontendUI.log` and `AuthServer.log`.

use std::sync::{PoisonError, RwLock};

use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::Context;

use super::line::{AUTH, PANIC, Record};
use super::writer::{Sink, Writer};
use crate::actors::config::LEVELS;

/// The targets of our own code.
pub const OURS: [&str; 2] = ["posterizarrd", "posterizarr_actors"];

/// The layer that writes to the files.
pub struct Files {
    writer: Writer,
}

impl Files {
    /// Lines go to this writer.
    pub fn new(writer: Writer) -> Self {
        Self { writer }
    }
}

impl<S: Subscriber> Layer<S> for Files {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let record = Record::of(event);
        if record.is_noise() && FileLevel::now().filter() < LevelFilter::DEBUG {
            return;
        }
        if record.target == AUTH {
            self.writer.write(Sink::Auth, record.auth_line());
            self.writer.write(Sink::Frontend, record.auth_line());
            // The login file is fixed at INFO, the other files are not.
            if FileLevel::now().filter() < record.level {
                return;
            }
        } else {
            self.writer.write(Sink::Frontend, record.file_line("BACKEND:"));
        }
        self.writer.write(Sink::Backend, record.file_line(""));
    }
}

/// What the files show now.
static LEVEL: RwLock<FileLevel> = RwLock::new(FileLevel::INFO);

/// A level by upstream's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileLevel(&'static str);

impl FileLevel {
    /// Upstream's default.
    pub const INFO: Self = Self("INFO");

    /// The level with this name, in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        LEVELS.into_iter().find(|level| level.eq_ignore_ascii_case(name)).map(Self)
    }

    /// What the files show now.
    pub fn now() -> Self {
        *LEVEL.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes this what the files show.
    pub fn set(self) {
        *LEVEL.write().unwrap_or_else(PoisonError::into_inner) = self;
    }

    /// As upstream writes it, such as `INFO`.
    pub fn name(self) -> &'static str {
        self.0
    }

    fn filter(self) -> LevelFilter {
        match self.0 {
            "DEBUG" => LevelFilter::DEBUG,
            "INFO" => LevelFilter::INFO,
            "WARNING" => LevelFilter::WARN,
            "ERROR" => LevelFilter::ERROR,
            // Only panics, which have their own target.
            _ => LevelFilter::OFF,
        }
    }

    /// What passes: our own records of this level, of libraries at most warnings, logins and panics always.
    pub fn targets(self) -> Targets {
        Targets::new()
            .with_default(self.filter().min(LevelFilter::WARN))
            .with_targets(OURS.map(|target| (target, self.filter())))
            .with_target(AUTH, self.filter().max(LevelFilter::INFO))
            .with_target(PANIC, LevelFilter::ERROR)
    }
}
