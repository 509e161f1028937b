//! The one table from RPCs to who may make them. The operator may make each.
//!
//! For writes it is the first look; the law looks again, in their transaction, also at what only the user
//! or the changes tell (`domain/permission.rs`).

use crate::authenticator::{Arrivals, CallAccess};
use provost_domain::{Permission, ServiceAccess};

const USERS: &str = "/provost.identity.v1.UserService/";
const GROUPS: &str = "/provost.identity.v1.GroupService/";
const SITES: &str = "/provost.identity.v1.SiteService/";
const LEDGERS: &str = "/provost.identity.v1.LedgerService/";
const OPERATIONS: &str = "/provost.identity.v1.OperationsService/";
const SESSIONS: &str = "/provost.identity.v1.SessionService/";
const SERVICES: &str = "/provost.identity.v1.AccessService/";

/// What changes take. Where there are none, the user is only read.
const BY_CHANGES: [Permission; 5] = [
    Permission::ChangeProfiles,
    Permission::ChangeStatus,
    Permission::PlaceHolds,
    Permission::ChangeRoles,
    Permission::ReadUsers,
];
const BY_HOLDS: [Permission; 2] = [Permission::PlaceHolds, Permission::ChangeStatus];

/// Which services may make the RPC of this name, as `UserService/GetUser`; none for one that there is not.
pub(super) fn named(name: &str) -> Option<ServiceAccess> {
    let path = format!("/provost.identity.v1.{name}");
    entry(&path).map(|access| access.services)
}

/// Who may make the RPC of this path. One that there is not, nobody but the operator, who is told so.
pub(super) fn access(path: &str) -> CallAccess {
    entry(path).unwrap_or(CallAccess::OPERATOR)
}

/// Whether the RPC of this path may take what the gateway has read of a body or a filter: all but those that are
/// known to take no more than ids.
pub(super) fn takes_what_was_read(path: &str) -> bool {
    let is_one_of = |service, methods: &[&str]| {
        path.strip_prefix(service).is_some_and(|method| methods.contains(&method))
    };
    !is_one_of(USERS, &["CheckToken", "GetUser", "DeleteUser"])
        && !is_one_of(GROUPS, &["GetGroup", "ListGroupMembers", "DeleteGroup"])
}

fn entry(path: &str) -> Option<CallAccess> {
    let admins = is_for_admins(path);
    let (connections, services) = if let Some(method) = path.strip_prefix(USERS) {
        (true, of_users(method)?)
    } else if let Some(method) = path.strip_prefix(GROUPS) {
        (!method.contains("GroupRule"), of_groups(method)?)
    } else if let Some(method) = path.strip_prefix(SITES) {
        (false, of_sites(method)?)
    } else if let Some(method) = path.strip_prefix(LEDGERS) {
        (false, of_ledgers(method)?)
    } else if let Some(method) = path.strip_prefix(OPERATIONS) {
        (false, of_operations(method)?)
    } else if let Some(method) = path.strip_prefix(SESSIONS) {
        let services = of_sessions(method)?;
        let arrivals = arrivals(method);
        return Some(CallAccess { connections: false, services, admins, arrivals });
    } else {
        (false, of_services(path.strip_prefix(SERVICES)?)?)
    };
    Some(CallAccess { connections, services, admins, arrivals: Arrivals::None })
}

/// Whether Admins who are signed in call it: what they manage in their site, and what its ledger tells.
fn is_for_admins(path: &str) -> bool {
    let others: &[&str] = if path.starts_with(USERS) {
        &["RegisterSignIn", "CheckToken"]
    } else if path.starts_with(GROUPS) {
        &[]
    } else if path.starts_with(SITES) {
        &["CreateSite", "ListSites", "DeleteSite"]
    } else if path.starts_with(LEDGERS) {
        &["WatchEvents", "AcknowledgeEvents", "DeleteConsumer"]
    } else {
        let own = path.strip_prefix(SESSIONS);
        return matches!(own, Some("GetSession" | "DeleteSession"));
    };
    !others.iter().any(|other| path.ends_with(other))
}

/// Who calls it to become somebody.
fn arrivals(method: &str) -> Arrivals {
    match method {
        "CreateSession" => Arrivals::WithCode,
        "GetAuthorizationUrl" | "CreateAdminSession" => Arrivals::WithoutToken,
        _ => Arrivals::None,
    }
}

