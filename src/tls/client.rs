//! How somebody is dialled over TLS, a core or a collector: by what they are recognised, and who dials.
//!
//! The files are read for each connection, of which there are few, so a renewed one counts from the
//! next one on, unless whoever dials keeps what was read. Must never know what is sent over a connection.

use std::io;
use std::sync::Arc;

use http::Uri;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::error::TlsError;
use super::files::TlsFile;
use super::provider;

/// How somebody is dialled over TLS.
#[derive(Debug, Clone)]
pub struct ClientTls {
    /// Who is the right one.
    pub trust: Trust,
    /// The certificate of whoever dials, and its key; none where it shows none.
    pub identity: Option<(TlsFile, TlsFile)>,
    /// The protocol that is spoken over it (RFC 7301).
    pub protocol: &'static str,
}

/// By what somebody is recognised.
#[derive(Debug, Clone)]
pub enum Trust {
    /// By an authority that everybody knows, and its name.
    EveryAuthority,
    /// By an authority of this file, and its name.
    Authority(TlsFile),
    /// By one of these authorities, and its name.
    ReadAuthorities(Arc<RootCertStore>),
    /// By its certificate, the first one of this file, whatever its name is.
    Certificate(TlsFile),
}

/// The reason why nobody was dialled over TLS.
#[derive(Debug, thiserror::Error)]
pub enum DialError {
    /// The address has no name or port by which somebody can be dialled.
    #[error("it names no host")]
    NoHost,
    /// Nobody is there.
    #[error("{0}")]
    Absent(io::Error),
    /// Files can't be used.
    #[error("{0}")]
    Files(TlsError),
    /// Whoever is there is not who was meant, does not speak TLS, or wants another certificate.
    #[error("TLS failed there ({0})")]
    Untrusted(io::Error),
}

impl Trust {
    /// By an authority of this file, in which this was read.
    pub fn in_pem(file: &TlsFile, pem: &[u8]) -> Result<Self, TlsError> {
        Ok(Self::ReadAuthorities(Arc::new(file.authorities(pem)?)))
    }
}

impl ClientTls {
    /// Reads the files, and says what is wrong with them.
    pub fn check(&self) -> Result<(), TlsError> {
        self.config().map(drop)
    }

    /// A connection with whoever has this address.
    pub(crate) async fn dial(&self, address: Uri) -> Result<TlsStream<TcpStream>, DialError> {
        let connector = TlsConnector::from(Arc::new(self.config().map_err(DialError::Files)?));
        let host = address.host().ok_or(DialError::NoHost)?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = address.port_u16().unwrap_or(443);
        let stream = TcpStream::connect((host.as_str(), port)).await.map_err(DialError::Absent)?;
        stream.set_nodelay(true).map_err(DialError::Absent)?;
        let name = ServerName::try_from(host).map_err(|_| DialError::NoHost)?;
        connector.connect(name, stream).await.map_err(DialError::Untrusted)
    }

    fn config(&self) -> Result<ClientConfig, TlsError> {
        let builder = ClientConfig::builder_with_provider(provider());
        // The provider has all that the protocols need.
        let builder = builder.with_safe_default_protocol_versions().map_err(TlsError::Library)?;
        let builder = match &self.trust {
            Trust::EveryAuthority => {
                let roots: RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
                builder.with_root_certificates(roots)
            }
            Trust::Authority(file) => {
                builder.with_root_certificates(file.authorities(&file.read()?)?)
            }
            Trust::ReadAuthorities(authorities) => {
                builder.with_root_certificates(Arc::clone(authorities))
            }
            Trust::Certificate(file) => {
                let certificate = file.certificates(&file.read()?)?.swap_remove(0);
                let pinned = PinnedCertificate { certificate, provider: provider() };
                builder.dangerous().with_custom_certificate_verifier(Arc::new(pinned))
            }
        };
        let mut config = match &self.identity {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => {
                let chain = certificate.certificates(&certificate.read()?)?;
                let key_read = key.key(&key.read()?)?;
                builder
                    .with_client_auth_cert(chain, key_read)
                    .map_err(|error| TlsError::of_pair(error, certificate, key))?
            }
        };
        config.alpn_protocols = vec![self.protocol.into()];
        Ok(config)
    }
}

/// One certificate, whose owner still has to show that it has the key.
#[derive(Debug)]
struct PinnedCertificate {
    certificate: CertificateDer<'static>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for PinnedCertificate {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if *end_entity == self.certificate {
            return Ok(ServerCertVerified::assertion());
        }
        Err(CertificateError::ApplicationVerificationFailure.into())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
