//! Calls on behalf of users: an Admin manages their site through the service that they use.

use super::fixture::*;
use provost_proto::v1;
use provost_proto::v1::{Permission, Role};
use tonic::{Code, Status};

on_both_databases!(
    an_admin_manages_their_site_through_a_service_and_nothing_else,
    nobody_else_is_acted_for,
    what_an_admin_loses_is_noticed_by_the_next_write_of_any_core,
);

const CONSOLE: &[Permission] = &[Permission::ActForUsers];

async fn console(fixture: &Fixture) -> String {
    fixture.service("console", vec![grant(Some(SITE), CONSOLE, Role::Unspecified)]).await
}

fn acting(user: &str) -> v1::WriteOptions {
    v1::WriteOptions { on_behalf_of: user.to_owned(), ..v1::WriteOptions::default() }
}

fn told(status: &Status) -> (Code, String) {
    reason(status)
}

fn not_permitted() -> (Code, String) {
    (Code::PermissionDenied, "ACTOR_NOT_PERMITTED".to_owned())
}

type Answers = Vec<(&'static str, Result<(), Status>)>;

/// Every read and some of each kind of write that Admins may have made for them.
async fn everything(fixture: &Fixture, token: &str, site: &str, user: &str) -> Answers {
    let reads = reads(fixture, token, (site, user)).await;
    reads.into_iter().chain(writes(fixture, token, (site, user)).await).collect()
}

async fn reads(fixture: &Fixture, token: &str, (site, user): (&str, &str)) -> Answers {
    let (mut users, mut sites) = (users(&fixture.core, token), sites(&fixture.core, token));
    let (site, on_behalf_of) = (|| site.to_owned(), || user.to_owned());
    let get = v1::GetUserRequest {
        site: site(),
        user_id: user.to_owned(),
        on_behalf_of: on_behalf_of(),
        include_groups: false,
    };
    let key = Some(v1::lookup_user_request::Key::UserName("ada".to_owned()));
    let look_up = v1::LookupUserRequest { site: site(), key, on_behalf_of: on_behalf_of() };
    let list = v1::ListUsersRequest {
        site: site(),
        on_behalf_of: on_behalf_of(),
        ..v1::ListUsersRequest::default()
    };
    let settings = v1::GetScimSettingsRequest { site: site(), on_behalf_of: on_behalf_of() };
    let connections = v1::ListConnectionsRequest {
        site: site(),
        on_behalf_of: on_behalf_of(),
        ..v1::ListConnectionsRequest::default()
    };
    let tokens = v1::ListTokensRequest {
        site: site(),
        on_behalf_of: on_behalf_of(),
        ..v1::ListTokensRequest::default()
    };
    vec![
        ("GetUser", users.get_user(get).await.map(|_| ())),
        ("LookupUser", users.lookup_user(look_up).await.map(|_| ())),
        ("ListUsers", users.list_users(list).await.map(|_| ())),
        ("GetScimSettings", sites.get_scim_settings(settings).await.map(|_| ())),
        ("ListConnections", sites.list_connections(connections).await.map(|_| ())),
        ("ListTokens", sites.list_tokens(tokens).await.map(|_| ())),
    ]
}

async fn writes(fixture: &Fixture, token: &str, (site, user): (&str, &str)) -> Answers {
    let (mut users, mut sites) = (users(&fixture.core, token), sites(&fixture.core, token));
    let (site, options) = (|| site.to_owned(), || Some(acting(user)));
    let settings = v1::UpdateScimSettingsRequest {
        site: site(),
        allow_moderator_promotion: Some(true),
        options: options(),
        ..v1::UpdateScimSettingsRequest::default()
    };
    let connection = "okta".to_owned();
    let connect =
        v1::CreateConnectionRequest { site: site(), name: connection.clone(), options: options() };
    let token = v1::CreateTokenRequest {
        site: site(),
        name: "one".to_owned(),
        options: options(),
        ..v1::CreateTokenRequest::default()
    };
    let understand = v1::UpdateConnectionRequest {
        site: site(),
        connection: connection.clone(),
        dialect: v1::ConnectionDialect::Strict.into(),
        options: options(),
    };
    let disconnect = v1::DeleteConnectionRequest { site: site(), connection, options: options() };
    let create = v1::CreateUserRequest {
        site: site(),
        user_name: "new".to_owned(),
        role: Role::Admin.into(),
        options: options(),
        ..v1::CreateUserRequest::default()
    };
    let deactivate = v1::DeactivateUserRequest {
        site: site(),
        user_id: user.to_owned(),
        options: options(),
        ..v1::DeactivateUserRequest::default()
    };
    vec![
        ("UpdateScimSettings", sites.update_scim_settings(settings).await.map(|_| ())),
        ("CreateConnection", sites.create_connection(connect).await.map(|_| ())),
        ("CreateToken", sites.create_token(token).await.map(|_| ())),
        ("UpdateConnection", sites.update_connection(understand).await.map(|_| ())),
        ("DeleteConnection", sites.delete_connection(disconnect).await.map(|_| ())),
        ("CreateUser", users.create_user(create).await.map(|_| ())),
        ("DeactivateUser", users.deactivate_user(deactivate).await.map(|_| ())),
    ]
}

async fn an_admin_manages_their_site_through_a_service_and_nothing_else(fixture: Fixture) {
    let root = fixture.user("root", Role::Admin).await.id;
    let ada = fixture.user("ada", Role::Registered).await;
    let token = console(&fixture).await;
    let mut users = users(&fixture.core, &token);
    // For itself it may nothing.
    assert_eq!(told(&get(&mut users, &ada.id).await.unwrap_err()).1, "GRANT_MISSING");
    let promote = v1::SetUserRoleRequest {
        site: SITE.to_owned(),
        user_id: ada.id.clone(),
        role: Role::Moderator.into(),
        options: Some(acting(&root)),
    };
    let decision = users.set_user_role(promote).await.unwrap().into_inner().decision.unwrap();
    assert_eq!(decision.user.unwrap().role(), Role::Moderator);
    let found = fixture.event(decision.revision).await;
    assert_eq!((found.caller.as_str(), &found.on_behalf_of), ("service:console", &root));
    for (rpc, answer) in everything(&fixture, &token, SITE, &root).await {
        assert!(answer.is_ok(), "{rpc}: {answer:?}");
    }
    // What they placed is lifted by any Admin of the site, and by no other service.
    let root_again = fixture.user("root-2", Role::Admin).await.id;
    let lift = |options| v1::LiftHoldRequest {
        site: SITE.to_owned(),
        user_id: root.clone(),
        name: "manual".to_owned(),
        options,
    };
    let grants = vec![grant(Some(SITE), &[Permission::ChangeStatus], Role::Unspecified)];
    let other = fixture.service("billing", grants).await;
    let status = self::users(&fixture.core, &other).lift_hold(lift(None)).await.unwrap_err();
    assert_eq!(told(&status), (Code::FailedPrecondition, "HOLD_NOT_OWNED".to_owned()));
    let lifted = users.lift_hold(lift(Some(acting(&root_again)))).await.unwrap().into_inner();
    assert!(lifted.decision.unwrap().user.unwrap().active);
    // Sites, services and sign-ins are not theirs.
    let mut operator = fixture.sites();
    let site = || "new".to_owned();
    let made = v1::CreateSiteRequest { name: site(), options: Some(acting(&root)) };
    assert_eq!(told(&operator.create_site(made).await.unwrap_err()), not_permitted());
    let gone = v1::DeleteSiteRequest { site: SITE.to_owned(), options: Some(acting(&root)) };
    assert_eq!(told(&operator.delete_site(gone).await.unwrap_err()), not_permitted());
    let service = v1::CreateServiceRequest { name: site(), options: Some(acting(&root)) };
    let status = fixture.services().create_service(service).await.unwrap_err();
    assert_eq!(told(&status), not_permitted());
    let sign_in = v1::RegisterSignInRequest {
        site: SITE.to_owned(),
        user_name: "ada".to_owned(),
        options: Some(acting(&root)),
        ..v1::RegisterSignInRequest::default()
    };
    assert_eq!(
        told(&fixture.users().register_sign_in(sign_in).await.unwrap_err()),
        not_permitted()
    );
}

async fn nobody_else_is_acted_for(fixture: Fixture) {
    fixture.site("other").await;
    let root = fixture.user("root", Role::Admin).await.id;
    let moderator = fixture.user("ada", Role::Moderator).await.id;
    let token = console(&fixture).await;
    let okta = fixture.token(SITE).await;
    let unknown = "00000000-0000-0000-0000-000000000001";
    let before = fixture.lines().await;
    for user in [moderator.as_str(), unknown, "nobody"] {
        for token in [&*token, OPERATOR] {
            for (rpc, answer) in everything(&fixture, token, SITE, user).await {
                assert_eq!(told(&answer.unwrap_err()), not_permitted(), "{rpc} {user}");
            }
        }
    }
    // An Admin has nothing to say elsewhere, and connections act for nobody.
    for (rpc, answer) in everything(&fixture, OPERATOR, "other", &root).await {
        assert_eq!(told(&answer.unwrap_err()), not_permitted(), "{rpc}");
    }
    for (rpc, answer) in everything(&fixture, &token, "other", &root).await {
        assert_eq!(told(&answer.unwrap_err()).1, "GRANT_MISSING", "{rpc}");
    }
    for (rpc, answer) in everything(&fixture, &okta, SITE, &root).await {
        assert_eq!(answer.unwrap_err().code(), Code::PermissionDenied, "{rpc}");
    }
    assert_eq!(fixture.lines().await, before);
}

async fn what_an_admin_loses_is_noticed_by_the_next_write_of_any_core(fixture: Fixture) {
    let root = fixture.user("root", Role::Admin).await.id;
    fixture.user("root-2", Role::Admin).await;
    let ada = fixture.user("ada", Role::Registered).await.id;
    let token = console(&fixture).await;
    let second = open(&fixture.url).await;
    let mut there = users(&second, &token);
    let options = || acting(&root);
    change(&mut there, &ada, vec![set_title("x")], options()).await.unwrap();
    let demote = v1::SetUserRoleRequest {
        site: SITE.to_owned(),
        user_id: root.clone(),
        role: Role::Moderator.into(),
        options: Some(acting(&root)),
    };
    users(&fixture.core, &token).set_user_role(demote).await.unwrap();
    let status = change(&mut there, &ada, vec![set_title("y")], options()).await.unwrap_err();
    assert_eq!(told(&status), not_permitted());
    let read = v1::GetUserRequest {
        site: SITE.to_owned(),
        user_id: ada,
        on_behalf_of: root,
        include_groups: false,
    };
    assert_eq!(told(&there.get_user(read).await.unwrap_err()), not_permitted());
    second.close().await;
}
