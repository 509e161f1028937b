//! Law 14: which side is in charge of status, and what becomes of what the other one says.

use super::court::*;
use crate::{
    Caller, Change, ConnectionPolicy, CreationPolicy, DeletionPolicy, DirectoryStatus, MetadataKey,
    Outcome, Reason, RefusalPolicy, StatusAuthority, User,
};

fn court(status_authority: StatusAuthority, refusals: RefusalPolicy) -> Court {
    Court::with(ConnectionPolicy { status_authority, ..open_policy(refusals) })
}

fn inactive() -> User {
    User { directory_status: DirectoryStatus::Inactive, ..user() }
}

const BY_MANY: [StatusAuthority; 3] =
    [StatusAuthority::Both, StatusAuthority::Directory, StatusAuthority::Local];

/// Who may say what of the status, for each setting.
#[test]
fn the_side_in_charge_is_heard() {
    let local: [(User, Change); 5] = [
        (user(), place("manual")),
        (user(), set_active(false)),
        (user(), replace(Some(false), None)),
        (held_by(user(), &["manual"]), Change::Activate),
        (inactive(), set_active(true)),
    ];
    let directory: [(User, Change); 3] = [
        (user(), set_active(false)),
        (inactive(), set_active(true)),
        (user(), replace(Some(false), None)),
    ];
    for refusals in REFUSALS {
        for authority in BY_MANY {
            for (before, change) in &local {
                let verdict = court(authority, refusals).change(
                    &Caller::Operator,
                    before,
                    vec![change.clone()],
                );
                if authority != StatusAuthority::Directory {
                    assert!(verdict.accepted().changed, "{authority:?} {change:?}");
                    continue;
                }
                assert_eq!(verdict.event.as_ref().unwrap().outcome, Outcome::Refused);
                let refusal = verdict.refused();
                assert_eq!(refusal.reason, Reason::StatusNotInCharge, "{change:?}");
                assert_eq!(
                    refusal.metadata,
                    [(MetadataKey::Setting, "status_authority".to_owned())]
                );
            }
            for (before, change) in &directory {
                let changes = vec![change.clone(), set_title("Countess")];
                let verdict = court(authority, refusals).change(&okta(), before, changes);
                if authority != StatusAuthority::Local {
                    let heard = verdict.accepted().user;
                    assert_ne!(heard.directory_status, before.directory_status);
                } else if refusals == RefusalPolicy::Reject {
                    assert_eq!(verdict.refused().reason, Reason::StatusNotInCharge);
                } else {
                    let event = verdict.event.clone().unwrap();
                    assert_eq!(event.outcome, Outcome::PartlyAccepted);
                    let noticed = verdict.accepted();
                    assert_eq!(noticed.told(), [(Reason::StatusNotInCharge, "active")]);
                    assert_eq!(noticed.user.directory_status, before.directory_status);
                    assert_eq!(title(&noticed.user), Some("Countess"), "the rest is applied");
                }
            }
        }
    }
}

#[test]
fn what_is_so_already_may_be_said_by_both() {
    for authority in BY_MANY {
        for caller in callers() {
            let verdict = court(authority, RefusalPolicy::Reject).change(
                &caller,
                &user(),
                vec![set_active(true)],
            );
            let answer = verdict.accepted();
            assert_eq!((answer.changed, answer.told()), (false, vec![]), "{authority:?}");
        }
    }
}

#[test]
fn other_holds_stand_above_the_directory_in_charge() {
    let court = court(StatusAuthority::Directory, RefusalPolicy::Notice);
    let held = court.change(&Caller::Operator, &user(), vec![place("security")]).accepted().user;
    assert!(!held.is_active());
    assert!(court.change(&Caller::Operator, &held, vec![lift("security")]).accepted().changed);
    // One from before the directory was in charge needs a way out.
    let held = held_by(user(), &["manual"]);
    let lifted = court.change(&Caller::Operator, &held, vec![lift("manual")]).accepted().user;
    assert!(lifted.is_active());
}

#[test]
fn where_the_directory_is_not_heard_an_activation_undoes_what_it_said() {
    let court = court(StatusAuthority::Local, RefusalPolicy::Notice);
    let before = User { holds: held_by(user(), &["manual"]).holds, ..inactive() };
    let active = court.change(&Caller::Operator, &before, vec![Change::Activate]).accepted();
    assert!(active.user.is_active());
    assert_eq!(active.told(), []);
}

/// A deletion that would only deactivate is a word about status.
#[test]
fn a_deletion_that_deactivates_is_refused_where_this_side_is_in_charge() {
    for (authority, is_refused) in [
        (StatusAuthority::Both, false),
        (StatusAuthority::Directory, false),
        (StatusAuthority::Local, true),
    ] {
        let policy = ConnectionPolicy {
            deletion: DeletionPolicy::Deactivate,
            creation: CreationPolicy::Create,
            status_authority: authority,
            ..open_policy(RefusalPolicy::Notice)
        };
        let court = Court::with(policy);
        let verdict = court.delete(&okta(), &user());
        if is_refused {
            assert_eq!(verdict.refused().reason, Reason::DeletionRefused);
        } else {
            assert!(verdict.accepted().user.is_deleted());
        }
        // Whom it deleted before comes back by a creation in any case.
        let deleted = User { directory_status: DirectoryStatus::Deleted, ..user() };
        let creation = crate::Creation { user_name: name("ada@example.com"), changes: Vec::new() };
        let command = ask(&okta(), crate::Action::CreateUser(creation));
        let back = court.decide(Some(&deleted), &command).accepted();
        assert_eq!((back.user.directory_status, back.told()), (DirectoryStatus::Active, vec![]));
    }
}
