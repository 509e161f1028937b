//! Refused requests, from messages and to messages.

use super::encode::time;
use super::users::CallContext;
use crate::clock;
use provost_domain::{Caller, RefusedRequest};
use provost_proto::v1;

/// The most bytes that are kept of a word, and of a sentence.
const MOST: (usize, usize) = (100, 1_000);

/// What a gateway tells of a request of the connection that calls; none of anybody else.
pub(super) fn told(context: CallContext, told: v1::RefusedRequest) -> Option<RefusedRequest> {
    let CallContext { caller, site, trace_id, .. } = context;
    let v1::RefusedRequest { operation, status, reason, sentence, .. } = told;
    matches!(caller, Caller::Connection { .. }).then(|| RefusedRequest {
        id: clock::fresh_id(),
        site: site.id,
        at: clock::now(),
        caller: caller.to_string(),
        operation: within(operation, MOST.0),
        status,
        reason: within(reason, MOST.0),
        sentence: within(sentence, MOST.1),
        trace_id,
        left_out: 0,
    })
}

/// As much of a text as is kept. No database keeps NUL.
fn within(mut text: String, most: usize) -> String {
    text.truncate(text.floor_char_boundary(most));
    text.retain(|letter| letter != '\0');
    text
}

pub(super) fn refused_request(request: RefusedRequest) -> v1::RefusedRequest {
    let RefusedRequest {
        id: _,
        site: _,
        at,
        caller,
        operation,
        status,
        reason,
        sentence,
        trace_id,
        left_out,
    } = request;
    v1::RefusedRequest {
        operation,
        status,
        reason,
        sentence,
        time: Some(time(at)),
        caller,
        trace_id: trace_id.unwrap_or_default(),
        left_out,
    }
}

#[cfg(test)]
mod tests {
    use super::within;

    #[test]
    fn texts_are_cut_between_letters() {
        for (text, kept) in [("ab", "ab"), ("abcd", "abc"), ("abéd", "ab"), ("a\0b", "ab")] {
            assert_eq!(within(text.to_owned(), 3), kept);
        }
    }
}
