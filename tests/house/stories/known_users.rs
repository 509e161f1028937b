//! What a POST of a user does whom the site has already: a policy of the site, under the same law as any
//! change, and never a way to another person's account.

use provost_proto::v1::{
    CreationPolicy, DeactivateUserRequest, DeletionPolicy, DirectoryStatus, KnownUserPolicy,
    RefusalPolicy, Role, UpdateScimSettingsRequest,
};
use serde_json::{Value, json};

use crate::support::{Answer, House, Site, in_every_house};

in_every_house!(
    a_known_user_is_refused_unless_the_site_links,
    a_linked_user_is_changed_as_by_a_put,
    a_link_goes_no_further_than_the_law,
    another_person_is_never_linked,
    nobody_takes_over_an_external_id,
);

async fn policies(site: &Site<'_>, known_users: KnownUserPolicy, creation: CreationPolicy) {
    site.settings(UpdateScimSettingsRequest {
        known_users: known_users.into(),
        creation: creation.into(),
        ..UpdateScimSettingsRequest::default()
    })
    .await;
}

async fn post(site: &Site<'_>, body: &Value) -> Answer {
    site.push("POST", "/Users").json(body).send().await
}

fn ada() -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "Ada.Lovelace@example.com",
        "name": {"givenName": "Augusta Ada", "familyName": "King"},
    })
}

async fn a_known_user_is_refused_unless_the_site_links(house: &House) {
    let site = Site::new(house, "acme").await;
    let user = site.user("ada.lovelace@example.com").await;
    for creation in [CreationPolicy::Refuse, CreationPolicy::Create] {
        policies(&site, KnownUserPolicy::Refuse, creation).await;
        let refused = post(&site, &ada()).await;
        refused.refusal(409);
        assert_eq!(refused.json()["scimType"], "uniqueness");
        assert_eq!(site.stored(&user.id).await.version, user.version);
    }
    // Whoever creates users by gRPC has looked.
    policies(&site, KnownUserPolicy::Link, CreationPolicy::Create).await;
    let request = provost_proto::v1::CreateUserRequest {
        site: site.name.clone(),
        user_name: user.user_name.clone(),
        ..Default::default()
    };
    let status = house.operator.users().create_user(request).await.unwrap_err();
    assert_eq!(status.code(), tonic::Code::AlreadyExists);
}

async fn a_linked_user_is_changed_as_by_a_put(house: &House) {
    let site = Site::new(house, "acme").await;
    let user = site.user("ada.lovelace@example.com").await;
    let before =
        json!([{"op": "add", "value": {"active": false, "title": "Countess", "nickName": "Ada"}}]);
    site.patch(&user.id, &before).await.expect(200);
    // Linking is no creation.
    policies(&site, KnownUserPolicy::Link, CreationPolicy::Refuse).await;
    let mut body = ada();
    body["externalId"] = json!("X-1");
    body["title"] = json!("Analyst");
    let answer = post(&site, &body).await;
    let linked = answer.expect(201);
    let notice = answer.all("Provost-Notice");
    assert!(notice.starts_with("USER_LINKED;attribute=\"userName\";detail=\""), "{notice}");
    let location = format!("/Users/{}", user.id);
    assert!(answer.header("Location").unwrap().ends_with(&location));
    assert_eq!(answer.header("ETag"), linked["meta"]["version"].as_str());
    assert_eq!((&linked["id"], &linked["active"]), (&json!(user.id), &json!(true)));
    assert_eq!(linked["userName"], "Ada.Lovelace@example.com");
    assert_eq!((&linked["externalId"], &linked["title"]), (&json!("X-1"), &json!("Analyst")));
    assert_eq!(linked.get("nickName"), None, "what is not said goes");
    assert_eq!(site.get(&format!("/Users/{}", user.id)).await.expect(200), linked);

    // A full sync that creates everybody again writes nothing.
    let events = house.ledger(&site.name).await.len();
    assert_eq!(post(&site, &body).await.expect(201), linked);
    assert_eq!(house.ledger(&site.name).await.len(), events);
    site.push("POST", "/Users").json(&body).header("If-None-Match", "*").send().await.refusal(412);

    // Whom the site does not let in that way is not told who is known already.
    let told = async |external_id: &str| {
        let grace = json!({"userName": "grace.hopper@example.com", "externalId": external_id});
        post(&site, &grace).await.refusal(501)
    };
    assert_eq!(told("X-1").await, told("X-9").await);
}

