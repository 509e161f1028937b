//! What a change of settings would have the next sync do, for whoever only tries it. Must never decide it.

use super::encode::role;
use crate::authenticator::Bearer;
use crate::{AppState, Failure};
use provost_domain::{
    ConnectionPolicy, ExpectedChange, ExpectedRole, Permission, Prospect, RefusedUser, Site,
};
use provost_proto::v1;

/// How many of those are looked at of whom something was asked and not done.
const LOOKED_AT: usize = 1000;
/// How many are named.
const NAMED: usize = 20;

impl AppState {
    /// What would become of whom once these settings are in force. None for a caller who may not read users.
    pub(super) async fn next_sync(
        &self,
        reader: Bearer,
        site: &Site,
        after: &ConnectionPolicy,
    ) -> Result<Option<v1::NextSync>, Failure> {
        // An Admin on whose behalf it is asked may.
        let reader = reader.with(Permission::ReadUsers);
        if self.authenticator.admit(reader, &site.name).await.is_err() {
            return Ok(None);
        }
        let Site { policy: before, .. } = self.sites.get(site).await?;
        let Some(prospect) = Prospect::between(&before, after) else {
            return Ok(Some(v1::NextSync::default()));
        };
        let (refused, is_incomplete) = self.users.refused(site, LOOKED_AT).await?;
        let mut told = v1::NextSync { is_incomplete, ..v1::NextSync::default() };
        for user in refused {
            let Some(change) = prospect.of(&user) else { continue };
            told.user_count += 1;
            if told.users.len() < NAMED {
                told.users.push(expected(&user, change));
            }
        }
        Ok(Some(told))
    }
}

fn expected(user: &RefusedUser, change: ExpectedChange) -> v1::ExpectedUser {
    let ExpectedChange { role: next, active } = change;
    let (is_role_changed, next) = match next {
        Some(ExpectedRole::Known(known)) => (true, role(known)),
        Some(ExpectedRole::Unknown) => (true, v1::Role::Unspecified),
        None => (false, v1::Role::Unspecified),
    };
    v1::ExpectedUser {
        user_id: user.id.0.to_string(),
        user_name: user.user_name.as_str().to_owned(),
        role: role(user.role).into(),
        is_role_changed,
        next_role: next.into(),
        next_active: active,
    }
}
