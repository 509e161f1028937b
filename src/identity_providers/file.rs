//! The form of the file that names identity providers.
//!
//! Must never log or show a secret.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use config::{Config, File, FileFormat};
use http::Uri;
use http::uri::Scheme;
use provost_core::SiteName;
use provost_openid::{DEFAULT_USER_NAME_CLAIM, ProviderSettings, ProvidersBySite, UnfitIssuer};
use serde::Deserialize;
use tokio::sync::Semaphore;

use super::channel::channel;
use crate::tls::{ClientTls, TlsError, TlsFile, Trust};

/// The reason why a file of identity providers can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ProvidersError {
    /// It can't be read.
    #[error("can't read {}: {source}", path.display())]
    Unread {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is not in the form.
    #[error("{} is not as it should be: a table for each site, as in [acme], with issuer, client_id and client_secret, with user_name_claim where that is not preferred_username, and with tls_ca where an authority of your own signs the issuer's certificate", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
    },
    /// A table is not named after a site.
    #[error("{} has a table [{name}], and no site can be called so", path.display())]
    NoSite {
        /// The file.
        path: PathBuf,
        /// The name.
        name: String,
    },
    /// An issuer is none that can be asked.
    #[error("the issuer of [{site}] in {} {source}", path.display())]
    Issuer {
        /// The file.
        path: PathBuf,
        /// The site.
        site: String,
        /// Why.
        source: UnfitIssuer,
    },
    /// There are authorities for somebody who shows no certificate.
    #[error("[{site}] in {} has tls_ca, which does nothing for an issuer that is asked in clear: write https://, or leave it out", path.display())]
    NothingSigned {
        /// The file.
        path: PathBuf,
        /// The site.
        site: String,
    },
    /// The file of an issuer's authorities can't be used.
    #[error("the issuer of [{site}] in {} can't be recognised: {source}", path.display())]
    Authorities {
        /// The file.
        path: PathBuf,
        /// The site.
        site: String,
        /// Why.
        source: Box<TlsError>,
    },
}

/// What the file says at one time, and the files that it names.
#[derive(PartialEq)]
pub(super) struct ReadProviders(BTreeMap<String, ReadTable>);

/// A table, and the authorities that it names, as they were read; none where those count that everybody knows.
#[derive(PartialEq)]
struct ReadTable {
    table: ProviderTable,
    authorities: Option<Vec<u8>>,
}

/// A table of the file.
#[derive(Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct ProviderTable {
    issuer: String,
    client_id: String,
    client_secret: String,
    #[serde(default = "default_claim")]
    user_name_claim: String,
    /// Empty: the authorities that everybody knows.
    #[serde(default)]
    tls_ca: String,
}

fn default_claim() -> String {
    DEFAULT_USER_NAME_CLAIM.to_owned()
}

/// Reads the file and those that it names.
pub(super) fn read(path: &Path) -> Result<ReadProviders, ProvidersError> {
    let unread = |source| ProvidersError::Unread { path: path.to_owned(), source };
    let text = std::fs::read_to_string(path).map_err(unread)?;
    // What is wrong may show a secret.
    let malformed = |_| ProvidersError::Malformed { path: path.to_owned() };
    let file = Config::builder().add_source(File::from_str(&text, FileFormat::Toml));
    let tables: BTreeMap<String, ProviderTable> =
        file.build().and_then(Config::try_deserialize).map_err(malformed)?;
    let mut read = BTreeMap::new();
    for (site, table) in tables {
        let authorities = table.authorities(path, &site)?;
        read.insert(site, ReadTable { table, authorities });
    }
    Ok(ReadProviders(read))
}

/// The providers that were read, each with the way to it.
pub(super) fn providers(
    path: &Path,
    read: &ReadProviders,
    places: &Arc<Semaphore>,
) -> Result<ProvidersBySite, ProvidersError> {
    let mut providers = ProvidersBySite::new();
    for (site, ReadTable { table, authorities }) in &read.0 {
        if SiteName::parse(site).is_err() {
            return Err(ProvidersError::NoSite { path: path.to_owned(), name: site.clone() });
        }
        let trust = match authorities {
            None => Trust::EveryAuthority,
            Some(pem) => Trust::in_pem(&table.tls_file(), pem)
                .map_err(|source| unrecognised(path, site, source))?,
        };
        let ProviderTable { issuer, client_id, client_secret, user_name_claim, tls_ca: _ } = table;
        let client = (client_id.clone(), client_secret.clone());
        let settings = ProviderSettings::new(issuer, client, user_name_claim.clone());
        let settings = settings.map_err(|source| {
            let (path, site) = (path.to_owned(), site.clone());
            ProvidersError::Issuer { path, site, source }
        })?;
        let tls = ClientTls { trust, identity: None, protocol: "http/1.1" };
        providers.insert(site.clone(), (settings, channel(places, tls)));
    }
    Ok(providers)
}

impl ProviderTable {
    /// By what the issuer is recognised over TLS, if the table says it.
    fn authorities(&self, path: &Path, site: &str) -> Result<Option<Vec<u8>>, ProvidersError> {
        if self.tls_ca.is_empty() {
            return Ok(None);
        }
        let issuer = self.issuer.parse::<Uri>();
        if issuer.is_ok_and(|issuer| issuer.scheme() == Some(&Scheme::HTTP)) {
            let (path, site) = (path.to_owned(), site.to_owned());
            return Err(ProvidersError::NothingSigned { path, site });
        }
        let read = self.tls_file().read();
        read.map(Some).map_err(|source| unrecognised(path, site, source))
    }

    fn tls_file(&self) -> TlsFile {
        TlsFile { setting: "tls_ca", path: self.tls_ca.clone().into() }
    }
}

fn unrecognised(path: &Path, site: &str, source: TlsError) -> ProvidersError {
    let (path, site) = (path.to_owned(), site.to_owned());
    ProvidersError::Authorities { path, site, source: source.into() }
}
