//! Page tokens of lists that come in several orders: opaque, good for the same request and for a day, and
//! keyed, so that none can be made up or changed.
//!
//! The key follows from the operator's token, which all cores of an installation share. Must never know
//! what is listed.

use crate::queries::WalkId;
use crate::secret::SecretHash;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use provost_domain::{Decimal, Role, SortPosition, SortValue, Timestamp, TokenId};
use sha2::{Digest as _, Sha256};
use std::fmt;
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

/// How long a page token is good, in microseconds: a day.
const LIFETIME: i64 = 24 * 60 * 60 * 1_000_000;
const MARK_BYTES: usize = 16;

// What kind of value follows, in the order of `SortValue`.
const NOTHING: u8 = 0;
const TEXT: u8 = 1;
const BOOLEAN: u8 = 2;
const NUMBER: u8 = 3;
const DECIMAL: u8 = 4;
const ROLE: u8 = 5;

/// Why a page token is no position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageTokenProblem {
    /// It was never given out, or for another request.
    Foreign,
    /// It is too old.
    Expired,
}

/// A request for a page: the RPC, and its message with nothing in it that may differ from page to page.
#[derive(Clone, Copy)]
pub struct PagedQuestion<'a> {
    /// The name of the RPC.
    pub rpc: &'a str,
    /// The message as bytes.
    pub message: &'a [u8],
}

/// A filter is part of the message.
impl fmt::Debug for PagedQuestion<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PagedQuestion").field("rpc", &self.rpc).finish_non_exhaustive()
    }
}

/// The key of page tokens.
pub struct PageKey([u8; 32]);

impl fmt::Debug for PageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PageKey")
    }
}

impl PageKey {
    /// The key of an installation.
    pub fn of(operator: &SecretHash) -> Self {
        Self(operator.derived("page tokens"))
    }

    /// The token that stands for a position in the answer to a question.
    pub fn token(
        &self,
        at: &SortPosition<Uuid>,
        question: PagedQuestion<'_>,
        now: Timestamp,
    ) -> String {
        let mut body = now.0.to_be_bytes().to_vec();
        put(&mut body, at);
        let mark = self.mark(question, &body);
        URL_SAFE_NO_PAD.encode([&mark[..], &body].concat())
    }

    /// The position that a token stands for; none without one.
    pub fn position(
        &self,
        token: &str,
        question: PagedQuestion<'_>,
        now: Timestamp,
    ) -> Result<Option<SortPosition<Uuid>>, PageTokenProblem> {
        if token.is_empty() {
            return Ok(None);
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| PageTokenProblem::Foreign)?;
        let (mark, body) =
            bytes.split_first_chunk::<MARK_BYTES>().ok_or(PageTokenProblem::Foreign)?;
        if !bool::from(mark.ct_eq(&self.mark(question, body))) {
            return Err(PageTokenProblem::Foreign);
        }
        let (made, rest) = body.split_first_chunk::<8>().ok_or(PageTokenProblem::Foreign)?;
        if now.0.saturating_sub(i64::from_be_bytes(*made)) > LIFETIME {
            return Err(PageTokenProblem::Expired);
        }
        take(rest).map(Some).ok_or(PageTokenProblem::Foreign)
    }

    /// Who goes through the answer to a question.
    pub fn walk(&self, question: PagedQuestion<'_>, token: Option<TokenId>) -> WalkId {
        let whose = token.map_or(Uuid::nil(), |TokenId(id)| id);
        let mark = self.mark(question, whose.as_bytes());
        WalkId(std::array::from_fn(|index| mark[index]))
    }

    /// Hashed twice, because a hash can be continued by whoever knows it.
    fn mark(&self, question: PagedQuestion<'_>, body: &[u8]) -> [u8; MARK_BYTES] {
        let PagedQuestion { rpc, message } = question;
        let inner = Sha256::new_with_prefix(self.0)
            .chain_update(rpc.len().to_be_bytes())
            .chain_update(rpc)
            .chain_update(message.len().to_be_bytes())
            .chain_update(message)
            .chain_update(body)
            .finalize();
        let outer = Sha256::new_with_prefix(self.0).chain_update(inner).finalize();
        std::array::from_fn(|index| outer[index])
    }
}

fn put(body: &mut Vec<u8>, at: &SortPosition<Uuid>) {
    body.extend(at.id.as_bytes());
    match &at.value {
        None => body.push(NOTHING),
        Some(SortValue::Text(text)) => {
            body.push(TEXT);
            body.extend(text.as_bytes());
        }
        Some(SortValue::Boolean(truth)) => body.extend([BOOLEAN, u8::from(*truth)]),
        Some(SortValue::Number(number)) => {
            body.push(NUMBER);
            body.extend(number.to_be_bytes());
        }
        Some(SortValue::Decimal(number)) => {
            body.push(DECIMAL);
            body.extend(number.get().to_be_bytes());
        }
        Some(SortValue::Role(role)) => {
            body.push(ROLE);
            body.extend(role.as_str().as_bytes());
        }
    }
}

