//! Creation by SCIM is a policy of the site (design: the law, point 9).

use provost_proto::v1::{CreationPolicy, UpdateScimSettingsRequest};
use serde_json::json;

use crate::support::{House, Site, in_every_house};

in_every_house!(
    creation_is_refused_with_a_sentence,
    a_known_name_is_a_conflict_whatever_the_policy,
    creation_can_be_switched_on,
);

async fn creation_is_refused_with_a_sentence(house: &House) {
    let site = Site::new(house, "acme").await;
    let answer = create(&site, "ada.lovelace@example.com").await;
    let detail = answer.refusal(501);
    assert!(detail.to_lowercase().contains("sign"), "says how users come: {detail}");
}

async fn a_known_name_is_a_conflict_whatever_the_policy(house: &House) {
    let site = Site::new(house, "acme").await;
    site.user("ada.lovelace@example.com").await;
    for policy in [CreationPolicy::Refuse, CreationPolicy::Create] {
        site.settings(UpdateScimSettingsRequest {
            creation: policy.into(),
            ..UpdateScimSettingsRequest::default()
        })
        .await;
        let answer = create(&site, "ADA.Lovelace@example.com").await;
        answer.refusal(409);
        assert_eq!(answer.json()["scimType"], "uniqueness", "{policy:?}");
    }
}

async fn creation_can_be_switched_on(house: &House) {
    let site = Site::new(house, "acme").await;
    site.settings(UpdateScimSettingsRequest {
        creation: CreationPolicy::Create.into(),
        ..UpdateScimSettingsRequest::default()
    })
    .await;
    let answer = create(&site, "ada.lovelace@example.com").await;
    let created = answer.expect(201);
    let id = created["id"].as_str().unwrap();
    let location = answer.header("Location").unwrap();
    assert_eq!(created["meta"]["location"], location);
    assert!(location.ends_with(&format!("{}/Users/{id}", site.base)), "{location}");
    assert_eq!(answer.header("ETag"), created["meta"]["version"].as_str());
    assert_eq!(site.get(&format!("/Users/{id}")).await.expect(200), created);
    assert_eq!(site.stored(id).await.user_name, "ada.lovelace@example.com");
}

async fn create(site: &Site<'_>, user_name: &str) -> crate::support::Answer {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": user_name,
        "name": {"givenName": "Ada", "familyName": "Lovelace"},
        "emails": [{"value": user_name, "type": "work", "primary": true}],
        "active": true,
    });
    site.push("POST", "/Users").json(&body).send().await
}
