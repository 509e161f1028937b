//! What a listener accepts connections with, renewed when its files change.
//!
//! A file that can't be used changes nothing: what was in force stays, and the log says why. Must never
//! know what the files hold.

use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use rustls::pki_types::CertificateDer;
use time::OffsetDateTime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;

use super::error::TlsError;
use super::files::{Accepting, TlsFileContents, TlsFiles};

/// How often it is looked whether the files have changed.
const LOOKED_EVERY: Duration = Duration::from_secs(2);

/// What connections are accepted with at the moment. Clones share it.
#[derive(Debug, Clone)]
pub struct ServerTls(watch::Receiver<Accepting>);

impl ServerTls {
    /// Reads the files, and again when they change or SIGHUP comes, until `end`.
    pub fn kept_from(files: TlsFiles, end: CancellationToken) -> Result<Self, TlsError> {
        let read = files.read()?;
        let (told, current) = watch::channel(files.server(&read)?);
        let mut renewal = Renewal { files, in_force: read, refused: None, told };
        let hangup = signal(SignalKind::hangup());
        tokio::spawn(async move {
            end.run_until_cancelled(renewal.keep(hangup.ok())).await;
        });
        Ok(Self(current))
    }

    /// For a connection that comes now.
    pub fn current(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.0.borrow().server)
    }

    /// Waits until the certificate that a client has shown is trusted no more: it has expired, or its
    /// authority has left the file.
    pub async fn distrusted(mut self, chain: Vec<CertificateDer<'static>>) {
        loop {
            let lasts = self.0.borrow_and_update().clients.lasts(&chain);
            let Some(lasts) = lasts else { return };
            tokio::select! {
                () = sleep(lasts) => {}
                // Where nobody looks at the files any more, nothing changes but the time.
                Ok(()) = self.0.changed() => {}
            }
        }
    }

    /// When its certificate ends.
    pub fn ends_at(&self) -> Option<OffsetDateTime> {
        self.0.borrow().ends_at
    }
}

struct Renewal {
    files: TlsFiles,
    in_force: TlsFileContents,
    /// What was found since then and could not be used, and whether that was said.
    refused: Option<Refused>,
    told: watch::Sender<Accepting>,
}

struct Refused {
    sentence: String,
    said: bool,
}

impl Renewal {
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

    /// Two files are never written at once, so what doesn't fit is said when it is found the second time,
    /// or to whoever has asked.
    fn look(&mut self, asked: bool) {
        let read = match self.files.read() {
            Ok(read) if read == self.in_force => {
                self.refused = None;
                return;
            }
            Ok(read) => self.files.server(&read).map(|accepting| (read, accepting)),
            Err(error) => Err(error),
        };
        match read {
            Ok((read, accepting)) => {
                self.told.send_replace(accepting);
                (self.in_force, self.refused) = (read, None);
                let certificate = self.files.path().display();
                tracing::info!(%certificate, "new connections are accepted with the new certificate");
            }
            Err(error) => self.refuse(&error, asked),
        }
    }

    fn refuse(&mut self, error: &TlsError, asked: bool) {
        let sentence = error.to_string();
        let seen = self.refused.take().filter(|refused| refused.sentence == sentence);
        let said = seen.as_ref().is_some_and(|refused| refused.said);
        if asked || (seen.is_some() && !said) {
            tracing::warn!("the certificate before stays in force, because {sentence}");
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
pub(super) async fn looked_for_changes() {
    tokio::time::sleep(LOOKED_EVERY * 2).await;
}
