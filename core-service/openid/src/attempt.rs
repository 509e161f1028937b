//! An attempt to sign in: a secret of one browser, of which follows all that ties a response to it.
//!
//! Nobody keeps attempts but the browsers that make them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::{Nonce, PkceCodeVerifier};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// The secret of an attempt. Never printed by accident.
pub struct SignInAttempt(String);

/// An attempt at one site: at no other one the same values follow.
pub struct SiteAttempt<'a> {
    secret: &'a str,
    site: &'a str,
}

impl SignInAttempt {
    /// One with this secret, which has 256 random bits.
    pub const fn of(secret: String) -> Self {
        Self(secret)
    }

    pub(super) fn within<'a>(&'a self, site: &'a str) -> SiteAttempt<'a> {
        SiteAttempt { secret: &self.0, site }
    }
}

impl SiteAttempt<'_> {
    /// What comes back with the browser (RFC 6749 section 10.12).
    pub fn state(&self) -> String {
        self.derived("state")
    }

    /// What stands in the ID token (OpenID Connect Core 1.0 section 3.1.2.1).
    pub fn nonce(&self) -> Nonce {
        Nonce::new(self.derived("nonce"))
    }

    /// What only the core shows to the provider (RFC 7636 section 4.1).
    pub fn code_verifier(&self) -> PkceCodeVerifier {
        PkceCodeVerifier::new(self.derived("code verifier"))
    }

    /// Whether a state is of this attempt.
    pub fn has_state(&self, state: &str) -> bool {
        !self.secret.is_empty() && self.state().as_bytes().ct_eq(state.as_bytes()).into()
    }

    /// 43 letters (RFC 7636 section 4.1) from which the secret can't be told.
    fn derived(&self, purpose: &str) -> String {
        let parts = ["sign-in", purpose, self.site, self.secret];
        let hash = parts.iter().fold(Sha256::new(), |hash, part| {
            hash.chain_update(part.len().to_be_bytes()).chain_update(part)
        });
        URL_SAFE_NO_PAD.encode(hash.finalize())
    }
}
