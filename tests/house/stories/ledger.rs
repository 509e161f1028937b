//! Every accepted change and every refusal is in the ledger (design: the law, points 4 and 7).

use serde_json::json;

use crate::support::{House, Site, in_every_house};

in_every_house!(every_decision_is_one_line_and_none_is_missing, a_refusal_is_written_down,);

async fn every_decision_is_one_line_and_none_is_missing(house: &House) {
    let site = Site::new(house, "acme").await;
    let user = site.user("ada.lovelace@example.com").await;
    let before = house.ledger(&site.name).await;
    for title in ["Countess", "Analyst"] {
        let operations = json!([{"op": "replace", "path": "title", "value": title}]);
        site.patch(&user.id, &operations).await.expect(200);
    }
    let after = house.ledger(&site.name).await;
    assert_eq!(after.len(), before.len() + 2);
    let revisions: Vec<i64> = after.iter().map(|event| event.revision).collect();
    let expected: Vec<i64> = (1..).take(after.len()).collect();
    assert_eq!(revisions, expected, "no gap");
    let [.., first, last] = &after[..] else {
        panic!("two events at least");
    };
    assert_eq!(last.caller, "connection:scim");
    assert_eq!(first.after, last.before, "one follows from the other");
    assert!(last.after.as_deref().unwrap_or_default().contains("Analyst"));
}

async fn a_refusal_is_written_down(house: &House) {
    let site = Site::new(house, "acme").await;
    let user = site.user("ada.lovelace@example.com").await;
    let before = house.ledger(&site.name).await.len();
    let operations = json!([{"op": "replace", "path": "userType", "value": "Admin"}]);
    site.patch(&user.id, &operations).await.expect(200);
    let after = house.ledger(&site.name).await;
    assert_eq!(after.len(), before + 1);
    assert!(after[before].notices.contains("ADMIN_PROMOTION_CLOSED"), "{:?}", after[before]);
}
