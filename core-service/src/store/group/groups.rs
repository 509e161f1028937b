//! Groups of users in a group of decisions: those that it is about, and whom they name as members.

use super::super::StoreError;
use super::super::group_members::{self, BetweenRow, LeaverRow, MemberRow, MembersOfRow};
use super::super::groups::{self, GroupKeyRow, GroupNameRow, GroupRow};
use super::super::rule_runs;
use super::super::sites::GroupCountRow;
use super::{WriteGroup, rows};
use provost_domain::{Changes, GroupNameKey, Loaded, Needs, SiteId};

impl WriteGroup<'_> {
    pub(super) async fn load_groups(
        &mut self,
        needs: &Needs,
        loaded: &mut Loaded,
    ) -> Result<(), StoreError> {
        let Needs { groups: ids, group_names, members, members_of, .. } = needs;
        let Needs { groups_of, movers, among, rule_runs, .. } = needs;
        let statements = self.writer.dialect.statements();
        let keys: Vec<GroupKeyRow> = rows(ids);
        let mut found = self.execute("SELECT groups", &statements.groups_by_id, &keys).await?;
        let keys: Vec<GroupNameRow<'_>> = rows(group_names.iter().filter(|key| is_possible(key)));
        found.extend(self.execute("SELECT groups", &statements.groups_by_name, &keys).await?);
        loaded.groups = found.iter().map(groups::read).collect::<Result<_, _>>()?;
        let keys: Vec<MemberRow> = rows(members);
        let summary = "SELECT users group_members";
        let mut found = self.execute(summary, &statements.named_members, &keys).await?;
        let keys: Vec<MembersOfRow> = rows(members_of);
        found.extend(self.execute(summary, &statements.members_of, &keys).await?);
        loaded.members = found.iter().map(group_members::found).collect::<Result<_, _>>()?;
        let mut keys: Vec<BetweenRow> = rows(groups_of.iter().chain(movers));
        keys.extend(among.iter().map(BetweenRow::from));
        let found = self.execute("SELECT group_members", &statements.groups_of, &keys).await?;
        loaded.memberships =
            found.iter().map(group_members::membership).collect::<Result<_, _>>()?;
        if !rule_runs.is_empty() {
            let runs = rule_runs::by_key(rule_runs.iter());
            let found = self.run("SELECT rule_runs", &runs).await?;
            loaded.rule_runs = found.iter().map(rule_runs::read).collect::<Result<_, _>>()?;
        }
        Ok(())
    }

    pub(super) async fn save_rule_runs(&mut self, changes: &Changes) -> Result<(), StoreError> {
        let Changes { saved_rule_runs, deleted_rule_runs, .. } = changes;
        if !saved_rule_runs.is_empty() {
            self.run("INSERT rule_runs", &rule_runs::save(saved_rule_runs)).await?;
        }
        if !deleted_rule_runs.is_empty() {
            let deleted = rule_runs::delete(deleted_rule_runs.iter());
            self.run("DELETE rule_runs", &deleted).await?;
        }
        Ok(())
    }

    pub(super) async fn save_groups(&mut self, changes: &Changes) -> Result<(), StoreError> {
        let Changes {
            saved_groups, deleted_groups, new_members, gone_members, group_counts, ..
        } = changes;
        let statements = self.writer.dialect.statements();
        // First, because their names are free then.
        let keys: Vec<GroupKeyRow> = rows(deleted_groups);
        self.execute("DELETE groups", &statements.delete_groups, &keys).await?;
        let saved: Vec<GroupRow<'_>> = rows(saved_groups);
        self.execute("INSERT groups", &statements.save_groups, &saved).await?;
        let members: Vec<MemberRow> = rows(gone_members);
        self.execute("DELETE group_members", &statements.delete_members, &members).await?;
        let members: Vec<MemberRow> = rows(new_members);
        self.execute("INSERT group_members", &statements.save_members, &members).await?;
        let counts: Vec<GroupCountRow> = group_counts.iter().map(Into::into).collect();
        self.execute("UPDATE sites", &statements.count_groups, &counts).await?;
        Ok(())
    }

    /// Before users are deleted, while it is known where they were members.
    pub(super) async fn leave_groups(&mut self, changes: &Changes) -> Result<(), StoreError> {
        let leavers: Vec<LeaverRow> = rows(&changes.leavers);
        let statements = self.writer.dialect.statements();
        self.execute("UPDATE groups", &statements.leave_groups, &leavers).await?;
        Ok(())
    }
}

/// No name has a NUL, and PostgreSQL can't even be asked about one.
fn is_possible((_, key): &(SiteId, GroupNameKey)) -> bool {
    !key.as_str().contains('\0')
}
