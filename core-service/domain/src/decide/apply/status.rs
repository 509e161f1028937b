//! Changes of a user's status, by the side that is in charge of it. Must never ask who placed a hold.

use super::Draft;
use crate::{
    Caller, Change, DirectoryStatus, HoldName, MetadataKey, Reason, Refusal, StatusAuthority,
};

impl Draft<'_> {
    pub(super) fn set_directory_status(&mut self, status: DirectoryStatus) -> Result<(), Refusal> {
        // Whom the directory deleted it may bring back in any case: that is no word about their status.
        if status != self.user.directory_status && !self.user.is_deleted() {
            let judged = match self.caller {
                Caller::Connection { .. } => self.admit_directory(),
                Caller::Service { .. } | Caller::Admin { .. } | Caller::Operator | Caller::Core => {
                    self.admit_local("active")
                }
            };
            if let Err(refusal) = judged {
                return self.refuse(refusal);
            }
        }
        self.step("active", |user| user.directory_status = status)
    }

    pub(super) fn activate(&mut self) -> Result<(), Refusal> {
        if let Err(refusal) = self.admit_local("active") {
            return self.refuse(refusal);
        }
        self.lift_hold(&HoldName::manual())?;
        let policy = &self.context.site.policy;
        if !policy.enabled || policy.status_authority == StatusAuthority::Local {
            // Nobody else can say so: the directory is silent for good, or not listened to.
            self.user.directory_status = DirectoryStatus::Active;
        }
        Ok(())
    }

    /// Whether the directory may say what the status is.
    fn admit_directory(&self) -> Result<(), Refusal> {
        match self.context.site.policy.status_authority {
            StatusAuthority::Both | StatusAuthority::Directory => Ok(()),
            StatusAuthority::Local => Err(not_in_charge(
                "active",
                "the status stays as it is: this site is in charge of it, not the directory; leave it \
                 out, or have an administrator of the site change status_authority",
            )),
        }
    }

    /// Whether anybody but the directory may activate and deactivate. Holds under other names stand
    /// above that.
    pub(super) fn admit_local(&self, attribute: &str) -> Result<(), Refusal> {
        match self.context.site.policy.status_authority {
            StatusAuthority::Both | StatusAuthority::Local => Ok(()),
            StatusAuthority::Directory => Err(not_in_charge(
                attribute,
                "the directory is in charge of the status in this site; activate and deactivate at \
                 the identity provider, or place or lift a hold, which stands above it",
            )),
        }
    }

    /// Says why the account is deactivated although somebody just asked for it to be active.
    pub(super) fn explain_status(&mut self, changes: &[Change]) {
        let last_wish = changes.iter().rev().find_map(|change| match change {
            Change::SetDirectoryStatus(status) => Some(*status),
            Change::Replace(replacement) => replacement.directory_status,
            Change::Activate => Some(DirectoryStatus::Active),
            _ => None,
        });
        if last_wish != Some(DirectoryStatus::Active) || self.user.is_active() {
            return;
        }
        let notice = match self.user.holds.first() {
            Some(hold) => Refusal::about(
                Reason::HoldInForce,
                "active",
                format!(
                    "the account stays deactivated: the hold {} of {} stands; its owner or the \
                     operator can lift it",
                    hold.name.as_str(),
                    hold.owner
                ),
            )
            .naming(MetadataKey::Hold, hold.name.as_str())
            .naming(MetadataKey::Owner, &hold.owner),
            None if self.user.is_deleted() => Refusal::about(
                Reason::DirectoryInactive,
                "active",
                "the account stays deactivated: the directory deleted the user; assign the user again \
                 at the identity provider",
            ),
            // That this site is in charge was said already.
            None if self.context.site.policy.status_authority == StatusAuthority::Local => return,
            None => Refusal::about(
                Reason::DirectoryInactive,
                "active",
                "the account stays deactivated: the directory says inactive; activate the user at the \
                 identity provider",
            ),
        };
        self.notices.push(notice.into());
    }
}

fn not_in_charge(attribute: &str, message: &str) -> Refusal {
    Refusal::about(Reason::StatusNotInCharge, attribute, message)
        .naming(MetadataKey::Setting, "status_authority")
}
