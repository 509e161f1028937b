//! What stands in the site `acme` so that pages have something to show: a service that follows its ledger, rules and
//! a hold.

use provost_proto::v1::ruled_group::By;
use provost_proto::v1::watch_events_request::Start;
use provost_proto::v1::{
    AcknowledgeEventsRequest, ListServiceTokensRequest, Permission, PlaceHoldRequest, Role,
    RuledGroup, SetGroupRuleRequest, WatchEventsRequest, WatchStart, grant,
};

use crate::support::House;

const SITE: &str = "acme";

/// The service `billing`, which has a grant about the site and has come to the end of its ledger. Answers the id of
/// its token.
pub async fn service(house: &House) -> String {
    let scope = grant::Scope::Site(SITE.to_owned());
    let permissions = vec![Permission::ReadUsers, Permission::ReadLedger];
    let token = house.operator.service_token_with("billing", scope, permissions).await;
    let mut ledgers = house.operator.with_token(&token).ledgers();
    let request = WatchEventsRequest {
        sites: vec![SITE.to_owned()],
        start: Some(Start::StartAt(WatchStart::Now.into())),
        ..WatchEventsRequest::default()
    };
    let mut watch = ledgers.watch_events(request).await.unwrap().into_inner();
    let cursor = watch.message().await.unwrap().unwrap().cursor;
    let consumer = "follower".to_owned();
    let request = AcknowledgeEventsRequest { consumer, cursor, rewind: false };
    ledgers.acknowledge_events(request).await.unwrap();
    let request = ListServiceTokensRequest { service: "billing".to_owned(), ..Default::default() };
    let tokens = house.operator.services().list_service_tokens(request).await.unwrap();
    tokens.into_inner().tokens.remove(0).id
}

/// A rule for whichever group has the name.
pub async fn rule_for(house: &House, name: &str) {
    let request = SetGroupRuleRequest {
        site: SITE.to_owned(),
        group: Some(RuledGroup { by: Some(By::DisplayName(name.to_owned())) }),
        role: Role::Moderator.into(),
        options: None,
    };
    house.operator.groups().set_group_rule(request).await.unwrap();
}

/// A hold of somebody, by its usual name.
pub async fn hold(house: &House, user_id: &str) {
    let request = PlaceHoldRequest {
        site: SITE.to_owned(),
        user_id: user_id.to_owned(),
        name: "security".to_owned(),
        note: "the laptop was stolen".to_owned(),
        ..PlaceHoldRequest::default()
    };
    house.operator.users().place_hold(request).await.unwrap();
}
