//! What the pages of alerts tell to type is done as it stands there, at a service that has what they name. Must
//! never know what is wrong.

use futures::future::join_all;
use provost_proto::v1::{AcknowledgeEventsRequest, RegisterSignInRequest, WatchEventsRequest};

use super::operate;
use super::runbook::{PROVOST, alerts, quoted};
use crate::support::Engine;
use crate::support::child::{Fixture, Served};
use crate::support::wire::{self, Request};

/// The admin listener, where nobody says anything else.
const ADMIN: &str = "curl -s http://127.0.0.1:9464";
/// What the pages call a site of somebody's.
const SITE: &str = "acme";

#[tokio::test]
async fn what_a_page_tells_to_type_is_done() {
    let (mut done, mut failed) = (0, Vec::new());
    for alert in alerts() {
        let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
        let served = fixture.serve().await;
        furnish(&fixture, &served).await;
        for words in quoted(&alert, "") {
            let problem = if let Some(command) = words.strip_prefix(PROVOST) {
                let arguments: Vec<_> = command.split(' ').collect();
                let output = fixture.operate(&served, &arguments).await;
                let said = String::from_utf8_lossy(&output.stderr).into_owned();
                (!output.status.success()).then_some(said)
            } else if let Some(target) = words.strip_prefix(ADMIN) {
                let request = Request {
                    method: "GET".to_owned(),
                    target: target.to_owned(),
                    headers: Vec::new(),
                    body: None,
                };
                let answer = wire::send(served.admin, &request).await.unwrap();
                (answer.status != 200).then(|| answer.text())
            } else {
                continue;
            };
            done += 1;
            failed.extend(problem.map(|problem| format!("{alert}: {words}: {problem}")));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(done > 30, "pages tell to type {done} things");
}

/// A site with a connection and people, one of whom was deactivated, and a service that follows its ledger.
async fn furnish(fixture: &Fixture, served: &Served) {
    operate(fixture, served, "site create acme").await;
    operate(fixture, served, "connection create okta --site acme").await;
    operate(fixture, served, "token create --site acme --name okta --connection okta").await;
    let operator = fixture.operator(served);
    let names = (0..12).map(|number| format!("user{number}")).chain(["ada@example.com".to_owned()]);
    let sign_ins = names.map(|user_name| {
        let mut users = operator.users();
        let site = SITE.to_owned();
        let request = RegisterSignInRequest { site, user_name, ..Default::default() };
        async move { users.register_sign_in(request).await.unwrap() }
    });
    join_all(sign_ins).await;
    operate(fixture, served, "user deactivate ada@example.com --site acme").await;
    let token = operator.service_token("billing").await;
    operate(fixture, served, "service token create billing --name production").await;
    let mut ledgers = operator.with_token(&token).ledgers();
    let request = WatchEventsRequest { sites: vec![SITE.to_owned()], ..Default::default() };
    let mut watch = ledgers.watch_events(request).await.unwrap().into_inner();
    let cursor = watch.message().await.unwrap().unwrap().cursor;
    let request = AcknowledgeEventsRequest { consumer: "mail".to_owned(), cursor, rewind: false };
    ledgers.acknowledge_events(request).await.unwrap();
}
