//! Guides for setting an identity provider up, with what is to be typed over there for this site.
//!
//! One more guide is one more line of [`GUIDES`], and its steps in `templates/guides`.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use provost_proto::v1::ScimSettings;

use super::settings::{base_urls, settings_of};
use super::tokens::{TokenLine, tokens_of};
use crate::Console;
use crate::client::OwnCore;
use crate::failure::PageFailure;
use crate::frame::{Frame, page};
use crate::moment::Moment;
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

/// How far this side is.
struct SiteReadiness {
    is_on: bool,
    has_token: bool,
    connections: Vec<LastRequest>,
}

/// When a connection last asked by a token that opens the site.
struct LastRequest {
    connection: String,
    at: Option<Moment>,
}

impl SiteReadiness {
    fn of(settings: &ScimSettings, tokens: &[TokenLine]) -> Self {
        let active = || tokens.iter().filter(|token| token.is_active());
        let mut names: Vec<_> = active().map(|token| token.connection.clone()).collect();
        names.sort();
        names.dedup();
        let last = |connection: String| {
            let own = active().filter(|token| token.connection == connection);
            // As they are written, the later one is the greater text.
            let at = own
                .filter_map(|token| token.used.clone())
                .max_by(|one, other| one.machine.cmp(&other.machine));
            LastRequest { connection, at }
        };
        Self {
            is_on: settings.enabled,
            has_token: active().next().is_some(),
            connections: names.into_iter().map(last).collect(),
        }
    }
}

async fn readiness(
    core: &OwnCore,
    site: &str,
) -> Result<(ScimSettings, SiteReadiness), PageFailure> {
    let settings = settings_of(core, site).await?;
    let tokens = tokens_of(core, site).await?;
    let readiness = SiteReadiness::of(&settings, &tokens);
    Ok((settings, readiness))
}

/// Which guides there are.
pub async fn list(
    SignedIn { core }: SignedIn,
    Path(site): Path<String>,
) -> Result<Response, PageFailure> {
    let (_, readiness) = readiness(&core, &site).await?;
    let frame = Frame::of_site(&site, "guides");
    page(StatusCode::OK, &GuidesPage { frame, site, guides: &GUIDES, readiness })
}

/// One of them.
pub async fn show(
    State(console): State<Arc<Console>>,
    SignedIn { core }: SignedIn,
    Path((site, name)): Path<(String, String)>,
) -> Result<Response, PageFailure> {
    let found = GUIDES.iter().find(|(known, _)| *known == name);
    let (_, title) = found.ok_or(PageFailure::NoSuchPage)?;
    let (settings, readiness) = readiness(&core, &site).await?;
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
    page(StatusCode::OK, &guide)
}
