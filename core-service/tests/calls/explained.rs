//! What is explained of the access of services, beyond what the matrix of all calls shows.

use super::fixture::*;
use provost_proto::v1;
use provost_proto::v1::explain_access_request::Scope;
use provost_proto::v1::{Permission, Role};
use tonic::Code;

on_both_databases!(
    the_grant_is_named_or_what_is_missing_in_the_words_of_the_refusal,
    a_service_may_ask_about_itself_and_with_access_to_manage_about_others,
);

fn about(service: &str, rpc: &str) -> v1::ExplainAccessRequest {
    v1::ExplainAccessRequest {
        service: service.to_owned(),
        rpc: rpc.to_owned(),
        scope: Some(Scope::Site(SITE.to_owned())),
        ..v1::ExplainAccessRequest::default()
    }
}

async fn the_grant_is_named_or_what_is_missing_in_the_words_of_the_refusal(fixture: Fixture) {
    let ada = fixture.user("ada", Role::Registered).await;
    let here = grant(Some(SITE), &[Permission::ChangeRoles], Role::Moderator);
    let everywhere = grant(None, &[Permission::CreateUsers], Role::Unspecified);
    let token = fixture.service("billing", vec![here.clone(), everywhere.clone()]).await;
    let explain =
        async |request| fixture.services().explain_access(request).await.unwrap().into_inner();
    let step = |rpc, from: Role, to: Role| v1::ExplainAccessRequest {
        current_role: from.into(),
        requested_role: to.into(),
        ..about("billing", rpc)
    };
    let set_role = "UserService/SetUserRole";
    let answer = explain(step(set_role, Role::Registered, Role::Moderator)).await;
    assert_eq!((answer.allowed, &answer.permissions[0].grant), (true, &Some(here.clone())));
    for (from, to) in [(Role::Moderator, Role::Admin), (Role::Admin, Role::Registered)] {
        let answer = explain(step(set_role, from, to)).await;
        assert_eq!((answer.allowed, &answer.permissions[0].grant), (false, &None));
    }

    let answer = explain(step(set_role, Role::Registered, Role::Admin)).await;
    let request = v1::SetUserRoleRequest {
        site: SITE.to_owned(),
        user_id: ada.id,
        role: Role::Admin.into(),
        options: None,
    };
    let refusal = users(&fixture.core, &token).set_user_role(request).await.unwrap_err();
    assert_eq!(answer.message, refusal.message());
    assert_eq!(answer.permissions[0].message, refusal.message());

    let create = "UserService/CreateUser";
    let answer = explain(step(create, Role::Unspecified, Role::Moderator)).await;
    let grants: Vec<_> = answer.permissions.into_iter().map(|one| one.grant).collect();
    assert_eq!((answer.allowed, grants), (true, vec![Some(everywhere.clone()), Some(here)]));
    let answer = explain(step(create, Role::Unspecified, Role::Admin)).await;
    assert!(!answer.allowed);
    // Where the permissions depend on the request, each is shown.
    let answer = explain(about("billing", "UserService/ChangeUser")).await;
    let had = answer.permissions.iter().filter(|one| one.grant.is_some());
    let had: Vec<_> = had.map(v1::ExplainedPermission::permission).collect();
    assert_eq!(
        (answer.allowed, answer.permissions.len(), had),
        (true, 5, vec![Permission::ChangeRoles])
    );
    let all = Some(Scope::AllSites(true));
    let answer = explain(v1::ExplainAccessRequest { scope: all, ..about("billing", create) }).await;
    assert_eq!((answer.allowed, &answer.permissions[0].grant), (true, &Some(everywhere)));
}

async fn a_service_may_ask_about_itself_and_with_access_to_manage_about_others(fixture: Fixture) {
    let token = fixture.service("billing", Vec::new()).await;
    fixture.service("other", Vec::new()).await;
    let mut own = services(&fixture.core, &token);
    let get = "UserService/GetUser";
    for name in ["", "billing"] {
        let answer = own.explain_access(about(name, get)).await.unwrap().into_inner();
        assert!(!answer.allowed);
        assert!(answer.message.contains("read_users"), "{}", answer.message);
    }
    let status = own.explain_access(about("other", get)).await.unwrap_err();
    assert_eq!(reason(&status), (Code::PermissionDenied, "GRANT_MISSING".to_owned()));
    let manages = grant(Some(SITE), &[Permission::ManageAccess], Role::Unspecified);
    fixture.give("billing", manages).await;
    assert!(!own.explain_access(about("other", get)).await.unwrap().into_inner().allowed);

    let mut operator = fixture.services();
    for (request, code, expected) in [
        (about("nobody", get), Code::NotFound, "SERVICE_NOT_FOUND"),
        (about("", get), Code::NotFound, "SERVICE_NOT_FOUND"),
        (about("other", "UserService/Get"), Code::InvalidArgument, "VALUE_INVALID"),
        (about("other", ""), Code::InvalidArgument, "VALUE_INVALID"),
        (
            v1::ExplainAccessRequest {
                scope: Some(Scope::Site("nowhere".to_owned())),
                ..about("other", get)
            },
            Code::NotFound,
            "SITE_NOT_FOUND",
        ),
    ] {
        let status = operator.explain_access(request).await.unwrap_err();
        assert_eq!(reason(&status), (code, expected.to_owned()));
    }
}
