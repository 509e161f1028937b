//! Grants: what a service may do, in which sites, up to which role.

use super::{MetadataKey, Permission, Reason, Refusal, Role, ServiceName, SiteId};
use std::collections::BTreeSet;

/// The most grants of one service: each names a site, and one may be about all.
pub const MAX_GRANTS: usize = 100;

/// The sites that a grant is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GrantScope {
    /// Every site, also those to come.
    AllSites,
    /// One site.
    Site(SiteId),
}

impl GrantScope {
    /// Whether it is about all that the other one is about.
    pub fn covers(self, other: Self) -> bool {
        self == Self::AllSites || self == other
    }

    /// The one site that it is about.
    pub const fn site(self) -> Option<SiteId> {
        match self {
            Self::AllSites => None,
            Self::Site(site) => Some(site),
        }
    }
}

/// What a service may do in the sites of one scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Where.
    pub scope: GrantScope,
    /// What.
    pub permissions: BTreeSet<Permission>,
    /// The highest role that it may give or take away; Registered without
    /// [`Permission::ChangeRoles`].
    pub highest_role: Role,
}

impl Grant {
    /// A grant that says something: a permission at least, and a highest role exactly where roles may
    /// be changed.
    pub fn new(
        scope: GrantScope,
        permissions: BTreeSet<Permission>,
        highest_role: Option<Role>,
    ) -> Result<Self, Refusal> {
        let invalid = |field, message| Err(Refusal::about(Reason::ValueInvalid, field, message));
        if permissions.is_empty() {
            return invalid(
                "permissions",
                "a grant has at least one permission; name one, or remove the grant",
            );
        }
        let changes_roles = permissions.contains(&Permission::ChangeRoles);
        match highest_role {
            Some(_) if !changes_roles => invalid(
                "highest_role",
                "a highest role says something with the permission change_roles only; add that, or \
                 leave the role out",
            ),
            None | Some(Role::Registered) if changes_roles => invalid(
                "highest_role",
                "the permission change_roles needs the highest role that may be given and taken \
                 away; send Moderator or Admin",
            ),
            role => Ok(Self { scope, permissions, highest_role: role.unwrap_or_default() }),
        }
    }
}

/// The grants of one service, each about a scope of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants(Vec<Grant>);

impl FromIterator<Grant> for Grants {
    fn from_iter<I: IntoIterator<Item = Grant>>(grants: I) -> Self {
        let mut grants: Vec<_> = grants.into_iter().collect();
        grants.sort_by_key(|grant| grant.scope);
        Self(grants)
    }
}

impl Grants {
    /// Of a service that may do nothing.
    pub(super) const fn none() -> Self {
        Self(Vec::new())
    }

    /// All of them, by scope.
    pub fn iter(&self) -> impl Iterator<Item = &Grant> {
        self.0.iter()
    }

    /// The grant about exactly these sites.
    pub fn about(&self, scope: GrantScope) -> Option<&Grant> {
        self.iter().find(|grant| grant.scope == scope)
    }

    /// Whether anything may be done in these sites.
    pub fn reach(&self, scope: GrantScope) -> bool {
        self.covering(scope).next().is_some()
    }

    /// The grant by which this may be done in all of these sites.
    pub fn allowing(&self, scope: GrantScope, permission: Permission) -> Option<&Grant> {
        self.covering(scope).find(|grant| grant.permissions.contains(&permission))
    }

    /// The grant by which a step between these roles may be taken in all of these sites: it reaches both
    /// the one that is left and the one that is entered.
    pub fn allowing_step(&self, scope: GrantScope, from: Role, to: Role) -> Option<&Grant> {
        self.covering(scope).find(|grant| {
            grant.permissions.contains(&Permission::ChangeRoles)
                && grant.highest_role >= from.max(to)
        })
    }

    fn covering(&self, scope: GrantScope) -> impl Iterator<Item = &Grant> {
        self.iter().filter(move |grant| grant.scope.covers(scope))
    }

    /// The same with this grant in the place of what was about its sites.
    pub(super) fn with(&self, grant: Grant) -> Self {
        self.without(grant.scope).0.into_iter().chain([grant]).collect()
    }

    /// The same without what is about exactly these sites.
    pub(super) fn without(&self, scope: GrantScope) -> Self {
        Self(self.iter().filter(|grant| grant.scope != scope).cloned().collect())
    }

    pub(super) const fn len(&self) -> usize {
        self.0.len()
    }
}

/// What a service is told that lacks a permission in a site, by the name by which it asked for the site;
/// without one, in all of them. Whether there is such a site is not said.
pub(super) fn grant_missing(
    service: &ServiceName,
    permission: Permission,
    site: Option<&str>,
) -> Refusal {
    let (service, word) = (service.as_str(), permission.as_str());
    let refusal = Refusal::new(
        Reason::GrantMissing,
        format!(
            "the service {service} has no grant with the permission {word} for {}; the operator, or a \
             service that manages access there, can give it one",
            of(site)
        ),
    )
    .naming(MetadataKey::MissingPermission, word)
    .naming(MetadataKey::Service, service);
    match site {
        Some(site) => refusal.naming(MetadataKey::Site, site),
        None => refusal,
    }
}

