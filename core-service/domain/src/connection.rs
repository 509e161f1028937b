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

/// One identity provider's link to a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// Its key here.
    pub id: i64,
    /// The site it belongs to.
    pub site: SiteId,
    /// Unique in its site.
    pub name: ConnectionName,
    /// When it was made.
    pub created_at: Timestamp,
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
