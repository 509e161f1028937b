//! Somebody whom the directory deactivates is out everywhere once every service that follows has said so.

use provost_proto::v1::get_cutoff_request::Decision;
use provost_proto::v1::watch_events_request::Start;
use provost_proto::v1::watch_events_response::Content;
use provost_proto::v1::{
    AcknowledgeEventsRequest, Cutoff, GetCutoffRequest, WatchEventsRequest, WatchStart,
};
use serde_json::json;

use crate::support::{House, Site, in_every_house};

in_every_house!(somebody_is_out_when_every_service_has_said_so);

async fn cutoff(site: &Site<'_>, user_id: &str) -> Cutoff {
    let request = GetCutoffRequest {
        site: site.name.clone(),
        decision: Some(Decision::UserId(user_id.to_owned())),
        installation: false,
    };
    let mut ledgers = site.house.operator.ledgers();
    ledgers.get_cutoff(request).await.unwrap().into_inner().cutoff.unwrap()
}

async fn somebody_is_out_when_every_service_has_said_so(house: &House) {
    let site = Site::new(house, "acme").await;
    let ada = site.user("ada@example.com").await.id;
    let mut services = Vec::new();
    for name in ["billing", "mail"] {
        let token = house.operator.service_token(name).await;
        let mut ledgers = house.operator.with_token(&token).ledgers();
        let request = WatchEventsRequest {
            sites: vec![site.name.clone()],
            start: Some(Start::StartAt(WatchStart::Now.into())),
            ..WatchEventsRequest::default()
        };
        let mut watch = ledgers.watch_events(request).await.unwrap().into_inner();
        let cursor = watch.message().await.unwrap().unwrap().cursor;
        acknowledge(&mut ledgers, cursor).await;
        services.push((ledgers, watch));
    }
    let operations = json!([{"op": "replace", "path": "active", "value": false}]);
    site.patch(&ada, &operations).await.expect(200);
    for (number, (ledgers, watch)) in services.iter_mut().enumerate() {
        let before = cutoff(&site, &ada).await;
        assert!(!before.cut_off && before.cut_off_time.is_none());
        assert_eq!(before.consumers.iter().filter(|one| one.passed).count(), number);
        let cursor = loop {
            let response = watch.message().await.unwrap().unwrap();
            if matches!(response.content, Some(Content::Events(_))) {
                break response.cursor;
            }
        };
        acknowledge(ledgers, cursor).await;
    }
    let after = cutoff(&site, &ada).await;
    assert!(after.cut_off && after.cut_off_time.is_some(), "{after:?}");
    let whose = after.consumers.iter().filter_map(|one| one.consumer.as_ref());
    let whose: Vec<_> = whose.map(|consumer| (&*consumer.caller, consumer.pending)).collect();
    assert_eq!(whose, [("service:billing", 0), ("service:mail", 0)]);
}

async fn acknowledge(ledgers: &mut crate::support::Ledgers, cursor: String) {
    let consumer = "follower".to_owned();
    let request = AcknowledgeEventsRequest { consumer, cursor, rewind: false };
    assert!(ledgers.acknowledge_events(request).await.unwrap().into_inner().changed);
}
