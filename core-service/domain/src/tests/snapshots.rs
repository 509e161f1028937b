//! The two portraits of a change, each way, give back the one user from the other.

use super::court::*;
use super::generated;
use crate::{DirectoryStatus, ExternalId, ProfileSchema, Subject, User, UserName, UserSnapshot};
use proptest::prelude::*;
use std::sync::Arc;

/// The user as the portrait shows what changed.
fn painted(user: &User, portrait: &UserSnapshot) -> User {
    let UserSnapshot {
        version,
        user_name,
        external_id,
        subject,
        active: _,
        directory_status,
        holds,
        role,
        base_role,
        attributes,
    } = portrait.clone();
    let mut painted = User { version, ..user.clone() };
    if let Some(name) = user_name {
        painted.user_name = UserName::as_stored(name);
    }
    if let Some(id) = external_id {
        painted.external_id = (!id.is_empty()).then(|| ExternalId::as_stored(id));
    }
    if let Some(subject) = subject {
        painted.subject = (!subject.is_empty()).then(|| Subject::as_stored(subject));
    }
    painted.directory_status = directory_status.unwrap_or(painted.directory_status);
    painted.holds = holds.unwrap_or(painted.holds);
    painted.role = role.unwrap_or(painted.role);
    if let Some(base) = base_role {
        painted.base_role = (base != painted.role).then_some(base);
    }
    let known = &mut Arc::make_mut(&mut painted.profile).attributes;
    for (name, value) in attributes {
        match value {
            Some(value) => known.insert(name, value),
            None => known.remove(&name),
        };
    }
    painted
}

proptest! {
    #[test]
    fn each_user_is_painted_from_the_other(one in generated::user(), other in generated::user()) {
        let other = User { version: one.version + 1, ..other };
        let (before, after) = UserSnapshot::of_change(&one, &other);
        prop_assert_eq!(painted(&other, &before), one.clone());
        prop_assert_eq!(painted(&one, &after), other.clone());
        prop_assert_eq!(before.active.is_some(), one.is_active() != other.is_active());
        prop_assert_eq!(before.active.is_some(), after.active.is_some());
    }

    #[test]
    fn a_whole_portrait_shows_the_whole_user(known in generated::user()) {
        let whole = UserSnapshot::of(&known);
        let blank = User { version: 0, ..user() };
        let painted = painted(&blank, &whole);
        prop_assert_eq!(whole.active, Some(known.is_active()));
        prop_assert_eq!(painted, known);
    }

    #[test]
    fn a_portrait_survives_its_document(one in generated::user(), other in generated::user()) {
        for portrait in [UserSnapshot::of(&one), UserSnapshot::of_change(&one, &other).0] {
            let document = serde_json::to_string(&portrait).unwrap();
            let read = serde_json::from_str::<UserSnapshot>(&document).unwrap();
            prop_assert_eq!(read.typed(ProfileSchema::STANDARD), portrait);
        }
    }
}

#[test]
fn what_did_not_change_is_not_in_the_picture() {
    let before = user();
    let after = User { directory_status: DirectoryStatus::Inactive, version: 4, ..user() };
    let (_, shown) = UserSnapshot::of_change(&before, &after);
    let expected = UserSnapshot {
        version: 4,
        active: Some(false),
        directory_status: Some(DirectoryStatus::Inactive),
        ..UserSnapshot::default()
    };
    assert_eq!(shown, expected);
}
