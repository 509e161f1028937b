//! One request, as its handler sees it.

use super::Gateway;
use super::answer::RequestError;
use super::body::{self, Complete, Incoming};
use super::body_shares::BodyShares;
use crate::GatewaySettings;
use crate::client::{CallError, CallOrigin, Channel};
use crate::translate::Vocabulary;
use axum::body::Body;
use axum::extract::MatchedPath;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use provost_proto::v1;
use provost_scim::query::{FilterReading, FilterText};
use provost_scim::{ResourceType, ScimError};
use provost_telemetry::record_site;
use std::sync::Arc;
use tracing::Instrument as _;

/// How many times as large as that of a user the body of a group may be: 20,000 members, each with a
/// name and a URL, have some five million bytes.
const GROUP_BODY_FACTOR: usize = 8;

/// How many bytes the body of a write to a group has at most.
pub(super) fn group_body_limit(settings: &GatewaySettings) -> usize {
    settings.body_limit.saturating_mul(GROUP_BODY_FACTOR)
}

/// One request, as its handler sees it.
pub(super) struct RequestContext<T> {
    pub gateway: Arc<Gateway<T>>,
    /// The name of the site.
    pub site: String,
    /// The URL below which the site's resources lie.
    pub base: String,
    pub parts: Parts,
    /// Whether what is sent is held to the published protocol. Only the core knows, and says so when it is asked.
    pub is_strict: bool,
    /// Whether the core has seen the token already, and found it good.
    pub is_admitted: bool,
}

impl<T> RequestContext<T> {
    /// What stands in `Authorization`, which the core reads.
    pub fn authorization(&self) -> Option<&str> {
        let text = self.parts.headers.get(AUTHORIZATION)?.to_str().ok()?;
        (!text.is_empty()).then_some(text)
    }

    /// Who asks, and how what they sent was read.
    pub fn origin(&self) -> CallOrigin<'_> {
        CallOrigin { authorization: self.authorization(), is_strict: self.is_strict }
    }

    /// The URL of the users.
    pub fn users_url(&self) -> String {
        format!("{}/Users", self.base)
    }

    /// The URL of the groups.
    pub fn groups_url(&self) -> String {
        format!("{}/Groups", self.base)
    }

    /// What users are made of, in the words of both sides.
    pub fn vocabulary(&self) -> &'static Vocabulary<'static> {
        self.gateway.settings.users
    }

    /// What groups are made of, in the words of both sides.
    pub fn group_vocabulary(&self) -> &'static Vocabulary<'static> {
        self.gateway.settings.groups
    }

    /// The resource types that are served.
    pub fn served(&self) -> [&'static ResourceType; 2] {
        [self.vocabulary().resource_type, self.group_vocabulary().resource_type]
    }

    /// What follows the `?`.
    pub fn query(&self) -> &str {
        self.parts.uri.query().unwrap_or_default()
    }

    /// Reads a filter over resources of a type.
    pub fn filter<'s>(
        &self,
        text: &FilterText,
        resource_type: &'s ResourceType,
    ) -> Result<FilterReading<'s>, ScimError> {
        if self.is_strict {
            return text.read_strictly(resource_type);
        }
        Ok(text.read(resource_type)?)
    }

    /// Why its method is not possible here.
    pub fn not_allowed(&self, allowed: &'static str) -> RequestError {
        RequestError::method_not_allowed(self.parts.method.as_str(), allowed)
    }
}

impl<T: Channel> RequestContext<T> {
    /// Has the core look at the token, and at nothing besides.
    pub async fn admit(&self) -> Result<v1::CheckTokenResponse, CallError> {
        let admitted = self.check_token(v1::CheckTokenRequest::default()).await?;
        record_site(&self.site);
        Ok(admitted)
    }

    async fn check_token(
        &self,
        rest: v1::CheckTokenRequest,
    ) -> Result<v1::CheckTokenResponse, CallError> {
        let request = v1::CheckTokenRequest { site: self.site.clone(), ..rest };
        self.gateway.core.check_token(self.origin(), request).await
    }

    /// What was asked, without whom it is about.
    fn operation(&self) -> String {
        let route = self.parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
        format!("{} {route}", self.parts.method)
    }

    /// Has the core note a refusal for people who look why requests fail. Nobody waits for it, and where
    /// many are on their way it is left out.
    fn note(&self, failure: &RequestError) {
        let Some(refused) = failure.to_note(&self.operation()) else { return };
        let rest = v1::CheckTokenRequest::default();
        self.send_note(v1::CheckTokenRequest { refused: Some(refused), ..rest });
    }

    /// The same of several.
    pub fn note_all(&self, refused_parts: Vec<v1::RefusedRequest>) {
        if !refused_parts.is_empty() {
            let rest = v1::CheckTokenRequest::default();
            self.send_note(v1::CheckTokenRequest { refused_parts, ..rest });
        }
    }

