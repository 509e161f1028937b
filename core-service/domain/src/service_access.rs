//! Access of services: what their grants let them call, and what they may do by it.
//!
//! Owns each rule once: by it a call is admitted, a command is decided, and both are explained. Must never
//! know where the grants were read.

use super::grant::{grant_missing, policy_out_of_reach, role_out_of_reach};
use super::{
    Grant, GrantScope, Grants, Permission, Refusal, Role, ServiceName, SiteId, for_the_operator,
};
use std::collections::BTreeSet;

/// Which services may make a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceAccess {
    /// None.
    None,
    /// Those with any grant for the site. Which of these permissions a call takes depends on what it asks,
    /// and shows when that is decided.
    AnyGrant(&'static [Permission]),
    /// Those with this permission for the site.
    Permission(Permission),
    /// Those with this permission for all sites: the call is about none.
    InAllSites(Permission),
    /// Every one. What it may ask about is for the call to say.
    Every,
}

/// The sites that something is about, and what the one is called.
#[derive(Debug, Clone, Copy)]
pub struct Place<'p> {
    /// The sites. All of them also stand for one that no grant is about by itself.
    pub scope: GrantScope,
    /// The name by which it was asked for one; none where all are meant.
    pub name: Option<&'p str>,
}

impl Place<'_> {
    /// Every site.
    pub const ALL: Self = Self { scope: GrantScope::AllSites, name: None };
}

/// A service that asks, and what it may do.
#[derive(Debug, Clone, Copy)]
pub struct AskingService<'s> {
    /// Its name.
    pub name: &'s ServiceName,
    /// Its grants.
    pub grants: &'s Grants,
}

impl<'s> AskingService<'s> {
    /// Whether it may make a call at all.
    pub fn admit(self, access: ServiceAccess, place: Place<'_>) -> Result<(), Refusal> {
        match access {
            ServiceAccess::None => Err(no_grant_covers()),
            ServiceAccess::Every => Ok(()),
            ServiceAccess::AnyGrant(permissions) => {
                let first = permissions.first().copied().unwrap_or(Permission::ReadUsers);
                let reaches = self.grants.reach(place.scope);
                if reaches { Ok(()) } else { Err(grant_missing(self.name, first, place.name)) }
            }
            ServiceAccess::Permission(permission) => self.grant(permission, place).map(|_| ()),
            ServiceAccess::InAllSites(permission) => self.grant(permission, Place::ALL).map(|_| ()),
        }
    }

    /// The grant by which it has a permission there.
    pub fn grant(self, permission: Permission, place: Place<'_>) -> Result<&'s Grant, Refusal> {
        let grant = self.grants.allowing(place.scope, permission);
        grant.ok_or_else(|| grant_missing(self.name, permission, place.name))
    }

    /// Those of these sites in which it has all of some permissions; none where it has them everywhere. Who
    /// has them nowhere is told so.
    pub fn reach(
        self,
        permissions: &[Permission],
        sites: impl Iterator<Item = SiteId>,
    ) -> Result<Option<BTreeSet<SiteId>>, Refusal> {
        let has_all =
            |scope| permissions.iter().all(|one| self.grants.allowing(scope, *one).is_some());
        if has_all(GrantScope::AllSites) {
            return Ok(None);
        }
        let reached: BTreeSet<_> = sites.filter(|site| has_all(GrantScope::Site(*site))).collect();
        if !reached.is_empty() {
            return Ok(Some(reached));
        }
        let has = |one: &Permission| self.grants.iter().any(|it| it.permissions.contains(one));
        let missing = permissions.iter().copied().find(|one| !has(one));
        let first = permissions.first().copied().unwrap_or(Permission::ReadUsers);
        Err(grant_missing(self.name, missing.unwrap_or(first), None))
    }

    /// The grant by which it takes a step between roles there.
    pub fn step(self, (from, to): (Role, Role), place: Place<'_>) -> Result<&'s Grant, Refusal> {
        let grant = self.grants.allowing_step(place.scope, from, to);
        grant.ok_or_else(|| role_out_of_reach(self.name, place.name, from, to))
    }

    /// The grant by which it decides who becomes what there, up to this role: nobody opens to others what
    /// they may not do themselves.
    pub fn policy(self, highest: Role, place: Place<'_>) -> Result<&'s Grant, Refusal> {
        let grant = self.grants.allowing_step(place.scope, Role::Registered, highest);
        grant.ok_or_else(|| policy_out_of_reach(self.name, place.name, highest))
    }

    /// The grant by which it has what this permission of another grant is: nobody gives or takes away what
    /// they don't have themselves.
    pub fn part(
        self,
        permission: Permission,
        of: &Grant,
        place: Place<'_>,
    ) -> Result<&'s Grant, Refusal> {
        let grant = match permission {
            Permission::ChangeRoles => {
                self.grants.allowing_step(of.scope, Role::Registered, of.highest_role)
            }
            permission => self.grants.allowing(of.scope, permission),
        };
        grant.ok_or_else(|| grant_missing(self.name, permission, place.name))
    }

    /// Whether it makes tokens of this service. A token is the service: whoever has one does all that the
    /// service may do, also what it may do later, and in its name. So a service makes none for another.
    pub fn makes_tokens_of(self, service: &ServiceName) -> Result<(), Refusal> {
        if self.name == service {
            return Ok(());
        }
        Err(for_the_operator(
            "a service makes tokens for itself alone, so send the operator's token",
        ))
    }
}

/// What a service is told that asks for what no grant covers.
pub(super) fn no_grant_covers() -> Refusal {
    for_the_operator("no grant covers it, so send the operator's token")
}
