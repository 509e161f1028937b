//! What the core tells of its calls to whoever collects traces.
//!
//! A test binary of its own: who collects is set for the whole process, before the first call.

#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "spans/collected.rs"]
mod collected;
#[path = "spans/ends.rs"]
mod ends;
#[path = "spans/fixture.rs"]
mod fixture;
#[path = "spans/groups.rs"]
mod groups;
