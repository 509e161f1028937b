//! Internal services: callers that are neither a directory nor the operator, and their tokens.

use super::connection::is_lower_case_word;
use super::{
    CertificateName, Expiration, Grants, MetadataKey, Reason, Refusal, Timestamp, TokenHash,
    TokenId, TokenName,
};
use serde::{Deserialize, Serialize};

/// The name of a service, unique in the installation: a lower-case word.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ServiceName(String);

impl ServiceName {
    /// Reads a name: 1 to 63 lower-case letters, digits and hyphens.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        if is_lower_case_word(text) {
            return Ok(Self(text.to_owned()));
        }
        Err(Refusal::about(
            Reason::ValueInvalid,
            "name",
            "a service's name is 1 to 63 lower-case letters, digits and hyphens, for example \
             billing",
        ))
    }

    /// Takes over one that was parsed before it was stored.
    pub const fn as_stored(text: String) -> Self {
        Self(text)
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An internal service and what it may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its key here.
    pub id: i64,
    /// Unique in the installation.
    pub name: ServiceName,
    /// Grows with every change of its grants and tokens.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// What it may do.
    pub grants: Grants,
    /// When it was deleted, if it was: the row stays, so that nobody else is ever called so.
    pub deleted_at: Option<Timestamp>,
}

/// How many services there are at most.
pub const MAX_SERVICES: u64 = 1000;
/// How many tokens a service has at most that open something, and how many certificates.
pub const MAX_SERVICE_TOKENS: usize = 100;

/// By what a service shows who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ServiceTokenKind {
    /// By the value of a token.
    Bearer,
    /// By a certificate.
    Certificate,
}

/// A bearer token of a service, without its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceToken {
    /// Its id.
    pub id: TokenId,
    /// Whose it is.
    pub service: ServiceName,
    /// For people, to tell tokens apart.
    pub name: String,
    /// Where it stands for certificates: their name, which is shown instead of a value.
    pub certificate: Option<CertificateName>,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it opens nothing, if ever.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, give or take a minute.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
}

impl ServiceToken {
    /// 1, and 2 once it is revoked: nothing else of it is ever changed by anybody.
    pub fn version(&self) -> i64 {
        1 + i64::from(self.revoked_at.is_some())
    }

    /// Whether it opens something at this time.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}

/// A token of a service to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceTokenCreation {
    /// Whose it is to be.
    pub service: ServiceName,
    /// For people.
    pub name: TokenName,
    /// The hash of its value, which is always generated.
    pub hash: TokenHash,
    /// From when on it opens nothing, if ever.
    pub expiration: Option<Expiration>,
}

/// A token of a service to be kept for the first time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewServiceToken {
    /// The token.
    pub token: ServiceToken,
    /// The key of its service.
    pub service: i64,
    /// The hash of its value.
    pub hash: TokenHash,
}

/// A token by which a service asks, as far as it is decided by it who is heard. It has not been revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceCaller {
    /// Its id.
    pub token: TokenId,
    /// Whose it is.
    pub service: ServiceName,
    /// From when on it opens nothing, if ever.
    pub expires_at: Option<Timestamp>,
}

/// What a caller is told who names a service that does not exist.
pub fn unknown_service(name: &str) -> Refusal {
    let message = format!("there is no service named {name}; create it first");
    Refusal::about(Reason::ServiceNotFound, "service", message).naming(MetadataKey::Service, name)
}

/// What a caller is told who names a token that the service does not have.
pub fn unknown_service_token() -> Refusal {
    Refusal::about(
        Reason::TokenNotFound,
        "token_id",
        "there is no such token of this service; list its tokens to see their ids",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_live_until_it_expires_or_is_revoked() {
        let token = |expires_at: Option<i64>, revoked_at: Option<i64>| ServiceToken {
            id: TokenId(uuid::Uuid::nil()),
            service: ServiceName::as_stored("billing".to_owned()),
            name: "one".to_owned(),
            certificate: None,
            created_at: Timestamp(1),
            expires_at: expires_at.map(Timestamp),
            last_used_at: None,
            revoked_at: revoked_at.map(Timestamp),
        };
        for (token, live, version) in [
            (token(None, None), true, 1),
            (token(Some(6), None), true, 1),
            (token(Some(5), None), false, 1),
            (token(Some(4), None), false, 1),
            (token(None, Some(4)), false, 2),
            (token(Some(6), Some(4)), false, 2),
        ] {
            assert_eq!(
                (token.is_live(Timestamp(5)), token.version()),
                (live, version),
                "{token:?}"
            );
        }
    }

    #[test]
    fn a_name_is_a_lower_case_word() {
        for good in ["a", "billing", "sign-on", "2nd", &"x".repeat(63)] {
            assert_eq!(ServiceName::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "Billing", "bil_ling", "bil ling", "é", &"x".repeat(64)] {
            let refusal = ServiceName::parse(bad).unwrap_err();
            assert_eq!((refusal.reason, &*refusal.attribute), (Reason::ValueInvalid, "name"));
        }
    }
}
