//! The list of sites, and making one.

use askama::Template;
use axum::extract::{Form, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use provost_proto::v1::{CreateSiteRequest, ListSitesRequest, Site};
use serde::Deserialize;

use crate::client::CallFailure;
use crate::failure::{PageFailure, sentence};
use crate::frame::{Frame, page};
use crate::moment::Moment;
use crate::signed_in::SignedIn;

#[derive(Template)]
#[template(path = "sites.html")]
struct SitesPage {
    frame: Frame,
    sites: Vec<SiteLine>,
    /// Of the next page; empty on the last one.
    next: String,
    /// What was typed and refused, and why.
    name: String,
    problem: String,
}

struct SiteLine {
    name: String,
    made: Option<Moment>,
}

/// Which page of the list.
#[derive(Deserialize)]
pub struct ListPosition {
    #[serde(default)]
    page: String,
}

/// What a site is to be called.
#[derive(Deserialize)]
pub struct NewSite {
    name: String,
}

/// The sites, in the order of their names.
pub async fn show(
    signed_in: SignedIn,
    Query(position): Query<ListPosition>,
) -> Result<Response, PageFailure> {
    let shown = list(&signed_in, position.page).await?;
    page(StatusCode::OK, &shown)
}

/// Makes a site, and leads to its settings.
pub async fn create(
    signed_in: SignedIn,
    Form(NewSite { name }): Form<NewSite>,
) -> Result<Response, PageFailure> {
    let core = &signed_in.core;
    let request = CreateSiteRequest { name: name.trim().to_owned(), options: None };
    match core.answer(core.sites().create_site(request)).await {
        Ok(made) => {
            let name = made.site.unwrap_or_default().name;
            Ok(Redirect::to(&format!("/sites/{name}/settings")).into_response())
        }
        Err(CallFailure::Refused { message, .. }) => {
            let problem = sentence(&message);
            let shown = SitesPage { name, problem, ..list(&signed_in, String::new()).await? };
            page(StatusCode::UNPROCESSABLE_ENTITY, &shown)
        }
        Err(failure) => Err(failure.into()),
    }
}

async fn list(SignedIn { core }: &SignedIn, page_token: String) -> Result<SitesPage, PageFailure> {
    let request = ListSitesRequest { page_size: 0, page_token };
    let found = core.answer(core.sites().list_sites(request)).await?;
    let line =
        |Site { name, create_time }| SiteLine { name, made: create_time.and_then(Moment::of) };
    Ok(SitesPage {
        frame: Frame::about_all_sites("sites"),
        sites: found.sites.into_iter().map(line).collect(),
        next: found.next_page_token,
        name: String::new(),
        problem: String::new(),
    })
}
