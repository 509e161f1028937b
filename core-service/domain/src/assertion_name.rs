//! Names of assertions: by what people recognize the value that identifies users when they sign in.

use super::{MetadataKey, Reason, Refusal};
use serde::{Deserialize, Serialize};

/// The longest name, in bytes.
const MAX: usize = 256;

/// The name that an identity provider gives to the value that identifies users, such as `NameID`. Only
/// people read it. Empty where nobody said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssertionName(String);

impl AssertionName {
    /// Reads a name, without the space around it.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let name = text.trim();
        if name.len() > MAX {
            let message =
                format!("the name of the assertion is longer than {MAX} bytes; shorten it");
            let refusal = Refusal::about(Reason::LimitExceeded, "user_name_assertion", message);
            return Err(refusal.naming(MetadataKey::Limit, &MAX));
        }
        if name.chars().any(char::is_control) {
            return Err(Refusal::about(
                Reason::ValueInvalid,
                "user_name_assertion",
                "the name of the assertion contains a control character; send one line of text",
            ));
        }
        Ok(Self(name.to_owned()))
    }

    /// Takes over one that was parsed before it was stored.
    pub const fn as_stored(text: String) -> Self {
        Self(text)
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same, given away.
    pub fn into_string(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_short_line() {
        for (text, name) in
            [("", ""), (" NameID ", "NameID"), (&"x".repeat(256), &*"x".repeat(256))]
        {
            let parsed = AssertionName::parse(text).unwrap();
            assert_eq!((parsed.as_str(), parsed.clone().into_string()), (name, name.to_owned()));
        }
        for (text, reason) in
            [("x".repeat(257), Reason::LimitExceeded), ("a\nb".to_owned(), Reason::ValueInvalid)]
        {
            assert_eq!(AssertionName::parse(&text).unwrap_err().reason, reason);
        }
    }
}
