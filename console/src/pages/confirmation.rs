//! The page that asks before something is done that can't be undone.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use crate::failure::PageFailure;
use crate::frame::{Frame, page};

/// A question, and where its answer goes.
#[derive(Template)]
#[template(path = "confirmation.html")]
pub struct Confirmation {
    pub frame: Frame,
    pub question: String,
    /// What follows from it.
    pub consequence: &'static str,
    pub button: &'static str,
    /// Where the form is sent to.
    pub target: String,
    /// What it carries, by name.
    pub fields: Vec<(&'static str, String)>,
    /// Where one goes who leaves it.
    pub back: String,
}

impl Confirmation {
    /// The page.
    pub fn asked(&self) -> Result<Response, PageFailure> {
        page(StatusCode::OK, self)
    }
}
