//! A request as axum hands it over, taken apart.

use super::Gateway;
use super::answer::RequestError;
use super::located::Located;
use super::request_context::RequestContext;
use axum::body::Body;
use axum::extract::{FromRequest, MatchedPath, Request};
use provost_telemetry::record_route;
use std::sync::Arc;

/// A request to a site.
pub(super) struct Received<T> {
    pub context: RequestContext<T>,
    pub body: Body,
}

impl<T: Send + Sync> FromRequest<Arc<Gateway<T>>> for Received<T> {
    type Rejection = RequestError;

    async fn from_request(
        request: Request,
        gateway: &Arc<Gateway<T>>,
    ) -> Result<Self, RequestError> {
        let (mut parts, body) = request.into_parts();
        if let Some(route) = parts.extensions.get::<MatchedPath>() {
            record_route(&parts.method, route.as_str());
        }
        match parts.extensions.remove::<Located>() {
            Some(Located::InSite { site, base, .. }) => {
                let gateway = Arc::clone(gateway);
                Ok(Self {
                    context: RequestContext {
                        gateway,
                        site,
                        base,
                        parts,
                        is_strict: false,
                        is_admitted: false,
                    },
                    body,
                })
            }
            Some(located) => Err(located.into_failure()),
            None => Err(RequestError::not_found("")),
        }
    }
}
