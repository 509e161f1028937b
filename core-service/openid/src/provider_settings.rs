//! What is set of an identity provider.

use std::fmt;

use openidconnect::IssuerUrl;
use url::{Host, Url};

/// The claim that carries the user name where none is named (OpenID Connect Core 1.0 section 5.1).
pub const DEFAULT_USER_NAME_CLAIM: &str = "preferred_username";

/// What is set of an identity provider.
#[derive(Clone)]
pub struct ProviderSettings {
    pub(super) issuer: IssuerUrl,
    pub(super) client_id: String,
    pub(super) client_secret: String,
    pub(super) user_name_claim: String,
}

/// The reason why nothing can be an issuer.
#[derive(Debug, thiserror::Error)]
pub enum UnfitIssuer {
    /// It is no web address.
    #[error(
        "is not the address of an issuer: write it as the identity provider shows it, as in https://acme.okta.com"
    )]
    NoAddress,
    /// It would be asked in clear.
    #[error(
        "would be asked in clear, so anybody on the way could sign in as anybody: write https://"
    )]
    InClear,
}

impl ProviderSettings {
    /// Takes an issuer as it names itself, which is asked over https, and in clear only on the same machine.
    pub fn new(
        issuer: &str,
        (client_id, client_secret): (String, String),
        user_name_claim: String,
    ) -> Result<Self, UnfitIssuer> {
        let url = Url::parse(issuer).map_err(|_| UnfitIssuer::NoAddress)?;
        let is_near = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => return Err(UnfitIssuer::NoAddress),
        };
        match url.scheme() {
            "https" => {}
            "http" if is_near => {}
            "http" => return Err(UnfitIssuer::InClear),
            _ => return Err(UnfitIssuer::NoAddress),
        }
        let issuer = IssuerUrl::new(issuer.to_owned()).map_err(|_| UnfitIssuer::NoAddress)?;
        Ok(Self { issuer, client_id, client_secret, user_name_claim })
    }
}

impl fmt::Debug for ProviderSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { issuer, client_id, client_secret: _, user_name_claim } = self;
        f.debug_struct("ProviderSettings")
            .field("issuer", &issuer.as_str())
            .field("client_id", client_id)
            .field("user_name_claim", user_name_claim)
            .finish()
    }
}
