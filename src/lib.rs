//! The caretaker: joins the rooms into a service.
//!
//! Owns configuration, telemetry, sockets, shutdown and the command line. Must never know a rule
//! about users, nor a word of SCIM: those live with the judge and at the front door. The doctor alone
//! speaks SCIM, as a client.

pub mod addresses;
pub mod admin;
pub mod announcement;
pub mod channel;
pub mod cli;
pub mod config;
pub mod doctor;
pub mod first_run;
pub mod harmless;
pub mod identity_providers;
pub mod metrics;
pub mod mode;
pub mod operator;
pub mod process;
mod renewal;
pub mod run_error;
pub mod runtime;
pub mod serve;
pub mod shutdown;
pub mod telemetry;
pub mod tls;
pub mod warnings;
