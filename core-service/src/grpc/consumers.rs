//! Consumers of ledgers: what they acknowledge, and what follows from it for one decision.

use super::call::RequestMetadata;
use super::decode::user_id;
use super::encode;
use crate::authenticator::{Bearer, SiteReach};
use crate::queries::Deactivation;
use crate::watches::{WatchCursor, WatchScope};
use crate::{AppState, Failure, clock};
use provost_domain::{ConsumerLag, ConsumerName, Permission, Reason, Refusal, SiteId, Timestamp};
use provost_proto::v1;
use provost_proto::v1::get_cutoff_request::Decision;
use std::collections::BTreeSet;
use std::time::Duration;

/// Takes note of what a consumer has dealt with.
pub(super) async fn acknowledge(
    state: &AppState,
    metadata: &RequestMetadata,
    message: v1::AcknowledgeEventsRequest,
) -> Result<v1::AcknowledgeEventsResponse, Failure> {
    let v1::AcknowledgeEventsRequest { consumer, cursor, rewind } = message;
    let reach = match state.authenticator.reach(&metadata.bearer, &[Permission::ReadLedger]) {
        // It may still have come to the end of a site that is gone.
        Err(_) if metadata.bearer.service().is_some() => SiteReach::Sites(BTreeSet::new()),
        reach => reach?,
    };
    let name = ConsumerName::parse(&consumer)?;
    let cursor = WatchCursor::decode(&cursor).filter(is_whole).ok_or_else(no_cursor)?;
    if cursor.scope == WatchScope::Installation {
        metadata.bearer.admit_operator()?;
    }
    let asker = (&metadata.bearer.follower(), &reach);
    let changed = state.consumers.acknowledge(asker, &name, &cursor, rewind).await?;
    Ok(v1::AcknowledgeEventsResponse { changed })
}

/// Whether it is about what it says, as every cursor is that was told.
fn is_whole(cursor: &WatchCursor) -> bool {
    let of_installation = cursor.scope == WatchScope::Installation;
    cursor.positions.keys().all(|site| (*site == SiteId::INSTALLATION) == of_installation)
}

/// Whether the consumers of a ledger have dealt with a decision.
pub(super) async fn cutoff(
    state: &AppState,
    site: SiteId,
    decision: Option<Decision>,
) -> Result<v1::GetCutoffResponse, Failure> {
    let (revision, at, is_over) = match decision {
        Some(Decision::UserId(_)) if site == SiteId::INSTALLATION => {
            return Err(no_users().into());
        }
        Some(Decision::UserId(user)) => {
            let found = state.ledgers.last_deactivation(site, user_id(&user)?).await?;
            let Deactivation { revision, at, is_over } = found.ok_or_else(no_deactivation)?;
            (revision, Some(at), is_over)
        }
        Some(Decision::Revision(revision)) => {
            let ends = state.ledgers.ends(site).await?;
            if revision < 1 || ends.is_none_or(|(_, head)| revision > head.revision) {
                return Err(no_such_revision().into());
            }
            let event = state.ledgers.event(site, revision).await?;
            (revision, event.map(|event| event.at), false)
        }
        None => return Err(no_decision().into()),
    };
    let found = state.consumers.list(site).await?;
    let now = clock::now();
    let passed = |lag: &ConsumerLag| lag.consumer.passed_at(revision);
    let is_out = !is_over && !found.is_empty() && found.iter().all(|lag| passed(lag).is_some());
    let last =
        if is_out { state.consumers.cut_off_since(site, &found, revision).await? } else { None };
    let of_each = |lag: ConsumerLag| {
        let pass_time = passed(&lag);
        v1::ConsumerCutoff {
            passed: pass_time.is_some(),
            pass_time: pass_time.map(encode::time),
            consumer: Some(consumer(lag, now)),
        }
    };
    let cutoff = v1::Cutoff {
        revision,
        time: at.map(encode::time),
        active_again: is_over,
        cut_off: is_out,
        cut_off_time: last.map(encode::time),
        consumers: found.into_iter().map(of_each).collect(),
    };
    Ok(v1::GetCutoffResponse { cutoff: Some(cutoff) })
}

/// The consumers of a ledger.
pub(super) async fn list(
    state: &AppState,
    site: SiteId,
) -> Result<v1::ListConsumersResponse, Failure> {
    let now = clock::now();
    let consumers = state.consumers.list(site).await?.into_iter();
    Ok(v1::ListConsumersResponse { consumers: consumers.map(|lag| consumer(lag, now)).collect() })
}

/// Removes a consumer of a ledger.
pub(super) async fn delete(
    state: &AppState,
    bearer: &Bearer,
    site: SiteId,
    message: v1::DeleteConsumerRequest,
) -> Result<v1::DeleteConsumerResponse, Failure> {
    let name = ConsumerName::parse(&message.consumer)?;
    let reach = state.authenticator.reach(bearer, &[Permission::ManageAccess]);
    let manages_access = reach.is_ok_and(|reach| reach.covers(site));
    let asker = (&bearer.follower(), manages_access);
    state.consumers.delete(asker, site, message.caller, &name).await?;
    Ok(v1::DeleteConsumerResponse {})
}

pub(super) fn consumer(lag: ConsumerLag, Timestamp(now): Timestamp) -> v1::Consumer {
    let ConsumerLag { consumer, site_name: _, pending, oldest_pending } = lag;
    let since = |Timestamp(at): Timestamp| {
        let micros = now.saturating_sub(at).max(0).unsigned_abs();
        // Ages of events are far from the longest duration.
        prost_types::Duration::try_from(Duration::from_micros(micros)).unwrap_or_default()
    };
    v1::Consumer {
        revision: consumer.revision(),
        acknowledge_time: consumer.passed.last().map(|last| encode::time(last.at)),
        pending,
        lag: oldest_pending.map(since),
        caller: consumer.caller,
        name: consumer.name.as_str().to_owned(),
    }
}

fn no_cursor() -> Refusal {
    let message =
        "this is no cursor; send the one of the last response of a watch that was dealt with";
    Refusal::about(Reason::CursorInvalid, "cursor", message)
}

fn no_users() -> Refusal {
    let message = "the installation has no users; name the site of the user, or send a revision";
    Refusal::about(Reason::ValueInvalid, "user_id", message)
}

fn no_decision() -> Refusal {
    let message = "no decision is named; send the id of a user, or a revision";
    Refusal::about(Reason::ValueInvalid, "decision", message)
}

fn no_deactivation() -> Refusal {
    let message = "the ledger has no decision that deactivated or deleted this user, as far as its events are \
                   kept; look at the user's events, and send a revision";
    Refusal::about(Reason::EventNotFound, "user_id", message)
}

fn no_such_revision() -> Refusal {
    let message = "the ledger has no event of this revision";
    Refusal::about(Reason::EventNotFound, "revision", message)
}
