//! Services that show a certificate instead of a token.

use super::fixture::*;
use provost_core::{ClientCertificate, Core};
use provost_proto::v1;
use provost_proto::v1::Permission;
use provost_proto::v1::user_service_client::UserServiceClient;
use tonic::service::Routes;
use tonic::service::interceptor::InterceptedService;
use tonic::{Code, Request, Status};

on_both_databases!(
    a_registered_name_is_the_service_with_its_grants,
    a_token_decides_whatever_the_certificate_says,
    a_name_that_is_removed_opens_nothing_at_any_core_and_can_be_registered_again,
    a_name_belongs_to_one_service,
    a_service_registers_names_for_itself_alone,
    the_ledger_tells_of_names,
);

const NAME: &str = "spiffe://example.com/billing";

/// Calls users over a connection with this certificate, with these metadata.
fn certified(
    core: &Core,
    certificate: &ClientCertificate,
    metadata: &[(&'static str, &str)],
) -> UserServiceClient<InterceptedService<Routes, impl tonic::service::Interceptor + use<>>> {
    let certificate = certificate.clone();
    let metadata: Vec<_> =
        metadata.iter().map(|(key, value)| (*key, value.parse().unwrap())).collect();
    UserServiceClient::with_interceptor(core.services(), move |mut request: Request<()>| {
        request.extensions_mut().insert(certificate.clone());
        for (key, value) in &metadata {
            request.metadata_mut().insert(*key, tonic::metadata::MetadataValue::clone(value));
        }
        Ok::<_, Status>(request)
    })
}

fn uri(name: &str) -> ClientCertificate {
    ClientCertificate::with_names(&[name], &["ignored.example.com"])
}

/// Lists users of a site, and answers how that was refused, if it was.
async fn refusal(
    core: &Core,
    certificate: &ClientCertificate,
    site: &str,
    metadata: &[(&'static str, &str)],
) -> Option<(Code, String)> {
    let request = v1::ListUsersRequest { site: site.to_owned(), ..Default::default() };
    let answer = certified(core, certificate, metadata).list_users(request).await;
    answer.err().map(|status| reason(&status))
}

fn unauthenticated(reason: &str) -> (Code, String) {
    (Code::Unauthenticated, reason.to_owned())
}

fn registration(service: &str, name: &str) -> v1::AddServiceCertificateRequest {
    let (service, certificate_name) = (service.to_owned(), name.to_owned());
    v1::AddServiceCertificateRequest { service, certificate_name, options: None }
}

fn removal(service: &str, name: &str) -> v1::RemoveServiceCertificateRequest {
    let (service, certificate_name) = (service.to_owned(), name.to_owned());
    v1::RemoveServiceCertificateRequest { service, certificate_name, options: None }
}

/// The service `billing`, which reads users and changes their status, and is known by [`NAME`].
async fn billing(fixture: &Fixture) -> String {
    let permissions = [Permission::ReadUsers, Permission::ChangeStatus];
    let grants = vec![grant(Some(SITE), &permissions, v1::Role::Unspecified)];
    let token = fixture.service("billing", grants).await;
    let added = fixture.services().add_service_certificate(registration("billing", NAME)).await;
    let added = added.unwrap().into_inner();
    let certificate = added.certificate.unwrap();
    assert_eq!(
        (certificate.service.as_str(), certificate.certificate_name.as_str()),
        ("billing", NAME)
    );
    assert!(added.changed && certificate.create_time.is_some() && added.revision > 0);
    token
}

async fn a_registered_name_is_the_service_with_its_grants(fixture: Fixture) {
    billing(&fixture).await;
    let ada = fixture.user("ada", v1::Role::Registered).await;
    let core = &fixture.core;
    assert_eq!(refusal(core, &uri(NAME), SITE, &[]).await, None);
    let deactivation = v1::DeactivateUserRequest {
        site: SITE.to_owned(),
        user_id: ada.id.clone(),
        ..Default::default()
    };
    let decided = certified(core, &uri(NAME), &[]).deactivate_user(deactivation).await.unwrap();
    let revision = decided.into_inner().decision.unwrap().revision;
    assert_eq!(fixture.event(revision).await.caller, "service:billing");
    fixture.site("other").await;
    let status = refusal(core, &uri(NAME), "other", &[]).await;
    assert_eq!(status, Some((Code::PermissionDenied, "GRANT_MISSING".to_owned())));

    for (uris, dns_names) in [
        (&["spiffe://example.com/Billing"][..], &[][..]),
        (&["spiffe://example.com/billing/"], &[]),
        (&[NAME, "spiffe://example.com/other"], &[]),
        (&[], &[NAME]),
        (&[], &["billing.example.com"]),
        (&[], &["a.example.com", "b.example.com"]),
        (&[], &[]),
    ] {
        let certificate = ClientCertificate::with_names(uris, dns_names);
        let status = refusal(core, &certificate, SITE, &[]).await;
        assert_eq!(status, Some(unauthenticated("CERTIFICATE_INVALID")), "{uris:?} {dns_names:?}");
    }
    let mut services = fixture.services();
    services.add_service_certificate(registration("billing", "Billing.example.COM")).await.unwrap();
    let by_dns = ClientCertificate::with_names(&[], &["BILLING.example.com"]);
    assert_eq!(refusal(core, &by_dns, SITE, &[]).await, None);
}

async fn a_token_decides_whatever_the_certificate_says(fixture: Fixture) {
    let token = billing(&fixture).await;
    let idle = fixture.service("idle", Vec::new()).await;
    let core = &fixture.core;
    let shown = |token: &str| format!("Bearer {token}");
    let asked = async |token: &str| {
        refusal(core, &uri(NAME), SITE, &[("authorization", &shown(token))]).await
    };
    assert_eq!(asked(&token).await, None);
    assert_eq!(asked(OPERATOR).await, None);
    assert_eq!(asked(&idle).await, Some((Code::PermissionDenied, "GRANT_MISSING".to_owned())));
    assert_eq!(asked("provost_svc_unknown").await, Some(unauthenticated("TOKEN_INVALID")));
    assert_eq!(asked("").await, Some(unauthenticated("TOKEN_MISSING")));
    // A gateway passes on what others ask, and its certificate is not theirs.
    let passed_on = [(provost_proto::DOOR_KEY, "scim")];
    let status = refusal(core, &uri(NAME), SITE, &passed_on).await;
    assert_eq!(status, Some(unauthenticated("TOKEN_MISSING")));
}

async fn a_name_that_is_removed_opens_nothing_at_any_core_and_can_be_registered_again(
    fixture: Fixture,
) {
    billing(&fixture).await;
    let ada = fixture.user("ada", v1::Role::Registered).await;
    let other = open(&fixture.url).await;
    let activation = || v1::ActivateUserRequest {
        site: SITE.to_owned(),
        user_id: ada.id.clone(),
        options: None,
    };
    for core in [&fixture.core, &other] {
        certified(core, &uri(NAME), &[]).activate_user(activation()).await.unwrap();
    }
    let mut services = fixture.services();
    let removed = services.remove_service_certificate(removal("billing", NAME)).await.unwrap();
    let certificate = removed.into_inner().certificate.unwrap();
    assert!(certificate.remove_time.is_some() && certificate.version == 2);
    for core in [&fixture.core, &other] {
        let status = certified(core, &uri(NAME), &[]).activate_user(activation()).await;
        assert_eq!(status.unwrap_err().code(), Code::Unauthenticated);
    }
    assert_eq!(
        refusal(&fixture.core, &uri(NAME), SITE, &[]).await,
        Some(unauthenticated("CERTIFICATE_INVALID"))
    );
    let again = services.remove_service_certificate(removal("billing", NAME)).await.unwrap_err();
    assert_eq!(reason(&again), (Code::NotFound, "CERTIFICATE_NOT_FOUND".to_owned()));

    services.add_service_certificate(registration("billing", NAME)).await.unwrap();
    assert_eq!(refusal(&fixture.core, &uri(NAME), SITE, &[]).await, None);
    let request =
        v1::ListServiceCertificatesRequest { service: "billing".to_owned(), ..Default::default() };
    let listed = services.list_service_certificates(request).await.unwrap().into_inner();
    let states: Vec<_> = listed
        .certificates
        .iter()
        .map(|it| {
            (it.certificate_name.as_str(), it.remove_time.is_some(), it.last_use_time.is_some())
        })
        .collect();
    assert_eq!(states, [(NAME, true, true), (NAME, false, true)]);
    // They are no tokens.
    let request =
        v1::ListServiceTokensRequest { service: "billing".to_owned(), ..Default::default() };
    let tokens = services.list_service_tokens(request).await.unwrap().into_inner().tokens;
    assert_eq!(tokens.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["test"]);

    let deletion = v1::DeleteServiceRequest { service: "billing".to_owned(), options: None };
    services.delete_service(deletion).await.unwrap();
    assert_eq!(
        refusal(&fixture.core, &uri(NAME), SITE, &[]).await,
        Some(unauthenticated("CERTIFICATE_INVALID"))
    );
    other.close().await;
}

async fn a_name_belongs_to_one_service(fixture: Fixture) {
    billing(&fixture).await;
    fixture.service("other", Vec::new()).await;
    let mut services = fixture.services();
    let again = services.add_service_certificate(registration("billing", NAME)).await.unwrap();
    assert!(!again.into_inner().changed);
    let status = services.add_service_certificate(registration("other", NAME)).await.unwrap_err();
    assert_eq!(reason(&status), (Code::AlreadyExists, "CERTIFICATE_EXISTS".to_owned()));
    let status = services.remove_service_certificate(removal("other", NAME)).await.unwrap_err();
    assert_eq!(reason(&status), (Code::NotFound, "CERTIFICATE_NOT_FOUND".to_owned()));
    for bad in ["", "*.example.com", "a b"] {
        let status =
            services.add_service_certificate(registration("other", bad)).await.unwrap_err();
        assert_eq!(reason(&status), (Code::InvalidArgument, "VALUE_INVALID".to_owned()), "{bad}");
    }
    let status = services.add_service_certificate(registration("nobody", NAME)).await.unwrap_err();
    assert_eq!(reason(&status), (Code::NotFound, "SERVICE_NOT_FOUND".to_owned()));
    services.remove_service_certificate(removal("billing", NAME)).await.unwrap();
    services.add_service_certificate(registration("other", NAME)).await.unwrap();
}

async fn a_service_registers_names_for_itself_alone(fixture: Fixture) {
    let access = grant(None, &[Permission::ManageAccess], v1::Role::Unspecified);
    let token = fixture.service("access", vec![access]).await;
    billing(&fixture).await;
    let mut own = services(&fixture.core, &token);
    let status = own.add_service_certificate(registration("billing", "x://b")).await.unwrap_err();
    assert_eq!(reason(&status), (Code::PermissionDenied, "CALLER_NOT_PERMITTED".to_owned()));
    own.add_service_certificate(registration("access", "x://a")).await.unwrap();
    // What takes access away takes no more than the own grants.
    let status = own.remove_service_certificate(removal("billing", NAME)).await.unwrap_err();
    assert_eq!(reason(&status), (Code::PermissionDenied, "GRANT_MISSING".to_owned()));
}

async fn the_ledger_tells_of_names(fixture: Fixture) {
    billing(&fixture).await;
    fixture.services().remove_service_certificate(removal("billing", NAME)).await.unwrap();
    let sql = "SELECT kind, body FROM events WHERE kind LIKE 'certificate%' ORDER BY revision";
    let rows = fixture.rows(sql).await;
    let kinds: Vec<_> = rows.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(kinds, ["certificate_added", "certificate_removed"]);
    assert!(rows.iter().all(|row| row[1].contains(NAME) && row[1].contains("billing")), "{rows:?}");
}
