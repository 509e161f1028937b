//! What the tests of several packages share: a fresh database of either kind, a macro that tells
//! a test on both, people to test with, certificates, a core that plays a script,
//! and an identity provider that says what a test wants.
//!
//! Owns nothing that is under test. Must never know the core, the gateway or their tables: what
//! only one suite needs stands in that suite's own fixture.

#![expect(clippy::unwrap_used, reason = "what is not there fails the test")]
#![allow(clippy::missing_panics_doc, reason = "a test that can't go on stops where it stands")]

mod both;
mod certificates;
mod database;
pub mod fake_core;
pub mod fake_provider;
mod people;

pub use certificates::{Authority, Issued};
pub use database::{Database, Engine};
pub use people::{emails, list, person, profile, sub_text, text};
pub use provost_test_postgres as postgres;
