//! Law 5: somebody stays in charge, by every path and whoever asks.

use super::court::*;
use crate::{
    Caller, Change, ConnectionPolicy, CreationPolicy, DeletionPolicy, DirectoryStatus, Outcome,
    Reason, RefusalPolicy, Role, User,
};

/// Every way out of being an active Admin by a change that anybody may ask for, and the attribute
/// that a refusal is about.
fn ways_out() -> [(Change, &'static str); 5] {
    [
        (Change::SetRole(Role::Moderator), "role"),
        (Change::SetRole(Role::Registered), "role"),
        (set_active(false), "active"),
        (replace(None, Some(Role::Registered)), "role"),
        (replace(Some(false), None), "active"),
    ]
}

fn court(refusals: RefusalPolicy, other_active_admins: u64) -> Court {
    Court { other_active_admins, ..Court::open(refusals) }
}

fn admin() -> User {
    with_role(Role::Admin)
}

#[test]
fn no_change_takes_the_last_admin_out_of_charge() {
    for caller in callers() {
        for refusals in REFUSALS {
            for (change, attribute) in ways_out() {
                let case = format!("{caller}, {refusals:?}, {change:?}");
                let changes = vec![change, set_title("Countess")];
                let verdict = court(refusals, 0).change(&caller, &admin(), changes);
                assert_stays(verdict, attribute, is_lenient(&caller, refusals), &case);
            }
        }
    }
    let verdict = court(RefusalPolicy::Notice, 0).change(
        &Caller::Operator,
        &admin(),
        vec![set_title("Countess"), place("manual")],
    );
    assert_stays(verdict, "holds", false, "a hold");
}

fn assert_stays(verdict: Verdict, attribute: &str, lenient: bool, case: &str) {
    let event = verdict.event.as_ref().unwrap();
    let outcome = if lenient { Outcome::PartlyAccepted } else { Outcome::Refused };
    assert_eq!((event.outcome, event.notices[0].reason), (outcome, Reason::LastAdmin), "{case}");
    if !lenient {
        let refusal = verdict.refused();
        assert_eq!(
            (refusal.reason, refusal.attribute.as_str()),
            (Reason::LastAdmin, attribute),
            "{case}"
        );
        return;
    }
    let answer = verdict.accepted();
    assert!(answer.user.is_active_admin(), "{case}");
    assert_eq!(title(&answer.user), Some("Countess"), "the rest applies: {case}");
    assert_eq!(answer.told(), [(Reason::LastAdmin, attribute)], "{case}");
}

#[test]
fn one_of_two_admins_steps_down_by_every_change() {
    for caller in callers() {
        for refusals in REFUSALS {
            for (change, _) in ways_out() {
                let verdict = court(refusals, 1).change(&caller, &admin(), vec![change.clone()]);
                let answer = verdict.accepted();
                assert!(!answer.user.is_active_admin(), "{caller} {change:?}");
                assert_eq!(answer.told(), []);
            }
        }
    }
    let held = court(RefusalPolicy::Notice, 1)
        .change(&Caller::Operator, &admin(), vec![place("manual")])
        .accepted();
    assert!(!held.user.is_active_admin());
}

/// Also where a deletion only deactivates; and never half done, whatever becomes of refusals.
#[test]
fn the_last_admin_is_not_deleted_by_any_policy() {
    for refusals in REFUSALS {
        for deletion in [DeletionPolicy::Deactivate, DeletionPolicy::Delete] {
            for caller in callers() {
                for others in [0, 1] {
                    let mut court = court(refusals, others);
                    court.site.policy.deletion = deletion;
                    let case = format!("{caller}, {refusals:?}, {deletion:?}, {others} others");
                    let verdict = court.delete(&caller, &admin());
                    if others == 0 {
                        let outcome = verdict.event.as_ref().map(|event| event.outcome);
                        assert_eq!(outcome, Some(Outcome::Refused), "{case}");
                        assert_eq!(verdict.refused().reason, Reason::LastAdmin, "{case}");
                    } else {
                        let Decided { user, deleted, .. } = verdict.accepted();
                        assert!(deleted || !user.is_active(), "{case}");
                    }
                }
            }
        }
    }
}

#[test]
fn who_is_not_in_charge_goes_freely() {
    let deactivated = User { directory_status: DirectoryStatus::Inactive, ..admin() };
    let outsiders = [with_role(Role::Moderator), user(), deactivated, held_by(admin(), &["legal"])];
    for before in outsiders {
        for (change, _) in ways_out() {
            let answer = court(RefusalPolicy::Reject, 0)
                .change(&okta(), &before, vec![change.clone()])
                .accepted();
            assert_eq!(answer.told(), [], "{change:?}");
        }
        let court = court(RefusalPolicy::Reject, 0);
        assert!(court.delete(&Caller::Operator, &before).accepted().deleted);
    }
}

#[test]
fn two_steps_in_one_request_do_not_get_past_it() {
    let answer = court(RefusalPolicy::Notice, 0)
        .change(&okta(), &admin(), vec![Change::SetRole(Role::Registered), set_active(false)])
        .accepted();
    assert!(answer.user.is_active_admin());
    assert_eq!(answer.told(), [(Reason::LastAdmin, "role"), (Reason::LastAdmin, "active")]);
    let both = court(RefusalPolicy::Notice, 0)
        .change(&okta(), &admin(), vec![replace(Some(false), Some(Role::Registered))])
        .accepted();
    assert!(both.user.is_active_admin());
    assert_eq!(both.told(), [(Reason::LastAdmin, "role"), (Reason::LastAdmin, "active")]);
}

/// The rule keeps who is in charge there; a request never puts somebody in charge against its
/// own words.
#[test]
fn who_was_not_in_charge_before_the_request_does_not_stay_in_by_it() {
    let deactivated = User { directory_status: DirectoryStatus::Inactive, ..admin() };
    for caller in callers() {
        for refusals in REFUSALS {
            for (before, changes) in [
                (user(), vec![Change::SetRole(Role::Admin), set_active(false)]),
                (user(), vec![set_active(false), Change::SetRole(Role::Admin)]),
                (user(), vec![replace(Some(false), Some(Role::Admin))]),
                (deactivated.clone(), vec![set_active(true), Change::SetRole(Role::Moderator)]),
                (deactivated.clone(), vec![set_active(true), set_active(false)]),
            ] {
                let case = format!("{caller}, {refusals:?}, {changes:?}");
                let answer = court(refusals, 0).change(&caller, &before, changes).accepted();
                assert!(!answer.user.is_active_admin(), "{case}");
                assert_eq!(answer.told(), [], "{case}");
            }
        }
    }
}

#[test]
fn an_inactive_admin_is_created_where_nobody_is_in_charge_yet() {
    let policy =
        ConnectionPolicy { creation: CreationPolicy::Create, ..open_policy(RefusalPolicy::Notice) };
    let court = Court { other_active_admins: 0, ..Court::with(policy) };
    for caller in callers() {
        let changes = vec![replace(Some(false), Some(Role::Admin))];
        let answer = court.create(&caller, "eve", changes).accepted();
        assert_eq!((answer.user.role, answer.user.is_active()), (Role::Admin, false), "{caller}");
        assert_eq!(answer.told(), [], "{caller}");
    }
}
