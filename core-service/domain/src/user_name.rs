//! User names: the sign-in identifier, kept as sent and compared without case.

use super::legible::legible;
use super::unspoken::unspoken;
use super::{MetadataKey, Reason, Refusal, fold};
use serde::{Deserialize, Serialize};

/// The longest user name, in bytes.
const MAX: usize = 512;

/// A user name as it was sent.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserName(String);

/// What two user names share when they mean the same user: their form without case (`fold.rs`).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserNameKey(String);

unspoken!(UserName, UserNameKey);

impl UserName {
    /// Reads a user name that came from outside. Surrounding white space is not part of it.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let text = text.trim();
        if text.is_empty() {
            return Err(invalid(
                "the user name is missing or empty; send the value that people sign in with",
            ));
        }
        if text.len() > MAX {
            let message = format!("the user name is longer than {MAX} bytes; send a shorter one");
            return Err(Refusal::about(Reason::LimitExceeded, "user_name", message)
                .naming(MetadataKey::Limit, &MAX));
        }
        legible(text).map_err(|problem| invalid(&format!("the user name {problem}")))?;
        Ok(Self(text.to_owned()))
    }

    /// Takes over a user name that passed [`UserName::parse`] before it was stored.
    pub fn as_stored(text: String) -> Self {
        Self(text)
    }

    /// As it was sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As it was sent, taken out.
    pub fn into_string(self) -> String {
        self.0
    }

    /// What it is compared by.
    pub fn key(&self) -> UserNameKey {
        UserNameKey::of(&self.0)
    }
}

impl UserNameKey {
    /// The key of any text, also of one that could not be a user name: it then equals none.
    pub fn of(text: &str) -> Self {
        Self(fold(text.trim()).into_owned())
    }

    /// The folded text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn invalid(message: &str) -> Refusal {
    Refusal::about(Reason::ValueInvalid, "user_name", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compares_without_case_and_composition() {
        for (left, right) in [
            ("Ada@Example.com", "ada@example.COM"),
            ("\u{c9}mile", "e\u{301}mile"),
            ("\u{130}x", "i\u{307}x"),
            (" ada ", "ada"),
        ] {
            assert_eq!(UserNameKey::of(left), UserNameKey::of(right), "{left} ~ {right}");
        }
        assert_ne!(UserNameKey::of("ada"), UserNameKey::of("adam"));
    }

    #[test]
    fn refuses_what_nobody_could_sign_in_with() {
        for text in ["", "   ", "a\u{7}b", "\u{200b}", "nimda\u{202e}"] {
            assert_eq!(UserName::parse(text).unwrap_err().reason, Reason::ValueInvalid);
        }
        let refusal = UserName::parse(&"x".repeat(513)).unwrap_err();
        assert_eq!(refusal.reason, Reason::LimitExceeded);
        for text in ["Ada", &"x".repeat(512)] {
            let name = UserName::parse(text).unwrap();
            assert_eq!((name.as_str(), name.clone().into_string().as_str()), (text, text));
        }
        assert_eq!(UserNameKey::of("ADA").as_str(), "ada");
    }
}
