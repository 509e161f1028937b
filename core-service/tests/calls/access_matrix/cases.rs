//! A request of every RPC, and of every kind where it depends on that who may make it. None of them
//! changes anything: they are only tried, or are about nobody.

use super::super::fixture::{add_email, set_active, set_role, set_title};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
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
    /// This permission for all sites, and then these for the site.
    InAllSites(Permission, Vec<Permission>),
    /// This permission for all sites, which is of no use: the operator does it.
    NotEvenInAllSites(Permission),
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
    /// What is said of it when it is asked whether the call would be let in; none where it isn't told
    /// from other calls of the RPC.
    pub asked: Option<v1::ExplainAccessRequest>,
}

/// What calls are about.
pub struct About<'a> {
    pub site: &'a str,
    /// A user of the site.
    pub user_id: &'a str,
    /// The service that asks, if one does.
    pub own: &'a str,
    /// A service that may read the users of the first site and manage access to it, and a token of it,
    /// where grants are asked about.
    pub peer: Option<(&'a str, &'a str)>,
}

/// A request of each kind.
pub fn cases(about: &About<'_>) -> Vec<Case> {
    let About { site, user_id, own: _, peer: _ } = *about;
    let mut cases = of_users(site, user_id);
    cases.push(of_several_writes(site));
    cases.extend(of_groups(site));
    cases.extend(of_holds(site, user_id));
    cases.extend(changes(site, user_id));
    cases.extend(of_sites(site));
    cases.extend(of_ledgers(site));
    cases.extend(of_services(site));
    cases.extend(of_sessions());
    cases.extend(about.peer.into_iter().flat_map(|peer| of_peers(about, peer)));
    cases
}

fn tried() -> v1::WriteOptions {
    v1::WriteOptions { validate_only: true, ..v1::WriteOptions::default() }
}

fn case(rpc: &'static str, message: &impl Message, needs: Needs) -> Case {
    let of_user = rpc.starts_with("UserService/") || rpc.starts_with("GroupService/");
    let connections = if of_user { Connections::Admitted } else { Connections::NotCalled };
    let message = message.encode_to_vec();
    Case { rpc, message, needs, connections, names_site: true, asked: None }
}

impl Case {
    fn refused_to_connections(self) -> Self {
        Self { connections: Connections::Refused, ..self }
    }

    fn not_called_by_connections(self) -> Self {
        Self { connections: Connections::NotCalled, ..self }
    }

    fn about_no_site(self) -> Self {
        Self { names_site: false, ..self }
    }

    /// Told from other calls of the RPC.
    fn asked(self, asked: v1::ExplainAccessRequest) -> Self {
        Self { asked: Some(asked), ..self }
    }

    /// Told by the role that is to be entered.
    fn asked_for(self, role: v1::Role) -> Self {
        let requested_role = role.into();
        self.asked(v1::ExplainAccessRequest { requested_role, ..Default::default() })
    }

    /// Told by the service that it is about.
    fn asked_about(self, service: &str) -> Self {
        let target_service = service.to_owned();
        self.asked(v1::ExplainAccessRequest { target_service, ..Default::default() })
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
            &v1::CheckTokenRequest { site: site(), ..Default::default() },
            Needs::Grant(Vec::new()),
        ),
        case(
            "UserService/GetUser",
            &v1::GetUserRequest {
                on_behalf_of: String::new(),
                site: site(),
                user_id: user_id(),
                include_groups: false,
            },
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
        )
        .asked_for(v1::Role::Registered),
        case(
            "UserService/CreateUser",
            &creation(v1::Role::Moderator),
            Needs::First(Permission::CreateUsers, vec![Permission::ChangeRoles]),
        )
        .asked_for(v1::Role::Moderator),
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
        )
        .asked_for(v1::Role::Moderator),
        case(
            "UserService/DeleteUser",
            &v1::DeleteUserRequest { site: site(), user_id: user_id(), options: Some(tried()) },
            one(Permission::DeleteUsers),
        ),
    ]
}

