//! The house under test, from outside: what an identity provider, an internal service and an
//! operator see. Owns no expectation about how a room does its work (`rooms.rs` holds the walls,
//! each crate tests its own insides).
//!
//! `conversations` replays what real identity providers send, `doctor` lets our own doctor do it at
//! healthy and at broken sites, `stories` tell one rule each, `pages` looks at the console in a real
//! browser, `neighbours` sets a bad one beside a good one, `older_core` puts a console in front of one,
//! `process` needs a real process: its output, its signals, its death.

#![expect(clippy::unwrap_used, reason = "a test that can't go on stops where it stands")]

mod conversations;
mod doctor;
mod neighbours;
mod older_core;
mod pages;
mod process;
mod stories;
mod support;
