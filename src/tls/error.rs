//! What is wrong with a file of TLS, as one sentence: setting, file and remedy.
//!
//! Must never show a key.

use std::io;

use super::files::TlsFile;

/// The reason why files of TLS can't be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file can't be read.
    #[error(
        "{file}, can't be read ({source}): let the account that runs provost read it, or name another file"
    )]
    Unreadable {
        /// Which.
        file: TlsFile,
        /// What the system said.
        source: io::Error,
    },
    /// A file is broken PEM.
    #[error("{file}, is no PEM ({detail}): write it anew")]
    NotPem {
        /// Which.
        file: TlsFile,
        /// What is wrong.
        detail: String,
    },
    /// A file has no certificate.
    #[error(
        "{file}, holds no certificate: put it there as PEM, from -----BEGIN CERTIFICATE----- on"
    )]
    NoCertificate {
        /// Which.
        file: TlsFile,
    },
    /// A file has no key.
    #[error(
        "{file}, holds no private key without a password: put it there as PEM, from -----BEGIN PRIVATE KEY----- on"
    )]
    NoKey {
        /// Which.
        file: TlsFile,
    },
    /// The key belongs to another certificate.
    #[error(
        "{key}, is not the key of the first certificate of {certificate}: the certificate of the server comes first, those that it was signed with behind it"
    )]
    OtherKey {
        /// The file of the key.
        key: TlsFile,
        /// The file of the certificate.
        certificate: TlsFile,
    },
    /// What a file holds can't be used.
    #[error("{file}, can't be used ({source}): issue it anew")]
    Unusable {
        /// Which.
        file: TlsFile,
        /// What the library said.
        source: rustls::Error,
    },
    /// The library has no protocol to speak.
    #[error("TLS can't be spoken ({0})")]
    Library(rustls::Error),
    /// What a file of a certificate authority holds can't be used.
    #[error("{file}, can't be used ({detail}): name the certificates of the authority")]
    UnusableAuthority {
        /// Which.
        file: TlsFile,
        /// What the library said.
        detail: String,
    },
}

impl TlsError {
    /// What is wrong with a certificate and its key.
    pub(super) fn of_pair(source: rustls::Error, certificate: &TlsFile, key: &TlsFile) -> Self {
        match source {
            rustls::Error::InconsistentKeys(_) => {
                Self::OtherKey { key: key.clone(), certificate: certificate.clone() }
            }
            // Only keys are refused so.
            rustls::Error::General(_) => key.unusable(source),
            source => certificate.unusable(source),
        }
    }
}
