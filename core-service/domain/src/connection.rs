//! Connections: a site's links to identity providers.

use super::{MetadataKey, Reason, Refusal, SiteId, Timestamp};
use serde::{Deserialize, Serialize};

/// Whether a text is 1 to 63 lower-case letters, digits and hyphens.
pub(super) fn is_lower_case_word(text: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&text.len()) && text.bytes().all(good)
}

/// The name of a connection, unique in its site: a lower-case word.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ConnectionName(String);

impl ConnectionName {
    /// Reads a name: 1 to 63 lower-case letters, digits and hyphens.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        if is_lower_case_word(text) {
            return Ok(Self(text.to_owned()));
        }
        Err(Refusal::about(
            Reason::ValueInvalid,
            "name",
            "a connection's name is 1 to 63 lower-case letters, digits and hyphens, for example \
             okta",
        ))
    }

    /// Takes over one that was parsed before it was stored.
    pub const fn as_stored(text: String) -> Self {
        Self(text)
    }

    /// The connection that every site has from the start.
    pub fn first() -> Self {
        Self(crate::FIRST_CONNECTION.to_owned())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as text, taken out.
    pub fn into_string(self) -> String {
        self.0
    }
}

/// How what a connection asks is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionDialect {
    /// As its identity provider writes it, whichever that is.
    #[default]
    Auto,
    /// As the published protocol writes it, and nothing else; and a deletion deletes.
    Strict,
}

/// How a connection and its site understand each other.
///
/// Events keep it; what was not known when one was written is read with its default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ConnectionSettings {
    /// How what it asks is read.
    pub dialect: ConnectionDialect,
}

impl ConnectionSettings {
    /// Those of most connections.
    pub const USUAL: Self = Self { dialect: ConnectionDialect::Auto };
}

/// Another understanding with a connection: what is absent stays as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionChange {
    /// The name of the connection.
    pub name: ConnectionName,
    /// How what it asks is to be read.
    pub dialect: Option<ConnectionDialect>,
}

impl ConnectionChange {
    /// The settings with this change.
    pub(super) fn applied_to(&self, settings: ConnectionSettings) -> ConnectionSettings {
        let Self { name: _, dialect } = self;
        ConnectionSettings { dialect: dialect.unwrap_or(settings.dialect) }
    }
}

/// One identity provider's link to a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// Its key here.
    pub id: i64,
    /// The site it belongs to.
    pub site: SiteId,
    /// Unique in its site.
    pub name: ConnectionName,
    /// How it is understood.
    pub settings: ConnectionSettings,
    /// Grows by one with every change of its settings; 1 when it was made.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Connection {
    /// One that is new, and understood as most are.
    pub const fn new(id: i64, site: SiteId, name: ConnectionName, created_at: Timestamp) -> Self {
        let settings = ConnectionSettings::USUAL;
        Self { id, site, name, settings, version: 1, created_at }
    }
}

/// What a caller is told who names a connection that the site does not have.
pub fn unknown_connection(name: &str) -> Refusal {
    Refusal::about(
        Reason::ConnectionNotFound,
        "connection",
        format!("there is no connection named {name} in this site"),
    )
    .naming(MetadataKey::Connection, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_lower_case_word() {
        for good in ["a", "okta", "entra-id", "2nd", &"x".repeat(63)] {
            let name = ConnectionName::parse(good).unwrap();
            assert_eq!((name.as_str(), name.clone().into_string().as_str()), (good, good));
        }
        for bad in ["", "Okta", "okta_2", "ok ta", "é", &"x".repeat(64)] {
            let refusal = ConnectionName::parse(bad).unwrap_err();
            assert_eq!((refusal.reason, &*refusal.attribute), (Reason::ValueInvalid, "name"));
        }
    }
}
