//! From a request to the handler of its endpoint and method.
//!
//! What takes a request apart stands here; the handlers get values, so that they can be called for
//! a part of a request too.

use super::answer::RequestError;
use super::located::Located;
use super::preconditions::{of_document, untagged};
use super::received::Received;
use super::request_context::{RequestContext, group_body_limit};
use super::{Gateway, address, bulk, discovery, everything, groups, users};
use crate::client::Channel;
use axum::Router;
use axum::extract::{Path, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get, post};
use provost_scim::ScimError;
use std::sync::Arc;

/// What can be done with all of a kind, and with one.
const COLLECTION: &str = "GET, HEAD, POST";
const ONE: &str = "GET, HEAD, PUT, PATCH, DELETE";
const READ_ONLY: &str = "GET, HEAD";
const SEARCH: &str = "POST";
const BULK: &str = "POST";

/// Does what is asked and answers, and where the core finds that the connection is held to the published protocol,
/// reads it again so before. What others don't need is in a box of its own.
macro_rules! in_its_dialect {
    ($context:ident, $asked:expr) => {{
        let outcome = $asked.await;
        match $context.conclude_unless_strict(outcome).await {
            Some(response) => response,
            None => {
                let outcome = Box::pin($asked).await;
                $context.conclude(outcome).await
            }
        }
    }};
    // What is asked takes the body away.
    ($context:ident, $body:ident, $asked:expr) => {{
        let again = $body.again();
        let outcome = $asked.await;
        match again {
            None => $context.conclude(outcome).await,
            Some($body) => match $context.conclude_unless_strict(outcome).await {
                Some(response) => response,
                None => {
                    let outcome = Box::pin($asked).await;
                    $context.conclude(outcome).await
                }
            },
        }
    }};
}

/// The endpoints below the base of a site, as RFC 7644 spells them.
pub(super) fn routes<T: Channel>(gateway: Arc<Gateway<T>>) -> Router {
    let not_allowed = |allowed| {
        move |received: Received<T>| async move { received.context.not_allowed(allowed).into_response() }
    };
    let all_users = get(list_users::<T>).post(create_user::<T>);
    let one_user =
        get(get_user::<T>).put(replace_user::<T>).patch(patch_user::<T>).delete(delete_user::<T>);
    let all_groups = get(list_groups::<T>).post(create_group::<T>);
    let one_group = get(get_group::<T>)
        .put(replace_group::<T>)
        .patch(patch_group::<T>)
        .delete(delete_group::<T>);
    let mut router = Router::new()
        .route(address::BASE, get(base::<T>).fallback(not_allowed(READ_ONLY)))
        .route("/.search", post(search::<T>).fallback(not_allowed(SEARCH)))
        .route("/Bulk", post(several::<T>).fallback(not_allowed(BULK)))
        .route("/Users", all_users.fallback(not_allowed(COLLECTION)))
        .route("/Users/.search", post(search_users::<T>).fallback(not_allowed(SEARCH)))
        .route("/Users/{id}", one_user.fallback(not_allowed(ONE)))
        .route("/Groups", all_groups.fallback(not_allowed(COLLECTION)))
        .route("/Groups/.search", post(search_groups::<T>).fallback(not_allowed(SEARCH)))
        .route("/Groups/{id}", one_group.fallback(not_allowed(ONE)))
        .route(
            "/ServiceProviderConfig",
            get(service_provider_config::<T>).fallback(not_allowed(READ_ONLY)),
        )
        .route("/ResourceTypes", get(resource_types::<T>).fallback(not_allowed(READ_ONLY)))
        .route("/ResourceTypes/{id}", get(resource_type::<T>).fallback(not_allowed(READ_ONLY)))
        .route("/Schemas", get(schemas::<T>).fallback(not_allowed(READ_ONLY)))
        .route("/Schemas/{id}", get(schema::<T>).fallback(not_allowed(READ_ONLY)));
    for path in ["/Me", "/Me/{*below}"] {
        router = router.route(path, any(not_served::<T>));
    }
    router.fallback(nothing).with_state(gateway)
}

async fn list_users<T: Channel>(Received { mut context, .. }: Received<T>) -> Response {
    in_its_dialect!(context, async {
        let listed = users::list(&context).await;
        listed.and_then(|list| untagged(&context.parts.headers, list))
    })
}

async fn search_users<T: Channel>(Received { mut context, body }: Received<T>) -> Response {
    match context.read(body).await {
        Ok(body) => in_its_dialect!(context, users::search(&context, body.as_ref())),
        Err(failure) => context.conclude(Err(failure)).await,
    }
}

async fn create_user<T: Channel>(Received { mut context, body }: Received<T>) -> Response {
    match context.read(body).await {
        Ok(body) => in_its_dialect!(context, users::create(&context, body.as_ref())),
        Err(failure) => context.conclude(Err(failure)).await,
    }
}

async fn get_user<T: Channel>(Path(id): Path<String>, received: Received<T>) -> Response {
    let Received { context, .. } = received;
    context.conclude(users::get(&context, &id).await).await
}

async fn replace_user<T: Channel>(Path(id): Path<String>, received: Received<T>) -> Response {
    let Received { mut context, body } = received;
    match context.read(body).await {
        Ok(body) => in_its_dialect!(context, users::replace(&context, &id, body.as_ref())),
        Err(failure) => context.conclude(Err(failure)).await,
    }
}