async fn a_link_goes_no_further_than_the_law(house: &House) {
    let site = Site::new(house, "acme").await;
    let user = site.user("ada.lovelace@example.com").await;
    policies(&site, KnownUserPolicy::Link, CreationPolicy::Create).await;
    let hold = DeactivateUserRequest {
        site: site.name.clone(),
        user_id: user.id.clone(),
        note: "left the project".to_owned(),
        ..DeactivateUserRequest::default()
    };
    house.operator.users().deactivate_user(hold).await.unwrap();
    let mut body = ada();
    body["userType"] = json!("Admin");
    let answer = post(&site, &body).await;
    let linked = answer.expect(201);
    assert_eq!((&linked["active"], &linked["userType"]), (&json!(false), &json!("Registered")));
    let notices = answer.all("Provost-Notice");
    for reason in ["USER_LINKED", "HOLD_IN_FORCE", "ADMIN_PROMOTION_CLOSED"] {
        assert!(notices.contains(reason), "{reason}: {notices}");
    }
    let stored = site.stored(&user.id).await;
    assert_eq!(
        (stored.directory_status(), stored.role()),
        (DirectoryStatus::Active, Role::Registered)
    );

    site.settings(UpdateScimSettingsRequest {
        refusals: RefusalPolicy::Reject.into(),
        ..UpdateScimSettingsRequest::default()
    })
    .await;
    post(&site, &body).await.refusal(400);
    site.promotions(false, true).await;
    assert_eq!(post(&site, &body).await.expect(201)["userType"], "Admin");
}

async fn another_person_is_never_linked(house: &House) {
    let site = Site::new(house, "acme").await;
    let user = site.user("ada.lovelace@example.com").await;
    policies(&site, KnownUserPolicy::Link, CreationPolicy::Create).await;
    let mut body = ada();
    body["externalId"] = json!("X-1");
    post(&site, &body).await.expect(201);
    let known = site.stored(&user.id).await;
    body["externalId"] = json!("X-2");
    body["title"] = json!("Somebody else");
    let refused = post(&site, &body).await;
    let detail = refused.refusal(409);
    assert!(detail.contains("another external id"), "{detail}");
    assert_eq!(refused.json()["scimType"], "uniqueness");
    assert_eq!(site.stored(&user.id).await, known);
    // Who says none is taken for the same person, who stays known by theirs.
    assert_eq!(post(&site, &ada()).await.expect(201)["externalId"], "X-1");

    // Whom the directory deleted comes back as before, whatever becomes of known users.
    site.settings(UpdateScimSettingsRequest {
        deletion: DeletionPolicy::Deactivate.into(),
        ..UpdateScimSettingsRequest::default()
    })
    .await;
    let path = format!("/Users/{}", user.id);
    site.push("DELETE", &path).send().await.expect(204);
    site.get(&path).await.refusal(404);
    let back = post(&site, &ada()).await;
    assert_eq!(back.expect(201)["id"], json!(user.id));
    assert_eq!(back.header("Provost-Notice"), None);
}

async fn nobody_takes_over_an_external_id(house: &House) {
    let (site, other) = (Site::new(house, "acme").await, Site::new(house, "globex").await);
    policies(&site, KnownUserPolicy::Link, CreationPolicy::Create).await;
    policies(&other, KnownUserPolicy::Link, CreationPolicy::Create).await;
    let grace = json!({"userName": "grace.hopper@example.com", "externalId": "X-1"});
    let id = post(&site, &grace).await.expect(201)["id"].as_str().unwrap().to_owned();
    let ada_id = site.user("ada.lovelace@example.com").await.id;
    let before = [site.stored(&id).await, site.stored(&ada_id).await];
    // Somebody who is known by no external id yet, and somebody who is new.
    for user_name in ["Ada.Lovelace@example.com", "alan.turing@example.com"] {
        let body = json!({"userName": user_name, "externalId": "X-1", "title": "Somebody else"});
        let refused = post(&site, &body).await;
        let detail = refused.refusal(409);
        assert_eq!(refused.json()["scimType"], "uniqueness");
        assert!(detail.contains("that of another user of this site"), "{detail}");
    }
    assert_eq!([site.stored(&id).await, site.stored(&ada_id).await], before);
    let found = site.get("/Users?filter=externalId+eq+%22X-1%22").await.expect(200);
    assert_eq!((&found["totalResults"], &found["Resources"][0]["id"]), (&json!(1), &json!(id)));
    // Of another site's users nobody knows.
    post(&other, &grace).await.expect(201);
    // Once it is free it is somebody else's.
    let free = json!([{"op": "remove", "path": "externalId"}]);
    site.patch(&id, &free).await.expect(200);
    let mut body = ada();
    body["externalId"] = json!("X-1");
    assert_eq!(post(&site, &body).await.expect(201)["id"], json!(ada_id));
}
