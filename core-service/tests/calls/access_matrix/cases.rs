//! A request of every RPC, and of every kind where it depends on that who may make it. None of them
//! changes anything: they are only tried, or are about nobody.

use super::super::fixture::{add_email, set_active, set_role, set_title};
use prost::Message;
use provost_proto::v1;
use provost_proto::v1::Permission;
use provost_proto::v1::change::Change;
use provost_proto::v1::grant::Scope;
use provost_proto::v1::remove_grant_request::Scope as Removed;

/// The id of no token.
const NOBODYS: &str = "00000000-0000-0000-0000-000000000001";

/// Who may make a call.
#[derive(Clone)]
pub enum Needs {
    /// Nobody but the operator.
    Operator,
    /// Every service.
    Nothing,
    /// Any grant for the site, and then these permissions there.
    Grant(Vec<Permission>),
    /// This permission for the site, and then these.
    First(Permission, Vec<Permission>),
    /// This permission for all sites.
    InAllSites(Permission),
}

/// Whether connections may make a call in their site.
#[derive(Clone, Copy, PartialEq)]
pub enum Connections {
    Admitted,
    /// Not this RPC.
    NotCalled,
    /// Not with this request.
    Refused,
}

pub struct Case {
    pub rpc: &'static str,
    pub message: Vec<u8>,
    pub needs: Needs,
    pub connections: Connections,
    /// Whether the message names a site.
    pub names_site: bool,
}

/// About a site, by this user where it is about one.
pub fn cases(site: &str, user_id: &str) -> Vec<Case> {
    let mut cases = of_users(site, user_id);
    cases.extend(of_holds(site, user_id));
    cases.extend(changes(site, user_id));
    cases.extend(of_sites(site));
    cases.extend(of_ledgers(site));
    cases.extend(of_services(site));
    cases
}

fn tried() -> v1::WriteOptions {
    v1::WriteOptions { validate_only: true, ..v1::WriteOptions::default() }
}

fn case(rpc: &'static str, message: &impl Message, needs: Needs) -> Case {
    let of_user = rpc.starts_with("UserService/");
    let connections = if of_user { Connections::Admitted } else { Connections::NotCalled };
    Case { rpc, message: message.encode_to_vec(), needs, connections, names_site: true }
}

impl Case {
    fn refused_to_connections(self) -> Self {
        Self { connections: Connections::Refused, ..self }
    }

    fn about_no_site(self) -> Self {
        Self { names_site: false, ..self }
    }
}

fn one(permission: Permission) -> Needs {
    Needs::First(permission, Vec::new())
}