async fn patch_user<T: Channel>(Path(id): Path<String>, received: Received<T>) -> Response {
    let Received { mut context, body } = received;
    match context.read(body).await {
        Ok(body) => in_its_dialect!(context, users::patch(&context, &id, body.as_ref())),
        Err(failure) => context.conclude(Err(failure)).await,
    }
}

async fn delete_user<T: Channel>(Path(id): Path<String>, received: Received<T>) -> Response {
    let Received { context, .. } = received;
    context.conclude(users::delete(&context, &id).await).await
}

async fn list_groups<T: Channel>(Received { mut context, .. }: Received<T>) -> Response {
    in_its_dialect!(context, async {
        let listed = groups::list(&context).await;
        listed.and_then(|list| untagged(&context.parts.headers, list))
    })
}

async fn search_groups<T: Channel>(Received { mut context, body }: Received<T>) -> Response {
    match context.read(body).await {
        Ok(body) => in_its_dialect!(context, groups::search(&context, body.as_ref())),
        Err(failure) => context.conclude(Err(failure)).await,
    }
}

async fn create_group<T: Channel>(Received { mut context, body }: Received<T>) -> Response {
    match context.read_group(body).await {
        Ok(body) => in_its_dialect!(context, body, groups::create(&context, body)),
        Err(failure) => context.conclude(Err(failure)).await,
    }
}

async fn get_group<T: Channel>(Path(id): Path<String>, received: Received<T>) -> Response {
    let Received { context, .. } = received;
    context.conclude(groups::get(&context, &id).await).await
}

async fn replace_group<T: Channel>(Path(id): Path<String>, received: Received<T>) -> Response {
    let Received { mut context, body } = received;
    match context.read_group(body).await {
        Ok(body) => in_its_dialect!(context, body, groups::replace(&context, &id, body)),
        Err(failure) => context.conclude(Err(failure)).await,
    }
}

async fn patch_group<T: Channel>(Path(id): Path<String>, received: Received<T>) -> Response {
    let Received { mut context, body } = received;
    match context.read_group(body).await {
        Ok(body) => in_its_dialect!(context, body, groups::patch(&context, &id, body)),
        Err(failure) => context.conclude(Err(failure)).await,
    }
}

async fn delete_group<T: Channel>(Path(id): Path<String>, received: Received<T>) -> Response {
    let Received { context, .. } = received;
    context.conclude(groups::delete(&context, &id).await).await
}

/// Whoever asks for resources shows a token, or says what they look for; anybody else is told what this is.
async fn base<T: Channel>(Received { mut context, .. }: Received<T>) -> Response {
    if context.authorization().is_none() && context.query().is_empty() {
        return discovery::base(&context.base);
    }
    in_its_dialect!(context, async {
        let listed = everything::list(&context).await;
        listed.and_then(|list| untagged(&context.parts.headers, list))
    })
}

async fn search<T: Channel>(Received { mut context, body }: Received<T>) -> Response {
    match context.read(body).await {
        Ok(body) => in_its_dialect!(context, everything::search(&context, body.as_ref())),
        Err(failure) => context.conclude(Err(failure)).await,
    }
}

async fn several<T: Channel>(Received { mut context, body }: Received<T>) -> Response {
    match context.read_bulk(body).await {
        Ok(body) => in_its_dialect!(context, body, bulk::answered(&mut context, body)),
        Err(failure) => context.conclude(Err(failure)).await,
    }
}

async fn service_provider_config<T: Channel>(Received { context, .. }: Received<T>) -> Response {
    let limit = group_body_limit(&context.gateway.settings);
    read(&context, Ok(discovery::service_provider_config(&context.base, limit)))
}

async fn resource_types<T: Channel>(Received { context, .. }: Received<T>) -> Response {
    read(&context, discovery::resource_types(&context.served(), &context.base, context.query()))
}

async fn resource_type<T: Channel>(Path(name): Path<String>, received: Received<T>) -> Response {
    let Received { context, .. } = received;
    read(&context, discovery::resource_type(&context.served(), &name, &context.base))
}

async fn schemas<T: Channel>(Received { context, .. }: Received<T>) -> Response {
    read(&context, discovery::schemas(&context.served(), &context.base, context.query()))
}

async fn schema<T: Channel>(Path(urn): Path<String>, received: Received<T>) -> Response {
    let Received { context, .. } = received;
    read(&context, discovery::schema(&context.served(), &urn, &context.base))
}

/// A document, for a reader who may have conditions.
fn read<T>(context: &RequestContext<T>, document: Result<Response, RequestError>) -> Response {
    let headers = &context.parts.headers;
    document.and_then(|document| of_document(headers, document)).into_response()
}

async fn not_served<T: Channel>(Received { context, .. }: Received<T>) -> Response {
    let detail = "This part of SCIM is not served. ServiceProviderConfig tells what is.";
    let failure = RequestError::from(ScimError::new(StatusCode::NOT_IMPLEMENTED.as_u16(), detail));
    // Whoever shows no token hears the same, and nobody is asked for it.
    if context.authorization().is_none() {
        return context.failed(failure);
    }
    context.conclude(Err(failure)).await
}

async fn nothing(mut request: Request) -> Response {
    let located = request.extensions_mut().remove::<Located>();
    located.map_or_else(|| RequestError::not_found(""), Located::into_failure).into_response()
}
