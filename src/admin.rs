//! The listener for whoever runs the service: is it alive, has it started, can it take work, what are its
//! numbers, and what does it log.
//!
//! Owns how that is asked and answered. It is a socket of its own, so what opens SCIM or gRPC opens nothing
//! here. Must never know how a room does its work, nor tell anything about a person.

mod core_watch;
mod listener;
mod log_level;
mod pages;
mod readiness;

pub use core_watch::watch_core;
pub use listener::AdminServer;
pub use readiness::{CoreCheck, Readiness};

#[cfg(test)]
mod tests;
