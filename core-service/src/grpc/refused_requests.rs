//! Refused requests, from messages and to messages.

use super::call::RequestMetadata;
use super::encode::time;
use super::status::{code, published};
use crate::trace::Call;
use crate::{Failure, clock};
use provost_domain::{Caller, Reason, Refusal, RefusedRequest, SiteId};
use provost_proto::limits::MAX_BATCH;
use provost_proto::v1;
use tonic::Code;

/// The most bytes that are kept of a word, and of a sentence.
const MOST: (usize, usize) = (100, 1_000);

/// What a gateway tells of a request of the connection that calls, or of its parts, of which so many are read
/// as a batch may have; nothing of anybody else.
pub(super) fn told(
    RequestMetadata { bearer, trace_id, .. }: &RequestMetadata,
    site: &str,
    told: impl Iterator<Item = v1::RefusedRequest>,
) -> Vec<RefusedRequest> {
    let Some((caller, site)) = bearer.connection_of(site) else { return Vec::new() };
    let one = |told| {
        let v1::RefusedRequest { operation, status, reason, sentence, .. } = told;
        RefusedRequest {
            id: clock::fresh_id(),
            site: site.id,
            at: clock::now(),
            caller: caller.to_string(),
            operation: within(operation, MOST.0),
            status,
            reason: within(reason, MOST.0),
            sentence: within(sentence, MOST.1),
            trace_id: trace_id.clone(),
            left_out: 0,
        }
    };
    told.take(MAX_BATCH).map(one).collect()
}

/// Whether people are told of a call of a service that was refused for this reason. Decisions are in the ledger,
/// and that something is not there is what some ask to hear. Who is told to wait can do nothing about the call.
pub(super) const fn is_noted(reason: Reason, reads: bool) -> bool {
    match code(reason) {
        Code::Unauthenticated | Code::ResourceExhausted => false,
        Code::NotFound => !reads,
        _ => !reason.is_judgement(),
    }
}

/// A call of a service that was refused, as it is noted of the installation.
pub(super) fn of_call(rpc: &str, refusal: &Refusal, caller: &Caller) -> RefusedRequest {
    let Refusal { reason, attribute: _, message, metadata } = refusal;
    let names = metadata.iter().filter(|(key, name)| key.is_of_person() && !name.is_empty());
    let sentence = names.fold(message.clone(), |text, (_, name)| text.replace(&**name, "…"));
    RefusedRequest {
        id: clock::fresh_id(),
        site: SiteId::INSTALLATION,
        at: clock::now(),
        caller: caller.to_string(),
        operation: rpc.to_owned(),
        status: code(*reason).into(),
        reason: published(*reason).name().to_owned(),
        sentence: within(sentence, MOST.1),
        trace_id: Call::current().trace_id(),
        left_out: 0,
    }
}

/// Whether a request was answered so by whoever is let in, or not let in for this reason. Of one that the
/// gateway could not read in a site that lets nobody in, the caller hears the latter.
pub(super) fn is_of(request: &RefusedRequest, not_let_in: Option<&Failure>) -> bool {
    match not_let_in {
        None => true,
        Some(Failure::Refused(refusal)) => request.reason == published(refusal.reason).name(),
        Some(_) => false,
    }
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
