//! Every request of an identity provider that failed can be looked up, with its sentence and without the
//! values in it: decisions in the ledger, everything else beside it.

use provost_proto::v1::{ListRefusedRequestsRequest, RefusedRequest, UpdateScimSettingsRequest};
use serde_json::json;

use crate::support::{House, Site, in_every_house, until};

in_every_house!(
    what_is_wrong_with_requests_is_noted_with_its_sentence,
    what_is_a_decision_or_nobodys_is_not_noted,
    that_provisioning_is_switched_off_is_noted,
);

/// What an identity provider sends, and what nobody may read beside the ledger.
const NAME: &str = "ada.canary@example.com";

async fn noted(site: &Site<'_>) -> Vec<RefusedRequest> {
    let request = ListRefusedRequestsRequest { site: site.name.clone(), ..Default::default() };
    let mut ledgers = site.house.operator.ledgers();
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
        let told = format!("{:?}", RefusedRequest { trace_id: String::new(), ..request.clone() });
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