/// Each write is refused by itself, and none is asked here.
fn of_several_writes(site: &str) -> Case {
    let request =
        v1::BatchWriteRequest { site: site.to_owned(), ..v1::BatchWriteRequest::default() };
    case("UserService/BatchWrite", &request, Needs::Grant(Vec::new()))
}

fn of_groups(site: &str) -> Vec<Case> {
    let (site, group_id) = (|| site.to_owned(), || NOBODYS.to_owned());
    let get = v1::GetGroupRequest { site: site(), group_id: group_id(), ..Default::default() };
    let list = v1::ListGroupsRequest { site: site(), ..Default::default() };
    let members =
        v1::ListGroupMembersRequest { site: site(), group_id: group_id(), ..Default::default() };
    let creation = v1::CreateGroupRequest {
        site: site(),
        display_name: "new".to_owned(),
        options: Some(tried()),
        ..Default::default()
    };
    let change = v1::ChangeGroupRequest {
        site: site(),
        group_id: group_id(),
        changes: Vec::new(),
        options: Some(tried()),
    };
    let deletion =
        v1::DeleteGroupRequest { site: site(), group_id: group_id(), options: Some(tried()) };
    let manage = || one(Permission::ManageGroups);
    let by = v1::ruled_group::By::DisplayName("nobody's".to_owned());
    let group = Some(v1::RuledGroup { by: Some(by) });
    let rules = v1::ListGroupRulesRequest { site: site(), ..Default::default() };
    let rule = v1::SetGroupRuleRequest {
        site: site(),
        group: group.clone(),
        role: v1::Role::Moderator.into(),
        options: Some(tried()),
    };
    // Nobody decides by it who becomes what.
    let nothing = v1::SetGroupRuleRequest { role: v1::Role::Registered.into(), ..rule.clone() };
    let no_rule = v1::DeleteGroupRuleRequest { site: site(), group, options: Some(tried()) };
    let settings = || one(Permission::ManageSettings);
    let policy = Needs::First(Permission::ManageSettings, vec![Permission::ChangeRoles]);
    vec![
        case("GroupService/GetGroup", &get, one(Permission::ReadUsers)),
        case("GroupService/ListGroups", &list, one(Permission::ReadUsers)),
        case("GroupService/ListGroupMembers", &members, one(Permission::ReadUsers)),
        case("GroupService/CreateGroup", &creation, manage()),
        case("GroupService/ChangeGroup", &change, manage()),
        case("GroupService/DeleteGroup", &deletion, manage()),
        case("GroupService/ListGroupRules", &rules, settings()).not_called_by_connections(),
        case("GroupService/SetGroupRule", &rule, policy)
            .asked_for(v1::Role::Moderator)
            .not_called_by_connections(),
        case("GroupService/SetGroupRule", &nothing, settings())
            .asked_for(v1::Role::Registered)
            .not_called_by_connections(),
        case("GroupService/DeleteGroupRule", &no_rule, settings())
            .asked_for(v1::Role::Registered)
            .not_called_by_connections(),
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
        | Change::ForgetSubject(_)
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
        Change::ForgetSubject(v1::ForgetSubject {}),
        Change::Ignored(v1::Ignored {
            attribute: "x".to_owned(),
            reason: v1::ErrorReason::RoleUnknown.into(),
            message: "x".to_owned(),
        }),
    ];
    let of_change = |change: Change| {
        let needs = Needs::Grant(permissions(&change));
        let refused = matches!(change, Change::PlaceHold(_) | Change::ForgetSubject(_));
        let request = v1::ChangeUserRequest {
            site: site.to_owned(),
            user_id: user_id.to_owned(),
            changes: vec![v1::Change { change: Some(change) }],
            options: Some(tried()),
            include_groups: false,
        };
        let of_one = case("UserService/ChangeUser", &request, needs.clone());
        let v1::ChangeUserRequest { site, user_id, changes, options, include_groups: _ } = request;
        let item = v1::UserChanges { user_id, changes, expected_version: None };
        let request = v1::BatchChangeUsersRequest {
            site,
            items: vec![item],
            options,
            ..v1::BatchChangeUsersRequest::default()
        };
        let of_several = case("UserService/BatchChangeUsers", &request, needs);
        [of_one, of_several].map(|case| if refused { case.refused_to_connections() } else { case })
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
    let opening =
        v1::UpdateScimSettingsRequest { allow_moderator_promotion: Some(true), ..update.clone() };
    let protecting = v1::UpdateScimSettingsRequest {
        protect_user_names: vec!["root".to_owned()],
        ..update.clone()
    };
    let policy = || Needs::First(Permission::ManageSettings, vec![Permission::ChangeRoles]);
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
        case("SiteService/UpdateScimSettings", &update, one(Permission::ManageSettings))
            .asked_for(v1::Role::Registered),
        case("SiteService/UpdateScimSettings", &opening, policy()).asked_for(v1::Role::Moderator),
        case("SiteService/UpdateScimSettings", &protecting, policy()).asked_for(v1::Role::Admin),
        case(
            "SiteService/CreateConnection",
            &v1::CreateConnectionRequest { site: site(), name: name(), options: Some(tried()) },
            one(Permission::ManageSettings),
        ),
        case(
            "SiteService/UpdateConnection",
            &v1::UpdateConnectionRequest {
                site: site(),
                connection: "scim".to_owned(),
                dialect: v1::ConnectionDialect::Strict.into(),
                options: Some(tried()),
            },
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
            "SiteService/RevealToken",
            &v1::RevealTokenRequest {
                site: site(),
                token_id: NOBODYS.to_owned(),
                options: Some(tried()),
            },
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
    let holders = v1::ListRoleHoldersRequest {
        site: site.clone(),
        role: v1::Role::Admin.into(),
        ..v1::ListRoleHoldersRequest::default()
    };
    let refused = v1::ListRefusedRequestsRequest { site: site.clone(), ..Default::default() };
    let watch =
        v1::WatchEventsRequest { sites: vec![site.clone()], ..v1::WatchEventsRequest::default() };
    let acknowledgement = v1::AcknowledgeEventsRequest {
        consumer: "mail".to_owned(),
        cursor: cursor_before_all(&site),
        rewind: false,
    };
    let cutoff = v1::GetCutoffRequest {
        site: site.clone(),
        decision: Some(v1::get_cutoff_request::Decision::Revision(1)),
        installation,
    };
    let consumers = v1::ListConsumersRequest { site: site.clone(), installation };
    let deletion = v1::DeleteConsumerRequest {
        site: site.clone(),
        consumer: "nobodys".to_owned(),
        ..v1::DeleteConsumerRequest::default()
    };
    let ends = v1::GetLedgerRequest { site, installation };
    let (site, installation) = (String::new(), true);
    let consumers_of_own = v1::ListConsumersRequest { site: site.clone(), installation };
    let list_own = v1::ListEventsRequest { installation, ..v1::ListEventsRequest::default() };
    let get_own = v1::GetEventRequest { site: site.clone(), revision: 1, installation };
    let watch_own = v1::WatchEventsRequest { installation, ..v1::WatchEventsRequest::default() };
    let ends_own = v1::GetLedgerRequest { site, installation };
    vec![
        case("LedgerService/ListEvents", &list, one(Permission::ReadLedger)),
        case("LedgerService/GetEvent", &get, one(Permission::ReadLedger)),
        case("LedgerService/GetLedger", &ends, one(Permission::ReadLedger)),
        case("LedgerService/ListRoleHolders", &holders, one(Permission::ReadLedger)),
        case("LedgerService/ListRefusedRequests", &refused, one(Permission::ReadLedger)),
        case("LedgerService/WatchEvents", &watch, one(Permission::ReadLedger)),
        // By a cursor it can't be told which sites there are.
        case("LedgerService/AcknowledgeEvents", &acknowledgement, one(Permission::ReadLedger))
            .about_no_site(),
        case("LedgerService/GetCutoff", &cutoff, one(Permission::ReadLedger)),
        case("LedgerService/ListConsumers", &consumers, one(Permission::ReadLedger)),
        case("LedgerService/DeleteConsumer", &deletion, one(Permission::ReadLedger)),
        case("LedgerService/ListConsumers", &consumers_of_own, Needs::Operator).about_no_site(),
        case("LedgerService/WatchEvents", &watch_own, Needs::Operator).about_no_site(),
        case("LedgerService/ListEvents", &list_own, Needs::Operator).about_no_site(),
        case("LedgerService/GetEvent", &get_own, Needs::Operator).about_no_site(),
        case("LedgerService/GetLedger", &ends_own, Needs::Operator).about_no_site(),
    ]
}

/// The sites in the order in which they were made, and one that there is not.
pub const NUMBERED: [&str; 3] = [super::SITE, super::OTHER, super::UNKNOWN];

/// A cursor of a watch of a site that is before its first event.
fn cursor_before_all(site: &str) -> String {
    let place = NUMBERED.iter().position(|name| *name == site).unwrap();
    let number = u8::try_from(place + 1).unwrap();
    URL_SAFE_NO_PAD.encode([1, 0, 0, number, number, 0, 0, 0, 0, 0])
}

fn of_services(site: &str) -> Vec<Case> {
    let (site, service) = (|| site.to_owned(), || "nobody".to_owned());
    let access = || one(Permission::ManageAccess);
    let everywhere = || Needs::InAllSites(Permission::ManageAccess, Vec::new());
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
    let certificate = v1::AddServiceCertificateRequest {
        service: service(),
        certificate_name: "x://new".to_owned(),
        options: Some(tried()),
    };
    let certificates =
        v1::ListServiceCertificatesRequest { service: service(), ..Default::default() };
    let removed_certificate = v1::RemoveServiceCertificateRequest {
        service: service(),
        certificate_name: "x://nobody".to_owned(),
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
    let grants = v1::ListGrantsRequest { site: site(), ..Default::default() };
    vec![
        case("AccessService/CreateService", &creation, everywhere()).about_no_site(),
        case("AccessService/ListServices", &list, everywhere()).about_no_site(),
        case("AccessService/DeleteService", &deletion, everywhere()).about_no_site(),
        case("AccessService/PutGrant", &grant(Scope::Site(site())), access()),
        case("AccessService/PutGrant", &grant(Scope::AllSites(true)), everywhere()).about_no_site(),
        case("AccessService/RemoveGrant", &removal(Removed::Site(site())), access()),
        case("AccessService/ListGrants", &grants, access()),
        case("AccessService/RemoveGrant", &removal(Removed::AllSites(true)), everywhere())
            .about_no_site(),
        // There is no such service, which is found out before whose tokens are made is looked at.
        case("AccessService/CreateServiceToken", &token, everywhere()).about_no_site(),
        case("AccessService/ListServiceTokens", &tokens, everywhere()).about_no_site(),
        case("AccessService/RevokeServiceToken", &revocation, everywhere()).about_no_site(),
        case("AccessService/AddServiceCertificate", &certificate, everywhere()).about_no_site(),
        case("AccessService/ListServiceCertificates", &certificates, everywhere()).about_no_site(),
        case("AccessService/RemoveServiceCertificate", &removed_certificate, everywhere())
            .about_no_site(),
        case("AccessService/ExplainAccess", &explain(""), Needs::Nothing),
        case("AccessService/ExplainAccess", &explain("nobody"), access()),
        case("OperationsService/GetStatus", &v1::GetStatusRequest {}, Needs::Operator)
            .about_no_site(),
    ]
}

fn of_sessions() -> Vec<Case> {
    let options = Some(tried());
    let code = v1::CreateSignInCodeRequest { options: options.clone() };
    let creation = v1::CreateSessionRequest { options: options.clone() };
    let deletion = v1::DeleteSessionRequest { session_id: String::new(), options };
    // What is asked is told from others by what the identity provider says.
    let begin = v1::GetAuthorizationUrlRequest { site: "nowhere".to_owned(), ..Default::default() };
    let complete =
        v1::CreateAdminSessionRequest { site: "nowhere".to_owned(), ..Default::default() };
    vec![
        case("SessionService/GetAuthorizationUrl", &begin, Needs::Operator).about_no_site(),
        case("SessionService/CreateAdminSession", &complete, Needs::Operator).about_no_site(),
        case("SessionService/CreateSignInCode", &code, Needs::Operator).about_no_site(),
        case("SessionService/CreateSession", &creation, Needs::Operator).about_no_site(),
        case("SessionService/GetSession", &v1::GetSessionRequest {}, Needs::Operator)
            .about_no_site(),
        case("SessionService/DeleteSession", &deletion, Needs::Operator).about_no_site(),
    ]
}

/// About grants and tokens of a service that may itself do something.
fn of_peers(about: &About<'_>, (peer, token): (&str, &str)) -> Vec<Case> {
    let About { site, own, .. } = *about;
    let has = || vec![Permission::ReadUsers, Permission::ManageAccess];
    let put = |permission: Permission| v1::PutGrantRequest {
        service: peer.to_owned(),
        grant: Some(v1::Grant {
            scope: Some(Scope::Site(site.to_owned())),
            permissions: vec![permission.into()],
            highest_role: v1::Role::Unspecified.into(),
        }),
        options: Some(tried()),
    };
    let told = |permission: Permission| v1::ExplainAccessRequest {
        target_service: peer.to_owned(),
        permissions: vec![permission.into()],
        ..v1::ExplainAccessRequest::default()
    };
    let removal = v1::RemoveGrantRequest {
        service: peer.to_owned(),
        scope: Some(Removed::Site(site.to_owned())),
        options: Some(tried()),
    };
    let deletion = v1::DeleteServiceRequest { service: peer.to_owned(), options: Some(tried()) };
    let revocation = v1::RevokeServiceTokenRequest {
        service: peer.to_owned(),
        token_id: token.to_owned(),
        options: Some(tried()),
    };
    let creation = |service: &str| v1::CreateServiceTokenRequest {
        service: service.to_owned(),
        name: "new".to_owned(),
        options: Some(tried()),
        ..v1::CreateServiceTokenRequest::default()
    };
    let everywhere = |more| Needs::InAllSites(Permission::ManageAccess, more);
    let manages = Permission::ManageAccess;
    let mut cases = vec![
        case("AccessService/DeleteService", &deletion, everywhere(has()))
            .about_no_site()
            .asked_about(peer),
        case("AccessService/RevokeServiceToken", &revocation, everywhere(has()))
            .about_no_site()
            .asked_about(peer),
        case(
            "AccessService/CreateServiceToken",
            &creation(peer),
            Needs::NotEvenInAllSites(manages),
        )
        .about_no_site()
        .asked_about(peer),
    ];
    if !own.is_empty() {
        let own_token =
            case("AccessService/CreateServiceToken", &creation(own), everywhere(vec![]));
        cases.push(own_token.about_no_site().asked_about(own));
    }
    // Elsewhere the peer has no grant yet.
    let had = if site == super::SITE { has() } else { Vec::new() };
    for given in [Permission::ReadUsers, Permission::ManageAccess, Permission::DeleteUsers] {
        let needed = had.iter().copied().chain([given]).collect();
        let needs = Needs::First(manages, needed);
        cases.push(case("AccessService/PutGrant", &put(given), needs).asked(told(given)));
    }
    let needs = Needs::First(manages, had);
    cases.push(case("AccessService/RemoveGrant", &removal, needs).asked_about(peer));
    cases
}
