//! What is told of a panic: where it was, and not what it says, which may quote a request.
//!
//! Must never know what comes of it.

use std::panic::{self, PanicHookInfo};

/// Has panics written to the log, in the place of the standard library's own words.
pub fn into_log() {
    panic::set_hook(Box::new(tell));
}

fn tell(panic: &PanicHookInfo<'_>) {
    let location = panic.location().map(ToString::to_string);
    // What stands in the source as it is holds nothing that somebody sent.
    let words = panic.payload().downcast_ref::<&'static str>();
    tracing::error!(
        location,
        words,
        "a part of the service panicked, which is a fault of Provost's"
    );
}
