//! Holds: named reasons why an account is deactivated whatever the directory says.

use super::acting::OF_USER;
use super::unspoken::unspoken;
use super::{Caller, Command, MetadataKey, Reason, Refusal, SiteId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

/// The most holds of one user.
pub(super) const MAX_HOLDS: usize = 32;

/// The name of a hold, unique for its user: a lower-case word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldName(String);

impl HoldName {
    /// Reads a name: 1 to 63 lower-case letters, digits, `-` and `_`.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let good =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
        if (1..=63).contains(&text.len()) && text.bytes().all(good) {
            return Ok(Self(text.to_owned()));
        }
        Err(Refusal::about(
            Reason::ValueInvalid,
            "name",
            "a hold's name is 1 to 63 lower-case letters, digits, hyphens and underscores, \
             for example security",
        ))
    }

    /// The hold that a manual deactivation places.
    pub fn manual() -> Self {
        Self("manual".to_owned())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What is said of a hold that is asked for. People write it for people, and about somebody.
#[derive(Clone, PartialEq, Eq)]
pub struct HoldNote(pub String);

unspoken!(HoldNote);
unspoken!(Hold: name, owner, placed_at, expires_at);

/// A hold in force.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Unique for the user.
    pub name: HoldName,
    /// The caller that placed it, as [`Caller`] prints itself.
    pub owner: String,
    /// For people.
    pub note: String,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// When it is lifted without being asked, if ever. It is in force until it is lifted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

impl Hold {
    /// How much there is to tell of it, in bytes.
    pub(super) fn size(&self) -> usize {
        self.name.as_str().len() + self.owner.len() + self.note.len()
    }

    /// Whether its time has come.
    pub(super) fn has_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }

    /// Whether it may be lifted or changed by this command: a service's by itself, an Admin's by the Admins
    /// of the site, any by the operator, none by a connection.
    pub(super) fn admits(&self, command: &Command) -> Result<(), Refusal> {
        let (name, owner) = (self.name.as_str(), &self.owner);
        let caller = &command.caller;
        let whose = match caller {
            _ if command.admin().is_some() => {
                if owner.starts_with(OF_USER) {
                    return Ok(());
                }
                "is lifted by it or the operator only"
            }
            Caller::Operator | Caller::Core => return Ok(()),
            Caller::Service { .. } if *owner == caller.to_string() => return Ok(()),
            Caller::Service { .. } => {
                "is changed by it or the operator only; to lift it takes the permission lift_holds"
            }
            Caller::Connection { .. } => "can't be lifted by a connection",
            // Told above.
            Caller::Admin { .. } => "is lifted by it or the operator only",
        };
        let message = format!("the hold {name} was placed by {owner} and {whose}");
        Err(Refusal::about(Reason::HoldNotOwned, "holds", message)
            .naming(MetadataKey::Hold, name)
            .naming(MetadataKey::Owner, owner))
    }
}

/// Whose hold ends by itself next, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExpiringHold {
    /// When.
    pub at: Timestamp,
    /// The site of the user.
    pub site: SiteId,
    /// Whose it is.
    pub user: UserId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_lower_case_word() {
        for good in ["a", "security", "legal-2", "legal_2", &"x".repeat(63)] {
            assert_eq!(HoldName::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "Legal", "le gal", "é", &"x".repeat(64)] {
            assert_eq!(HoldName::parse(bad).unwrap_err().reason, Reason::ValueInvalid, "{bad}");
        }
    }
}
