//! Walls between sites (design: the law, point 8).

use provost_proto::v1::{
    GetUserRequest, ListTokensRequest, LookupUserRequest, User, lookup_user_request,
};
use serde_json::json;
use tonic::Code;

use crate::support::{House, Site, in_every_house, reason};

in_every_house!(
    a_token_opens_its_own_site_only,
    an_id_of_another_site_is_not_found,
    the_same_name_may_live_in_two_sites,
    a_scim_token_is_no_operator,
    the_operators_token_is_none_for_identity_providers,
    a_services_token_is_none_for_identity_providers,
);

async fn a_token_opens_its_own_site_only(house: &House) {
    let acme = Site::new(house, "acme").await;
    let umbrella = Site::new(house, "umbrella").await;
    let bearer = format!("Bearer {}", acme.token);
    let foreign = umbrella.push("GET", "/Users").header("Authorization", &bearer).send().await;
    let unknown = umbrella
        .push("GET", "/Users")
        .header("Authorization", "Bearer provost_scim_unknown")
        .send()
        .await;
    let told = (foreign.refusal(401), unknown.refusal(401));
    assert_eq!(told.0, told.1, "nothing tells the two apart");

    let mut users = house.operator.with_token(&acme.token).users();
    let request = LookupUserRequest {
        on_behalf_of: String::new(),
        site: umbrella.name.clone(),
        key: Some(lookup_user_request::Key::UserName("a".to_owned())),
    };
    let status = users.lookup_user(request).await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated, "{status:?}");
}

async fn an_id_of_another_site_is_not_found(house: &House) {
    let acme = Site::new(house, "acme").await;
    let umbrella = Site::new(house, "umbrella").await;
    let user = umbrella.user("ada.lovelace@example.com").await;
    let path = format!("/Users/{}", user.id);
    let nobody = "/Users/00000000-0000-7000-8000-000000000000";

    let foreign = acme.get(&path).await;
    let detail = foreign.refusal(404).replace(&user.id, "ID");
    let absent = acme.get(nobody).await.refusal(404);
    assert_eq!(detail, absent.replace("00000000-0000-7000-8000-000000000000", "ID"));
    let operations = json!([{"op": "replace", "path": "active", "value": false}]);
    acme.patch(&user.id, &operations).await.refusal(404);
    let body = json!({"userName": "ada.lovelace@example.com", "active": false});
    acme.put(&user.id, &body).await.refusal(404);
    assert_eq!(acme.get("/Users").await.expect(200)["totalResults"], 0);
    assert_eq!(umbrella.stored(&user.id).await.version, user.version);

    let mut users = house.operator.users();
    let request = GetUserRequest {
        on_behalf_of: String::new(),
        site: acme.name.clone(),
        user_id: user.id,
        include_groups: false,
    };
    let status = users.get_user(request).await.unwrap_err();
    let expected = (Code::NotFound, "USER_NOT_FOUND".to_owned());
    assert_eq!(reason(&status), expected);
}

async fn the_same_name_may_live_in_two_sites(house: &House) {
    let acme = Site::new(house, "acme").await;
    let umbrella = Site::new(house, "umbrella").await;
    let here = acme.user("ada.lovelace@example.com").await;
    let there = umbrella.user("ada.lovelace@example.com").await;
    assert_ne!(here.id, there.id);
    let operations = json!([{"op": "replace", "path": "active", "value": false}]);
    acme.patch(&here.id, &operations).await.expect(200);
    assert!(umbrella.stored(&there.id).await.active);
}

async fn a_scim_token_is_no_operator(house: &House) {
    let site = Site::new(house, "acme").await;
    let request = ListTokensRequest { site: site.name.clone(), ..ListTokensRequest::default() };
    let mut sites = house.operator.with_token(&site.token).sites();
    let status = sites.list_tokens(request.clone()).await.unwrap_err();
    let expected = (Code::PermissionDenied, "CALLER_NOT_PERMITTED".to_owned());
    assert_eq!(reason(&status), expected);
    let mut sites = house.operator.with_token("").sites();
    let status = sites.list_tokens(request.clone()).await.unwrap_err();
    let expected = (Code::Unauthenticated, "TOKEN_MISSING".to_owned());
    assert_eq!(reason(&status), expected);
    let mut sites = house.operator.with_token("provost_op_wrong").sites();
    let status = sites.list_tokens(request).await.unwrap_err();
    let expected = (Code::Unauthenticated, "TOKEN_INVALID".to_owned());
    assert_eq!(reason(&status), expected);
}

/// Pasted into a form of an identity provider by mistake, it would let a directory past every rule
/// for directories.
async fn the_operators_token_is_none_for_identity_providers(house: &House) {
    let site = Site::new(house, "acme").await;
    let user = site.user("ada.lovelace@example.com").await;
    is_none_for_identity_providers(&site, &user, &house.operator_token).await;
}

/// Whatever it may do over gRPC.
async fn a_services_token_is_none_for_identity_providers(house: &House) {
    let site = Site::new(house, "acme").await;
    let user = site.user("ada.lovelace@example.com").await;
    let token = house.operator.service_token("billing").await;
    is_none_for_identity_providers(&site, &user, &token).await;

    let request = GetUserRequest {
        on_behalf_of: String::new(),
        site: "acme".to_owned(),
        user_id: user.id.clone(),
        include_groups: false,
    };
    let found = house.operator.with_token(&token).users().get_user(request).await.unwrap();
    assert_eq!(found.into_inner().user, Some(user));
}

async fn is_none_for_identity_providers(site: &Site<'_>, user: &User, token: &str) {
    let path = format!("/Users/{}", user.id);
    let operations = json!([{"op": "replace", "path": "userType", "value": "Admin"}]);
    for token in [token.to_owned(), format!("Bearer {token}")] {
        let with = |value: &str| {
            let list = site.push("GET", "/Users").header("Authorization", value);
            let change = site.push("PATCH", &path).operations(&operations);
            [list, change.header("Authorization", value)]
        };
        for (refused, unknown) in with(&token).into_iter().zip(with("provost_scim_unknown")) {
            let (refused, unknown) = (refused.send().await, unknown.send().await);
            let told = (refused.refusal(401), unknown.refusal(401));
            assert_eq!(told.0, told.1, "nothing tells the two apart");
            let challenge = refused.header("WWW-Authenticate").unwrap_or_default();
            assert!(challenge.starts_with("Bearer"), "{challenge:?}");
        }
    }
    assert_eq!(site.stored(&user.id).await, *user);
}
