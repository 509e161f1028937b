//! What the grants of a service say of a call, in words and by permission.
//!
//! Owns no rule but that who creates an Admin or a Moderator also gives a role: which grant allows what
//! is asked of the law.

use super::encode_access;
use crate::authenticator::ServiceAccess;
use provost_domain::{
    Grant, GrantScope, Permission, Role, Service, SiteId, for_the_operator, grant_missing,
    role_out_of_reach,
};
use provost_proto::v1;
use std::collections::BTreeMap;

/// The call that is asked about.
pub(super) struct Question<'q> {
    pub rpc: &'q str,
    pub access: ServiceAccess,
    /// The name of the site; none where it is all sites.
    pub site: Option<&'q str>,
    /// The role that is left, and the one that is entered.
    pub step: (Role, Role),
}

/// The answer about a service, and the names of the sites that its grants are about.
pub(super) fn explain(
    (service, sites): (&Service, &BTreeMap<SiteId, String>),
    question: &Question<'_>,
) -> v1::ExplainAccessResponse {
    let Question { rpc, access, site, step } = *question;
    let name = service.name.as_str();
    let (site, taken, all) = match access {
        ServiceAccess::None => {
            let refusal = for_the_operator("no grant covers it, so send the operator's token");
            let (allowed, message) = (false, refusal.message);
            return v1::ExplainAccessResponse { allowed, message, permissions: Vec::new() };
        }
        ServiceAccess::Every => {
            let message = format!("every service may call {rpc}, about itself");
            return v1::ExplainAccessResponse { allowed: true, message, permissions: Vec::new() };
        }
        ServiceAccess::AnyGrant(permissions) => (site, permissions.to_vec(), false),
        // Who is more than Registered is given a role.
        ServiceAccess::Permission(Permission::CreateUsers) if step.1 > Role::Registered => {
            (site, vec![Permission::CreateUsers, Permission::ChangeRoles], true)
        }
        ServiceAccess::Permission(permission) => (site, vec![permission], true),
        ServiceAccess::InAllSites(permission) => (None, vec![permission], true),
    };
    let scope = scope(site, sites);
    let permissions: Vec<_> = taken
        .iter()
        .map(|permission| {
            let grant = allowing(service, scope, *permission, step);
            let message = match (grant, site) {
                (Some(_), _) => String::new(),
                (None, Some(site)) if *permission == Permission::ChangeRoles => {
                    role_out_of_reach(&service.name, site, step.0, step.1).message
                }
                (None, site) => grant_missing(&service.name, *permission, site).message,
            };
            v1::ExplainedPermission {
                permission: encode_access::permission(*permission).into(),
                grant: grant.map(|grant| encode_access::named(grant, sites)),
                message,
            }
        })
        .collect();
    let missing = permissions.iter().find(|one| one.grant.is_none());
    let (allowed, message) = match missing {
        Some(missing) if all => (false, missing.message.clone()),
        _ if !all && !service.grants.reach(scope) => {
            let first = taken.first().copied().unwrap_or(Permission::ReadUsers);
            (false, grant_missing(&service.name, first, site).message)
        }
        _ if taken.is_empty() => (true, format!("the service {name} may call {rpc} by any grant")),
        // What is given or taken away is looked at by the law, when it is known.
        _ if taken.contains(&Permission::ManageAccess) => (
            true,
            format!("the service {name} may call {rpc}, for what lies within its own grants"),
        ),
        _ if all => (true, format!("the service {name} may call {rpc}")),
        _ => {
            let any = permissions.iter().any(|one| one.grant.is_some());
            let may = if any { "may" } else { "may not" };
            (
                any,
                format!(
                    "the service {name} {may} call {rpc}: what a call asks says which of the \
                     permissions it takes"
                ),
            )
        }
    };
    v1::ExplainAccessResponse { allowed, message, permissions }
}

/// The sites of a name. Where no grant names it, only those for all sites reach it.
fn scope(site: Option<&str>, sites: &BTreeMap<SiteId, String>) -> GrantScope {
    let known = sites.iter().find(|(_, name)| Some(name.as_str()) == site);
    known.map_or(GrantScope::AllSites, |(id, _)| GrantScope::Site(*id))
}

fn allowing(
    service: &Service,
    scope: GrantScope,
    permission: Permission,
    (from, to): (Role, Role),
) -> Option<&Grant> {
    match permission {
        Permission::ChangeRoles => service.grants.allowing_step(scope, from, to),
        other => service.grants.allowing(scope, other),
    }
}
