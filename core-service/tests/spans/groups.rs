//! The spans of work that is done for several calls at once, or for calls that nobody samples.

use crate::fixture::{Fixture, Trace};
use opentelemetry_sdk::trace::SpanData;

fn named<'a>(spans: &'a [SpanData], name: &str) -> Option<&'a SpanData> {
    spans.iter().find(|span| span.name == name)
}

/// Asks at once are decided together: this thread's writer runs when all of them wait.
#[tokio::test]
async fn a_group_hangs_below_the_first_sampled_call_and_is_linked_to_the_others() {
    let fixture = Fixture::new().await;
    let [unseen, first, second, third] =
        [Trace(0xb0, false), Trace(0xb1, true), Trace(0xb2, true), Trace(0xb3, true)];
    tokio::join!(
        fixture.entitle(unseen, "0"),
        fixture.entitle(first, "1"),
        fixture.entitle(second, "2"),
        fixture.entitle(third, "3"),
    );

    let collected = fixture.close().await;
    let spans = collected.trace(first.0);
    let decided = named(&spans, "decide").unwrap();
    let call = |trace: Trace| {
        let spans = collected.trace(trace.0);
        let call = named(&spans, "provost.identity.v1.UserService/ChangeUser");
        call.unwrap().span_context.clone()
    };
    assert_eq!(decided.parent_span_id, call(first).span_id());
    let links: Vec<_> = decided.links.iter().map(|link| link.span_context.clone()).collect();
    assert_eq!(links, [call(second), call(third)]);
    for trace in [unseen, second, third] {
        assert!(named(&collected.trace(trace.0), "decide").is_none(), "one group, one span");
    }
}

#[tokio::test]
async fn reads_hang_below_the_first_sampled_call_and_are_linked_to_the_others() {
    let fixture = Fixture::new().await;
    let [unseen, first, second] = [Trace(0xb4, false), Trace(0xb5, true), Trace(0xb6, true)];
    let (_, _, read) = tokio::join!(fixture.get(unseen), fixture.get(first), fixture.get(second));
    read.unwrap();

    let collected = fixture.close().await;
    let spans = collected.trace(first.0);
    let call = named(&spans, "provost.identity.v1.UserService/GetUser").unwrap();
    let statement = named(&spans, "SELECT users").unwrap();
    assert_eq!(statement.parent_span_id, call.span_context.span_id());
    let spans = collected.trace(second.0);
    assert!(named(&spans, "SELECT users").is_none());
    let other = named(&spans, "provost.identity.v1.UserService/GetUser").unwrap();
    let links: Vec<_> = statement.links.iter().map(|link| link.span_context.clone()).collect();
    assert_eq!(links, std::slice::from_ref(&other.span_context));
}

/// Building a span costs more than the rest of what tracing does.
#[tokio::test]
async fn below_a_call_that_is_not_sampled_no_span_is_built() {
    let fixture = Fixture::new().await;
    let unseen = Trace(0xb7, false);
    fixture.get(unseen).await.unwrap();
    fixture.entitle(unseen, "unseen").await;
    assert_eq!(fixture.collected.built_here(), [""; 0]);
    assert!(fixture.collected.trace(unseen.0).is_empty());

    let seen = Trace(0xb8, true);
    fixture.get(seen).await.unwrap();
    fixture.entitle(seen, "seen").await;
    let built = fixture.collected.built_here();
    assert_eq!(built[..4], ["gRPC", "sql", "gRPC", "decide"]);
}
