//! What of a site's row decisions change besides settings: counts, and how far its ledger has come. Must never
//! know which statement writes it.

use super::Column;
use provost_domain::{Event, Saved, SiteId, Timestamp, User};
use serde::Serialize;
use std::collections::BTreeMap;

/// How many users a site has, how many of them the directory deleted, and how many came and went in
/// the eyes of anybody.
pub(in crate::store) const MEMBERS: [Column; 3] =
    [Column::UserCount, Column::DeletedUserCount, Column::UserTurnover];

/// Who came to each site and who went, for all or for the directory; sites where nobody did are left
/// out.
pub(in crate::store) fn membership_version(
    saved: &[Saved],
    deleted: &[User],
) -> Vec<MembershipRow> {
    let saved = saved.iter().map(|Saved { before, after }| (before.as_ref(), Some(after)));
    let gone = deleted.iter().map(|before| (Some(before), None));
    let mut sites = BTreeMap::<SiteId, MembershipRow>::new();
    for (before, after) in saved.chain(gone) {
        let Some(User { site: id, .. }) = before.or(after) else { continue };
        let [was, is] = [before, after]
            .map(|user| [i64::from(user.is_some()), i64::from(user.is_some_and(User::is_deleted))]);
        if was == is {
            continue;
        }
        let row = sites.entry(*id).or_insert(MembershipRow {
            id: *id,
            user_count: 0,
            deleted_user_count: 0,
            user_turnover: 0,
        });
        row.user_count += is[0] - was[0];
        row.deleted_user_count += is[1] - was[1];
        row.user_turnover += 1;
    }
    sites.into_values().collect()
}

/// How a site has grown and turned over, as an object of the parameter of a statement.
#[derive(Serialize)]
pub(in crate::store) struct MembershipRow {
    id: SiteId,
    user_count: i64,
    deleted_user_count: i64,
    user_turnover: i64,
}

/// By how many groups a site has more, as an object of the parameter of a statement.
#[derive(Serialize)]
pub(in crate::store) struct GroupCountRow {
    id: SiteId,
    group_count: i64,
}

impl From<(&SiteId, &i64)> for GroupCountRow {
    fn from((id, more): (&SiteId, &i64)) -> Self {
        Self { id: *id, group_count: *more }
    }
}

/// What of a site is about the last event of its ledger.
pub(in crate::store) const HEAD: [Column; 2] = [Column::Revision, Column::LastEventAt];

/// The last event of a ledger as an object of the parameter of a statement.
#[derive(Serialize)]
pub(in crate::store) struct HeadRow {
    id: SiteId,
    revision: i64,
    last_event_at: Timestamp,
}

impl From<&Event> for HeadRow {
    fn from(event: &Event) -> Self {
        Self { id: event.site, revision: event.revision, last_event_at: event.at }
    }
}

/// How far these events bring the ledgers of their sites, whose events are in their order.
pub(in crate::store) fn heads(events: &[Event]) -> Vec<HeadRow> {
    let last: BTreeMap<_, _> = events.iter().map(|event| (event.site, event)).collect();
    last.into_values().map(HeadRow::from).collect()
}
