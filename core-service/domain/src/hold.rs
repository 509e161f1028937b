//! Holds: named reasons why an account is deactivated whatever the directory says.

use super::{Caller, MetadataKey, Reason, Refusal, Timestamp};
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

/// A hold in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Unique for the user.
    pub name: HoldName,
    /// The caller that placed it, as [`Caller`] prints itself.
    pub owner: String,
    /// For people.
    pub note: String,
    /// When it was placed.
    pub placed_at: Timestamp,
}

impl Hold {
    /// Whether this caller may lift it: its owner and the operator may, a connection never.
    pub(super) fn may_be_lifted_by(&self, caller: &Caller) -> Result<(), Refusal> {
        match caller {
            Caller::Operator => Ok(()),
            Caller::Connection { .. } => Err(Refusal::about(
                Reason::HoldNotOwned,
                "holds",
                format!(
                    "the hold {} was placed by {} and can't be lifted by a connection",
                    self.name.as_str(),
                    self.owner
                ),
            )
            .naming(MetadataKey::Hold, self.name.as_str())
            .naming(MetadataKey::Owner, &self.owner)),
        }
    }
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
