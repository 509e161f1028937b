//! The command line: what people type.
//!
//! Owns arguments and how answers look. Operator commands are gRPC clients of the core like any
//! other; no rule is known here.

pub mod connection;
pub mod core;
pub mod expiry;
pub mod migrate;
pub mod print;
pub mod settings;
pub mod site;
pub mod time;
pub mod token;
pub mod user;
mod words;

use std::path::PathBuf;

use clap::{Args, CommandFactory as _, Parser, Subcommand};

use crate::config::{Flag, Inputs};
use crate::failure::{EXIT_USAGE, Failure};

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
    pub role: Option<Role>,
}

/// What one run of the binary does.
#[derive(Debug, Subcommand)]
pub enum Role {
    /// Run gateway and core in one process (what happens without a command).
    Serve,
    /// Run the core alone: gRPC only.
    Core,
    /// Run the gateway alone: SCIM only, with the core at core.address.
    Gateway,
    /// Bring the database to the newest schema and say what was done.
    Migrate,
    /// Sites and what SCIM may do in them.
    Site(site::Command),
    /// Connections: a site's links to identity providers.
    Connection(connection::Command),
    /// SCIM tokens of identity providers.
    Token(token::Command),
    /// Users: their life cycle, status and role.
    User(user::Command),
    /// Print the settings in force, secrets masked, and where each was set.
    Config(settings::Command),
    /// Print the completions of a shell.
    #[command(after_help = "Example:\n  provost completions bash > /etc/bash_completion.d/provost")]
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}

/// The settings that people change most; each lies over file and variables.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Settings")]
pub struct Flags {
    /// TOML file with settings [default: provost.toml, where there is one]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Folder for the database and the operator token
    #[arg(long, global = true, value_name = "FOLDER")]
    pub data_dir: Option<String>,
    /// Where SCIM is served
    #[arg(long, global = true, value_name = "IP:PORT")]
    pub http_listen: Option<String>,
    /// Where gRPC is served
    #[arg(long, global = true, value_name = "IP:PORT")]
    pub grpc_listen: Option<String>,
    /// Where users are stored
    #[arg(long, global = true, value_name = "URL")]
    pub database_url: Option<String>,
}

impl Cli {
    /// Parses the arguments of this process; help, version and mistakes end it.
    pub fn read() -> Self {
        Self::try_parse().unwrap_or_else(|error| {
            // Nothing is left to do when even the terminal is gone.
            let _ = error.print();
            let code = if error.use_stderr() { i32::from(EXIT_USAGE) } else { 0 };
            std::process::exit(code)
        })
    }
}

impl Flags {
    /// All sources of settings, as this process finds them.
    pub fn inputs(&self) -> Inputs {
        self.inputs_and(None)
    }

    /// The same, with one more flag.
    pub fn inputs_and(&self, address: Option<&str>) -> Inputs {
        let given = [
            ("--data-dir", "data_dir", self.data_dir.as_deref()),
            ("--http-listen", "http.listen", self.http_listen.as_deref()),
            ("--grpc-listen", "grpc.listen", self.grpc_listen.as_deref()),
            ("--database-url", "database.url", self.database_url.as_deref()),
            ("--address", "core.address", address),
        ];
        let flag = |(name, key, value): (&'static str, &'static str, Option<&str>)| {
            let value = value?.to_owned();
            Some(Flag { name, key, value })
        };
        Inputs {
            file: self.config.clone(),
            folder: Some(PathBuf::new()),
            variables: std::env::vars_os()
                .filter_map(|(name, value)| {
                    Some((name.into_string().ok()?, value.into_string().ok()?))
                })
                .collect(),
            flags: given.into_iter().filter_map(flag).collect(),
        }
    }
}

/// Prints the completions of a shell.
pub fn completions(shell: clap_complete::Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "provost", &mut script);
    print::say(&String::from_utf8_lossy(&script))
}

#[cfg(test)]
mod tests;
