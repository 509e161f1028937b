//! What the next sync of the directory would change about somebody once other settings are in force, as far as
//! what was asked before and not done tells.
//!
//! Must never know how those people are found.

use super::role::admit_step;
use super::{
    ConnectionPolicy, DirectoryStatus, Reason, RecordedReason, RecordedRefusal, Role,
    StatusAuthority, UserId, UserName,
};

/// Somebody of whom something was asked and not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedUser {
    /// Their id.
    pub id: UserId,
    /// What they are called.
    pub user_name: UserName,
    /// Their role.
    pub role: Role,
    /// The directory's word that counts.
    pub directory_status: DirectoryStatus,
    /// Whether a hold is in force.
    pub is_held: bool,
    /// What was asked and not done, by the last one who asked for something that changed them or was refused.
    pub refusals: Vec<RecordedRefusal>,
}

/// What would become of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExpectedChange {
    /// The role that they would have; none where it stays.
    pub role: Option<ExpectedRole>,
    /// Whether they would be active; none where that stays.
    pub active: Option<bool>,
}

/// A role that somebody would have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpectedRole {
    /// This one.
    Known(Role),
    /// Another one than they have, or theirs: what was asked can have been several.
    Unknown,
}

/// Settings that are in force, and those that would be.
#[derive(Debug, Clone, Copy)]
pub struct Prospect<'a> {
    before: &'a ConnectionPolicy,
    after: &'a ConnectionPolicy,
}

impl<'a> Prospect<'a> {
    /// None where the settings open nothing that was closed, so that nobody has to be looked at.
    pub fn between(before: &'a ConnectionPolicy, after: &'a ConnectionPolicy) -> Option<Self> {
        let opens_roles = after.allow_moderator_promotion && !before.allow_moderator_promotion
            || after.allow_admin_promotion && !before.allow_admin_promotion;
        let opens_status = listens(after) && !listens(before);
        (after.enabled && (opens_roles || opens_status)).then_some(Self { before, after })
    }

    /// What would become of somebody if the directory asked again for what it asked last; none where nothing
    /// would. That an Admin must stay is not looked at: it depends on all others.
    pub fn of(&self, user: &RefusedUser) -> Option<ExpectedChange> {
        if self.after.protects(&user.user_name.key()) {
            return None;
        }
        let (role, active) = (self.role(user), self.active(user));
        (role.is_some() || active.is_some()).then_some(ExpectedChange { role, active })
    }

    fn role(&self, user: &RefusedUser) -> Option<ExpectedRole> {
        let is_closed = |reason: &Reason| {
            [Reason::ModeratorPromotionClosed, Reason::AdminPromotionClosed].contains(reason)
        };
        let told = user.refusals.iter().rev();
        let reason = told.filter_map(known).find(is_closed)?;
        let is_opened = |to: &Role| {
            admit_step(user.role, *to, self.before).is_err()
                && admit_step(user.role, *to, self.after).is_ok()
        };
        let meant = Role::ALL.into_iter().filter(|to| may_be_refused(user.role, *to, reason));
        let meant: Vec<_> = meant.collect();
        match meant.as_slice() {
            [to] => is_opened(to).then_some(ExpectedRole::Known(*to)),
            several => several.iter().any(is_opened).then_some(ExpectedRole::Unknown),
        }
    }

    /// What is refused of the status is the other one than there is.
    fn active(&self, user: &RefusedUser) -> Option<bool> {
        let mut told = user.refusals.iter().filter_map(known);
        let is_opened = listens(self.after) && !listens(self.before);
        if !is_opened || user.is_held || !told.any(|reason| reason == Reason::StatusNotInCharge) {
            return None;
        }
        match user.directory_status {
            DirectoryStatus::Active => Some(false),
            DirectoryStatus::Inactive => Some(true),
            DirectoryStatus::Deleted => None,
        }
    }
}

fn listens(policy: &ConnectionPolicy) -> bool {
    policy.status_authority != StatusAuthority::Local
}

fn known(RecordedRefusal(reason, _): &RecordedRefusal) -> Option<Reason> {
    match reason {
        RecordedReason::Known(reason) => Some(*reason),
        RecordedReason::Unknown(_) => None,
    }
}

/// Whether a step is refused for this reason where some switches are off.
fn may_be_refused(from: Role, to: Role, reason: Reason) -> bool {
    [(false, false), (false, true), (true, false)].into_iter().any(|(moderator, admin)| {
        let policy = ConnectionPolicy {
            allow_moderator_promotion: moderator,
            allow_admin_promotion: admin,
            ..ConnectionPolicy::default()
        };
        admit_step(from, to, &policy).is_err_and(|refusal| refusal.reason == reason)
    })
}
