//! The line that tells of a request.
//!
//! Owns its target, and a macro, because the levels of `tracing` are told apart when it is compiled.

/// The target of all lines, so that a filter can name them.
macro_rules! request_line {
    ($level:expr, { $($fields:tt)* }) => {{
        const TARGET: &str = "provost::requests";
        match $level {
            tracing::Level::WARN => tracing::warn!(target: TARGET, { $($fields)* }, "request"),
            tracing::Level::INFO => tracing::info!(target: TARGET, { $($fields)* }, "request"),
            _ => tracing::debug!(target: TARGET, { $($fields)* }, "request"),
        }
    }};
}

pub(crate) use request_line;