fn of_users(site: &str, user_id: &str) -> Vec<Case> {
    let (site, user_id) = (site.to_owned(), user_id.to_owned());
    let (site, user_id) = (|| site.clone(), || user_id.clone());
    let creation = |role: v1::Role| v1::CreateUserRequest {
        site: site(),
        user_name: "new".to_owned(),
        role: role.into(),
        options: Some(tried()),
        ..v1::CreateUserRequest::default()
    };
    let key = Some(v1::lookup_user_request::Key::UserName("ada".to_owned()));
    let sign_in = v1::RegisterSignInRequest {
        site: site(),
        user_name: "new".to_owned(),
        options: Some(tried()),
        ..v1::RegisterSignInRequest::default()
    };
    vec![
        case(
            "UserService/CheckToken",
            &v1::CheckTokenRequest { site: site() },
            Needs::Grant(Vec::new()),
        ),
        case(
            "UserService/GetUser",
            &v1::GetUserRequest { on_behalf_of: String::new(), site: site(), user_id: user_id() },
            one(Permission::ReadUsers),
        ),
        case(
            "UserService/BatchGetUsers",
            &v1::BatchGetUsersRequest {
                site: site(),
                user_ids: vec![user_id()],
                ..v1::BatchGetUsersRequest::default()
            },
            one(Permission::ReadUsers),
        ),
        case(
            "UserService/LookupUser",
            &v1::LookupUserRequest { on_behalf_of: String::new(), site: site(), key },
            one(Permission::ReadUsers),
        ),
        case(
            "UserService/ListUsers",
            &v1::ListUsersRequest { site: site(), ..v1::ListUsersRequest::default() },
            one(Permission::ReadUsers),
        ),
        case("UserService/RegisterSignIn", &sign_in, one(Permission::RegisterSignIns))
            .refused_to_connections(),
        case(
            "UserService/CreateUser",
            &creation(v1::Role::Registered),
            one(Permission::CreateUsers),
        ),
        case(
            "UserService/CreateUser",
            &creation(v1::Role::Moderator),
            Needs::First(Permission::CreateUsers, vec![Permission::ChangeRoles]),
        ),
        case(
            "UserService/ActivateUser",
            &v1::ActivateUserRequest { site: site(), user_id: user_id(), options: Some(tried()) },
            one(Permission::ChangeStatus),
        ),
        case(
            "UserService/DeactivateUser",
            &v1::DeactivateUserRequest {
                site: site(),
                user_id: user_id(),
                options: Some(tried()),
                ..v1::DeactivateUserRequest::default()
            },
            one(Permission::ChangeStatus),
        )
        .refused_to_connections(),
        case(
            "UserService/SetUserRole",
            &v1::SetUserRoleRequest {
                site: site(),
                user_id: user_id(),
                role: v1::Role::Moderator.into(),
                options: Some(tried()),
            },
            one(Permission::ChangeRoles),
        ),
        case(
            "UserService/DeleteUser",
            &v1::DeleteUserRequest { site: site(), user_id: user_id(), options: Some(tried()) },
            one(Permission::DeleteUsers),
        ),
    ]
}

fn of_holds(site: &str, user_id: &str) -> Vec<Case> {
    let (site, user_id) = (|| site.to_owned(), || user_id.to_owned());
    let place = |name: &str| v1::PlaceHoldRequest {
        site: site(),
        user_id: user_id(),
        name: name.to_owned(),
        options: Some(tried()),
        ..v1::PlaceHoldRequest::default()
    };
    let lift = |name: &str| v1::LiftHoldRequest {
        site: site(),
        user_id: user_id(),
        name: name.to_owned(),
        options: Some(tried()),
    };
    vec![
        case(
            "UserService/PlaceHold",
            &place("security"),
            Needs::Grant(vec![Permission::PlaceHolds]),
        )
        .refused_to_connections(),
        case(
            "UserService/PlaceHold",
            &place("manual"),
            Needs::Grant(vec![Permission::ChangeStatus]),
        )
        .refused_to_connections(),
        case("UserService/LiftHold", &lift("security"), Needs::Grant(vec![Permission::PlaceHolds])),
        case("UserService/LiftHold", &lift("manual"), Needs::Grant(vec![Permission::ChangeStatus])),
    ]
}

/// What each kind of change needs; a new kind doesn't compile.
fn permissions(change: &Change) -> Vec<Permission> {
    match change {
        Change::SetActive(_) => vec![Permission::ChangeStatus],
        Change::SetRole(_) => vec![Permission::ChangeRoles],
        Change::Replace(replace) if replace.active.is_some() => {
            vec![Permission::ChangeProfiles, Permission::ChangeStatus]
        }
        Change::SetUserName(_)
        | Change::SetExternalId(_)
        | Change::SetAttribute(_)
        | Change::EditList(_)
        | Change::Replace(_) => vec![Permission::ChangeProfiles],
        Change::PlaceHold(_) | Change::LiftHold(_) => vec![Permission::PlaceHolds],
        Change::Ignored(_) => vec![Permission::ReadUsers],
    }
}

