//! The services of a site: what each may do there, who of them follows its ledger, and how far behind.

use askama::Template;
use axum::extract::{Form, Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use provost_proto::v1::remove_grant_request::Scope;
use provost_proto::v1::{
    Consumer, DeleteConsumerRequest, ListConsumersRequest, ListGrantsRequest, RemoveGrantRequest,
    WriteOptions, grant,
};
use serde::Deserialize;

use super::confirmation::Confirmation;
use super::service::{ConsumerLine, GrantLine, service_of_name};
use crate::client::{CallFailure, OwnCore};
use crate::failure::PageFailure;
use crate::frame::{Frame, page};
use crate::signed_in::SignedIn;

#[derive(Template)]
#[template(path = "services.html")]
struct ServicesPage {
    frame: Frame,
    site: String,
    grants: Vec<GrantLine>,
    next: String,
    consumers: Vec<ConsumerLine>,
}

/// Which page of the grants.
#[derive(Deserialize)]
pub struct GrantsView {
    #[serde(default)]
    page: String,
}

/// Which grant, and the version of its service that was shown.
#[derive(Deserialize)]
pub struct GrantForm {
    #[serde(default)]
    version: i64,
}

/// Which consumer.
#[derive(Deserialize)]
pub struct ConsumerForm {
    consumer: String,
    caller: String,
}

/// What services may do in a site, and how far those are behind who follow its ledger.
pub async fn show(
    SignedIn { core }: SignedIn,
    Path(site): Path<String>,
    Query(view): Query<GrantsView>,
) -> Result<Response, PageFailure> {
    let request = ListGrantsRequest { site: site.clone(), page_size: 50, page_token: view.page };
    let found = core.answer(core.services().list_grants(request)).await?;
    let consumers = consumers(&core, &site).await?;
    let shown = ServicesPage {
        frame: Frame::of_site(&site, "services"),
        site,
        grants: found.grants.into_iter().map(GrantLine::of_site).collect(),
        next: found.next_page_token,
        consumers: consumers.into_iter().map(ConsumerLine::of).collect(),
    };
    page(StatusCode::OK, &shown)
}

async fn consumers(core: &OwnCore, site: &str) -> Result<Vec<Consumer>, CallFailure> {
    let request = ListConsumersRequest { site: site.to_owned(), installation: false };
    Ok(core.answer(core.ledgers().list_consumers(request)).await?.consumers)
}

/// Asks whether a service is to lose its grant about the site, which it must have.
pub async fn confirm_grant(
    SignedIn { core }: SignedIn,
    Path((site, service)): Path<(String, String)>,
    Query(form): Query<GrantForm>,
) -> Result<Response, PageFailure> {
    let grants = service_of_name(&core, &service).await?.grants;
    let scope = Some(grant::Scope::Site(site.clone()));
    if !grants.iter().any(|grant| grant.scope == scope) {
        return Err(PageFailure::NoSuchPage);
    }
    let asked = Confirmation {
        frame: Frame::of_site(&site, "services"),
        question: format!("Take the grant about {site} from the service {service}?"),
        consequence: "From then on it may do nothing here, unless it has a grant about every site.",
        button: "Take it away",
        target: format!("/sites/{site}/services/{service}/remove"),
        fields: vec![("version", form.version.to_string())],
        back: format!("/sites/{site}/services"),
    };
    asked.asked()
}

/// Takes the grant away.
pub async fn remove_grant(
    SignedIn { core }: SignedIn,
    Path((site, service)): Path<(String, String)>,
    Form(form): Form<GrantForm>,
) -> Result<Response, PageFailure> {
    let back = format!("/sites/{site}/services");
    let options =
        Some(WriteOptions { expected_version: Some(form.version), ..WriteOptions::default() });
    let request = RemoveGrantRequest { service, scope: Some(Scope::Site(site)), options };
    core.answer(core.services().remove_grant(request)).await?;
    Ok(Redirect::to(&back).into_response())
}

/// Asks whether a consumer is to be removed, which there must be.
pub async fn confirm_consumer(
    SignedIn { core }: SignedIn,
    Path(site): Path<String>,
    Query(form): Query<ConsumerForm>,
) -> Result<Response, PageFailure> {
    let ConsumerForm { consumer, caller } = form;
    let known = consumers(&core, &site).await?;
    if !known.iter().any(|it| it.name == consumer && it.caller == caller) {
        return Err(PageFailure::NoSuchPage);
    }
    let asked = Confirmation {
        frame: Frame::of_site(&site, "services"),
        question: format!("Remove the consumer {consumer} of {caller}?"),
        consequence: "Nobody waits for it any more when it is told who is cut off. It becomes a consumer \
                      again when it acknowledges something.",
        button: "Remove it",
        target: format!("/sites/{site}/consumers/remove"),
        fields: vec![("consumer", consumer), ("caller", caller)],
        back: format!("/sites/{site}/services"),
    };
    asked.asked()
}

/// Removes it.
pub async fn remove_consumer(
    SignedIn { core }: SignedIn,
    Path(site): Path<String>,
    Form(form): Form<ConsumerForm>,
) -> Result<Response, PageFailure> {
    let back = format!("/sites/{site}/services");
    let ConsumerForm { consumer, caller } = form;
    let request = DeleteConsumerRequest { site, installation: false, consumer, caller };
    core.answer(core.ledgers().delete_consumer(request)).await?;
    Ok(Redirect::to(&back).into_response())
}
