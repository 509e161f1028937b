//! What listeners tell when somebody collects numbers.
//!
//! Must never keep a number of its own.

use std::sync::Arc;

use provost_telemetry::metrics::names;
use time::OffsetDateTime;

use super::failed_tokens::FailedTokens;
use crate::metrics::Metrics;
use crate::tls::ServerTls;

/// Until when certificates are good, as they are renewed.
#[expect(clippy::disallowed_methods, reason = "how long they are good is asked of the present")]
pub(super) fn certificates(metrics: &Metrics, listeners: [(&'static str, Option<ServerTls>); 3]) {
    metrics.meters().observe(&names::CERTIFICATE_TIME_LEFT, move |observed| {
        for (listener, tls) in &listeners {
            if let Some(end) = tls.as_ref().and_then(ServerTls::ends_at) {
                let left = end - OffsetDateTime::now_utc();
                observed.see(&[listener], left.as_seconds_f64());
            }
        }
    });
}

/// How many addresses must wait before they show another token.
pub(super) fn throttled(metrics: &Metrics, failed_tokens: &Arc<FailedTokens>) {
    let failed_tokens = Arc::clone(failed_tokens);
    metrics.meters().observe(&names::THROTTLED_ADDRESSES, move |observed| {
        observed.count(&[], failed_tokens.waiting() as u64);
    });
}
