//! What is told to whoever is on call: how connections do, and what opens something not much longer.
//!
//! Nothing is decided by it. Must never know how it is found.

use super::Timestamp;

/// How a connection does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionActivity {
    /// The name of its site.
    pub site: String,
    /// Its name.
    pub connection: String,
    /// Whether SCIM is on in the site.
    pub enabled: bool,
    /// When one of its tokens was last let in.
    pub last_request_at: Option<Timestamp>,
    /// When a request of it was last refused for what is wrong with it.
    pub last_refused_at: Option<Timestamp>,
    /// Why, for machines.
    pub last_refused_reason: Option<String>,
}

/// Whose a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenOwner {
    /// A connection of a site.
    Connection {
        /// The name of the site.
        site: String,
        /// The name of the connection.
        connection: String,
    },
    /// An internal service.
    Service {
        /// Its name.
        name: String,
    },
}

/// A token that was not revoked, and expires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpiringToken {
    /// Whose it is.
    pub owner: TokenOwner,
    /// Its name.
    pub name: String,
    /// When it expires.
    pub expires_at: Timestamp,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
}
