//! Whoever follows a ledger stays behind: a consumer that says nothing, and a watch that is not read.

use provost_proto::v1::watch_events_request::Start;
use provost_proto::v1::watch_events_response::Content;
use provost_proto::v1::{
    AcknowledgeEventsRequest, DeactivateUserRequest, RegisterSignInRequest, WatchEventsRequest,
    WatchStart,
};

use super::super::watches::{large, stall};
use super::operate;
use super::prometheus::Prometheus;
use super::runbook::mending;
use crate::support::child::Fixture;
use crate::support::{Callers, Engine, Ledgers};

const SITE: &str = "acme";

async fn sign_in(operator: &Callers, name: &str) -> String {
    let request = RegisterSignInRequest {
        site: SITE.to_owned(),
        user_name: name.to_owned(),
        ..RegisterSignInRequest::default()
    };
    let answer = operator.users().register_sign_in(request).await.unwrap().into_inner();
    answer.decision.unwrap().user.unwrap().id
}

async fn deactivate(operator: &Callers, user_id: String) {
    let request = DeactivateUserRequest {
        site: SITE.to_owned(),
        user_id,
        ..DeactivateUserRequest::default()
    };
    operator.users().deactivate_user(request).await.unwrap();
}

async fn acknowledge(ledgers: &mut Ledgers, cursor: String) {
    let request = AcknowledgeEventsRequest { consumer: "mail".to_owned(), cursor, rewind: false };
    ledgers.acknowledge_events(request).await.unwrap();
}

#[tokio::test]
async fn a_consumer_that_stays_away() {
    let Some(prometheus) = Prometheus::prepared() else { return };
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let served = fixture.serve().await;
    let operator = fixture.operator(&served);
    operate(&fixture, &served, "site create acme").await;
    let token = operator.service_token("billing").await;
    let mut service = fixture.operator(&served).with_token(&token).ledgers();
    let request = WatchEventsRequest { sites: vec![SITE.to_owned()], ..Default::default() };
    let mut watch = service.watch_events(request).await.unwrap().into_inner();
    acknowledge(&mut service, watch.message().await.unwrap().unwrap().cursor).await;
    let prometheus = prometheus.looking_at(&[served.admin]);
    prometheus.is_quiet().await;

    let [ada, bob] = [sign_in(&operator, "ada").await, sign_in(&operator, "bob").await];
    deactivate(&operator, ada).await;
    let late = prometheus.fires("ProvostCutoffLate").await;
    assert_eq!(late["provost_site"], SITE);
    let behind = prometheus.fires_for("ProvostWatchLag", ("provost_consumer", "mail")).await;
    assert_eq!(behind["provost_caller"], "service:billing");
    // It is there again, and goes on where it was.
    let mut told = 0;
    while told < 3 {
        let response = watch.message().await.unwrap().unwrap();
        if let Some(Content::Events(batch)) = &response.content {
            told += batch.events.len();
            acknowledge(&mut service, response.cursor).await;
        }
    }
    prometheus.clears("ProvostCutoffLate").await;
    prometheus.clears("ProvostWatchLag").await;

    deactivate(&operator, bob).await;
    prometheus.fires("ProvostCutoffLate").await;
    operate(&fixture, &served, &mending("ProvostCutoffLate", "ledger remove-consumer")).await;
    prometheus.clears("ProvostCutoffLate").await;
}

#[tokio::test]
async fn a_watch_that_is_not_read() {
    let Some(prometheus) = Prometheus::prepared() else { return };
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let served = fixture.serve().await;
    let operator = fixture.operator(&served);
    let token = operator.service_token("billing").await;
    let now = Some(Start::StartAt(WatchStart::Now.into()));
    let request = WatchEventsRequest { start: now, ..WatchEventsRequest::default() };
    let (_client, mut watch) = stall(served.grpc, &token, request).await;
    let prometheus = prometheus.looking_at(&[served.admin]);
    prometheus.is_quiet().await;

    for number in 0..12 {
        let request = RegisterSignInRequest {
            user_name: format!("user-{number}"),
            profile: Some(large(number)),
            ..RegisterSignInRequest::default()
        };
        operator.users().register_sign_in(request).await.unwrap();
    }
    let behind = prometheus.fires("ProvostWatchLag").await;
    assert_eq!(behind["provost_caller"], "service:billing");
    let reads = tokio::spawn(async move { while let Ok(Some(_)) = watch.message().await {} });
    prometheus.clears("ProvostWatchLag").await;
    reads.abort();
}
