//! From a request for events to what is asked of the ledger.

use super::decode::{known, role, told_time, user_id};
use super::status::published;
use provost_domain::{
    EventFilter, EventOrder, MetadataKey, Outcome, Reason, RecordedReason, Refusal, Role, Timestamp,
};
use provost_proto::v1;
use strum::IntoEnumIterator as _;

/// The longest word of a filter, in bytes.
const MAX_WORD: usize = 256;

/// Which events, and in which order.
pub(super) fn event_filter(
    question: &v1::ListEventsRequest,
) -> Result<(EventFilter, EventOrder), Refusal> {
    let v1::ListEventsRequest {
        site: _,
        user_id: user,
        caller,
        kind,
        outcome,
        reason,
        start_time,
        end_time,
        order,
        page_size: _,
        page_token: _,
        installation: _,
    } = question;
    let outcome = match known(*outcome, "outcome")? {
        v1::Outcome::Unspecified => None,
        v1::Outcome::Accepted => Some(Outcome::Accepted),
        v1::Outcome::PartlyAccepted => Some(Outcome::PartlyAccepted),
        v1::Outcome::Refused => Some(Outcome::Refused),
    };
    let order = match known(*order, "order")? {
        v1::EventOrder::Unspecified | v1::EventOrder::NewestFirst => EventOrder::NewestFirst,
        v1::EventOrder::OldestFirst => EventOrder::OldestFirst,
    };
    let filter = EventFilter {
        user: (!user.is_empty()).then(|| user_id(user)).transpose()?,
        caller: word(caller, "caller")?,
        kind: word(kind, "kind")?,
        outcome,
        reason: word(reason, "reason")?.map(recorded_reason),
        from: start_time.as_ref().map(|at| told_time(at, "start_time")).transpose()?,
        until: end_time.as_ref().map(|at| told_time(at, "end_time")).transpose()?,
    };
    Ok((filter, order))
}

/// The role whose holders are asked for, and the time.
pub(super) fn role_and_time(
    question: &v1::ListRoleHoldersRequest,
) -> Result<(Role, Timestamp), Refusal> {
    let v1::ListRoleHoldersRequest {
        site: _,
        role: asked,
        as_of_time,
        page_size: _,
        page_token: _,
    } = question;
    let role = role(*asked)?.filter(|role| *role > Role::Registered).ok_or_else(|| {
        let message = "the holders of a role are listed for Moderator and for Admin; name one of \
                       them, or list the users";
        Refusal::about(Reason::ValueInvalid, "role", message)
    })?;
    let at = as_of_time.as_ref().map(|at| told_time(at, "as_of_time")).transpose()?;
    Ok((role, at.unwrap_or(Timestamp(i64::MAX))))
}

/// A word that events may hold; none where it is empty.
fn word(text: &str, field: &'static str) -> Result<Option<String>, Refusal> {
    if text.contains('\0') {
        let message = "the text contains a NUL character; send it without";
        return Err(Refusal::about(Reason::ValueInvalid, field, message));
    }
    if text.len() > MAX_WORD {
        let message = format!("the text is longer than {MAX_WORD} bytes; no event has such a one");
        let refusal = Refusal::about(Reason::LimitExceeded, field, message);
        return Err(refusal.naming(MetadataKey::Limit, &MAX_WORD));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// A reason of the ledger by its published name. One that is not known here may be of a newer core.
fn recorded_reason(name: String) -> RecordedReason {
    let found = Reason::iter().find(|reason| published(*reason).name() == name);
    found.map_or(RecordedReason::Unknown(name), RecordedReason::Known)
}