fn changes(site: &str, user_id: &str) -> Vec<Case> {
    let name = || "security".to_owned();
    let replace = |active| Change::Replace(v1::Replace { active, ..v1::Replace::default() });
    let kinds = [
        set_active(true),
        set_role(v1::Role::Moderator),
        Change::SetUserName(v1::SetUserName { user_name: "grace".to_owned() }),
        Change::SetExternalId(v1::SetExternalId { external_id: Some("1".to_owned()) }),
        set_title("Countess"),
        add_email("ada@example.com"),
        replace(None),
        replace(Some(true)),
        Change::PlaceHold(v1::PlaceHold { name: name(), ..v1::PlaceHold::default() }),
        Change::LiftHold(v1::LiftHold { name: name() }),
        Change::Ignored(v1::Ignored {
            attribute: "x".to_owned(),
            reason: v1::ErrorReason::RoleUnknown.into(),
            message: "x".to_owned(),
        }),
    ];
    let of_change = |change: Change| {
        let needs = Needs::Grant(permissions(&change));
        let places = matches!(change, Change::PlaceHold(_));
        let request = v1::ChangeUserRequest {
            site: site.to_owned(),
            user_id: user_id.to_owned(),
            changes: vec![v1::Change { change: Some(change) }],
            options: Some(tried()),
        };
        let of_one = case("UserService/ChangeUser", &request, needs.clone());
        let v1::ChangeUserRequest { site, user_id, changes, options } = request;
        let item = v1::UserChanges { user_id, changes, expected_version: None };
        let request = v1::BatchChangeUsersRequest {
            site,
            items: vec![item],
            options,
            ..v1::BatchChangeUsersRequest::default()
        };
        let of_several = case("UserService/BatchChangeUsers", &request, needs);
        [of_one, of_several].map(|case| if places { case.refused_to_connections() } else { case })
    };
    kinds.into_iter().flat_map(of_change).collect()
}

fn of_sites(site: &str) -> Vec<Case> {
    let (site, name) = (|| site.to_owned(), || "new".to_owned());
    let creation = v1::CreateTokenRequest {
        site: site(),
        name: name(),
        options: Some(tried()),
        ..v1::CreateTokenRequest::default()
    };
    let update = v1::UpdateScimSettingsRequest {
        site: site(),
        options: Some(tried()),
        ..v1::UpdateScimSettingsRequest::default()
    };
    vec![
        case(
            "SiteService/CreateSite",
            &v1::CreateSiteRequest { name: name(), options: Some(tried()) },
            Needs::Operator,
        )
        .about_no_site(),
        case("SiteService/ListSites", &v1::ListSitesRequest::default(), Needs::Operator)
            .about_no_site(),
        case(
            "SiteService/DeleteSite",
            &v1::DeleteSiteRequest { site: site(), options: Some(tried()) },
            Needs::Operator,
        ),
        case(
            "SiteService/GetScimSettings",
            &v1::GetScimSettingsRequest { on_behalf_of: String::new(), site: site() },
            one(Permission::ManageSettings),
        ),
        case("SiteService/UpdateScimSettings", &update, one(Permission::ManageSettings)),
        case(
            "SiteService/CreateConnection",
            &v1::CreateConnectionRequest { site: site(), name: name(), options: Some(tried()) },
            one(Permission::ManageSettings),
        ),
        case(
            "SiteService/ListConnections",
            &v1::ListConnectionsRequest { site: site(), ..v1::ListConnectionsRequest::default() },
            one(Permission::ManageSettings),
        ),
        case(
            "SiteService/DeleteConnection",
            &v1::DeleteConnectionRequest {
                site: site(),
                connection: name(),
                options: Some(tried()),
            },
            one(Permission::ManageSettings),
        ),
        case("SiteService/CreateToken", &creation, one(Permission::ManageTokens)),
        case(
            "SiteService/ListTokens",
            &v1::ListTokensRequest { site: site(), ..v1::ListTokensRequest::default() },
            one(Permission::ManageTokens),
        ),
        case(
            "SiteService/RevokeToken",
            &v1::RevokeTokenRequest {
                site: site(),
                token_id: NOBODYS.to_owned(),
                options: Some(tried()),
            },
            one(Permission::ManageTokens),
        ),
    ]
}

