//! Law 5, 8 and 9: break-glass accounts, walls between sites, the policies of creation and
//! deletion, and versions.

use super::court::*;
use crate::{
    Action, Caller, Change, Command, ConnectionPolicy, ConnectionSettings, CreationPolicy,
    DeletionPolicy, DirectoryStatus, ExpectedVersion, Notice, Outcome, Profile, Reason,
    RecordedReason, RecordedRefusal, RefusalPolicy, Role, SignIn, SiteId, User,
};

fn protecting(refusals: RefusalPolicy) -> Court {
    Court::with(ConnectionPolicy {
        creation: CreationPolicy::Create,
        deletion: DeletionPolicy::Delete,
        // Not as the user is written: names compare without case.
        protected: vec!["ADA@Example.com".to_owned(), "glass@example.com".to_owned()],
        ..open_policy(refusals)
    })
}

#[test]
fn a_protected_user_is_closed_to_connections() {
    for change in [
        Change::SetRole(Role::Moderator),
        set_active(false),
        set_title("Countess"),
        replace(Some(false), None),
        Change::SetUserName(name("open@example.com")),
    ] {
        let verdict =
            protecting(RefusalPolicy::Notice).change(&okta(), &user(), vec![change.clone()]);
        let event = verdict.event.as_ref().unwrap();
        assert_eq!(event.outcome, Outcome::Refused, "{change:?}");
        let answer = verdict.accepted();
        let refused = User {
            recorded_refusals: vec![recorded_refusals(Reason::UserProtected, "")],
            ..user()
        };
        assert_eq!((answer.changed, &answer.user), (false, &refused), "{change:?}");
        assert_eq!(answer.told(), [(Reason::UserProtected, "")], "{change:?}");
        let strict = protecting(RefusalPolicy::Reject).change(&okta(), &user(), vec![change]);
        assert_eq!(strict.refused().reason, Reason::UserProtected);
    }
    let deletion = protecting(RefusalPolicy::Notice).delete(&okta(), &user());
    assert_eq!(deletion.refused().reason, Reason::UserProtected);
}

#[test]
fn a_protected_user_may_be_read_and_said_again() {
    let same = vec![set_active(true), Change::SetRole(Role::Registered)];
    let verdict = protecting(RefusalPolicy::Reject).change(&okta(), &user(), same);
    assert_eq!(verdict.event, None);
    assert_eq!(verdict.accepted().told(), []);
}

#[test]
fn nobody_is_made_a_protected_user_by_a_connection() {
    let other = User { user_name: name("eve@example.com"), ..user() };
    let rename = Change::SetUserName(name("Glass@example.com"));
    let court = protecting(RefusalPolicy::Notice);
    let answer = court.change(&okta(), &other, vec![rename.clone(), set_title("x")]).accepted();
    let refused = User {
        recorded_refusals: vec![recorded_refusals(Reason::UserProtected, "")],
        ..other.clone()
    };
    assert_eq!((answer.changed, &answer.user), (false, &refused));
    assert_eq!(answer.told(), [(Reason::UserProtected, "")]);
    // The sentence names the account that is protected, not the one that is not.
    let message = &answer.notices[0].message;
    assert!(message.starts_with("Glass@example.com is"), "{message}");
    let creation = court.create(&okta(), "GLASS@example.com", vec![]);
    assert_eq!(creation.refused().reason, Reason::UserProtected);
}

#[test]
fn the_operator_is_not_bound_by_protection() {
    let court = protecting(RefusalPolicy::Reject);
    let operator = Caller::Operator;
    assert!(court.change(&operator, &user(), vec![set_active(false)]).accepted().changed);
    assert!(court.delete(&operator, &user()).accepted().deleted);
    assert!(court.create(&operator, "glass@example.com", vec![]).accepted().created);
}

#[test]
fn connections_create_only_where_the_policy_says_so() {
    for (creation, caller, refused) in [
        (CreationPolicy::Refuse, okta(), true),
        (CreationPolicy::Create, okta(), false),
        (CreationPolicy::Refuse, Caller::Operator, false),
        (CreationPolicy::Create, Caller::Operator, false),
    ] {
        let court = Court::with(ConnectionPolicy { creation, ..ConnectionPolicy::default() });
        let verdict = court.create(&caller, "eve", vec![set_title("x")]);
        let event = verdict.event.clone().unwrap();
        assert_eq!(event.body.kind(), "user_created");
        if refused {
            assert_eq!((event.outcome, event.user), (Outcome::Refused, None));
            assert_eq!(verdict.refused().reason, Reason::CreationRefused);
            continue;
        }
        assert_eq!((event.outcome, event.user), (Outcome::Accepted, Some(id(99))));
        let answer = verdict.accepted();
        assert!(answer.created && answer.changed && answer.user.is_active());
        assert_eq!((answer.user.version, answer.user.created_at), (1, NOW));
        assert_eq!((answer.user.role, title(&answer.user)), (Role::Registered, Some("x")));
    }
}

