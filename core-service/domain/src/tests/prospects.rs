//! What is expected of the next sync is what it does.

use super::court::*;
use crate::{
    Change, ConnectionPolicy, DirectoryStatus, ExpectedChange, ExpectedRole, Prospect, RefusedUser,
    Role, StatusAuthority, User,
};

fn with_switches(moderator: bool, admin: bool) -> ConnectionPolicy {
    ConnectionPolicy {
        allow_moderator_promotion: moderator,
        allow_admin_promotion: admin,
        ..ConnectionPolicy::default()
    }
}

fn with_authority(status_authority: StatusAuthority) -> ConnectionPolicy {
    ConnectionPolicy { status_authority, ..ConnectionPolicy::default() }
}

fn refused(user: &User) -> RefusedUser {
    RefusedUser {
        id: user.id,
        user_name: user.user_name.clone(),
        role: user.role,
        directory_status: user.directory_status,
        is_held: !user.holds.is_empty(),
        refusals: user.recorded_refusals.clone(),
    }
}

fn expected(
    before: &ConnectionPolicy,
    after: &ConnectionPolicy,
    user: &User,
) -> Option<ExpectedChange> {
    Prospect::between(before, after)?.of(&refused(user))
}

/// Whatever was asked under any switches, and asked again under any others.
#[test]
fn a_role_is_expected_where_the_next_sync_gives_it() {
    let switches = [(false, false), (false, true), (true, false), (true, true)];
    let mut known = 0;
    let steps = pairs(Role::ALL);
    let cases =
        steps.iter().flat_map(|step| pairs(switches).into_iter().map(move |both| (*step, both)));
    for ((from, to), (old, new)) in cases {
        let (before, after) = (with_switches(old.0, old.1), with_switches(new.0, new.1));
        let asked = || vec![Change::SetRole(to)];
        let user =
            Court::with(before.clone()).change(&okta(), &with_role(from), asked()).accepted().user;
        let next = Court::with(after.clone()).change(&okta(), &user, asked()).accepted().user;
        let case = format!("{from:?} to {to:?}, {old:?} to {new:?}");
        match expected(&before, &after, &user).and_then(|change| change.role) {
            Some(ExpectedRole::Known(role)) => {
                assert_eq!((role, user.role), (next.role, from), "{case}");
                known += 1;
            }
            // Only what is left, not what is entered, was told.
            Some(ExpectedRole::Unknown) => assert!(from != Role::Registered, "{case}"),
            None => assert_eq!(next.role, user.role, "{case}"),
        }
    }
    assert!(known > 10, "{known}");
}

#[test]
fn a_status_is_expected_where_the_next_sync_gives_it() {
    use StatusAuthority::{Both, Directory, Local};
    let inactive = User { directory_status: DirectoryStatus::Inactive, ..user() };
    let held = held_by(inactive.clone(), &["security"]);
    let mut changed = 0;
    for (old, new) in pairs([Both, Directory, Local]) {
        let (before, after) = (with_authority(old), with_authority(new));
        for (known, wish) in
            [(user(), false), (user(), true), (inactive.clone(), true), (held.clone(), true)]
        {
            let asked = || vec![set_active(wish)];
            let user = Court::with(before.clone()).change(&okta(), &known, asked()).accepted().user;
            let next = Court::with(after.clone()).change(&okta(), &user, asked()).accepted().user;
            let told = expected(&before, &after, &user).and_then(|change| change.active);
            let differs = next.is_active() != user.is_active();
            assert_eq!(told, differs.then_some(next.is_active()), "{old:?} {new:?} {wish}");
            changed += usize::from(differs);
        }
    }
    assert_eq!(changed, 4);
}

#[test]
fn whom_scim_does_not_reach_nothing_is_expected() {
    let (before, after) = (with_switches(false, false), with_switches(true, true));
    let asked = vec![Change::SetRole(Role::Admin)];
    let user = Court::with(before.clone()).change(&okta(), &user(), asked).accepted().user;
    let admin = ExpectedChange { role: Some(ExpectedRole::Known(Role::Admin)), active: None };
    assert_eq!(expected(&before, &after, &user), Some(admin));
    assert_eq!(
        expected(&before, &ConnectionPolicy { enabled: false, ..after.clone() }, &user),
        None
    );
    let protected = vec![user.user_name.as_str().to_owned()];
    assert_eq!(expected(&before, &ConnectionPolicy { protected, ..after.clone() }, &user), None);
    // Closing opens nothing.
    assert_eq!(expected(&after, &before, &user), None);
    assert_eq!(expected(&before, &after, &super::court::user()), None);
}

fn pairs<T: Copy, const N: usize>(all: [T; N]) -> Vec<(T, T)> {
    all.into_iter().flat_map(|one| all.map(|other| (one, other))).collect()
}
