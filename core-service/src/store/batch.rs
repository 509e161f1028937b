//! Of what a group leaves of users, the rows that say so: of each user as few as possible. Must
//! never know how they are stored.

use super::rows::{ProfileRow, StandingRow, UserRow};
use provost_domain::{Saved, SiteId, User, UserId};
use serde::Serialize;
use std::collections::BTreeMap;

/// Whether the e-mail index must follow.
pub(super) fn changes_emails(saved: &Saved) -> bool {
    let before = saved.before.as_ref().map_or(&[][..], |user| user.profile.list("emails"));
    before != saved.after.profile.list("emails")
}

/// Of each user as little as says everything that changed.
#[derive(Default)]
pub(super) struct Sorted<'a> {
    pub whole: Vec<UserRow<'a>>,
    pub profiles: Vec<ProfileRow<'a>>,
    pub standings: Vec<StandingRow<'a>>,
}

impl<'a> Sorted<'a> {
    pub(super) fn by_what_changed(saved: &'a [Saved]) -> Self {
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

/// Whether look-ups find both states of a user by the same names.
fn is_found_alike(before: &User, after: &User) -> bool {
    before.user_name == after.user_name && before.external_id == after.external_id
}

/// Who came to each site and who went; sites where nobody did are left out.
pub(super) fn membership_version(
    saved: &[Saved],
    deleted: &[(SiteId, UserId)],
) -> Vec<MembershipRow> {
    let came = saved.iter().filter(|saved| saved.before.is_none());
    let came = came.map(|saved| (saved.after.site, 1));
    let went = deleted.iter().map(|(site, _)| (*site, -1));
    let mut sites = BTreeMap::<SiteId, (i64, i64)>::new();
    for (site, by) in came.chain(went) {
        let (growth, membership_version) = sites.entry(site).or_default();
        *growth += by;
        *membership_version += 1;
    }
    let row = |(site_id, (growth, membership_version))| MembershipRow {
        site_id,
        growth,
        membership_version,
    };
    sites.into_iter().map(row).collect()
}

/// How a site has grown and turned over, as an object of the parameter of a statement.
#[derive(Serialize)]
pub(super) struct MembershipRow {
    site_id: SiteId,
    growth: i64,
    membership_version: i64,
}

/// The revision of a site as an object of the parameter of a statement.
#[derive(Serialize)]
pub(super) struct RevisionRow {
    site_id: SiteId,
    revision: i64,
}

impl From<&(SiteId, i64)> for RevisionRow {
    fn from((site, revision): &(SiteId, i64)) -> Self {
        Self { site_id: *site, revision: *revision }
    }
}
