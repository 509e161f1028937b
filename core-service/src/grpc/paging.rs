//! Pages: how much one holds, and the token by which the next one is asked for.
//!
//! A token is opaque: the position behind the page, and a hash of what was asked, so that it is good
//! for the same request only. Must never know what is listed.

use crate::page_key::{PageKey, PageTokenProblem, PagedQuestion};
use prost::Message;
use provost_domain::{Reason, Refusal, SortPosition, Timestamp};
use provost_proto::{DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

const HASH_BYTES: usize = 8;

/// How many rows a page has at most: as many as are asked for, the usual number for 0, and never more
/// than the largest number.
pub(super) fn page_size(asked: i32) -> Result<u64, Refusal> {
    page_size_within(asked, MAX_PAGE_SIZE)
}

/// The same where pages are of another largest number.
pub(super) fn page_size_within(asked: i32, largest: u16) -> Result<u64, Refusal> {
    match u64::try_from(asked) {
        Ok(0) => Ok(DEFAULT_PAGE_SIZE.into()),
        Ok(size) => Ok(size.min(largest.into())),
        Err(_) => Err(Refusal::about(
            Reason::ValueInvalid,
            "page_size",
            format!("a page has 1 to {largest} rows, and 0 means the usual number; send that"),
        )),
    }
}

/// How many rows are passed over before a page, which is then the first one.
pub(super) fn skip(asked: i64, page_token: &str) -> Result<u64, Refusal> {
    let refused = |message| Refusal::about(Reason::ValueInvalid, "skip", message);
    let skip = u64::try_from(asked);
    let skip = skip.map_err(|_| refused("skip counts rows and can't be negative"))?;
    if skip > 0 && !page_token.is_empty() {
        return Err(refused("a page token and skip can't go together"));
    }
    Ok(skip)
}

/// The position that a page token stands for; none without one. The question is the request with
/// nothing in it that may differ from page to page.
pub(super) fn position<const LENGTH: usize>(
    token: &str,
    rpc: &str,
    question: &impl Message,
) -> Result<Option<[u8; LENGTH]>, Refusal> {
    let bytes = positioned(token, rpc, question)?;
    bytes.map(|bytes| bytes.try_into().map_err(|_| foreign_token())).transpose()
}

/// The same where positions are names.
pub(super) fn name(
    token: &str,
    rpc: &str,
    question: &impl Message,
) -> Result<Option<String>, Refusal> {
    let bytes = positioned(token, rpc, question)?;
    bytes.map(|bytes| String::from_utf8(bytes).map_err(|_| foreign_token())).transpose()
}

fn positioned(token: &str, rpc: &str, question: &impl Message) -> Result<Option<Vec<u8>>, Refusal> {
    if token.is_empty() {
        return Ok(None);
    }
    let bytes = hex::decode(token).map_err(|_| foreign_token())?;
    match bytes.split_first_chunk::<HASH_BYTES>() {
        Some((hash, position)) if *hash == hashed(rpc, question) => Ok(Some(position.to_vec())),
        _ => Err(foreign_token()),
    }
}

/// The token that stands for a position in the answer to a question.
pub(super) fn token(position: &[u8], rpc: &str, question: &impl Message) -> String {
    hex::encode([&hashed(rpc, question)[..], position].concat())
}

fn hashed(rpc: &str, question: &impl Message) -> [u8; HASH_BYTES] {
    let hash = Sha256::new_with_prefix(rpc).chain_update(question.encode_to_vec()).finalize();
    std::array::from_fn(|index| hash[index])
}

/// The position that a page token stands for in a list that comes in several orders; none without one.
pub(super) fn keyed_position(
    key: &PageKey,
    token: &str,
    question: PagedQuestion<'_>,
    now: Timestamp,
) -> Result<Option<SortPosition<Uuid>>, Refusal> {
    key.position(token, question, now).map_err(|problem| match problem {
        PageTokenProblem::Foreign => foreign_token(),
        PageTokenProblem::Expired => Refusal::about(
            Reason::PageTokenExpired,
            "page_token",
            "the page token is older than a day; begin again without a token",
        ),
    })
}

fn foreign_token() -> Refusal {
    Refusal::about(
        Reason::PageTokenInvalid,
        "page_token",
        "the page token does not belong to this request; repeat the request that it came with, \
         filter and site included, or begin again without a token",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use provost_proto::v1::ListTokensRequest;

    fn question(site: &str) -> ListTokensRequest {
        ListTokensRequest { site: site.to_owned(), ..ListTokensRequest::default() }
    }

    #[test]
    fn a_token_is_good_for_its_question_only() {
        let acme = question("acme");
        let here = token(b"here", "List", &acme);
        assert_eq!(position(&here, "List", &acme), Ok(Some(*b"here")));
        assert_eq!(name(&here, "List", &acme), Ok(Some("here".to_owned())));
        assert_eq!(position::<4>("", "List", &acme), Ok(None));
        assert!(position::<5>(&here, "List", &acme).is_err(), "of another length");
        assert!(name(&token(&[0xff], "List", &acme), "List", &acme).is_err(), "no name");
        for foreign in ["zz", "00", "what?", &here[1..], &here[2..], &format!("00{here}")] {
            let refusal = name(foreign, "List", &acme).unwrap_err();
            assert_eq!(refusal.reason, Reason::PageTokenInvalid, "{foreign}");
        }
        assert!(name(&here, "List", &question("other")).is_err());
        assert!(name(&here, "ListOthers", &acme).is_err());
    }

    #[test]
    fn sizes_are_brought_into_range() {
        for (asked, size) in [(0, 100), (1, 1), (1000, 1000), (1001, 1000), (i32::MAX, 1000)] {
            assert_eq!(page_size(asked), Ok(size));
        }
        assert_eq!(page_size(-1).unwrap_err().reason, Reason::ValueInvalid);
    }
}