/// What a change needs follows from the changes, and what a hold needs from its name.
fn of_users(method: &str) -> Option<ServiceAccess> {
    Some(ServiceAccess::Permission(match method {
        "GetUser" | "LookupUser" | "BatchGetUsers" | "ListUsers" => Permission::ReadUsers,
        "ActivateUser" | "DeactivateUser" => Permission::ChangeStatus,
        "SetUserRole" => Permission::ChangeRoles,
        "RegisterSignIn" => Permission::RegisterSignIns,
        "CreateUser" => Permission::CreateUsers,
        "DeleteUser" => Permission::DeleteUsers,
        // Of several writes each is refused by itself.
        "CheckToken" | "BatchWrite" => return Some(ServiceAccess::AnyGrant(&[])),
        "ChangeUser" | "BatchChangeUsers" => return Some(ServiceAccess::AnyGrant(&BY_CHANGES)),
        // By the name of the hold.
        "PlaceHold" | "LiftHold" => return Some(ServiceAccess::AnyGrant(&BY_HOLDS)),
        _ => return None,
    }))
}

fn of_groups(method: &str) -> Option<ServiceAccess> {
    Some(ServiceAccess::Permission(match method {
        "GetGroup" | "ListGroups" | "ListGroupMembers" => Permission::ReadUsers,
        "CreateGroup" | "ChangeGroup" | "DeleteGroup" => Permission::ManageGroups,
        "ListGroupRules" | "SetGroupRule" | "DeleteGroupRule" => Permission::ManageSettings,
        _ => return None,
    }))
}

fn of_sites(method: &str) -> Option<ServiceAccess> {
    Some(ServiceAccess::Permission(match method {
        "GetScimSettings" | "UpdateScimSettings" | "CreateConnection" | "UpdateConnection"
        | "ListConnections" | "DeleteConnection" => Permission::ManageSettings,
        "CreateToken" | "ListTokens" | "RevokeToken" | "RevealToken" => Permission::ManageTokens,
        "CreateSite" | "ListSites" | "DeleteSite" => return Some(ServiceAccess::None),
        _ => return None,
    }))
}

fn of_ledgers(method: &str) -> Option<ServiceAccess> {
    match method {
        "ListEvents"
        | "GetEvent"
        | "GetLedger"
        | "ListRoleHolders"
        | "ListRefusedRequests"
        | "WatchEvents"
        | "AcknowledgeEvents"
        | "GetCutoff"
        | "ListConsumers"
        | "DeleteConsumer" => Some(ServiceAccess::Permission(Permission::ReadLedger)),
        _ => None,
    }
}

fn of_operations(method: &str) -> Option<ServiceAccess> {
    (method == "GetStatus").then_some(ServiceAccess::None)
}

fn of_sessions(method: &str) -> Option<ServiceAccess> {
    let methods = [
        "CreateSignInCode",
        "CreateSession",
        "GetAuthorizationUrl",
        "CreateAdminSession",
        "GetSession",
        "DeleteSession",
    ];
    methods.contains(&method).then_some(ServiceAccess::None)
}

fn of_services(method: &str) -> Option<ServiceAccess> {
    match method {
        "PutGrant" | "RemoveGrant" | "ListGrants" => {
            Some(ServiceAccess::Permission(Permission::ManageAccess))
        }
        "CreateService"
        | "ListServices"
        | "DeleteService"
        | "CreateServiceToken"
        | "ListServiceTokens"
        | "RevokeServiceToken"
        | "AddServiceCertificate"
        | "ListServiceCertificates"
        | "RemoveServiceCertificate" => Some(ServiceAccess::InAllSites(Permission::ManageAccess)),
        "ExplainAccess" => Some(ServiceAccess::Every),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prost::Message as _;
    use prost_types::FileDescriptorSet;

    /// What is read leniently for a connection that is strict would be obeyed.
    #[test]
    fn only_what_names_ids_is_taken_however_it_was_read() {
        for path in ["UserService/ChangeUser", "UserService/BatchWrite", "GroupService/ListGroups"]
        {
            assert!(takes_what_was_read(&format!("/provost.identity.v1.{path}")), "{path}");
        }
        for path in ["UserService/CheckToken", "UserService/DeleteUser", "GroupService/GetGroup"] {
            assert!(!takes_what_was_read(&format!("/provost.identity.v1.{path}")), "{path}");
        }
        assert!(takes_what_was_read("/provost.identity.v1.UserService/ThatIsToCome"));
    }

    #[test]
    fn every_rpc_of_the_contract_has_an_entry() {
        let descriptors = FileDescriptorSet::decode(provost_proto::DESCRIPTORS).unwrap();
        let mut rpcs = 0;
        for file in descriptors.file.iter().filter(|it| it.package() == "provost.identity.v1") {
            for service in &file.service {
                for method in &service.method {
                    let path = format!("/{}.{}/{}", file.package(), service.name(), method.name());
                    assert!(entry(&path).is_some(), "{path}");
                    rpcs += 1;
                }
            }
        }
        assert!(rpcs > 30, "{rpcs}");
        for other in ["", "/", USERS, "/provost.identity.v1.UserService/Other", "/other/GetUser"] {
            assert_eq!(entry(other), None, "{other}");
        }
    }
}
