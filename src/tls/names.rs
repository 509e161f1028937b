//! The names in the certificate of a client.
//!
//! Must never know what they are good for.

use provost_core::ClientCertificate;
use rustls::pki_types::CertificateDer;
use webpki::EndEntityCert;

/// What a certificate says that was verified with its connection. One that can't be read names nobody.
pub fn client_certificate(shown: &CertificateDer<'_>) -> ClientCertificate {
    let Ok(read) = EndEntityCert::try_from(shown) else {
        return ClientCertificate::with_names(&[], &[]);
    };
    let uris: Vec<_> = read.valid_uri_names().collect();
    let dns_names: Vec<_> = read.valid_dns_names().collect();
    ClientCertificate::with_names(&uris, &dns_names)
}