fn of_ledgers(site: &str) -> Vec<Case> {
    let (site, installation) = (site.to_owned(), false);
    let list = v1::ListEventsRequest { site: site.clone(), ..v1::ListEventsRequest::default() };
    let get = v1::GetEventRequest { site: site.clone(), revision: 1, installation };
    let ends = v1::GetLedgerRequest { site, installation };
    let (site, installation) = (String::new(), true);
    let list_own = v1::ListEventsRequest { installation, ..v1::ListEventsRequest::default() };
    let get_own = v1::GetEventRequest { site: site.clone(), revision: 1, installation };
    let ends_own = v1::GetLedgerRequest { site, installation };
    vec![
        case("LedgerService/ListEvents", &list, one(Permission::ReadLedger)),
        case("LedgerService/GetEvent", &get, one(Permission::ReadLedger)),
        case("LedgerService/GetLedger", &ends, one(Permission::ReadLedger)),
        case("LedgerService/ListEvents", &list_own, Needs::Operator).about_no_site(),
        case("LedgerService/GetEvent", &get_own, Needs::Operator).about_no_site(),
        case("LedgerService/GetLedger", &ends_own, Needs::Operator).about_no_site(),
    ]
}

fn of_services(site: &str) -> Vec<Case> {
    let (site, service) = (|| site.to_owned(), || "nobody".to_owned());
    let access = || one(Permission::ManageAccess);
    let everywhere = || Needs::InAllSites(Permission::ManageAccess);
    let grant = |scope| v1::PutGrantRequest {
        service: service(),
        grant: Some(v1::Grant {
            scope: Some(scope),
            permissions: vec![Permission::ManageAccess.into()],
            highest_role: v1::Role::Unspecified.into(),
        }),
        options: Some(tried()),
    };
    let removal = |scope| v1::RemoveGrantRequest {
        service: service(),
        scope: Some(scope),
        options: Some(tried()),
    };
    let token = v1::CreateServiceTokenRequest {
        service: service(),
        name: "new".to_owned(),
        options: Some(tried()),
        ..v1::CreateServiceTokenRequest::default()
    };
    let tokens = v1::ListServiceTokensRequest { service: service(), ..Default::default() };
    let revocation = v1::RevokeServiceTokenRequest {
        service: service(),
        token_id: NOBODYS.to_owned(),
        options: Some(tried()),
    };
    let explain = |service: &str| v1::ExplainAccessRequest {
        service: service.to_owned(),
        rpc: "UserService/GetUser".to_owned(),
        scope: Some(v1::explain_access_request::Scope::Site(site())),
        ..v1::ExplainAccessRequest::default()
    };
    let creation = v1::CreateServiceRequest { name: service(), options: Some(tried()) };
    let deletion = v1::DeleteServiceRequest { service: service(), options: Some(tried()) };
    let list = v1::ListServicesRequest::default();
    vec![
        case("AccessService/CreateService", &creation, everywhere()).about_no_site(),
        case("AccessService/ListServices", &list, everywhere()).about_no_site(),
        case("AccessService/DeleteService", &deletion, everywhere()).about_no_site(),
        case("AccessService/PutGrant", &grant(Scope::Site(site())), access()),
        case("AccessService/PutGrant", &grant(Scope::AllSites(true)), everywhere()).about_no_site(),
        case("AccessService/RemoveGrant", &removal(Removed::Site(site())), access()),
        case("AccessService/RemoveGrant", &removal(Removed::AllSites(true)), everywhere())
            .about_no_site(),
        case("AccessService/CreateServiceToken", &token, everywhere()).about_no_site(),
        case("AccessService/ListServiceTokens", &tokens, everywhere()).about_no_site(),
        case("AccessService/RevokeServiceToken", &revocation, everywhere()).about_no_site(),
        case("AccessService/ExplainAccess", &explain(""), Needs::Nothing),
        case("AccessService/ExplainAccess", &explain("nobody"), access()),
    ]
}
