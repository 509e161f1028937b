//! Deletion by SCIM is a policy of the site (design: the law, point 9), and whom it deleted without
//! losing them is gone for SCIM alone.

use provost_proto::v1::{
    CreationPolicy, DeletionPolicy, DirectoryStatus, RegisterSignInRequest, Role,
    UpdateScimSettingsRequest, User,
};
use serde_json::{Value, json};

use crate::support::{House, Site, in_every_house};

in_every_house!(
    deletion_follows_the_policy,
    whom_scim_deleted_it_does_not_find,
    whom_scim_deleted_does_not_enter,
    whom_scim_deleted_comes_back_by_a_creation,
    whom_scim_deleted_is_in_no_group_for_it,
);

async fn deletion_follows_the_policy(house: &House) {
    let site = Site::new(house, "acme").await;
    let user = site.user("ada.lovelace@example.com").await;
    let path = format!("/Users/{}", user.id);

    let refused = site.push("DELETE", &path).send().await;
    let detail = refused.refusal(501);
    assert!(detail.to_lowercase().contains("delet"), "{detail}");
    assert_eq!(site.stored(&user.id).await.version, user.version);

    policy(&site, DeletionPolicy::Deactivate).await;
    let deactivated = site.push("DELETE", &path).send().await;
    assert_eq!(deactivated.expect(204), Value::Null);
    let stored = site.stored(&user.id).await;
    assert_eq!((stored.active, stored.directory_status()), (false, DirectoryStatus::Deleted));
    site.push("DELETE", &path).send().await.refusal(404);

    policy(&site, DeletionPolicy::Delete).await;
    let path = format!("/Users/{}", site.user("grace.hopper@example.com").await.id);
    let deleted = site.push("DELETE", &path).send().await;
    assert_eq!(deleted.expect(204), Value::Null);
    site.get(&path).await.refusal(404);
    site.push("DELETE", &path).send().await.refusal(404);
}

/// Three people, the second of whom SCIM deleted.
async fn with_one_deleted(site: &Site<'_>) -> [User; 3] {
    policy(site, DeletionPolicy::Deactivate).await;
    let ada = site.user("ada.lovelace@example.com").await;
    let grace = site.user_as("grace.hopper@example.com", Role::Moderator).await;
    let emil = site.user("emil.durkheim@example.com").await;
    let named = json!([{"op": "add", "value": {"externalId": "X-1", "title": "Rear Admiral"}}]);
    site.patch(&grace.id, &named).await.expect(200);
    site.push("DELETE", &format!("/Users/{}", grace.id)).send().await.expect(204);
    [ada, grace, emil]
}

async fn whom_scim_deleted_it_does_not_find(house: &House) {
    let site = Site::new(house, "acme").await;
    let [ada, grace, emil] = with_one_deleted(&site).await;
    let path = format!("/Users/{}", grace.id);
    for method in ["GET", "DELETE"] {
        site.push(method, &path).send().await.refusal(404);
    }
    site.patch(&grace.id, &json!([{"op": "replace", "path": "active", "value": true}]))
        .await
        .refusal(404);
    site.put(&grace.id, &body("grace.hopper@example.com")).await.refusal(404);
    let rest = vec![ada.id.clone(), emil.id.clone()];
    for (query, expected) in [
        ("", rest.clone()),
        ("?count=1", rest[..1].to_vec()),
        ("?startIndex=2&count=1", rest[1..].to_vec()),
        ("?startIndex=2&count=1", rest[1..].to_vec()),
        ("?startIndex=3", vec![]),
        ("?filter=active%20eq%20false", vec![]),
        ("?filter=userName%20sw%20%22e%22", rest[1..].to_vec()),
        ("?filter=userName%20eq%20%22Grace.Hopper@example.com%22", vec![]),
        ("?filter=externalId%20eq%20%22X-1%22", vec![]),
        ("?filter=emails.value%20eq%20%22grace.hopper@example.com%22", vec![]),
        ("?filter=title%20pr", vec![]),
    ] {
        let found = site.get(&format!("/Users{query}")).await.expect(200);
        let total = if query.contains("filter") { expected.len() } else { 2 };
        assert_eq!(found["totalResults"], total, "{query}");
        let resources = found["Resources"].as_array().cloned().unwrap_or_default();
        let ids: Vec<_> = resources.iter().map(|user| user["id"].as_str().unwrap()).collect();
        assert_eq!(ids, expected, "{query}");
    }
    let detail = site
        .patch(&ada.id, &json!([{"op": "replace", "path": "userName", "value": grace.user_name}]))
        .await
        .refusal(409);
    assert!(detail.contains("whom the directory deleted"), "{detail}");
}

