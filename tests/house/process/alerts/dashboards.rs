//! What the panels of `deploy/grafana` ask, asked of Debian's Prometheus beside a service at which something of
//! everything happens: each question is one that it takes, and has an answer. Must never know how a panel looks.

use std::fs;
use std::path::Path;

use prost_types::Duration;
use provost_proto::v1::{
    AcknowledgeEventsRequest, CreateServiceTokenRequest, CreateTokenRequest, DeactivateUserRequest,
    WatchEventsRequest, create_service_token_request, create_token_request,
};
use provost_test_kit::Authority;
use serde_json::{Value, json};

use super::prometheus::Prometheus;
use super::{Requests, operate, patch, scim, sign_in, titled};
use crate::support::child::{Fixture, Served};
use crate::support::wire;
use crate::support::{Engine, until};

/// What happens once a minute.
const SELDOM: [&str; 1] = ["provost_store_checkpoint_duration_seconds"];
const HOUR: Duration = Duration { seconds: 3_600, nanos: 0 };

/// A question of a panel, as Grafana asks it.
struct Question {
    panel: String,
    ask: String,
}

/// All questions of the files that are imported.
fn questions() -> Vec<Question> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/grafana");
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut questions = Vec::new();
    for path in paths.filter(|path| path.extension().is_some_and(|ending| ending == "json")) {
        let dashboard: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        for panel in dashboard["panels"].as_array().unwrap() {
            for target in panel["targets"].as_array().into_iter().flatten() {
                let ask = target["expr"].as_str().unwrap();
                let ask = ask.replace("$job", "provost").replace("$__rate_interval", "20s");
                let panel = format!("{}: {}", dashboard["title"], panel["title"]);
                questions.push(Question { panel, ask });
            }
        }
    }
    questions
}

#[tokio::test]
async fn every_panel_asks_what_is_answered() {
    let Some(prometheus) = Prometheus::prepared() else { return };
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let certificate = Authority::new().issue(&["localhost"]).write(fixture.path(), "server");
    let served = fixture
        .serve_with(&[
            ("PROVOST_CONSOLE__TLS_CERTIFICATE", certificate.0.to_str().unwrap()),
            ("PROVOST_CONSOLE__TLS_KEY", certificate.1.to_str().unwrap()),
        ])
        .await;
    let ids = [sign_in(&fixture, &served, "ada").await, sign_in(&fixture, &served, "bob").await];
    let prometheus = prometheus.looking_at(&[served.admin]);
    prometheus.is_quiet().await;

    let busy = happening(&fixture, &served, &ids).await;
    let questions = questions();
    assert!(questions.len() > 40, "{}", questions.len());
    let mut open: Vec<_> = questions.iter().collect();
    open.retain(|question| !SELDOM.iter().any(|seldom| question.ask.contains(seldom)));
    until("every panel has an answer", async || {
        let mut silent = Vec::new();
        for question in open.drain(..) {
            if !prometheus.answers(&question.ask).await {
                // Shown when it never comes.
                eprintln!("nothing yet: {}: {}", question.panel, question.ask);
                silent.push(question);
            }
        }
        open = silent;
        open.is_empty().then_some(())
    })
    .await;
    for question in &questions {
        // A refusal of the question itself is a panic.
        prometheus.answers(&question.ask).await;
    }
    drop(busy);
}

/// Something of everything, some of it again and again until this is dropped.
async fn happening(fixture: &Fixture, served: &Served, [ada, bob]: &[String; 2]) -> Vec<Requests> {
    let operator = fixture.operator(served);
    let mut sites = operator.sites();
    let ttl = Some(create_token_request::Expiration::Ttl(HOUR));
    let request =
        CreateTokenRequest { name: "short".to_owned(), expiration: ttl, ..Default::default() };
    let short = sites.create_token(request).await.unwrap().into_inner().value;
    // In use, so its end counts.
    wire::send(served.http, &scim(&short, "GET", "/Users")).await.unwrap().expect(200);
    operate(fixture, served, "service create billing").await;
    let request = CreateServiceTokenRequest {
        service: "billing".to_owned(),
        name: "short".to_owned(),
        expiration: Some(create_service_token_request::Expiration::Ttl(HOUR)),
        ..Default::default()
    };
    let created = operator.services().create_service_token(request).await.unwrap();
    // It follows the ledger, and then says nothing.
    let follower = operator.service_token("mail").await;
    let mut ledgers = operator.with_token(&follower).ledgers();
    let request = WatchEventsRequest { sites: vec!["default".to_owned()], ..Default::default() };
    let mut watch = ledgers.watch_events(request).await.unwrap().into_inner();
    let cursor = watch.message().await.unwrap().unwrap().cursor;
    let request = AcknowledgeEventsRequest { consumer: "mail".to_owned(), cursor, rewind: false };
    ledgers.acknowledge_events(request).await.unwrap();
    let out = patch(&short, bob, &json!({"op": "replace", "value": {"active": false}}));
    wire::send(served.http, &out).await.unwrap().expect(200);
    // A service without a grant, which asks again and again.
    let unheard = operator.with_token(&created.into_inner().value);
    let user_id = ada.clone();
    let refused = tokio::spawn(async move {
        let mut pulse = tokio::time::interval(std::time::Duration::from_millis(210));
        loop {
            pulse.tick().await;
            let user_id = user_id.clone();
            let request = DeactivateUserRequest { user_id, ..Default::default() };
            unheard.users().deactivate_user(request).await.unwrap_err();
        }
    });
    // As long as the others last.
    let watching = tokio::spawn(async move { while let Ok(Some(_)) = watch.message().await {} });
    let (token, id) = (short.clone(), ada.clone());
    let changes = Requests::by_number(served.http, move |number| {
        titled(&token, &id, if number % 2 == 0 { "Countess" } else { "Analyst" })
    });
    let role = json!({"op": "replace", "value": {"userType": "Admin"}});
    vec![
        changes,
        Requests::without_end(served.http, patch(&short, ada, &role)),
        Requests::without_end(served.http, scim(&short, "DELETE", &format!("/Users/{ada}"))),
        Requests::sent_by(refused),
        Requests::sent_by(watching),
    ]
}