/// Also where creation is refused, because the identity provider then links the user.
#[test]
fn a_known_name_is_taken_whatever_the_policy() {
    for creation in [CreationPolicy::Refuse, CreationPolicy::Create] {
        for caller in callers() {
            let mut court =
                Court::with(ConnectionPolicy { creation, ..ConnectionPolicy::default() });
            court.taken = vec![name("Eve@Example.com")];
            let verdict = court.create(&caller, "eve@example.com", vec![]);
            assert_eq!(verdict.event, None, "not a decision of the law");
            let refusal = verdict.refused();
            assert_eq!(
                (refusal.reason, refusal.attribute.as_str()),
                (Reason::UserNameTaken, "user_name")
            );
        }
    }
}

#[test]
fn nobody_is_renamed_to_a_name_that_is_taken() {
    let mut court = Court::open(RefusalPolicy::Notice);
    court.taken = vec![name("Eve@Example.com")];
    for caller in callers() {
        let rename = vec![Change::SetUserName(name("EVE@example.com"))];
        let refusal = court.change(&caller, &user(), rename).refused();
        assert_eq!(refusal.reason, Reason::UserNameTaken);
        let own = vec![Change::SetUserName(name("ADA@example.com"))];
        let renamed = court.change(&caller, &user(), own).accepted().user;
        assert_eq!(renamed.user_name.as_str(), "ADA@example.com", "the own name in other letters");
    }
}

#[test]
fn a_deletion_does_what_the_policy_says() {
    for refusals in REFUSALS {
        let court = |deletion| {
            Court::with(ConnectionPolicy { deletion, refusals, ..ConnectionPolicy::default() })
        };
        let verdict = court(DeletionPolicy::Refuse).delete(&okta(), &user());
        assert_eq!(verdict.event.as_ref().unwrap().outcome, Outcome::Refused);
        assert_eq!(verdict.refused().reason, Reason::DeletionRefused);

        let verdict = court(DeletionPolicy::Deactivate).delete(&okta(), &user());
        assert_eq!(verdict.event.as_ref().unwrap().body.kind(), "user_changed");
        let answer = verdict.accepted();
        assert_eq!((answer.deleted, answer.changed), (false, true));
        assert_eq!(answer.user.directory_status, DirectoryStatus::Deleted);

        let verdict = court(DeletionPolicy::Delete).delete(&okta(), &user());
        let event = verdict.event.as_ref().unwrap();
        assert_eq!((event.body.kind(), shown_after(event)), ("user_deleted", None));
        assert!(verdict.accepted().deleted);

        for deletion in [DeletionPolicy::Refuse, DeletionPolicy::Deactivate] {
            let answer = court(deletion).delete(&Caller::Operator, &user()).accepted();
            assert!(answer.deleted, "the operator is not bound by the policy");
        }
    }
}

#[test]
fn an_unexpected_version_refuses_everything() {
    let verbs = [changing(vec![set_title("x")]), changing(vec![]), deleting()];
    for (verb, caller) in verbs.into_iter().zip([okta(), Caller::Operator, Caller::Operator]) {
        for (expected, refused) in [(2, true), (4, true), (3, false)] {
            let expected_version =
                Some(ExpectedVersion { any_of: vec![expected], none_of: vec![] });
            let ask = Command { expected_version, ..ask(&caller, verb.clone()) };
            let verdict = Court::default().decide(Some(&user()), &ask);
            if refused {
                assert_eq!(verdict.event, None);
                assert_eq!(verdict.refused().reason, Reason::VersionMismatch);
            } else {
                verdict.accepted();
            }
        }
    }
}

/// The user has version 3.
#[test]
fn any_of_the_expected_versions_will_do_and_none_of_the_others() {
    for (any_of, none_of, refused) in [
        (vec![2, 3, 4], vec![], false),
        (vec![2, 4], vec![], true),
        (vec![-1], vec![], true),
        (vec![], vec![2, 4], false),
        (vec![], vec![4, 3], true),
        (vec![3], vec![3], true),
    ] {
        let expected_version = Some(ExpectedVersion { any_of, none_of });
        let ask = Command { expected_version, ..ask(&okta(), changing(vec![set_title("x")])) };
        let verdict = Court::default().decide(Some(&user()), &ask);
        if refused {
            assert_eq!(verdict.refused().reason, Reason::VersionMismatch, "{ask:?}");
        } else {
            verdict.accepted();
        }
    }
}

