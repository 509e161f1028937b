//! What is left of deleted sites and groups: removed a little at a time, so that others who write come in
//! between.
//!
//! The row of a site and its ledger stay. Must never touch a site or a group that is not deleted.

use super::{Store, StoreError};
use sea_orm::prelude::Uuid;
use sea_orm::{ConnectionTrait as _, Statement};

/// A deleted site of which there is more than what stays.
const FIND: &str = "SELECT sites.id FROM sites WHERE sites.deleted_at IS NOT NULL AND \
    (EXISTS (SELECT 1 FROM users WHERE users.site_id = sites.id) \
    OR EXISTS (SELECT 1 FROM groups WHERE groups.site_id = sites.id) \
    OR EXISTS (SELECT 1 FROM rule_runs WHERE rule_runs.site_id = sites.id) \
    OR EXISTS (SELECT 1 FROM tokens WHERE tokens.site_id = sites.id) \
    OR EXISTS (SELECT 1 FROM connections WHERE connections.site_id = sites.id) \
    OR EXISTS (SELECT 1 FROM request_ids WHERE request_ids.site_id = sites.id)) \
    ORDER BY sites.id LIMIT 1";

/// Removes some rows of a site: members of groups, then groups, then users, and by their foreign key their rows in the e-mail index,
/// then runs of rules, then tokens, then the connections that they belong to, then requests with ids. At most 500 in one
/// transaction.
const REMOVE: [&str; 7] = [
    "DELETE FROM group_members WHERE (site_id, group_id, user_id) IN \
        (SELECT site_id, group_id, user_id FROM group_members WHERE site_id = $1 \
        ORDER BY group_id, user_id LIMIT 500)",
    "DELETE FROM groups WHERE site_id = $1 AND id IN \
        (SELECT id FROM groups WHERE site_id = $1 ORDER BY id LIMIT 500)",
    "DELETE FROM users WHERE site_id = $1 AND id IN \
        (SELECT id FROM users WHERE site_id = $1 ORDER BY id LIMIT 500)",
    "DELETE FROM rule_runs WHERE (site_id, group_id) IN \
        (SELECT site_id, group_id FROM rule_runs WHERE site_id = $1 ORDER BY group_id LIMIT 500)",
    "DELETE FROM tokens WHERE id IN \
        (SELECT id FROM tokens WHERE site_id = $1 ORDER BY id LIMIT 500)",
    "DELETE FROM connections WHERE id IN \
        (SELECT id FROM connections WHERE site_id = $1 ORDER BY id LIMIT 500)",
    "DELETE FROM request_ids WHERE (site_id, caller, id) IN \
        (SELECT site_id, caller, id FROM request_ids WHERE site_id = $1 \
        ORDER BY caller, id LIMIT 500)",
];

/// A deleted group. The database notes it when its row goes.
const FIND_GROUP: &str =
    "SELECT site_id, group_id FROM deleted_groups ORDER BY site_id, group_id LIMIT 1";

/// At most so many members of a group.
const AT_ONCE: u64 = 500;
pub(super) const REMOVE_MEMBERS: &str = "DELETE FROM group_members WHERE (site_id, group_id, user_id) IN \
    (SELECT site_id, group_id, user_id FROM group_members WHERE site_id = $1 AND group_id = $2 \
    ORDER BY user_id LIMIT 500)";
/// Deleted groups without members, of which there are many where a site was deleted.
const FORGET_GROUPS: &str = "DELETE FROM deleted_groups WHERE (site_id, group_id) IN \
    (SELECT site_id, group_id FROM deleted_groups WHERE NOT EXISTS \
    (SELECT 1 FROM group_members WHERE group_members.site_id = deleted_groups.site_id \
    AND group_members.group_id = deleted_groups.group_id) ORDER BY site_id, group_id LIMIT 500)";

impl Store {
    /// Removes some members of a deleted group, and answers whether there was one.
    pub async fn remove_members_of_deleted_groups(&self) -> Result<bool, StoreError> {
        let find = Statement::from_string(self.dialect.into(), FIND_GROUP);
        let Some(found) = self.lists.query_one_raw(find).await? else { return Ok(false) };
        let (site, group): (i64, Uuid) = (found.try_get_by_index(0)?, found.try_get_by_index(1)?);
        if self.remove(REMOVE_MEMBERS, [site.into(), group.into()]).await? < AT_ONCE {
            self.remove(FORGET_GROUPS, []).await?;
        }
        Ok(true)
    }

    /// Removes a little of what is left of deleted sites, and answers whether there was anything.
    pub async fn remove_remains(&self) -> Result<bool, StoreError> {
        let find = Statement::from_string(self.dialect.into(), FIND);
        let Some(found) = self.lists.query_one_raw(find).await? else { return Ok(false) };
        let site: i64 = found.try_get_by_index(0)?;
        for sql in REMOVE {
            if self.remove(sql, [site.into()]).await? > 0 {
                break;
            }
        }
        Ok(true)
    }
}
