//! How the installation is, as the operator is told.

use super::fixture::*;
use futures::StreamExt as _;
use provost_proto::v1;
use provost_proto::v1::create_token_request::Expiration;
use provost_proto::v1::operations_service_client::OperationsServiceClient;
use provost_proto::v1::{CredentialKind, DatabaseKind};
use tonic::Request;

on_both_databases!(an_operator_is_told_how_the_installation_is);

async fn status(fixture: &Fixture) -> v1::GetStatusResponse {
    let mut operations = OperationsServiceClient::new(fixture.core.services());
    let mut request = Request::new(v1::GetStatusRequest {});
    let token = format!("Bearer {OPERATOR}").parse().unwrap();
    request.metadata_mut().insert("authorization", token);
    operations.get_status(request).await.unwrap().into_inner()
}

/// A request of a connection that its gateway could not read.
fn refused() -> v1::RefusedRequest {
    v1::RefusedRequest {
        operation: "PATCH /Users/{id}".to_owned(),
        status: 400,
        reason: "invalidPath".to_owned(),
        ..v1::RefusedRequest::default()
    }
}

async fn an_operator_is_told_how_the_installation_is(fixture: Fixture) {
    fixture.site("globex").await;
    let connection = |site: &str| {
        let (site, name) = (site.to_owned(), "entra".to_owned());
        v1::CreateConnectionRequest { site, name, options: None }
    };
    for site in [SITE, "globex"] {
        fixture.sites().create_connection(connection(site)).await.unwrap();
    }
    let days = |days: i64| prost_types::Duration { seconds: days * 86_400, nanos: 0 };
    let token = |name: &str, ttl: i64| v1::CreateTokenRequest {
        site: SITE.to_owned(),
        name: name.to_owned(),
        connection: "entra".to_owned(),
        expiration: Some(Expiration::Ttl(days(ttl))),
        ..v1::CreateTokenRequest::default()
    };
    fixture.sites().create_token(token("late", 31)).await.unwrap();
    let soon = fixture.sites().create_token(token("soon", 29)).await.unwrap().into_inner();
    fixture.service("billing", vec![]).await;
    let request = v1::CreateServiceTokenRequest {
        service: "billing".to_owned(),
        name: "sooner".to_owned(),
        expiration: Some(v1::create_service_token_request::Expiration::Ttl(days(2))),
        ..v1::CreateServiceTokenRequest::default()
    };
    fixture.services().create_service_token(request).await.unwrap();

    let before = status(&fixture).await;
    assert_eq!((before.version.as_str(), before.command.as_str()), ("0.1.0", "core"));
    assert!(before.start_time.is_some());
    let database = before.database.clone().unwrap();
    let kind = if fixture.url.starts_with("sqlite") {
        DatabaseKind::Sqlite
    } else {
        DatabaseKind::Postgresql
    };
    assert_eq!(database.kind(), kind);
    assert!(database.size_bytes > 10_000, "{database:?}");
    assert!(database.schema_version.starts_with("m20"), "{database:?}");
    assert_eq!(database.pending_migrations, [""; 0]);
    assert_eq!((before.waiting_commands, before.watches.len()), (0, 0));
    let expiring: Vec<_> =
        before.expiring.iter().map(|it| (it.kind(), &*it.site, &*it.owner, &*it.name)).collect();
    let tokens = [
        (CredentialKind::ServiceToken, "", "billing", "sooner"),
        (CredentialKind::ScimToken, SITE, "entra", "soon"),
    ];
    assert_eq!(expiring, tokens);
    assert!(before.connections.iter().all(|it| it.last_request_time.is_none()));

    let check = v1::CheckTokenRequest {
        site: SITE.to_owned(),
        refused: Some(refused()),
        ..Default::default()
    };
    users(&fixture.core, &soon.value).check_token(check).await.unwrap();
    let watch = v1::WatchEventsRequest { all_sites: true, ..v1::WatchEventsRequest::default() };
    let watched = ledgers(&fixture.core, OPERATOR).watch_events(watch).await.unwrap();
    let mut watched = watched.into_inner();
    let cursor = watched.next().await.unwrap().unwrap().cursor;
    let consumer = "mail".to_owned();
    let acknowledged = v1::AcknowledgeEventsRequest { consumer, cursor, rewind: false };
    ledgers(&fixture.core, OPERATOR).acknowledge_events(acknowledged).await.unwrap();
    fixture.user("ada", v1::Role::Registered).await;
    // What is noted by the way is written down when the core ends, at the latest.
    assert_eq!(status(&fixture).await.watches[0].caller, "operator");
    drop(watched);
    let fixture = fixture.restarted().await;

    let after = status(&fixture).await;
    let told: Vec<_> = after
        .connections
        .iter()
        .map(|it| (&*it.site, &*it.connection, it.enabled, &*it.last_refused_reason))
        .collect();
    assert_eq!(told[0], (SITE, "entra", true, "invalidPath"), "{told:?}");
    assert!(told.contains(&("globex", "entra", true, "")), "{told:?}");
    assert_eq!(usize::try_from(after.connection_count).unwrap(), told.len());
    let refused = &after.connections[0];
    assert!(refused.last_request_time.is_some() && refused.last_refused_time.is_some());
    assert!(after.expiring[1].last_use_time.is_some());
    let behind = &after.consumers[0];
    let consumer = behind.consumer.clone().unwrap();
    assert_eq!((&*behind.site, &*consumer.name, consumer.pending), (SITE, "mail", 1));
    assert_eq!(before.consumers, []);
}
