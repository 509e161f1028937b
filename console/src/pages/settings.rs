//! SCIM settings of a site, in the order of the product's guides.
//!
//! What is saved is everything that the page showed, or nothing: against the version that was shown. Where
//! somebody else has changed it since, both are shown. What a setting means, the core says.

mod fields;
mod next_sync;
mod values;

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use fields::{Control, Field, FieldGroup};
use next_sync::ExpectedSync;
use provost_proto::v1::{
    ErrorReason, GetScimSettingsRequest, ScimSettings, UpdateScimSettingsRequest,
    UpdateScimSettingsResponse, WriteOptions,
};
use serde::Deserialize;
use values::SettingsValues;

use super::tokens::{TokenLine, TokenPage};
use crate::Console;
use crate::client::{CallFailure, OwnCore};
use crate::failure::{PageFailure, sentence};
use crate::frame::{Frame, page};
use crate::signed_in::SignedIn;

#[derive(Template)]
#[template(path = "settings.html")]
#[expect(clippy::struct_excessive_bools, reason = "each is a question that the page asks")]
struct SettingsPage {
    frame: Frame,
    site: String,
    version: i64,
    /// Whether the roles are one switch here.
    has_one_switch: bool,
    /// Whether SCIM is offered: single sign-on is set up.
    is_offered: bool,
    switch: Vec<FieldGroup>,
    rest: Vec<FieldGroup>,
    base_urls: Vec<String>,
    tokens: Vec<TokenLine>,
    /// Of the next page of tokens; empty on the last one.
    next_tokens: String,
    /// Whether values of tokens can be kept, to be shown again.
    keeps_values: bool,
    /// By which a token is known that is made from this page.
    token_id: String,
    /// What would be otherwise, where that was asked.
    preview: Option<SavingPreview>,
    is_saved: bool,
    problem: String,
}

/// What saving would change.
struct SavingPreview {
    differences: Vec<Difference>,
    /// None for who may not know of users.
    next_sync: Option<ExpectedSync>,
}

/// A setting that would be another, or was.
pub struct Difference {
    /// What it is called.
    pub label: String,
    /// As it is.
    pub before: String,
    /// As it would be.
    pub after: String,
}

/// How the page is asked for.
#[derive(Deserialize)]
pub struct View {
    /// `one`: the roles are one switch.
    #[serde(default)]
    roles: String,
    saved: Option<String>,
    /// Which page of the tokens.
    #[serde(default)]
    tokens: String,
}

/// How many tokens a page has.
const TOKENS: u16 = 25;

/// What is sent of the page, beside the settings.
#[derive(Deserialize)]
struct Sent {
    version: i64,
    #[serde(default)]
    roles: String,
    #[serde(default)]
    then: String,
}

/// What is around the settings that are shown.
struct ShownSettings<'a> {
    site: &'a str,
    has_one_switch: bool,
    /// The settings that are saved.
    saved: &'a ScimSettings,
    /// What stands in the fields.
    values: &'a SettingsValues,
    /// Whether somebody else saved since the page was shown.
    is_outdated: bool,
    /// What is wrong, by the name of the field; under the empty name what is about none.
    problems: BTreeMap<String, String>,
    preview: Option<SavingPreview>,
    is_saved: bool,
    /// Which page of the tokens; empty: the newest.
    token_place: String,
}

impl<'a> ShownSettings<'a> {
    fn plain(site: &'a str, saved: &'a ScimSettings, values: &'a SettingsValues) -> Self {
        Self {
            site,
            has_one_switch: false,
            saved,
            values,
            is_outdated: false,
            problems: BTreeMap::new(),
            preview: None,
            is_saved: false,
            token_place: String::new(),
        }
    }
}

/// The settings that are saved.
pub async fn show(
    State(console): State<Arc<Console>>,
    signed_in: SignedIn,
    Path(site): Path<String>,
    Query(view): Query<View>,
) -> Result<Response, PageFailure> {
    let saved = settings_of(&signed_in.core, &site).await?;
    let values = SettingsValues::saved(&saved);
    let shown = ShownSettings {
        has_one_switch: view.roles == "one",
        is_saved: view.saved.is_some(),
        token_place: view.tokens,
        ..ShownSettings::plain(&site, &saved, &values)
    };
    draw(&console, &signed_in.core, StatusCode::OK, shown).await
}

