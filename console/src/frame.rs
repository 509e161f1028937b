//! What stands around every page: its head, the ways to other pages, and signing out.
//!
//! Must never know what a page shows.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};

use crate::assets::{AssetPaths, PATHS};
use crate::failure::PageFailure;
use crate::own_session::OwnSession;

/// The pages of a site: the end of the path, and what it is called. One more page is one more line.
const PAGES_OF_SITE: &[(&str, &str)] = &[
    ("settings", "SCIM"),
    ("guides", "Set-up guides"),
    ("log", "Provisioning log"),
    ("people", "People"),
    ("groups", "Groups"),
    ("services", "Services"),
];

/// The one of them that Admins of the site don't see.
const OF_OPERATOR: &str = "services";

/// What stands around a page.
pub struct Frame {
    /// Whether somebody is signed in.
    pub is_signed_in: bool,
    /// The site that it is about, if it is about one.
    pub site: Option<String>,
    /// The end of the path of the page, as in [`PAGES_OF_SITE`].
    pub here: &'static str,
    /// Who is signed in, if somebody is.
    pub own: OwnSession,
    /// What pages are drawn with.
    pub assets: &'static AssetPaths,
}

impl Frame {
    /// Around a page for somebody who isn't signed in.
    pub fn outside() -> Self {
        let own = OwnSession::default();
        Self { is_signed_in: false, site: None, here: "", own, assets: &PATHS }
    }

    /// Around a page about no site.
    pub fn about_all_sites(here: &'static str) -> Self {
        Self { is_signed_in: true, here, own: OwnSession::current(), ..Self::outside() }
    }

    /// Around a page of a site.
    pub fn of_site(site: &str, here: &'static str) -> Self {
        Self { site: Some(site.to_owned()), ..Self::about_all_sites(here) }
    }

    /// The pages of the site, where it is about one.
    pub fn pages_of_site(&self) -> impl Iterator<Item = &'static (&'static str, &'static str)> {
        let pages = if self.site.is_some() { PAGES_OF_SITE } else { &[] };
        pages.iter().filter(|(path, _)| !(self.own.is_admin() && *path == OF_OPERATOR))
    }
}

/// A page, drawn.
pub fn page(status: StatusCode, page: &impl Template) -> Result<Response, PageFailure> {
    let html = page.render().map_err(|error| {
        tracing::error!(%error, "a page could not be drawn");
        PageFailure::Broken
    })?;
    Ok((status, Html(html)).into_response())
}
