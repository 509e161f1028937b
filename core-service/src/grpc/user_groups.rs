//! The groups of users, where a caller asks for them with the users. Must never cost anything where a site
//! has no groups, or nobody asks.

use crate::{AppState, Failure};
use provost_domain::{ListedUserGroup, Site, UserId};
use provost_proto::v1;
use std::collections::BTreeMap;
use uuid::Uuid;

/// The most groups of users in an answer.
const MOST_GROUPS: usize = 10_000;

impl AppState {
    /// Shows the groups of users beside them.
    pub(super) async fn show_groups(
        &self,
        site: &Site,
        is_asked: bool,
        users: &mut [v1::User],
    ) -> Result<(), Failure> {
        if is_asked && site.has_groups() && !users.is_empty() {
            // Large, so it has a box of its own: who doesn't ask would carry it too.
            Box::pin(self.read_groups(site, users)).await?;
        }
        Ok(())
    }

    async fn read_groups(&self, site: &Site, users: &mut [v1::User]) -> Result<(), Failure> {
        let ids = users.iter().map(|user| UserId(Uuid::try_parse(&user.id).unwrap_or_default()));
        let ids: Vec<_> = ids.collect();
        let mut found = self.groups.of_users(site, &ids, MOST_GROUPS as u64).await?;
        let cut = found.get(MOST_GROUPS).map(|first| first.user);
        found.truncate(MOST_GROUPS);
        let mut of_users = BTreeMap::<_, Vec<_>>::new();
        for ListedUserGroup { user, group, display_name } in found {
            let group = v1::UserGroup { group_id: group.0.to_string(), display_name };
            of_users.entry(user).or_default().push(group);
        }
        for (user, id) in users.iter_mut().zip(ids) {
            user.groups = of_users.remove(&id).unwrap_or_default();
            user.has_more_groups = cut.is_some_and(|first| first <= id);
        }
        Ok(())
    }
}

/// The user that a decision is about.
pub(super) fn decided(decision: &mut Option<v1::Decision>) -> &mut [v1::User] {
    decision.as_mut().map_or(&mut [], |decision| decision.user.as_mut_slice())
}
