//! Tokens of a site: made and shown once, and revoked.
//!
//! A value is on one page, the answer to the form that made it, which nobody keeps. Sent again, the form
//! makes no second token and shows none.

use askama::Template;
use axum::extract::{Form, Path};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use provost_proto::v1::create_token_request::Expiration;
use provost_proto::v1::{CreateTokenRequest, ListTokensRequest, RevokeTokenRequest, Token};
use serde::Deserialize;
use uuid::Uuid;

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
}

impl TokenLine {
    fn of(token: Token, now: i64) -> Self {
        let is_over = token.expire_time.is_some_and(|end| end.seconds <= now);
        let state = match token.revoke_time {
            Some(_) => "revoked",
            None if is_over => "expired",
            None => ACTIVE,
        };
        let Token { id, name, connection, expire_time, last_use_time, .. } = token;
        let [expires, used] = [expire_time, last_use_time].map(|at| at.and_then(Moment::of));
        Self { id, name, connection, state, expires, used }
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
}

#[derive(Template)]
#[template(path = "token_refused.html")]
struct TokenRefusedPage {
    frame: Frame,
    site: String,
    token_id: String,
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
}

/// An id by which a token is known that is made from a page.
#[expect(clippy::disallowed_methods, reason = "this is where the ids of forms come from")]
pub fn fresh_id() -> String {
    Uuid::new_v4().to_string()
}

/// The tokens of a site, the newest first.
pub async fn tokens_of(core: &OwnCore, site: &str) -> Result<Vec<TokenLine>, PageFailure> {
    let (mut tokens, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListTokensRequest {
            site: site.to_owned(),
            page_size: provost_proto::MAX_PAGE_SIZE.into(),
            page_token,
            on_behalf_of: String::new(),
            newest_first: false,
        };
        let found = core.answer(core.sites().list_tokens(request)).await?;
        tokens.extend(found.tokens);
        page_token = found.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let now = now();
    Ok(tokens.into_iter().rev().map(|token| TokenLine::of(token, now)).collect())
}

/// Makes a token and shows its value.
pub async fn create(
    SignedIn { core }: SignedIn,
    Path(site): Path<String>,
    Form(form): Form<NewTokenForm>,
) -> Result<Response, PageFailure> {
    let NewTokenForm { token_id, name, expires, connection, value } = form;
    let request = |expiration| CreateTokenRequest {
        site: site.clone(),
        name: name.trim().to_owned(),
        connection: connection.trim().to_owned(),
        expiration,
        value: (!value.is_empty()).then_some(value),
        token_id,
        options: None,
        keep_value: false,
    };
    let made = match lifetime("expires", &expires) {
        Ok(ttl) => core.answer(core.sites().create_token(request(ttl.map(Expiration::Ttl)))).await,
        Err(refused) => Err(refused),
    };
    let frame = Frame::of_site(&site, "settings");
    match made {
        Ok(made) => {
            let name = made.token.unwrap_or_default().name;
            page(StatusCode::OK, &TokenMadePage { frame, site, name, value: made.value })
        }
        Err(CallFailure::Refused { message, .. }) => {
            let problem = sentence(&message);
            let refused = TokenRefusedPage { frame, site, token_id: fresh_id(), problem };
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
    let tokens = tokens_of(&core, &site).await?;
    let token = tokens.into_iter().find(|token| token.id == id).ok_or(PageFailure::NoSuchPage)?;
    let frame = Frame::of_site(&site, "settings");
    page(StatusCode::OK, &RevokePage { frame, site, token })
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
