//! What the ledger is told of a decision about a user, and what it was told before and need not
//! hear again.

use super::user_context::{UserContext, UserDecision};
use crate::{
    Action, Asked, Change, Event, EventBody, Notice, Outcome, RecordedReason, RecordedRefusal,
    Refusal, StandingChange, User, UserId, UserSnapshot,
};

/// The most that a user keeps of what was asked and not done. Who is refused more at once is told of
/// all of it, and is an attack and no mapping.
const MAX_RECORDED: usize = 32;

/// What of the notices tells of something asked and not done, each once.
pub(super) fn recorded_refusals(notices: &[Notice]) -> Vec<RecordedRefusal> {
    let mut recorded = Vec::new();
    for notice in notices.iter().filter(|notice| notice.reason.is_recorded()) {
        let refusal =
            RecordedRefusal(RecordedReason::Known(notice.reason), notice.attribute.clone());
        if recorded.len() < MAX_RECORDED && !recorded.contains(&refusal) {
            recorded.push(refusal);
        }
    }
    recorded
}

/// The line about a decision, if it is one for the ledger.
pub(super) fn event(
    context: &UserContext<'_>,
    before: Option<&User>,
    decision: &Result<UserDecision, Refusal>,
) -> Option<Event> {
    let line = |user: Option<UserId>, outcome, notices: Vec<Notice>, body| Event {
        site: context.site.id,
        revision: 0,
        user,
        previous: user.map(|_| before.map_or(0, |before| before.last_event)),
        standing: None,
        at: context.now,
        caller: context.command.caller.clone(),
        on_behalf_of: context.command.on_behalf_of,
        outcome,
        notices,
        body,
        trace_id: context.command.trace_id.clone(),
        reason: context.command.reason.clone(),
    };
    match decision {
        Err(refusal) if refusal.reason.is_judgement() => {
            let notices = vec![Notice::from(refusal.clone())];
            let user = before.map(|user| user.id);
            Some(line(user, Outcome::Refused, notices, refused(context, before)))
        }
        Err(_) => None,
        // Nothing new was refused, or what is refused was written down before.
        Ok(decision)
            if !decision.changed
                && before.is_none_or(|user| {
                    user.recorded_refusals == decision.user.recorded_refusals
                }) =>
        {
            None
        }
        Ok(decision) => {
            let outcome = match (decision.changed, recorded_refusals(&decision.notices).is_empty())
            {
                (false, _) => Outcome::Refused,
                (true, true) => Outcome::Accepted,
                (true, false) => Outcome::PartlyAccepted,
            };
            let body = body(context, before, decision);
            let after = Some(&decision.user).filter(|_| !decision.deleted);
            let standing = StandingChange::between(before, after);
            let notices = decision.notices.clone();
            Some(Event { standing, ..line(Some(decision.user.id), outcome, notices, body) })
        }
    }
}

/// The body about something that was refused as a whole.
fn refused(context: &UserContext<'_>, before: Option<&User>) -> EventBody {
    let asked = asked(context.action);
    match context.action {
        Action::DeleteUser { .. } => EventBody::UserDeleted { asked, before: None },
        Action::CreateUser(_) => EventBody::UserCreated { asked, after: None },
        Action::RegisterSignIn(_) if before.is_none() => {
            EventBody::UserCreated { asked, after: None }
        }
        Action::ChangeUser { .. }
        | Action::RegisterSignIn(_)
        | Action::Batch(_)
        | Action::CreateSite { .. }
        | Action::DeleteSite
        | Action::UpdateSettings(_)
        | Action::CreateConnection { .. }
        | Action::UpdateConnection(_)
        | Action::DeleteConnection { .. }
        | Action::CreateToken(_)
        | Action::RevokeToken { .. }
        | Action::RevealToken { .. }
        | Action::Group(_)
        | Action::Access(_)
        | Action::Session(_) => EventBody::UserChanged { asked, before: None, after: None },
    }
}

/// The body about something that was decided. A deletion that the policy turned into a
/// deactivation is a change.
fn body(context: &UserContext<'_>, before: Option<&User>, decision: &UserDecision) -> EventBody {
    let asked = asked(context.action);
    let UserDecision { user, changed, deleted, .. } = decision;
    match before {
        None => EventBody::UserCreated { asked, after: Some(Box::new(UserSnapshot::of(user))) },
        Some(before) if *deleted => {
            EventBody::UserDeleted { asked, before: Some(Box::new(UserSnapshot::of(before))) }
        }
        Some(before) => {
            let shown = changed.then(|| UserSnapshot::of_change(before, user));
            let (before, after) = shown.unzip();
            EventBody::UserChanged {
                asked,
                before: before.map(Box::new),
                after: after.map(Box::new),
            }
        }
    }
}

fn asked(action: &Action) -> Vec<Asked> {
    match action {
        Action::ChangeUser { changes, .. } => of_changes(changes),
        Action::CreateUser(_) => vec![Asked::Create],
        Action::RegisterSignIn(_) => vec![Asked::SignIn],
        Action::DeleteUser { .. } => vec![Asked::Delete],
        Action::Batch(_)
        | Action::CreateSite { .. }
        | Action::DeleteSite
        | Action::UpdateSettings(_)
        | Action::CreateConnection { .. }
        | Action::UpdateConnection(_)
        | Action::DeleteConnection { .. }
        | Action::CreateToken(_)
        | Action::RevokeToken { .. }
        | Action::RevealToken { .. }
        | Action::Group(_)
        | Action::Access(_)
        | Action::Session(_) => Vec::new(),
    }
}

fn of_changes(changes: &[Change]) -> Vec<Asked> {
    let mut asked: Vec<_> = changes.iter().map(Asked::from).collect();
    asked.dedup();
    asked
}