#[test]
fn a_connection_is_heard_in_its_own_site_and_only_while_connections_are_on() {
    let sign_in = SignIn { user_name: name("eve"), subject: None, profile: Profile::default() };
    let verbs = [changing(vec![set_title("x")]), deleting(), Action::RegisterSignIn(sign_in)];
    for verb in verbs {
        let stranger = Caller::Connection {
            site: SiteId(8),
            name: "okta".to_owned(),
            settings: ConnectionSettings::USUAL,
        };
        let off = ConnectionPolicy { enabled: false, ..open_policy(RefusalPolicy::Notice) };
        for (caller, reason) in
            [(stranger, Reason::TokenInvalid), (okta(), Reason::ConnectionsDisabled)]
        {
            let verdict =
                Court::with(off.clone()).decide(Some(&user()), &ask(&caller, verb.clone()));
            assert_eq!(verdict.event, None);
            assert_eq!(verdict.refused().reason, reason);
        }
        Court::with(off).decide(Some(&user()), &ask(&Caller::Operator, verb)).accepted();
    }
}

#[test]
fn who_is_not_there_is_not_found() {
    for verb in [changing(vec![set_title("x")]), deleting()] {
        for caller in callers() {
            let verdict = Court::default().decide(None, &ask(&caller, verb.clone()));
            assert_eq!(verdict.event, None);
            assert_eq!(verdict.refused().reason, Reason::UserNotFound);
        }
    }
}

#[test]
fn only_sign_ins_of_the_operator_count() {
    let sign_in = |title: &str| {
        let profile =
            Profile { attributes: [(attribute_name("title"), text(title))].into_iter().collect() };
        Action::RegisterSignIn(SignIn {
            user_name: name("ada@example.com"),
            subject: None,
            profile,
        })
    };
    let court = Court::default();
    let by_connection = court.decide(None, &ask(&okta(), sign_in("x")));
    assert_eq!(by_connection.refused().reason, Reason::CallerNotPermitted);

    let first = court.decide(None, &ask(&Caller::Operator, sign_in("x"))).accepted();
    assert!(first.created && first.user.role == Role::Registered);
    let second = court.decide(Some(&first.user), &ask(&Caller::Operator, sign_in("x")));
    assert_eq!(second.event, None);
    let third = court.decide(Some(&first.user), &ask(&Caller::Operator, sign_in("y"))).accepted();
    assert_eq!((third.created, title(&third.user), third.user.version), (false, Some("y"), 2));
}

#[test]
fn what_could_not_be_expressed_is_told_each_time_and_recorded_once() {
    let notice = Notice {
        reason: Reason::AttributeNotKept,
        attribute: "shoeSize".to_owned(),
        message: "shoeSize is not kept here".to_owned(),
        metadata: Vec::new(),
    };
    let changes = vec![Change::Ignored(notice.clone())];
    for refusals in REFUSALS {
        let court = Court::open(refusals);
        let first = court.change(&okta(), &user(), changes.clone());
        let event = first.event.as_ref().unwrap();
        assert_eq!((event.outcome, &event.notices), (Outcome::Refused, &vec![notice.clone()]));
        let answer = first.accepted();
        assert_eq!((answer.changed, &answer.notices), (false, &vec![notice.clone()]));
        let again = court.change(&okta(), &answer.user, changes.clone());
        assert_eq!(again.event, None);
        assert_eq!(again.accepted().notices, vec![notice.clone()]);
    }
}

#[test]
fn a_role_that_does_not_exist_is_refused_where_refusals_are_errors() {
    let notice = Notice {
        reason: Reason::RoleUnknown,
        attribute: "userType".to_owned(),
        message: "there is no role Boss".to_owned(),
        metadata: Vec::new(),
    };
    let changes = vec![set_title("x"), Change::Ignored(notice.clone())];
    let lenient = Court::open(RefusalPolicy::Notice).change(&okta(), &user(), changes.clone());
    let answer = lenient.accepted();
    assert_eq!((answer.changed, answer.notices), (true, vec![notice]));
    let strict = Court::open(RefusalPolicy::Reject).change(&okta(), &user(), changes);
    assert_eq!(strict.refused().reason, Reason::RoleUnknown);
}

fn recorded_refusals(reason: Reason, attribute: &str) -> RecordedRefusal {
    RecordedRefusal(RecordedReason::Known(reason), attribute.to_owned())
}