/// What a service is told whose grants don't reach the roles that settings decide about.
pub(super) fn policy_out_of_reach(
    service: &ServiceName,
    site: Option<&str>,
    highest: Role,
) -> Refusal {
    let refusal = grant_missing(service, Permission::ChangeRoles, site);
    Refusal {
        message: format!(
            "the service {} has no grant for {} that lets it change roles up to {}, which it takes to \
             open promotions to that role, and up to Admin to say who is protected; the operator, or a \
             service that manages access there, can give it one",
            service.as_str(),
            of(site),
            highest.as_str(),
        ),
        ..refusal
    }
}

/// What a service is told whose grants don't reach a step between roles.
pub(super) fn role_out_of_reach(
    service: &ServiceName,
    site: Option<&str>,
    from: Role,
    to: Role,
) -> Refusal {
    let refusal = grant_missing(service, Permission::ChangeRoles, site);
    Refusal {
        attribute: "role".to_owned(),
        message: format!(
            "the service {} has no grant for {} that lets it change roles up to {}, which the step from \
             {} to {} takes; the operator, or a service that manages access there, can give it one",
            service.as_str(),
            of(site),
            from.max(to).as_str(),
            from.as_str(),
            to.as_str()
        ),
        ..refusal
    }
}

fn of(site: Option<&str>) -> String {
    site.map_or_else(|| "all sites".to_owned(), |site| format!("the site {site}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: GrantScope = GrantScope::Site(SiteId(7));
    const ELSEWHERE: GrantScope = GrantScope::Site(SiteId(8));

    fn grant(scope: GrantScope, permission: Permission) -> Grant {
        Grant { scope, permissions: [permission].into(), highest_role: Role::Registered }
    }

    fn grants(scopes: &[GrantScope]) -> Grants {
        scopes.iter().map(|scope| grant(*scope, Permission::ReadUsers)).collect()
    }

    #[test]
    fn grants_reach_the_sites_that_they_are_about() {
        for (scopes, reached) in [
            (&[][..], [false, false, false]),
            (&[HERE], [false, true, false]),
            (&[HERE, ELSEWHERE], [false, true, true]),
            (&[GrantScope::AllSites], [true, true, true]),
        ] {
            let grants = grants(scopes);
            let found = [GrantScope::AllSites, HERE, ELSEWHERE].map(|scope| grants.reach(scope));
            assert_eq!(found, reached, "{scopes:?}");
        }
    }

    #[test]
    fn a_grant_takes_the_place_of_the_one_about_the_same_sites() {
        let two = grants(&[HERE, ELSEWHERE]);
        let other = grant(HERE, Permission::ReadLedger);
        let with = two.with(other.clone());
        assert_eq!((with.about(HERE), with.len()), (Some(&other), 2));
        assert_eq!(with.about(ELSEWHERE), two.about(ELSEWHERE));
        assert_eq!(two.with(grant(GrantScope::AllSites, Permission::ReadLedger)).len(), 3);
        assert_eq!(two.without(HERE), grants(&[ELSEWHERE]));
        assert_eq!(two.without(GrantScope::AllSites), two);
    }

    /// Who lacks something is told what, where, and how far it would have to reach.
    #[test]
    fn what_is_lacking_is_named() {
        let billing = ServiceName::as_stored("billing".to_owned());
        for (site, place) in [(Some("acme"), "for the site acme"), (None, "for all sites")] {
            let missing = grant_missing(&billing, Permission::ReadUsers, site);
            let policy = policy_out_of_reach(&billing, site, Role::Moderator);
            let step = role_out_of_reach(&billing, site, Role::Admin, Role::Registered);
            for (refusal, attribute, word, part) in [
                (missing, "", "read_users", "the permission read_users"),
                (
                    policy,
                    "",
                    "change_roles",
                    "change roles up to Moderator, which it takes to open",
                ),
                (
                    step,
                    "role",
                    "change_roles",
                    "up to Admin, which the step from Admin to Registered",
                ),
            ] {
                let message = &refusal.message;
                assert_eq!(
                    (refusal.reason, &*refusal.attribute),
                    (Reason::GrantMissing, attribute)
                );
                for part in ["the service billing has no grant", place, part] {
                    assert!(message.contains(part), "{message}");
                }
                assert!(
                    refusal.metadata.contains(&(MetadataKey::MissingPermission, word.to_owned()))
                );
                let named = refusal.metadata.iter().find(|(key, _)| *key == MetadataKey::Site);
                assert_eq!(named.map(|(_, name)| name.as_str()), site);
            }
        }
    }
}
