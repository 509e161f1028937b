//! How much there is to tell of what an event shows.

use super::court::*;
use crate::{
    AssertionName, Caller, Change, ConnectionName, ConnectionPolicy, ConnectionSnapshot, EventBody,
    ExternalId, GrantSnapshot, GroupId, GroupName, GroupSnapshot, Outcome, Permission, Reason,
    RecordedEvent, RecordedNotice, RecordedOutcome, RecordedReason, Role, ServiceName,
    ServiceSnapshot, Subject, UnreadDocument, User, UserSnapshot,
};

fn named(bytes: usize) -> Box<UserSnapshot> {
    let user_name = Some("x".repeat(bytes));
    Box::new(UserSnapshot { user_name, ..UserSnapshot::default() })
}

fn unknown(bytes: usize) -> EventBody {
    let document = UnreadDocument("x".repeat(bytes));
    EventBody::Unknown { kind: "user_merged".to_owned(), version: 1, document }
}

/// Who reads a ledger is told of so many events at once as have room, so none may be told with more than it
/// counts.
#[test]
fn all_that_is_shown_of_a_user_counts() {
    let nothing = UserSnapshot::default;
    let some = |text: &str| Some(text.to_owned());
    for (shown, size) in [
        (nothing(), 0),
        (UserSnapshot { user_name: some("ada"), ..nothing() }, 3),
        (UserSnapshot { external_id: some("Ext-1"), ..nothing() }, 5),
        (UserSnapshot { subject: some("sub-01"), ..nothing() }, 6),
        // Its name, and the operator whose it is.
        (UserSnapshot { holds: Some(vec![hold("legal"), hold("hr")]), ..nothing() }, 13 + 10),
        (
            UserSnapshot {
                attributes: [
                    (attribute_name("title"), Some(text("Countess"))),
                    (attribute_name("locale"), None),
                ]
                .into(),
                ..nothing()
            },
            13 + 6,
        ),
        (UserSnapshot { user_name: some("ada"), external_id: some("Ext-1"), ..nothing() }, 8),
    ] {
        assert_eq!(shown.size(), size, "{shown:?}");
    }
}

#[test]
fn all_that_is_known_of_a_user_counts() {
    let title = Change::SetAttribute(attribute_name("title"), Some(text("Countess")));
    let answer = Court::default().change(&Caller::Operator, &user(), vec![title]).accepted();
    let held = User {
        external_id: ExternalId::parse("Ext-1").unwrap(),
        subject: Subject::parse("sub-01").unwrap(),
        ..held_by(answer.user, &["legal"])
    };
    assert_eq!(user().size(), "ada@example.com".len());
    assert_eq!(held.size(), 15 + 5 + 6 + (5 + 8) + 13);
}

#[test]
fn all_that_an_event_shows_counts() {
    let asked = Vec::new;
    let policy = |protected: &[&str], assertion: &str| ConnectionPolicy {
        protected: protected.iter().map(|name| (*name).to_owned()).collect(),
        user_name_assertion: AssertionName::parse(assertion).unwrap(),
        ..ConnectionPolicy::default()
    };
    let group = |name: &str, external_id: &str| GroupSnapshot {
        version: 1,
        display_name: Some(GroupName::parse(name).unwrap()),
        external_id: Some(external_id.to_owned()),
    };
    let of = GroupId(id(5).0);
    let grant = |permissions: &[Permission]| GrantSnapshot {
        site: None,
        permissions: permissions.iter().copied().collect(),
        highest_role: Role::Registered,
    };
    let service = ServiceName::parse("billing").unwrap();
    let grants = vec![grant(&[Permission::ReadUsers, Permission::CreateUsers]), grant(&[])];
    let connection = ConnectionName::parse("okta").unwrap();
    for (body, size) in [
        (EventBody::UserCreated { asked: asked(), after: Some(named(3)) }, 3),
        (EventBody::UserCreated { asked: asked(), after: None }, 0),
        (
            EventBody::UserChanged {
                asked: asked(),
                before: Some(named(3)),
                after: Some(named(5)),
            },
            8,
        ),
        (EventBody::UserDeleted { asked: asked(), before: Some(named(3)) }, 3),
        (
            EventBody::SettingsChanged {
                before: policy(&["ada", "bob"], "NameID"),
                after: policy(&["eve"], "email"),
            },
            12 + 8,
        ),
        (EventBody::SiteCreated { after: policy(&["ada"], "sub") }, 6),
        (EventBody::SiteDeleted { before: policy(&["ada"], "sub") }, 6),
        (EventBody::ConnectionCreated { after: ConnectionSnapshot { connection } }, 0),
        (EventBody::ServiceDeleted { before: ServiceSnapshot { service, grants } }, 10 + 12),
        (
            EventBody::GroupCreated {
                group: of,
                after: group("Guides", "g-1"),
                added: vec![id(1), id(2)],
            },
            9 + 80,
        ),
        (
            EventBody::GroupChanged {
                group: of,
                before: group("Guides", "g-1"),
                after: group("Tour Guides", ""),
                added: vec![id(1)],
                removed: vec![id(2), id(3)],
            },
            9 + 11 + 40 + 80,
        ),
        (EventBody::GroupDeleted { group: of, before: group("Guides", "") }, 6),
        (unknown(30), 30),
    ] {
        assert_eq!(body.size(), size, "{body:?}");
    }
}

#[test]
fn sentences_beside_an_event_count_as_well() {
    let notice = |message: &str| RecordedNotice {
        reason: RecordedReason::Known(Reason::HoldNotOwned),
        attribute: "holds".to_owned(),
        message: message.to_owned(),
    };
    let event = |notices, reason: Option<&str>| RecordedEvent {
        site: SITE,
        revision: 1,
        user: None,
        at: BEFORE,
        caller: "operator".to_owned(),
        on_behalf_of: None,
        outcome: RecordedOutcome::Known(Outcome::Accepted),
        notices,
        body: unknown(30),
        trace_id: None,
        reason: reason.map(str::to_owned),
    };
    assert_eq!(event(vec![], None).size(), 30);
    assert_eq!(event(vec![notice("four"), notice("three")], Some("why")).size(), 4 + 5 + 3 + 30);
}
