//! `refusals = reject`: a refused change refuses the whole request (design: the law, point 4).

use provost_proto::v1::{RefusalPolicy, UpdateScimSettingsRequest};
use serde_json::json;

use crate::support::{House, Site, in_every_house};

in_every_house!(a_site_may_want_errors_instead_of_notices);

async fn a_site_may_want_errors_instead_of_notices(house: &House) {
    let site = Site::new(house, "acme").await;
    site.settings(UpdateScimSettingsRequest {
        refusals: RefusalPolicy::Reject.into(),
        ..UpdateScimSettingsRequest::default()
    })
    .await;
    let user = site.user("ada.lovelace@example.com").await;
    let operations = json!([
        {"op": "replace", "path": "title", "value": "Countess"},
        {"op": "replace", "path": "userType", "value": "Admin"},
    ]);
    let answer = site.patch(&user.id, &operations).await;
    assert!(
        ![401, 403].contains(&answer.status),
        "identity providers read these as bad credentials"
    );
    let detail = answer.refusal(answer.status);
    assert!((400..600).contains(&answer.status), "{}", answer.status);
    assert!(detail.contains("Admin"), "{detail}");
    let stored = site.stored(&user.id).await;
    assert_eq!(stored.version, user.version, "all or nothing");
    assert_eq!(stored.profile.unwrap().attributes.get("title"), None);
}
