//! Cursors of lists: those that were given out, and whatever else comes in their place.

use crate::told::is_a_refusal;
use provost_core::{PageKey, PagedQuestion, Secret};
use provost_domain::{Decimal, Role, SortPosition, SortValue, Timestamp};
use provost_scim::Query;
use uuid::Uuid;

const NOW: Timestamp = Timestamp(1_700_000_000_000_000);

/// Reads the input as a cursor, of which none is good, and makes it a position, which comes back as it
/// was, and is good for nothing else.
pub fn cursor(input: &[u8]) {
    let key = PageKey::of(&Secret::from_text("what opens everything").hash());
    let asked = PagedQuestion { rpc: "ListUsers", message: b"acme" };
    if let Ok(text) = std::str::from_utf8(input) {
        let read = key.position(text, asked, NOW);
        assert!(read.is_err() || text.is_empty(), "{text} was never given out");
        for query in [format!("cursor={text}"), format!("cursor={text}&count={text}")] {
            if let Err(error) = Query::read(&query) {
                is_a_refusal(error);
            }
        }
    }
    let other = PagedQuestion { rpc: "ListGroups", ..asked };
    for position in positions(input) {
        let token = key.token(&position, asked, NOW);
        let query = Query::read(&format!("cursor={token}"));
        assert_eq!(query.ok().and_then(|query| query.cursor).as_ref(), Some(&token));
        assert!(key.position(&token, other, NOW).is_err());
        assert_eq!(key.position(&token, asked, NOW), Ok(Some(position)));
    }
}

/// Positions that have the input as their value, in every form that it fits.
fn positions(input: &[u8]) -> Vec<SortPosition<Uuid>> {
    let mut bytes = [0; 16];
    for (byte, from) in bytes.iter_mut().zip(input) {
        *byte = *from;
    }
    let number = i64::from_be_bytes(std::array::from_fn(|at| bytes[at]));
    let fraction = f64::from_be_bytes(std::array::from_fn(|at| bytes[at + 8]));
    let text = std::str::from_utf8(input).ok();
    let values = [
        Some(SortValue::Number(number)),
        Some(SortValue::Boolean(number % 2 == 0)),
        Decimal::new(fraction).map(SortValue::Decimal),
        text.map(|text| SortValue::Text(text.to_owned())),
        input.first().map(|byte| SortValue::Role(Role::ALL[usize::from(*byte) % Role::ALL.len()])),
        None,
    ];
    let id = Uuid::from_bytes(bytes);
    values.into_iter().map(|value| SortPosition { id, value }).collect()
}
