//! A site that is deleted: to whoever asks it never was, and its ledger stays.

use provost_proto::v1::{CreateSiteRequest, DeleteSiteRequest};
use serde_json::json;
use tonic::Code;

use crate::support::{Engine, House, Site, in_every_house, reason, until};

in_every_house!(
    a_deleted_site_is_gone_and_its_ledger_stays,
    nobody_waits_while_a_large_site_is_removed,
);

async fn delete(site: &Site<'_>) {
    let request = DeleteSiteRequest { site: site.name.clone(), options: None };
    site.house.operator.sites().delete_site(request).await.unwrap();
}

async fn a_deleted_site_is_gone_and_its_ledger_stays(house: &House) {
    let (acme, other) = (Site::new(house, "acme").await, Site::new(house, "other").await);
    let ada = acme.user("ada.lovelace@example.com").await;
    let path = format!("/Users/{}", ada.id);
    acme.get(&path).await.expect(200);
    let before = house.ledger("acme").await.len();
    delete(&acme).await;

    let mut never = Site::default_of(house);
    "/c/never-was/auth/scim/v2".clone_into(&mut never.base);
    never.token.clone_from(&acme.token);
    // The gateway looks at no token before the body, so that a write is told the same.
    let operations = json!([{"op": "replace", "path": "active", "value": false}]);
    for (gone, unknown) in [
        (acme.get(&path).await, never.get(&path).await),
        (acme.get("/Users").await, never.get("/Users").await),
        (acme.patch(&ada.id, &operations).await, never.patch(&ada.id, &operations).await),
    ] {
        let told = (gone.refusal(401), unknown.refusal(401));
        assert_eq!(told.0, told.1, "nothing tells the two apart");
    }
    other.get("/Users").await.expect(200);

    let again = CreateSiteRequest { name: "acme".to_owned(), options: None };
    let taken = house.operator.sites().create_site(again).await.unwrap_err();
    assert_eq!(reason(&taken), (Code::AlreadyExists, "SITE_EXISTS".to_owned()));
    let ledger = house.ledger("acme").await;
    assert_eq!(ledger.len(), before + 1);
    assert_eq!(ledger[before].caller, "operator");
    assert!(ledger[before - 1].after.as_deref().unwrap_or_default().contains("ada.lovelace"));
}

/// Twenty thousand users go some at a time, and another site writes between.
async fn nobody_waits_while_a_large_site_is_removed(house: &House) {
    let (large, other) = (Site::new(house, "large").await, Site::new(house, "other").await);
    let ada = other.user("ada.lovelace@example.com").await;
    let id = match house.engine() {
        Engine::Sqlite => "randomblob(16)",
        Engine::Postgres => "gen_random_uuid()",
    };
    let crowd = format!(
        "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 20000) \
         INSERT INTO users (site_id, id, user_name, user_name_key, directory_active, active, role, \
         holds, profile, unmet, version, created_at, updated_at) \
         SELECT sites.id, {id}, 'u' || n, 'u' || n, true, true, 1, '[]', '{{}}', '[]', 1, 1, 1 \
         FROM sites CROSS JOIN numbers WHERE sites.name = 'large'"
    );
    house.database().rows(&crowd).await;
    delete(&large).await;
    large.get("/Users").await.refusal(401);
    for number in 0..20 {
        let title = json!([{"op": "replace", "path": "title", "value": number.to_string()}]);
        other.patch(&ada.id, &title).await.expect(200);
    }
    let left = "SELECT user_name FROM users JOIN sites ON sites.id = site_id \
        WHERE sites.name = 'large' LIMIT 1";
    until("the users are removed", async || {
        house.database().rows(left).await.is_empty().then_some(())
    })
    .await;
    other.get(&format!("/Users/{}", ada.id)).await.expect(200);
}
