//! Token values and their hashes. A value lives in memory only while a request is answered; what
//! is kept is the hash.

use provost_domain::{CertificateName, SessionKind};
use rand::TryRngCore as _;
use rand::rngs::OsRng;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use std::fmt;
use subtle::ConstantTimeEq as _;

// The prefixes by which scanners and people recognise a generated token, and the authenticator knows
// whose it is.
const SCIM_PREFIX: &str = "provost_scim_";
/// That of a service's token.
pub const SERVICE_PREFIX: &str = "provost_svc_";
/// That of a session's token.
pub const SESSION_PREFIX: &str = "provost_ses_";
/// That of an Admin's session, of which a core that knows only sessions of the operator finds none.
pub const ADMIN_PREFIX: &str = "provost_ses_adm_";
/// That of a code for a session.
pub const CODE_PREFIX: &str = "provost_code_";
const RANDOM_BYTES: usize = 32;
/// Of a code, which lasts an hour and is part of a link that people see.
const RANDOM_BYTES_OF_CODE: usize = 16;

/// The value of a token. Never printed by accident, and wiped from memory at its end.
#[derive(Clone)]
pub struct Secret(SecretString);

/// What is kept of a token.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SecretHash([u8; 32]);

/// The machine could not give random bytes.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gives no random bytes")]
pub struct NoRandomness;

impl Secret {
    /// Takes a value that came from outside.
    pub fn from_text(text: &str) -> Self {
        Self(text.into())
    }

    /// A new value of 256 random bits, for a connection.
    pub fn generate() -> Result<Self, NoRandomness> {
        Self::with_prefix::<RANDOM_BYTES>(SCIM_PREFIX)
    }

    /// A new value of 256 random bits, for a service.
    pub fn generate_for_service() -> Result<Self, NoRandomness> {
        Self::with_prefix::<RANDOM_BYTES>(SERVICE_PREFIX)
    }

    /// A new value for somebody who signs in: of 256 random bits for a session, of 128 for a code.
    pub fn generate_for_session(kind: SessionKind) -> Result<Self, NoRandomness> {
        match kind {
            SessionKind::SignedIn => Self::with_prefix::<RANDOM_BYTES>(SESSION_PREFIX),
            SessionKind::SignInCode => Self::with_prefix::<RANDOM_BYTES_OF_CODE>(CODE_PREFIX),
        }
    }

    /// A new value of 256 random bits, for the session of an Admin.
    pub fn generate_for_admin() -> Result<Self, NoRandomness> {
        Self::with_prefix::<RANDOM_BYTES>(ADMIN_PREFIX)
    }

    /// 256 random bits that are shown to nobody as a token.
    pub fn generate_bare() -> Result<Self, NoRandomness> {
        Self::with_prefix::<RANDOM_BYTES>("")
    }

    fn with_prefix<const BYTES: usize>(prefix: &str) -> Result<Self, NoRandomness> {
        let mut bytes = [0_u8; BYTES];
        OsRng.try_fill_bytes(&mut bytes).map_err(|_| NoRandomness)?;
        Ok(Self(format!("{prefix}{}", hex::encode(bytes)).into()))
    }

    /// The value, to be shown once.
    pub fn reveal(&self) -> &str {
        self.0.expose_secret()
    }

    /// What is kept of it.
    pub fn hash(&self) -> SecretHash {
        SecretHash(Sha256::digest(self.reveal().as_bytes()).into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash")
    }
}

impl SecretHash {
    /// What stands for certificates of this name: no value of a token has this hash, because none begins
    /// so.
    pub fn of_certificate(name: &CertificateName) -> Self {
        let hash = Sha256::new().chain_update(b"certificate\0").chain_update(name.as_str());
        Self(hash.finalize().into())
    }

    /// What is kept of the token of a session that was opened by the operator's token: once that is another
    /// one, no session of before is found.
    #[must_use]
    pub fn of_session(&self, operator: &Self) -> Self {
        let hash = Sha256::new().chain_update(b"session\0").chain_update(operator.0);
        Self(hash.chain_update(self.0).finalize().into())
    }

    /// What is kept of the token of an Admin's session, which a new token of the operator ends as well.
    #[must_use]
    pub fn of_admin_session(&self, operator: &Self) -> Self {
        let hash = Sha256::new().chain_update(b"admin session\0").chain_update(operator.0);
        Self(hash.chain_update(self.0).finalize().into())
    }

    /// A key for some purpose, which everybody has who keeps this.
    pub fn derived(&self, purpose: &str) -> [u8; 32] {
        Sha256::new()
            .chain_update(purpose)
            .chain_update(b"\0")
            .chain_update(self.0)
            .finalize()
            .into()
    }

    /// Takes over a stored hash.
    pub const fn as_stored(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// For storing.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether both are of the same value, in constant time.
    pub fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_values_differ_are_recognisable_and_stay_out_of_debug_output() {
        let (one, other) = (Secret::generate().unwrap(), Secret::generate().unwrap());
        assert!(one.reveal().starts_with(SCIM_PREFIX));
        assert_eq!(one.reveal().len(), SCIM_PREFIX.len() + 64);
        let of_service = Secret::generate_for_service().unwrap();
        assert!(of_service.reveal().starts_with(SERVICE_PREFIX));
        assert_eq!(of_service.reveal().len(), SERVICE_PREFIX.len() + 64);
        assert!(!one.hash().matches(&other.hash()));
        assert!(one.hash().matches(&Secret::from_text(one.reveal()).hash()));
        assert_eq!(format!("{one:?} {:?}", one.hash()), "Secret SecretHash");
    }
}
