//! A creation of somebody whom the site has already, where the site has it linked: a change of that user,
//! under the same law, and never of another person.

use super::court::*;
use crate::{
    Action, Caller, Change, Command, ConnectionPolicy, Creation, CreationPolicy, DirectoryStatus,
    ExpectedVersion, ExternalId, KnownUserPolicy, Outcome, Reason, RefusalPolicy, Replacement,
    Role, StatusAuthority, User,
};
use std::sync::Arc;

fn linking(policy: ConnectionPolicy) -> Court {
    Court::with(ConnectionPolicy { known_users: KnownUserPolicy::Link, ..policy })
}

fn creating(changes: Vec<Change>) -> Action {
    Action::CreateUser(Creation { user_name: name("ADA@example.com"), changes })
}

fn external(text: &str) -> Option<ExternalId> {
    ExternalId::parse(text).unwrap()
}

fn known_as(text: &str) -> User {
    User { external_id: external(text), ..user() }
}

fn whole(external_id: Option<ExternalId>) -> Vec<Change> {
    let replacement = Replacement { external_id, ..Replacement::default() };
    vec![Change::Replace(Box::new(replacement)), set_text("display_name", Some("Ada"))]
}

#[test]
fn a_site_links_only_where_it_says_so_and_only_for_connections() {
    for creation in [CreationPolicy::Refuse, CreationPolicy::Create] {
        let court = Court::with(ConnectionPolicy { creation, ..ConnectionPolicy::default() });
        let command = ask(&okta(), creating(whole(None)));
        let verdict = court.decide(Some(&user()), &command);
        assert_eq!(verdict.refused().reason, Reason::UserNameTaken);
    }
    let court = linking(ConnectionPolicy::default());
    let command = ask(&Caller::Operator, creating(whole(None)));
    let verdict = court.decide(Some(&user()), &command);
    assert_eq!(verdict.refused().reason, Reason::UserNameTaken);
    // Nobody is created where nobody is: linking is no creation.
    let refused = court.create(&okta(), "grace@example.com", vec![]).refused();
    assert_eq!(refused.reason, Reason::CreationRefused);
}

#[test]
fn what_a_creation_says_is_applied_as_a_whole() {
    let court = linking(ConnectionPolicy::default());
    let mut before = User { directory_status: DirectoryStatus::Inactive, ..user() };
    Arc::make_mut(&mut before.profile).set(&attribute_name("title"), Some(text("Analyst")));
    let verdict = court.decide(Some(&before), &ask(&okta(), creating(whole(external("X-1")))));
    let event = verdict.event.as_ref().unwrap();
    assert_eq!((event.body.kind(), event.outcome), ("user_changed", Outcome::Accepted));
    let answer = verdict.accepted();
    assert_eq!((answer.created, answer.changed), (false, true));
    assert_eq!(answer.told(), [(Reason::UserLinked, "user_name")]);
    let linked = answer.user;
    assert_eq!((linked.id, linked.version, linked.is_active()), (before.id, 4, true));
    assert_eq!((linked.user_name.as_str(), title(&linked)), ("ADA@example.com", None));
    assert_eq!(
        (linked.external_id.clone(), linked.profile.text("display_name")),
        (external("X-1"), Some("Ada"))
    );
    // Once more, it changes nothing and leaves no line in the ledger.
    let again = court.decide(Some(&linked), &ask(&okta(), creating(whole(external("X-1")))));
    assert!(again.event.is_none());
    let again = again.accepted();
    assert_eq!((again.changed, again.user.version), (false, 4));
    assert_eq!(again.told(), [(Reason::UserLinked, "user_name")]);
}

