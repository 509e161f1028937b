//! Every request of an identity provider that failed can be looked up, with its sentence and without the
//! values in it: decisions in the ledger, everything else beside it.

use provost_proto::v1::{
    CreateUserRequest, DeleteUserRequest, GetUserRequest, ListRefusedRequestsRequest,
    ListSitesRequest, Permission, PlaceHoldRequest, RefusedRequest, UpdateScimSettingsRequest,
    grant,
};
use serde_json::json;
use tonic::Code;

use crate::support::{House, Site, in_every_house, until};

in_every_house!(
    what_is_wrong_with_requests_is_noted_with_its_sentence,
    what_is_a_decision_or_nobodys_is_not_noted,
    that_provisioning_is_switched_off_is_noted,
    what_is_not_served_is_noted,
    what_services_are_refused_is_noted,
);

/// What an identity provider sends, and what nobody may read beside the ledger.
const NAME: &str = "ada.canary@example.com";

async fn noted(site: &Site<'_>) -> Vec<RefusedRequest> {
    let request = ListRefusedRequestsRequest { site: site.name.clone(), ..Default::default() };
    listed(site.house, request).await
}

async fn listed(house: &House, request: ListRefusedRequestsRequest) -> Vec<RefusedRequest> {
    let mut ledgers = house.operator.ledgers();
    ledgers.list_refused_requests(request).await.unwrap().into_inner().requests
}

async fn noted_so_many(site: &Site<'_>, number: usize) -> Vec<RefusedRequest> {
    let look_up = async || Some(noted(site).await).filter(|found| found.len() >= number);
    let mut found = until("refused requests are noted", look_up).await;
    found.reverse();
    found
}

