//! What the certificate of a client says of who it is, as whoever ended its TLS has read it.
//!
//! Must never be taken from what a request says.

use crate::secret::SecretHash;
use provost_domain::{CertificateName, Refusal};
use std::sync::Arc;

/// What the certificate of a client says, for the services to find among the extensions of its requests.
#[derive(Debug, Clone)]
pub struct ClientCertificate(Arc<Result<SecretHash, Refusal>>);

impl ClientCertificate {
    /// Of one that was verified, by the URIs and DNS names in its subjectAltName.
    pub fn with_names(uris: &[&str], dns_names: &[&str]) -> Self {
        let name = CertificateName::of_certificate(uris, dns_names);
        Self(Arc::new(name.map(|name| SecretHash::of_certificate(&name))))
    }

    /// What tells it from others, where it is counted what callers use; nothing where it names nobody.
    pub fn key(&self) -> &[u8] {
        self.0.as_ref().as_ref().map_or(&[], |hash| hash.as_bytes())
    }

    pub(super) fn hash(&self) -> Result<SecretHash, Refusal> {
        (*self.0).clone()
    }
}
