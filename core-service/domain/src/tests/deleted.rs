//! Law 9: whom the directory deleted is gone for the directory alone, and comes back as who they
//! were.

use super::court::*;
use crate::{
    Action, Caller, Change, ConnectionPolicy, Creation, CreationPolicy, DeletionPolicy,
    DirectoryStatus, ExternalId, Outcome, Profile, Reason, RefusalPolicy, Replacement, Role,
    SignIn, User, UserScope,
};

fn deleted() -> User {
    User { directory_status: DirectoryStatus::Deleted, ..user() }
}

fn creating(user_name: &str, changes: Vec<Change>) -> Action {
    Action::CreateUser(Creation { user_name: name(user_name), changes })
}

#[test]
fn callers_of_the_directory_do_not_see_whom_it_deleted() {
    assert_eq!((okta().scope(), Caller::Operator.scope()), (UserScope::NotDeleted, UserScope::All));
    let inactive = User { directory_status: DirectoryStatus::Inactive, ..user() };
    for scope in [UserScope::All, UserScope::NotDeleted] {
        assert!(scope.shows(&user()) && scope.shows(&inactive));
        assert_eq!(scope.shows(&deleted()), scope == UserScope::All);
    }
}

#[test]
fn the_directory_does_not_find_whom_it_deleted() {
    for deletion in [DeletionPolicy::Refuse, DeletionPolicy::Deactivate, DeletionPolicy::Delete] {
        let policy = ConnectionPolicy { deletion, ..open_policy(RefusalPolicy::Notice) };
        for action in [changing(vec![set_active(true)]), deleting()] {
            let verdict =
                Court::with(policy.clone()).decide(Some(&deleted()), &ask(&okta(), action));
            assert_eq!(verdict.event, None);
            assert_eq!(verdict.refused().reason, Reason::UserNotFound, "{deletion:?}");
        }
    }
    let court = Court::default();
    let titled = court.change(&Caller::Operator, &deleted(), vec![set_title("x")]).accepted().user;
    assert_eq!(titled.directory_status, DirectoryStatus::Deleted);
    assert!(court.delete(&Caller::Operator, &deleted()).accepted().deleted);
}

/// Neither sign-in nor operator undoes what the directory says, as for a deactivated user.
#[test]
fn who_was_deleted_stays_out_until_the_directory_takes_it_back() {
    let sign_in =
        SignIn { user_name: name("ada@example.com"), subject: None, profile: Profile::default() };
    let action = Action::RegisterSignIn(sign_in);
    let verdict = Court::default().decide(Some(&deleted()), &ask(&Caller::Operator, action));
    let answer = verdict.accepted();
    assert!(!answer.created && !answer.user.is_active());
    let activated = Court::default().change(&Caller::Operator, &deleted(), vec![Change::Activate]);
    let answer = activated.accepted();
    assert_eq!(answer.user.directory_status, DirectoryStatus::Deleted);
    assert_eq!(answer.told(), [(Reason::DirectoryInactive, "active")]);
    assert!(answer.notices[0].message.contains("deleted the user"), "{:?}", answer.notices);
    let off = ConnectionPolicy { enabled: false, ..ConnectionPolicy::default() };
    let activated = Court::with(off).change(&Caller::Operator, &deleted(), vec![Change::Activate]);
    assert!(activated.accepted().user.is_active(), "no directory could say so");
}

#[test]
fn a_creation_brings_back_who_was_deleted_whatever_the_policy() {
    for (creation, refusals) in [
        (CreationPolicy::Refuse, RefusalPolicy::Notice),
        (CreationPolicy::Create, RefusalPolicy::Reject),
    ] {
        let court =
            Court::with(ConnectionPolicy { creation, refusals, ..ConnectionPolicy::default() });
        let mut before = User { role: Role::Moderator, ..deleted() };
        std::sync::Arc::make_mut(&mut before.profile)
            .set(&attribute_name("title"), Some(text("Analyst")));
        let asked = vec![replace(None, None), set_text("display_name", Some("Ada"))];
        let verdict =
            court.decide(Some(&before), &ask(&okta(), creating("ADA@example.com", asked)));
        let event = verdict.event.as_ref().unwrap();
        assert_eq!((event.body.kind(), event.outcome), ("user_changed", Outcome::Accepted));
        let answer = verdict.accepted();
        assert!(answer.created && answer.changed);
        let back = answer.user;
        assert_eq!((back.id, back.version), (before.id, before.version + 1));
        assert_eq!((back.user_name.as_str(), back.is_active()), ("ADA@example.com", true));
        assert_eq!(back.role, Role::Moderator, "the role is not the directory's alone");
        assert_eq!((title(&back), back.profile.text("display_name")), (None, Some("Ada")));
    }
}

#[test]
fn who_comes_back_obeys_the_rules_of_a_change() {
    let court = Court::default();
    let create = |before: &User, asked| {
        court.decide(Some(before), &ask(&okta(), creating("ada@example.com", asked)))
    };
    let inactive = create(&deleted(), vec![replace(Some(false), None)]).accepted();
    assert_eq!(inactive.user.directory_status, DirectoryStatus::Inactive);
    let held = create(&held_by(deleted(), &["legal"]), vec![replace(None, None)]).accepted();
    assert!(!held.user.is_active());
    assert_eq!(held.told(), [(Reason::HoldInForce, "active")]);
    let promoted = create(&deleted(), vec![replace(None, Some(Role::Admin))]).accepted();
    assert_eq!(promoted.user.role, Role::Registered);
    assert_eq!(promoted.told(), [(Reason::AdminPromotionClosed, "role")]);
    let protected = vec!["ada@example.com".to_owned()];
    let court = Court::with(ConnectionPolicy { protected, ..ConnectionPolicy::default() });
    let action = creating("ada@example.com", vec![]);
    let refusal = court.decide(Some(&deleted()), &ask(&okta(), action)).refused();
    assert_eq!(refusal.reason, Reason::UserProtected);
}

/// Law 13: a name that is given to somebody else doesn't bring them a leaver's account.
#[test]
fn another_person_does_not_come_back_as_who_was_deleted() {
    let court = Court::default();
    let external = |text: &str| ExternalId::parse(text).unwrap();
    for (known, asked, comes_back) in
        [("X-1", "X-2", false), ("X-1", "X-1", true), ("X-1", "", true), ("", "X-2", true)]
    {
        let before = User { external_id: external(known), ..deleted() };
        let replacement = Replacement { external_id: external(asked), ..Replacement::default() };
        let asked = vec![Change::Replace(Box::new(replacement))];
        let verdict =
            court.decide(Some(&before), &ask(&okta(), creating("ada@example.com", asked)));
        if comes_back {
            assert!(verdict.accepted().created, "{before:?}");
        } else {
            let refusal = verdict.refused();
            assert_eq!(refusal.reason, Reason::UserNameTaken);
            assert!(refusal.message.contains("another external id"), "{refusal}");
        }
    }
}

#[test]
fn the_operator_creates_nobody_of_the_name_of_who_was_deleted() {
    let court = Court::default();
    let action = creating("ada@example.com", vec![]);
    let refusal = court.decide(Some(&deleted()), &ask(&Caller::Operator, action)).refused();
    assert_eq!(refusal.reason, Reason::UserNameTaken);
}
