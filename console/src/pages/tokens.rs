//! Tokens of a site: made and shown once, and revoked.
//!
//! A value is on one page, the answer to the form that made it, which nobody keeps. Sent again, the form
//! makes no second token and shows none.

use askama::Template;
use axum::extract::{Form, Path};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use provost_proto::v1::create_token_request::Expiration;
use provost_proto::v1::{
    CreateTokenRequest, ListTokensRequest, RevealTokenRequest, RevokeTokenRequest, Token,
};
use serde::Deserialize;
use uuid::Uuid;

use super::confirmation::Confirmation;
use super::lifetime::lifetime;
use crate::client::{CallFailure, OwnCore};
use crate::failure::{PageFailure, sentence};
use crate::frame::{Frame, page};
use crate::moment::{Moment, now};
use crate::signed_in::SignedIn;

/// A token in a list.
pub struct TokenLine {
    pub id: String,
    pub name: String,
    pub connection: String,
    pub state: &'static str,
    pub expires: Option<Moment>,
    pub used: Option<Moment>,
    /// In seconds since the Unix epoch; 0 where it was never used.
    pub used_at: i64,
    /// Whether its value can be shown again.
    pub is_revealable: bool,
}

impl TokenLine {
    fn of(token: Token, now: i64) -> Self {
        let is_over = token.expire_time.is_some_and(|end| end.seconds <= now);
        let state = match token.revoke_time {
            Some(_) => "revoked",
            None if is_over => "expired",
            None => ACTIVE,
        };
        let Token { id, name, connection, expire_time, last_use_time, is_revealable, .. } = token;
        let [expires, used] = [expire_time, last_use_time].map(|at| at.and_then(Moment::of));
        let used_at = last_use_time.map_or(0, |at| at.seconds);
        Self { id, name, connection, state, expires, used, used_at, is_revealable }
    }

    /// Whether it opens the site.
    pub fn is_active(&self) -> bool {
        self.state == ACTIVE
    }
}

const ACTIVE: &str = "active";

#[derive(Template)]
#[template(path = "token_made.html")]
struct TokenMadePage {
    frame: Frame,
    site: String,
    name: String,
    /// Empty where the form was sent again.
    value: String,
    /// Whether it can be shown again.
    is_kept: bool,
}

#[derive(Template)]
#[template(path = "token_shown.html")]
struct TokenShownPage {
    frame: Frame,
    site: String,
    name: String,
    value: String,
}

#[derive(Template)]
#[template(path = "token_refused.html")]
struct TokenRefusedPage {
    frame: Frame,
    site: String,
    token_id: String,
    keeps_values: bool,
    problem: String,
}

#[derive(Template)]
#[template(path = "token_revoke.html")]
struct RevokePage {
    frame: Frame,
    site: String,
    token: TokenLine,
}

/// What a token is to be.
#[derive(Deserialize)]
pub struct NewTokenForm {
    token_id: String,
    name: String,
    #[serde(default)]
    expires: String,
    #[serde(default)]
    connection: String,
    #[serde(default)]
    value: String,
    /// Whether a value of one's own is kept.
    keep: Option<String>,
}

/// An id by which a token is known that is made from a page.
#[expect(clippy::disallowed_methods, reason = "this is where the ids of forms come from")]
pub fn fresh_id() -> String {
    Uuid::new_v4().to_string()
}

/// A page of the tokens of a site, the newest first.
pub struct TokenPage {
    pub tokens: Vec<TokenLine>,
    /// Of the next page; empty on the last one.
    pub next: String,
    /// Whether values of one's own can be kept, to be shown again.
    pub keeps_values: bool,
}

impl TokenPage {
    /// So many tokens from a place on.
    pub async fn read(
        core: &OwnCore,
        site: &str,
        page_size: u16,
        page_token: String,
    ) -> Result<Self, PageFailure> {
        let request = ListTokensRequest {
            site: site.to_owned(),
            page_size: page_size.into(),
            page_token,
            newest_first: true,
            ..ListTokensRequest::default()
        };
        Self::found(core, request).await
    }

    /// As many as fit of those that open the site, from a place on.
    async fn active(core: &OwnCore, site: &str, page_token: String) -> Result<Self, PageFailure> {
        let request = ListTokensRequest {
            site: site.to_owned(),
            page_size: provost_proto::MAX_PAGE_SIZE.into(),
            page_token,
            newest_first: true,
            active_only: true,
            ..ListTokensRequest::default()
        };
        Self::found(core, request).await
    }

