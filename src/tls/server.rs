//! What a listener accepts connections with, made anew when its files change.
//!
//! Must never know when somebody looks at them.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::CertificateDer;
use time::OffsetDateTime;
use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::error::TlsError;
use super::files::{Accepting, TlsFileContents, TlsFiles};
use crate::renewal::{self, KeptFiles};

/// What connections are accepted with at the moment. Clones share it.
#[derive(Debug, Clone)]
pub struct ServerTls(watch::Receiver<Accepting>);

impl ServerTls {
    /// Reads the files, and again when they change or SIGHUP comes, until `end`.
    pub fn kept_from(files: TlsFiles, end: CancellationToken) -> Result<Self, TlsError> {
        let read = files.read()?;
        let (told, current) = watch::channel(files.server(&read)?);
        renewal::keep(ListenerFiles { files, told }, read, end);
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

/// The files of a listener, and who is told of new ones.
struct ListenerFiles {
    files: TlsFiles,
    told: watch::Sender<Accepting>,
}

impl KeptFiles for ListenerFiles {
    type Contents = TlsFileContents;
    type Problem = TlsError;
    const STAYS: &'static str = "the certificate before stays in force";

    fn read(&self) -> Result<TlsFileContents, TlsError> {
        self.files.read()
    }

    fn renew(&self, read: &TlsFileContents) -> Result<(), TlsError> {
        self.told.send_replace(self.files.server(read)?);
        let certificate = self.files.path().display();
        tracing::info!(%certificate, "new connections are accepted with the new certificate");
        Ok(())
    }
}
