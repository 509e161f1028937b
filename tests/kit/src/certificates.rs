//! Certificates of an authority of the tests' own, as PEM, and a client that trusts it.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, SanType,
    date_time_ymd,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::{ClientConfig, RootCertStore};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// An authority that signs certificates.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key, as PEM.
pub struct Issued {
    /// The certificate.
    pub certificate: String,
    /// Its key.
    pub key: String,
}

impl Authority {
    /// One with a key of its own.
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "authority of a test");
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// Its own certificate, as PEM.
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate with these names: `https://…` and `spiffe://…` are URIs, the others names or
    /// addresses of hosts.
    pub fn issue(&self, names: &[&str]) -> Issued {
        self.signed(&Self::named(names))
    }

    /// The same, which expired long ago.
    pub fn issue_expired(&self, names: &[&str]) -> Issued {
        let mut params = Self::named(names);
        (params.not_before, params.not_after) =
            (date_time_ymd(2000, 1, 1), date_time_ymd(2001, 1, 1));
        self.signed(&params)
    }

    /// The same, which expires after so long, to the second.
    pub fn issue_for(&self, names: &[&str], time: Duration) -> Issued {
        let mut params = Self::named(names);
        let now = Duration::from_secs(UnixTime::now().as_secs());
        params.not_after = (SystemTime::UNIX_EPOCH + now + time).into();
        self.signed(&params)
    }

    /// A certificate with these names that no authority signed.
    pub fn self_signed(names: &[&str]) -> Issued {
        let key = KeyPair::generate().unwrap();
        let certificate = Self::named(names).self_signed(&key).unwrap();
        Issued { certificate: certificate.pem(), key: key.serialize_pem() }
    }

    fn named(names: &[&str]) -> CertificateParams {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        let name = |name: &&str| match name.parse() {
            Ok(address) => SanType::IpAddress(address),
            Err(_) if name.contains("://") => SanType::URI((*name).try_into().unwrap()),
            Err(_) => SanType::DnsName((*name).try_into().unwrap()),
        };
        params.subject_alt_names = names.iter().map(name).collect();
        params
    }

    fn signed(&self, params: &CertificateParams) -> Issued {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        Issued { certificate: certificate.pem(), key: key.serialize_pem() }
    }

    /// A client that trusts this authority and speaks these protocols, with a certificate or without.
    pub fn client(&self, protocols: &[&str], identity: Option<&Issued>) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider);
        let builder = builder.with_safe_default_protocol_versions().unwrap();
        let builder = builder.with_root_certificates(roots);
        let mut config = match identity {
            None => builder.with_no_client_auth(),
            Some(Issued { certificate, key }) => {
                let chain = CertificateDer::pem_slice_iter(certificate.as_bytes());
                let chain = chain.collect::<Result<_, _>>().unwrap();
                let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
                builder.with_client_auth_cert(chain, key).unwrap()
            }
        };
        config.alpn_protocols = protocols.iter().map(|it| it.as_bytes().to_vec()).collect();
        Arc::new(config)
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

impl Issued {
    /// Writes both files of this name into a folder, in the place of what stood there, and answers
    /// their paths.
    pub fn write(&self, folder: &Path, name: &str) -> (PathBuf, PathBuf) {
        let path = |end: &str| folder.join(format!("{name}.{end}"));
        let (certificate, key) = (path("pem"), path("key.pem"));
        fs::write(&certificate, &self.certificate).unwrap();
        fs::write(&key, &self.key).unwrap();
        (certificate, key)
    }
}
