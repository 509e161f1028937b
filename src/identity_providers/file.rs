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

/// A table of the file.
#[derive(Deserialize)]
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

/// The providers that the text of a file names, each with the way to it.
pub fn parsed(
    path: &Path,
    text: &str,
    places: &Arc<Semaphore>,
) -> Result<ProvidersBySite, ProvidersError> {
    // What is wrong may show a secret.
    let malformed = |_| ProvidersError::Malformed { path: path.to_owned() };
    let file = Config::builder().add_source(File::from_str(text, FileFormat::Toml));
    let tables: BTreeMap<String, ProviderTable> =
        file.build().and_then(Config::try_deserialize).map_err(malformed)?;
    let mut providers = ProvidersBySite::new();
    for (site, table) in tables {
        if SiteName::parse(&site).is_err() {
            return Err(ProvidersError::NoSite { path: path.to_owned(), name: site });
        }
        let tls = table.tls(path, &site)?;
        let ProviderTable { issuer, client_id, client_secret, user_name_claim, tls_ca: _ } = table;
        let settings = ProviderSettings::new(&issuer, (client_id, client_secret), user_name_claim);
        let settings = settings.map_err(|source| {
            let (path, site) = (path.to_owned(), site.clone());
            ProvidersError::Issuer { path, site, source }
        })?;
        providers.insert(site, (settings, channel(places, tls)));
    }
    Ok(providers)
}

impl ProviderTable {
    /// How the issuer is recognised over TLS.
    fn tls(&self, path: &Path, site: &str) -> Result<ClientTls, ProvidersError> {
        let (path, site) = (path.to_owned(), site.to_owned());
        let trust = if self.tls_ca.is_empty() {
            Trust::EveryAuthority
        } else {
            let issuer = self.issuer.parse::<Uri>();
            if issuer.is_ok_and(|issuer| issuer.scheme() == Some(&Scheme::HTTP)) {
                return Err(ProvidersError::NothingSigned { path, site });
            }
            Trust::Authority(TlsFile { setting: "tls_ca", path: self.tls_ca.clone().into() })
        };
        let tls = ClientTls { trust, identity: None, protocol: "http/1.1" };
        // It is read for each connection; what is wrong is said now.
        let checked = tls.check();
        checked.map_err(|source| ProvidersError::Authorities {
            path,
            site,
            source: source.into(),
        })?;
        Ok(tls)
    }
}
