//! What is logged, while the process runs.
//!
//! Owns the way to change it. Must never know who asks.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tracing_subscriber::reload;

use crate::config;

/// Of the process, which has one log.
static OF_PROCESS: OnceLock<LogLevel> = OnceLock::new();

/// The level of the log, as `[log] level` is written. Clones share it.
#[derive(Clone)]
pub struct LogLevel {
    configured: Arc<str>,
    in_force: Arc<Mutex<String>>,
    apply: Arc<Apply>,
}

/// Puts a level into the place of the one before.
type Apply = dyn Fn(&str) -> Result<(), reload::Error> + Send + Sync;

/// The reason why a level does not come into force.
#[derive(Debug, thiserror::Error)]
pub enum LogLevelError {
    /// It is none.
    #[error("\"{0}\" {problem}, or for one part, as in \"info,provost_core=debug\"", problem = config::NO_LOG_LEVEL)]
    NoLevel(String),
    /// Nothing is logged any more.
    #[error("the log takes no level any more ({0})")]
    Gone(#[from] reload::Error),
}

impl LogLevel {
    pub(super) fn new(
        configured: &str,
        apply: impl Fn(&str) -> Result<(), reload::Error> + Send + Sync + 'static,
    ) -> Self {
        let in_force = Arc::new(Mutex::new(configured.to_owned()));
        Self { configured: configured.into(), in_force, apply: Arc::new(apply) }
    }

    /// That of this process; none where somebody else has set up its log.
    pub fn of_process() -> Option<&'static Self> {
        OF_PROCESS.get()
    }

    pub(super) fn become_that_of_process(self) {
        OF_PROCESS.get_or_init(|| self);
    }

    /// What is in force.
    pub fn in_force(&self) -> String {
        self.locked().clone()
    }

    /// Has another one come into force, until the process ends; an empty text is that of the settings.
    pub fn set(&self, text: &str) -> Result<(), LogLevelError> {
        let text = if text.is_empty() { &*self.configured } else { text };
        if !config::is_log_level(text) {
            return Err(LogLevelError::NoLevel(text.to_owned()));
        }
        let mut in_force = self.locked();
        (self.apply)(text)?;
        text.clone_into(&mut in_force);
        Ok(())
    }

    fn locked(&self) -> MutexGuard<'_, String> {
        self.in_force.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
