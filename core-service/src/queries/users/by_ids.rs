//! Several users by their ids. Must never find more than fits into an answer.

use super::{PAGE_BYTES, ROWS_AT_ONCE, UserQueries};
use crate::Failure;
use provost_domain::{Site, User, UserId, UserScope};
use std::collections::HashMap;

/// What was found of users who were asked for by their ids.
#[derive(Debug, Default)]
pub struct FoundByIds {
    /// The users, in the order in which they were asked for.
    pub users: Vec<User>,
    /// Who is not there.
    pub missing: Vec<UserId>,
    /// Who was not looked for, because those before are large.
    pub unread: Vec<UserId>,
}

impl UserQueries {
    /// Several users by their ids, each named once. Up to 256 are read by one statement.
    pub async fn by_ids(
        &self,
        site: &Site,
        scope: UserScope,
        ids: &[UserId],
    ) -> Result<FoundByIds, Failure> {
        let at_once = usize::try_from(ROWS_AT_ONCE).unwrap_or(usize::MAX);
        let _turn = match ids.len() {
            length if length < at_once => None,
            _ => Some(self.large_pages.take(site.id).await?),
        };
        let (mut found, mut bytes, mut read) = (FoundByIds::default(), 0, 0);
        for some in ids.chunks(at_once) {
            let users = self.store.users(site.id, some).await?;
            let users = users.into_iter().filter(|user| scope.shows(user));
            let mut users: HashMap<_, _> = users.map(|user| (user.id, user)).collect();
            for id in some {
                let Some(user) = users.remove(id) else {
                    found.missing.push(*id);
                    read += 1;
                    continue;
                };
                bytes += user.size();
                if bytes > PAGE_BYTES && !found.users.is_empty() {
                    found.unread = ids[read..].to_vec();
                    return Ok(found);
                }
                found.users.push(user);
                read += 1;
            }
        }
        Ok(found)
    }
}
