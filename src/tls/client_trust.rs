//! For how long the certificate that a client has shown is trusted.
//!
//! A connection outlives the handshake in which the certificate was looked at, so it is looked at again:
//! when it is about to expire, and when the authorities change. Must never know whose it is.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::ClientCertVerifier;

/// How long a certificate is trusted at least, the longest first. Its end is met with the precision of the
/// last one, and one that is good for years costs a signature or two an hour.
const AT_LEAST: [Duration; 3] =
    [Duration::from_hours(1), Duration::from_mins(1), Duration::from_secs(2)];

/// Who decides whether a client's certificate is trusted: nobody where clients show none.
#[derive(Clone)]
pub(super) struct ClientTrust(pub Option<Arc<dyn ClientCertVerifier>>);

impl ClientTrust {
    /// For how long it will be trusted at least; none when it is not trusted now.
    pub fn lasts(&self, chain: &[CertificateDer<'_>]) -> Option<Duration> {
        let (verifier, (shown, others)) = self.0.as_ref().zip(chain.split_first())?;
        let now = Duration::from_secs(UnixTime::now().as_secs());
        let is_trusted = |at| {
            let at = UnixTime::since_unix_epoch(at);
            verifier.verify_client_cert(shown, others, at).is_ok()
        };
        let [.., shortest] = AT_LEAST;
        let lasting = AT_LEAST.into_iter().find(|least| is_trusted(now + *least));
        lasting.or_else(|| is_trusted(now).then_some(shortest))
    }
}

impl fmt::Debug for ClientTrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientTrust").finish_non_exhaustive()
    }
}
