//! What events show of what they are about, besides users, groups and sessions. Never the value of a token.

use super::unspoken::unspoken;
use super::{ConnectionName, Permission, Role, ServiceName, Timestamp, TokenId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What an event shows of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionSnapshot {
    /// Its name.
    pub connection: ConnectionName,
}

/// What an event shows of a token, never its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenSnapshot {
    /// Its id.
    pub token: TokenId,
    /// For people.
    pub name: String,
    /// The connection that it belongs to.
    pub connection: ConnectionName,
    /// From when on it opens nothing, if ever.
    pub expires_at: Option<Timestamp>,
}

/// What an event shows of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceSnapshot {
    /// Its name.
    pub service: ServiceName,
    /// What it might do when it was deleted; a new one may do nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<GrantSnapshot>,
}

/// What an event shows of a grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantSnapshot {
    /// The name of the site; none where it is about all sites.
    pub site: Option<String>,
    /// What it lets the service do.
    pub permissions: BTreeSet<Permission>,
    /// The highest role that the service may give or take away.
    pub highest_role: Role,
}

/// What an event shows of a token of a service, never its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceTokenSnapshot {
    /// Its id.
    pub token: TokenId,
    /// For people.
    pub name: String,
    /// Whose it is.
    pub service: ServiceName,
    /// From when on it opens nothing, if ever.
    pub expires_at: Option<Timestamp>,
}

/// The body of an event as a newer version wrote it. Nobody here knows what of it is of a person.
#[derive(Clone, PartialEq, Eq)]
pub struct UnreadDocument(pub String);

unspoken!(UnreadDocument);
