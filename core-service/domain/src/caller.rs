//! Who asks. Every decision names its caller.

use super::acting::OF_USER;
use super::{ConnectionDialect, ConnectionSettings, ServiceName, SiteId, UserId};
use std::fmt;

/// Whoever asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// An identity provider, bound to one site.
    Connection {
        /// The only site that it may ask about.
        site: SiteId,
        /// Its name in that site.
        name: String,
        /// How it is understood.
        settings: ConnectionSettings,
    },
    /// An internal service, bound to its grants.
    Service {
        /// Its name in the installation.
        name: ServiceName,
    },
    /// An Admin who is signed in, bound to their site.
    Admin {
        /// The user of that site.
        user: UserId,
    },
    /// The person who runs the installation.
    Operator,
    /// The core itself, for what it does by the clock.
    Core,
}

impl Caller {
    /// Whether it is a connection that is understood strictly.
    pub const fn is_strict(&self) -> bool {
        let Self::Connection { settings, .. } = self else { return false };
        matches!(settings.dialect, ConnectionDialect::Strict)
    }
}

/// As the ledger and holds write callers: `operator`, `core`, `connection:okta`, `service:billing`, and
/// `user:` with the id.
impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connection { name, .. } => write!(f, "connection:{name}"),
            Self::Service { name } => write!(f, "service:{}", name.as_str()),
            Self::Admin { user } => write!(f, "{OF_USER}{}", user.0),
            Self::Operator => f.write_str("operator"),
            Self::Core => f.write_str("core"),
        }
    }
}
