//! Changes to a site's settings: what connections may do in it.

use super::{
    AssertionName, ConnectionPolicy, CreationPolicy, DeletionPolicy, KnownUserPolicy,
    LedgerRetention, MetadataKey, Reason, Refusal, RefusalPolicy, Role, StatusAuthority, UserName,
    UserNameKey,
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
    /// Which side is in charge of status.
    pub status_authority: Option<StatusAuthority>,
    /// Whether single sign-on is set up.
    pub single_sign_on: Option<bool>,
    /// What the value that identifies users is called.
    pub user_name_assertion: Option<AssertionName>,
    /// For how many days the ledger is kept.
    pub ledger_retention: Option<LedgerRetention>,
    /// What the creation of a user does whom the site has already.
    pub known_users: Option<KnownUserPolicy>,
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

    /// Whether the settings that it leads to are within the limits and go together. What was otherwise
    /// before may stay.
    pub(super) fn check_result(
        before: &ConnectionPolicy,
        after: &ConnectionPolicy,
    ) -> Result<(), Refusal> {
        let is_open = |policy: &ConnectionPolicy| policy.enabled && !policy.single_sign_on;
        if is_open(after) && !is_open(before) {
            return Err(if before.enabled { still_on() } else { no_sign_on() });
        }
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
            status_authority,
            single_sign_on,
            user_name_assertion,
            ledger_retention,
            known_users,
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
            status_authority: status_authority.unwrap_or(policy.status_authority),
            single_sign_on: single_sign_on.unwrap_or(policy.single_sign_on),
            user_name_assertion: user_name_assertion
                .clone()
                .unwrap_or_else(|| policy.user_name_assertion.clone()),
            ledger_retention: ledger_retention.unwrap_or(policy.ledger_retention),
            known_users: known_users.unwrap_or(policy.known_users),
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

impl ConnectionPolicy {
    /// The highest role about which it decides otherwise than before: one to which it opens
    /// promotions, and Admin where it protects others, for those may be of any role.
    pub(super) fn decides_up_to(&self, before: &Self) -> Role {
        if self.protected != before.protected
            || self.allow_admin_promotion && !before.allow_admin_promotion
        {
            return Role::Admin;
        }
        if self.allow_moderator_promotion && !before.allow_moderator_promotion {
            return Role::Moderator;
        }
        Role::Registered
    }
}

fn no_sign_on() -> Refusal {
    Refusal::about(
        Reason::SingleSignOnRequired,
        "enabled",
        "provisioning can't be switched on before single sign-on is set up, by which users come and \
         enter; set it up, and say so with single_sign_on in the same request or before",
    )
    .naming(MetadataKey::Setting, "single_sign_on")
}

fn still_on() -> Refusal {
    Refusal::about(
        Reason::SingleSignOnRequired,
        "single_sign_on",
        "provisioning is on, which needs single sign-on; switch it off with enabled in the same \
         request or before",
    )
    .naming(MetadataKey::Setting, "single_sign_on")
}
