//! What the ledger is told of a decision, and what it was told before and need not hear again.

use super::{
    Answer, Ask, Case, Change, Event, EventKind, Notice, Outcome, Picture, Portrait, Refusal,
    Unmet, User, Verb,
};

/// What of the notices tells of something asked and not done.
pub(super) fn unmet(notices: &[Notice]) -> Vec<Unmet> {
    let unmet = notices.iter().filter(|notice| notice.reason.is_recorded());
    unmet.map(|notice| Unmet(notice.reason, notice.attribute.clone())).collect()
}

/// The line about a decision, if it is one for the ledger.
pub(super) fn event(
    case: &Case<'_>,
    before: Option<&User>,
    ask: &Ask,
    answer: &Result<Answer, Refusal>,
) -> Option<Event> {
    let (kind, asked) = match &ask.verb {
        Verb::Change(changes) => (EventKind::UserChanged, words(changes)),
        Verb::Create(_) => (EventKind::UserCreated, vec!["create"]),
        Verb::SignIn(_) if before.is_none() => (EventKind::UserCreated, vec!["sign_in"]),
        Verb::SignIn(_) => (EventKind::UserChanged, vec!["sign_in"]),
        Verb::Delete => (EventKind::UserDeleted, vec!["delete"]),
    };
    let line = |user, kind, outcome, notices: &[Notice], pictures: Portraits| Event {
        site: case.site.id,
        revision: 0,
        user,
        at: case.now,
        caller: ask.caller.clone(),
        kind,
        outcome,
        asked: asked.clone(),
        notices: notices.to_vec(),
        before: pictures.0.map(Picture::User),
        after: pictures.1.map(Picture::User),
        trace_id: ask.trace_id.clone(),
    };
    match answer {
        Err(refusal) if refusal.reason.is_judgement() => {
            let notices = [Notice::from(refusal.clone())];
            let user = before.map(|user| user.id);
            Some(line(user, kind, Outcome::Refused, &notices, (None, None)))
        }
        Err(_) => None,
        // Nothing new was refused, or what is refused was written down before.
        Ok(answer)
            if !answer.changed && before.is_none_or(|user| user.unmet == answer.user.unmet) =>
        {
            None
        }
        Ok(answer) => {
            let outcome = match (answer.changed, unmet(&answer.notices).is_empty()) {
                (false, _) => Outcome::Refused,
                (true, true) => Outcome::Accepted,
                (true, false) => Outcome::PartlyAccepted,
            };
            // A deletion that the policy turned into a deactivation is a change.
            let kind = match kind {
                EventKind::UserDeleted if !answer.deleted => EventKind::UserChanged,
                other => other,
            };
            let pictures = pictures(before, answer);
            Some(line(Some(answer.user.id), kind, outcome, &answer.notices, pictures))
        }
    }
}

/// What was, and what is.
type Portraits = (Option<Portrait>, Option<Portrait>);

fn pictures(before: Option<&User>, answer: &Answer) -> Portraits {
    match before {
        _ if !answer.changed => (None, None),
        Some(before) if answer.deleted => (Some(Portrait::of(before)), None),
        Some(before) => (
            Some(Portrait::of_difference(before, &answer.user)),
            Some(Portrait::of_difference(&answer.user, before)),
        ),
        None => (None, Some(Portrait::of(&answer.user))),
    }
}

fn words(changes: &[Change]) -> Vec<&'static str> {
    let mut words: Vec<_> = changes.iter().map(Change::word).collect();
    words.dedup();
    words
}
