//! Alerts fire and clear: Debian's Prometheus looks at a service with the rules of `deploy/prometheus`, in
//! which only times are shorter. Something is broken, the alert is read from Prometheus, what its runbook says
//! mends it, and the alert is gone.

mod dashboards;
mod databases;
mod ledgers;
mod limits;
mod pages;
mod prometheus;
mod renewals;
mod runbook;

use std::fs;
use std::net::SocketAddr;
use std::time::Duration;

use futures::future::join_all;
use provost_proto::v1::RegisterSignInRequest;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::pooler::Pooler;
use crate::support::Engine;
use crate::support::child::{Fixture, Served};
use crate::support::wire::{self, Request};
use prometheus::Prometheus;
use runbook::mending;

#[tokio::test]
async fn a_gateway_without_its_core() {
    let Some(prometheus) = Prometheus::prepared() else { return };
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let mut core = fixture.launch("core", &[]).await;
    let (grpc, admin) = (core.grpc.to_string(), core.admin.to_string());
    let url = format!("http://{grpc}");
    let gateway = fixture.launch("gateway", &[("PROVOST_CORE__ADDRESS", &url)]).await;
    let token = core.scim_token();
    let prometheus = prometheus.looking_at(&[core.admin, gateway.admin]);
    let requests = Requests::without_end(gateway.http, scim(&token, "GET", "/Users"));
    prometheus.is_quiet().await;

    core.kill().await;
    let unready = prometheus.fires_for("ProvostUnready", ("provost_check", "core")).await;
    assert_eq!(unready["instance"], gateway.admin.to_string());
    prometheus.fires_for("ProvostDown", ("instance", &admin)).await;
    let failing = prometheus.fires_for("ProvostRequestsFail", ("severity", "page")).await;
    assert_eq!(failing["surface"], "scim");

    let place = [("PROVOST_GRPC__LISTEN", &*grpc), ("PROVOST_ADMIN__LISTEN", &*admin)];
    let _core = fixture.launch("core", &place).await;
    for alert in ["ProvostUnready", "ProvostDown", "ProvostRequestsFail"] {
        prometheus.clears(alert).await;
    }
    drop(requests);
}

#[tokio::test]
async fn a_database_file_that_is_gone() {
    let Some(prometheus) = Prometheus::prepared() else { return };
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let served = fixture.serve().await;
    let prometheus = prometheus.looking_at(&[served.admin]);
    prometheus.is_quiet().await;

    let (file, aside) = (fixture.path().join("data/provost.db"), fixture.path().join("aside"));
    fs::rename(&file, &aside).unwrap();
    prometheus.fires_for("ProvostUnready", ("provost_check", "database")).await;
    fs::rename(&aside, &file).unwrap();
    prometheus.clears("ProvostUnready").await;
}

#[tokio::test]
async fn a_postgres_that_is_gone() {
    let Some(prometheus) = Prometheus::prepared() else { return };
    let Some(fixture) = Fixture::fresh(Engine::Postgres) else { return };
    let Some(mut pooler) = Pooler::start(&fixture, "session").await else { return };
    let served = fixture.serve_with(&[("PROVOST_DATABASE__URL", &pooler.url())]).await;
    let prometheus = prometheus.looking_at(&[served.admin]);
    prometheus.is_quiet().await;

    pooler.stop().await;
    prometheus.fires_for("ProvostUnready", ("provost_check", "database")).await;
    pooler.resume().await;
    prometheus.clears("ProvostUnready").await;
}

#[tokio::test]
async fn a_storm_of_refusals() {
    let Some(prometheus) = Prometheus::prepared() else { return };
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let served = fixture.serve().await;
    let token = served.scim_token();
    let id = sign_in(&fixture, &served, "ada").await;
    let prometheus = prometheus.looking_at(&[served.admin]);
    prometheus.is_quiet().await;

    let delete = scim(&token, "DELETE", &format!("/Users/{id}"));
    let storm = Requests::without_end(served.http, delete);
    let reason = ("provost_reason", "DELETION_REFUSED");
    let refused = prometheus.fires_for("ProvostRefusalStorm", reason).await;
    assert_eq!(refused["provost_caller_kind"], "connection");
    // It goes on, and is refused no more.
    let mending = mending("ProvostRefusalStorm", "site settings set --deletion");
    operate(&fixture, &served, &mending).await;
    prometheus.clears("ProvostRefusalStorm").await;
    drop(storm);
}

