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
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

pub use attempt::SignInAttempt;
pub use failure::SignInFailure;
use known_provider::KnownProvider;
pub use provider_channel::{ProviderChannel, ProviderUnreachable, ProviderWait};
pub use provider_settings::{DEFAULT_USER_NAME_CLAIM, ProviderSettings, UnfitIssuer};

/// The identity providers of all sites, as they are set at the moment. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct IdentityProviders {
    by_site: Arc<RwLock<BTreeMap<String, Arc<KnownProvider>>>>,
}

/// What is set of each site's identity provider, and the way to it, by the names of the sites.
pub type ProvidersBySite = BTreeMap<String, (ProviderSettings, ProviderChannel)>;

/// What a browser brings back from an identity provider: the parameters of the authorization response (RFC
/// 6749 section 4.1.2, RFC 9207).
#[derive(Clone)]
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

/// The code is a secret, and the rest is whatever the browser brings.
impl fmt::Debug for AuthorizationResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthorizationResponse(…)")
    }
}

impl IdentityProviders {
    /// Those of these sites.
    pub fn new(providers: ProvidersBySite) -> Self {
        let these = Self::default();
        these.replace(providers);
        these
    }

    /// Puts others in their place. An answer that is on its way is waited for; whoever comes back later is asked
    /// about at the one that is set then.
    pub fn replace(&self, providers: ProvidersBySite) {
        let known =
            |(site, (settings, channel))| (site, Arc::new(KnownProvider::new(settings, channel)));
        let known = providers.into_iter().map(known).collect();
        *self.by_site.write().unwrap_or_else(PoisonError::into_inner) = known;
    }

    /// The names of the sites that have one.
    pub fn sites(&self) -> Vec<String> {
        let known = self.by_site.read().unwrap_or_else(PoisonError::into_inner);
        known.keys().cloned().collect()
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

    fn of(&self, site: &str) -> Result<Arc<KnownProvider>, SignInFailure> {
        let known = self.by_site.read().unwrap_or_else(PoisonError::into_inner);
        known.get(site).map(Arc::clone).ok_or(SignInFailure::NotSetUp)
    }
}

#[cfg(test)]
mod tests;
