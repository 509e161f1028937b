//! The command line: what people type.
//!
//! Owns arguments and how answers look. Operator commands are gRPC clients of the core like any
//! other; no rule is known here.

mod condition;
pub mod connection;
pub mod core;
pub mod doctor;
pub mod expiry;
pub mod flags;
pub mod group;
pub mod ledger;
pub mod migrate;
pub mod point;
pub mod print;
pub mod service;
pub mod settings;
pub mod sign_in_link;
pub mod site;
pub mod status;
pub mod time;
pub mod token;
pub mod user;
mod words;

use std::ffi::OsString;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

pub use flags::Flags;

use crate::run_error::{EXIT_USAGE, RunError};

const EXAMPLES: &str = "\
Examples:
  provost                                         run everything in one process
  provost --data-dir /var/lib/provost serve       the same, with the data elsewhere
  provost core & provost gateway                  the same in two processes
  provost token create --name okta --expires 365d a SCIM token for an identity provider
  provost user set-role ada@example.com Moderator
  provost config                                  what is in force, and where it was set";

/// An identity microservice: who may be in, and with which role.
#[derive(Debug, Parser)]
#[command(name = "provost", version, after_help = EXAMPLES)]
pub struct Cli {
    /// Settings that flags can change.
    #[command(flatten)]
    pub flags: Flags,
    /// What to do.
    #[command(subcommand)]
    pub command: Option<CliCommand>,
}

/// What one run of the binary does.
#[derive(Debug, Subcommand)]
pub enum CliCommand {
    /// Run gateway, core and console in one process (what happens without a command).
    Serve,
    /// Run the core alone: gRPC only.
    Core,
    /// Run the gateway alone: SCIM only, with the core elsewhere.
    Gateway,
    /// Run the console alone: pages in the browser, with the core elsewhere.
    Console,
    /// Bring the database to the newest schema and say what was done.
    Migrate,
    /// Sites and what SCIM may do in them.
    Site(site::SiteArgs),
    /// Connections: a site's links to identity providers.
    Connection(connection::ConnectionArgs),
    /// SCIM tokens of identity providers.
    Token(token::TokenArgs),
    /// Internal services: what each may do, and their tokens.
    Service(service::ServiceArgs),
    /// Users: their life cycle, status and role.
    User(user::UserArgs),
    /// Groups of users, and who is in them.
    Group(group::GroupArgs),
    /// How the installation is, on one screen, for whoever is on call.
    Status(status::StatusArgs),
    /// The ledger: every decision about a site.
    Ledger(ledger::LedgerArgs),
    /// Make a link that signs somebody in at the console, once.
    SignInLink(sign_in_link::SignInLinkArgs),
    /// Play identity providers against a SCIM base URL, and say what they would trip over.
    Doctor(doctor::DoctorArgs),
    /// Print the settings in force, secrets masked, and where each was set.
    Config(settings::ConfigArgs),
    /// Print the completions of a shell.
    #[command(after_help = "Example:\n  provost completions bash > /etc/bash_completion.d/provost")]
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}

impl Cli {
    /// Parses the arguments of this process; help, version and mistakes end it.
    pub fn read() -> Self {
        Self::parsed(std::env::args_os()).unwrap_or_else(|error| {
            // Nothing is left to do when even the terminal is gone.
            let _ = error.print();
            let code = if error.use_stderr() { i32::from(EXIT_USAGE) } else { 0 };
            std::process::exit(code)
        })
    }

    /// Parses a line, which begins with the name of the program.
    fn parsed<I, T>(line: I) -> Result<Self, clap::Error>
    where
        I: IntoIterator<Item = T>,
        T: Into<OsString> + Clone,
    {
        let mut grammar = Self::grammar();
        let matches = grammar.try_get_matches_from_mut(line)?;
        flags::refuse_idle(&mut grammar, &matches)?;
        Self::from_arg_matches(&matches)
    }

    fn grammar() -> clap::Command {
        flags::narrowed(Self::command())
    }
}

/// Prints the completions of a shell.
pub fn completions(shell: clap_complete::Shell) -> Result<(), RunError> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::grammar(), "provost", &mut script);
    print::say(&String::from_utf8_lossy(&script))
}

#[cfg(test)]
mod tests;