#[tokio::test]
async fn a_site_that_loses_its_users() {
    let Some(prometheus) = Prometheus::prepared() else { return };
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let served = fixture.serve().await;
    let names: Vec<_> = (0..30).map(|number| format!("user{number}")).collect();
    let ids = join_all(names.iter().map(|name| sign_in(&fixture, &served, name))).await;
    let prometheus = prometheus.looking_at(&[served.admin]);
    prometheus.is_quiet().await;

    let token = served.scim_token();
    let set = async |active: bool| {
        for id in &ids[..20] {
            let request = patch(&token, id, &json!({"op": "replace", "value": {"active": active}}));
            wire::send(served.http, &request).await.unwrap().expect(200);
        }
    };
    set(false).await;
    assert_eq!(prometheus.fires("ProvostManyDeactivations").await["provost_site"], "default");
    set(true).await;
    prometheus.clears("ProvostManyDeactivations").await;
}

#[tokio::test]
async fn an_identity_provider_that_falls_silent() {
    let Some(prometheus) = Prometheus::prepared() else { return };
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let served = fixture.serve().await;
    let list = scim(&served.scim_token(), "GET", "/Users");
    let prometheus = prometheus.looking_at(&[served.admin]);
    let syncs = Requests::without_end(served.http, list.clone());
    prometheus.knows("provost:connection_rhythm:seconds").await;
    prometheus.is_quiet().await;

    drop(syncs);
    assert_eq!(prometheus.fires("ProvostIdpSilent").await["provost_connection"], "scim");
    let syncs = Requests::without_end(served.http, list);
    prometheus.clears("ProvostIdpSilent").await;
    drop(syncs);
}

/// One request after the other, whatever is answered, until this is dropped.
struct Requests {
    sending: JoinHandle<()>,
    ending: CancellationToken,
}

impl Requests {
    /// The same again and again.
    fn without_end(address: SocketAddr, request: Request) -> Self {
        Self::by_number(address, move |_| request.clone())
    }

    /// Each another, by its number.
    fn by_number(address: SocketAddr, request: impl Fn(usize) -> Request + Send + 'static) -> Self {
        let ending = CancellationToken::new();
        let is_ending = ending.clone();
        let sending = tokio::spawn(async move {
            // Out of step with Prometheus, which would find every pause equally long.
            let mut pulse = tokio::time::interval(Duration::from_millis(70));
            for number in 0.. {
                pulse.tick().await;
                if is_ending.is_cancelled() {
                    break;
                }
                // A gateway that is away is no end.
                drop(wire::send(address, &request(number)).await);
            }
        });
        Self { sending, ending }
    }

    /// Those of a task, which ends with this.
    fn sent_by(sending: JoinHandle<()>) -> Self {
        Self { sending, ending: CancellationToken::new() }
    }

    /// Ends with the last answer.
    async fn end(mut self) {
        self.ending.cancel();
        (&mut self.sending).await.unwrap();
    }
}

impl Drop for Requests {
    fn drop(&mut self) {
        self.sending.abort();
    }
}

/// A command, and what it prints.
async fn operate(fixture: &Fixture, served: &Served, line: &str) -> String {
    let arguments: Vec<_> = line.split(' ').collect();
    let output = fixture.operate(served, &arguments).await;
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

async fn sign_in(fixture: &Fixture, served: &Served, name: &str) -> String {
    let mut users = fixture.operator(served).users();
    let request =
        RegisterSignInRequest { user_name: name.to_owned(), ..RegisterSignInRequest::default() };
    let answer = users.register_sign_in(request).await.unwrap().into_inner();
    answer.decision.unwrap().user.unwrap().id
}

/// A PATCH of a user with one operation.
fn patch(token: &str, id: &str, operation: &Value) -> Request {
    let mut request = scim(token, "PATCH", &format!("/Users/{id}"));
    request.body = Some(json!({"Operations": [operation]}).to_string().into_bytes());
    request
}

/// One with this title.
fn titled(token: &str, id: &str, title: &str) -> Request {
    patch(token, id, &json!({"op": "replace", "path": "title", "value": title}))
}

fn scim(token: &str, method: &str, path: &str) -> Request {
    Request {
        method: method.to_owned(),
        target: format!("/api/scim/v2{path}"),
        headers: vec![
            ("Authorization".to_owned(), format!("Bearer {token}")),
            ("Content-Type".to_owned(), "application/scim+json".to_owned()),
        ],
        body: None,
    }
}