    fn send_note(&self, note: v1::CheckTokenRequest) {
        let number = usize::from(note.refused.is_some()) + note.refused_parts.len();
        let Some(place) = self.gateway.notes.place(number) else { return };
        let request = v1::CheckTokenRequest { site: self.site.clone(), ..note };
        let gateway = Arc::clone(&self.gateway);
        let (authorization, is_strict) = (self.authorization().map(str::to_owned), self.is_strict);
        let noted = async move {
            let origin = CallOrigin { authorization: authorization.as_deref(), is_strict };
            let answer = gateway.core.check_token(origin, request).await;
            gateway.notes.arrived(&answer, number);
            drop(place);
        };
        tokio::spawn(noted.in_current_span());
    }

    /// Reads the body of a bulk request, which may say as much as one about a group.
    pub async fn read_bulk(&mut self, body: Body) -> Result<Complete, RequestError> {
        let gateway = Arc::clone(&self.gateway);
        let limit = group_body_limit(&gateway.settings);
        let read = self.read_up_to(limit, &gateway.bulk_shares, body).await;
        read.map_err(RequestError::of_bulk)
    }

    /// Reads the body of a write to a user.
    pub async fn read(&mut self, body: Body) -> Result<Complete, RequestError> {
        let gateway = Arc::clone(&self.gateway);
        self.read_up_to(gateway.settings.body_limit, &gateway.body_shares, body).await
    }

    /// Reads the body of a write to a group, which may name many members.
    pub async fn read_group(&mut self, body: Body) -> Result<Complete, RequestError> {
        let gateway = Arc::clone(&self.gateway);
        let limit = group_body_limit(&gateway.settings);
        self.read_up_to(limit, &gateway.group_body_shares, body).await
    }

    /// Reads a body. What comes at once is read before anybody looks at the token, because the
    /// RPC that it asks for does that anyway; for all else the core admits the caller first. It
    /// remembers the token, so that nobody looks for it again.
    async fn read_up_to(
        &mut self,
        limit: usize,
        shares: &BodyShares,
        body: Body,
    ) -> Result<Complete, RequestError> {
        let mut incoming = Incoming::announced(&self.parts.headers, body, limit)?;
        let is_held_back = body::waits_to_be_wanted(&self.parts.headers);
        let is_waited_for = self.authorization().is_some() && !is_held_back;
        if is_waited_for && incoming.read_beginning().await? {
            return Ok(incoming.complete(None));
        }
        self.is_strict |= self.admit().await?.is_strict;
        self.is_admitted = true;
        let share = incoming.read_rest(shares, &self.site).await?;
        Ok(incoming.complete(Some(share)))
    }

    /// What is answered to a failure.
    pub fn failed(&self, failure: RequestError) -> Response {
        if failure.is_of_an_admitted_caller() {
            record_site(&self.site);
        }
        failure.into_response()
    }

    /// What is answered, or nothing where the request has to be read again: the core has said that the connection
    /// is held to the published protocol, and it was not read so. What the usual reading complains of is no answer
    /// to such a connection, either.
    pub async fn conclude_unless_strict(
        &mut self,
        outcome: Result<Response, RequestError>,
    ) -> Option<Response> {
        let failure = match outcome {
            Err(failure) if !self.is_strict => failure,
            outcome => return Some(self.conclude(outcome).await),
        };
        if failure.wants_strict_reading() {
            self.is_strict = true;
            return None;
        }
        if !failure.is_complaint || self.is_admitted {
            return Some(self.conclude(Err(failure)).await);
        }
        let checked = self.check_complaint(&failure, true).await;
        self.is_admitted = checked.is_ok();
        self.is_strict = checked.as_ref().is_ok_and(|checked| checked.is_strict);
        if self.is_strict { None } else { Some(self.complained(failure, checked)) }
    }

    /// What is answered. What is wrong with the token is told before what is wrong with the rest:
    /// who has none is not taught how to write filters, and a connection test with SCIM switched
    /// off hears just that.
    pub async fn conclude(&self, outcome: Result<Response, RequestError>) -> Response {
        match outcome {
            Ok(response) => {
                record_site(&self.site);
                response
            }
            Err(complaint) if complaint.is_complaint && !self.is_admitted => {
                let checked = self.check_complaint(&complaint, false).await;
                self.complained(complaint, checked)
            }
            Err(failure) => {
                self.note(&failure);
                self.failed(failure)
            }
        }
    }

    /// Has the core look at the token of whoever is to hear a complaint, and note that, unless the request is read
    /// again.
    async fn check_complaint(
        &self,
        complaint: &RequestError,
        may_be_read_again: bool,
    ) -> Result<v1::CheckTokenResponse, CallError> {
        let refused = complaint.to_note(&self.operation());
        let rest = v1::CheckTokenRequest::default();
        let request = v1::CheckTokenRequest { refused, may_be_read_again, ..rest };
        let checked = self.check_token(request).await;
        self.gateway.notes.arrived(&checked, 1);
        checked
    }

    /// What is answered to a complaint, once the token was looked at.
    fn complained(
        &self,
        complaint: RequestError,
        checked: Result<v1::CheckTokenResponse, CallError>,
    ) -> Response {
        match checked {
            Err(refusal @ CallError::Refused { .. }) => {
                let failure = refusal.into();
                self.note(&failure);
                self.failed(failure)
            }
            Ok(_) => {
                record_site(&self.site);
                complaint.into_response()
            }
            Err(_) => complaint.into_response(),
        }
    }
}
