//! What has to be renewed in time: tokens of identity providers and of services, and certificates.

use prost_types::Duration;
use provost_proto::v1::{
    CreateServiceTokenRequest, CreateTokenRequest, create_service_token_request,
    create_token_request,
};
use provost_test_kit::Authority;

use super::prometheus::Prometheus;
use super::runbook::mending;
use super::{operate, scim};
use crate::support::child::Fixture;
use crate::support::wire;
use crate::support::{Engine, until};

const SOON: Duration = Duration { seconds: 5, nanos: 0 };

#[tokio::test]
async fn a_token_that_expires() {
    let Some(prometheus) = Prometheus::prepared() else { return };
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let served = fixture.serve().await;
    operate(&fixture, &served, "site create acme").await;
    let users = |token: &str| {
        let mut request = scim(token.trim(), "GET", "");
        "/c/acme/auth/scim/v2/Users".clone_into(&mut request.target);
        request
    };
    let prometheus = prometheus.looking_at(&[served.admin]);
    prometheus.is_quiet().await;

    let request = CreateTokenRequest {
        site: "acme".to_owned(),
        name: "okta".to_owned(),
        expiration: Some(create_token_request::Expiration::Ttl(SOON)),
        ..CreateTokenRequest::default()
    };
    let created = fixture.operator(&served).sites().create_token(request).await.unwrap();
    let old = created.into_inner().value;
    wire::send(served.http, &users(&old)).await.unwrap().expect(200);
    let expiring = prometheus.fires("ProvostTokenExpiring").await;
    assert_eq!(expiring["provost_site"], "acme");
    until("the token has expired", async || {
        (wire::send(served.http, &users(&old)).await.unwrap().status == 401).then_some(())
    })
    .await;
    // It goes on saying so until somebody does something about it.
    prometheus.knows("provost_token_time_left_seconds<0").await;
    prometheus.fires("ProvostTokenExpiring").await;
    let new = mending("ProvostTokenExpiring", "token create");
    let new = operate(&fixture, &served, &new).await;
    wire::send(served.http, &users(&new)).await.unwrap().expect(200);
    operate(&fixture, &served, &mending("ProvostTokenExpiring", "token revoke")).await;
    prometheus.clears("ProvostTokenExpiring").await;
}

#[tokio::test]
async fn a_token_of_a_service_that_expires() {
    let Some(prometheus) = Prometheus::prepared() else { return };
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let served = fixture.serve().await;
    operate(&fixture, &served, "service create billing").await;
    let prometheus = prometheus.looking_at(&[served.admin]);
    prometheus.is_quiet().await;

    let request = CreateServiceTokenRequest {
        service: "billing".to_owned(),
        name: "production".to_owned(),
        expiration: Some(create_service_token_request::Expiration::Ttl(SOON)),
        ..CreateServiceTokenRequest::default()
    };
    fixture.operator(&served).services().create_service_token(request).await.unwrap();
    let service = ("provost_service", "billing");
    prometheus.fires_for("ProvostTokenExpiring", service).await;
    let status = operate(&fixture, &served, "status").await;
    assert!(status.contains("billing"), "{status}");
    for step in ["service token create", "service token revoke"] {
        operate(&fixture, &served, &mending("ProvostTokenExpiring", step)).await;
    }
    prometheus.clears("ProvostTokenExpiring").await;
}

/// Both files are replaced while it runs.
#[tokio::test]
async fn a_certificate_that_expires() {
    let Some(prometheus) = Prometheus::prepared() else { return };
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let authority = Authority::new();
    let renew = |days: u64| {
        let time = std::time::Duration::from_secs(days * 86_400);
        authority.issue_for(&["localhost"], time).write(fixture.path(), "server")
    };
    let (certificate, key) = renew(90);
    let served = fixture
        .serve_with(&[
            ("PROVOST_HTTP__TLS_CERTIFICATE", certificate.to_str().unwrap()),
            ("PROVOST_HTTP__TLS_KEY", key.to_str().unwrap()),
        ])
        .await;
    let prometheus = prometheus.looking_at(&[served.admin]);
    prometheus.is_quiet().await;

    renew(13);
    let expiring = prometheus.fires("ProvostCertificateExpiring").await;
    assert_eq!(expiring["provost_listener"], "scim");
    let named = operate(&fixture, &served, "config").await;
    assert!(named.contains("tls_certificate"), "{named}");
    renew(90);
    prometheus.clears("ProvostCertificateExpiring").await;
    served.logged("the new certificate").await;
}
