//! Internal services of the installation: their grants, tokens and certificates.

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use provost_proto::v1::grant::Scope;
use provost_proto::v1::{
    Consumer, Grant, ListServiceTokensRequest, ListServicesRequest, RevokeServiceTokenRequest,
    Role, Service, ServiceGrant, ServiceToken,
};
use serde::Deserialize;

use super::confirmation::Confirmation;
use crate::client::OwnCore;
use crate::failure::PageFailure;
use crate::frame::{Frame, page};
use crate::moment::{Moment, now};
use crate::signed_in::SignedIn;

/// A grant in a list.
pub struct GrantLine {
    pub service: String,
    /// The site; empty: every site.
    pub site: String,
    pub permissions: String,
    pub highest_role: &'static str,
    pub version: i64,
}

impl GrantLine {
    /// A grant about one site.
    pub fn of_site(ServiceGrant { service, grant, version }: ServiceGrant) -> Self {
        Self::of(service, grant.unwrap_or_default(), version)
    }

    fn of(service: String, grant: Grant, version: i64) -> Self {
        let permissions: Vec<&str> = grant.permissions().map(Into::into).collect();
        let permissions = permissions.join(", ").replace('_', " ");
        let highest_role = match grant.highest_role() {
            Role::Unspecified => "–",
            role => role.into(),
        };
        let site = match grant.scope {
            Some(Scope::Site(site)) => site,
            Some(Scope::AllSites(_)) | None => String::new(),
        };
        Self { service, site, permissions, highest_role, version }
    }
}

/// A consumer in a list.
pub struct ConsumerLine {
    pub name: String,
    /// As events write it.
    pub caller: String,
    pub acknowledged: Option<Moment>,
    pub pending: i64,
    pub lag: String,
}

impl ConsumerLine {
    /// Of a consumer.
    pub fn of(consumer: Consumer) -> Self {
        let Consumer { caller, name, revision: _, acknowledge_time, pending, lag } = consumer;
        let lag = lag.map_or_else(|| "–".to_owned(), |lag| format!("{} s", lag.seconds));
        Self { name, caller, acknowledged: acknowledge_time.and_then(Moment::of), pending, lag }
    }
}

/// A service in a list.
struct ServiceLine {
    name: String,
    made: Option<Moment>,
    grants: Vec<GrantLine>,
}

impl ServiceLine {
    fn of(Service { name, create_time, version, grants }: Service) -> Self {
        let grant = |grant| GrantLine::of(name.clone(), grant, version);
        let grants = grants.into_iter().map(grant).collect();
        Self { grants, made: create_time.and_then(Moment::of), name }
    }
}

/// A token of a service in a list.
struct ServiceTokenLine {
    id: String,
    name: String,
    state: &'static str,
    is_active: bool,
    expires: Option<Moment>,
    used: Option<Moment>,
}

impl ServiceTokenLine {
    fn of(token: ServiceToken, now: i64) -> Self {
        let is_over = token.expire_time.is_some_and(|end| end.seconds <= now);
        let state = match token.revoke_time {
            Some(_) => "revoked",
            None if is_over => "expired",
            None => "active",
        };
        let ServiceToken { id, name, expire_time, last_use_time, .. } = token;
        let [expires, used] = [expire_time, last_use_time].map(|at| at.and_then(Moment::of));
        Self { id, name, state, is_active: state == "active", expires, used }
    }
}

#[derive(Template)]
#[template(path = "all_services.html")]
struct AllServicesPage {
    frame: Frame,
    services: Vec<ServiceLine>,
    next: String,
}

#[derive(Template)]
#[template(path = "service.html")]
struct ServicePage {
    frame: Frame,
    service: ServiceLine,
    tokens: Vec<ServiceTokenLine>,
    next: String,
}

/// Which page of a list.
#[derive(Deserialize)]
pub struct ServicesView {
    #[serde(default)]
    page: String,
}

/// All services.
pub async fn list(
    SignedIn { core }: SignedIn,
    Query(view): Query<ServicesView>,
) -> Result<Response, PageFailure> {
    let request = ListServicesRequest { page_size: 50, page_token: view.page };
    let found = core.answer(core.services().list_services(request)).await?;
    let services = found.services.into_iter().map(ServiceLine::of).collect();
    let frame = Frame::about_all_sites("services");
    page(StatusCode::OK, &AllServicesPage { frame, services, next: found.next_page_token })
}

/// One of them, with its tokens.
pub async fn show(
    SignedIn { core }: SignedIn,
    Path(name): Path<String>,
    Query(view): Query<ServicesView>,
) -> Result<Response, PageFailure> {
    let service = service_of_name(&core, &name).await?;
    let request = ListServiceTokensRequest { service: name, page_size: 50, page_token: view.page };
    let found = core.answer(core.services().list_service_tokens(request)).await?;
    let now = now();
    let line = |token| ServiceTokenLine::of(token, now);
    let shown = ServicePage {
        frame: Frame::about_all_sites("services"),
        service: ServiceLine::of(service),
        tokens: found.tokens.into_iter().map(line).collect(),
        next: found.next_page_token,
    };
    page(StatusCode::OK, &shown)
}

/// A service by its name: there are a thousand at most.
pub async fn service_of_name(core: &OwnCore, name: &str) -> Result<Service, PageFailure> {
    let page_size = provost_proto::MAX_PAGE_SIZE.into();
    let request = ListServicesRequest { page_size, page_token: String::new() };
    let found = core.answer(core.services().list_services(request)).await?.services;
    found.into_iter().find(|service| service.name == name).ok_or(PageFailure::NoSuchPage)
}

/// Asks whether a token is to be revoked, of a service that there must be.
pub async fn confirm(
    SignedIn { core }: SignedIn,
    Path((service, id)): Path<(String, String)>,
) -> Result<Response, PageFailure> {
    service_of_name(&core, &service).await?;
    let asked = Confirmation {
        frame: Frame::about_all_sites("services"),
        question: format!("Revoke a token of the service {service}?"),
        consequence: "From then on nothing is written by it, whichever core is asked. The service needs \
                      another one to go on.",
        button: "Revoke the token",
        target: format!("/services/{service}/tokens/{id}/revoke"),
        fields: Vec::new(),
        back: format!("/services/{service}"),
    };
    asked.asked()
}

/// Revokes it.
pub async fn revoke(
    SignedIn { core }: SignedIn,
    Path((service, token_id)): Path<(String, String)>,
) -> Result<Response, PageFailure> {
    let back = format!("/services/{service}");
    let request = RevokeServiceTokenRequest { service, token_id, options: None };
    core.answer(core.services().revoke_service_token(request)).await?;
    Ok(Redirect::to(&back).into_response())
}