/// Saves what was sent, or says what that would change.
pub async fn save(
    State(console): State<Arc<Console>>,
    signed_in: SignedIn,
    Path(site): Path<String>,
    Form(form): Form<Vec<(String, String)>>,
) -> Result<Response, PageFailure> {
    let core = &signed_in.core;
    let form: BTreeMap<String, String> = form.into_iter().collect();
    let Some(sent) = sent(&form) else { return Err(PageFailure::NoSuchPage) };
    let saved = settings_of(core, &site).await?;
    let values = SettingsValues::sent(&form, &saved);
    let mut shown = ShownSettings {
        has_one_switch: sent.roles == "one",
        is_outdated: saved.version != sent.version,
        ..ShownSettings::plain(&site, &saved, &values)
    };
    let request = match values.request(&saved) {
        Ok(request) => request,
        Err((field, problem)) => {
            shown.problems.insert(field.to_owned(), problem);
            return draw(&console, core, StatusCode::UNPROCESSABLE_ENTITY, shown).await;
        }
    };
    if shown.is_outdated {
        return draw(&console, core, StatusCode::CONFLICT, shown).await;
    }
    let is_tried = sent.then == "preview";
    match update(core, &site, request, sent.version, is_tried).await {
        Ok(answer) if is_tried => {
            let after = answer.settings.unwrap_or_default();
            let next_sync = ExpectedSync::of(answer.next_sync);
            let differences = differences(&saved, &after);
            shown.preview = Some(SavingPreview { differences, next_sync });
            draw(&console, core, StatusCode::OK, shown).await
        }
        Ok(_) => {
            let roles = if shown.has_one_switch { "&roles=one" } else { "" };
            Ok(Redirect::to(&format!("/sites/{site}/settings?saved{roles}")).into_response())
        }
        Err(CallFailure::Refused { reason: ErrorReason::VersionMismatch, .. }) => {
            let saved = settings_of(core, &site).await?;
            let shown = ShownSettings { is_outdated: true, saved: &saved, ..shown };
            draw(&console, core, StatusCode::CONFLICT, shown).await
        }
        Err(CallFailure::Refused { field, message, .. }) => {
            shown.problems.insert(field, sentence(&message));
            draw(&console, core, StatusCode::UNPROCESSABLE_ENTITY, shown).await
        }
        Err(failure) => Err(failure.into()),
    }
}

fn sent(form: &BTreeMap<String, String>) -> Option<Sent> {
    let text = |name: &str| form.get(name).cloned().unwrap_or_default();
    let version = text("version").parse().ok()?;
    Some(Sent { version, roles: text("roles"), then: text("then") })
}

/// The settings of a site.
pub async fn settings_of(core: &OwnCore, site: &str) -> Result<ScimSettings, PageFailure> {
    let request = GetScimSettingsRequest { site: site.to_owned(), on_behalf_of: String::new() };
    let found = core.answer(core.sites().get_scim_settings(request)).await?;
    Ok(found.settings.unwrap_or_default())
}

async fn update(
    core: &OwnCore,
    site: &str,
    request: UpdateScimSettingsRequest,
    version: i64,
    validate_only: bool,
) -> Result<UpdateScimSettingsResponse, CallFailure> {
    let expected_version = Some(version);
    let options = WriteOptions { expected_version, validate_only, ..WriteOptions::default() };
    let (site, options) = (site.to_owned(), Some(options));
    let request = UpdateScimSettingsRequest { site, options, ..request };
    core.answer(core.sites().update_scim_settings(request)).await
}

/// What differs between settings, in the words of the page.
pub fn differences(before: &ScimSettings, after: &ScimSettings) -> Vec<Difference> {
    let fields = |settings| fields::all(&SettingsValues::saved(settings), false);
    let [before, after] = [before, after].map(fields);
    let both = before.into_iter().zip(after);
    let told = both.map(|(before, after): (Field, Field)| Difference {
        before: before.told(),
        after: after.told(),
        label: after.label.to_owned(),
    });
    told.filter(|difference| difference.before != difference.after).collect()
}

async fn draw(
    console: &Console,
    core: &OwnCore,
    status: StatusCode,
    shown: ShownSettings<'_>,
) -> Result<Response, PageFailure> {
    let ShownSettings { site, has_one_switch, saved, values, is_outdated, .. } = shown;
    let others = is_outdated.then(|| SettingsValues::saved(saved));
    let place = |groups: Vec<FieldGroup>| -> Vec<FieldGroup> {
        let with = |group: FieldGroup| group.with(others.as_ref(), has_one_switch, &shown.problems);
        groups.into_iter().map(with).collect()
    };
    let named: Vec<&str> = fields::NAMES.to_vec();
    let unnamed = shown.problems.iter().filter(|(field, _)| !named.contains(&field.as_str()));
    let problem = unnamed.map(|(_, problem)| problem.as_str()).collect::<Vec<_>>().join(" ");
    let is_offered = saved.single_sign_on;
    let has_strict = super::connections::has_strict(core, site).await?;
    let TokenPage { tokens, next, keeps_values } =
        TokenPage::read(core, site, TOKENS, shown.token_place).await?;
    let page_of_site = SettingsPage {
        frame: Frame::of_site(site, "settings"),
        site: site.to_owned(),
        version: saved.version,
        has_one_switch,
        is_offered,
        switch: place(fields::switch(values, is_offered)),
        rest: place(if is_offered {
            fields::rest(values, has_one_switch, has_strict)
        } else {
            Vec::new()
        }),
        base_urls: base_urls(console, site),
        tokens,
        next_tokens: next,
        keeps_values,
        token_id: super::tokens::fresh_id(),
        preview: shown.preview,
        is_saved: shown.is_saved,
        problem: if is_outdated {
            "Somebody else has changed these settings since you opened the page. Where theirs differ from \
             yours it says so; saving now puts yours in their place."
                .to_owned()
        } else {
            problem
        },
    };
    page(status, &page_of_site)
}

/// Where identity providers find a site: the first is the one to give them.
pub fn base_urls(console: &Console, site: &str) -> Vec<String> {
    let public = &console.settings.public_url;
    let scheme = public.split("://").next().unwrap_or("https");
    let own = console.settings.hosts.iter().filter(|(_, named)| named.as_str() == site);
    let mut urls: Vec<_> = own.map(|(host, _)| format!("{scheme}://{host}/api/scim/v2")).collect();
    if site == provost_proto::DEFAULT_SITE {
        urls.push(format!("{public}/api/scim/v2"));
    }
    urls.push(format!("{public}/c/{site}/auth/scim/v2"));
    urls
}
