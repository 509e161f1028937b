//! From services, their tokens and grants to messages.

use super::encode::{role, time};
use provost_domain::{Grant, GrantScope, Permission, Role, Service, ServiceToken, SiteId};
use provost_proto::v1;
use std::collections::{BTreeMap, BTreeSet};

/// A service, with the sites of its grants by their names.
pub(super) fn service(service: &Service, sites: &BTreeMap<SiteId, String>) -> v1::Service {
    let Service { id: _, name, version, created_at, grants, deleted_at: _ } = service;
    v1::Service {
        name: name.as_str().to_owned(),
        create_time: Some(time(*created_at)),
        version: *version,
        grants: grants.iter().map(|it| named(it, sites)).collect(),
    }
}

/// What a service may do by its grant about these sites.
pub(super) fn granted(
    service: &Service,
    scope: GrantScope,
    sites: &BTreeMap<SiteId, String>,
) -> v1::ServiceGrant {
    v1::ServiceGrant {
        service: service.name.as_str().to_owned(),
        grant: service.grants.about(scope).map(|grant| named(grant, sites)),
        version: service.version,
    }
}

/// A grant, with its site by its name.
pub(super) fn named(grant: &Grant, sites: &BTreeMap<SiteId, String>) -> v1::Grant {
    let Grant { scope, permissions, highest_role } = grant;
    let scope = match scope {
        GrantScope::AllSites => v1::grant::Scope::AllSites(true),
        GrantScope::Site(id) => v1::grant::Scope::Site(sites.get(id).cloned().unwrap_or_default()),
    };
    self::grant(scope, permissions, *highest_role)
}

pub(super) fn grant(
    scope: v1::grant::Scope,
    permissions: &BTreeSet<Permission>,
    highest_role: Role,
) -> v1::Grant {
    let highest_role = match highest_role {
        Role::Registered => v1::Role::Unspecified,
        highest => role(highest),
    };
    v1::Grant {
        scope: Some(scope),
        permissions: permissions.iter().map(|it| permission(*it).into()).collect(),
        highest_role: highest_role.into(),
    }
}

pub(super) fn token(token: ServiceToken) -> v1::ServiceToken {
    let version = token.version();
    let ServiceToken {
        id,
        service,
        name,
        certificate: _,
        created_at,
        expires_at,
        last_used_at,
        revoked_at,
    } = token;
    v1::ServiceToken {
        id: id.0.to_string(),
        service: service.as_str().to_owned(),
        name,
        create_time: Some(time(created_at)),
        expire_time: expires_at.map(time),
        last_use_time: last_used_at.map(time),
        revoke_time: revoked_at.map(time),
        version,
    }
}

/// A token that stands for certificates.
pub(super) fn certificate(token: ServiceToken) -> v1::ServiceCertificate {
    let version = token.version();
    let ServiceToken {
        id: _,
        service,
        name,
        certificate: _,
        created_at,
        expires_at: _,
        last_used_at,
        revoked_at,
    } = token;
    v1::ServiceCertificate {
        service: service.as_str().to_owned(),
        certificate_name: name,
        create_time: Some(time(created_at)),
        last_use_time: last_used_at.map(time),
        remove_time: revoked_at.map(time),
        version,
    }
}

pub(super) const fn permission(permission: Permission) -> v1::Permission {
    match permission {
        Permission::ReadUsers => v1::Permission::ReadUsers,
        Permission::RegisterSignIns => v1::Permission::RegisterSignIns,
        Permission::CreateUsers => v1::Permission::CreateUsers,
        Permission::ChangeProfiles => v1::Permission::ChangeProfiles,
        Permission::ChangeStatus => v1::Permission::ChangeStatus,
        Permission::PlaceHolds => v1::Permission::PlaceHolds,
        Permission::ChangeRoles => v1::Permission::ChangeRoles,
        Permission::DeleteUsers => v1::Permission::DeleteUsers,
        Permission::ReadLedger => v1::Permission::ReadLedger,
        Permission::ManageSettings => v1::Permission::ManageSettings,
        Permission::ManageTokens => v1::Permission::ManageTokens,
        Permission::ManageAccess => v1::Permission::ManageAccess,
        Permission::ActForUsers => v1::Permission::ActForUsers,
        Permission::LiftHolds => v1::Permission::LiftHolds,
        Permission::ManageGroups => v1::Permission::ManageGroups,
    }
}