fn take(body: &[u8]) -> Option<SortPosition<Uuid>> {
    let (id, rest) = body.split_first_chunk::<16>()?;
    let (kind, rest) = rest.split_first()?;
    let value = match *kind {
        NOTHING => None,
        TEXT => Some(SortValue::Text(String::from_utf8(rest.to_vec()).ok()?)),
        BOOLEAN => Some(SortValue::Boolean(rest == [1])),
        NUMBER => Some(SortValue::Number(i64::from_be_bytes(rest.try_into().ok()?))),
        DECIMAL => {
            let number = f64::from_be_bytes(rest.try_into().ok()?);
            Some(SortValue::Decimal(Decimal::new(number)?))
        }
        ROLE => {
            let role = Role::ALL.into_iter().find(|role| role.as_str().as_bytes() == rest);
            Some(SortValue::Role(role?))
        }
        _ => return None,
    };
    Some(SortPosition { id: Uuid::from_bytes(*id), value })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_700_000_000_000_000);

    fn question<'a>(rpc: &'a str, message: &'a str) -> PagedQuestion<'a> {
        PagedQuestion { rpc, message: message.as_bytes() }
    }

    fn positions() -> Vec<SortPosition<Uuid>> {
        let values = [
            None,
            Some(SortValue::Text("ada".to_owned())),
            Some(SortValue::Text(String::new())),
            Some(SortValue::Boolean(true)),
            Some(SortValue::Boolean(false)),
            Some(SortValue::Number(-7)),
            Some(SortValue::Decimal(Decimal::new(-0.5).unwrap())),
            Some(SortValue::Role(Role::Moderator)),
        ];
        values.into_iter().map(|value| SortPosition { id: Uuid::from_u128(9), value }).collect()
    }

    #[test]
    fn a_token_is_good_for_its_question_for_a_day_and_under_its_key() {
        let (key, other) = (PageKey([1; 32]), PageKey([2; 32]));
        for position in positions() {
            let token = key.token(&position, question("List", "acme"), NOW);
            let read = |key: &PageKey, rpc, message, token: &str, passed| {
                key.position(token, question(rpc, message), Timestamp(NOW.0 + passed))
            };
            assert_eq!(read(&key, "List", "acme", &token, LIFETIME), Ok(Some(position)));
            let expired = read(&key, "List", "acme", &token, LIFETIME + 1);
            assert_eq!(expired, Err(PageTokenProblem::Expired));
            for foreign in [
                read(&other, "List", "acme", &token, 0),
                read(&key, "ListOthers", "acme", &token, 0),
                read(&key, "List", "beta", &token, 0),
                read(&key, "List", "acme", &token[1..], 0),
                read(&key, "List", "acme", &token[..token.len() - 1], 0),
                read(&key, "List", "acme", &format!("{token}AAAA"), 0),
                read(&key, "List", "acme", "what?", 0),
                read(&key, "List", "acme", "AA", 0),
            ] {
                assert_eq!(foreign, Err(PageTokenProblem::Foreign));
            }
        }
        assert_eq!(key.position("", question("List", "acme"), NOW), Ok(None));
    }

    /// Whatever is changed in a token.
    #[test]
    fn no_bit_of_a_token_can_be_changed() {
        let (key, asked) = (PageKey([1; 32]), question("List", "acme"));
        let token = key.token(&positions()[1], asked, NOW);
        let bytes = URL_SAFE_NO_PAD.decode(&token).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut forged = bytes.clone();
            forged[bit / 8] ^= 1 << (bit % 8);
            let read = key.position(&URL_SAFE_NO_PAD.encode(forged), asked, NOW);
            assert_eq!(read, Err(PageTokenProblem::Foreign), "{bit}");
        }
    }

    #[test]
    fn walks_are_told_apart_by_who_walks_through_what() {
        let key = PageKey([1; 32]);
        let token = Some(TokenId(Uuid::from_u128(1)));
        let walks = [
            key.walk(question("List", "acme"), None),
            key.walk(question("List", "acme"), token),
            key.walk(question("List", "beta"), token),
            key.walk(question("ListOthers", "beta"), token),
        ];
        for (index, walk) in walks.iter().enumerate() {
            assert!(!walks[..index].contains(walk));
        }
        assert_eq!(walks[1], key.walk(question("List", "acme"), token));
    }
}
