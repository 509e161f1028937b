//! What the span of a call says of its end.

use crate::collected::{Collected, attribute};
use crate::fixture::{CALLER, Fixture, SITE, Trace, users};
use futures::FutureExt as _;
use opentelemetry::trace::Status;
use opentelemetry_sdk::trace::SpanData;
use provost_proto::v1;

/// The span of the only call of a trace.
fn call(collected: &Collected, trace: Trace) -> SpanData {
    let mut spans = collected.trace(trace.0);
    spans.retain(|span| span.parent_span_id == CALLER.into());
    let [span] = <[SpanData; 1]>::try_from(spans).unwrap();
    span
}

#[tokio::test]
async fn a_call_says_what_was_answered() {
    let fixture = Fixture::new().await;
    let trace = Trace(0xa1, true);
    fixture.get(trace).await.unwrap();
    let span = call(fixture.collected, trace);
    assert_eq!(attribute(&span, "rpc.response.status_code").unwrap(), "OK");
    assert_eq!(attribute(&span, "provost.site").unwrap(), SITE);
    assert_eq!(span.status, Status::Unset);
}

#[tokio::test]
async fn a_callers_mistake_is_no_failure() {
    let fixture = Fixture::new().await;
    let trace = Trace(0xa2, true);
    let refused = fixture.get_by_id(trace, "00000000-0000-7000-8000-000000000000").await;
    let span = call(fixture.collected, trace);
    let named = refused.unwrap_err().metadata().get("traceresponse").cloned().unwrap();
    assert_eq!(
        named,
        format!("00-{:032x}-{}-01", trace.0, span.span_context.span_id()),
        "whoever is refused can tell by what it is found"
    );
    assert_eq!(attribute(&span, "rpc.response.status_code").unwrap(), "NOT_FOUND");
    assert_eq!(attribute(&span, "error.type"), None);
    assert_eq!(span.status, Status::Unset);
}

#[tokio::test]
async fn a_failure_of_the_core_is_one() {
    let fixture = Fixture::new().await;
    let trace = Trace(0xa3, true);
    let request = v1::GetUserRequest {
        on_behalf_of: String::new(),
        site: SITE.to_owned(),
        user_id: fixture.user_id.clone(),
        include_groups: false,
    };
    let mut users = users(&fixture.core);
    let collected = fixture.close().await;
    users.get_user(trace.asks(request)).await.unwrap_err();
    let span = call(collected, trace);
    assert_eq!(attribute(&span, "rpc.response.status_code").unwrap(), "UNAVAILABLE");
    assert_eq!(attribute(&span, "error.type").unwrap(), "UNAVAILABLE");
    assert_eq!(span.status, Status::error(""));
}

#[tokio::test]
async fn a_call_that_nobody_waits_for_is_cancelled() {
    let fixture = Fixture::new().await;
    let trace = Trace(0xa4, true);
    // Polled once, it waits for a reader, who has not run since.
    let mut given_up = Box::pin(fixture.get(trace));
    assert!((&mut given_up).now_or_never().is_none());
    drop(given_up);
    let span = call(fixture.collected, trace);
    assert_eq!(attribute(&span, "rpc.response.status_code").unwrap(), "CANCELLED");
    assert_eq!(span.status, Status::Unset, "the core is not to blame");
}

/// What stands where a site should may be anything.
#[tokio::test]
async fn who_is_not_admitted_names_no_site() {
    let fixture = Fixture::new().await;
    let trace = Trace(0xa5, true);
    let message = v1::GetUserRequest { site: "ada-s-fixture".to_owned(), ..Default::default() };
    let mut request = trace.asks(message);
    request.metadata_mut().insert("authorization", "Bearer wrong".parse().unwrap());
    users(&fixture.core).get_user(request).await.unwrap_err();
    let span = call(fixture.collected, trace);
    assert_eq!(attribute(&span, "rpc.response.status_code").unwrap(), "UNAUTHENTICATED");
    assert_eq!(attribute(&span, "provost.site"), None);
}
