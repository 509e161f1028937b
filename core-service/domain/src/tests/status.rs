//! Law 1: the directory's word, and the effective status that follows from it and the holds.

use super::court::*;
use crate::{Caller, DirectoryStatus, Reason, User};

#[test]
fn active_is_the_directory_and_no_hold() {
    for (status, holds, active) in [
        (DirectoryStatus::Active, &[][..], true),
        (DirectoryStatus::Inactive, &[], false),
        (DirectoryStatus::Deleted, &[], false),
        (DirectoryStatus::Active, &["legal"], false),
        (DirectoryStatus::Inactive, &["legal"], false),
    ] {
        let user = User { directory_status: status, ..held_by(user(), holds) };
        assert_eq!(user.is_active(), active, "{status:?} {holds:?}");
    }
}

#[test]
fn the_directory_deactivates_and_reactivates_and_holds_stay() {
    for caller in callers() {
        for holds in [&[][..], &["legal", "manual"]] {
            let before = held_by(user(), holds);
            let court = Court::default();
            let deactivated =
                court.change(&caller, &before, vec![set_active(false)]).accepted().user;
            assert_eq!(deactivated.directory_status, DirectoryStatus::Inactive);
            assert_eq!(deactivated.holds, before.holds);
            let active =
                court.change(&caller, &deactivated, vec![set_active(true)]).accepted().user;
            assert_eq!(active.directory_status, DirectoryStatus::Active);
            assert_eq!((&active.holds, active.is_active()), (&before.holds, holds.is_empty()));
        }
    }
}

/// Of two words about the same thing the last one is meant, also when the status is explained.
#[test]
fn the_last_word_counts() {
    let court = Court::default();
    let deactivated =
        court.change(&okta(), &user(), vec![set_active(true), set_active(false)]).accepted();
    assert!(!deactivated.user.is_active());
    assert_eq!(deactivated.told(), [], "in the end it was asked to be deactivated, and it is");
    let held = held_by(user(), &["legal"]);
    let active = court.change(&okta(), &held, vec![set_active(false), set_active(true)]).accepted();
    assert_eq!(active.told(), [(Reason::HoldInForce, "active")]);
}

#[test]
fn what_the_directory_says_twice_is_no_change() {
    for active in [true, false] {
        let said = User { directory_status: DirectoryStatus::from(active), ..user() };
        for caller in [okta(), Caller::Operator] {
            let verdict = Court::default().change(&caller, &said, vec![set_active(active)]);
            assert_eq!(verdict.event, None);
            let answer = verdict.accepted();
            assert_eq!((answer.changed, &answer.user), (false, &said));
        }
    }
}
