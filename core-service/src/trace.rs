//! The span of the call that is being done, for whoever does a part of it in another task.
//!
//! It is not tracing's current span: that may be one of the caller's, in the same process, and a
//! call that is not sampled has none at all. Must never know what a call is about.

use tracing::Span;

tokio::task_local! {
    static CALL: Span;
}

/// Does the work of a call, whose span is none where its caller's trace is not sampled.
pub async fn within<F: Future>(call: Span, work: F) -> F::Output {
    CALL.scope(call, work).await
}

/// The span of the call that is being done; none where that is not sampled.
pub fn call() -> Span {
    CALL.try_with(Span::clone).unwrap_or_else(|_| Span::none())
}