async fn whom_scim_deleted_does_not_enter(house: &House) {
    let site = Site::new(house, "acme").await;
    let [_, grace, _] = with_one_deleted(&site).await;
    let request = RegisterSignInRequest {
        site: site.name.clone(),
        user_name: grace.user_name.clone(),
        profile: None,
        ..RegisterSignInRequest::default()
    };
    let mut users = house.operator.users();
    let answer = users.register_sign_in(request).await.unwrap().into_inner();
    assert!(!answer.admitted && !answer.created);
    assert_eq!(site.stored(&grace.id).await.directory_status(), DirectoryStatus::Deleted);
}

/// Whether users are created by SCIM or come at their first sign-in: nobody new comes.
async fn whom_scim_deleted_comes_back_by_a_creation(house: &House) {
    let site = Site::new(house, "acme").await;
    let [_, grace, _] = with_one_deleted(&site).await;
    for policy in [CreationPolicy::Refuse, CreationPolicy::Create] {
        site.settings(UpdateScimSettingsRequest {
            creation: policy.into(),
            ..UpdateScimSettingsRequest::default()
        })
        .await;
        let answer =
            site.push("POST", "/Users").json(&body("Grace.Hopper@example.com")).send().await;
        let back = answer.expect(201);
        assert_eq!((&back["id"], &back["active"]), (&json!(grace.id), &json!(true)));
        assert_eq!(back["userName"], "Grace.Hopper@example.com");
        assert_eq!((&back["title"], &back["externalId"]), (&Value::Null, &Value::Null));
        assert_eq!(back["userType"], "Moderator");
        let path = format!("/Users/{}", grace.id);
        assert_eq!(site.get(&path).await.expect(200), back);
        assert_eq!(site.get("/Users").await.expect(200)["totalResults"], 3);
        let stored = site.stored(&grace.id).await;
        assert_eq!((stored.active, stored.directory_status()), (true, DirectoryStatus::Active));
        site.push("DELETE", &path).send().await.expect(204);
    }
}

/// RFC 7644 section 3.6 speaks of results of queries alone; but a member whose URL is not found would be of
/// use to nobody.
async fn whom_scim_deleted_is_in_no_group_for_it(house: &House) {
    let site = Site::new(house, "acme").await;
    policy(&site, DeletionPolicy::Deactivate).await;
    let ada = site.user("ada.lovelace@example.com").await.id;
    let grace = site.user("grace.hopper@example.com").await.id;
    let pilots = json!({"displayName": "Pilots", "members": [{"value": ada}, {"value": grace}]});
    let group = site.push("POST", "/Groups").json(&pilots).send().await.expect(201);
    let path = format!("/Groups/{}", group["id"].as_str().unwrap());
    let members = async || {
        let read = site.get(&path).await.expect(200);
        let members = read["members"].as_array().cloned().unwrap_or_default().into_iter();
        let mut ids: Vec<_> =
            members.map(|member| member["value"].as_str().unwrap().to_owned()).collect();
        ids.sort_unstable();
        ids
    };
    let mut both = vec![ada.clone(), grace.clone()];
    both.sort_unstable();
    assert_eq!(members().await, both);
    let user = format!("/Users/{grace}");
    site.push("DELETE", &user).send().await.expect(204);
    assert_eq!(members().await, std::slice::from_ref(&ada));
    let filter = format!("/Groups?filter=members.value%20eq%20%22{grace}%22");
    assert_eq!(site.get(&filter).await.expect(200)["totalResults"], 0);
    let add = json!([{"op": "add", "path": "members", "value": [{"value": grace}]}]);
    site.push("PATCH", &path).operations(&add).send().await.refusal(400);
    // Whoever looks over gRPC sees somebody whom the directory deleted.
    assert_eq!(site.stored(&grace).await.directory_status(), DirectoryStatus::Deleted);
    let back = site.push("POST", "/Users").json(&body("grace.hopper@example.com")).send().await;
    assert_eq!(back.expect(201)["groups"][0]["display"], "Pilots");
    assert_eq!(members().await, both);
}

fn body(user_name: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": user_name,
        "name": {"givenName": "Grace", "familyName": "Hopper"},
    })
}

async fn policy(site: &Site<'_>, deletion: DeletionPolicy) {
    site.settings(UpdateScimSettingsRequest {
        deletion: deletion.into(),
        ..UpdateScimSettingsRequest::default()
    })
    .await;
}
