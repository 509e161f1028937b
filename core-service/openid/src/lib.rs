//! Signing in by OpenID Connect: where a browser is sent, and who it is that comes back.
//!
//! Owns the flow (authorization code with PKCE, OpenID Connect Core 1.0 section 3.1, RFC 7636) and the look
//! at ID tokens. Must never know users, sessions, sockets or pages: how providers are asked is passed in, and
//! what comes out is a user name.

mod attempt;
mod failure;
mod known_provider;
mod provider_channel;
mod provider_settings;
mod user_name;

use std::collections::BTreeMap;

pub use attempt::SignInAttempt;
pub use failure::SignInFailure;
use known_provider::KnownProvider;
pub use provider_channel::{ProviderChannel, ProviderUnreachable, ProviderWait};
pub use provider_settings::{DEFAULT_USER_NAME_CLAIM, ProviderSettings, UnfitIssuer};

/// The identity providers of all sites.
#[derive(Debug, Default)]
pub struct IdentityProviders {
    by_site: BTreeMap<String, KnownProvider>,
}

/// What a browser brings back from an identity provider: the parameters of the authorization response (RFC
/// 6749 section 4.1.2, RFC 9207).
#[derive(Debug, Clone)]
pub struct AuthorizationResponse {
    /// Where it was sent back to.
    pub redirect_uri: String,
    /// `code`.
    pub code: String,
    /// `state`.
    pub state: String,
    /// `iss`; empty where there was none.
    pub issuer: String,
}

impl IdentityProviders {
    /// Those of these sites, by the names of the sites, to be asked by this channel.
    pub fn new(settings: BTreeMap<String, ProviderSettings>, channel: &ProviderChannel) -> Self {
        let known = |(site, settings)| (site, KnownProvider::new(settings, channel.clone()));
        Self { by_site: settings.into_iter().map(known).collect() }
    }

    /// The names of the sites that have one.
    pub fn sites(&self) -> impl Iterator<Item = &str> {
        self.by_site.keys().map(String::as_str)
    }

    /// Where a browser is sent for somebody to sign in to a site.
    pub async fn authorization_url(
        &self,
        site: &str,
        redirect_uri: String,
        attempt: &SignInAttempt,
    ) -> Result<String, SignInFailure> {
        let provider = self.of(site)?;
        let redirect_uri = failure::redirect_uri(redirect_uri)?;
        provider.authorization_url(redirect_uri, &attempt.within(site)).await
    }

    /// The user name of whoever the site's provider says it is. A response counts with the attempt that it
    /// belongs to, and once, because the provider takes its code once.
    pub async fn user_name(
        &self,
        site: &str,
        attempt: &SignInAttempt,
        response: AuthorizationResponse,
    ) -> Result<String, SignInFailure> {
        let provider = self.of(site)?;
        provider.user_name(&attempt.within(site), response).await
    }

    fn of(&self, site: &str) -> Result<&KnownProvider, SignInFailure> {
        self.by_site.get(site).ok_or(SignInFailure::NotSetUp)
    }
}

#[cfg(test)]
mod tests;
