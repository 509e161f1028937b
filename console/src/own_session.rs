//! Whose session a request comes with, as every page says it, and where an Admin of a site is led.
//!
//! Owns no rule: what an Admin may not see, the core refuses as well. Must never know what a page shows.

use std::fmt;
use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};
use provost_proto::v1::{GetSessionRequest, Session};

use crate::client::CallFailure;
use crate::failure::PageFailure;
use crate::{Console, cookie};

tokio::task_local! {
    /// Around every page, so that no page need hand it on.
    static OWN: OwnSession;
}

/// Whose a session is.
#[derive(Clone, Default)]
pub struct OwnSession {
    /// The site whose Admin it is; empty where it is the operator.
    site: String,
    /// What the Admin is called.
    user_name: String,
}

/// What somebody is called stands on their pages only.
impl fmt::Debug for OwnSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnSession").field("site", &self.site).finish_non_exhaustive()
    }
}

impl OwnSession {
    /// That of the request that is being answered.
    pub fn current() -> Self {
        OWN.try_with(Clone::clone).unwrap_or_default()
    }

    /// Whether it is an Admin's, who has the pages of one site.
    pub fn is_admin(&self) -> bool {
        !self.site.is_empty()
    }

    /// What stands on pages for who is signed in.
    pub fn name(&self) -> &str {
        if self.is_admin() { &self.user_name } else { "Operator" }
    }

    /// The path in the place of one on which an Admin sees nothing: what is about all sites.
    fn instead_of(&self, path: &str) -> Option<Result<String, PageFailure>> {
        if !self.is_admin() {
            return None;
        }
        match path {
            "/sites" => Some(Ok(format!("/sites/{}/settings", self.site))),
            // Which services there are is the operator's to say.
            _ if path.contains("/services") || path.contains("/consumers") => {
                Some(Err(PageFailure::NoSuchPage))
            }
            _ => None,
        }
    }
}

/// Finds out whose session a page is asked for with.
pub async fn known(
    State(console): State<Arc<Console>>,
    path: MatchedPath,
    request: Request,
    next: Next,
) -> Response {
    let is_for_people = ["/sites", "/services"].iter().any(|it| path.as_str().starts_with(it));
    let token = cookie::token(request.headers()).filter(|_| is_for_people);
    // Where there is none, a page turns away by itself.
    let Some(token) = token.map(str::to_owned) else { return next.run(request).await };
    let own = match of_token(&console, &token).await {
        Ok(own) => own,
        Err(failure) => return PageFailure::from(failure).into_response(),
    };
    match own.instead_of(path.as_str()) {
        Some(Ok(path)) => Redirect::to(&path).into_response(),
        Some(Err(failure)) => failure.into_response(),
        None => OWN.scope(own, next.run(request)).await,
    }
}

async fn of_token(console: &Console, token: &str) -> Result<OwnSession, CallFailure> {
    let core = console.core.shown(token)?;
    let mut sessions = core.sessions();
    let found = core.answer(sessions.get_session(GetSessionRequest {})).await?;
    let Session { site, user_name, .. } = found.session.unwrap_or_default();
    Ok(OwnSession { site, user_name })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_admin_is_led_to_their_site_and_the_operator_nowhere() {
        let admin = OwnSession { site: "acme".to_owned(), user_name: "ada".to_owned() };
        let led = |own: &OwnSession, path| match own.instead_of(path) {
            None => "on".to_owned(),
            Some(Ok(path)) => path,
            Some(Err(_)) => "nowhere".to_owned(),
        };
        for (path, expected) in [
            ("/sites", "/sites/acme/settings"),
            ("/sites/{site}/settings", "on"),
            ("/sites/{site}/people/{id}", "on"),
            ("/sites/{site}/services", "nowhere"),
            ("/sites/{site}/consumers/remove", "nowhere"),
            ("/services", "nowhere"),
            ("/services/{service}", "nowhere"),
        ] {
            assert_eq!(led(&admin, path), expected, "{path}");
            assert_eq!(led(&OwnSession::default(), path), "on", "{path}");
        }
        assert_eq!((admin.name(), OwnSession::default().name()), ("ada", "Operator"));
        assert_eq!(format!("{admin:?}"), "OwnSession { site: \"acme\", .. }");
    }
}
