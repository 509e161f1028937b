//! Roles: what the directory says of a user by a word or by groups, and what others decide.

use super::Draft;
use crate::group_rule::directory_role;
use crate::role::admit_step;
use crate::{Caller, Refusal, Role};
use std::collections::BTreeSet;

impl Draft<'_> {
    /// Moves to a role. What the directory says so stands beside what it says by groups, and the highest
    /// counts; what a service or the operator says stands until the directory says something again.
    pub(super) fn set_role(&mut self, role: Role) -> Result<(), Refusal> {
        if let Caller::Connection { .. } = self.caller {
            let given = self.context.roles_of_groups(self.user.id);
            if !given.is_empty() || self.user.base_role.is_some() {
                return self.set_base_role(role, given);
            }
            if let Err(refusal) = admit_step(self.user.role, role, &self.context.site.policy) {
                return self.refuse(refusal);
            }
        }
        self.context.reaches(self.user.role, role)?;
        self.step("role", |user| user.take_role(role, role))
    }

    fn set_base_role(&mut self, base: Role, mut given: BTreeSet<Role>) -> Result<(), Refusal> {
        let (role, policy) = (self.user.role, &self.context.site.policy);
        // What is in force already, by a group, is no step.
        if role != base
            && let Err(refusal) = admit_step(self.user.base_role(), base, policy)
        {
            return self.refuse(admit_step(role, base, policy).err().unwrap_or(refusal));
        }
        given.insert(base);
        let (to, refused) = directory_role(role, &given, policy);
        // What a group would give beyond that was told when the group gave it.
        for (_, refusal) in refused.into_iter().filter(|(refused, _)| *refused <= base) {
            self.refuse(refusal)?;
        }
        self.step("role", |user| user.take_role(to, base))
    }

    /// Moves to the role that follows from the groups of the user and what is said of the user alone. The
    /// switches govern that whoever says who is in a group.
    pub(super) fn follow_groups(&mut self) -> Result<(), Refusal> {
        let (role, base) = (self.user.role, self.user.base_role());
        let mut sources = self.context.roles_of_groups(self.user.id);
        sources.insert(base);
        let (to, refused) = directory_role(role, &sources, &self.context.site.policy);
        for (_, refusal) in refused {
            if self.notices.iter().all(|told| told.reason != refusal.reason) {
                self.refuse(refusal)?;
            }
        }
        self.context.reaches(role, to)?;
        self.step("role", |user| user.take_role(to, base))
    }
}
