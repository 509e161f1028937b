//! Backup and restore by the word of `docs/backup.md`, and a database file that goes away under a
//! running service.

use std::fs;

use provost_proto::v1::lookup_user_request::Key;
use provost_proto::v1::{LookupUserRequest, RegisterSignInRequest};
use tonic::transport::Endpoint;
use tonic_health::ServingStatus;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::support::child::{Fixture, Served};
use crate::support::wire::{self, Request};
use crate::support::{Answer, Database, Engine, until};

#[tokio::test]
async fn a_copy_of_a_running_service_is_restored_on_sqlite() {
    restore(Engine::Sqlite, "VACUUM INTO 'provost-backup.db'").await;
}

#[tokio::test]
async fn a_copy_of_a_running_service_is_restored_on_postgres() {
    restore(Engine::Postgres, "pg_dump --no-owner --file").await;
}

/// `documented` is what the kit does as well.
async fn restore(engine: Engine, documented: &str) {
    assert!(include_str!("../../../docs/backup.md").contains(documented));
    let Some(old) = Fixture::fresh(engine) else { return };
    let mut served = old.serve().await;
    let token = served.scim_token();
    let user_name = "grace@example.com".to_owned();
    let request = RegisterSignInRequest { user_name: user_name.clone(), ..Default::default() };
    old.operator(&served).users().register_sign_in(request).await.unwrap();
    let backup = old.path().join("backup");
    old.database.copied_to(&backup).await;
    served.kill().await;

    let new =
        Fixture { database: Database::restored_at(engine, "data/provost.db", &backup).unwrap() };
    fs::create_dir_all(new.path().join("data")).unwrap();
    let kept = "data/operator.token";
    fs::copy(old.path().join(kept), new.path().join(kept)).unwrap();
    let served = new.serve().await;
    let key = Some(Key::UserName(user_name));
    let request = LookupUserRequest { key, ..Default::default() };
    new.operator(&served).users().lookup_user(request).await.unwrap();
    list(&served, &token).await.expect(200);
}

#[tokio::test]
async fn a_service_whose_file_went_away_does_not_serve() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let served = fixture.serve().await;
    let token = served.scim_token();
    list(&served, &token).await.expect(200);
    let (file, aside) = (fixture.path().join("data/provost.db"), fixture.path().join("aside"));
    fs::rename(&file, &aside).unwrap();
    becomes(&served, ServingStatus::NotServing).await;
    list(&served, &token).await.refusal(503);
    served.logged("was removed or replaced while it was open").await;
    fs::rename(&aside, &file).unwrap();
    becomes(&served, ServingStatus::Serving).await;
    list(&served, &token).await.expect(200);
}

async fn becomes(served: &Served, wanted: ServingStatus) {
    let channel = Endpoint::from_shared(format!("http://{}", served.grpc)).unwrap().connect_lazy();
    let mut health = HealthClient::new(channel);
    until("health has changed", async || {
        let answer = health.check(HealthCheckRequest::default()).await.unwrap().into_inner();
        (answer.status().as_str_name() == name(wanted)).then_some(())
    })
    .await;
}

const fn name(status: ServingStatus) -> &'static str {
    match status {
        ServingStatus::Serving => "SERVING",
        ServingStatus::NotServing => "NOT_SERVING",
        ServingStatus::Unknown => "UNKNOWN",
    }
}

async fn list(served: &Served, token: &str) -> Answer {
    let request = Request {
        method: "GET".to_owned(),
        target: "/api/scim/v2/Users".to_owned(),
        headers: vec![("Authorization".to_owned(), format!("Bearer {token}"))],
        body: None,
    };
    wire::send(served.http, &request).await.unwrap()
}
