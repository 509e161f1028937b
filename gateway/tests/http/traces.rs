//! The trace goes on through the gateway (W3C Trace Context).

use crate::exchange::{House, ONE, ask};
use crate::fake::{Reply, user};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CALLER: &str = "b7ad6b7169203331";

/// Trace id and span id of the context that the core was given.
async fn forwarded(traceparent: Option<&str>) -> (String, String) {
    let house = House::answering([Reply::User(user())]);
    let mut asking = ask("GET", ONE);
    if let Some(traceparent) = traceparent {
        asking = asking.header("traceparent", traceparent);
    }
    house.send(asking).await.expect(200);
    let metadata = house.calls().remove(0).metadata;
    let context = metadata.get("traceparent").expect("no trace context").to_str().unwrap();
    let parts: Vec<_> = context.split('-').collect();
    (parts[1].to_owned(), parts[2].to_owned())
}

#[tokio::test]
async fn the_core_continues_the_callers_trace_below_the_gateways_span() {
    opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
    let provider = SdkTracerProvider::builder().build();
    opentelemetry::global::set_tracer_provider(provider);

    let (trace, span) = forwarded(Some(&format!("00-{TRACE}-{CALLER}-01"))).await;
    assert_eq!(trace, TRACE);
    assert_ne!(span, CALLER);

    // Without a caller's trace the gateway begins one.
    let (trace, _) = forwarded(None).await;
    assert!(trace != TRACE && trace.bytes().any(|digit| digit != b'0'), "{trace}");
    let (trace, _) = forwarded(Some("nonsense")).await;
    assert!(trace.bytes().any(|digit| digit != b'0'), "{trace}");
}
