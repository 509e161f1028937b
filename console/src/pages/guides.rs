//! Guides for setting an identity provider up, with what is to be typed over there for this site.
//!
//! One more guide is one more line of [`GUIDES`], and its steps in `templates/guides`.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use provost_proto::v1::ScimSettings;
use serde::Deserialize;

use super::live;
use super::settings::{base_urls, settings_of};
use super::tokens::{TokenLine, active_tokens};
use crate::Console;
use crate::client::OwnCore;
use crate::failure::PageFailure;
use crate::frame::{Frame, page};
use crate::moment::{Moment, now};
use crate::signed_in::SignedIn;

/// The end of the path of each guide, and what it is called.
const GUIDES: [(&str, &str); 4] = [
    ("okta", "Okta: an app of its own for provisioning"),
    ("okta-sso", "Okta: the sign-on app that you have"),
    ("entra", "Microsoft Entra ID"),
    ("onelogin", "OneLogin"),
];

#[derive(Template)]
#[template(path = "guides.html")]
struct GuidesPage {
    frame: Frame,
    site: String,
    guides: &'static [(&'static str, &'static str)],
    readiness: SiteReadiness,
}

#[derive(Template)]
#[template(path = "guide.html")]
struct GuidePage {
    frame: Frame,
    site: String,
    name: String,
    title: &'static str,
    base_url: String,
    assertion: String,
    allows_moderators: bool,
    allows_admins: bool,
    creates: bool,
    readiness: SiteReadiness,
}

/// How the page is asked for.
#[derive(Deserialize)]
pub struct GuideView {
    /// Since when somebody waits for a request, in seconds since the Unix epoch; the page asks for itself again
    /// until one comes.
    #[serde(default)]
    since: String,
}

/// How far this side is.
struct SiteReadiness {
    is_on: bool,
    has_token: bool,
    connections: Vec<LastRequest>,
    /// Whether the page asks for itself again.
    is_waiting: bool,
    /// For the link by which somebody begins to wait: seconds since the Unix epoch.
    now: i64,
}

/// When a connection last asked by a token that opens the site.
struct LastRequest {
    connection: String,
    at: Option<Moment>,
    /// Whether somebody waited for it.
    is_new: bool,
}

impl SiteReadiness {
    fn of(settings: &ScimSettings, tokens: &[TokenLine], since: &str, now: i64) -> Self {
        let since = live::since(since, now);
        let mut names: Vec<_> = tokens.iter().map(|token| token.connection.clone()).collect();
        names.sort();
        names.dedup();
        let last = |connection: String| {
            let own = tokens.iter().filter(|token| token.connection == connection);
            let last = own.max_by_key(|token| token.used_at);
            let at = last.and_then(|token| token.used.clone());
            let is_new = last.is_some_and(|token| since.is_some_and(|it| token.used_at >= it));
            LastRequest { connection, at, is_new }
        };
        let connections: Vec<_> = names.into_iter().map(last).collect();
        let has_come = connections.iter().any(|last| last.is_new);
        Self {
            is_on: settings.enabled,
            has_token: !tokens.is_empty(),
            is_waiting: since.is_some() && !has_come,
            connections,
            now,
        }
    }
}

async fn readiness(
    core: &OwnCore,
    site: &str,
    view: &GuideView,
) -> Result<(ScimSettings, SiteReadiness), PageFailure> {
    let settings = settings_of(core, site).await?;
    let tokens = active_tokens(core, site).await?;
    let readiness = SiteReadiness::of(&settings, &tokens, &view.since, now());
    Ok((settings, readiness))
}

/// The page, which asks for itself again where somebody waits.
fn shown(guide: &impl Template, is_waiting: bool) -> Result<Response, PageFailure> {
    let mut response = page(StatusCode::OK, guide)?;
    if is_waiting {
        live::ask_again(&mut response);
    }
    Ok(response)
}

/// Which guides there are.
pub async fn list(
    SignedIn { core }: SignedIn,
    Path(site): Path<String>,
    Query(view): Query<GuideView>,
) -> Result<Response, PageFailure> {
    let (_, readiness) = readiness(&core, &site, &view).await?;
    let (frame, is_waiting) = (Frame::of_site(&site, "guides"), readiness.is_waiting);
    shown(&GuidesPage { frame, site, guides: &GUIDES, readiness }, is_waiting)
}

/// One of them.
pub async fn show(
    State(console): State<Arc<Console>>,
    SignedIn { core }: SignedIn,
    Path((site, name)): Path<(String, String)>,
    Query(view): Query<GuideView>,
) -> Result<Response, PageFailure> {
    let found = GUIDES.iter().find(|(known, _)| *known == name);
    let (_, title) = found.ok_or(PageFailure::NoSuchPage)?;
    let (settings, readiness) = readiness(&core, &site, &view).await?;
    let is_waiting = readiness.is_waiting;
    let base_url = base_urls(&console, &site).into_iter().next().unwrap_or_default();
    let guide = GuidePage {
        frame: Frame::of_site(&site, "guides"),
        site,
        name,
        title,
        base_url,
        allows_moderators: settings.allow_moderator_promotion,
        allows_admins: settings.allow_admin_promotion,
        creates: settings.creation() == provost_proto::v1::CreationPolicy::Create,
        assertion: settings.user_name_assertion,
        readiness,
    };
    shown(&guide, is_waiting)
}
