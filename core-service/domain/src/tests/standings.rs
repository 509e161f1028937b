//! What an event changes of the standing of those who are more than Registered.

use super::court::*;
use crate::{
    Caller, Change, ConnectionPolicy, DirectoryStatus, EventBody, Outcome, RecordedEvent,
    RecordedOutcome, Role, Standing, StandingChange, User, UserSnapshot,
};

const fn stands(role: Role, active: bool) -> Standing {
    Standing { role, active }
}

#[test]
fn a_change_of_standing_is_told_as_far_as_it_matters() {
    use Role::{Admin, Moderator, Registered};
    for (was, is, role, active) in [
        (stands(Registered, false), stands(Registered, true), None, None),
        (stands(Moderator, true), stands(Moderator, true), None, None),
        (stands(Registered, true), stands(Moderator, true), Some(Moderator), Some(true)),
        (stands(Registered, false), stands(Moderator, false), Some(Moderator), Some(false)),
        (stands(Moderator, true), stands(Moderator, false), None, Some(false)),
        (stands(Moderator, true), stands(Admin, true), Some(Admin), None),
        (stands(Moderator, true), stands(Registered, false), Some(Registered), None),
        (stands(Admin, true), stands(Registered, true), Some(Registered), None),
    ] {
        let told = StandingChange::from_to(was, is, "ada");
        let any = role.is_some() || active.is_some();
        let expected = any.then(|| StandingChange { user_name: "ada".to_owned(), role, active });
        assert_eq!(told, expected, "{was:?} {is:?}");
    }
}

/// What was told of somebody, event by event, is where they stand.
#[test]
fn events_lead_to_a_standing() {
    let shown =
        |role, active| Some(Box::new(UserSnapshot { active, role, ..UserSnapshot::default() }));
    let changed = |role, active| EventBody::UserChanged {
        asked: vec![],
        before: None,
        after: shown(role, active),
    };
    let was = stands(Role::Moderator, true);
    let nobody = Standing::NONE;
    for (body, is) in [
        (
            EventBody::UserCreated { asked: vec![], after: shown(Some(Role::Admin), Some(false)) },
            stands(Role::Admin, false),
        ),
        (changed(None, Some(false)), stands(Role::Moderator, false)),
        (changed(Some(Role::Admin), None), stands(Role::Admin, true)),
        (EventBody::UserChanged { asked: vec![], before: shown(None, None), after: None }, was),
        (EventBody::UserDeleted { asked: vec![], before: shown(None, None) }, nobody),
        // It was refused.
        (EventBody::UserDeleted { asked: vec![], before: None }, was),
    ] {
        assert_eq!(was.behind(&body), is, "{body:?}");
    }
    assert_eq!(nobody, stands(Role::Registered, false));
}

#[test]
fn a_decision_says_what_it_changes_of_a_standing() {
    let court = Court::default();
    let change = |user: &User, change| {
        court.change(&Caller::Operator, user, vec![change]).event.unwrap().standing
    };
    let told = |role, active| {
        Some(StandingChange { user_name: "ada@example.com".to_owned(), role, active })
    };
    let moderator = with_role(Role::Moderator);
    let away = User { directory_status: DirectoryStatus::Inactive, ..user() };
    for (before, asked, expected) in [
        (user(), set_active(false), None),
        (user(), set_title("Countess"), None),
        (moderator.clone(), set_title("Countess"), None),
        (moderator.clone(), place("legal"), told(None, Some(false))),
        (user(), Change::SetRole(Role::Admin), told(Some(Role::Admin), Some(true))),
        (away, Change::SetRole(Role::Moderator), told(Some(Role::Moderator), Some(false))),
        (moderator.clone(), Change::SetRole(Role::Registered), told(Some(Role::Registered), None)),
    ] {
        assert_eq!(change(&before, asked.clone()), expected, "{asked:?}");
    }
    let deleted = court.delete(&Caller::Operator, &moderator).event.unwrap().standing;
    assert_eq!(deleted, told(Some(Role::Registered), None));
}

#[test]
fn an_event_says_whether_its_user_is_active_since_then() {
    let shown = |active| Some(Box::new(UserSnapshot { active, ..UserSnapshot::default() }));
    let changed = |after| EventBody::UserChanged { asked: vec![], before: shown(None), after };
    let deleted = |before| EventBody::UserDeleted { asked: vec![], before };
    for (body, active) in [
        (EventBody::UserCreated { asked: vec![], after: shown(Some(true)) }, Some(true)),
        (changed(shown(Some(false))), Some(false)),
        (changed(shown(None)), None),
        (changed(None), None),
        (deleted(shown(Some(true))), Some(false)),
        (deleted(None), None),
        (EventBody::SiteCreated { after: ConnectionPolicy::default() }, None),
    ] {
        let event = RecordedEvent {
            site: SITE,
            revision: 1,
            user: Some(id(1)),
            at: BEFORE,
            caller: "operator".to_owned(),
            on_behalf_of: None,
            outcome: RecordedOutcome::Known(Outcome::Accepted),
            notices: vec![],
            body,
            trace_id: None,
            reason: None,
        };
        assert_eq!(event.leaves_active(), active, "{:?}", event.body);
    }
}