async fn what_is_wrong_with_requests_is_noted_with_its_sentence(house: &House) {
    let site = Site::new(house, "acme").await;
    let id = site.user(NAME).await.id;
    let user = format!("/Users/{id}");
    let path = r#"emails[value eq "ada.canary@example.com" and].value"#;
    let operations = json!([{"op": "replace", "path": path, "value": "x"}]);
    site.patch(&id, &operations).await.expect(400);
    site.get("/Users?filter=userName%20eqq%20%22ada.canary@example.com%22").await.expect(400);
    site.get("/Users?filter=userName%20eq%20%22x%22%20ada.canary").await.expect(400);
    site.get("/Users?filter=ada.canary%20eq%20%22x%22").await.expect(400);
    let broken = site.push("PUT", &user).header("Content-Type", "application/scim+json");
    broken.bytes(r#"{"userName": ada.canary}"#).send().await.expect(400);
    site.push("POST", "/Users").json(&json!({"userName": NAME})).send().await.expect(409);
    let operations = json!([{"op": "ada.canary", "path": "title", "value": "x"}]);
    site.patch(&id, &operations).await.expect(400);
    let nobody = "/Users/00000000-0000-0000-0000-00000000cafe";
    site.get(nobody).await.expect(404);

    let mut found = noted_so_many(&site, 8).await;
    for request in &found {
        assert_eq!(request.caller, "connection:scim");
        assert!(request.time.is_some() && request.left_out == 0);
        assert!(!request.trace_id.is_empty(), "{request:?}");
        // A trace may have any letters by chance.
        let RefusedRequest { operation, reason, sentence, caller, .. } = request;
        let told = [&**operation, reason, sentence, caller].join("\n");
        assert!(
            !told.contains("canary") && !told.contains(&id) && !told.contains("cafe"),
            "{told}"
        );
    }
    found.sort_by(|one, other| {
        (&one.operation, &one.sentence).cmp(&(&other.operation, &other.sentence))
    });
    let told = found
        .iter()
        .map(|request| (request.operation.as_str(), request.status, request.reason.as_str()));
    let expected = [
        ("GET /Users", 400, "invalidFilter"),
        ("GET /Users", 400, "invalidFilter"),
        ("GET /Users", 400, "invalidFilter"),
        ("GET /Users/{id}", 404, "USER_NOT_FOUND"),
        ("PATCH /Users/{id}", 400, "invalidSyntax"),
        ("PATCH /Users/{id}", 400, "invalidFilter"),
        ("POST /Users", 409, "USER_NAME_TAKEN"),
        ("PUT /Users/{id}", 400, "invalidSyntax"),
    ];
    assert_eq!(told.collect::<Vec<_>>(), expected);
    assert_eq!(found[6].sentence, "The user name belongs to a user of this site already.");
    assert!(found.iter().all(|request| request.sentence.len() > 20), "{found:?}");
}

async fn that_provisioning_is_switched_off_is_noted(house: &House) {
    let site = Site::new(house, "acme").await;
    let id = site.user(NAME).await.id;
    let settings = UpdateScimSettingsRequest { enabled: Some(false), ..Default::default() };
    site.settings(settings).await;
    site.get("/Users?count=1").await.expect(403);
    let operations = json!([{"op": "replace", "path": "title", "value": "x"}]);
    site.patch(&id, &operations).await.expect(403);
    // Wrong besides, which the client isn't told either.
    site.get("/Users?filter=bad").await.expect(403);
    let mut found = noted_so_many(&site, 3).await;
    found.sort_by(|one, other| one.operation.cmp(&other.operation));
    let told = found.iter().map(|request| {
        assert!(request.sentence.contains("switched off"), "{request:?}");
        (request.operation.as_str(), request.status, request.reason.as_str())
    });
    let expected = ["GET /Users", "GET /Users", "PATCH /Users/{id}"];
    assert_eq!(told.collect::<Vec<_>>(), expected.map(|asked| (asked, 403, "SCIM_DISABLED")));
}

async fn what_is_a_decision_or_nobodys_is_not_noted(house: &House) {
    let site = Site::new(house, "acme").await;
    let other = Site::new(house, "globex").await;
    let id = site.user(NAME).await.id;
    let settings = UpdateScimSettingsRequest {
        refusals: provost_proto::v1::RefusalPolicy::Reject.into(),
        ..Default::default()
    };
    site.settings(settings).await;
    let before = house.ledger(&site.name).await.len();
    let promotion = json!([{"op": "replace", "path": "userType", "value": "Admin"}]);
    site.patch(&id, &promotion).await.expect(400);
    assert_eq!(house.ledger(&site.name).await.len(), before + 1);
    let stranger = Site {
        token: "nobody-has-this-token-at-all".to_owned(),
        ..Site::new(house, "umbrella").await
    };
    stranger.get("/Users?filter=bad").await.expect(401);
    // With the token of another site it is as with none.
    let lost = Site { token: other.token.clone(), ..Site::new(house, "initech").await };
    lost.get("/Users?filter=bad").await.expect(401);
    site.get("/Users?filter=bad").await.expect(400);
    let found = noted_so_many(&site, 1).await;
    assert_eq!(found.len(), 1, "{found:?}");
    for site in [&other, &stranger, &lost] {
        assert_eq!(noted(site).await, [], "{}", site.name);
    }
}

async fn what_is_not_served_is_noted(house: &House) {
    let site = Site::new(house, "acme").await;
    let search = json!({"filter": "displayName eq \"canary\""});
    site.push("POST", "/Me/.search").json(&search).send().await.expect(501);
    site.get("/Me").await.expect(501);
    let stranger = Site {
        token: "nobody-has-this-token-at-all".to_owned(),
        ..Site::new(house, "globex").await
    };
    stranger.get("/Me").await.expect(401);
    let mut found = noted_so_many(&site, 2).await;
    found.sort_by(|one, other| one.operation.cmp(&other.operation));
    let told = found.iter().map(|request| (request.operation.as_str(), request.status));
    assert_eq!(told.collect::<Vec<_>>(), [("GET /Me", 501), ("POST /Me/{*below}", 501)]);
    assert_eq!(noted(&stranger).await, []);
}

/// Each in its site's log where the service has a grant for it, and otherwise in the installation's.
async fn what_services_are_refused_is_noted(house: &House) {
    let site = Site::new(house, "acme").await;
    let other = Site::new(house, "globex").await;
    let ada = site.user(NAME).await;
    let may = vec![Permission::ReadUsers, Permission::CreateUsers, Permission::ChangeStatus];
    let scope = grant::Scope::Site(site.name.clone());
    let token = house.operator.service_token_with("billing", scope, may).await;
    let billing = house.operator.with_token(&token);
    let (acme, user_id) = (site.name.clone(), ada.id.clone());
    let deletion =
        DeleteUserRequest { site: acme.clone(), user_id: user_id.clone(), ..Default::default() };
    billing.users().delete_user(deletion).await.unwrap_err();
    let second =
        CreateUserRequest { site: acme.clone(), user_name: NAME.to_owned(), ..Default::default() };
    billing.users().create_user(second).await.unwrap_err();
    let placed = PlaceHoldRequest {
        site: acme.clone(),
        user_id,
        name: "No Word".to_owned(),
        ..Default::default()
    };
    billing.users().place_hold(placed).await.unwrap_err();
    // That somebody is not there is the answer to a question.
    let nobody = GetUserRequest { site: acme, user_id: site.name.clone(), ..Default::default() };
    billing.users().get_user(nobody).await.unwrap_err();
    let elsewhere =
        GetUserRequest { site: other.name.clone(), user_id: ada.id.clone(), ..Default::default() };
    billing.users().get_user(elsewhere).await.unwrap_err();
    billing.sites().list_sites(ListSitesRequest::default()).await.unwrap_err();
    let wrong = house.operator.with_token("nobody-has-this-token-at-all");
    wrong.sites().list_sites(ListSitesRequest::default()).await.unwrap_err();

    let told = |found: &[RefusedRequest]| -> Vec<_> {
        let told = |it: &RefusedRequest| (it.operation.clone(), it.status, it.reason.clone());
        found.iter().map(told).collect()
    };
    let expected = |all: &[(&str, Code, &str)]| -> Vec<_> {
        let told = |&(asked, code, reason): &(&str, Code, &str)| {
            (asked.to_owned(), code.into(), reason.to_owned())
        };
        all.iter().map(told).collect()
    };
    let found = noted_so_many(&site, 3).await;
    assert_eq!(
        told(&found),
        expected(&[
            ("UserService/DeleteUser", Code::PermissionDenied, "GRANT_MISSING"),
            ("UserService/CreateUser", Code::AlreadyExists, "USER_NAME_TAKEN"),
            ("UserService/PlaceHold", Code::InvalidArgument, "VALUE_INVALID"),
        ])
    );
    for request in &found {
        assert_eq!(request.caller, "service:billing");
        assert!(
            !request.trace_id.is_empty() && !request.sentence.contains("canary"),
            "{request:?}"
        );
    }
    let own = ListRefusedRequestsRequest { installation: true, ..Default::default() };
    let look_up = async || Some(listed(house, own.clone()).await).filter(|found| found.len() >= 2);
    let mut found = until("refused calls are noted", look_up).await;
    found.reverse();
    assert_eq!(
        told(&found),
        expected(&[
            ("UserService/GetUser", Code::PermissionDenied, "GRANT_MISSING"),
            ("SiteService/ListSites", Code::PermissionDenied, "CALLER_NOT_PERMITTED"),
        ])
    );
    assert_eq!(noted(&other).await, []);
}
