//! What is made of files, made anew when they change.
//!
//! A file that can't be used changes nothing: what was in force stays, and the log says why. Must never
//! know what the files hold.

use std::fmt::Display;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// How often it is looked whether files have changed.
const LOOKED_EVERY: Duration = Duration::from_secs(2);

/// Files, and how what is made of them comes into force.
pub trait KeptFiles: Send + 'static {
    /// What stood in them at one time.
    type Contents: PartialEq + Send;
    /// The reason why they can't be used.
    type Problem: Display;
    /// What is said where they can't be used: `the certificate before stays in force`.
    const STAYS: &'static str;

    /// Reads all of them.
    fn read(&self) -> Result<Self::Contents, Self::Problem>;

    /// Puts in force what follows from them, and says so.
    fn renew(&self, read: &Self::Contents) -> Result<(), Self::Problem>;
}

/// Looks at files whose contents are in force again and again, and at once when SIGHUP comes, until `end`.
pub fn keep<F: KeptFiles>(files: F, in_force: F::Contents, end: CancellationToken) {
    let mut renewal = Renewal { files, in_force, refused: None };
    let hangup = signal(SignalKind::hangup());
    tokio::spawn(async move {
        end.run_until_cancelled(renewal.keep(hangup.ok())).await;
    });
}

struct Renewal<F: KeptFiles> {
    files: F,
    in_force: F::Contents,
    /// What was found since then and could not be used, and whether that was said.
    refused: Option<Refused>,
}

struct Refused {
    sentence: String,
    said: bool,
}

impl<F: KeptFiles> Renewal<F> {
    async fn keep(&mut self, mut hangup: Option<Signal>) {
        let mut ticks = interval(LOOKED_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let asked = tokio::select! {
                _ = ticks.tick() => false,
                () = next(&mut hangup) => true,
            };
            self.look(asked);
        }
    }

    /// Two files are never written at once, nor is one always written whole, so what doesn't fit is said when it
    /// is found the second time, or to whoever has asked.
    fn look(&mut self, asked: bool) {
        let read = match self.files.read() {
            Ok(read) if read == self.in_force => {
                self.refused = None;
                return;
            }
            Ok(read) => self.files.renew(&read).map(|()| read),
            Err(problem) => Err(problem),
        };
        match read {
            Ok(read) => (self.in_force, self.refused) = (read, None),
            Err(problem) => self.refuse(problem.to_string(), asked),
        }
    }

    fn refuse(&mut self, sentence: String, asked: bool) {
        let seen = self.refused.take().filter(|refused| refused.sentence == sentence);
        let said = seen.as_ref().is_some_and(|refused| refused.said);
        if asked || (seen.is_some() && !said) {
            tracing::warn!("{}, because {sentence}", F::STAYS);
        }
        let said = said || asked || seen.is_some();
        self.refused = Some(Refused { sentence, said });
    }
}

async fn next(hangup: &mut Option<Signal>) {
    let heard = match hangup {
        Some(signal) => signal.recv().await,
        None => None,
    };
    if heard.is_none() {
        std::future::pending::<()>().await;
    }
}

/// For tests: so long that whoever looks has looked.
#[cfg(test)]
pub(crate) async fn looked_for_changes() {
    tokio::time::sleep(LOOKED_EVERY * 2).await;
}
