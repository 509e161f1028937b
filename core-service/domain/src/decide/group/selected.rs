//! Changes to members who are selected. Must never know what becomes of the others.

use super::GroupDraft;
use crate::{MemberFilter, Membership, MetadataKey, Reason, Refusal, UserId};

/// The most members of a group among whom a condition selects: each is looked at.
pub(crate) const MAX_SELECTED_AMONG: usize = 1000;

impl GroupDraft<'_> {
    /// Removes the members whom the caller sees and a condition selects.
    pub(super) fn remove_selected(&mut self, condition: &MemberFilter) -> Result<(), Refusal> {
        let (site, scope, state) = (self.group.site, self.scope, self.state);
        let mut members = self.members.clone();
        if !self.is_new {
            for user in state.members_of(site, self.group.id) {
                members.entry(user).or_insert(true);
            }
        }
        members.retain(|_, is| *is);
        if members.len() > MAX_SELECTED_AMONG {
            return Err(many_members());
        }
        self.work.spend(members.len().saturating_mul(condition.tests()))?;
        let seen = members.into_keys().filter_map(|user| state.known_user(site, user));
        let selected = seen.filter(|user| scope.shows(user) && condition.selects(user));
        self.members.extend(selected.map(|user| (user.id, false)));
        Ok(())
    }

    /// Whether a member whom the caller sees is among those who were selected, as the published protocol wants it.
    pub(super) fn check_selected(&self, users: &[UserId]) -> Result<(), Refusal> {
        let (site, group) = (self.group.site, self.group.id);
        let was = |user| !self.is_new && self.state.is_member(&Membership { site, group, user });
        let is_member = |user: UserId| {
            let is = self.members.get(&user).copied().unwrap_or_else(|| was(user));
            is && self.scope.has(self.state.presence(site, user))
        };
        if users.iter().any(|user| is_member(*user)) { Ok(()) } else { Err(nobody_selected()) }
    }
}

fn nobody_selected() -> Refusal {
    let message = "nobody whom the change selects is a member of the group; add them first, or select a member \
                   by an id that is there";
    Refusal::about(Reason::NoTarget, "members", message)
}

fn many_members() -> Refusal {
    let message = format!(
        "the group has more than {MAX_SELECTED_AMONG} members, among whom none are selected by a \
         condition; name those who are to go by their ids"
    );
    Refusal::about(Reason::TooMuchWork, "members", message)
        .naming(MetadataKey::Limit, &MAX_SELECTED_AMONG)
}
