//! Law 6 and 10: absent is not false, what else is absent is cleared, and what changes nothing
//! leaves no trace.

use super::court::*;
use crate::{Change, DirectoryStatus, ExternalId, Profile, Replacement, Role, User, Value};
use std::sync::Arc;

fn known() -> User {
    let emails = Value::List(vec![element(&[("value", "ada@example.com")], true)]);
    User {
        external_id: Some(ExternalId::as_stored("00u1".to_owned())),
        profile: Arc::new(Profile {
            attributes: [
                (attribute_name("title"), text("Countess")),
                (attribute_name("emails"), emails),
            ]
            .into_iter()
            .collect(),
        }),
        ..user()
    }
}

#[test]
fn a_replacement_without_status_and_role_leaves_both_alone() {
    for caller in callers() {
        for role in Role::ALL {
            for status in [DirectoryStatus::Active, DirectoryStatus::Inactive] {
                let before =
                    User { role, directory_status: status, ..held_by(known(), &["legal"]) };
                let change = Change::Replace(Box::default());
                let answer = Court::default().change(&caller, &before, vec![change]).accepted();
                let cleared = User {
                    external_id: None,
                    profile: Arc::default(),
                    version: before.version + 1,
                    updated_at: NOW,
                    ..before
                };
                assert_eq!(answer.user, cleared);
                assert_eq!(answer.told(), []);
            }
        }
    }
}

#[test]
fn a_replacement_brings_what_it_has() {
    let replacement = Replacement {
        user_name: Some(name("Ada.King@example.com")),
        external_id: Some(ExternalId::as_stored("00u2".to_owned())),
        directory_status: Some(DirectoryStatus::Inactive),
        role: Some(Role::Registered),
        profile: Profile {
            attributes: [
                (attribute_name("title"), text("Analyst")),
                (attribute_name("nick_name"), text("")),
                (attribute_name("emails"), Value::List(vec![element(&[], false)])),
            ]
            .into_iter()
            .collect(),
        },
    };
    let change = Change::Replace(Box::new(replacement));
    let user = Court::default().change(&okta(), &known(), vec![change]).accepted().user;
    assert_eq!(user.user_name.as_str(), "Ada.King@example.com");
    assert_eq!(user.external_id.as_ref().map(ExternalId::as_str), Some("00u2"));
    assert_eq!(user.directory_status, DirectoryStatus::Inactive);
    // Empty texts and empty elements are none.
    assert_eq!(
        user.profile.attributes,
        [(attribute_name("title"), text("Analyst"))].into_iter().collect()
    );
}

#[test]
fn a_full_sync_of_what_is_there_leaves_no_trace() {
    let before = known();
    let User { user_name, external_id, directory_status, role, profile, .. } = before.clone();
    let same = Replacement {
        user_name: Some(user_name),
        external_id,
        directory_status: Some(directory_status),
        role: Some(role),
        profile: Arc::unwrap_or_clone(profile),
    };
    for caller in callers() {
        for refusals in REFUSALS {
            let change = Change::Replace(Box::new(same.clone()));
            let verdict = Court::open(refusals).change(&caller, &before, vec![change]);
            assert_eq!(verdict.event, None);
            let answer = verdict.accepted();
            assert!(!answer.changed);
            assert_eq!(answer.user, before);
        }
    }
}

#[test]
fn a_request_without_a_change_and_one_that_undoes_itself_leave_no_trace() {
    for changes in [
        vec![],
        vec![set_active(false), set_active(true)],
        vec![set_title("Analyst"), set_title("Countess")],
        vec![Change::SetUserName(name("somebody")), Change::SetUserName(known().user_name)],
    ] {
        let verdict = Court::default().change(&okta(), &known(), changes.clone());
        assert_eq!(verdict.event, None, "{changes:?}");
        let answer = verdict.accepted();
        assert_eq!((answer.changed, answer.user), (false, known()), "{changes:?}");
    }
}
