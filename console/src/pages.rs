//! The pages, each in a file of its own, and the way to each.

mod admin_sign_in;
mod advice;
mod confirmation;
mod connections;
mod cutoff;
mod group;
mod groups;
mod guides;
mod lifetime;
mod live;
mod log;
mod log_line;
mod people;
mod person;
mod rule_line;
mod rules;
mod service;
mod services;
mod settings;
mod sign_in;
mod sites;
mod tokens;

use std::sync::Arc;

use axum::Router;
use axum::response::Redirect;
use axum::routing::{get, post};

use crate::failure::PageFailure;
use crate::{Console, assets};

/// From a path to its page. What changes something is a POST that leads to a page again.
pub fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/", get(async || Redirect::to("/sites")))
        .route("/sign-in", get(sign_in::show).post(sign_in::sign_in))
        .route("/sign-in/site", get(admin_sign_in::begin))
        .route("/sign-in/{site}/callback", get(admin_sign_in::complete))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/sites", get(sites::show).post(sites::create))
        .route("/sites/{site}/settings", get(settings::show).post(settings::save))
        .route("/sites/{site}/tokens", post(tokens::create))
        .route("/sites/{site}/tokens/{token}/revoke", get(tokens::confirm).post(tokens::revoke))
        .route("/sites/{site}/tokens/{token}/show", get(tokens::confirm_show).post(tokens::show))
        .route("/sites/{site}/connections", get(connections::list))
        .route(
            "/sites/{site}/connections/{connection}",
            get(connections::show).post(connections::save),
        )
        .route("/sites/{site}/guides", get(guides::list))
        .route("/sites/{site}/guides/{guide}", get(guides::show))
        .route("/sites/{site}/log", get(log::show))
        .route("/sites/{site}/people", get(people::show))
        .route("/sites/{site}/people/{id}", get(person::show))
        .route("/sites/{site}/people/{id}/cutoff", get(cutoff::show))
        .route("/sites/{site}/people/{id}/{action}", get(person::confirm).post(person::act))
        .route("/sites/{site}/groups", get(groups::show).post(groups::create))
        .route("/sites/{site}/groups/new", get(groups::begin))
        .route("/sites/{site}/groups/rules", get(rules::show))
        .route("/sites/{site}/groups/rules/new", get(rules::begin))
        .route("/sites/{site}/groups/rules/rule", get(rules::show_one))
        .route("/sites/{site}/groups/rules/{action}", get(rules::confirm).post(rules::act))
        .route("/sites/{site}/groups/{id}", get(group::show))
        .route("/sites/{site}/groups/{id}/{action}", get(group::confirm).post(group::act))
        .route("/sites/{site}/services", get(services::show))
        .route(
            "/sites/{site}/services/{service}/remove",
            get(services::confirm_grant).post(services::remove_grant),
        )
        .route(
            "/sites/{site}/consumers/remove",
            get(services::confirm_consumer).post(services::remove_consumer),
        )
        .route("/services", get(service::list))
        .route("/services/{service}", get(service::show))
        .route(
            "/services/{service}/tokens/{token}/revoke",
            get(service::confirm).post(service::revoke),
        )
        .route("/assets/{name}", get(assets::asset))
        .fallback(async || PageFailure::NoSuchPage)
}
