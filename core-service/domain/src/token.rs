//! How strong a token must be that a person types.

use super::{Reason, Refusal};
use std::collections::BTreeSet;

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
        return weak("a token has at most 512 characters");
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
}