#[test]
fn another_person_does_not_come_to_the_account() {
    let court = linking(ConnectionPolicy::default());
    let link = |before: &User, id| {
        court.decide(Some(before), &ask(&okta(), creating(whole(external(id)))))
    };
    let refusal = link(&known_as("X-1"), "X-2").refused();
    assert_eq!((refusal.reason, &*refusal.attribute), (Reason::UserNameTaken, "user_name"));
    assert!(refusal.message.contains("another external id"), "{refusal}");
    // With regard to case, as external ids compare.
    assert_eq!(link(&known_as("X-1"), "x-1").refused().reason, Reason::UserNameTaken);
    assert_eq!(link(&known_as("X-1"), "X-1").accepted().user.external_id, external("X-1"));
    assert_eq!(link(&user(), "X-2").accepted().user.external_id, external("X-2"));
    // Who says none doesn't take it away.
    assert_eq!(link(&known_as("X-1"), "").accepted().user.external_id, external("X-1"));
}

#[test]
fn the_rules_of_a_change_hold() {
    let link = |court: &Court, before: &User, asked| {
        court.decide(Some(before), &ask(&okta(), creating(asked)))
    };
    let court = linking(ConnectionPolicy::default());
    let held = link(&court, &held_by(user(), &["legal"]), whole(None)).accepted();
    assert!(!held.user.is_active());
    let told = [(Reason::UserLinked, "user_name"), (Reason::HoldInForce, "active")];
    assert_eq!(held.told(), told);
    let promoted = link(&court, &user(), vec![replace(None, Some(Role::Admin))]).accepted();
    assert_eq!(promoted.user.role, Role::Registered);
    let told = [(Reason::UserLinked, "user_name"), (Reason::AdminPromotionClosed, "role")];
    assert_eq!(promoted.told(), told);
    let inactive = User { directory_status: DirectoryStatus::Inactive, ..user() };
    let stays = link(&court, &inactive, vec![replace(Some(false), None)]).accepted();
    assert_eq!(stays.user.directory_status, DirectoryStatus::Inactive);
    assert_eq!(stays.told(), [(Reason::UserLinked, "user_name")]);

    let last = Court { other_active_admins: 0, ..linking(open_policy(RefusalPolicy::Notice)) };
    let admin = with_role(Role::Admin);
    let demoted =
        link(&last, &admin, vec![replace(Some(false), Some(Role::Registered))]).accepted();
    assert!(demoted.user.is_active_admin());

    let local = ConnectionPolicy {
        status_authority: StatusAuthority::Local,
        ..ConnectionPolicy::default()
    };
    let local = linking(local);
    let answer = link(&local, &inactive, whole(None)).accepted();
    assert!(!answer.user.is_active());
    assert_eq!(answer.told(), [(Reason::UserLinked, "user_name")], "nobody spoke of the status");
    let answer = link(&local, &inactive, vec![replace(Some(true), None)]).accepted();
    assert!(!answer.user.is_active());
    let told = [(Reason::UserLinked, "user_name"), (Reason::StatusNotInCharge, "active")];
    assert_eq!(answer.told(), told);

    let protected = vec!["ada@example.com".to_owned()];
    let court = linking(ConnectionPolicy { protected, ..ConnectionPolicy::default() });
    let answer = link(&court, &user(), whole(None)).accepted();
    assert!(!answer.changed && answer.told().contains(&(Reason::UserProtected, "")));
    assert_eq!((answer.user.version, answer.user.profile), (3, user().profile));
}

#[test]
fn a_refused_part_refuses_all_where_the_site_says_so() {
    let policy =
        ConnectionPolicy { refusals: RefusalPolicy::Reject, ..ConnectionPolicy::default() };
    let asked = vec![replace(None, Some(Role::Moderator))];
    let verdict = linking(policy).decide(Some(&user()), &ask(&okta(), creating(asked)));
    assert_eq!(verdict.refused().reason, Reason::ModeratorPromotionClosed);
}

#[test]
fn an_expected_version_is_that_of_who_is_there() {
    let court = linking(ConnectionPolicy::default());
    for (version, good) in [(0, false), (2, false), (3, true)] {
        let expected = ExpectedVersion { any_of: vec![version], none_of: vec![] };
        let command =
            Command { expected_version: Some(expected), ..ask(&okta(), creating(whole(None))) };
        let verdict = court.decide(Some(&user()), &command);
        assert_eq!(verdict.answer.is_ok(), good, "{version}");
    }
}
