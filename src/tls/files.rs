//! The files of a listener, read and put together to what a connection is accepted with.
//!
//! Must never know when they change.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::{Error as PemError, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig};
use time::OffsetDateTime;

use super::client_trust::ClientTrust;
use super::error::TlsError;
use super::provider;
use super::validity::not_after;

/// A file, and the setting that names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFile {
    /// The setting: `http.tls_key`.
    pub setting: &'static str,
    /// The file.
    pub path: PathBuf,
}

/// The files by which a listener serves TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate, and behind it those that it was signed with.
    pub certificate: TlsFile,
    /// Its key.
    pub key: TlsFile,
    /// The authorities that sign the certificates of clients; none where no client shows one.
    pub client_authority: Option<TlsFile>,
    /// The protocols that are spoken over it, the preferred one first (RFC 7301).
    pub protocols: &'static [&'static str],
}

/// What stood in the files at one time.
#[derive(PartialEq, Eq)]
pub(super) struct TlsFileContents {
    certificate: Vec<u8>,
    key: Vec<u8>,
    client_authority: Option<Vec<u8>>,
}

/// What connections are accepted with, and by which those of clients stay.
#[derive(Debug)]
pub(super) struct Accepting {
    pub server: Arc<ServerConfig>,
    pub clients: ClientTrust,
    /// When the certificate ends that is shown.
    pub ends_at: Option<OffsetDateTime>,
}

impl TlsFile {
    /// What stands in it.
    pub fn read(&self) -> Result<Vec<u8>, TlsError> {
        let unreadable = |source| TlsError::Unreadable { file: self.clone(), source };
        std::fs::read(&self.path).map_err(unreadable)
    }

    pub(super) fn certificates(
        &self,
        pem: &[u8],
    ) -> Result<Vec<CertificateDer<'static>>, TlsError> {
        let found = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
        let found = found.map_err(|error| self.not_pem(&error))?;
        if found.is_empty() {
            return Err(TlsError::NoCertificate { file: self.clone() });
        }
        Ok(found)
    }

    pub(super) fn key(&self, pem: &[u8]) -> Result<PrivateKeyDer<'static>, TlsError> {
        PrivateKeyDer::from_pem_slice(pem).map_err(|error| match error {
            PemError::NoItemsFound => TlsError::NoKey { file: self.clone() },
            error => self.not_pem(&error),
        })
    }

    /// Certificates of authorities, by which others are verified.
    pub(super) fn authorities(&self, pem: &[u8]) -> Result<RootCertStore, TlsError> {
        let mut roots = RootCertStore::empty();
        for certificate in self.certificates(pem)? {
            roots.add(certificate).map_err(|source| self.unusable(source))?;
        }
        Ok(roots)
    }

    pub(super) fn unusable(&self, source: rustls::Error) -> TlsError {
        TlsError::Unusable { file: self.clone(), source }
    }

    fn not_pem(&self, error: &PemError) -> TlsError {
        TlsError::NotPem { file: self.clone(), detail: error.to_string() }
    }
}

impl fmt::Display for TlsFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, which {} names", self.path.display(), self.setting)
    }
}

impl TlsFiles {
    /// Reads all of them.
    pub(super) fn read(&self) -> Result<TlsFileContents, TlsError> {
        Ok(TlsFileContents {
            certificate: self.certificate.read()?,
            key: self.key.read()?,
            client_authority: self.client_authority.as_ref().map(TlsFile::read).transpose()?,
        })
    }

    /// What connections are accepted with.
    pub(super) fn server(&self, read: &TlsFileContents) -> Result<Accepting, TlsError> {
        let TlsFileContents { certificate, key, client_authority } = read;
        let chain = self.certificate.certificates(certificate)?;
        let ends_at = chain.first().and_then(|shown| not_after(shown));
        let key = self.key.key(key)?;
        let builder = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Library)?;
        let clients = self.client_authority.as_ref().zip(client_authority.as_ref());
        let verifier = clients.map(|(file, pem)| verifier(file, pem)).transpose()?;
        let builder = match &verifier {
            None => builder.with_no_client_auth(),
            Some(verifier) => builder.with_client_cert_verifier(Arc::clone(verifier)),
        };
        let mut config = builder
            .with_single_cert(chain, key)
            .map_err(|error| TlsError::of_pair(error, &self.certificate, &self.key))?;
        config.alpn_protocols = self.protocols.iter().map(|it| it.as_bytes().to_vec()).collect();
        if verifier.is_some() {
            // A session that is taken up again would not show its certificate, which may have expired.
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        }
        Ok(Accepting { server: Arc::new(config), clients: ClientTrust(verifier), ends_at })
    }

    /// The folder and names, for whoever reports what was read.
    pub(super) fn path(&self) -> &Path {
        &self.certificate.path
    }
}

/// Whoever looks at the certificates of clients, by the authorities of this file.
fn verifier(file: &TlsFile, pem: &[u8]) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    WebPkiClientVerifier::builder_with_provider(Arc::new(file.authorities(pem)?), provider())
        // Who shows a token instead needs none.
        .allow_unauthenticated()
        .build()
        .map_err(|error| TlsError::UnusableAuthority {
            file: file.clone(),
            detail: error.to_string(),
        })
}
