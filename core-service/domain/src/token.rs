//! Bearer tokens of connections: known by the hash of their value only. Also how strong a value
//! must be that a person types.

use super::legible::legible;
use super::unspoken::unspoken;
use super::{ConnectionName, Expiration, MetadataKey, Reason, Refusal, SiteId, Timestamp, TokenId};
use std::collections::BTreeSet;

/// The SHA-256 hash of a token's value.
pub type TokenHash = [u8; 32];

/// A name for people to tell tokens apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenName(String);

impl TokenName {
    /// Reads a name: 1 to 128 bytes that people can read (`legible.rs`).
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let invalid = |message: String| Refusal::about(Reason::ValueInvalid, "name", message);
        if text.is_empty() || text.len() > 128 {
            let message = "name the token, in at most 128 visible bytes, to tell it apart";
            return Err(invalid(message.to_owned()));
        }
        legible(text).map_err(|problem| invalid(format!("the name of the token {problem}")))?;
        Ok(Self(text.to_owned()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The value of a token that may be shown again, sealed by whoever has the key. What is in it, nobody here knows.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedValue(pub Vec<u8>);

unspoken!(SealedValue);

/// A token to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenCreation {
    /// For people.
    pub name: TokenName,
    /// The connection that it belongs to.
    pub connection: ConnectionName,
    /// The hash of its value.
    pub hash: TokenHash,
    /// Whether a person chose the value. Another one is generated at each repetition.
    pub is_typed: bool,
    /// Its value, where it may be shown again.
    pub sealed: Option<SealedValue>,
    /// From when on it opens nothing, if ever.
    pub expiration: Option<Expiration>,
    /// The id that the caller chose, if they did: by it a repetition is known.
    pub id: Option<TokenId>,
}

impl TokenCreation {
    /// Whether a token may have been made by this same request.
    pub(super) fn made(&self, token: &Token) -> bool {
        let Self { name, connection, hash: _, is_typed: _, sealed: _, expiration, id } = self;
        let expires_so = match expiration {
            None => token.expires_at.is_none(),
            Some(Expiration::At(end)) => token.expires_at == Some(*end),
            // When it was asked for first is not known.
            Some(Expiration::After(_)) => token.expires_at.is_some(),
        };
        let is_named_so = token.name == name.as_str() && token.connection == *connection;
        *id == Some(token.id) && is_named_so && expires_so
    }
}

/// A token, without its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its id.
    pub id: TokenId,
    /// The site that it opens.
    pub site: SiteId,
    /// The name of the connection that it belongs to.
    pub connection: ConnectionName,
    /// For people, to tell tokens apart.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it opens nothing, if ever.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, give or take a minute.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
    /// Whether its value is kept and may be shown again.
    pub is_revealable: bool,
}

impl Token {
    /// 1, and 2 once it is revoked: nothing else of it is ever changed by anybody.
    pub fn version(&self) -> i64 {
        1 + i64::from(self.revoked_at.is_some())
    }

    /// Whether it opens its site at this time.
    pub(super) fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}

/// A token by which something is asked, as far as it is decided by it who is heard. It has not been
/// revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallerToken {
    /// The site that it opens.
    pub site: SiteId,
    /// Its id.
    pub id: TokenId,
    /// From when on it opens nothing, if ever.
    pub expires_at: Option<Timestamp>,
}

/// What a caller is told whose token opens nothing.
pub fn token_opens_nothing() -> Refusal {
    Refusal::new(
        Reason::TokenInvalid,
        "the token is not valid for this site; check the base URL and the token, or have a new \
         token made",
    )
}

/// What a caller is told who is not the operator, and what to do.
pub fn for_the_operator(advice: &str) -> Refusal {
    Refusal::new(Reason::CallerNotPermitted, format!("only the operator may do this; {advice}"))
}

/// A token to be kept for the first time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    /// The token.
    pub token: Token,
    /// The key of its connection.
    pub connection: i64,
    /// The hash of its value.
    pub hash: TokenHash,
    /// Its value, where it may be shown again.
    pub sealed: Option<SealedValue>,
}

/// What a caller is told who asks for a value that can't be shown.
pub fn value_can_not_be_shown(why: &str) -> Refusal {
    let message =
        format!("{why}; make another token, and have its value kept if it is to be shown again");
    Refusal::about(Reason::TokenValueNotKept, "token_id", message)
}

/// What a caller is told who names a token that the site does not have.
pub fn unknown_token() -> Refusal {
    Refusal::about(Reason::TokenNotFound, "token_id", "there is no such token in this site")
}

/// The fewest characters of a typed token.
pub const MIN_TYPED_TOKEN: usize = 24;
const MIN_DISTINCT: usize = 10;
const MAX: usize = 512;

/// Accepts a token value that a person chose, or says what is weak about it.
pub fn accept_typed_token(value: &str) -> Result<(), Refusal> {
    let weak = |message: &str| Err(Refusal::about(Reason::TokenWeak, "value", message));
    if !value.bytes().all(|byte| byte.is_ascii_graphic()) {
        return weak("a token consists of visible ASCII characters without spaces");
    }
    if value.len() > MAX {
        let message = format!(
            "the token is longer than {MAX} characters; use a shorter one, or leave the value out \
             to have one generated"
        );
        return Err(Refusal::about(Reason::LimitExceeded, "value", message)
            .naming(MetadataKey::Limit, &MAX));
    }
    if value.len() < MIN_TYPED_TOKEN {
        return weak(
            "the token is too short; use at least 24 characters, or leave the value out to have one generated",
        );
    }
    if value.bytes().collect::<BTreeSet<_>>().len() < MIN_DISTINCT {
        return weak("the token repeats too few characters; use at least 10 different ones");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_be_read() {
        assert_eq!(TokenName::parse("Okta 2026").unwrap().as_str(), "Okta 2026");
        for bad in ["", "a\u{1b}[2J", "\u{200b}", "kcab\u{202e}", &"x".repeat(129)] {
            assert_eq!(TokenName::parse(bad).unwrap_err().reason, Reason::ValueInvalid, "{bad}");
        }
    }

    #[test]
    fn tells_weak_from_strong() {
        for weak in [
            "",
            "short",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "with space with space with",
            "ümläut-ümläut-ümläut-abcdef",
        ] {
            assert_eq!(accept_typed_token(weak).unwrap_err().reason, Reason::TokenWeak, "{weak}");
        }
        accept_typed_token("correct-horse-battery-staple").unwrap();
    }

    #[test]
    fn a_typed_token_has_a_least_and_a_greatest_length_and_enough_characters() {
        let of = |length: usize, distinct: usize| -> String {
            (b'a'..=b'z').take(distinct).cycle().take(length).map(char::from).collect()
        };
        for strong in [of(MIN_TYPED_TOKEN, 10), of(MAX, 10)] {
            accept_typed_token(&strong).unwrap();
        }
        for (refused, reason) in [
            (of(MIN_TYPED_TOKEN - 1, 10), Reason::TokenWeak),
            (of(MIN_TYPED_TOKEN, 9), Reason::TokenWeak),
            (of(MAX + 1, 10), Reason::LimitExceeded),
        ] {
            let refusal = accept_typed_token(&refused).unwrap_err();
            assert_eq!(refusal.reason, reason, "{}", refused.len());
        }
    }

    #[test]
    fn a_name_is_short_and_visible() {
        for good in ["a", "Okta production", &"x".repeat(128)] {
            assert_eq!(TokenName::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "a\nb", &"x".repeat(129)] {
            assert_eq!(TokenName::parse(bad).unwrap_err().reason, Reason::ValueInvalid, "{bad:?}");
        }
    }
}
