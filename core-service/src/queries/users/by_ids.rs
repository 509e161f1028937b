//! Several users by their ids. Must never find more than fits into an answer.

use super::{FEW_ROWS, PAGE_BYTES, ROWS_AT_ONCE, SMALL_PAGE_BYTES, UserQueries};
use crate::Failure;
use crate::queries::TurnPermit;
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
    /// The turn at which they were read, if they are large.
    pub turn: Option<TurnPermit>,
}

impl UserQueries {
    /// Several users by their ids, each named once. Up to 256 are read by one statement.
    pub async fn by_ids(
        &self,
        site: &Site,
        scope: UserScope,
        ids: &[UserId],
    ) -> Result<FoundByIds, Failure> {
        let turn = match ids.len() as u64 {
            0..FEW_ROWS => None,
            _ => Some(self.pages.take(site.id).await?),
        };
        let at_once = usize::try_from(ROWS_AT_ONCE).unwrap_or(usize::MAX);
        let (mut found, mut bytes, mut read) = (FoundByIds::default(), 0, 0);
        'pages: for some in ids.chunks(at_once) {
            let users = self.store.users(site.id, some).await?;
            let users = users.into_iter().filter(|user| scope.shows(user));
            let mut users: HashMap<_, _> = users.map(|user| (user.id, user)).collect();
            for id in some {
                let Some(user) = users.remove(id) else {
                    found.missing.push(*id);
                    read += 1;
                    continue;
                };
                let with_user = bytes + user.size();
                if with_user > PAGE_BYTES && !found.users.is_empty() {
                    found.unread = ids[read..].to_vec();
                    break 'pages;
                }
                bytes = with_user;
                found.users.push(user);
                read += 1;
            }
        }
        found.turn = turn.filter(|_| bytes > SMALL_PAGE_BYTES);
        Ok(found)
    }
}