    async fn found(core: &OwnCore, request: ListTokensRequest) -> Result<Self, PageFailure> {
        let found = core.answer(core.sites().list_tokens(request)).await?;
        let now = now();
        let tokens = found.tokens.into_iter().map(|token| TokenLine::of(token, now)).collect();
        Ok(Self { tokens, next: found.next_page_token, keeps_values: found.keeps_values })
    }
}

/// The newest thousand of the tokens that open a site. Of those that once did there may be any number.
pub async fn active_tokens(core: &OwnCore, site: &str) -> Result<Vec<TokenLine>, PageFailure> {
    Ok(TokenPage::active(core, site, String::new()).await?.tokens)
}

/// One of those that open it; nothing can be done about another.
async fn token_of_id(core: &OwnCore, site: &str, id: &str) -> Result<TokenLine, PageFailure> {
    let mut place = String::new();
    loop {
        let read = TokenPage::active(core, site, place).await?;
        if let Some(token) = read.tokens.into_iter().find(|token| token.id == id) {
            return Ok(token);
        }
        if read.next.is_empty() {
            return Err(PageFailure::NoSuchPage);
        }
        place = read.next;
    }
}

/// Makes a token and shows its value.
pub async fn create(
    SignedIn { core }: SignedIn,
    Path(site): Path<String>,
    Form(form): Form<NewTokenForm>,
) -> Result<Response, PageFailure> {
    let NewTokenForm { token_id, name, expires, connection, value, keep } = form;
    // Of a generated one nothing is kept, whatever was checked.
    let keep_value = keep.is_some() && !value.is_empty();
    let request = |expiration| CreateTokenRequest {
        site: site.clone(),
        name: name.trim().to_owned(),
        connection: connection.trim().to_owned(),
        expiration,
        value: (!value.is_empty()).then_some(value),
        token_id,
        options: None,
        keep_value,
    };
    let made = match lifetime("expires", &expires) {
        Ok(ttl) => core.answer(core.sites().create_token(request(ttl.map(Expiration::Ttl)))).await,
        Err(refused) => Err(refused),
    };
    let frame = Frame::of_site(&site, "settings");
    match made {
        Ok(made) => {
            let name = made.token.unwrap_or_default().name;
            let made = TokenMadePage { frame, site, name, value: made.value, is_kept: keep_value };
            page(StatusCode::OK, &made)
        }
        Err(CallFailure::Refused { message, .. }) => {
            let problem = sentence(&message);
            let keeps_values = TokenPage::read(&core, &site, 1, String::new()).await?.keeps_values;
            let token_id = fresh_id();
            let refused = TokenRefusedPage { frame, site, token_id, keeps_values, problem };
            page(StatusCode::UNPROCESSABLE_ENTITY, &refused)
        }
        Err(failure) => Err(failure.into()),
    }
}

/// Asks whether the token is to be revoked.
pub async fn confirm(
    SignedIn { core }: SignedIn,
    Path((site, id)): Path<(String, String)>,
) -> Result<Response, PageFailure> {
    let token = token_of_id(&core, &site, &id).await?;
    let frame = Frame::of_site(&site, "settings");
    page(StatusCode::OK, &RevokePage { frame, site, token })
}

/// Asks whether the value of a token is to be shown.
pub async fn confirm_show(
    SignedIn { core }: SignedIn,
    Path((site, id)): Path<(String, String)>,
) -> Result<Response, PageFailure> {
    let token = token_of_id(&core, &site, &id).await?;
    let asked = Confirmation {
        frame: Frame::of_site(&site, "settings"),
        question: format!("Show the value of the token {}?", token.name),
        consequence: "Whoever sees it can do what the identity provider may. The ledger says that it was shown.",
        button: "Show it",
        target: format!("/sites/{site}/tokens/{id}/show"),
        fields: Vec::new(),
        back: format!("/sites/{site}/settings#tokens"),
    };
    asked.asked()
}

/// Shows it.
pub async fn show(
    SignedIn { core }: SignedIn,
    Path((site, token_id)): Path<(String, String)>,
) -> Result<Response, PageFailure> {
    let request = RevealTokenRequest { site: site.clone(), token_id, options: None };
    let shown = core.answer(core.sites().reveal_token(request)).await?;
    let frame = Frame::of_site(&site, "settings");
    let name = shown.token.unwrap_or_default().name;
    page(StatusCode::OK, &TokenShownPage { frame, site, name, value: shown.value })
}

/// Revokes it.
pub async fn revoke(
    SignedIn { core }: SignedIn,
    Path((site, token_id)): Path<(String, String)>,
) -> Result<Response, PageFailure> {
    let back = format!("/sites/{site}/settings#tokens");
    let request = RevokeTokenRequest { site, token_id, options: None };
    core.answer(core.sites().revoke_token(request)).await?;
    Ok(Redirect::to(&back).into_response())
}
