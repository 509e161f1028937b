//! Of what a group leaves of users, the rows that say so: of each user as few as possible. Must
//! never know how they are stored.

use super::rows::{ProfileRow, StandingRow, UserRow};
use provost_domain::{Saved, User};

/// Of each user as little as says everything that changed.
#[derive(Default)]
pub(in crate::store) struct Sorted<'a> {
    pub whole: Vec<UserRow<'a>>,
    pub profiles: Vec<ProfileRow<'a>>,
    pub standings: Vec<StandingRow<'a>>,
}

impl<'a> Sorted<'a> {
    pub(in crate::store) fn by_what_changed(saved: &'a [Saved]) -> Self {
        let mut sorted = Self::default();
        for Saved { before, after } in saved {
            match before {
                Some(before) if !is_found_alike(before, after) => sorted.whole.push(after.into()),
                Some(before) if before.holds != after.holds || before.profile != after.profile => {
                    sorted.profiles.push(after.into());
                }
                Some(_) => sorted.standings.push(after.into()),
                None => sorted.whole.push(after.into()),
            }
        }
        sorted
    }
}

/// Whether look-ups find both states of a user by the same keys and the same time.
fn is_found_alike(before: &User, after: &User) -> bool {
    before.user_name == after.user_name
        && before.external_id == after.external_id
        && before.subject == after.subject
        && before.next_hold_expiry() == after.next_hold_expiry()
}
