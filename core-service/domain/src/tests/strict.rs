//! What is asked more of connections that are understood strictly, and what is not: groups apart, whose members they select
//! (`memberships.rs`).

use super::court::*;
use super::lists::of_type;
use crate::{
    Caller, ConnectionPolicy, DeletionPolicy, ListOperation, Reason, Role, StatusAuthority,
};

#[test]
fn a_deletion_deletes_whatever_the_policy_says() {
    for deletion in [DeletionPolicy::Refuse, DeletionPolicy::Deactivate, DeletionPolicy::Delete] {
        for status_authority in [StatusAuthority::Both, StatusAuthority::Local] {
            let policy =
                ConnectionPolicy { deletion, status_authority, ..ConnectionPolicy::default() };
            let verdict = Court::with(policy).delete(&strict(), &user());
            assert_eq!(verdict.event.as_ref().unwrap().body.kind(), "user_deleted");
            assert!(verdict.accepted().deleted, "{deletion:?}");
        }
    }
}

#[test]
fn who_is_protected_and_who_is_left_in_charge_stay() {
    let protected = vec!["ada@example.com".to_owned()];
    let court = Court::with(ConnectionPolicy { protected, ..ConnectionPolicy::default() });
    assert_eq!(court.delete(&strict(), &user()).refused().reason, Reason::UserProtected);
    let admin = with_role(Role::Admin);
    for (other_active_admins, is_last) in [(0, true), (1, false)] {
        let court = Court { other_active_admins, ..Court::default() };
        let verdict = court.delete(&strict(), &admin);
        if is_last {
            assert_eq!(verdict.refused().reason, Reason::LastAdmin);
        } else {
            assert!(verdict.accepted().deleted);
        }
    }
}

#[test]
fn what_a_selector_puts_something_into_has_to_be_there() {
    let work = element(&[("type", "work"), ("value", "a@x")], false);
    let before = edit_emails(None, ListOperation::Replace(vec![work]));
    let before = Court::default().change(&okta(), &user(), vec![before]).accepted().user;
    let asked = |caller: &Caller, kind: Option<&str>, edit: &ListOperation| {
        let change = edit_emails(kind.map(of_type), edit.clone());
        Court::default().change(caller, &before, vec![change])
    };
    for edit in [
        ListOperation::Merge(texts(&[("value", "b@x")])),
        ListOperation::Replace(vec![element(&[("value", "b@x")], false)]),
    ] {
        for kind in ["WORK", "home"] {
            assert!(asked(&okta(), Some(kind), &edit).accepted().changed, "{kind}: {edit:?}");
        }
        assert!(asked(&strict(), Some("WORK"), &edit).accepted().changed, "{edit:?}");
        let refusal = asked(&strict(), Some("home"), &edit).refused();
        assert_eq!(refusal.reason, Reason::NoTarget, "{edit:?}");
        assert!(refusal.message.contains("select one that is there"), "{}", refusal.message);
    }
    // Nothing is there to be taken away, and what selects nothing is for the whole list.
    for edit in [ListOperation::Remove, ListOperation::Clear(vec![sub_name("display")])] {
        assert!(!asked(&strict(), Some("home"), &edit).accepted().changed, "{edit:?}");
    }
    let more = ListOperation::Add(vec![element(&[("value", "b@x")], false)]);
    assert!(asked(&strict(), None, &more).accepted().changed);
}
