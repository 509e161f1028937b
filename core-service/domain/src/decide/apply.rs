//! Applies one change after another to a user, as far as the law admits.

mod holds;
mod roles;
mod status;

use super::last_admin::keep_somebody;
use super::record::recorded_refusals;
use super::user_context::{UserContext, UserDecision};
use crate::{
    Caller, Change, MetadataKey, Notice, Reason, Refusal, RefusalPolicy, Replacement, Role, User,
    UserName,
};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A user on the way from one state to the next.
pub(super) struct Draft<'a> {
    context: &'a UserContext<'a>,
    caller: &'a Caller,
    /// Before anything was applied: a request that puts somebody in charge may take it back.
    was_in_charge: bool,
    pub(super) user: User,
    pub(super) notices: Vec<Notice>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(context: &'a UserContext<'a>, user: User) -> Self {
        let was_in_charge = user.is_active_admin();
        Self { context, caller: &context.command.caller, was_in_charge, user, notices: Vec::new() }
    }

    /// Applies the changes in order. An error means that nothing at all is to be done.
    pub(super) fn apply(&mut self, changes: &[Change]) -> Result<(), Refusal> {
        let known = Arc::clone(&self.user.profile);
        for change in changes {
            self.apply_one(change)?;
        }
        let edited: BTreeSet<_> = changes.iter().filter_map(Change::edited_list).collect();
        for list in edited {
            Arc::make_mut(&mut self.user.profile).drop_repeated(list);
        }
        if !Arc::ptr_eq(&known, &self.user.profile) {
            self.user.profile.check_limits(&known)?;
        }
        self.explain_status(changes);
        Ok(())
    }

    /// Ends it: a new version when anything changed, the old user otherwise.
    pub(super) fn settled(self, before: &User) -> UserDecision {
        let Self { context, mut user, notices, .. } = self;
        let recorded_refusals = recorded_refusals(&notices);
        let changed = user != *before;
        if changed {
            user.version += 1;
            user.updated_at = context.now;
        }
        if changed || !recorded_refusals.is_empty() {
            user.recorded_refusals = recorded_refusals;
        }
        UserDecision { user, changed, created: false, deleted: false, notices }
    }

    fn apply_one(&mut self, change: &Change) -> Result<(), Refusal> {
        match change {
            Change::SetDirectoryStatus(status) => self.set_directory_status(*status),
            Change::Activate => self.activate(),
            Change::SetRole(role) => self.set_role(*role),
            Change::SetUserName(name) => self.set_user_name(name),
            Change::SetExternalId(id) => {
                self.user.external_id.clone_from(id);
                Ok(())
            }
            Change::SetAttribute(name, value) => {
                Arc::make_mut(&mut self.user.profile).set(name, value.clone());
                Ok(())
            }
            Change::EditList(edit) => {
                if self.caller.is_strict() {
                    edit.check_target(&self.user.profile, self.context.work)?;
                }
                edit.apply(Arc::make_mut(&mut self.user.profile), self.context.work)
            }
            Change::Replace(replacement) => self.replace(replacement),
            Change::PlaceHold { name, note, expiration } => {
                self.place_hold(name, &note.0, *expiration)
            }
            Change::LiftHold(name) => self.lift_hold(name),
            Change::SetSubject(subject) => {
                self.user.subject = Some(subject.clone());
                Ok(())
            }
            Change::ForgetSubject => self.forget_subject(),
            Change::LiftExpiredHolds => {
                self.lift_expired_holds();
                Ok(())
            }
            Change::FollowGroups => self.follow_groups(),
            Change::Ignored(notice) => self.ignore(notice),
        }
    }

    fn replace(&mut self, replacement: &Replacement) -> Result<(), Refusal> {
        let Replacement { user_name, external_id, directory_status, role, profile } = replacement;
        if let Some(name) = user_name {
            self.set_user_name(name)?;
        }
        self.user.external_id.clone_from(external_id);
        // What is there already is within the limits and in the form that is kept.
        if *profile != *self.user.profile {
            profile.check_values()?;
            self.user.profile = Arc::new(profile.settled());
        }
        // The role before the status: a promotion and a deactivation that come together both hold.
        if let Some(role) = role {
            self.set_role(*role)?;
        }
        directory_status.map_or(Ok(()), |status| self.set_directory_status(status))
    }

    /// Whoever signs in next by the user name comes to the account, and to its role.
    fn forget_subject(&mut self) -> Result<(), Refusal> {
        if let Caller::Connection { .. } = self.caller {
            return Err(Refusal::about(
                Reason::CallerNotPermitted,
                "subject",
                "a connection can't forget subjects; the operator or a service does",
            ));
        }
        if self.user.subject.is_some() {
            self.context.reaches(Role::Registered, self.user.role)?;
            self.user.subject = None;
        }
        Ok(())
    }

    fn set_user_name(&mut self, name: &UserName) -> Result<(), Refusal> {
        let owner = self.context.owner(name);
        if let Some(owner) = owner.filter(|owner| owner.id != self.user.id) {
            let seen = self.caller.scope().shows(owner);
            return Err(if seen { taken(name) } else { kept(name) });
        }
        self.user.user_name = name.clone();
        Ok(())
    }

    /// Takes a step unless it would leave nobody in charge.
    fn step(&mut self, attribute: &str, take: impl FnOnce(&mut User)) -> Result<(), Refusal> {
        self.context.work.spend(self.user.holds.len())?;
        let roles = (self.user.role, self.user.base_role);
        let standing = (self.user.directory_status, self.user.holds.clone());
        take(&mut self.user);
        let is_in_charge = self.user.is_active_admin();
        match keep_somebody(self.context, self.was_in_charge, is_in_charge) {
            Ok(()) => Ok(()),
            Err(refusal) => {
                (self.user.role, self.user.base_role) = roles;
                (self.user.directory_status, self.user.holds) = standing;
                self.refuse(Refusal { attribute: attribute.to_owned(), ..refusal })
            }
        }
    }

    /// Refuses one change: the whole request, or, for a connection whose site says so, only this. Others
    /// say who is in a group, and the rest follows as far as it may.
    pub(super) fn refuse(&mut self, refusal: Refusal) -> Result<(), Refusal> {
        let lenient = match self.caller {
            Caller::Connection { .. } => self.context.site.policy.refusals == RefusalPolicy::Notice,
            Caller::Service { .. } | Caller::Operator | Caller::Admin { .. } | Caller::Core => {
                self.context.follows_groups()
            }
        };
        if !lenient {
            return Err(refusal);
        }
        self.notices.push(refusal.into());
        Ok(())
    }

    /// Tells of what the sender could not express. A role that does not exist was asked for and
    /// is refused; everything else was said in passing.
    fn ignore(&mut self, notice: &Notice) -> Result<(), Refusal> {
        let Notice { reason, attribute, message, metadata } = notice.clone();
        if reason == Reason::RoleUnknown {
            return self.refuse(Refusal { reason, attribute, message, metadata });
        }
        self.notices.push(Notice { reason, attribute, message, metadata });
        Ok(())
    }
}

pub(super) fn taken(name: &UserName) -> Refusal {
    Refusal::about(
        Reason::UserNameTaken,
        "user_name",
        format!(
            "the user name {} belongs to a user of this site already; change that user, or choose \
             another name",
            name.as_str()
        ),
    )
    .naming(MetadataKey::UserName, name.as_str())
}

/// Of a user whom the caller doesn't find: another person doesn't come to the account by a rename.
fn kept(name: &UserName) -> Refusal {
    Refusal::about(
        Reason::UserNameTaken,
        "user_name",
        format!(
            "the user name {} belongs to a user of this site whom the directory deleted; create that \
             user again, or have the operator delete or rename the account",
            name.as_str()
        ),
    )
}
