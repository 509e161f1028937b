//! The front door, asked over HTTP, with a core behind it that says what it is told to say.
//!
//! Owns what the gateway alone answers for: one RPC for each request, and SCIM whatever comes
//! back. Must never know the real core; the house tests join the two.

#![expect(clippy::unwrap_used, reason = "tests")]

mod addresses;
mod bodies;
mod bulk;
mod exchange;
mod failures;
mod groups;
mod idempotency;
mod large_answers;
mod one_rpc;
mod refusals;
mod searches;
mod slow_bodies;
mod strict;
mod telling;
mod tokens;
mod traces;
mod versions;
