//! The files of TLS that are set, listener by listener.
//!
//! Must never read one.

use std::path::PathBuf;

use super::Config;
use super::check;
use super::error::ConfigError;
use super::listing::SettingsListing;
use crate::channel::Destination;
use crate::tls::{ClientTls, TlsFile, TlsFiles, Trust};

impl Config {
    /// The files by which SCIM is served over TLS; none where it is served in clear.
    pub fn http_tls(&self) -> Option<TlsFiles> {
        Some(TlsFiles {
            certificate: file("http.tls_certificate", self.http.tls_certificate.as_ref())?,
            key: file("http.tls_key", self.http.tls_key.as_ref())?,
            client_authority: None,
            protocols: &["h2", "http/1.1"],
        })
    }

    /// The files by which gRPC is served over TLS; none where it is served in clear.
    pub fn grpc_tls(&self) -> Option<TlsFiles> {
        Some(TlsFiles {
            certificate: file("grpc.tls_certificate", self.grpc.tls_certificate.as_ref())?,
            key: file("grpc.tls_key", self.grpc.tls_key.as_ref())?,
            client_authority: file("grpc.tls_client_ca", self.grpc.tls_client_ca.as_ref()),
            protocols: &["h2"],
        })
    }

    /// The files by which the console is served over TLS; none where it is served in clear.
    pub fn console_tls(&self) -> Option<TlsFiles> {
        Some(TlsFiles {
            certificate: file("console.tls_certificate", self.console.tls_certificate.as_ref())?,
            key: file("console.tls_key", self.console.tls_key.as_ref())?,
            client_authority: None,
            protocols: &["h2", "http/1.1"],
        })
    }

    /// How the core is dialled where the settings say it is.
    pub fn way_to_core(&self) -> Destination {
        let address = self.core_address();
        let tls = (address.scheme_str() == Some("https")).then(|| ClientTls {
            trust: match file("core.tls_ca", self.core.tls_ca.as_ref()) {
                Some(authority) => Trust::Authority(authority),
                None => Trust::EveryAuthority,
            },
            identity: file("core.tls_certificate", self.core.tls_certificate.as_ref())
                .zip(file("core.tls_key", self.core.tls_key.as_ref())),
            protocol: "h2",
        });
        Destination { address, tls }
    }

    /// A certificate is nothing without its key, and the other way round.
    pub(super) fn refuse_half_of_tls(&self, listing: &SettingsListing) -> Result<(), ConfigError> {
        let (http, grpc, core, console) = (&self.http, &self.grpc, &self.core, &self.console);
        for (needs, set, other, other_set) in [
            ("http.tls_certificate", &http.tls_certificate, "http.tls_key", &http.tls_key),
            ("http.tls_key", &http.tls_key, "http.tls_certificate", &http.tls_certificate),
            ("grpc.tls_certificate", &grpc.tls_certificate, "grpc.tls_key", &grpc.tls_key),
            ("grpc.tls_key", &grpc.tls_key, "grpc.tls_certificate", &grpc.tls_certificate),
            (
                "console.tls_certificate",
                &console.tls_certificate,
                "console.tls_key",
                &console.tls_key,
            ),
            (
                "console.tls_key",
                &console.tls_key,
                "console.tls_certificate",
                &console.tls_certificate,
            ),
            ("core.tls_certificate", &core.tls_certificate, "core.tls_key", &core.tls_key),
            ("core.tls_key", &core.tls_key, "core.tls_certificate", &core.tls_certificate),
            (
                "grpc.tls_client_ca",
                &grpc.tls_client_ca,
                "grpc.tls_certificate",
                &grpc.tls_certificate,
            ),
        ] {
            if set.is_some() && other_set.is_none() {
                let problem = format!("does nothing without {other}: set both, or neither");
                return Err(check::about_setting(listing, needs, &problem));
            }
        }
        Ok(())
    }
}

pub(super) fn file(setting: &'static str, path: Option<&PathBuf>) -> Option<TlsFile> {
    Some(TlsFile { setting, path: path?.clone() })
}
