//! Why nobody signs in, in words for whoever tries, and for the log.
//!
//! Must never hold a code, a token or what is in one.

use openidconnect::{ClaimsVerificationError, RedirectUrl, SignatureVerificationError};

/// Why nobody signs in.
#[derive(Debug, thiserror::Error)]
pub enum SignInFailure {
    /// There is nobody to ask. Whether or not there is such a site.
    #[error(
        "signing in through an identity provider is not set up for a site of this name; ask the operator"
    )]
    NotSetUp,
    /// No address that a browser can be sent back to.
    #[error(
        "the redirect URI is no web address; write it as in https://console.example.com/sign-in/acme/callback"
    )]
    RedirectUri,
    /// The state is not of this attempt.
    #[error(
        "this answer of the identity provider belongs to another sign-in, or was used in another browser; sign in again"
    )]
    OtherSignIn,
    /// The response names another issuer (RFC 9207 section 2.4).
    #[error("the answer is another identity provider's; sign in again")]
    OtherProvider,
    /// The provider does not take the code, with its word for why.
    #[error(
        "the identity provider does not take the code any more: each is good once and for a short time; sign in again"
    )]
    CodeRefused(String),
    /// There is no ID token, or none that is one.
    #[error("the identity provider did not say who signs in; have the operator look at the log")]
    NoToken,
    /// The token's time is over.
    #[error(
        "the identity provider's token has expired; sign in again, and have the clocks of both sides looked at"
    )]
    TokenExpired,
    /// The token is for another client, or for more than this one.
    #[error(
        "the identity provider's token is meant for another client; compare client_id with what is registered there"
    )]
    TokenForOther,
    /// The token is of another issuer.
    #[error(
        "the identity provider's token names another issuer; compare issuer with what the identity provider shows"
    )]
    TokenOfOther,
    /// The token belongs to another attempt.
    #[error("the identity provider's token belongs to another sign-in; sign in again")]
    TokenReused,
    /// The token is signed by a key that the provider does not show.
    #[error(
        "the identity provider's token is signed by a key that it does not show; sign in again"
    )]
    TokenKeyUnknown,
    /// The token is not signed, or not by the provider, or in a way that isn't taken.
    #[error(
        "the identity provider's token is not signed by a key of it; have the operator look at the log"
    )]
    TokenUnsigned(&'static str),
    /// The token is not fit for another reason.
    #[error("the identity provider's token can't be used; have the operator look at the log")]
    TokenUnfit,
    /// The claim that carries the user name is missing or empty.
    #[error(
        "the identity provider's token has no user name in the claim {0}; have it sent, or name another claim"
    )]
    NoUserName(String),
    /// The address is one that the provider has not verified.
    #[error(
        "the identity provider has not verified your e-mail address, so it does not count as your user name"
    )]
    EmailNotVerified,
    /// The provider does not answer, or not as one; with what the log says.
    #[error(
        "the identity provider can't be reached, or does not answer as one; try again, and have the operator look at the log"
    )]
    ProviderFailed(String),
}

impl SignInFailure {
    /// Whether the provider is at fault, or the way to it.
    pub const fn is_of_provider(&self) -> bool {
        matches!(self, Self::ProviderFailed(_))
    }

    /// What the log says beside the sentence.
    pub fn detail(&self) -> &str {
        match self {
            Self::CodeRefused(detail) | Self::ProviderFailed(detail) => detail,
            Self::TokenUnsigned(detail) => detail,
            _ => "",
        }
    }
}

pub(super) fn redirect_uri(text: String) -> Result<RedirectUrl, SignInFailure> {
    RedirectUrl::new(text).map_err(|_| SignInFailure::RedirectUri)
}

impl From<ClaimsVerificationError> for SignInFailure {
    /// What they say besides may tell of a person.
    fn from(error: ClaimsVerificationError) -> Self {
        match error {
            ClaimsVerificationError::Expired(_) => Self::TokenExpired,
            ClaimsVerificationError::InvalidAudience(_) => Self::TokenForOther,
            ClaimsVerificationError::InvalidIssuer(_) => Self::TokenOfOther,
            ClaimsVerificationError::InvalidNonce(_) => Self::TokenReused,
            ClaimsVerificationError::SignatureVerification(error) => match error {
                SignatureVerificationError::NoMatchingKey => Self::TokenKeyUnknown,
                SignatureVerificationError::NoSignature => {
                    Self::TokenUnsigned("it has no signature")
                }
                SignatureVerificationError::DisallowedAlg(_)
                | SignatureVerificationError::UnsupportedAlg(_) => {
                    Self::TokenUnsigned("it is signed by an algorithm that is not taken")
                }
                _ => Self::TokenUnsigned("its signature is not right"),
            },
            _ => Self::TokenUnfit,
        }
    }
}
