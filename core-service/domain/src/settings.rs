//! Changes to a site's settings: what connections may do in it.

use super::{
    ConnectionPolicy, CreationPolicy, DeletionPolicy, MetadataKey, Reason, Refusal, RefusalPolicy,
    UserName, UserNameKey,
};

/// A change of settings: what is absent stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SettingsChange {
    /// The master switch.
    pub enabled: Option<bool>,
    /// Registered to Moderator and back.
    pub allow_moderator_promotion: Option<bool>,
    /// Registered to Admin and back.
    pub allow_admin_promotion: Option<bool>,
    /// Whether users are created.
    pub creation: Option<CreationPolicy>,
    /// What becomes of deleted users.
    pub deletion: Option<DeletionPolicy>,
    /// What becomes of the rest of a request in which one change is refused.
    pub refusals: Option<RefusalPolicy>,
    /// Break-glass accounts to add.
    pub protect: Vec<UserName>,
    /// Break-glass accounts to take off.
    pub unprotect: Vec<UserNameKey>,
}

/// The most break-glass accounts of a site: each write of a connection looks through them.
const MAX_PROTECTED: usize = 100;

impl SettingsChange {
    /// Whether it names no more than can be looked at.
    pub(super) fn check_limits(&self) -> Result<(), Refusal> {
        for (field, named) in [("protect", self.protect.len()), ("unprotect", self.unprotect.len())]
        {
            if named > MAX_PROTECTED {
                let message = format!("{field} names {named} users; name at most {MAX_PROTECTED}");
                let refusal = Refusal::about(Reason::LimitExceeded, field, message);
                return Err(refusal.naming(MetadataKey::Limit, &MAX_PROTECTED));
            }
        }
        Ok(())
    }

    /// Whether the settings that it leads to are within the limits. What was more before there was a
    /// limit may stay.
    pub(super) fn check_result(
        before: &ConnectionPolicy,
        after: &ConnectionPolicy,
    ) -> Result<(), Refusal> {
        let (had, has) = (before.protected.len(), after.protected.len());
        if has <= MAX_PROTECTED || has <= had {
            return Ok(());
        }
        let message = format!(
            "the site would have {has} protected users, and has at most {MAX_PROTECTED}; \
             unprotect others first"
        );
        let refusal = Refusal::about(Reason::LimitExceeded, "protect", message);
        Err(refusal.naming(MetadataKey::Limit, &MAX_PROTECTED))
    }

    /// The settings with this change.
    pub(super) fn applied_to(&self, policy: &ConnectionPolicy) -> ConnectionPolicy {
        let Self {
            enabled,
            allow_moderator_promotion,
            allow_admin_promotion,
            creation,
            deletion,
            refusals,
            protect,
            unprotect,
        } = self;
        let mut changed = ConnectionPolicy {
            enabled: enabled.unwrap_or(policy.enabled),
            allow_moderator_promotion: allow_moderator_promotion
                .unwrap_or(policy.allow_moderator_promotion),
            allow_admin_promotion: allow_admin_promotion.unwrap_or(policy.allow_admin_promotion),
            creation: creation.unwrap_or(policy.creation),
            deletion: deletion.unwrap_or(policy.deletion),
            refusals: refusals.unwrap_or(policy.refusals),
            protected: policy.protected.clone(),
        };
        for name in protect {
            if !changed.protects(&name.key()) {
                changed.protected.push(name.as_str().to_owned());
            }
        }
        changed.protected.retain(|name| !unprotect.contains(&UserNameKey::of(name)));
        changed
    }
}
