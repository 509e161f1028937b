//! Whether the process can take work, check by check.
//!
//! Must never look for itself: whoever knows tells it.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use provost_core::CoreHealth;
use provost_telemetry::Meters;
use provost_telemetry::metrics::names;
use tokio::sync::watch;

/// What is known about a process. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Readiness(Arc<Stages>);

#[derive(Debug, Default)]
struct Stages {
    has_started: AtomicBool,
    is_ending: AtomicBool,
    core: OnceLock<CoreCheck>,
}

/// Where it is known whether there is a core.
#[derive(Debug)]
pub enum CoreCheck {
    /// In this process.
    Own(watch::Receiver<CoreHealth>),
    /// In another one: why it takes no work.
    Remote(watch::Receiver<Result<(), String>>),
}

/// The checks of one moment. Written, they are one line each.
#[derive(Debug)]
pub struct ReadinessReport(Vec<(&'static str, Result<(), String>)>);

impl Readiness {
    /// Says where it is known whether there is a core.
    pub fn knows_core(&self, check: CoreCheck) {
        // There is one for the life of a process.
        let _ = self.0.core.set(check);
    }

    /// Says that all rooms are there.
    pub fn has_started(&self) {
        self.0.has_started.store(true, Ordering::Relaxed);
    }

    /// Says that the process ends.
    pub fn is_ending(&self) {
        self.0.is_ending.store(true, Ordering::Relaxed);
    }

    /// Whether the start is over.
    pub fn startup(&self) -> ReadinessReport {
        let starting = "the database is being opened and brought up to date, or waited for";
        let has_started = self.0.has_started.load(Ordering::Relaxed);
        ReadinessReport(vec![("start", has_started.then_some(()).ok_or(starting.to_owned()))])
    }

    /// Tells each check as a number.
    pub fn observe(&self, meters: &Meters) {
        let readiness = self.clone();
        meters.observe(&names::READY, move |observed| {
            for (check, found) in readiness.report().0 {
                observed.count(&[check], u64::from(found.is_ok()));
            }
        });
    }

    /// All checks.
    pub fn report(&self) -> ReadinessReport {
        let ReadinessReport(mut checks) = self.startup();
        let is_ending = self.0.is_ending.load(Ordering::Relaxed);
        let ending = "the process was told to stop, and answers what it has begun".to_owned();
        checks.push(("drain", if is_ending { Err(ending) } else { Ok(()) }));
        match self.0.core.get() {
            Some(CoreCheck::Own(health)) => {
                let CoreHealth { database, migrations } = health.borrow().clone();
                checks.extend([("database", database), ("migrations", migrations)]);
            }
            Some(CoreCheck::Remote(found)) => checks.push(("core", found.borrow().clone())),
            None => {}
        }
        ReadinessReport(checks)
    }
}

impl ReadinessReport {
    /// Whether nothing is wrong.
    pub fn is_good(&self) -> bool {
        self.0.iter().all(|(_, found)| found.is_ok())
    }
}

impl fmt::Display for ReadinessReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (check, found) in &self.0 {
            match found {
                Ok(()) => writeln!(f, "{check}: ok")?,
                // What a database says may have several lines.
                Err(problem) => {
                    writeln!(f, "{check}: not ok: {}", problem.replace(char::is_control, " "))?;
                }
            }
        }
        Ok(())
    }
}
