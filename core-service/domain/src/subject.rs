//! Subjects: by what an identity provider knows somebody whatever they are called.

use super::unspoken::unspoken;
use super::{MetadataKey, Reason, Refusal};
use serde::{Deserialize, Serialize};

/// The longest subject, in bytes.
const MAX: usize = 512;

/// The immutable identifier of an assertion: its `sub`, or a persistent `NameID` of SAML.
/// Compared with case, byte by byte; no two users of a site have the same.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Subject(String);

unspoken!(Subject);

impl Subject {
    /// Reads a subject; empty text means none.
    pub fn parse(text: &str) -> Result<Option<Self>, Refusal> {
        if text.len() > MAX {
            let message = format!("the subject is longer than {MAX} bytes; send a shorter one");
            let refusal = Refusal::about(Reason::LimitExceeded, "subject", message);
            return Err(refusal.naming(MetadataKey::Limit, &MAX));
        }
        if text.contains('\0') {
            let message = "the subject contains a NUL character; send it without";
            return Err(Refusal::about(Reason::ValueInvalid, "subject", message));
        }
        Ok((!text.trim().is_empty()).then(|| Self(text.to_owned())))
    }

    /// Takes over one that was parsed before it was stored.
    pub fn as_stored(text: String) -> Self {
        Self(text)
    }

    /// As it was sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_kept_as_it_was_sent() {
        for text in ["Sub-1", " a ", &"x".repeat(512)] {
            assert_eq!(Subject::parse(text).unwrap().unwrap().as_str(), text);
        }
        assert_eq!([Subject::parse("").unwrap(), Subject::parse(" ").unwrap()], [None, None]);
        for (text, reason) in
            [("x".repeat(513), Reason::LimitExceeded), ("a\0b".to_owned(), Reason::ValueInvalid)]
        {
            assert_eq!(Subject::parse(&text).unwrap_err().reason, reason);
        }
    }
}
