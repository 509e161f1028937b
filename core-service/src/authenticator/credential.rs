//! What callers show: a token or a certificate, and at which door.
//!
//! Must never keep or show a token's value.

use super::ClientCertificate;
use crate::secret::{
    ADMIN_PREFIX, CODE_PREFIX, SERVICE_PREFIX, SESSION_PREFIX, Secret, SecretHash,
};
use provost_domain::{Reason, Refusal};

/// What a caller shows, and where.
#[derive(Debug)]
pub struct Credential {
    pub(super) hash: SecretHash,
    pub(super) door: Door,
    pub(super) kind: CredentialKind,
}

/// What a credential looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CredentialKind {
    /// A token of a connection or the operator's.
    Token,
    /// A token of a service.
    ServiceToken,
    /// A certificate of a service.
    Certificate,
    /// A token of a session of the operator.
    SessionToken,
    /// A token of a session of an Admin.
    AdminToken,
    /// A code for a session.
    SignInCode,
}

impl CredentialKind {
    /// By the prefix that tells whose a token is.
    fn at_services(token: &str) -> Self {
        let kinds = [
            (SERVICE_PREFIX, Self::ServiceToken),
            // The longer one first.
            (ADMIN_PREFIX, Self::AdminToken),
            (SESSION_PREFIX, Self::SessionToken),
            (CODE_PREFIX, Self::SignInCode),
        ];
        let found = kinds.into_iter().find(|(prefix, _)| token.starts_with(prefix));
        found.map_or(Self::Token, |(_, kind)| kind)
    }
}

/// A way in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// For identity providers. The tokens of the operator, of sessions and of services open nothing here, or a slip of
    /// the hand would let a directory past every rule for directories.
    Connections,
    /// For everybody else.
    Services,
}

impl Credential {
    /// A bearer token as it was shown at a door; empty where there was none.
    pub fn shown(token: &str, door: Door) -> Result<Self, Refusal> {
        if token.is_empty() {
            return Err(Refusal::new(
                Reason::TokenMissing,
                "no token came with the request; send Authorization: Bearer and the token",
            ));
        }
        match token.split_once(' ') {
            Some((word, _)) if word.eq_ignore_ascii_case("bearer") => Err(Refusal::new(
                Reason::TokenInvalid,
                "the word Bearer stands twice in front of the token, because the sender adds it \
                 by itself; enter the token alone",
            )),
            Some(_) => Err(Refusal::new(
                Reason::TokenInvalid,
                "what came in Authorization is not a bearer token, which has no spaces; send \
                 Authorization: Bearer and the token",
            )),
            None => {
                let kind = match door {
                    Door::Connections => CredentialKind::Token,
                    Door::Services => CredentialKind::at_services(token),
                };
                Ok(Self { hash: Secret::from_text(token).hash(), door, kind })
            }
        }
    }

    /// The certificate of a client that shows no token, at the door for services.
    pub fn of_certificate(certificate: &ClientCertificate) -> Result<Self, Refusal> {
        let (door, kind) = (Door::Services, CredentialKind::Certificate);
        Ok(Self { hash: certificate.hash()?, door, kind })
    }
}
