//! An identity provider that sends a write again with its `Idempotency-Key`, because it never saw the
//! answer.

use provost_proto::v1::{CreationPolicy, DeletionPolicy, UpdateScimSettingsRequest};
use serde_json::json;

use crate::support::{House, Site, in_every_house};

in_every_house!(a_write_that_is_sent_again_is_done_once);

async fn a_write_that_is_sent_again_is_done_once(house: &House) {
    let site = Site::new(house, "acme").await;
    site.settings(UpdateScimSettingsRequest {
        creation: CreationPolicy::Create.into(),
        deletion: DeletionPolicy::Delete.into(),
        ..UpdateScimSettingsRequest::default()
    })
    .await;
    let create = async |key: &str, name: &str| {
        let body = json!({"userName": name, "active": true});
        site.push("POST", "/Users").json(&body).header("Idempotency-Key", key).send().await
    };
    let made = create("\"1\"", "ada@example.com").await;
    let lines = house.ledger(&site.name).await.len();
    let again = create("\"1\"", "ada@example.com").await;
    assert_eq!(again.expect(201), made.expect(201));
    assert_eq!(again.header("Location"), made.header("Location"));
    let reused = create("\"1\"", "eve@example.com").await.refusal(422);
    assert!(reused.contains("Idempotency-Key"), "{reused}");
    create("\"2\"", "ada@example.com").await.refusal(409);
    assert_eq!(house.ledger(&site.name).await.len(), lines);

    let path = format!("/Users/{}", made.json()["id"].as_str().unwrap());
    let rename = async || {
        let operations = json!([{"op": "replace", "path": "title", "value": "Countess"}]);
        let push = site.push("PATCH", &path).operations(&operations);
        push.header("Idempotency-Key", "\"3\"").send().await
    };
    let renamed = rename().await;
    assert_eq!(rename().await.header("ETag"), renamed.header("ETag"));
    let delete = async || {
        site.push("DELETE", &path).header("Idempotency-Key", "\"4\"").send().await.expect(204)
    };
    delete().await;
    delete().await;
    rename().await.refusal(404);
    assert_eq!(house.ledger(&site.name).await.len(), lines + 2);
}
